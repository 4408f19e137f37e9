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
	// maxHeader is the most header rows that make one; more are data in bold.
	maxHeader = 4
	// maxRowSpan is the most rows that HTML lets a cell span.
	maxRowSpan = 65534
)

// grid is the state of one table, or of one of its groups of rows.
type grid struct {
	below  []int           // how many more rows the cell above spans, column by column
	head   bool            // inside thead
	names  [][]draft.Piece // of the columns, from the header rows since the last row of data
	merged int             // how many header rows gave them
	bold   bool            // rows of data have nothing but header cells
	split  bool            // the last header row has cells that span others
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
	g := &grid{}
	p.rows(n, g)
	g.header(p.b)
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
			g.below, g.head = nil, true // a cell spans no further than its group of rows
			p.rows(c, g)
			g.below, g.head = nil, false
		case c.DataAtom == atom.Tbody || c.DataAtom == atom.Tfoot:
			g.below = nil
			p.rows(c, g)
			g.below = nil
		default:
			p.rows(c, g)
		}
	}
}

// row reads the cells of a row. The text of a cell that spans several columns or rows stands in its
// first place; the others are empty.
func (p *page) row(n *html.Node, g *grid) {
	var cells [][]draft.Piece
	named, filled, split := true, 0, false
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
		columns, rows := span(c, "colspan", maxColumns), span(c, "rowspan", maxRowSpan)
		split = split || columns > 1 || rows > 1
		cells = g.place(cells, cell, columns, rows)
	}
	cells = g.spanned(cells)
	first := g.merged == 0
	switch {
	case g.head && g.merged < maxHeader, named && filled > 1 && first && !g.bold, named && filled > 0 && g.split && g.merged < maxHeader:
		g.name(cells, split)
	default:
		g.header(p.b)
		g.bold = g.bold || named && filled > 1
		p.b.Row(cells)
	}
}

// name adds a header row to the names of the columns.
func (g *grid) name(cells [][]draft.Piece, split bool) {
	for i, cell := range cells {
		if i == len(g.names) {
			g.names = append(g.names, nil)
		}
		g.names[i] = append(g.names[i], cell...)
	}
	g.merged++
	g.split = split
}

// header writes the names of the columns, once their rows are all read: header rows below each other
// make one, so that a row of data has one line that names all its cells.
func (g *grid) header(b *draft.Draft) {
	if g.merged > 0 {
		b.Header(g.names)
	}
	g.names, g.merged, g.split = nil, 0, false
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
