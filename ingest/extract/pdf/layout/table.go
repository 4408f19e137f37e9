package layout

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"rapporteur/qa"

	"rapporteur/ingest/extract/pdf/layout/wording"
)

// table is a table, or the part of it that stands on one page.
type table struct {
	box     Box
	rows    []tableRow
	columns []float64 // left edges
	before  *table    // the part on an earlier page that it goes on with
	header  qa.Span   // of the row that names the columns, once it is written
}

// tableRow is one row: the lines of each cell, by column.
type tableRow struct {
	cells  [][]Line
	box    Box // of its lines
	header bool
	tagged bool // as a header, in the file
}

// slot is a cell that is being filled.
type slot struct {
	row, column int
	header      bool // the file says that it names a row or column
	lines       []Line
	box         Box
	tag         int // or root of the grid: cells of a row stand in that order
}

// takeTables moves the lines of tables out of each page; one line stands in the place of each table.
func takeTables(pages []Sheet) {
	declared := false // the file tags its tables
	for _, p := range pages {
		declared = declared || slices.ContainsFunc(p.Tags, func(t Tag) bool { return t.Role == "Table" })
	}
	for i := range pages {
		pages[i].takeTables(declared)
	}
}

// takeTables does so on one page. declared says that the file tags its tables: lines drawn around
// other tagged words are then no table.
func (s *Sheet) takeTables(declared bool) {
	finder := finder{height: s.Height, declared: declared, tags: s.tagged()}
	for _, l := range s.Lines {
		finder.words = append(finder.words, l.measured())
	}
	finder.choose(s.nets())
	finder.chooseOpen(s)
	if len(finder.frames) == 0 {
		return
	}
	var out []Line
	for i, l := range s.Lines {
		for _, p := range finder.pieces(l, finder.words[i]) {
			f := p.at.frame
			switch {
			case f == nil:
				out = append(out, p.line)
				continue
			case f.table == nil:
				f.table = &table{}
				out = append(out, Line{found: found{table: f.table}})
			}
			f.add(p.at.cell, p.line, finder.tags)
		}
	}
	for _, f := range finder.frames {
		if f.table != nil {
			f.table.fill(f.filled(), s.Shades)
		}
	}
	for i, l := range out {
		if l.table != nil {
			out[i] = l.table.line()
		}
	}
	s.Lines = out
}

// measured gives the words of a line when they make up its text, else the line as one word.
func (l Line) measured() []Word {
	var b strings.Builder
	for i, w := range l.Words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w.Text)
	}
	if len(l.Words) > 0 && wording.Clean(b.String()) == l.Text {
		return l.Words
	}
	w := Word{Text: l.Text, Box: l.Box, Tag: -1}
	if len(l.Words) > 0 {
		w.Tag = l.Words[0].Tag
	}
	return []Word{w}
}

// piece is a part of a line that stands in one cell, or in none.
type piece struct {
	line Line
	at   place
}

// pieces cuts a line where it passes from one cell to the next.
func (f *finder) pieces(l Line, words []Word) []piece {
	var out []piece
	start, at := 0, f.at(words[0])
	for i := 1; i <= len(words); i++ {
		next := place{}
		if i < len(words) {
			next = f.at(words[i])
			if words[i].Box.Empty() {
				next = at
			}
			if next == at {
				continue
			}
		}
		out = append(out, piece{l.part(words, start, i), at})
		start, at = i, next
	}
	return out
}

// part is the line from word start up to word end.
func (l Line) part(words []Word, start, end int) Line {
	if start == 0 && end == len(words) {
		return l
	}
	p := l
	p.Words, p.Gaps, p.cells = words[start:end], nil, nil
	p.First = words[start].Box.Width()
	p.Box = Box{}
	texts := make([]string, 0, end-start)
	for _, w := range p.Words {
		texts = append(texts, w.Text)
		p.Box = p.Box.Join(w.Box)
	}
	p.Text = wording.Clean(strings.Join(texts, " "))
	if end < len(words) {
		before, cut := strings.CutSuffix(p.Text, "-")
		p.Hyphen, p.trail = cut && wording.WordRune(wording.LastRune(before)), true
		if p.Hyphen {
			p.Text = before
		}
	}
	p.key = wording.Fold(p.Text)
	return p
}

// sort puts the lines of a cell from top to bottom where the file draws them in another order.
func (s *slot) sort() {
	rises := func(a, b Line) bool { return b.Base > a.Base+0.5*max(a.Size, b.Size, 4) }
	for i := 1; i < len(s.lines); i++ {
		if !rises(s.lines[i-1], s.lines[i]) {
			continue
		}
		slices.SortStableFunc(s.lines, func(a, b Line) int {
			return cmp.Or(cmp.Compare(math.Round(b.Base/4), math.Round(a.Base/4)), cmp.Compare(a.Box.X0, b.Box.X0))
		})
		return
	}
}

// fill makes the rows of a table of its cells, in order. Rows and columns without text are left out.
func (t *table) fill(slots []*slot, shades []Shade) {
	rows, columns := map[int]bool{}, map[int]bool{}
	for _, s := range slots {
		rows[s.row], columns[s.column] = true, true
	}
	row, column := ordinals(rows), ordinals(columns)
	t.rows = make([]tableRow, len(rows))
	t.columns = make([]float64, len(columns))
	for i := range t.columns {
		t.columns[i] = math.Inf(1)
	}
	for i := range t.rows {
		t.rows[i] = tableRow{cells: make([][]Line, len(columns)), tagged: true}
	}
	for _, s := range slots {
		s.sort()
		r, c := &t.rows[row[s.row]], column[s.column]
		r.cells[c] = append(r.cells[c], s.lines...)
		r.box, t.box = r.box.Join(s.box), t.box.Join(s.box)
		r.tagged = r.tagged && s.header
		t.columns[c] = min(t.columns[c], s.box.X0)
	}
	t.markHeader(shades)
}

// ordinals numbers the keys in their order.
func ordinals(keys map[int]bool) map[int]int {
	sorted := make([]int, 0, len(keys))
	for k := range keys {
		sorted = append(sorted, k)
	}
	slices.Sort(sorted)
	n := map[int]int{}
	for i, k := range sorted {
		n[k] = i
	}
	return n
}

// line stands for the table among the lines of its page.
func (t *table) line() Line {
	var texts []string
	sizes, fonts := map[float64]int{}, map[string]int{}
	for _, r := range t.rows {
		for _, l := range slices.Concat(r.cells...) {
			texts = append(texts, l.Text)
			sizes[l.Size] += len(l.Text)
			fonts[l.Font] += len(l.Text)
		}
	}
	return Line{Text: strings.Join(texts, " "), Box: t.box, Base: t.box.Y0, Size: most(sizes), Font: most(fonts), Mixed: true, found: found{table: t}}
}

// paragraphs gives the rows as blocks.
func (t *table) paragraphs() []paragraph {
	var out []paragraph
	for _, r := range t.rows {
		p := paragraph{kind: qa.BlockTableRow, table: t}
		if r.header {
			p.kind = qa.BlockTableHeader
		}
		for _, lines := range r.cells {
			var cell []paragraph
			if len(lines) > 0 {
				cell = []paragraph{{lines: lines, kind: qa.BlockParagraph}}
			}
			p.cells = append(p.cells, cell)
			p.lines = append(p.lines, lines...)
		}
		out = append(out, p)
	}
	return out
}

// written notes where the header is written, and gives the place of the header of a block: that of its
// own part of the table, else of the part before.
func (t *table) written(b qa.Block) qa.Span {
	switch {
	case t == nil:
		return qa.Span{}
	case b.Kind == qa.BlockTableHeader:
		t.header = b.Span
		return qa.Span{}
	case t.header == (qa.Span{}) && t.before != nil:
		t.header = t.before.header
	}
	return t.header
}

// startingTables counts the tables of a page that do not go on with one of the page before.
func startingTables(page []paragraph) int {
	n := 0
	for i, p := range page {
		if p.table != nil && p.table.before == nil && (i == 0 || page[i-1].table != p.table) {
			n++
		}
	}
	return n
}
