// Package office reads the ZIP and XML formats of office suites, with readers of its own.
package office

import (
	"context"
	"encoding/xml"
	"io"
	"strings"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// docxMain is where every known producer puts the document's body.
const docxMain = "word/document.xml"

// ReadDOCX reads the body of a DOCX: headings, lists, tables, text boxes, diagrams and notes in their
// places. Headers and footers, tracked deletions, comments and what no reader of the page can see are
// left out and counted; what relationships point to outside the archive is never followed.
func ReadDOCX(ctx context.Context, o raw.Limits, r io.ReadSeeker) (qa.Text, error) {
	a, err := raw.OpenArchive(ctx, o, r)
	if err != nil {
		return qa.Text{}, raw.AsVerdict(err)
	}
	main := mainPart(a, "word/", docxMain)
	if main == "" {
		return qa.Text{}, raw.Damaged()
	}
	d := &docx{a: a, b: draft.New(o), ground: draft.White, page: draft.White}
	if err := d.readParts(main); err != nil {
		return qa.Text{}, err
	}
	err = a.Scan(main, true, func(s *raw.Scanner) error {
		d.s = s
		return s.Each(d.block, nil)
	})
	if err != nil {
		return qa.Text{}, err
	}
	return finished(a, "docProps/core.xml", d.b)
}

// docx is the state of one reading.
type docx struct {
	a         *raw.Archive
	s         *raw.Scanner
	b         *draft.Draft
	relations relations
	styles    styles
	lists     *numbering
	footnotes map[string]string
	endnotes  map[string]string
	fields    []field
	indexes   int       // depth of the controls that hold a table of contents
	painted   bool      // the settings say that the paper has the colour of the background
	page      draft.Hue // of the paper
	ground    draft.Hue // behind the text being read: that of the page, a cell, a box
	backdrop  bool      // a drawing stands behind the text of this page: draft.White letters may be seen on it
	row       *docxRow
}

// field is an open field: what Word computes, such as a page number or a table of contents.
type field struct {
	code  bool // its code is being read, not yet its result
	text  string
	index bool // its result is a table of contents or an index
}

// paragraph is the state of one paragraph.
type paragraph struct {
	props
	text  strings.Builder
	based *style         // its resolved style, once it was needed
	means qa.HiddenMeans // how the current run is hidden, "" where it is not
	bold  bool           // the current run is
	index bool           // it stands in a table of contents
	after []draft.Piece  // text boxes, tables inside runs and notes, to be placed behind
}

// block reads an element that stands where blocks stand.
func (d *docx) block(e xml.StartElement) error {
	switch e.Name.Local {
	case "p":
		return d.paragraph()
	case "tbl":
		return d.table()
	case "sdt":
		return d.control(d.block)
	case "background":
		if paper := draft.HueOf(raw.Attr(e, "color")); paper.Paints() && d.painted {
			d.page, d.ground = paper, paper
		}
	case "sectPr":
		d.backdrop = false
		return d.s.Skip()
	case "sdtPr", "sdtEndPr":
		return d.s.Skip()
	case "del", "moveFrom":
		return d.hideAll(qa.HiddenDeleted)
	case "AlternateContent":
		return d.alternate(d.block)
	}
	return d.s.Each(d.block, nil)
}

// hideAll counts the text of the current element as hidden and leaves it out.
func (d *docx) hideAll(means qa.HiddenMeans) error {
	p := &paragraph{means: means}
	return d.s.Each(func(e xml.StartElement) error { return d.inline(p, e) }, nil)
}

// alternate reads the first of several versions of the same content.
func (d *docx) alternate(child func(xml.StartElement) error) error {
	read := false
	return d.s.Each(func(e xml.StartElement) error {
		if read {
			return d.s.Skip()
		}
		read = true
		return d.s.Each(child, nil)
	}, nil)
}

// control reads a content control, which may hold a table of contents.
func (d *docx) control(child func(xml.StartElement) error) error {
	index := 0
	defer func() { d.indexes -= index }()
	var properties func(e xml.StartElement) error
	properties = func(e xml.StartElement) error {
		if e.Name.Local == "docPartGallery" && strings.EqualFold(raw.Attr(e, "val"), "Table of Contents") {
			index = 1
		}
		return d.s.Each(properties, nil)
	}
	return d.s.Each(func(e xml.StartElement) error {
		if e.Name.Local == "sdtPr" {
			err := d.s.Each(properties, nil)
			d.indexes += index
			return err
		}
		return child(e)
	}, nil)
}

func (d *docx) paragraph() error {
	p := &paragraph{index: d.inIndex()}
	err := d.s.Each(func(e xml.StartElement) error { return d.inline(p, e) }, nil)
	if err != nil {
		return err
	}
	for i := range d.fields {
		d.fields[i].code = false // a field whose code never ends must not swallow the rest of the document
	}
	d.place(p)
	d.b.EmitAll(p.after)
	return nil
}

// place appends a paragraph as what its style says it is.
func (d *docx) place(p *paragraph) {
	style := d.styleOf(p)
	list := style.list.under(p.list)
	level := style.outline.Under(p.outline)
	text := p.text.String()
	if strings.TrimSpace(text) == "" {
		return
	}
	if level.Value() > 0 && d.indexes == 0 {
		for i := range d.fields {
			d.fields[i].index = false // nor must a table of contents that never ends
		}
	} else if p.index || d.inIndex() {
		d.b.Add(qa.BlockContents, 0, text)
		return
	}
	switch {
	case style.role == roleContents:
		d.b.Add(qa.BlockContents, 0, text)
	case style.role == roleTitle:
		d.b.TitleParagraph(text)
	case level.Value() > 0:
		d.b.Heading(level.Value(), text)
	case style.role == roleCaption:
		d.b.Add(qa.BlockCaption, 0, text)
	case list.num != "" && list.num != "0":
		if draft.Clean(text) != "" {
			text = d.lists.mark(list) + strings.TrimSpace(text)
		}
		d.b.Add(qa.BlockListItem, list.level+1, text)
	default:
		d.b.Add(qa.BlockParagraph, 0, text)
	}
}

// styleOf gives the style of a paragraph, whose properties come before its text.
func (d *docx) styleOf(p *paragraph) *style {
	if p.based == nil {
		resolved := d.styles.resolve(p.style)
		p.based = &resolved
	}
	return p.based
}

// inline reads an element inside a paragraph.
func (d *docx) inline(p *paragraph, e xml.StartElement) error {
	child := func(e xml.StartElement) error { return d.inline(p, e) }
	switch e.Name.Local {
	case "pPr":
		return paragraphProps(d.s, &p.props)
	case "r":
		return d.run(p)
	case "t", "delText":
		return d.s.Each(child, func(t string) { d.write(p, t) })
	case "tab", "ptab":
		d.write(p, "\t")
	case "br", "cr":
		d.backdrop = d.backdrop && raw.Attr(e, "type") != "page"
		d.write(p, "\n")
	case "lastRenderedPageBreak":
		d.backdrop = false
	case "noBreakHyphen":
		d.write(p, "\u2011")
	case "fldChar":
		d.field(p, raw.Attr(e, "fldCharType"))
	case "instrText":
		return d.s.Each(child, d.instruct)
	case "footnoteReference":
		d.note(p, d.footnotes[raw.Attr(e, "id")])
	case "endnoteReference":
		d.note(p, d.endnotes[raw.Attr(e, "id")])
	case "del", "moveFrom":
		return d.deleted(p)
	case "delInstrText", "sdtPr", "sdtEndPr", "rt", "fldData":
		return d.s.Skip()
	case "AlternateContent":
		return d.alternate(child)
	case "sdt":
		return d.control(child)
	default:
		return d.object(p, e)
	}
	return d.s.Each(child, nil)
}

// object reads what stands in a paragraph beside its text: pictures, diagrams, text boxes.
func (d *docx) object(p *paragraph, e xml.StartElement) error {
	switch e.Name.Local {
	case "anchor":
		d.backdrop = d.backdrop || raw.Yes(e, "behindDoc")
	case "pic", "imagedata":
		d.b.Reading().Images++
	case "relIds":
		return d.related(p, raw.Attr(e, "dm"), "diagramData", "pt")
	case "chart":
		d.b.Reading().Images++ // its values are drawn, not written
		return d.related(p, raw.Attr(e, "id"), "chart", "title")
	case "txbxContent":
		return d.inner(p, e, draft.UnknownHue)
	case "tbl", "p":
		return d.inner(p, e, d.ground)
	}
	return d.s.Each(func(e xml.StartElement) error { return d.inline(p, e) }, nil)
}

// inner reads blocks that stand inside a run; they are placed behind the paragraph.
func (d *docx) inner(p *paragraph, e xml.StartElement, ground draft.Hue) error {
	d.b.Push()
	fields, outer, row := d.fields, d.ground, d.row
	d.fields, d.ground, d.row = nil, ground, nil
	err := d.block(e)
	d.fields, d.ground, d.row = fields, outer, row
	pieces := d.b.Pop()
	if p.means == qa.HiddenDeleted || p.means == qa.HiddenNotDisplayed {
		d.b.HideAll(p.means, pieces)
		return err
	}
	p.after = append(p.after, pieces...)
	return err
}

func (d *docx) deleted(p *paragraph) error {
	outer := p.means
	p.means = qa.HiddenDeleted
	err := d.s.Each(func(e xml.StartElement) error { return d.inline(p, e) }, nil)
	p.means = outer
	return err
}

func (d *docx) run(p *paragraph) error {
	outer, bold := p.means, p.bold
	if outer == "" {
		d.see(p, draft.Look{}, "")
	}
	err := d.s.Each(func(e xml.StartElement) error {
		if e.Name.Local != "rPr" {
			return d.inline(p, e)
		}
		l, named, err := readLook(d.s)
		if outer == "" {
			d.see(p, l, named)
		}
		return err
	}, nil)
	p.means, p.bold = outer, bold
	return err
}

// see decides how the letters of a run look: what its paragraph, its style and the run itself say.
func (d *docx) see(p *paragraph, l draft.Look, named string) {
	based := d.styleOf(p)
	seen := based.look
	if named != "" {
		seen = seen.Under(d.styles.resolve(named).look)
	}
	seen = seen.Under(l)
	ground := d.ground
	if ground == d.page && d.backdrop {
		ground = draft.UnknownHue
	}
	if fill := based.fill.Under(p.fill); fill.Paints() {
		ground = fill
	}
	p.means, p.bold = seen.HiddenOn(ground), seen.Bold.Value() == 1
}

func (d *docx) write(p *paragraph, text string) {
	for _, f := range d.fields {
		if f.code {
			return
		}
	}
	if p.means != "" {
		d.b.Hide(p.means, text)
		return
	}
	p.text.WriteString(text)
	if d.row != nil && strings.TrimSpace(text) != "" {
		d.row.plain = d.row.plain || !p.bold
	}
}

// field follows the marks of a field: its code stands between begin and separate, its result after.
func (d *docx) field(p *paragraph, mark string) {
	n := len(d.fields)
	switch {
	case mark == "begin":
		d.fields = append(d.fields, field{code: true})
	case mark == "separate" && n > 0:
		f := &d.fields[n-1]
		f.code = false
		if words := strings.Fields(f.text); len(words) > 0 {
			f.index = words[0] == "TOC" || words[0] == "INDEX" || words[0] == "TOA"
		}
		p.index = p.index || f.index
	case mark == "end" && n > 0:
		d.fields = d.fields[:n-1]
	}
}

// instruct keeps the start of the code of the innermost field: its first word says what it computes.
func (d *docx) instruct(code string) {
	const enough = 64
	if n := len(d.fields); n > 0 && d.fields[n-1].code && len(d.fields[n-1].text) < enough {
		d.fields[n-1].text += code
	}
}

// inIndex reports a place inside a table of contents.
func (d *docx) inIndex() bool {
	for _, f := range d.fields {
		if f.index {
			return true
		}
	}
	return d.indexes > 0
}

func (d *docx) note(p *paragraph, text string) {
	switch {
	case text == "":
	case p.means != "":
		d.b.Hide(p.means, text)
	default:
		p.after = append(p.after, draft.Piece{Kind: qa.BlockFootnote, Text: text})
	}
}
