package extract

import (
	"strings"
	"unicode/utf8"

	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// longRow is the length in characters above which a row of several paragraphs is read as a layout:
// its cells then become blocks of their own, in order.
const longRow = 1500

// piece is a cleaned block that has no place yet.
type piece struct {
	kind  qa.BlockKind
	level int
	text  string
}

// builder appends blocks to a text and records their spans, so that they are ordered, disjoint and
// cover all that is not white space. Between push and pop, blocks are held back instead: so are the
// cells of a table, the text boxes and the notes of a paragraph read before their place is known.
type builder struct {
	content strings.Builder
	blocks  []qa.Block
	held    [][]piece
	title   string // from a title paragraph, else from the first heading of the highest level met
	rank    int    // of title: 0 none yet, 1 a title paragraph, 1 + level a heading
	limits  Options
	full    bool // a limit was reached, the rest is lost: text will say so
}

// add cleans text and appends it; an empty text adds nothing.
func (b *builder) add(kind qa.BlockKind, level int, text string) {
	if b.full {
		return
	}
	if text = clean(text); text != "" {
		b.emit(piece{kind, level, text})
	}
}

func (b *builder) emit(p piece) {
	if n := len(b.held); n > 0 {
		b.held[n-1] = append(b.held[n-1], p)
		return
	}
	if b.full = b.full || b.content.Len()+len(p.text) > b.limits.MaxText || len(b.blocks) >= b.limits.MaxBlocks; b.full {
		return
	}
	if n := len(b.blocks); n > 0 {
		b.content.WriteString(separator(b.blocks[n-1].Kind, p.kind))
	}
	start := b.content.Len()
	b.content.WriteString(p.text)
	b.blocks = append(b.blocks, qa.Block{Span: qa.Span{Start: start, End: b.content.Len()}, Kind: p.kind, Level: p.level})
}

// separator keeps the rows of a table and the items of a list together, as a reader expects them.
func separator(before, after qa.BlockKind) string {
	if before == after && (after == qa.BlockListItem || after == qa.BlockTableRow) {
		return "\n"
	}
	return "\n\n"
}

// push starts holding blocks back; pop ends it and returns them.
func (b *builder) push() { b.held = append(b.held, nil) }

func (b *builder) pop() []piece {
	n := len(b.held) - 1
	p := b.held[n]
	b.held = b.held[:n]
	return p
}

func (b *builder) emitAll(pieces []piece) {
	for _, p := range pieces {
		b.emit(p)
	}
}

// row appends one row of a table: its cells on one line, separated by " | ", those of a table inside a
// cell by ", ". A row that is there for the layout of the page (a lone cell of several blocks, or cells
// that hold headings or long prose) gives its blocks one after the other instead: nothing is lost and
// each keeps its kind. Footnotes called from the row follow it.
func (b *builder) row(cells [][]piece) {
	cells, notes := takeNotes(cells)
	if isLayout(cells) {
		for _, cell := range cells {
			b.emitAll(cell)
		}
	} else {
		var texts []string
		for _, cell := range cells {
			texts = append(texts, cellText(cell))
		}
		if line := strings.TrimRight(strings.Join(texts, " | "), " |"); line != "" {
			b.add(qa.BlockTableRow, 0, line)
		}
	}
	b.emitAll(notes)
}

func takeNotes(cells [][]piece) (kept [][]piece, notes []piece) {
	for _, cell := range cells {
		var rest []piece
		for _, p := range cell {
			if p.kind == qa.BlockFootnote {
				notes = append(notes, p)
			} else {
				rest = append(rest, p)
			}
		}
		kept = append(kept, rest)
	}
	return kept, notes
}

func isLayout(cells [][]piece) bool {
	pieces, length := 0, 0
	for _, cell := range cells {
		pieces += len(cell)
		for _, p := range cell {
			length += utf8.RuneCountInString(p.text)
			if len(cell) > 1 && p.kind == qa.BlockHeading {
				return true
			}
		}
	}
	return pieces > 1 && len(cells) == 1 || pieces > len(cells) && length > longRow
}

func cellText(cell []piece) string {
	var texts []string
	for _, p := range cell {
		text := strings.ReplaceAll(p.text, "\n", " ")
		if p.kind == qa.BlockTableRow {
			text = strings.ReplaceAll(text, " | ", ", ")
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, " ")
}

// join makes one text of several blocks, for a note.
func join(pieces []piece) string {
	var texts []string
	for _, p := range pieces {
		texts = append(texts, p.text)
	}
	return strings.Join(texts, " ")
}

// heading appends a heading, which may become the title.
func (b *builder) heading(level int, text string) {
	b.suggestTitle(1+level, text)
	b.add(qa.BlockHeading, level, text)
}

// titleParagraph appends the paragraph that says it is the title.
func (b *builder) titleParagraph(text string) {
	b.suggestTitle(1, text)
	b.add(qa.BlockHeading, 1, text)
}

// suggestTitle keeps the first title of the lowest rank.
func (b *builder) suggestTitle(rank int, s string) {
	if s = cleanTitle(s); s != "" && (b.rank == 0 || rank < b.rank) {
		b.title, b.rank = s, rank
	}
}

// text gives what was built; metadata is the title the file itself declares, "" when it has none.
func (b *builder) text(metadata string) (qa.Text, error) {
	if b.full {
		return qa.Text{}, raw.ResourceLimit()
	}
	t := qa.Text{Content: b.content.String(), Title: cleanTitle(metadata), Blocks: b.blocks}
	if t.Title == "" {
		t.Title = b.title
	}
	return t, nil
}
