package office

import (
	"cmp"
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
	d := &odt{b: draft.New(o), styles: map[string]odtStyle{}, lists: map[string]map[int]listLevel{}}
	if err := a.Scan("styles.xml", false, d.readStyles); err != nil && qa.CodeOf(err) != string(qa.VerdictDamaged) {
		return qa.Text{}, err
	}
	if err := a.Scan("content.xml", true, d.readContent); err != nil {
		return qa.Text{}, err
	}
	title, err := coreTitle(a, "meta.xml")
	if err != nil {
		return qa.Text{}, err
	}
	return d.b.Text(title)
}

// odtStyle is what matters of a style: its parent, its list and whether it hides its text.
type odtStyle struct {
	name   string
	parent string
	list   string
	hidden maybe
}

// odt is the state of one reading.
type odt struct {
	s      *raw.Scanner
	b      *draft.Draft
	styles map[string]odtStyle
	lists  map[string]map[int]listLevel // list styles by name, their levels from 0
	open   []openList
	index  int // depth of tables of contents and other indexes
}

// openList is a list being read, inside others.
type openList struct {
	style  string
	counts [9]int
	fresh  bool // no paragraph of the current item was read yet
}

func (d *odt) readStyles(s *raw.Scanner) error {
	d.s = s
	return s.Each(d.styleBlock, nil)
}

// styleBlock reads the styles out of any element that holds some.
func (d *odt) styleBlock(e xml.StartElement) error {
	switch e.Name.Local {
	case "style":
		return d.style(e)
	case "list-style":
		return d.listStyle(e)
	case "master-styles":
		return d.s.Skip()
	}
	return d.s.Each(d.styleBlock, nil)
}

func (d *odt) style(e xml.StartElement) error {
	one := odtStyle{name: raw.Attr(e, "display-name"), parent: raw.Attr(e, "parent-style-name"), list: raw.Attr(e, "list-style-name")}
	if one.name == "" {
		one.name = raw.Attr(e, "name")
	}
	err := d.s.Each(func(p xml.StartElement) error {
		if p.Name.Local == "text-properties" {
			if display := raw.Attr(p, "display"); display != "" {
				one.hidden = some(yes(display == "none"))
			}
		}
		return d.s.Skip()
	}, nil)
	d.styles[raw.Attr(e, "family")+" "+raw.Attr(e, "name")] = one
	return err
}

func (d *odt) listStyle(e xml.StartElement) error {
	levels := map[int]listLevel{}
	d.lists[raw.Attr(e, "name")] = levels
	return d.s.Each(func(l xml.StartElement) error {
		level := listLevel{format: "bullet", start: max(number(raw.Attr(l, "start-value")), 1)}
		if l.Name.Local == "list-level-style-number" {
			level.format = cmp.Or(raw.Attr(l, "num-format"), "none")
			level.text = raw.Attr(l, "num-prefix") + "%" + raw.Attr(l, "level") + raw.Attr(l, "num-suffix")
		}
		levels[number(raw.Attr(l, "level"))-1] = level
		return d.s.Skip()
	}, nil)
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
		return d.table()
	case "section", "hidden-paragraph":
		if raw.Attr(e, "display") == "none" || raw.Attr(e, "is-hidden") == "true" {
			return d.s.Skip()
		}
	case "table-of-content", "alphabetical-index", "illustration-index", "table-index", "object-index", "user-index":
		d.index++
		defer func() { d.index-- }()
	case "tracked-changes", "annotation", "forms", "sequence-decls", "variable-decls", "user-field-decls", "title", "desc",
		"table-of-content-source", "alphabetical-index-source", "illustration-index-source", "table-index-source",
		"object-index-source", "user-index-source", "bibliography-source", "event-listeners", "glue-point":
		return d.s.Skip()
	}
	return d.s.Each(d.block, nil)
}

// list reads a list; one inside another goes a level deeper.
func (d *odt) list(e xml.StartElement) error {
	style := raw.Attr(e, "style-name")
	if n := len(d.open); style == "" && n > 0 {
		style = d.open[n-1].style
	}
	one := openList{style: style}
	depth := min(len(d.open), 8)
	one.counts[depth] = d.lists[style][depth].start - 1
	if n := len(d.open); n > 0 {
		copy(one.counts[:depth], d.open[n-1].counts[:depth])
	}
	d.open = append(d.open, one)
	defer func() { d.open = d.open[:len(d.open)-1] }()
	return d.s.Each(func(e xml.StartElement) error {
		top := &d.open[len(d.open)-1]
		top.fresh = e.Name.Local == "list-item"
		if top.fresh {
			top.counts[depth]++
			if start := number(raw.Attr(e, "start-value")); start > 0 {
				top.counts[depth] = start
			}
		}
		return d.s.Each(d.block, nil)
	}, nil)
}

func (d *odt) paragraph(e xml.StartElement) error {
	p := &odtParagraph{hidden: d.isHidden("paragraph " + raw.Attr(e, "style-name"))}
	if err := d.s.Each(func(e xml.StartElement) error { return d.inline(p, e) }, func(t string) { p.write(t) }); err != nil {
		return err
	}
	text := draft.Clean(p.text.String())
	level := 0
	if e.Name.Local == "h" {
		level = min(max(number(raw.Attr(e, "outline-level")), 1), 9)
	}
	n := len(d.open)
	switch {
	case text == "":
	case d.index > 0:
		d.b.Add(qa.BlockFurniture, 0, text)
	case d.isTitle(raw.Attr(e, "style-name")):
		d.b.TitleParagraph(text)
	case level > 0:
		d.b.Heading(level, text)
	case n > 0:
		d.b.Add(qa.BlockListItem, min(n, 9), d.mark()+text)
	default:
		d.b.Add(qa.BlockParagraph, 0, text)
	}
	d.b.EmitAll(p.after)
	return nil
}

// mark gives what stands before the text of an item: only its first paragraph has a mark.
func (d *odt) mark() string {
	top := &d.open[len(d.open)-1]
	if !top.fresh {
		return ""
	}
	top.fresh = false
	return markText(d.lists[top.style], &top.counts, min(len(d.open)-1, 8))
}

// odtParagraph is the state of one paragraph.
type odtParagraph struct {
	text   strings.Builder
	hidden bool
	after  []draft.Piece
}

func (p *odtParagraph) write(s string) {
	if !p.hidden {
		// White space of the file is one space; tabs and line ends of the text are elements.
		p.text.WriteString(strings.Map(func(r rune) rune {
			if r == '\n' || r == '\r' || r == '\t' {
				return ' '
			}
			return r
		}, s))
	}
}

// inline reads an element inside a paragraph.
func (d *odt) inline(p *odtParagraph, e xml.StartElement) error {
	child := func(e xml.StartElement) error { return d.inline(p, e) }
	switch e.Name.Local {
	case "s":
		p.write(" ")
	case "tab":
		p.write(" ")
	case "line-break":
		if !p.hidden {
			p.text.WriteByte('\n')
		}
	case "span":
		return d.span(p, e)
	case "note":
		return d.note(p)
	case "frame", "text-box", "custom-shape", "rect", "g", "table", "list", "p", "h":
		return d.inner(p, e)
	case "annotation", "annotation-end", "ruby-text", "tracked-changes", "hidden-text", "script", "title", "desc",
		"object", "object-ole", "image", "event-listeners", "change", "change-start", "change-end":
		return d.s.Skip()
	}
	return d.s.Each(child, p.write)
}

func (d *odt) span(p *odtParagraph, e xml.StartElement) error {
	outer := p.hidden
	p.hidden = outer || d.isHidden("text "+raw.Attr(e, "style-name"))
	err := d.s.Each(func(e xml.StartElement) error { return d.inline(p, e) }, p.write)
	p.hidden = outer
	return err
}

// inner reads blocks that stand inside a paragraph; they are placed behind it.
func (d *odt) inner(p *odtParagraph, e xml.StartElement) error {
	d.b.Push()
	lists := d.open
	d.open = nil
	err := d.block(e)
	d.open = lists
	if pieces := d.b.Pop(); !p.hidden {
		p.after = append(p.after, pieces...)
	}
	return err
}

// note reads a footnote or endnote without its number.
func (d *odt) note(p *odtParagraph) error {
	return d.s.Each(func(e xml.StartElement) error {
		if e.Name.Local != "note-body" {
			return d.s.Skip()
		}
		body := &odtParagraph{hidden: p.hidden}
		if err := d.inner(body, e); err != nil {
			return err
		}
		if text := draft.Join(body.after); text != "" {
			p.after = append(p.after, draft.Piece{Kind: qa.BlockFootnote, Text: text})
		}
		return nil
	}, nil)
}

// table reads a table row by row. Cells covered by a merged one are empty; repeated rows and cells
// are read once: repetition is how spreadsheets write emptiness.
func (d *odt) table() error {
	lists := d.open
	d.open = nil
	defer func() { d.open = lists }()
	var rows func(e xml.StartElement) error
	rows = func(e xml.StartElement) error {
		switch e.Name.Local {
		case "table-row":
			return d.row()
		case "title", "desc", "forms", "shapes":
			return d.s.Skip()
		}
		return d.s.Each(rows, nil)
	}
	return d.s.Each(rows, nil)
}

func (d *odt) row() error {
	var cells [][]draft.Piece
	err := d.s.Each(func(e xml.StartElement) error {
		d.b.Push()
		err := d.s.Each(d.block, nil)
		cells = append(cells, d.b.Pop())
		return err
	}, nil)
	if err != nil {
		return err
	}
	d.b.Row(cells)
	return nil
}

// isHidden follows a style, named with its family, and its parents.
func (d *odt) isHidden(key string) bool {
	family, _, _ := strings.Cut(key, " ")
	for range maxBase {
		one, ok := d.styles[key]
		if !ok {
			return false
		}
		if one.hidden.is() {
			return one.hidden.value() == 1
		}
		key = family + " " + one.parent
	}
	return false
}

// isTitle reports the style named Title, itself or as the base of an automatic style.
func (d *odt) isTitle(name string) bool {
	one, ok := d.styles["paragraph "+name]
	return name == "Title" || ok && (one.name == "Title" || automatic(name) && one.parent == "Title")
}

// automatic reports the names that producers give to unnamed variants of a style: P1, P2…
func automatic(name string) bool {
	return len(name) > 1 && name[0] == 'P' && number(name[1:]) > 0
}
