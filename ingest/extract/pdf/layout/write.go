package layout

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"rapporteur/qa"

	"rapporteur/ingest/extract/pdf/layout/contents"
	"rapporteur/ingest/extract/pdf/layout/wording"
)

// write puts the paragraphs of all pages into one text.
func write(pages [][]paragraph, w wording.Words) qa.Text {
	var (
		b    strings.Builder
		text qa.Text
	)
	for i, page := range pages {
		text.Reading.Pages = append(text.Reading.Pages, qa.PageReading{Number: i + 1, Tables: startingTables(page), Repeated: repeated(page)})
		span := qa.Span{Start: -1}
		for j, p := range page {
			content := p.text(w)
			if content == "" {
				continue
			}
			if b.Len() > 0 {
				b.WriteString(separator(page, j, span.Start >= 0))
			}
			block := qa.Block{Kind: p.kind, Level: p.level, Span: qa.Span{Start: b.Len()}}
			b.WriteString(content)
			block.End = b.Len()
			block.Header = p.table.written(block)
			text.Blocks = append(text.Blocks, block)
			if span.Start < 0 {
				span.Start = block.Start
			}
			span.End = block.End
		}
		if span.Start < 0 {
			span = qa.Span{Start: b.Len(), End: b.Len()}
		}
		text.Pages = append(text.Pages, qa.Page{Span: span, Number: i + 1})
	}
	text.Content = b.String()
	return text
}

// repeated counts the lines of furniture of a page.
func repeated(page []paragraph) int {
	n := 0
	for _, p := range page {
		if p.kind == qa.BlockFurniture {
			n += len(p.lines)
		}
	}
	return n
}

// wordsOf collects the words of a document.
func wordsOf(pages []Sheet) wording.Words {
	words := wording.NewWords()
	for _, p := range pages {
		for _, l := range p.Lines {
			words.Add(l.Text)
		}
	}
	return words
}

// separator stands before paragraph j: one line end within a list, table or table of contents, else an empty line.
func separator(page []paragraph, j int, samePage bool) string {
	if samePage && j > 0 && page[j-1].heads(page[j]) {
		return "\n"
	}
	return "\n\n"
}

// heads reports that b goes on with the list, table or table of contents of p.
func (p paragraph) heads(b paragraph) bool {
	if p.table != nil || b.table != nil {
		return p.table == b.table
	}
	return p.kind == b.kind && (b.kind == qa.BlockListItem || b.kind == qa.BlockContents)
}

// text joins the lines of a paragraph, mending the words cut at line ends.
func (p paragraph) text(w wording.Words) string {
	if len(p.cells) > 0 {
		return p.rowText(w)
	}
	var b strings.Builder
	for i, l := range p.lines {
		text := l.Text
		if l.entry != 0 {
			text = contents.Written(l.Text, l.cells)
		} else if l.row {
			text = strings.Join(l.cells, " | ")
		}
		b.WriteString(text)
		last := i == len(p.lines)-1
		switch {
		case l.Hyphen && (last || w.Keeps(text, p.lines[i+1].Text)):
			b.WriteByte('-')
		case last, l.Hyphen, p.drop && i == 0:
		case wording.CutCompound(text, p.lines[i+1].Text):
		default:
			b.WriteByte(' ')
		}
	}
	return norm.NFC.String(b.String())
}

// rowText joins the cells of a row.
func (p paragraph) rowText(w wording.Words) string {
	cells := make([]string, len(p.cells))
	for i, cell := range p.cells {
		parts := make([]string, len(cell))
		for j, part := range cell {
			parts[j] = part.text(w)
		}
		cells[i] = strings.Join(parts, " ")
	}
	return strings.TrimSpace(strings.TrimRight(strings.Join(cells, " | "), " |"))
}
