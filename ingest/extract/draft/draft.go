// Package draft builds a qa.Text block by block, as the readers of all formats do: cleaned, with spans,
// pages, tables and the report of what was read and what was left out.
package draft

import (
	"strings"
	"time"
	"unicode/utf8"

	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// longRow is the length in characters above which a row of several paragraphs is read as a layout:
// its cells then become blocks of their own, in order.
const longRow = 1500

// Piece is a cleaned block that has no place in the text yet.
type Piece struct {
	Kind  qa.BlockKind
	Level int
	Text  string
	Place string // as qa.Block has it
	table int    // the table a row belongs to, 0 for none
}

// Draft appends blocks to a text and records their spans, so that they are ordered, disjoint and
// cover all that is not white space. Between Push and Pop, blocks are held back instead: so are the
// cells of a table, the text boxes and the notes of a paragraph read before their place is known.
type Draft struct {
	content strings.Builder
	blocks  []qa.Block
	pages   []qa.Page
	reading qa.Reading
	tables  []table
	open    []int // numbers of the tables that are open, from 1, outermost first
	held    [][]Piece
	title   string // from a title paragraph, else from the first heading of the highest level met
	rank    int    // of title: 0 none yet, 1 a title paragraph, 1 + level a heading
	limits  raw.Limits
	full    bool // a limit was reached, the rest is lost: Text will say so
}

// table is what is known of a table; held back rows find it again by its number.
type table struct {
	header  qa.Span // its header row, zero while none was placed
	counted bool    // in the report: it has rows in the text
}

// New starts a text within the limits.
func New(o raw.Limits) *Draft {
	return &Draft{limits: o, reading: qa.Reading{Pages: []qa.PageReading{{}}}}
}

// Page starts a page, slide or sheet: what is added from now on stands on it. Pages are numbered from 1
// in the order of the calls. A format without pages never calls it.
func (d *Draft) Page(label string, unit qa.PageUnit) {
	d.closePage()
	at := d.content.Len()
	p := qa.Page{Span: qa.Span{Start: at, End: at}, Number: len(d.pages) + 1, Label: CleanTitle(label), Unit: unit}
	if len(d.pages) == 0 && len(d.blocks) == 0 {
		d.reading.Pages[0].Number = 1 // what was counted so far belongs to the first page
	} else {
		d.reading.Pages = append(d.reading.Pages, qa.PageReading{Number: p.Number})
	}
	d.pages = append(d.pages, p)
}

// closePage ends the span of the page that is open where the text ends now.
func (d *Draft) closePage() {
	n := len(d.pages)
	if n == 0 {
		return
	}
	p := &d.pages[n-1]
	p.End = d.content.Len()
	for _, b := range d.blocks[firstAfter(d.blocks, p.Start):] {
		p.Start = b.Start // behind the empty line that parts it from the page before
		return
	}
	p.Start = p.End
}

// firstAfter is the index of the first block that starts at or after the offset.
func firstAfter(blocks []qa.Block, offset int) int {
	i := len(blocks)
	for i > 0 && blocks[i-1].Start >= offset {
		i--
	}
	return i
}

// Reading gives the report on the page that is open, to count what was met on it.
func (d *Draft) Reading() *qa.PageReading { return &d.reading.Pages[len(d.reading.Pages)-1] }

// Hide counts the letters and marks of a text that a reader of the page cannot see, and leaves it out.
func (d *Draft) Hide(means qa.HiddenMeans, text string) {
	d.Reading().Hide(means, utf8.RuneCountInString(Clean(text)))
}

// HideAll is Hide for blocks that were held back and will not be placed.
func (d *Draft) HideAll(means qa.HiddenMeans, pieces []Piece) {
	for _, p := range pieces {
		d.Hide(means, p.Text)
	}
}

// Attachment names a file inside the file that is not read with it.
func (d *Draft) Attachment(name string) {
	if name = CleanTitle(name); name != "" {
		d.reading.Attachments = append(d.reading.Attachments, name)
	}
}

// Dates says when the file was written and changed last, as it declares; zero times are unknown.
func (d *Draft) Dates(created, modified time.Time) {
	d.reading.Created, d.reading.Modified = created, modified
}

// Add cleans text and appends it; an empty text adds nothing. What cleaning takes out is counted.
func (d *Draft) Add(kind qa.BlockKind, level int, text string) { d.AddAt(kind, level, text, "") }

// AddAt is Add for formats that name places of their own, such as the range of a row of cells.
func (d *Draft) AddAt(kind qa.BlockKind, level int, text, place string) {
	if d.full {
		return
	}
	CountInvisible(text, d.Reading().Hide)
	if text = Clean(text); text != "" {
		d.emit(Piece{Kind: kind, Level: level, Text: text, Place: place})
	}
}

func (d *Draft) emit(p Piece) {
	if n := len(d.held); n > 0 {
		d.held[n-1] = append(d.held[n-1], p)
		return
	}
	if d.full = d.full || d.content.Len()+len(p.Text) > d.limits.MaxText || len(d.blocks) >= d.limits.MaxBlocks; d.full {
		return
	}
	if n := len(d.blocks); n > 0 {
		d.content.WriteString(separator(d.blocks[n-1].Kind, p.Kind))
	}
	block := qa.Block{Span: qa.Span{Start: d.content.Len()}, Kind: p.Kind, Level: p.Level, Place: p.Place}
	d.content.WriteString(p.Text)
	block.End = d.content.Len()
	d.inTable(&block, p)
	d.blocks = append(d.blocks, block)
}

// inTable ties a row to the header of its table, and counts the table once, on the page where it starts.
func (d *Draft) inTable(block *qa.Block, p Piece) {
	if p.table == 0 {
		return
	}
	t := &d.tables[p.table-1]
	switch p.Kind {
	case qa.BlockTableHeader:
		t.header = block.Span
	case qa.BlockTableRow:
		block.Header = t.header
	}
	if !t.counted {
		t.counted = true
		d.Reading().Tables++
	}
}

// separator keeps the rows of a table and the items of a list together, as a reader expects them.
func separator(before, after qa.BlockKind) string {
	if before == after && after == qa.BlockListItem || isRow(before) && after == qa.BlockTableRow {
		return "\n"
	}
	return "\n\n"
}

func isRow(k qa.BlockKind) bool { return k == qa.BlockTableRow || k == qa.BlockTableHeader }

// Push starts holding blocks back; Pop ends it and returns them.
func (d *Draft) Push() { d.held = append(d.held, nil) }

// Pop gives what was held back since the last Push.
func (d *Draft) Pop() []Piece {
	n := len(d.held) - 1
	p := d.held[n]
	d.held = d.held[:n]
	return p
}

// EmitAll appends pieces that were held back, or holds them back again.
func (d *Draft) EmitAll(pieces []Piece) {
	for _, p := range pieces {
		d.emit(p)
	}
}

// OpenTable starts a table: its rows follow, until CloseTable. A table inside a cell may be opened too.
func (d *Draft) OpenTable() {
	d.tables = append(d.tables, table{})
	d.open = append(d.open, len(d.tables))
}

// CloseTable ends the table opened last.
func (d *Draft) CloseTable() { d.open = d.open[:len(d.open)-1] }

// Header appends the row that names the columns of the open table; the rows that follow point to it.
func (d *Draft) Header(cells [][]Piece) { d.row(qa.BlockTableHeader, cells, "") }

// Row appends one row of a table: its cells on one line, separated by " | ", those of a table inside a
// cell by ", "; an empty cell keeps its place, but at the end of the row. A row that is there for the
// layout of the page (a lone cell of several blocks, or cells that hold headings or long prose) gives
// its blocks one after the other instead: nothing is lost and each keeps its kind. Footnotes called
// from the row follow it.
func (d *Draft) Row(cells [][]Piece) { d.row(qa.BlockTableRow, cells, "") }

// RowAt is Row for formats whose rows have a place of their own.
func (d *Draft) RowAt(cells [][]Piece, place string) { d.row(qa.BlockTableRow, cells, place) }

// HeaderAt is Header for formats whose rows have a place of their own.
func (d *Draft) HeaderAt(cells [][]Piece, place string) { d.row(qa.BlockTableHeader, cells, place) }

func (d *Draft) row(kind qa.BlockKind, cells [][]Piece, place string) {
	cells, notes := takeNotes(cells)
	if isLayout(cells) {
		for _, cell := range cells {
			d.EmitAll(cell)
		}
	} else if line := rowText(cells); line != "" {
		p := Piece{Kind: kind, Text: line, Place: place}
		if n := len(d.open); n > 0 {
			p.table = d.open[n-1]
		}
		d.emit(p)
	}
	d.EmitAll(notes)
}

// rowText joins cells that are clean already.
func rowText(cells [][]Piece) string {
	texts := make([]string, len(cells))
	for i, cell := range cells {
		texts[i] = cellText(cell)
	}
	return strings.TrimSpace(strings.TrimRight(squeeze(strings.Join(texts, " | ")), " |"))
}

func takeNotes(cells [][]Piece) (kept [][]Piece, notes []Piece) {
	for _, cell := range cells {
		var rest []Piece
		for _, p := range cell {
			if p.Kind == qa.BlockFootnote {
				notes = append(notes, p)
			} else {
				rest = append(rest, p)
			}
		}
		kept = append(kept, rest)
	}
	return kept, notes
}

func isLayout(cells [][]Piece) bool {
	pieces, length := 0, 0
	for _, cell := range cells {
		pieces += len(cell)
		for _, p := range cell {
			length += utf8.RuneCountInString(p.Text)
			if len(cell) > 1 && p.Kind == qa.BlockHeading {
				return true
			}
		}
	}
	return pieces > 1 && len(cells) == 1 || pieces > len(cells) && length > longRow
}

func cellText(cell []Piece) string {
	var texts []string
	for _, p := range cell {
		text := strings.ReplaceAll(p.Text, "\n", " ")
		if isRow(p.Kind) {
			text = strings.ReplaceAll(text, " | ", ", ")
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, " ")
}

// Join makes one text of several blocks, for a note.
func Join(pieces []Piece) string {
	var texts []string
	for _, p := range pieces {
		texts = append(texts, p.Text)
	}
	return strings.Join(texts, " ")
}

// Heading appends a heading, which may become the title.
func (d *Draft) Heading(level int, text string) {
	d.SuggestTitle(1+level, text)
	d.Add(qa.BlockHeading, level, text)
}

// TitleParagraph appends the paragraph that says it is the title.
func (d *Draft) TitleParagraph(text string) {
	d.SuggestTitle(1, text)
	d.Add(qa.BlockHeading, 1, text)
}

// SuggestTitle keeps the first title of the lowest rank: 1 for a title paragraph, 1 + level for a heading.
func (d *Draft) SuggestTitle(rank int, s string) {
	if s = CleanTitle(s); s != "" && (d.rank == 0 || rank < d.rank) {
		d.title, d.rank = s, rank
	}
}

// Empty reports that nothing was added so far.
func (d *Draft) Empty() bool { return len(d.blocks) == 0 && !d.full }

// First gives the text of the first block, "" while there is none.
func (d *Draft) First() string {
	if len(d.blocks) == 0 {
		return ""
	}
	return d.content.String()[d.blocks[0].Start:d.blocks[0].End]
}

// Text gives what was built; metadata is the title the file itself declares, "" when it has none.
// The error is resource_limit where the text or the count of its blocks passed a limit.
func (d *Draft) Text(metadata string) (qa.Text, error) {
	if d.full {
		return qa.Text{}, raw.ResourceLimit()
	}
	d.closePage()
	t := qa.Text{Content: d.content.String(), Title: CleanTitle(metadata), Pages: d.pages, Blocks: d.blocks, Reading: d.reading}
	if t.Title == "" {
		t.Title = d.title
	}
	Tally(&t)
	return t, nil
}

// Tally fills in what the report says of the text itself: characters, and pages that gave none.
func Tally(t *qa.Text) {
	if len(t.Pages) == 0 {
		if len(t.Reading.Pages) == 0 {
			t.Reading.Pages = []qa.PageReading{{}}
		}
		tallyPage(&t.Reading.Pages[0], t.Content, len(t.Blocks) > 0)
		return
	}
	for len(t.Reading.Pages) < len(t.Pages) {
		t.Reading.Pages = append(t.Reading.Pages, qa.PageReading{Number: t.Pages[len(t.Reading.Pages)].Number})
	}
	block := 0
	for i, p := range t.Pages {
		said := false // something but furniture
		for ; block < len(t.Blocks) && t.Blocks[block].Start < p.End; block++ {
			said = said || t.Blocks[block].Kind != qa.BlockFurniture
		}
		tallyPage(&t.Reading.Pages[i], t.Content[p.Start:p.End], said)
	}
}

// tallyPage counts a page; said reports that it says more than its running header and its number. A page
// that does not, and holds a picture, is one whose text was not read.
func tallyPage(p *qa.PageReading, text string, said bool) {
	p.Characters = utf8.RuneCountInString(text)
	switch {
	case said:
		p.Unread = ""
	case p.Unread == "" && p.Images > 0:
		p.Unread = "no_text"
	case p.Unread == "" && strings.TrimSpace(text) == "":
		p.Unread = "blank"
	}
}
