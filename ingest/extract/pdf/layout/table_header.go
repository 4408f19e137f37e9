package layout

import (
	"math"
	"slices"

	"rapporteur/ingest/extract/pdf/layout/grid"
)

// markHeader marks the rows that head a table.
func (t *table) markHeader(shades []Shade) {
	ground := slices.DeleteFunc(slices.Clone(shades), func(s Shade) bool {
		return !(s.Height() > 0) || s.Height() > 0.9*t.box.Height() || s.Y1 < t.box.Y0 || s.Y0 > t.box.Y1
	})
	var rows []grid.Row
	for _, r := range t.rows {
		rows = append(rows, grid.Row{Filled: r.filled(), Declared: r.tagged, Shaded: r.shaded(ground), Bold: r.bold()})
	}
	for i := range grid.Head(rows) {
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
