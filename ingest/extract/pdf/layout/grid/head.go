package grid

// Row is what tells a row that names the columns from the others.
type Row struct {
	Filled   int  // cells with text
	Declared bool // the file says that it is one
	Shaded   bool // its cells stand on a ground
	Bold     bool // all of it is
}

// Head counts the rows that head a table: those that the file declares, else those on a ground of their
// own, else those in bold. It is 0 where there is none, or where many of the other rows look so too.
func Head(rows []Row) int {
	shaded := func(r Row) bool { return r.Shaded }
	bold := func(r Row) bool { return r.Bold }
	for _, like := range []func(Row) bool{func(r Row) bool { return r.Declared }, shaded, bold} {
		n := leading(rows, 0, like)
		if n == 0 {
			continue
		}
		// A title over the whole width stands above the names of the columns.
		if titles := leading(rows, 0, func(r Row) bool { return r.Filled == 1 }); titles >= n {
			n = max(n, leading(rows, titles, shaded), leading(rows, titles, bold))
		}
		return fullest(rows[:n])
	}
	return 0
}

// leading gives the end of the rows from one on that are alike, 0 where there is none, or where all the
// others or many of them are so too.
func leading(rows []Row, from int, like func(Row) bool) int {
	n := from
	for n < len(rows) && like(rows[n]) {
		n++
	}
	rest := 0
	for _, r := range rows[n:] {
		if like(r) {
			rest++
		}
	}
	if n == from || n == len(rows) || 5*rest >= 2*(len(rows)-n) {
		return 0
	}
	return n
}

// fullest counts the rows up to the one with the most cells, the last of equals: those after it are
// titles within the table. Of titles alone the first one counts.
func fullest(rows []Row) int {
	best := 0
	for i, r := range rows {
		if r.Filled >= rows[best].Filled {
			best = i
		}
	}
	if rows[best].Filled == 1 {
		return 1
	}
	return best + 1
}
