package answer

import (
	"strings"

	"rapporteur/analysis"
	"rapporteur/qa"
)

// headerOf is the header row of the table that the row at a byte of the version's text stands in, as far
// as the passage holds it: in its text, or repeated beside it. It is "" elsewhere, and for a row of a
// table without header.
func headerOf(p qa.Passage, at int) string {
	b, ok := p.BlockAt(at)
	h := b.Header
	switch {
	case !ok || b.Kind != qa.BlockTableRow || h.Len() <= 0:
		return ""
	case p.Start <= h.Start && h.End <= p.End:
		return p.Text[h.Start-p.Start : h.End-p.Start]
	case h == repeatedHeader(p) && len(p.Header) <= h.Len():
		return p.Header // perhaps cut after a cell
	}
	return ""
}

// repeatedHeader is where the header row beside a passage stands: it is that of the first table which
// goes on from before.
func repeatedHeader(p qa.Passage) qa.Span {
	for _, b := range p.Blocks {
		if b.Kind == qa.BlockTableRow && b.Header.Len() > 0 && b.Header.Start < p.Start {
			return b.Header
		}
	}
	return qa.Span{}
}

// placeOf names where the blocks of a span stand, "" where the format names no places: a range of cells
// goes from the start of the first to the end of the last.
func placeOf(p qa.Passage, s qa.Span) string {
	first, _ := p.BlockAt(s.Start)
	last, _ := p.BlockAt(s.End - 1)
	if first.Place == "" || last.Place == "" || first.Place == last.Place {
		return first.Place
	}
	sheet, from, isRange := strings.Cut(first.Place, "!")
	other, to, goesOn := strings.Cut(last.Place, "!")
	if !isRange || !goesOn || sheet != other {
		return first.Place
	}
	from, _, _ = strings.Cut(from, ":")
	if _, end, ok := strings.Cut(to, ":"); ok {
		to = end
	}
	return sheet + "!" + from + ":" + to
}

// recognisedIn is the lowest confidence among the recognised blocks of a span, 0 when it has none.
func recognisedIn(p qa.Passage, s qa.Span) float64 {
	lowest := 0.0
	for _, b := range p.Blocks {
		if b.Recognised > 0 && b.Overlaps(s) && (lowest == 0 || b.Recognised < lowest) {
			lowest = b.Recognised
		}
	}
	return lowest
}

// kindAt tells what a line of a chunk is: as its block says where that is sure, else as it looks. A
// heading that reads as a sentence is one, whatever its letters: readers take their size for a level.
func kindAt(c qa.Chunk, line analysis.Span) kind {
	text := c.Text[line.Start:line.End]
	b, _ := c.BlockAt(c.Start + line.Start)
	looks := kindOf(text)
	switch b.Kind {
	case qa.BlockFurniture, qa.BlockContents:
		return title
	case qa.BlockTableRow, qa.BlockTableHeader:
		if looks == title && (b.Header.Len() == 0 || strings.Count(text, " | ") < 2) {
			return title // a label alone, or contents that are set as a table
		}
		return row
	case qa.BlockListItem:
		return item
	}
	return looks
}

// isCut reports whether the block that holds the byte at offset of the passage goes on beyond the passage.
func isCut(p qa.Passage, offset int) bool {
	b, ok := p.BlockAt(p.Start + offset)
	return ok && (b.Start < p.Start || b.End > p.End)
}
