package office

import (
	"encoding/xml"
	"strconv"
	"strings"

	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

const (
	// tinySize is the size of letters, in half points, that nobody can read: 2 points.
	tinySize = 4
	// maxBase is the longest chain of styles followed: Word allows 11.
	maxBase = 20
)

// maybe is a number that may be absent: the zero maybe is.
type maybe struct {
	n   int
	set bool
}

func some(n int) maybe     { return maybe{n, true} }
func (m maybe) is() bool   { return m.set }
func (m maybe) value() int { return m.n }
func (m maybe) under(o maybe) maybe { // o wins where it is set
	if o.set {
		return o
	}
	return m
}

// look is what decides whether letters can be seen; 1 means yes.
type look struct {
	style  string
	hidden maybe
	white  maybe
	shaded maybe
	size   maybe // half points
}

func (l look) under(o look) look {
	return look{hidden: l.hidden.under(o.hidden), white: l.white.under(o.white), shaded: l.shaded.under(o.shaded), size: l.size.under(o.size)}
}

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
	outline maybe // heading level, 1 to 9; 0 means explicitly none
	shaded  maybe
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
			p.shaded = shading(e)
		case "numPr":
			return s.Each(func(e xml.StartElement) error {
				switch e.Name.Local {
				case "numId":
					p.list.num = raw.Attr(e, "val")
				case "ilvl":
					p.list.level = min(max(number(raw.Attr(e, "val")), 0), 8)
				}
				return s.Skip()
			}, nil)
		}
		return s.Skip()
	}, nil)
}

// look reads an rPr.
func readLook(s *raw.Scanner) (look, error) {
	var l look
	err := s.Each(func(e xml.StartElement) error {
		value := raw.Attr(e, "val")
		switch e.Name.Local {
		case "rStyle":
			l.style = value
		case "vanish", "specVanish":
			l.hidden = some(on(value))
		case "color":
			l.white = some(yes(strings.EqualFold(value, "FFFFFF")))
		case "highlight":
			l.shaded = some(yes(value != "none" && value != "white"))
		case "shd":
			l.shaded = shading(e)
		case "sz":
			if n := number(value); n > 0 {
				l.size = some(n)
			}
		}
		return s.Skip()
	}, nil)
	return l, err
}

func shading(e xml.StartElement) maybe {
	fill, pattern := raw.Attr(e, "fill"), raw.Attr(e, "val")
	plain := fill == "" || fill == "auto" || strings.EqualFold(fill, "FFFFFF")
	return some(yes(!plain || pattern == "solid"))
}

// outline is the heading level of an outlineLvl, which counts from 0; 9 means body text.
func outline(value string) maybe {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > 8 {
		return some(0)
	}
	return some(n + 1)
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
	look       look
	toc, title bool
}

// styles are the styles of a document by id.
type styles map[string]style

// readStyles reads styles.xml. A document with broken styles keeps its text: it only loses levels.
func readStyles(a *raw.Archive, part string) (styles, error) {
	all := styles{}
	err := a.Scan(part, false, func(s *raw.Scanner) error {
		var child func(e xml.StartElement) error
		child = func(e xml.StartElement) error {
			if e.Name.Local != "style" {
				return s.Each(child, nil)
			}
			one, err := readStyle(s)
			all[raw.Attr(e, "styleId")] = one
			return err
		}
		return s.Each(child, nil)
	})
	if qa.CodeOf(err) == string(qa.VerdictDamaged) {
		err = nil
	}
	return all, err
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
			one.look, err = readLook(s)
			return err
		}
		return s.Skip()
	}, nil)
	return one, err
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
		out.outline = level.under(one.outline).under(out.outline)
		out.toc = out.toc || strings.HasPrefix(one.name, "toc ") && one.name != "toc heading"
		out.title = out.title || one.name == "title" && hop == 0 // a subtitle may be based on it
		out.list = one.list.under(out.list)
		out.shaded = one.shaded.under(out.shaded)
		out.look = one.look.under(out.look)
		id = one.based
	}
	if out.outline.value() == 0 {
		out.outline = maybe{}
	}
	out.look.shaded = out.look.shaded.under(out.shaded)
	return out
}

// headingLevel reads the level from a name like « heading 2 ».
func headingLevel(name string) maybe {
	for _, word := range []string{"heading ", "titre "} {
		if rest, ok := strings.CutPrefix(name, word); ok && len(rest) == 1 && rest[0] >= '1' && rest[0] <= '9' {
			return some(int(rest[0] - '0'))
		}
	}
	return maybe{}
}
