package grid

import "math"

// Columns gives the columns in which the cells of rows stand, when only their boxes are known and empty
// cells are missing: the rows with the most cells are full and show the columns; a cell of any other row
// stands in the first column it reaches into, or else in the nearest.
func Columns(rows [][]Box) [][]int {
	width := 0
	for _, r := range rows {
		width = max(width, len(r))
	}
	columns := make([]Box, width)
	for _, r := range rows {
		for i := range r {
			if len(r) == width {
				columns[i] = columns[i].join(r[i])
			}
		}
	}
	out := make([][]int, len(rows))
	for i, r := range rows {
		next := 0
		for j, b := range r {
			at := j
			if len(r) < width {
				last := width - len(r) + j // leaves a column to each cell that follows
				at = next + nearest(columns[next:last+1], b)
				if len(r) == 1 && at > 0 && !columns[at].aligned(b) {
					at = 0 // a title over all columns
				}
			}
			out[i] = append(out[i], at)
			next = at + 1
		}
	}
	return out
}

// join is the smallest box that holds both.
func (b Box) join(o Box) Box {
	if b == (Box{}) {
		return o
	}
	return Box{min(b.X0, o.X0), min(b.Y0, o.Y0), max(b.X1, o.X1), max(b.Y1, o.Y1)}
}

// aligned reports that a box starts, ends or has its middle where the column has.
func (b Box) aligned(cell Box) bool {
	const slack = 4
	return math.Abs(cell.X0-b.X0) < slack || math.Abs(cell.X1-b.X1) < slack || math.Abs(cell.X0+cell.X1-b.X0-b.X1) < 2*slack
}

// nearest is the index of the first of the columns that the box reaches into, else of the nearest one.
func nearest(columns []Box, b Box) int {
	best, distance := 0, math.Inf(1)
	for i, c := range columns {
		shared := min(c.X1, b.X1) - max(c.X0, b.X0)
		if shared > 0.1*min(c.width(), b.width()) && shared > 0 {
			return i
		}
		if -shared < distance {
			best, distance = i, -shared
		}
	}
	return best
}
