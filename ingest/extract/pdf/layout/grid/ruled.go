// Package grid finds the rows and columns of tables in what is drawn on a page: the net that lines make,
// the white between words, the boxes of cells. It knows nothing of text.
package grid

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// Limits of the lines of a page: more of them make a drawing, and would take long to sort out.
const (
	maxRules    = 8_000
	maxSegments = 600 // of each direction, once those that go on in each other are one
	maxThick    = 3.0 // points; a thicker line is an area
	minRule     = 6.0 // points; a shorter one is a mark
	cellSlack   = 3.0 // points by which lines that meet may miss each other
	// maxGridCells is for a grid; a page that full of lines is a drawing.
	maxGridCells = 20_000
)

// segment is a straight line: at is its height when it is level, its distance from the left otherwise.
type segment struct{ at, from, to float64 }

// meets reports that a segment touches one of the other direction.
func (s segment) meets(o segment) bool {
	return s.at >= o.from-cellSlack && s.at <= o.to+cellSlack && o.at >= s.from-cellSlack && o.at <= s.to+cellSlack
}

// Box is a rectangle in points; y grows upwards.
type Box struct{ X0, Y0, X1, Y1 float64 }

func (b Box) width() float64  { return b.X1 - b.X0 }
func (b Box) height() float64 { return b.Y1 - b.Y0 }

// Grid is a table without its text. Its elementary cells, rows times columns of them, are numbered row
// by row from the top; a cell over several of them has the number of the first.
type Grid struct {
	Box    Box
	xs, ys []float64 // rising and falling
	root   []int     // the first of the elementary cells that no line parts
}

// Columns is the number of elementary columns.
func (g *Grid) Columns() int { return len(g.xs) - 1 }

// Ruled finds the nets that the lines of a page make, the largest first. A line is a flat or narrow box.
func Ruled(rules []Box) []*Grid {
	if len(rules) < 4 || len(rules) > maxRules {
		return nil
	}
	level, upright := segments(rules)
	if len(level) > maxSegments || len(upright) > maxSegments {
		return nil
	}
	var grids []*Grid
	for _, n := range nets(level, upright) {
		if g := newGrid(n.level, n.upright); g != nil {
			grids = append(grids, g)
		}
	}
	slices.SortStableFunc(grids, func(a, b *Grid) int {
		return cmp.Compare(b.Box.width()*b.Box.height(), a.Box.width()*a.Box.height())
	})
	return grids
}

// segments sorts the lines by their direction, and joins those that go on in each other.
func segments(rules []Box) (level, upright []segment) {
	for _, r := range rules {
		switch {
		case !finite(r):
		case r.height() <= maxThick && r.width() >= minRule:
			level = append(level, segment{(r.Y0 + r.Y1) / 2, r.X0, r.X1})
		case r.width() <= maxThick && r.height() >= minRule:
			upright = append(upright, segment{(r.X0 + r.X1) / 2, r.Y0, r.Y1})
		}
	}
	return mend(level), mend(upright)
}

// finite reports a box of plain numbers.
func finite(b Box) bool {
	sum := b.X0 + b.Y0 + b.X1 + b.Y1
	return !math.IsNaN(sum) && !math.IsInf(sum, 0)
}

// mend joins segments that go on in each other: cells are often framed one by one.
func mend(segments []segment) []segment {
	slices.SortFunc(segments, func(a, b segment) int { return cmp.Compare(a.at, b.at) })
	var out []segment
	for start := 0; start < len(segments); {
		end := start + 1
		for end < len(segments) && segments[end].at-segments[end-1].at <= 1 && segments[end].at-segments[start].at <= cellSlack {
			end++
		}
		one := segments[start:end]
		at := one[len(one)/2].at
		slices.SortFunc(one, func(a, b segment) int { return cmp.Compare(a.from, b.from) })
		for _, s := range one {
			if n := len(out); n > 0 && out[n-1].at == at && s.from <= out[n-1].to+cellSlack {
				out[n-1].to = max(out[n-1].to, s.to)
			} else {
				out = append(out, segment{at, s.from, s.to})
			}
		}
		start = end
	}
	return out
}

// net is a set of lines that meet.
type net struct{ level, upright []segment }

// nets parts the lines into sets that meet.
func nets(level, upright []segment) []net {
	parent := make([]int, len(level)+len(upright))
	for i := range parent {
		parent[i] = i
	}
	for i, h := range level {
		for j, v := range upright {
			if v.meets(h) {
				join(parent, i, len(level)+j)
			}
		}
	}
	byRoot := map[int]*net{}
	var out []*net
	of := func(i int) *net {
		r := top(parent, i)
		if byRoot[r] == nil {
			byRoot[r] = &net{}
			out = append(out, byRoot[r])
		}
		return byRoot[r]
	}
	for i, h := range level {
		n := of(i)
		n.level = append(n.level, h)
	}
	for j, v := range upright {
		n := of(len(level) + j)
		n.upright = append(n.upright, v)
	}
	var nets []net
	for _, n := range out {
		if len(n.level)+len(n.upright) > 2 && len(n.level) > 0 && len(n.upright) > 0 {
			nets = append(nets, *n)
		}
	}
	return nets
}

// join puts two members of a forest into one tree, under the smaller root.
func join(parent []int, a, b int) {
	a, b = top(parent, a), top(parent, b)
	parent[max(a, b)] = min(a, b)
}

// top is the root of the tree of i.
func top(parent []int, i int) int {
	for parent[i] != i {
		parent[i] = parent[parent[i]]
		i = parent[i]
	}
	return i
}

// newGrid makes a grid of lines that meet, nil where they part nothing. A table whose outer lines are
// not drawn ends where its inner ones do.
func newGrid(level, upright []segment) *Grid {
	g := &Grid{xs: stops(upright, level), ys: stops(level, upright)}
	slices.Reverse(g.ys)
	rows, columns := len(g.ys)-1, len(g.xs)-1
	if rows < 1 || columns < 1 || rows*columns < 2 || rows*columns > maxGridCells {
		return nil
	}
	g.Box = Box{g.xs[0], g.ys[rows], g.xs[columns], g.ys[0]}
	below, right := make([]bool, rows*columns), make([]bool, rows*columns) // a line ends the cell there
	for _, h := range level {
		r := g.rowAt(h.at+cellSlack/2, true)
		for c := range columns {
			if x := (g.xs[c] + g.xs[c+1]) / 2; r >= 0 && h.from <= x && x <= h.to {
				below[r*columns+c] = true
			}
		}
	}
	for _, v := range upright {
		c := g.columnAt(v.at-cellSlack/2, true)
		for r := range rows {
			if y := (g.ys[r] + g.ys[r+1]) / 2; c >= 0 && v.from <= y && y <= v.to {
				right[r*columns+c] = true
			}
		}
	}
	g.root = make([]int, rows*columns)
	for i := range g.root {
		g.root[i] = i
	}
	for i := range g.root {
		if i%columns+1 < columns && !right[i] {
			join(g.root, i, i+1)
		}
		if i+columns < len(g.root) && !below[i] {
			join(g.root, i, i+columns)
		}
	}
	for i := range g.root {
		g.root[i] = top(g.root, i)
	}
	return g
}

// stops gives the places of the segments along the others' direction, and the ends of the others
// where they reach further.
func stops(segments, others []segment) []float64 {
	var all []float64
	for _, s := range segments {
		all = append(all, s.at)
	}
	slices.Sort(all)
	out := all[:0]
	for _, at := range all {
		if len(out) == 0 || at-out[len(out)-1] > cellSlack {
			out = append(out, at)
		}
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range others {
		low, high = min(low, s.from), max(high, s.to)
	}
	if len(out) == 0 || low < out[0]-minRule {
		out = slices.Insert(out, 0, low)
	}
	if high > out[len(out)-1]+minRule {
		out = append(out, high)
	}
	return out
}

// rowAt is the row that holds the height y, -1 for none; edge takes the last row for what lies below.
func (g *Grid) rowAt(y float64, edge bool) int {
	r := sort.Search(len(g.ys), func(i int) bool { return g.ys[i] < y }) - 1
	if r >= len(g.ys)-1 {
		r = -1
		if edge {
			r = len(g.ys) - 2
		}
	}
	return r
}

// columnAt is the column that holds the distance x, -1 for none; edge takes the last column for what
// lies to its right.
func (g *Grid) columnAt(x float64, edge bool) int {
	c := sort.Search(len(g.xs), func(i int) bool { return g.xs[i] > x }) - 1
	if c >= len(g.xs)-1 {
		c = -1
		if edge {
			c = len(g.xs) - 2
		}
	}
	return c
}

// CellAt is the number of the cell that holds the middle of a box, -1 for none.
func (g *Grid) CellAt(b Box) int {
	x, y := (b.X0+b.X1)/2, (b.Y0+b.Y1)/2
	if !(x > g.Box.X0 && x < g.Box.X1 && y > g.Box.Y0 && y < g.Box.Y1) {
		return -1
	}
	r, c := g.rowAt(y, true), g.columnAt(x, true)
	if r < 0 || c < 0 {
		return -1
	}
	return g.root[r*g.Columns()+c]
}
