package office

import (
	"cmp"
	"encoding/xml"
	"math"
	"slices"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// shape is something that stands on a slide.
type shape struct {
	holder     placeholder
	x, y, w, h float64
	placed     bool // it says where it stands
	hidden     bool
	fill       draft.Hue // "" where nothing is said, and nothing is drawn
	images     int
	pieces     []draft.Piece
}

// placeholder is the place of a layout that a shape fills; the zero placeholder is none.
type placeholder struct {
	kind  string // "title", "body", "sldNum"…; "obj" where the format leaves it out
	index string
}

// title reports a shape that names its slide.
func (p placeholder) title() bool { return p.kind == "title" || p.kind == "ctrTitle" }

// furniture reports what a template repeats on each slide.
func (p placeholder) furniture() bool {
	return p.kind == "dt" || p.kind == "ftr" || p.kind == "sldNum" || p.kind == "hdr"
}

// lies reports a shape that is wholly outside a slide of the size.
func (s shape) lies(width, height float64) bool {
	return s.placed && (s.x+s.w <= 0 && s.x < 0 || s.y+s.h <= 0 && s.y < 0 || s.x >= width || s.y >= height)
}

// view maps the coordinates inside a group to those of the slide.
type view struct{ x, y, scaleX, scaleY float64 }

// whole is the view of the slide itself.
var whole = view{scaleX: 1, scaleY: 1}

func (v view) place(s *shape) {
	s.x, s.y = v.x+s.x*v.scaleX, v.y+s.y*v.scaleY
	s.w, s.h = s.w*v.scaleX, s.h*v.scaleY
}

// shapes reads the shapes of a tree or group.
func (d *pptx) shapes(in view) ([]shape, error) {
	var all []shape
	var child func(e xml.StartElement) error
	child = func(e xml.StartElement) error {
		var one shape
		var err error
		switch e.Name.Local {
		case "grpSpPr":
			in, err = d.groupView(in)
			return err
		case "sp", "pic", "graphicFrame":
			one, err = d.shape(e, in)
		case "grpSp":
			one, err = d.group(in)
		case "AlternateContent":
			return d.firstOf(child)
		default:
			return d.s.Skip()
		}
		all = append(all, one)
		return err
	}
	err := d.s.Each(child, nil)
	return all, err
}

// firstOf reads the first of several versions of the same content.
func (d *pptx) firstOf(child func(xml.StartElement) error) error {
	read := false
	return d.s.Each(func(e xml.StartElement) error {
		if read {
			return d.s.Skip()
		}
		read = true
		return d.s.Each(child, nil)
	}, nil)
}

// groupView reads the frame of a group: where it stands, and what its own coordinates are.
func (d *pptx) groupView(in view) (view, error) {
	outer, inner := shape{}, shape{}
	err := d.s.Each(func(e xml.StartElement) error {
		if e.Name.Local != "xfrm" {
			return d.s.Skip()
		}
		return d.s.Each(func(e xml.StartElement) error {
			switch e.Name.Local {
			case "off":
				outer.x, outer.y = pair(e, "x", "y")
			case "ext":
				outer.w, outer.h = pair(e, "cx", "cy")
			case "chOff":
				inner.x, inner.y = pair(e, "x", "y")
			case "chExt":
				inner.w, inner.h = pair(e, "cx", "cy")
			}
			return d.s.Skip()
		}, nil)
	}, nil)
	if inner.w <= 0 || inner.h <= 0 || outer.w <= 0 || outer.h <= 0 {
		return in, err
	}
	out := view{scaleX: in.scaleX * outer.w / inner.w, scaleY: in.scaleY * outer.h / inner.h}
	out.x = in.x + outer.x*in.scaleX - inner.x*out.scaleX
	out.y = in.y + outer.y*in.scaleY - inner.y*out.scaleY
	return out, err
}

func pair(e xml.StartElement, a, b string) (float64, float64) {
	return float64(raw.Int(e, a)), float64(raw.Int(e, b))
}

// group reads the shapes of a group, which stay together, as one.
func (d *pptx) group(in view) (shape, error) {
	inside, err := d.shapes(in)
	out := shape{x: math.MaxFloat64, y: math.MaxFloat64}
	right, bottom := -math.MaxFloat64, -math.MaxFloat64
	for _, one := range inReadingOrder(inside, d.height) {
		if one.placed {
			out.placed = true
			out.x, out.y = min(out.x, one.x), min(out.y, one.y)
			right, bottom = max(right, one.x+one.w), max(bottom, one.y+one.h)
		}
		out.images += one.images
		out.pieces = append(out.pieces, one.pieces...)
	}
	if !out.placed {
		return shape{images: out.images, pieces: out.pieces}, err
	}
	out.w, out.h = right-out.x, bottom-out.y
	return out, err
}

// shape reads one shape, picture, table, diagram or chart.
func (d *pptx) shape(e xml.StartElement, in view) (shape, error) {
	one := shape{}
	if e.Name.Local == "pic" {
		one.images = 1
	}
	d.b.Push()
	err := d.s.Each(func(e xml.StartElement) error { return d.shapePart(&one, in, e) }, nil)
	one.pieces = d.b.Pop()
	d.settle(&one, in)
	if one.fill.Paints() || one.images > 0 || e.Name.Local == "graphicFrame" {
		d.painted = append(d.painted, one)
	}
	if one.hidden {
		d.b.HideAll(qa.HiddenNotDisplayed, one.pieces)
		one.pieces, one.images = nil, 0
	}
	return one, err
}

// settle says where a shape stands on the slide.
func (d *pptx) settle(one *shape, in view) {
	if one.placed {
		in.place(one)
		return
	}
	d.inherit(one)
}

// inherit gives a shape the place that its layout or its master has for it.
func (d *pptx) inherit(one *shape) {
	for _, s := range []*sheet{d.layout, d.master} {
		spot, ok := s.spot(one.holder)
		if ok && one.fill == "" {
			one.fill = spot.fill
		}
		if ok && spot.placed {
			one.x, one.y, one.w, one.h, one.placed = spot.x, spot.y, spot.w, spot.h, true
			return
		}
	}
}

// shapePart reads an element of a shape.
func (d *pptx) shapePart(one *shape, in view, e xml.StartElement) error {
	child := func(e xml.StartElement) error { return d.shapePart(one, in, e) }
	switch e.Name.Local {
	case "cNvPr":
		one.hidden = one.hidden || raw.Yes(e, "hidden")
		return d.s.Skip()
	case "ph":
		one.holder = placeholder{kind: cmp.Or(raw.Attr(e, "type"), "obj"), index: raw.Attr(e, "idx")}
	case "off":
		one.x, one.y = pair(e, "x", "y")
		one.placed = true
	case "ext":
		if raw.Attr(e, "cx") != "" {
			one.w, one.h = pair(e, "cx", "cy")
		}
	case "spPr":
		return d.s.Each(func(e xml.StartElement) error { return d.drawing(one, e) }, nil)
	case "fillRef":
		if one.fill == "" && raw.Int(e, "idx") > 0 {
			one.fill = draft.UnknownHue
		}
	case "txBody":
		placed := *one
		d.settle(&placed, in)
		return d.body(one.holder, d.behind(placed))
	case "tbl":
		return d.table()
	case "relIds":
		return d.related(raw.Attr(e, "dm"), "diagramData", "pt")
	case "chart":
		one.images++
		return d.related(relationID(e), "chart", "title")
	case "oleObj":
		one.images++
		return d.s.Skip()
	case "AlternateContent":
		return d.firstOf(child)
	case "extLst", "blipFill":
		return d.s.Skip()
	}
	return d.s.Each(child, nil)
}

// drawing reads where a shape stands and what fills it.
func (d *pptx) drawing(one *shape, e xml.StartElement) error {
	switch {
	case isFill(e.Name.Local):
		found, err := d.colours().hueIn(d.s, e)
		one.fill = found
		return err
	case e.Name.Local == "xfrm":
		return d.s.Each(func(e xml.StartElement) error { return d.shapePart(one, whole, e) }, nil)
	}
	return d.s.Skip()
}

// related appends the text of the elements of a part that the slide refers to.
func (d *pptx) related(id, kind, element string) error {
	if err := d.s.Skip(); err != nil {
		return err
	}
	texts, err := partText(d.a, d.from, id, kind, element)
	for _, text := range texts {
		d.b.Add(qa.BlockParagraph, 0, text)
	}
	return err
}

// inReadingOrder puts the title first, what the template repeats last, and the rest as it stands in the
// file, which is how screen readers read it, unless that order jumps back to what stands higher up or
// further left: then from top to bottom, and from left to right on one line.
func inReadingOrder(shapes []shape, height float64) []shape {
	line := height / 20 // shapes whose tops differ by less stand on one line
	var titles, rest, last []shape
	for _, one := range shapes {
		switch {
		case one.holder.title():
			titles = append(titles, one)
		case one.holder.furniture():
			last = append(last, one)
		default:
			rest = append(rest, one)
		}
	}
	if jumpsBack(rest, line) {
		slices.SortStableFunc(rest, func(a, b shape) int { return cmp.Compare(a.y, b.y) })
		for from := 0; from < len(rest); {
			to := from + 1
			for to < len(rest) && rest[to].y-rest[from].y < line {
				to++
			}
			slices.SortStableFunc(rest[from:to], func(a, b shape) int { return cmp.Compare(a.x, b.x) })
			from = to
		}
	}
	return slices.Concat(titles, rest, last)
}

// jumpsBack reports an order that goes back up without going right, or back left on one line. Shapes
// that hold no text do not count; one that stands nowhere leaves the order as it is.
func jumpsBack(shapes []shape, line float64) bool {
	var before *shape
	back := false
	for i := range shapes {
		one := &shapes[i]
		if len(one.pieces) == 0 {
			continue
		}
		if !one.placed {
			return false
		}
		if before != nil {
			up := before.y - one.y
			back = back || up >= line && one.x < before.x+before.w/2 || math.Abs(up) < line && one.x < before.x
		}
		before = one
	}
	return back
}
