package layout

import (
	"math"
	"slices"
)

// markHeader marks the rows that head a table: those that the file declares, else those on a ground
// of their own, else those in bold. Where most of the other rows are like that too, it says nothing.
func (t *table) markHeader(shades []Shade) {
	if len(t.rows) < 2 {
		return
	}
	ground := slices.DeleteFunc(slices.Clone(shades), func(s Shade) bool {
		return s.Height() > 0.9*t.box.Height() || !(s.Height() > 0) || s.Y1 < t.box.Y0 || s.Y0 > t.box.Y1
	})
	declared := func(r tableRow) bool { return r.tagged }
	shaded := func(r tableRow) bool { return r.shaded(ground) }
	for _, like := range []func(tableRow) bool{declared, shaded, tableRow.bold} {
		n := t.leading(0, like)
		if n == 0 {
			continue
		}
		// A title over the whole width stands above the names of the columns.
		if titles := t.leading(0, func(r tableRow) bool { return r.filled() == 1 }); titles >= n && titles < len(t.rows) {
			n = max(n, t.leading(titles, shaded), t.leading(titles, tableRow.bold))
		}
		t.headAt(n)
		return
	}
}

// leading counts the rows from the start on that are alike from row on, 0 where all are or many of the others too.
func (t *table) leading(from int, like func(tableRow) bool) int {
	n := from
	for n < len(t.rows) && like(t.rows[n]) {
		n++
	}
	rest := 0
	for _, r := range t.rows[n:] {
		if like(r) {
			rest++
		}
	}
	if n == from || n == len(t.rows) || 5*rest > 2*(len(t.rows)-n) {
		return 0
	}
	return n
}

// headAt makes the header of the fullest of the first n rows, the last of equals, and of those above.
func (t *table) headAt(n int) {
	best := 0
	for i := range n {
		if t.rows[i].filled() >= t.rows[best].filled() {
			best = i
		}
	}
	if t.rows[best].filled() == 1 {
		best = 0 // titles one under the other
	}
	for i := range best + 1 {
		t.rows[i].header = true
	}
}

// filled counts the cells with text.
func (r tableRow) filled() int {
	n := 0
	for _, c := range r.cells {
		if len(c) > 0 {
			n++
		}
	}
	return n
}

// bold reports that all of the row is.
func (r tableRow) bold() bool {
	return !slices.ContainsFunc(r.cells, func(c []Line) bool {
		return slices.ContainsFunc(c, func(l Line) bool { return !l.Bold })
	})
}

// shaded reports that the cells with text stand on a ground.
func (r tableRow) shaded(shades []Shade) bool {
	return !slices.ContainsFunc(r.cells, func(c []Line) bool {
		return len(c) > 0 && !slices.ContainsFunc(shades, func(s Shade) bool { return overlap(s.Box, bounds(c)) > 0.9 && s.Height() >= bounds(c).Height() })
	})
}

// linkTables joins the parts of tables that go on over pages: the last thing of one page and the
// first of the next, with the same columns.
func linkTables(pages []Sheet) {
	var before, head *table // head is the last part with a header
	for _, p := range pages {
		body := bodyOf(p.Lines)
		if len(body) == 0 {
			before, head = nil, nil
			continue
		}
		if t := body[0].table; t != nil && before != nil && t.goesOn(before) {
			t.before = before
			t.repeatHeader(head)
		} else {
			head = nil
		}
		before = body[len(body)-1].table
		switch {
		case before != nil && before.rows[0].header:
			head = before
		case len(body) > 1:
			head = nil
		}
	}
}

// goesOn reports that a table has as many columns as the one before, over the same width of the page.
func (t *table) goesOn(before *table) bool {
	slack := 0.15 * max(t.box.Width(), before.box.Width())
	return len(t.columns) == len(before.columns) &&
		math.Abs(t.box.X0-before.box.X0) < slack && math.Abs(t.box.X1-before.box.X1) < slack
}

// repeatHeader marks the first rows as header when they repeat that of an earlier part.
func (t *table) repeatHeader(before *table) {
	if before == nil {
		return
	}
	for i := range t.rows {
		if i >= len(before.rows) || !before.rows[i].header || t.rows[i].key() != before.rows[i].key() {
			return
		}
		t.rows[i].header = true
	}
}

// key is the fold of a row.
func (r tableRow) key() string {
	key := ""
	for _, l := range slices.Concat(r.cells...) {
		key += l.key
	}
	return key
}
