package office

import (
	"cmp"
	"encoding/xml"

	"rapporteur/ingest/extract/raw"
)

// sheet is what a layout or a master gives to the slides that are made from it.
type sheet struct {
	from  relations
	spots []spot
	body  bullets // of the text of slides, in a master
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
	d.master = nil
	if d.layout, err = d.sheet(d.from.first("slideLayout", "")); err != nil || d.layout == nil {
		return err
	}
	d.master, err = d.sheet(d.layout.from.first("slideMaster", ""))
	return err
}

// sheet reads a layout or a master; nil where there is none.
func (d *pptx) sheet(part string) (*sheet, error) {
	if known := d.sheets[part]; known != nil || part == "" || !d.a.Has(part) {
		return known, nil
	}
	out := &sheet{}
	var err error
	if out.from, err = readRelations(d.a, part); err != nil {
		return nil, err
	}
	err = d.a.Scan(part, false, func(s *raw.Scanner) error {
		var child func(e xml.StartElement) error
		child = func(e xml.StartElement) error {
			switch e.Name.Local {
			case "sp":
				one := spot{}
				err := one.read(s)
				if one.holder.kind != "" {
					out.spots = append(out.spots, one)
				}
				return err
			case "bodyStyle":
				return readBullets(s, &out.body)
			}
			return s.Each(child, nil)
		}
		return s.Each(child, nil)
	})
	d.sheets[part] = out
	return out, unlessDamaged(err)
}

// read reads what a shape of a layout says of its place and of its levels.
func (one *spot) read(s *raw.Scanner) error {
	var child func(e xml.StartElement) error
	child = func(e xml.StartElement) error {
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
		case "lstStyle":
			return readBullets(s, &one.bullets)
		}
		return s.Each(child, nil)
	}
	return s.Each(child, nil)
}
