package layout

import (
	"cmp"
	"slices"

	"rapporteur/ingest/extract/pdf/layout/grid"
)

// maxProse is how many letters a cell has at most; two longer ones side by side are columns of text.
const maxProse = 600

// finder tells in which cell of which table the words of a page stand.
type finder struct {
	height   float64
	declared bool         // the file tags its tables
	words    [][]Word     // by line
	tags     []grid.Place // by tag
	frames   []*frame
}

// frame is a table before its words are in it: a net of lines, or what a tag holds.
type frame struct {
	grid  *grid.Grid
	tag   int // of the Table element, -1 where the file declares none
	slots map[int]*slot
	table *table
}

// place is the cell of a frame in which a word stands; its frame is nil outside of tables.
type place struct {
	frame *frame
	cell  int // root of the grid, or tag
}

// tagged gives the place of each tag of a page, nil where it has no table.
func (s *Sheet) tagged() []grid.Place {
	if !slices.ContainsFunc(s.Tags, func(t Tag) bool { return t.Role == "Table" }) {
		return nil
	}
	elements := make([]grid.Element, len(s.Tags))
	for i, t := range s.Tags {
		elements[i] = grid.Element(t)
	}
	return grid.Declared(elements)
}

// of is the place of a word by its tag.
func (f *finder) of(w Word) grid.Place {
	if w.Tag < 0 || w.Tag >= len(f.tags) {
		return grid.Nowhere()
	}
	return f.tags[w.Tag]
}

// at is the cell in which a word stands.
func (f *finder) at(w Word) place {
	tag := f.of(w)
	for i := len(f.frames) - 1; i >= 0; i-- {
		frame := f.frames[i]
		cell := -1
		switch {
		case frame.grid != nil:
			cell = frame.grid.CellAt(grid.Box(w.Box))
		case frame.tag == tag.Table:
			cell = tag.Cell
		}
		if cell >= 0 {
			return place{frame, cell}
		}
	}
	return place{}
}

// content is what was counted of the words in a grid or in a table that the file declares.
type content struct {
	words, tagged int
	letters       map[int]int        // by cell
	rows          map[int]bool       // with text
	grids         map[*grid.Grid]int // words by the grid they stand in
	box           Box
}

func (c *content) add(w Word, cell, row int) {
	if c.letters == nil {
		c.letters, c.rows, c.grids = map[int]int{}, map[int]bool{}, map[*grid.Grid]int{}
	}
	c.words++
	if w.Tag >= 0 {
		c.tagged++
	}
	c.letters[cell] += len(w.Text)
	c.rows[row] = true
	c.box = c.box.Join(w.Box)
}

// choose sets the frames of the page: the tables that the file declares, in the net of lines around
// them where there is one, and the other nets that hold a table.
func (f *finder) choose(grids []*grid.Grid) {
	inGrid, inTag := map[*grid.Grid]*content{}, map[int]*content{}
	for _, words := range f.words {
		for _, w := range words {
			f.count(w, grids, inGrid, inTag)
		}
	}
	taken := map[*grid.Grid]bool{}
	var byTag []*frame
	for id := range f.tags {
		c := inTag[id]
		if c == nil || f.inMargin(c.box) {
			continue
		}
		g := c.around(grids)
		if g != nil && len(inGrid[g].rows) == len(c.rows) {
			if !taken[g] {
				f.frames = append(f.frames, &frame{grid: g, tag: id, slots: map[int]*slot{}})
			}
			taken[g] = true
			continue
		}
		byTag = append(byTag, &frame{tag: id, slots: map[int]*slot{}})
		if g != nil {
			taken[g] = true
		}
	}
	for _, g := range grids {
		c := inGrid[g]
		known := f.declared && c != nil && 2*c.tagged > c.words
		if c != nil && !taken[g] && !known && !f.inMargin(Box(g.Box)) && c.tabular(g) {
			f.frames = append(f.frames, &frame{grid: g, tag: -1, slots: map[int]*slot{}})
		}
	}
	f.frames = append(f.frames, byTag...)
}

// count adds a word to what its grids and its table hold.
func (f *finder) count(w Word, grids []*grid.Grid, inGrid map[*grid.Grid]*content, inTag map[int]*content) {
	tag := f.of(w)
	if tag.Cell >= 0 {
		if inTag[tag.Table] == nil {
			inTag[tag.Table] = &content{}
		}
		inTag[tag.Table].add(w, tag.Cell, tag.Row)
	}
	for _, g := range grids {
		cell := g.CellAt(grid.Box(w.Box))
		if cell < 0 {
			continue
		}
		if inGrid[g] == nil {
			inGrid[g] = &content{}
		}
		inGrid[g].add(w, cell, cell/g.Columns())
		if tag.Cell >= 0 {
			inTag[tag.Table].grids[g]++
		}
	}
}

// around is the smallest net of columns that holds nearly all words of a table, nil for none.
func (c *content) around(grids []*grid.Grid) *grid.Grid {
	for _, g := range slices.Backward(grids) {
		if 10*c.grids[g] >= 9*c.words && g.Columns() > 1 {
			return g
		}
	}
	return nil
}

// inMargin reports a box in the head or foot of the page, where letterheads and running lines stand.
func (f *finder) inMargin(b Box) bool { return b.Y0 > (1-margin)*f.height || b.Y1 < margin*f.height }

// tabular reports that a net holds a table: two rows or more, two columns or more, rows with more than
// one cell, and less than half of those rows columns of prose.
func (c *content) tabular(g *grid.Grid) bool {
	filled, long, columns := map[int]int{}, map[int]int{}, map[int]bool{}
	for cell, letters := range c.letters {
		r := cell / g.Columns()
		filled[r]++
		columns[cell%g.Columns()] = true
		if letters > maxProse {
			long[r]++
		}
	}
	parted, prose := 0, 0
	for r, n := range filled {
		if n > 1 {
			parted++
		}
		if long[r] > 1 {
			prose++
		}
	}
	return len(filled) > 1 && len(columns) > 1 && 2*prose < parted
}

// add puts a line into a cell.
func (f *frame) add(cell int, l Line, tags []grid.Place) {
	s := f.slots[cell]
	if s == nil {
		s = &slot{}
		if f.grid != nil {
			s.row, s.column = cell/f.grid.Columns(), cell%f.grid.Columns()
		} else {
			s.row = tags[cell].Row
		}
		f.slots[cell] = s
	}
	if len(l.Words) > 0 && l.Words[0].Tag >= 0 && l.Words[0].Tag < len(tags) {
		s.header = s.header || tags[l.Words[0].Tag].Header
	}
	s.lines = append(s.lines, l)
	s.box = s.box.Join(l.Box)
	s.tag = cell
}

// filled gives the cells with their columns, row by row.
func (f *frame) filled() []*slot {
	var slots []*slot
	for _, s := range f.slots {
		slots = append(slots, s)
	}
	slices.SortFunc(slots, func(a, b *slot) int { return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.tag, b.tag)) })
	if f.grid != nil {
		return slots
	}
	var rows [][]grid.Box
	for i, s := range slots {
		if i == 0 || s.row != slots[i-1].row {
			rows = append(rows, nil)
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], grid.Box(s.box))
	}
	for i, column := range slices.Concat(grid.Columns(rows)...) {
		slots[i].column = column
	}
	return slots
}

// ruleBoxes gives the boxes of the lines drawn on the page.
func (s *Sheet) ruleBoxes() []grid.Box {
	boxes := make([]grid.Box, len(s.Rules))
	for i, r := range s.Rules {
		boxes[i] = grid.Box(r.Box)
	}
	return boxes
}

// nets gives the nets of lines of the page, the largest first.
func (s *Sheet) nets() []*grid.Grid { return grid.Ruled(s.ruleBoxes()) }
