package web

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"rapporteur/ingest/extract/draft"
	"rapporteur/qa"
)

// flat reads a page that is nested too deep for a tree: token by token, one block after the other.
// Tables become rows, lists items of one level.
type flat struct {
	b     *draft.Draft
	run   strings.Builder
	kind  qa.BlockKind
	level int
	cells [][]draft.Piece
	row   bool
	veil  veil
}

// veil is an element that is left out of a run of tags, until it is closed. The zero value covers nothing.
type veil struct {
	tag   string
	open  int            // how many elements of that tag are
	means qa.HiddenMeans // how what is inside is hidden; "" for what is not counted
	paper string         // colour behind text without one of its own
}

// pass follows the tags of a piece of HTML, of which only what hides text matters.
func (v *veil) pass(source string) {
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken:
			if v.start(z.Token()); v.means == "" {
				v.tag = ""
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			v.end(string(name))
		}
	}
}

// start takes a start tag and reports whether it is covered.
func (v *veil) start(t html.Token) bool {
	if v.tag == "" {
		return v.opens(t)
	}
	if t.Data == v.tag && !isVoid(t.DataAtom) {
		v.open++
	}
	if !closesItself(v.tag) || isInline(t.DataAtom) {
		return true
	}
	v.tag, v.means = "", "" // a paragraph ends where the next block starts
	return v.opens(t)
}

// end takes an end tag and reports whether it is covered.
func (v *veil) end(name string) bool {
	if v.tag == "" {
		return false
	}
	if name == v.tag {
		if v.open--; v.open == 0 {
			v.tag, v.means = "", ""
		}
	}
	return true
}

func addFlat(b *draft.Draft, source string) {
	f := &flat{b: b, kind: qa.BlockParagraph}
	if strings.Contains(source, "stylesheet") || strings.Contains(source, "<style") || strings.Contains(source, "bgcolor") {
		f.veil.paper = unknown
	}
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken:
			f.endRow()
			return
		case html.TextToken:
			f.text(string(z.Text()))
		case html.CommentToken:
			b.Hide(qa.HiddenComment, string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			f.start(z.Token())
		case html.EndTagToken:
			name, _ := z.TagName()
			f.end(string(name))
		}
	}
}

func (f *flat) text(s string) {
	switch {
	case f.veil.tag == "":
		f.run.WriteString(strings.ReplaceAll(s, "\n", " "))
	case f.veil.means != "":
		f.b.Hide(f.veil.means, s)
	}
}

func (f *flat) start(t html.Token) {
	if f.veil.start(t) {
		return
	}
	switch t.DataAtom {
	case atom.Br:
		f.run.WriteByte('\n')
	case atom.Img:
		f.b.Reading().Images++
	case atom.Tr:
		f.endRow()
		f.row = true
	case atom.Td, atom.Th:
		f.endCell()
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		f.flush(qa.BlockHeading, int(t.Data[1]-'0'))
	case atom.Li:
		f.flush(qa.BlockListItem, 1)
	default:
		if !isInline(t.DataAtom) {
			f.flush(qa.BlockParagraph, 0)
		}
	}
}

// opens starts to leave out an element that is not text or that nobody sees.
func (v *veil) opens(t html.Token) bool {
	n := html.Node{Type: html.ElementNode, Data: t.Data, DataAtom: t.DataAtom, Attr: t.Attr}
	means, left := qa.HiddenMeans(""), false
	switch t.DataAtom {
	case atom.Script:
		left = true
		if !isProgram(attribute(&n, "type")) {
			means = qa.HiddenNotDisplayed
		}
	case atom.Style, atom.Title, atom.Nav, atom.Footer, atom.Select, atom.Textarea, atom.Button, atom.Svg, atom.Iframe:
		left = true
	case atom.Template, atom.Noscript:
		means, left = qa.HiddenNotDisplayed, true
	default:
		var s styles
		means = s.look(&n, look{paper: v.paper}).hiding().means
		left = means != ""
	}
	if left && !isVoid(t.DataAtom) {
		v.tag, v.open, v.means = t.Data, 1, means
	}
	return left
}

func (f *flat) end(name string) {
	if f.veil.end(name) {
		return
	}
	switch a := atom.Lookup([]byte(name)); a {
	case atom.Tr, atom.Table:
		f.endRow()
	case atom.Td, atom.Th:
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		f.flush(qa.BlockParagraph, 0)
	default:
		if !isInline(a) {
			f.flush(qa.BlockParagraph, 0)
		}
	}
}

// flush ends the current block; the next one is of the kind.
func (f *flat) flush(kind qa.BlockKind, level int) {
	text := f.run.String()
	f.run.Reset()
	if strings.TrimSpace(text) != "" {
		switch {
		case f.row && len(f.cells) > 0:
			f.b.Push()
			f.b.Add(qa.BlockParagraph, 0, text)
			last := len(f.cells) - 1
			f.cells[last] = append(f.cells[last], f.b.Pop()...)
		case f.kind == qa.BlockHeading:
			f.b.Heading(f.level, strings.ReplaceAll(text, "\n", " "))
		case f.kind == qa.BlockListItem:
			f.b.Add(f.kind, f.level, "- "+text)
		default:
			f.b.Add(qa.BlockParagraph, 0, text)
		}
	}
	f.kind, f.level = kind, level
}

func (f *flat) endCell() {
	f.flush(qa.BlockParagraph, 0)
	f.cells = append(f.cells, nil)
}

func (f *flat) endRow() {
	f.flush(qa.BlockParagraph, 0)
	if len(f.cells) > 0 {
		f.b.Row(f.cells)
	}
	f.cells, f.row = nil, false
}

// isVoid reports elements that hold nothing and are never closed.
func isVoid(a atom.Atom) bool {
	switch a {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Link, atom.Meta, atom.Source, atom.Track, atom.Wbr:
		return true
	}
	return false
}

// closesItself reports elements whose end tag is often left out.
func closesItself(name string) bool {
	switch name {
	case "p", "dt", "dd", "option":
		return true
	}
	return false
}
