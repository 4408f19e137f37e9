package layout

import (
	"math"

	"rapporteur/qa"

	"rapporteur/ingest/extract/pdf/layout/wording"
)

// cells cuts a line at its gaps. A gap after a bullet parts no cells.
func cells(l Line) []string {
	var out []string
	start := 0
	for _, g := range append(l.Gaps, Gap{At: len(l.Text)}) {
		text := wording.Clean(l.Text[start:g.At])
		start = g.At
		if text == "" {
			continue
		}
		if n := len(out); n == 1 && wording.Marker.FindString(out[0]) == out[0] {
			out[0] += " " + text
		} else {
			out = append(out, text)
		}
	}
	return out
}

// markRows marks the rows of tables: two lines or more, one after the other, of two cells or
// more, with a gap at one place.
func markRows(lines []Line) {
	for i := 1; i < len(lines); i++ {
		a, b := &lines[i-1], &lines[i]
		if rowsOfOne(*a, *b) {
			a.row, b.row = true, true
		}
	}
}

// rowsOfOne reports that two lines are rows of one table.
func rowsOfOne(a, b Line) bool {
	return len(a.cells) > 1 && len(b.cells) > 1 && sharedGap(a.Gaps, b.Gaps) && stacked(a, b)
}

// sharedGap reports that two lines have an empty stretch in common.
func sharedGap(a, b []Gap) bool {
	for _, g := range a {
		for _, h := range b {
			if min(g.X1, h.X1)-max(g.X0, h.X0) > 4 {
				return true
			}
		}
	}
	return false
}

// maxCell is the longest cell, in bytes of a paragraph; longer ones are columns of text.
const maxCell = 600

// band is a run of paragraphs that may be the cells of one row.
type band struct {
	end   int // first paragraph after it
	cells [][]paragraph
	box   Box
}

// mergeRows joins the cells of table rows that were drawn one after the other: paragraphs side by
// side, in two rows of a page or more that share the left edge of a column.
func mergeRows(paragraphs []paragraph) []paragraph {
	bands := map[int]band{}
	for i := 0; i < len(paragraphs); {
		if b := bandAt(paragraphs, i); len(b.cells) > 1 {
			bands[i] = b
			i = b.end
			continue
		}
		i++
	}
	edges := map[int]int{}
	for _, b := range bands {
		for _, c := range b.cells[1:] {
			edges[edge(c)]++
		}
	}
	var out []paragraph
	for i := 0; i < len(paragraphs); i++ {
		b, ok := bands[i]
		if !ok || !shares(b, edges) {
			out = append(out, paragraphs[i])
			continue
		}
		row := paragraph{kind: qa.BlockTableRow, cells: b.cells}
		for _, p := range paragraphs[i:b.end] {
			row.lines = append(row.lines, p.lines...)
		}
		out = append(out, row)
		i = b.end - 1
	}
	return out
}

// edge is the left edge of a cell, in steps wide enough for the slack of centred text to matter little.
func edge(cell []paragraph) int { return int(math.Round(bounds(cell[0].lines).X0 / 4)) }

// shares reports that another row has a cell at the left edge of one of the band's.
func shares(b band, edges map[int]int) bool {
	for _, c := range b.cells[1:] {
		if e := edge(c); edges[e-1]+edges[e]+edges[e+1] > 1 {
			return true
		}
	}
	return false
}

// bandAt collects the cells of the row that starts with paragraph i.
func bandAt(paragraphs []paragraph, i int) band {
	b := band{end: i + 1}
	if !cellLike(paragraphs[i]) {
		return b
	}
	b.box = bounds(paragraphs[i].lines)
	b.cells = [][]paragraph{{paragraphs[i]}}
	last := b.box // of the last cell
	for ; b.end < len(paragraphs) && cellLike(paragraphs[b.end]); b.end++ {
		p := paragraphs[b.end]
		at := bounds(p.lines)
		high := min(at.Y1, b.box.Y1) - max(at.Y0, b.box.Y0)
		switch {
		case at.X0 >= last.X1-1 && high > 0.5*min(at.Height(), b.box.Height()):
			b.cells = append(b.cells, []paragraph{p})
			last = at
		case len(b.cells) > 1 && at.X0 < last.X1 && at.X1 > last.X0 && at.Y0 >= b.box.Y0-1 && at.Y1 <= last.Y0+2:
			n := len(b.cells) - 1
			b.cells[n] = append(b.cells[n], p)
			last = last.Join(at)
		default:
			return b
		}
		b.box = b.box.Join(at)
	}
	return b
}

// cellLike reports a paragraph that can be a cell.
func cellLike(p paragraph) bool {
	if p.kind != qa.BlockParagraph && p.kind != qa.BlockListItem || p.drop {
		return false
	}
	n := 0
	for _, l := range p.lines {
		n += len(l.Text)
	}
	return n <= maxCell
}

// bounds is the box around lines.
func bounds(lines []Line) Box {
	var b Box
	for _, l := range lines {
		b = b.Join(l.Box)
	}
	return b
}

// markRuns makes tables of the rows found without lines: those one after the other, with the first as
// header where it alone is bold.
func markRuns(paragraphs []paragraph) []paragraph {
	for start := 0; start < len(paragraphs); {
		end := start
		for end < len(paragraphs) && paragraphs[end].kind == qa.BlockTableRow && paragraphs[end].table == nil {
			end++
		}
		run := paragraphs[start:end]
		t := &table{}
		for i, p := range run {
			run[i].table = t
			t.rows = append(t.rows, tableRow{cells: [][]Line{p.lines}})
			t.box = t.box.Join(bounds(p.lines))
		}
		if t.markHeader(nil); len(run) > 0 && t.rows[0].header {
			run[0].kind = qa.BlockTableHeader
		}
		start = max(end, start+1)
	}
	return paragraphs
}
