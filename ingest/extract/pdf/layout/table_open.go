package layout

import (
	"rapporteur/ingest/extract/pdf/layout/grid"
)

// maxOpen is how many places of a page are looked at for tables without upright lines.
const maxOpen = 60

// chooseOpen adds the tables that have no upright lines: those between level lines, and the rows that
// follow each other with white at the same places.
func (f *finder) chooseOpen(s *Sheet) {
	ladders := grid.Ladders(s.ruleBoxes())
	for _, l := range ladders[:min(len(ladders), maxOpen)] {
		f.addOpen(s, Box(l.Box), l.Rungs, 2)
	}
	for start, n := 0, 0; start < len(s.Lines) && n < maxOpen; {
		end := start + 1
		for end < len(s.Lines) && rowsOfOne(s.Lines[end-1], s.Lines[end]) {
			end++
		}
		// Two columns are as well told by the gaps of their lines; pages in the last are of a table of contents.
		if run := s.Lines[start:end]; len(run) > 1 && !listsPages(run) {
			f.addOpen(s, bounds(run), nil, 3)
			n++
		}
		start = end
	}
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
			if cell >= 0 && !seen[cell] && startsLower(w.Text) {
				lower++
			}
			seen[cell] = seen[cell] || cell >= 0
		}
	}
	return 5*lower > 2*len(seen)
}

// listsPages reports that most of the rows end with a page.
func listsPages(run []Line) bool {
	n := 0
	for _, l := range run {
		if l.dotted || alone.MatchString(l.cells[len(l.cells)-1]) {
			n++
		}
	}
	return 2*n > len(run)
}
