// Package rtf reads rich text files (RTF), as Word, LibreOffice and WordPad write them.
package rtf

import (
	"bytes"
	"context"
	"io"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// checked is how many tokens are read between two looks at the context.
const checked = 4096

// Read reads the text of an RTF file: headings by their styles, lists, tables by row, notes behind the
// paragraph that calls them. Running headers and footers, the code of fields, and what a reader cannot see
// are left out; objects are never opened. A file cut short is read as far as it goes. The errors are
// too_large, empty, damaged, resource_limit and that of ctx.
func Read(ctx context.Context, o raw.Limits, r io.ReadSeeker) (qa.Text, error) {
	data, err := raw.ReadAll(r, o.MaxInput)
	if err != nil {
		return qa.Text{}, err
	}
	data = bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF")), " \t\r\n")
	if !bytes.HasPrefix(data, []byte(`{\rtf`)) {
		return qa.Text{}, raw.Damaged()
	}
	p := &reader{d: draft.New(o), ansi: codePage(1252), fonts: map[int]encoding.Encoding{}, styles: map[int]string{}}
	p.state.skip = 1
	s := scanner{data: data}
	for n := 0; ; n++ {
		if n%checked == 0 && ctx.Err() != nil {
			return qa.Text{}, ctx.Err()
		}
		t := s.next()
		if t.kind == end {
			break
		}
		if p.read(t); len(p.stack) > o.MaxDepth {
			return qa.Text{}, raw.ResourceLimit()
		}
	}
	p.finish()
	p.d.Dates(p.created.time(), p.modified.time())
	return p.d.Text(p.title.String())
}

// state is what a group may set, and its end sets back.
type state struct {
	into    destination
	font    encoding.Encoding // nil: the encoding of the file
	hidden  qa.HiddenMeans    // "" for text that shows
	deleted bool
	white   bool
	shaded  bool // something is drawn behind the text
	tiny    bool
	skip    int  // characters that stand for one of Unicode in older programs
	starred bool // the group opened with \*: its unknown destination may be left out
	again   bool // inside a picture that stands there twice, for older programs

	style   int // of the paragraph
	outline int // its level from 1, 0 for body text
	depth   int // of a list
	inTable bool
}

// reader is the state of reading one file.
type reader struct {
	d      *draft.Draft
	ansi   encoding.Encoding
	fonts  map[int]encoding.Encoding // of those that need one of their own
	styles map[int]string            // names of paragraph styles
	white  []bool                    // of the colours, by number
	colour [3]int                    // being defined

	state state
	stack []state
	bytes []byte // text of one encoding that is not decoded yet
	drop  int    // characters still to skip after one of Unicode
	high  rune   // first half of a character beyond 65,535

	run      strings.Builder
	title    strings.Builder
	name     strings.Builder // of a style or font being defined
	number   int             // of that style or font
	notes    []string        // of the paragraph
	note     strings.Builder
	item     strings.Builder // the mark of a list item
	created  date
	modified date

	isHead bool // the row is to be repeated on each page
	open   bool // a table is open
	cell   []draft.Piece
	row    [][]draft.Piece
}

// read takes one token.
func (p *reader) read(t token) {
	switch t.kind {
	case open:
		p.decode()
		p.stack = append(p.stack, p.state)
		p.state.starred, p.drop = false, 0
	case closed:
		p.decode()
		p.leave()
		if n := len(p.stack); n > 0 {
			p.state, p.stack = p.stack[n-1], p.stack[:n-1]
		}
		p.drop = 0
	case text, hex:
		skipped := min(p.drop, len(t.data))
		p.drop -= skipped
		p.bytes = append(p.bytes, t.data[skipped:]...)
	case word:
		if p.drop > 0 && t.name != "u" && t.name != "*" {
			p.drop--
			return
		}
		if t.name != "u" {
			p.decode()
		}
		p.control(t)
	}
}

// decode turns the bytes read so far into text.
func (p *reader) decode() {
	if len(p.bytes) == 0 {
		return
	}
	enc := p.state.font
	if enc == nil {
		enc = p.ansi
	}
	decoded, err := enc.NewDecoder().Bytes(p.bytes)
	if err != nil {
		decoded = []byte(raw.Decode(p.bytes))
	}
	p.bytes = p.bytes[:0]
	p.write(string(decoded))
}

// unicode writes a character given by number. Those beyond 65,535 come in two halves.
func (p *reader) unicode(n int) {
	p.decode()
	r := rune(uint16(n)) // negative numbers stand for those above 32,767
	p.drop = p.state.skip
	switch {
	case utf16.IsSurrogate(r) && p.high == 0:
		p.high = r
		return
	case p.high != 0:
		r = utf16.DecodeRune(p.high, r)
		p.high = 0
	}
	p.write(string(r))
}

// write sends text where the group says.
func (p *reader) write(s string) {
	p.high = 0
	switch p.state.into {
	case body:
		if means := p.means(); means != "" {
			p.d.Hide(means, s)
			return
		}
		p.run.WriteString(s)
	case footnote:
		p.note.WriteString(s)
	case mark:
		p.item.WriteString(s)
	case comment:
		p.d.Hide(qa.HiddenComment, s)
	case titleInfo:
		p.title.WriteString(s)
	case styleTable:
		p.name.WriteString(s)
	case colourTable:
		for range strings.Count(s, ";") {
			p.white = append(p.white, p.colour == [3]int{255, 255, 255})
			p.colour = [3]int{}
		}
	}
}

// means says how text of the group is hidden, "" when it shows.
func (p *reader) means() qa.HiddenMeans {
	switch {
	case p.state.deleted:
		return qa.HiddenDeleted
	case p.state.hidden != "":
		return p.state.hidden
	case p.state.tiny:
		return qa.HiddenTiny
	case p.state.white && !p.state.shaded:
		return qa.HiddenColour
	}
	return ""
}

// leave ends what the group defined.
func (p *reader) leave() {
	outer := body
	if n := len(p.stack); n > 0 {
		outer = p.stack[n-1].into
	}
	switch {
	case p.state.into == styleTable && p.name.Len() > 0:
		p.styles[p.number] = strings.ToLower(strings.Trim(p.name.String(), " ;"))
		p.name.Reset()
		p.number = 0
	case p.state.into == footnote && outer != footnote:
		p.notes = append(p.notes, strings.TrimSpace(p.note.String()))
		p.note.Reset()
	}
}

// finish ends the file.
func (p *reader) finish() {
	p.decode()
	p.endParagraph()
	p.endRow()
	p.endTable()
}
