package office

import (
	"cmp"
	"encoding/xml"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
)

// sheet is what a layout or a master gives to the slides that are made from it.
type sheet struct {
	spots   []spot
	body    bullets   // of the text of slides, in a master
	colours palette   // of a master
	ground  draft.Hue // of the slides made from it, "" where it says none
	painted []shape   // what it draws on them
}

// spot is a place for a shape.
type spot struct {
	shape
	bullets bullets
}

// spot finds the place for a placeholder: by its index, else by its kind. A nil sheet has none.
func (s *sheet) spot(holder placeholder) (spot, bool) {
	if s == nil || holder.kind == "" {
		return spot{}, false
	}
	for _, one := range s.spots {
		if holder.index != "" && one.holder.index == holder.index {
			return one, true
		}
	}
	for _, one := range s.spots {
		if likeness(one.holder.kind) == likeness(holder.kind) {
			return one, true
		}
	}
	return spot{}, false
}

// likeness gives kinds that stand for each other one name.
func likeness(kind string) string {
	switch kind {
	case "ctrTitle":
		return "title"
	case "obj", "subTitle", "tbl", "chart", "dgm", "pic", "media", "clipArt":
		return "body"
	}
	return kind
}

// readSheets finds the layout and the master of the slide being read, each read once.
func (d *pptx) readSheets() (err error) {
	d.master, d.layout = nil, nil
	part := d.from.first("slideLayout", "")
	from, err := readRelations(d.a, part)
	if err != nil {
		return err
	}
	if d.master, err = d.sheet(from.first("slideMaster", ""), nil); err != nil {
		return err
	}
	d.layout, err = d.sheet(part, d.colours())
	return err
}

// sheet reads a layout or a master; nil where there is none. A layout has the colours of its master.
func (d *pptx) sheet(part string, colours palette) (*sheet, error) {
	if known := d.sheets[part]; known != nil || part == "" || !d.a.Has(part) {
		return known, nil
	}
	out := &sheet{colours: colours}
	if err := d.nameColours(out, part); err != nil {
		return nil, err
	}
	err := d.a.Scan(part, false, func(s *raw.Scanner) error {
		return s.Walk(func(e xml.StartElement) error {
			switch e.Name.Local {
			case "bg":
				found, err := out.colours.hueIn(s, e)
				out.ground = draft.UnknownHue.Under(found)
				return err
			case "sp", "pic", "graphicFrame", "grpSp":
				return out.read(s, e)
			case "bodyStyle":
				return readBullets(s, &out.body)
			}
			return nil
		})
	})
	d.sheets[part] = out
	return out, unlessDamaged(err)
}

// nameColours reads the colours of a master, whose own names for them stand at its end.
func (d *pptx) nameColours(out *sheet, part string) error {
	if out.colours != nil {
		return nil
	}
	from, err := readRelations(d.a, part)
	if err != nil {
		return err
	}
	names := map[string]string{}
	err = d.a.Scan(part, false, func(s *raw.Scanner) error {
		return s.Walk(func(e xml.StartElement) error {
			if e.Name.Local == "clrMap" {
				for _, a := range e.Attr {
					names[a.Name.Local] = a.Value
				}
			}
			return nil
		})
	})
	if unlessDamaged(err) != nil {
		return err
	}
	out.colours, err = d.readPalette(from.first("theme", ""), names)
	return err
}

// read reads what a shape of a layout says of its place and of its levels, or that it draws something.
func (s *sheet) read(from *raw.Scanner, e xml.StartElement) error {
	one := spot{}
	drawn, group := e.Name.Local == "pic" || e.Name.Local == "graphicFrame", e.Name.Local == "grpSp"
	err := from.Walk(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "ph":
			one.holder = placeholder{kind: cmp.Or(raw.Attr(e, "type"), "obj"), index: raw.Attr(e, "idx")}
		case "off":
			one.x, one.y = pair(e, "x", "y")
			one.placed = true
		case "ext":
			if raw.Attr(e, "cx") != "" {
				one.w, one.h = pair(e, "cx", "cy")
			}
		case "solidFill", "gradFill", "blipFill", "pattFill", "grpFill":
			drawn = true
			return from.Skip()
		case "pic":
			drawn = true
		case "ln", "txBody":
			return from.Each(levels(from, &one.bullets), nil)
		}
		return nil
	})
	one.placed = one.placed && !group // its shapes have coordinates of their own: it may be anywhere
	switch {
	case one.holder.kind == "" && drawn:
		s.painted = append(s.painted, one.shape)
	case one.holder.kind != "":
		if drawn {
			one.fill = draft.UnknownHue
		}
		s.spots = append(s.spots, one)
	}
	return err
}

// levels reads what the text of a shape of a layout says of its levels.
func levels(s *raw.Scanner, into *bullets) func(xml.StartElement) error {
	return func(e xml.StartElement) error {
		if e.Name.Local == "lstStyle" {
			return readBullets(s, into)
		}
		return s.Skip()
	}
}
