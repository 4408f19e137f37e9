package layout

import (
	"math"
	"strconv"

	"rapporteur/ingest/extract/pdf/layout/grid"
	"rapporteur/ingest/extract/pdf/layout/wording"
)

// maxOpen is how many places of a page are looked at for tables without upright lines.
const maxOpen = 60

// maxPages is the highest number taken for that of a page.
const maxPages = 3000

// chooseOpen adds the tables that have no upright lines: those between level lines, and the rows that
// follow each other with white at the same places.
func (f *finder) chooseOpen(s *Sheet) {
	ladders := grid.Ladders(s.ruleBoxes())
	for _, l := range ladders[:min(len(ladders), maxOpen)] {
		f.addOpen(s, Box(l.Box), l.Rungs, 2)
	}
	for start, n := 0, 0; start < len(s.Lines) && n < maxOpen; {
		end := start + 1
		for end < len(s.Lines) && (rowsOfOne(s.Lines[end-1], s.Lines[end]) || inRow(s.Lines[start:], end-start)) {
			end++
		}
		if run := s.Lines[start:end]; len(run) > 1 && !listsPages(run) {
			f.addOpen(s, bounds(run), nil, 2)
			n++
		}
		start = end
	}
}

// inRow reports that line i goes on with the run of rows before it: it stands beside one of the last
// lines, or starts another row, or is a further line of a cell whose row goes on after it.
func inRow(run []Line, i int) bool {
	a, b := run[i-1], run[i]
	if sideBySide(a, b) || i > 1 && sideBySide(run[i-2], b) {
		return true
	}
	if i < 2 && len(a.cells) < 2 || math.Abs(a.Base-b.Base) > 3*max(a.Size, b.Size) {
		return false
	}
	if len(b.cells) > 1 || i+1 == len(run) {
		return len(b.cells) > 1
	}
	after := run[i+1]
	return sideBySide(b, after) || math.Abs(a.Base-b.Base) < 1.5*b.Size && (sideBySide(a, after) || sharedGap(a.Gaps, after.Gaps))
}

// sideBySide reports that two lines stand on one baseline with white between them, and the left one is
// more than the mark or number of a list item or title.
func sideBySide(a, b Line) bool {
	if b.Box.X0 < a.Box.X0 {
		a, b = b, a
	}
	return math.Abs(a.Base-b.Base) < 0.3*min(a.Size, b.Size) && b.Box.X0-a.Box.X1 > 1.3*max(a.Size, 6) &&
		wording.Marker.FindString(a.Text) != a.Text && !sectionNumber.MatchString(a.Text)
}

// addOpen adds the table of at least so many columns that stands in a box.
func (f *finder) addOpen(s *Sheet, box Box, rungs []float64, columns int) {
	var lines []grid.Line
	for i, l := range s.Lines {
		line := grid.Line{Base: l.Base, Size: l.Size}
		for _, w := range f.words[i] {
			if !w.Box.middleIn(box) {
				continue
			}
			if l.dotted || f.at(w).frame != nil {
				return
			}
			line.Words = append(line.Words, grid.Box(w.Box))
		}
		if len(line.Words) > 0 {
			lines = append(lines, line)
		}
	}
	g := grid.Open(lines, rungs)
	if g != nil && g.Columns() >= columns && !f.inMargin(Box(g.Box)) && !f.flows(g) {
		f.frames = append(f.frames, &frame{grid: g, tag: -1, slots: map[int]*slot{}})
	}
}

// middleIn reports that the middle of a box lies within another.
func (b Box) middleIn(o Box) bool {
	x, y := (b.X0+b.X1)/2, (b.Y0+b.Y1)/2
	return x > o.X0 && x < o.X1 && y > o.Y0 && y < o.Y1
}

// flows reports that many cells start in the middle of a sentence: the lines of columns of text.
func (f *finder) flows(g *grid.Grid) bool {
	seen := map[int]bool{}
	lower := 0
	for _, words := range f.words {
		for _, w := range words {
			cell := g.CellAt(grid.Box(w.Box))
			if cell >= 0 && !seen[cell] && wording.StartsLower(w.Text) {
				lower++
			}
			seen[cell] = seen[cell] || cell >= 0
		}
	}
	return 5*lower > 2*len(seen)
}

// listsPages reports that most of the rows end with a number that never falls: they are of a table of
// contents.
func listsPages(run []Line) bool {
	rows, pages, last := 0, 0, 0
	for i, l := range run {
		if i == 0 || math.Abs(l.Base-run[i-1].Base) > 0.5*l.Size {
			rows++
		}
		text := l.Text
		if len(l.cells) > 0 {
			text = l.cells[len(l.cells)-1]
		}
		if n, err := strconv.Atoi(text); l.dotted || err == nil && n >= last && n <= maxPages {
			pages, last = pages+1, max(last, n)
		}
	}
	return 2*pages > rows
}
