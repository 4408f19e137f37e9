package office

import (
	"cmp"
	"encoding/xml"
	"strconv"
	"strings"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
)

// odtStyle is what matters of a style.
type odtStyle struct {
	name   string // as it is shown, in lower case
	parent string
	look   draft.Look
	fill   draft.Hue // behind the paragraph, the cell or the table
	role   role
}

func (d *odt) readStyles(s *raw.Scanner) error {
	d.s = s
	return s.Each(d.styleBlock, nil)
}

// styleBlock reads the styles out of any element that holds some, and counts what master pages repeat.
func (d *odt) styleBlock(e xml.StartElement) error {
	switch e.Name.Local {
	case "style":
		return d.style(e)
	case "list-style":
		return d.listStyle(e)
	case "page-layout-properties":
		if fill := draft.HueOf(raw.Attr(e, "background-color")); fill.Paints() {
			d.ground = fill
		}
	case "header", "footer", "header-left", "footer-left", "header-first", "footer-first":
		return d.repeated()
	}
	return d.s.Each(d.styleBlock, nil)
}

// repeated counts the lines of a running header or footer, which are left out of the text.
func (d *odt) repeated() error {
	return d.s.Walk(func(e xml.StartElement) error {
		if e.Name.Local != "p" && e.Name.Local != "h" {
			return nil
		}
		line, err := d.s.Collect()
		if draft.Clean(line) != "" {
			d.b.Reading().Repeated++
		}
		return err
	})
}

func (d *odt) style(e xml.StartElement) error {
	name := raw.Attr(e, "name")
	one := odtStyle{name: shownName(cmp.Or(raw.Attr(e, "display-name"), name)), parent: raw.Attr(e, "parent-style-name")}
	err := d.s.Each(func(p xml.StartElement) error {
		switch fill := draft.HueOf(raw.Attr(p, "background-color")); p.Name.Local {
		case "text-properties":
			one.look = textLook(p)
			one.look.Fill = fill
		case "paragraph-properties", "table-cell-properties", "table-properties":
			one.fill = fill
		}
		return d.s.Skip()
	}, nil)
	d.styles[raw.Attr(e, "family")+" "+name] = one
	return err
}

// shownName undoes what OpenDocument writes for a space in the name of a style.
func shownName(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, "_20_", " "))
}

func textLook(e xml.StartElement) draft.Look {
	var l draft.Look
	for _, a := range e.Attr {
		switch a.Name.Local {
		case "display":
			l.Hidden = draft.Some(yes(a.Value == "none"))
		case "color":
			l.Ink = draft.HueOf(a.Value)
		case "font-weight":
			weight := number(a.Value)
			l.Bold = draft.Some(yes(a.Value == "bold" || weight >= 600))
		case "font-size":
			l.Points, l.Scale = height(a.Value)
		}
	}
	return l
}

// height reads the size of letters: in points, or as a part of what it would be.
func height(value string) (points, scale float64) {
	for _, unit := range []struct {
		name   string
		points float64
	}{{"pt", 1}, {"mm", 72 / 25.4}, {"cm", 72 / 2.54}, {"in", 72}, {"pc", 12}, {"px", 0.75}} {
		if digits, ok := strings.CutSuffix(value, unit.name); ok {
			n, err := strconv.ParseFloat(digits, 64)
			if err != nil || n <= 0 {
				return 0, 0
			}
			return n * unit.points, 0
		}
	}
	if digits, ok := strings.CutSuffix(value, "%"); ok {
		if n, err := strconv.ParseFloat(digits, 64); err == nil && n > 0 {
			return 0, n / 100
		}
	}
	return 0, 0
}

// resolve gives a style with what it inherits.
func (d *odt) resolve(family, name string) odtStyle {
	key := family + " " + name
	if known, ok := d.resolved[key]; ok {
		return known
	}
	var out odtStyle
	variant := automatic(name)
	for hop := 0; hop < maxBase && name != ""; hop++ {
		one, ok := d.styles[family+" "+name]
		if !ok {
			one.name = shownName(name)
		}
		is := roleOf(one.name)
		if out.role == "" && (is != roleTitle || hop == 0 || hop == 1 && variant) { // a subtitle may be based on the title
			out.role = is
		}
		if one.name == "table heading" {
			one.look.Bold = draft.Some(1).Under(one.look.Bold)
		}
		out.look = one.look.Under(out.look)
		out.fill = one.fill.Under(out.fill)
		name = one.parent
	}
	d.resolved[key] = out
	return out
}

// automatic reports the names that producers give to unnamed variants of a style: P1, P2…
func automatic(name string) bool {
	return len(name) > 1 && name[0] == 'P' && number(name[1:]) > 0
}

func (d *odt) listStyle(e xml.StartElement) error {
	levels := map[int]draft.ListLevel{}
	d.lists[raw.Attr(e, "name")] = levels
	return d.s.Each(func(l xml.StartElement) error {
		level := draft.ListLevel{Format: "bullet", Start: max(raw.Int(l, "start-value"), 1)}
		if l.Name.Local == "list-level-style-number" {
			level.Format = cmp.Or(raw.Attr(l, "num-format"), "none")
			level.Text = raw.Attr(l, "num-prefix") + "%" + raw.Attr(l, "level") + raw.Attr(l, "num-suffix")
		}
		levels[raw.Int(l, "level")-1] = level
		return d.s.Skip()
	}, nil)
}
