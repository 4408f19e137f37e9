// Package office reads the ZIP and XML formats of office suites, with readers of its own.
package office

import (
	"context"
	"encoding/xml"
	"io"
	"path"
	"strings"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// docxMain is where every known producer puts the document's body.
const docxMain = "word/document.xml"

// ReadDOCX reads the body of a DOCX: headings, lists, tables, text boxes and notes in their places.
// Headers and footers, tracked deletions, hidden text and the code of fields are left out; what
// relationships point to outside the archive is never followed.
func ReadDOCX(ctx context.Context, o raw.Limits, r io.ReadSeeker) (qa.Text, error) {
	a, err := raw.OpenArchive(ctx, o, r)
	if err != nil {
		return qa.Text{}, raw.AsVerdict(err)
	}
	main := mainPart(a, "word/", docxMain)
	if main == "" {
		return qa.Text{}, raw.Damaged()
	}
	d := &docx{b: draft.New(o)}
	folder := path.Dir(main)
	if d.styles, err = readStyles(a, folder+"/styles.xml"); err != nil {
		return qa.Text{}, err
	}
	if d.lists, err = readNumbering(a, folder+"/numbering.xml"); err != nil {
		return qa.Text{}, err
	}
	if d.footnotes, err = d.readNotes(a, folder+"/footnotes.xml"); err != nil {
		return qa.Text{}, err
	}
	if d.endnotes, err = d.readNotes(a, folder+"/endnotes.xml"); err != nil {
		return qa.Text{}, err
	}
	err = a.Scan(main, true, func(s *raw.Scanner) error {
		d.s = s
		return s.Each(d.block, nil)
	})
	if err != nil {
		return qa.Text{}, err
	}
	title, err := coreTitle(a, "docProps/core.xml")
	if err != nil {
		return qa.Text{}, err
	}
	return d.b.Text(title)
}

// coreTitle gives the first element named title of a metadata part. Broken metadata lose only it.
func coreTitle(a *raw.Archive, part string) (string, error) {
	title := ""
	err := a.Scan(part, false, func(s *raw.Scanner) error {
		var child func(e xml.StartElement) error
		child = func(e xml.StartElement) error {
			if e.Name.Local == "title" && title == "" {
				var err error
				title, err = s.Collect()
				return err
			}
			return s.Each(child, nil)
		}
		return s.Each(child, nil)
	})
	if err != nil && qa.CodeOf(err) != string(qa.VerdictDamaged) {
		return "", err
	}
	return strings.TrimPrefix(title, "Microsoft Word - "), nil
}

// docx is the state of one reading.
type docx struct {
	s         *raw.Scanner
	b         *draft.Draft
	styles    styles
	lists     *numbering
	footnotes map[string]string
	endnotes  map[string]string
	fields    []bool // the open fields, true while their code is read
	boxed     int    // depth of tables and text boxes: there white letters may stand on a dark ground
}

// paragraph is the state of one paragraph.
type paragraph struct {
	props
	text   strings.Builder
	hidden bool          // the current run is
	after  []draft.Piece // text boxes, tables inside runs and notes, to be placed behind
}

// block reads an element that stands where blocks stand.
func (d *docx) block(e xml.StartElement) error {
	switch e.Name.Local {
	case "p":
		return d.paragraph()
	case "tbl":
		return d.table()
	case "sectPr", "sdtPr", "sdtEndPr", "del", "moveFrom":
		return d.s.Skip()
	case "AlternateContent":
		return d.alternate(d.block)
	}
	return d.s.Each(d.block, nil)
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

func (d *docx) paragraph() error {
	p := &paragraph{}
	err := d.s.Each(func(e xml.StartElement) error { return d.inline(p, e) }, nil)
	if err != nil {
		return err
	}
	for i := range d.fields {
		d.fields[i] = false // a field whose code never ends must not swallow the rest of the document
	}
	d.place(p)
	d.b.EmitAll(p.after)
	return nil
}

// place appends a paragraph as what its style says it is.
func (d *docx) place(p *paragraph) {
	style := d.styles.resolve(p.style)
	list := style.list.under(p.list)
	level := style.outline.under(p.outline)
	text := draft.Clean(p.text.String())
	switch {
	case text == "":
	case style.toc:
		d.b.Add(qa.BlockFurniture, 0, text)
	case style.title:
		d.b.TitleParagraph(text)
	case level.value() > 0:
		d.b.Heading(level.value(), text)
	case list.num != "" && list.num != "0":
		d.b.Add(qa.BlockListItem, list.level+1, d.lists.mark(list)+text)
	default:
		d.b.Add(qa.BlockParagraph, 0, text)
	}
}

// inline reads an element inside a paragraph.
func (d *docx) inline(p *paragraph, e xml.StartElement) error {
	child := func(e xml.StartElement) error { return d.inline(p, e) }
	switch e.Name.Local {
	case "pPr":
		return paragraphProps(d.s, &p.props)
	case "r":
		return d.run(p)
	case "t":
		return d.s.Each(child, func(t string) { d.write(p, t) })
	case "tab", "ptab":
		d.write(p, "\t")
	case "br", "cr":
		d.write(p, "\n")
	case "noBreakHyphen":
		d.write(p, "\u2011")
	case "fldChar":
		d.field(raw.Attr(e, "fldCharType"))
	case "footnoteReference":
		d.note(p, d.footnotes[raw.Attr(e, "id")])
	case "endnoteReference":
		d.note(p, d.endnotes[raw.Attr(e, "id")])
	case "del", "moveFrom", "delText", "instrText", "delInstrText", "sdtPr", "sdtEndPr", "rt", "fldData":
		return d.s.Skip()
	case "AlternateContent":
		return d.alternate(child)
	case "txbxContent", "tbl", "p":
		return d.inner(p, e)
	}
	return d.s.Each(child, nil)
}

// inner reads blocks that stand inside a run; they are placed behind the paragraph.
func (d *docx) inner(p *paragraph, e xml.StartElement) error {
	d.b.Push()
	d.boxed++
	fields := d.fields
	d.fields = nil
	err := d.block(e)
	d.fields = fields
	d.boxed--
	p.after = append(p.after, d.b.Pop()...)
	return err
}

func (d *docx) run(p *paragraph) error {
	outer := p.hidden
	err := d.s.Each(func(e xml.StartElement) error {
		if e.Name.Local != "rPr" {
			return d.inline(p, e)
		}
		look, err := readLook(d.s)
		p.hidden = outer || d.hides(p, look)
		return err
	}, nil)
	p.hidden = outer
	return err
}

// hides reports a run that no reader of the page can see: hidden, tiny, or white on white.
func (d *docx) hides(p *paragraph, run look) bool {
	base := d.styles.resolve(p.style).look
	seen := base.under(d.styles.resolve(run.style).look).under(run)
	if seen.hidden.value() == 1 || seen.size.is() && seen.size.value() <= tinySize {
		return true
	}
	return seen.white.value() == 1 && seen.shaded.value() == 0 && p.shaded.value() == 0 && d.boxed == 0
}

func (d *docx) write(p *paragraph, text string) {
	for _, code := range d.fields {
		if code {
			return
		}
	}
	if !p.hidden {
		p.text.WriteString(text)
	}
}

// field follows the marks of a field: its code stands between begin and separate, its result after.
func (d *docx) field(mark string) {
	n := len(d.fields)
	switch {
	case mark == "begin":
		d.fields = append(d.fields, true)
	case mark == "separate" && n > 0:
		d.fields[n-1] = false
	case mark == "end" && n > 0:
		d.fields = d.fields[:n-1]
	}
}

func (d *docx) note(p *paragraph, text string) {
	if text != "" && !p.hidden {
		p.after = append(p.after, draft.Piece{Kind: qa.BlockFootnote, Text: text})
	}
}

// table reads a table row by row.
func (d *docx) table() error {
	d.boxed++
	defer func() { d.boxed-- }()
	var rows func(e xml.StartElement) error
	rows = func(e xml.StartElement) error {
		switch e.Name.Local {
		case "tr":
			return d.row()
		case "tblPr", "tblGrid", "del", "moveFrom", "sdtPr":
			return d.s.Skip()
		}
		return d.s.Each(rows, nil)
	}
	return d.s.Each(rows, nil)
}

func (d *docx) row() error {
	var cells [][]draft.Piece
	var cell func(e xml.StartElement) error
	cell = func(e xml.StartElement) error {
		switch e.Name.Local {
		case "tc":
			d.b.Push()
			err := d.s.Each(d.block, nil)
			cells = append(cells, d.b.Pop())
			return err
		case "trPr", "tblPrEx", "del", "moveFrom", "sdtPr":
			return d.s.Skip()
		}
		return d.s.Each(cell, nil)
	}
	if err := d.s.Each(cell, nil); err != nil {
		return err
	}
	d.b.Row(cells)
	return nil
}

// readNotes gives the text of each footnote or endnote by its id.
func (d *docx) readNotes(a *raw.Archive, part string) (map[string]string, error) {
	notes := map[string]string{}
	err := a.Scan(part, false, func(s *raw.Scanner) error {
		d.s = s
		var child func(e xml.StartElement) error
		child = func(e xml.StartElement) error {
			if name := e.Name.Local; name != "footnote" && name != "endnote" {
				return s.Each(child, nil)
			}
			if kind := raw.Attr(e, "type"); kind != "" && kind != "normal" {
				return s.Skip() // the line between text and notes
			}
			d.b.Push()
			err := s.Each(d.block, nil)
			notes[raw.Attr(e, "id")] = draft.Join(d.b.Pop())
			return err
		}
		return s.Each(child, nil)
	})
	d.fields = nil
	return notes, err
}
