package office

import (
	"encoding/xml"
	"strconv"
	"strings"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
)

// maxBase is the longest chain of styles followed: Word allows 11.
const maxBase = 20

// listRef says which list, and at which depth from 0, a paragraph belongs to; num is "" for none and
// "0" for explicitly none.
type listRef struct {
	num   string
	level int
}

func (l listRef) under(o listRef) listRef {
	if o.num != "" {
		return o
	}
	return l
}

// props are the properties of a paragraph that matter here.
type props struct {
	style   string
	list    listRef
	outline draft.Maybe // heading level, 1 to 9; 0 means explicitly none
	fill    draft.Hue
}

// paragraphProps reads a pPr.
func paragraphProps(s *raw.Scanner, p *props) error {
	return s.Each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "pStyle":
			p.style = raw.Attr(e, "val")
		case "outlineLvl":
			p.outline = outline(raw.Attr(e, "val"))
		case "shd":
			p.fill = shading(e)
		case "numPr":
			return s.Each(func(e xml.StartElement) error {
				switch e.Name.Local {
				case "numId":
					p.list.num = raw.Attr(e, "val")
				case "ilvl":
					p.list.level = min(max(raw.Int(e, "val"), 0), 8)
				}
				return s.Skip()
			}, nil)
		}
		return s.Skip()
	}, nil)
}

// readLook reads an rPr and the name of the character style in it.
func readLook(s *raw.Scanner) (l draft.Look, named string, err error) {
	highlight := draft.Hue("")
	err = s.Each(func(e xml.StartElement) error {
		value := raw.Attr(e, "val")
		switch e.Name.Local {
		case "rStyle":
			named = value
		case "vanish", "specVanish":
			l.Hidden = draft.Some(on(value))
		case "b":
			l.Bold = draft.Some(on(value))
		case "color":
			l.Ink = draft.HueOf(value)
		case "highlight":
			highlight = highlighter(value)
		case "shd":
			l.Fill = shading(e)
		case "sz":
			l.Points = float64(max(number(value), 0)) / 2
		}
		return s.Skip()
	}, nil)
	l.Fill = l.Fill.Under(highlight)
	return l, named, err
}

func highlighter(name string) draft.Hue {
	switch name {
	case "none":
		return ""
	case "white":
		return draft.White
	}
	return draft.UnknownHue
}

// shading gives the colour that a shd puts behind: its fill, or for a solid pattern its colour.
func shading(e xml.StartElement) draft.Hue {
	switch pattern := raw.Attr(e, "val"); pattern {
	case "solid":
		if ink := draft.HueOf(raw.Attr(e, "color")); ink.Paints() {
			return ink
		}
		return "000000"
	case "", "clear", "nil":
		return draft.NoHue.Under(draft.HueOf(raw.Attr(e, "fill")))
	}
	return draft.UnknownHue
}

// outline is the heading level of an outlineLvl, which counts from 0; 9 means body text.
func outline(value string) draft.Maybe {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > 8 {
		return draft.Some(0)
	}
	return draft.Some(n + 1)
}

// on reads the value of a switch, which is on where it has none.
func on(value string) int {
	return yes(value != "0" && value != "false" && value != "off")
}

func yes(b bool) int {
	if b {
		return 1
	}
	return 0
}

// number reads a decimal number, 0 where there is none.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// style is a named set of properties; the zero style says nothing.
type style struct {
	name  string // in lower case
	based string
	props
	look   draft.Look
	role   role
	fills  bool // a table style that puts a colour behind some of its cells
	headed bool // a table style that sets the first row apart
}

// role is what a style says its paragraphs are, beyond headings and lists.
type role string

const (
	roleTitle    role = "title"
	roleContents role = "contents"
	roleCaption  role = "caption"
)

// roleOf reads the role of a style from its name in lower case, which Word keeps in English in every
// language; the French and the LibreOffice names stand beside.
func roleOf(name string) role {
	switch {
	case name == "title":
		return roleTitle
	case name == "caption", name == "légende", name == "illustration":
		return roleCaption
	case name == "table of figures", name == "table of authorities", name == "toc heading", name == "contents heading", name == "index heading":
		return roleContents
	}
	for _, word := range []string{"toc ", "contents ", "index ", "illustration index ", "table index ", "tm "} {
		if rest, ok := strings.CutPrefix(name, word); ok && len(rest) == 1 && rest[0] >= '1' && rest[0] <= '9' {
			return roleContents
		}
	}
	return ""
}

// styles are the styles of a document by id.
type styles map[string]style

// readStyles reads styles.xml. A document with broken styles keeps its text: it only loses levels.
func readStyles(a *raw.Archive, part string) (styles, error) {
	all := styles{}
	err := a.Scan(part, false, func(s *raw.Scanner) error {
		return s.Walk(func(e xml.StartElement) error {
			if e.Name.Local != "style" {
				return nil
			}
			one, err := readStyle(s)
			all[raw.Attr(e, "styleId")] = one
			if raw.Yes(e, "default") && raw.Attr(e, "type") == "paragraph" {
				all[""] = one // that of paragraphs without a style
			}
			return err
		})
	})
	return all, unlessDamaged(err)
}

func readStyle(s *raw.Scanner) (style, error) {
	var one style
	err := s.Each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "name":
			one.name = strings.ToLower(raw.Attr(e, "val"))
		case "basedOn":
			one.based = raw.Attr(e, "val")
		case "pPr":
			return paragraphProps(s, &one.props)
		case "rPr":
			var err error
			one.look, _, err = readLook(s)
			return err
		case "tblPr", "tcPr":
			fill, err := anyFill(s)
			one.fills = one.fills || fill.Paints()
			return err
		case "tblStylePr":
			return one.readTablePart(s, raw.Attr(e, "type") == "firstRow")
		}
		return s.Skip()
	}, nil)
	return one, err
}

// readTablePart reads how a table style draws some of its cells. The first row is set apart when its
// letters are bold or coloured or a colour is behind it.
func (one *style) readTablePart(s *raw.Scanner, firstRow bool) error {
	return s.Each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "rPr":
			l, _, err := readLook(s)
			one.headed = one.headed || firstRow && (l.Bold.Value() == 1 || l.Ink.Paints())
			return err
		case "tblPr", "tcPr":
			fill, err := anyFill(s)
			one.fills = one.fills || fill.Paints()
			one.headed = one.headed || firstRow && fill.Paints()
			return err
		}
		return s.Skip()
	}, nil)
}

// anyFill gives the shading directly inside the current element.
func anyFill(s *raw.Scanner) (fill draft.Hue, err error) {
	err = s.Each(func(e xml.StartElement) error {
		if e.Name.Local == "shd" {
			fill = shading(e)
		}
		return s.Skip()
	}, nil)
	return fill, err
}

// resolve gives a style with what it inherits. A heading is known by the name of its style, which
// Word keeps in English in every language, or by its outline level, never by its id.
func (all styles) resolve(id string) style {
	var out style
	for hop := range maxBase {
		one, ok := all[id]
		if !ok {
			break
		}
		level := headingLevel(one.name)
		out.outline = level.Under(one.outline).Under(out.outline)
		if is := roleOf(one.name); out.role == "" && (is != roleTitle || hop == 0) { // a subtitle may be based on the title
			out.role = is
		}
		out.list = one.list.under(out.list)
		out.fill = one.fill.Under(out.fill)
		out.look = one.look.Under(out.look)
		out.fills = out.fills || one.fills
		out.headed = out.headed || one.headed
		id = one.based
	}
	if out.outline.Value() == 0 {
		out.outline = draft.Maybe{}
	}
	return out
}

// headingLevel reads the level from a name like « heading 2 ».
func headingLevel(name string) draft.Maybe {
	for _, word := range []string{"heading ", "titre "} {
		if rest, ok := strings.CutPrefix(name, word); ok && len(rest) == 1 && rest[0] >= '1' && rest[0] <= '9' {
			return draft.Some(int(rest[0] - '0'))
		}
	}
	return draft.Maybe{}
}
