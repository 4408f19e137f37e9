package draft

// Rows places the rows of a table. The first may only turn out to be its header when the second
// is known: it waits for it.
type Rows struct {
	b       *Draft
	count   int // of rows placed or waiting
	body    bool
	waiting [][]Piece
}

// OpenRows opens a table whose rows follow, until Close.
func (d *Draft) OpenRows() *Rows {
	d.OpenTable()
	return &Rows{b: d}
}

// Close ends the table.
func (t *Rows) Close() {
	t.settle(false)
	t.b.CloseTable()
}

// Empty reports that the table has no row yet.
func (t *Rows) Empty() bool { return t.count == 0 }

// Add places a row. A header is one that says so before any other row; a first row that only looks like
// one, because all of it is bold, is a header when the second row does not look the same.
func (t *Rows) Add(cells [][]Piece, header, looks bool) {
	t.count++
	if t.waiting != nil {
		t.settle(!looks && !header && Filled(t.waiting) > 1)
	}
	switch {
	case header && !t.body:
		t.b.Header(cells)
	case t.count == 1 && looks:
		t.waiting = cells
	default:
		t.body = true
		t.b.Row(cells)
	}
}

// settle places the row that waits.
func (t *Rows) settle(header bool) {
	waiting := t.waiting
	t.waiting = nil
	switch {
	case waiting == nil:
	case header:
		t.b.Header(waiting)
	default:
		t.b.Row(waiting)
	}
}

// Filled counts the cells that hold something.
func Filled(cells [][]Piece) int {
	n := 0
	for _, cell := range cells {
		n += min(len(cell), 1)
	}
	return n
}
