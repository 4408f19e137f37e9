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

// ReadODT reads the body of an ODT, with the same choices as ReadDOCX.
func ReadODT(ctx context.Context, o raw.Limits, r io.ReadSeeker) (qa.Text, error) {
	a, err := raw.OpenArchive(ctx, o, r)
	if err != nil {
		return qa.Text{}, raw.AsVerdict(err)
	}
	if err := Encrypted(a); err != nil {
		return qa.Text{}, err
	}
	d := &odt{b: draft.New(o), styles: map[string]odtStyle{}, resolved: map[string]odtStyle{},
		lists: map[string]map[int]draft.ListLevel{}, ended: map[string][9]int{}, ground: draft.White}
	if err := unlessDamaged(a.Scan("styles.xml", false, d.readStyles)); err != nil {
		return qa.Text{}, err
	}
	if err := a.Scan("content.xml", true, d.readContent); err != nil {
		return qa.Text{}, err
	}
	return finished(a, "meta.xml", d.b)
}

// odt is the state of one reading.
type odt struct {
	s        *raw.Scanner
	b        *draft.Draft
	styles   map[string]odtStyle                // by family and name
	resolved map[string]odtStyle                // the same with what they inherit, as far as asked for
	lists    map[string]map[int]draft.ListLevel // list styles by name, their levels from 0
	open     []openList
	ended    map[string][9]int // the numbers reached by lists that were read, by "id " and "style "
	indexes  int               // depth of tables of contents and other indexes
	ground   draft.Hue         // behind the text being read: that of the page, a cell, a box
	row      *odtRow
}

// openList is a list being read, inside others.
type openList struct {
	style  string
	counts [9]int
	fresh  bool // no paragraph of the current item was read yet
}

func (d *odt) readContent(s *raw.Scanner) error {
	d.s = s
	d.open = nil
	var top func(e xml.StartElement) error
	top = func(e xml.StartElement) error {
		switch e.Name.Local {
		case "automatic-styles":
			return s.Each(d.styleBlock, nil)
		case "text":
			return s.Each(d.block, nil)
		case "scripts", "font-face-decls":
			return s.Skip()
		}
		return s.Each(top, nil)
	}
	return s.Each(top, nil)
}

// block reads an element that stands where blocks stand.
func (d *odt) block(e xml.StartElement) error {
	switch e.Name.Local {
	case "p", "h":
		return d.paragraph(e)
	case "list":
		return d.list(e)
	case "table":
		return d.table(e)
	case "frame":
		return d.frame()
	case "section", "hidden-paragraph":
		if raw.Attr(e, "display") == "none" || raw.Attr(e, "is-hidden") == "true" {
			return d.hide(qa.HiddenNotDisplayed)
		}
	case "table-of-content", "alphabetical-index", "illustration-index", "table-index", "object-index", "user-index":
		d.indexes++
		defer func() { d.indexes-- }()
	case "annotation":
		return d.hide(qa.HiddenComment)
	case "tracked-changes":
		return d.hide(qa.HiddenDeleted)
	case "forms", "sequence-decls", "variable-decls", "user-field-decls", "title", "desc",
		"table-of-content-source", "alphabetical-index-source", "illustration-index-source", "table-index-source",
		"object-index-source", "user-index-source", "bibliography-source", "event-listeners", "glue-point":
		return d.s.Skip()
	}
	return d.s.Each(d.block, nil)
}

// hide counts the text of the current element as hidden and leaves it out, without the names and dates
// of those who made a remark or a change.
func (d *odt) hide(means qa.HiddenMeans) error {
	return d.s.Walk(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "change-info", "creator", "creator-initials", "sender-initials", "date", "date-string":
			return d.s.Skip()
		case "p", "h":
			text, err := d.s.Collect()
			d.b.Hide(means, text)
			return err
		}
		return nil
	})
}

// frame reads a box. What it shows as a picture, in one or several forms, is one image.
func (d *odt) frame() error {
	outer, images := d.ground, 0
	d.ground = draft.UnknownHue
	err := d.s.Each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "image", "object", "object-ole":
			images = 1
			return d.s.Skip()
		}
		return d.block(e)
	}, nil)
	d.ground = outer
	d.b.Reading().Images += images
	return err
}

// list reads a list; one inside another goes a level deeper.
func (d *odt) list(e xml.StartElement) error {
	style := raw.Attr(e, "style-name")
	if n := len(d.open); style == "" && n > 0 {
		style = d.open[n-1].style
	}
	one := openList{style: style}
	depth := min(len(d.open), 8)
	one.counts[depth] = d.lists[style][depth].Start - 1
	if n := len(d.open); n > 0 {
		copy(one.counts[:depth], d.open[n-1].counts[:depth])
	}
	if counts, ok := d.continued(e, style); ok && depth == 0 {
		one.counts = counts
	}
	d.open = append(d.open, one)
	defer func() {
		last := len(d.open) - 1
		d.ended["style "+style], d.ended["id "+raw.Attr(e, "id")] = d.open[last].counts, d.open[last].counts
		d.open = d.open[:last]
	}()
	return d.s.Each(func(e xml.StartElement) error {
		top := &d.open[len(d.open)-1]
		top.fresh = e.Name.Local == "list-item"
		if top.fresh {
			top.counts[depth]++
			if start := raw.Int(e, "start-value"); start > 0 {
				top.counts[depth] = start
			}
		}
		return d.s.Each(d.block, nil)
	}, nil)
}

// continued gives the numbers that a list goes on from, where it does: those of another that it names,
// or of the last one of its style.
func (d *odt) continued(e xml.StartElement, style string) (counts [9]int, ok bool) {
	if id := raw.Attr(e, "continue-list"); id != "" {
		counts, ok = d.ended["id "+id]
	} else if raw.Attr(e, "continue-numbering") == "true" {
		counts, ok = d.ended["style "+style]
	}
	return counts, ok
}

func (d *odt) paragraph(e xml.StartElement) error {
	named := d.resolve("paragraph", raw.Attr(e, "style-name"))
	p := &odtParagraph{look: named.look, ground: d.ground}
	if named.fill.Paints() {
		p.ground = named.fill
	}
	write := func(t string) { d.write(p, t) }
	if err := d.s.Each(func(e xml.StartElement) error { return d.inline(p, e) }, write); err != nil {
		return err
	}
	if p.gone {
		d.b.Hide(qa.HiddenNotDisplayed, p.text.String())
		d.b.HideAll(qa.HiddenNotDisplayed, p.after)
		return nil
	}
	level := 0
	if e.Name.Local == "h" {
		level = min(max(raw.Int(e, "outline-level"), 1), 9)
	}
	d.place(p, named.role, level)
	d.b.EmitAll(p.after)
	return nil
}

// place appends a paragraph as what its element, its style and what it stands in say it is.
func (d *odt) place(p *odtParagraph, is role, level int) {
	text := p.text.String()
	n := len(d.open)
	switch {
	case strings.TrimSpace(text) == "":
	case d.indexes > 0, is == roleContents:
		d.b.Add(qa.BlockContents, 0, text)
	case is == roleTitle:
		d.b.TitleParagraph(text)
	case level > 0:
		d.b.Heading(level, text)
	case is == roleCaption:
		d.b.Add(qa.BlockCaption, 0, text)
	case n > 0:
		if draft.Clean(text) != "" {
			text = d.mark() + strings.TrimSpace(text)
		}
		d.b.Add(qa.BlockListItem, min(n, 9), text)
	default:
		d.b.Add(qa.BlockParagraph, 0, text)
	}
}

// mark gives what stands before the text of an item: only its first paragraph has a mark.
func (d *odt) mark() string {
	top := &d.open[len(d.open)-1]
	if !top.fresh {
		return ""
	}
	top.fresh = false
	return draft.Mark(d.lists[top.style], &top.counts, min(len(d.open)-1, 8))
}

// odtParagraph is the state of one paragraph.
type odtParagraph struct {
	text   strings.Builder
	look   draft.Look // of the letters being read
	ground draft.Hue  // behind the paragraph
	gone   bool       // a field hides all of it
	after  []draft.Piece
}

// write appends letters, or counts them where they cannot be seen. White space of the file is one
// space; tabs and line ends of the text are elements.
func (d *odt) write(p *odtParagraph, s string) {
	if means := p.look.HiddenOn(p.ground); means != "" {
		d.b.Hide(means, s)
		return
	}
	p.text.WriteString(strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		return r
	}, s))
	if d.row != nil && strings.TrimSpace(s) != "" {
		d.row.plain = d.row.plain || p.look.Bold.Value() != 1
	}
}

// inline reads an element inside a paragraph.
func (d *odt) inline(p *odtParagraph, e xml.StartElement) error {
	switch e.Name.Local {
	case "s", "tab":
		d.write(p, " ")
	case "line-break":
		if p.look.HiddenOn(p.ground) == "" {
			p.text.WriteByte('\n')
		}
	case "span", "a":
		return d.span(p, e)
	case "note":
		return d.note(p)
	case "frame", "text-box", "custom-shape", "rect", "g":
		return d.inner(p, e, draft.UnknownHue)
	case "table", "list", "p", "h":
		return d.inner(p, e, p.ground)
	case "annotation":
		return d.hide(qa.HiddenComment)
	case "hidden-paragraph":
		p.gone = p.gone || raw.Attr(e, "is-hidden") == "true"
		return d.s.Skip()
	case "hidden-text":
		if raw.Attr(e, "is-hidden") != "false" {
			text, err := d.s.Collect()
			d.b.Hide(qa.HiddenNotDisplayed, text)
			return err
		}
	case "annotation-end", "ruby-text", "tracked-changes", "script", "title", "desc",
		"object", "object-ole", "image", "event-listeners", "change", "change-start", "change-end":
		return d.s.Skip()
	}
	return d.s.Each(func(e xml.StartElement) error { return d.inline(p, e) }, func(t string) { d.write(p, t) })
}

func (d *odt) span(p *odtParagraph, e xml.StartElement) error {
	outer := p.look
	if name := raw.Attr(e, "style-name"); name != "" {
		p.look = outer.Under(d.resolve("text", name).look)
	}
	err := d.s.Each(func(e xml.StartElement) error { return d.inline(p, e) }, func(t string) { d.write(p, t) })
	p.look = outer
	return err
}

// inner reads blocks that stand inside a paragraph; they are placed behind it.
func (d *odt) inner(p *odtParagraph, e xml.StartElement, ground draft.Hue) error {
	d.b.Push()
	lists, outer, row := d.open, d.ground, d.row
	d.open, d.ground, d.row = nil, ground, nil
	err := d.block(e)
	d.open, d.ground, d.row = lists, outer, row
	pieces := d.b.Pop()
	if p.look.Hidden.Value() == 1 {
		d.b.HideAll(qa.HiddenNotDisplayed, pieces)
		return err
	}
	p.after = append(p.after, pieces...)
	return err
}

// note reads a footnote or endnote without its number.
func (d *odt) note(p *odtParagraph) error {
	return d.s.Each(func(e xml.StartElement) error {
		if e.Name.Local != "note-body" {
			return d.s.Skip()
		}
		body := &odtParagraph{look: draft.Look{Hidden: p.look.Hidden}}
		if err := d.inner(body, e, d.ground); err != nil {
			return err
		}
		if text := draft.Join(body.after); text != "" {
			p.after = append(p.after, draft.Piece{Kind: qa.BlockFootnote, Text: text})
		}
		return nil
	}, nil)
}
