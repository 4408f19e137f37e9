package web

import (
	"strconv"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"rapporteur/ingest/extract/draft"
	"rapporteur/qa"
)

const (
	// maxColumns bounds the columns that spanning cells may make of a table; HTML itself stops a
	// single cell at 1,000. Cells beyond are kept, but not in their column.
	maxColumns = 300
	// maxRowSpan is the most rows that HTML lets a cell span.
	maxRowSpan = 65534
)

// grid is the state of one table: how many more rows the cell above spans, column by column.
type grid struct {
	below []int
	head  bool // inside thead
}

// table reads rows wherever they are in the table. A table that says it is there for the layout of the
// page is read as the blocks it holds.
func (p *page) table(n *html.Node) {
	if role := attribute(n, "role"); role == "presentation" || role == "none" {
		p.children(n)
		p.flush()
		return
	}
	p.b.OpenTable()
	p.rows(n, &grid{})
	p.b.CloseTable()
}

// rows reads the rows and the caption; what stands outside both is a block.
func (p *page) rows(n *html.Node, g *grid) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type != html.ElementNode || p.dropped(c):
		case c.DataAtom == atom.Tr:
			p.row(c, g)
		case c.DataAtom == atom.Caption:
			p.inside(c, qa.BlockCaption, 0, "")
		case c.DataAtom == atom.Thead:
			p.rows(c, &grid{head: true})
		case c.DataAtom == atom.Tbody || c.DataAtom == atom.Tfoot:
			p.rows(c, &grid{}) // a cell spans no further than its group of rows
		default:
			p.rows(c, g)
		}
	}
}

// row reads the cells of a row. The text of a cell that spans several columns or rows stands in its
// first place; the others are empty.
func (p *page) row(n *html.Node, g *grid) {
	var cells [][]draft.Piece
	named, filled := true, 0
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode || p.dropped(c) {
			continue
		}
		cells = g.spanned(cells)
		cell := p.cell(c)
		if len(cell) > 0 {
			filled++
			named = named && c.DataAtom == atom.Th
		}
		cells = g.place(cells, cell, span(c, "colspan", maxColumns), span(c, "rowspan", maxRowSpan))
	}
	if cells = g.spanned(cells); g.head || named && filled > 1 {
		p.b.Header(cells)
	} else {
		p.b.Row(cells)
	}
}

// spanned appends the places that cells of rows above fill.
func (g *grid) spanned(cells [][]draft.Piece) [][]draft.Piece {
	for i := len(cells); i < len(g.below) && g.below[i] > 0; i++ {
		g.below[i]--
		cells = append(cells, nil)
	}
	return cells
}

// place appends a cell and the empty places it spans, and remembers those of the rows below.
func (g *grid) place(cells [][]draft.Piece, cell []draft.Piece, columns, rows int) [][]draft.Piece {
	for i := range columns {
		if i > 0 {
			if len(cells) >= maxColumns {
				break
			}
			cell = nil
		}
		if at := len(cells); at < maxColumns {
			for len(g.below) <= at {
				g.below = append(g.below, 0)
			}
			g.below[at] = rows - 1
		}
		cells = append(cells, cell)
	}
	return cells
}

// span gives how many columns or rows a cell spans: 1 unless it says a number up to the most.
func span(n *html.Node, key string, most int) int {
	if count, err := strconv.Atoi(attribute(n, key)); err == nil && count > 0 {
		return min(count, most)
	}
	return 1
}

func (p *page) cell(n *html.Node) []draft.Piece {
	p.b.Push()
	lists := p.lists
	p.lists = nil
	p.inside(n, qa.BlockParagraph, 0, "")
	p.lists = lists
	return p.b.Pop()
}
