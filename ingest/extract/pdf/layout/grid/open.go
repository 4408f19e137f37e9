package grid

import (
	"cmp"
	"math"
	"slices"
)

// Limits of tables without upright lines.
const (
	minRungs   = 3     // level lines: over the header, under it, under the last row
	minLadder  = 100.0 // points of their length
	maxLines   = 400   // of text
	maxColumns = 16
)

// Line is a line of text on the page.
type Line struct {
	Base, Size float64 // height of its baseline, size of its letters
	Words      []Box
}

// Ladder is a stretch of the page between level lines of one length that no upright line meets.
type Ladder struct {
	Box   Box
	Rungs []float64 // heights of the lines, falling
}

// Ladders finds the tables that have level lines only.
func Ladders(rules []Box) []Ladder {
	if len(rules) < minRungs || len(rules) > maxRules {
		return nil
	}
	rungs, upright := segments(rules)
	if len(rungs) > maxSegments || len(upright) > maxSegments {
		return nil
	}
	rungs = slices.DeleteFunc(rungs, func(h segment) bool {
		return h.to-h.from < minLadder || slices.ContainsFunc(upright, func(v segment) bool { return v.meets(h) })
	})
	slices.SortFunc(rungs, func(a, b segment) int { return cmp.Compare(b.at, a.at) })
	var out []Ladder
	for start := 0; start < len(rungs); {
		end := start + 1
		for end < len(rungs) && math.Abs(rungs[end].from-rungs[start].from) <= cellSlack && math.Abs(rungs[end].to-rungs[start].to) <= cellSlack {
			end++
		}
		if end-start >= minRungs {
			l := Ladder{Box: Box{rungs[start].from, rungs[end-1].at, rungs[start].to, rungs[start].at}}
			for _, r := range rungs[start:end] {
				l.Rungs = append(l.Rungs, r.at)
			}
			out = append(out, l)
		}
		start = end
	}
	return out
}

// Open makes a grid of lines of text that the white between them parts into columns, nil where they
// are no table. A row starts where a rung is crossed, and where more than one column goes on or the
// distance is as great as between other rows.
func Open(lines []Line, rungs []float64) *Grid {
	if len(lines) < 2 || len(lines) > maxLines {
		return nil
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return cmp.Compare(b.Base, a.Base) })
	g := &Grid{xs: rivers(lines)}
	if len(g.xs) < 3 || len(g.xs) > maxColumns+1 {
		return nil
	}
	levels := g.levels(lines)
	step := 0.0 // the least distance of two lines that both fill several columns
	for i, l := range levels {
		if i > 0 && l.filled() > 1 && levels[i-1].filled() > 1 && (step == 0 || levels[i-1].base-l.base < step) {
			step = levels[i-1].base - l.base
		}
	}
	rows, parted := [][]stratum{}, 0
	for i, l := range levels {
		crossed := i > 0 && slices.ContainsFunc(rungs, func(y float64) bool { return y < levels[i-1].base && y > l.base })
		if i == 0 || crossed || l.filled() > 1 || l.spans[0] != (Box{}) && levels[i-1].base-l.base > 0.9*step {
			rows = append(rows, nil)
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], l)
	}
	for _, r := range rows {
		if slices.ContainsFunc(r, func(l stratum) bool { return l.filled() > 1 }) {
			parted++
		}
	}
	least := (3*len(rows) + 4) / 5
	if g.Columns() == 2 && len(rungs) == 0 {
		least = len(rows) // a text beside another is met more often than such a table
	}
	if parted < max(2, least) {
		return nil
	}
	g.bound(rows)
	return g
}

// stratum is what stands on one baseline: the box of the words in each column.
type stratum struct {
	base  float64
	spans []Box
	box   Box
}

func (l stratum) filled() int {
	n := 0
	for _, s := range l.spans {
		if s != (Box{}) {
			n++
		}
	}
	return n
}

// rivers gives the edges of the columns: the middles of the white stretches that no line crosses.
func rivers(lines []Line) []float64 {
	var words []Box
	size := 0.0
	for _, l := range lines {
		words = append(words, l.Words...)
		size = max(size, l.Size)
	}
	if len(words) == 0 || !finite(bounds(words)) {
		return nil
	}
	slices.SortFunc(words, func(a, b Box) int { return cmp.Compare(a.X0, b.X0) })
	edges := []float64{words[0].X0 - 1}
	end := words[0].X1
	for _, w := range words {
		if w.X0-end > max(4, 0.6*size) {
			edges = append(edges, (end+w.X0)/2)
		}
		end = max(end, w.X1)
	}
	return append(edges, end+1)
}

func bounds(boxes []Box) Box {
	var all Box
	for _, b := range boxes {
		all = all.join(b)
	}
	return all
}

// levels puts the words of each baseline into their columns.
func (g *Grid) levels(lines []Line) []stratum {
	var out []stratum
	for i, l := range lines {
		if i == 0 || out[len(out)-1].base-l.Base > 0.5*max(l.Size, 4) {
			out = append(out, stratum{base: l.Base, spans: make([]Box, g.Columns())})
		}
		at := &out[len(out)-1]
		for _, w := range l.Words {
			c := g.columnAt((w.X0+w.X1)/2, true)
			at.spans[c] = at.spans[c].join(w)
			at.box = at.box.join(w)
		}
	}
	return out
}

// bound sets the heights between the rows.
func (g *Grid) bound(rows [][]stratum) {
	var boxes []Box
	for _, r := range rows {
		var all Box
		for _, l := range r {
			all = all.join(l.box)
		}
		boxes = append(boxes, all)
	}
	g.ys = []float64{boxes[0].Y1 + 1}
	for i := 1; i < len(boxes); i++ {
		g.ys = append(g.ys, min((boxes[i-1].Y0+boxes[i].Y1)/2, g.ys[i-1]))
	}
	last := len(boxes) - 1
	g.ys = append(g.ys, boxes[last].Y0-1)
	g.Box = Box{g.xs[0], g.ys[last+1], g.xs[g.Columns()], g.ys[0]}
	for i := range len(boxes) * g.Columns() {
		g.root = append(g.root, i)
	}
}
