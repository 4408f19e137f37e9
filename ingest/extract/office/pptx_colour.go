package office

import (
	"encoding/xml"
	"strings"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
)

// palette gives the colours that the parts of a presentation name: those of the theme, by the names that
// the master gives them, such as bg1 for the ground of slides.
type palette map[string]draft.Hue

// hueIn reads the fill that the current element is or holds: a colour, no fill, or one that nothing is
// concluded from, such as a gradient or a picture. It reads the element to its end.
func (p palette) hueIn(s *raw.Scanner, e xml.StartElement) (found draft.Hue, err error) {
	var child func(e xml.StartElement) error
	child = func(e xml.StartElement) error {
		switch e.Name.Local {
		case "srgbClr":
			found = draft.HueOf(raw.Attr(e, "val"))
		case "sysClr":
			found = draft.HueOf(raw.Attr(e, "lastClr"))
		case "schemeClr":
			found = draft.UnknownHue
			if named := p[raw.Attr(e, "val")]; named != "" {
				found = named
			}
		case "lumMod", "lumOff", "shade", "tint", "alpha", "gradFill", "blipFill", "pattFill", "grpFill":
			found = draft.UnknownHue
			return s.Skip()
		case "noFill":
			found = draft.NoHue
		}
		return s.Each(child, nil)
	}
	err = child(e)
	return found, err
}

// readPalette reads the colours of a theme and gives them the names of the master.
func (d *pptx) readPalette(theme string, names map[string]string) (palette, error) {
	colours := palette{}
	err := d.a.Scan(theme, false, func(s *raw.Scanner) error {
		return s.Walk(func(e xml.StartElement) error {
			if e.Name.Local != "clrScheme" {
				return nil
			}
			return s.Each(func(e xml.StartElement) error {
				found, err := colours.hueIn(s, e)
				colours[e.Name.Local] = found
				return err
			}, nil)
		})
	})
	for name, colour := range names {
		colours[name] = colours[colour]
	}
	return colours, unlessDamaged(err)
}

// paper gives the colour of the ground of the slide being read: its own, or that of its layout or master.
func (d *pptx) paper() draft.Hue {
	ground := d.own
	for _, s := range []*sheet{d.layout, d.master} {
		if ground == "" && s != nil {
			ground = s.ground
		}
	}
	if ground == "" {
		return draft.UnknownHue
	}
	return ground
}

// behind gives the colour behind the text of a shape: its own fill, else the paper, unless something is
// drawn between the two.
func (d *pptx) behind(one shape) draft.Hue {
	if one.fill.Paints() {
		return one.fill
	}
	if !one.placed {
		return draft.UnknownHue
	}
	covers := func(other shape) bool {
		return !other.placed || other.x < one.x+one.w && one.x < other.x+other.w && other.y < one.y+one.h && one.y < other.y+other.h
	}
	for _, other := range d.painted {
		if covers(other) {
			return draft.UnknownHue
		}
	}
	for _, s := range []*sheet{d.layout, d.master} {
		if s == nil {
			continue
		}
		for _, other := range s.painted {
			if covers(other) {
				return draft.UnknownHue
			}
		}
	}
	return d.paper()
}

// isFill reports the elements that fill a shape, or the ground of a slide.
func isFill(name string) bool {
	return strings.HasSuffix(name, "Fill") || name == "bgRef"
}
