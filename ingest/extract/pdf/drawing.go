package pdf

import (
	"math"

	"rapporteur/ingest/extract/pdf/layout"
)

// Limits of the walk through the objects of a page: hostile files nest forms and draw without end.
// The fullest page of the reports measured has 1,900 objects.
const (
	maxObjects      = 20_000 // a page
	maxFormDepth    = 8
	maxPathSegments = 400    // of one path; longer ones are drawings, not rules
	maxSegments     = 40_000 // a page
	maxRules        = 4_000  // a page, and as many fills
)

// Sizes in points that tell what a drawing is for.
const (
	thin      = 2.5 // a filled area this narrow is a rule
	shortest  = 4   // a shorter rule is a mark
	minShade  = 6   // a shade is at least as high and wide as a small line of text
	minImageX = 100 // a smaller picture holds no text worth reading
	minImageY = 40
	// mosaic is the part of a page that smaller pictures cover where they are the strips of one scan.
	mosaic = 0.2
	// outlined is from how many curves on a page without text is drawn rather than decorated: a line
	// of letters turned into outlines has some 500, a frame with round corners 4.
	outlined = 200
)

// The kinds of page objects, segments and fills (fpdf_edit.h).
const (
	objectText, objectPath, objectImage, objectShading, objectForm = 1, 2, 3, 4, 5
	segmentLine, segmentBezier, segmentMove                        = 0, 1, 2
)

// drawing is what is drawn on a page beside its text. Boxes are in the space of the page.
type drawing struct {
	rules    []layout.Box
	fills    []fill
	images   int     // large enough to hold text
	small    float64 // area of the smaller ones
	curves   int
	texts    map[pointer]drawnText
	objects  int // seen so far
	segments int
}

// drawnText is how a text object is drawn.
type drawnText struct {
	order  int    // among all objects of the page
	inForm bool   // in a form, whose marked-content ids are its own
	space  matrix // leads from the form to the page
}

// fill is an area that covers what was drawn before it.
type fill struct {
	box   layout.Box
	order int
	color color
	plain bool // color is what is seen
	image bool
	shade bool // it is visible on white paper and large enough to be the ground of text
}

// color has its components and its opacity from 0 to 255.
type color struct{ r, g, b, a uint8 }

// white reports a colour that cannot be told from paper.
func (c color) white() bool { return c.r > 250 && c.g > 250 && c.b > 250 }

// read walks the objects of the page.
func (d *drawing) read(p *page) {
	d.texts = map[pointer]drawnText{}
	count := p.integer("FPDFPage_CountObjects", arg(p.ref))
	for i := 0; i < count && d.objects < maxObjects; i++ {
		d.object(p, p.object("FPDFPage_GetObject", arg(p.ref), arg(i)), identity, 0)
	}
	if d.images == 0 && d.small > mosaic*p.shown.Width()*p.shown.Height() {
		d.images = 1
	}
}

// object takes one object; m leads from its space to the page's, depth counts the forms around it.
func (d *drawing) object(p *page, o pointer, m matrix, depth int) {
	if o == 0 {
		return
	}
	d.objects++
	switch p.integer("FPDFPageObj_GetType", arg(o)) {
	case objectText:
		d.texts[o] = drawnText{d.objects, depth > 0, m}
	case objectPath:
		d.path(p, o, m)
	case objectImage:
		b := p.objectBounds(o, m)
		if b.Width() >= minImageX && b.Height() >= minImageY {
			d.images++
		} else {
			d.small += b.Width() * b.Height()
		}
		d.fill(fill{box: b, image: true})
	case objectShading:
		b := p.objectBounds(o, m)
		d.fill(fill{box: b, shade: b.Width() >= minShade && b.Height() >= minShade})
	case objectForm:
		if depth >= maxFormDepth || p.integer("FPDFPageObj_GetMatrix", arg(o), p.out(0, 4)) == 0 {
			return
		}
		inner := p.matrix().then(m)
		count := p.integer("FPDFFormObj_CountObjects", arg(o))
		for i := 0; i < count && d.objects < maxObjects; i++ {
			d.object(p, p.object("FPDFFormObj_GetObject", arg(o), arg(i)), inner, depth+1)
		}
	}
}

// fill notes an area, drawn now.
func (d *drawing) fill(f fill) {
	if !f.box.Empty() && len(d.fills) < maxRules {
		f.order = d.objects
		d.fills = append(d.fills, f)
	}
}

// rule notes a straight line within the shown part of the page.
func (d *drawing) rule(b, shown layout.Box) {
	if b = within(b, shown); max(b.Width(), b.Height()) >= shortest && len(d.rules) < maxRules {
		d.rules = append(d.rules, b)
	}
}

// path takes the rules and filled areas of one path.
func (d *drawing) path(p *page, o pointer, m matrix) {
	if p.integer("FPDFPath_GetDrawMode", arg(o), p.out(0, 4), p.out(1, 4)) == 0 {
		return
	}
	filled, stroked := p.uint32At(0) != 0, p.uint32At(1) != 0
	bounds := p.objectBounds(o, m)
	if within(bounds, p.shown) == (layout.Box{}) {
		return
	}
	c, plain := p.fillColor(o)
	filled = filled && (c.a > 0 || !plain)
	stroked = stroked && p.opaqueStroke(o)
	if (filled || stroked) && min(bounds.Width(), bounds.Height()) <= thin {
		d.rule(bounds, p.shown)
		return
	}
	if !filled && !stroked {
		return
	}
	count := p.integer("FPDFPath_CountSegments", arg(o))
	if count > maxPathSegments || d.segments+count > maxSegments {
		d.curves += count
		d.fill(fill{box: within(bounds, p.shown)})
		return
	}
	d.segments += count
	for _, s := range p.subpaths(o, count, m) {
		if stroked {
			for i := 1; i < len(s.points); i++ {
				d.side(s.points[i-1], s.points[i], p.shown)
			}
		}
		if !filled {
			continue
		}
		b := s.bounds()
		d.curves += s.curves
		switch {
		case min(b.Width(), b.Height()) <= thin:
			d.rule(b, p.shown)
		case s.rectangle() || s.curves <= 4 && len(s.points) <= 12 && s.curves > 0:
			b = within(b, p.shown)
			d.fill(fill{box: b, color: c, plain: plain, shade: !(plain && c.white()) && min(b.Width(), b.Height()) >= minShade})
		default:
			d.fill(fill{box: within(b, p.shown)})
		}
	}
}

// side notes a stroke from a to b that runs along the page.
func (d *drawing) side(a, b point, shown layout.Box) {
	if math.Abs(a.x-b.x) < 0.5 || math.Abs(a.y-b.y) < 0.5 {
		d.rule(layout.Box{X0: min(a.x, b.x), Y0: min(a.y, b.y), X1: max(a.x, b.x), Y1: max(a.y, b.y)}, shown)
	}
}

// point is a place in the space of the page.
type point struct{ x, y float64 }

// subpath is a run of segments without a jump.
type subpath struct {
	points []point
	curves int // Bézier curves: their points are among the points, three each
}

// subpaths reads the segments of a path.
func (p *page) subpaths(o pointer, count int, m matrix) []subpath {
	if p.integer("FPDFPageObj_GetMatrix", arg(o), p.out(0, 4)) != 0 {
		m = p.matrix().then(m)
	}
	var paths []subpath
	beziers := 0
	for i := range count {
		s := p.object("FPDFPath_GetPathSegment", arg(o), arg(i))
		if s == 0 || p.integer("FPDFPathSegment_GetPoint", arg(s), p.out(0, 4), p.out(1, 4)) == 0 {
			break
		}
		at := m.apply(p.float32At(0), p.float32At(1))
		kind := p.integer("FPDFPathSegment_GetType", arg(s))
		if kind == segmentMove || len(paths) == 0 {
			paths = append(paths, subpath{})
			beziers = 0
		}
		last := &paths[len(paths)-1]
		if kind == segmentBezier {
			if beziers++; beziers%3 == 0 {
				last.curves++
			}
		}
		last.points = append(last.points, at)
		if p.integer("FPDFPathSegment_GetClose", arg(s)) != 0 {
			last.points = append(last.points, last.points[0])
		}
	}
	return paths
}

// bounds is the box around the points.
func (s subpath) bounds() layout.Box {
	b := layout.Box{X0: math.Inf(1), Y0: math.Inf(1), X1: math.Inf(-1), Y1: math.Inf(-1)}
	for _, at := range s.points {
		b = layout.Box{X0: min(b.X0, at.x), Y0: min(b.Y0, at.y), X1: max(b.X1, at.x), Y1: max(b.Y1, at.y)}
	}
	return b
}

// rectangle reports four straight sides along the page.
func (s subpath) rectangle() bool {
	if s.curves > 0 || len(s.points) < 4 || len(s.points) > 6 {
		return false
	}
	for i := 1; i < len(s.points); i++ {
		a, b := s.points[i-1], s.points[i]
		if math.Abs(a.x-b.x) > 0.5 && math.Abs(a.y-b.y) > 0.5 {
			return false
		}
	}
	return true
}

// within is the part of b that the page shows, no box where there is none.
func within(b, shown layout.Box) layout.Box {
	b = layout.Box{X0: max(b.X0, shown.X0), Y0: max(b.Y0, shown.Y0), X1: min(b.X1, shown.X1), Y1: min(b.Y1, shown.Y1)}
	if b.X1 < b.X0 || b.Y1 < b.Y0 {
		return layout.Box{}
	}
	return b
}

// objectBounds is the box of an object on the page.
func (p *page) objectBounds(o pointer, m matrix) layout.Box {
	if p.integer("FPDFPageObj_GetBounds", arg(o), p.out(0, 4), p.out(1, 4), p.out(2, 4), p.out(3, 4)) == 0 {
		return layout.Box{}
	}
	left, bottom, right, top := p.float32At(0), p.float32At(1), p.float32At(2), p.float32At(3)
	return subpath{points: []point{m.apply(left, bottom), m.apply(left, top), m.apply(right, bottom), m.apply(right, top)}}.bounds()
}

// fillColor is the colour an object is filled with. It is not plain for a pattern.
func (p *page) fillColor(o pointer) (c color, plain bool) {
	if p.integer("FPDFPageObj_GetFillColor", arg(o), p.out(0, 4), p.out(1, 4), p.out(2, 4), p.out(3, 4)) == 0 {
		return color{}, false
	}
	return color{uint8(p.uint32At(0)), uint8(p.uint32At(1)), uint8(p.uint32At(2)), uint8(p.uint32At(3))}, true
}

// Limits of the paths that clip a text: beyond, its clip is taken to show it.
const (
	maxClips        = 8
	maxClipSegments = 32
)

// clip is the box around what the clip of a text object lets through.
func (p *page) clip(k *ink) layout.Box {
	shown := p.shown
	c := p.object("FPDFPageObj_GetClipPath", arg(k.object))
	if c == 0 {
		return shown
	}
	paths := p.integer("FPDFClipPath_CountPaths", arg(c))
	for i := range min(paths, maxClips) {
		count := p.integer("FPDFClipPath_CountPathSegments", arg(c), arg(i))
		if count <= 0 || count > maxClipSegments {
			continue
		}
		var s subpath
		for j := range count {
			segment := p.object("FPDFClipPath_GetPathSegment", arg(c), arg(i), arg(j))
			if segment == 0 || p.integer("FPDFPathSegment_GetPoint", arg(segment), p.out(0, 4), p.out(1, 4)) == 0 {
				return shown
			}
			s.points = append(s.points, p.drawing.texts[k.object].space.apply(p.float32At(0), p.float32At(1)))
		}
		shown = within(s.bounds(), shown)
	}
	return shown
}

// opaqueStroke reports that the stroke of an object leaves ink.
func (p *page) opaqueStroke(o pointer) bool {
	return p.integer("FPDFPageObj_GetStrokeColor", arg(o), p.out(0, 4), p.out(1, 4), p.out(2, 4), p.out(3, 4)) == 0 || p.uint32At(3) > 0
}

// matrix leads from one space to another: x' = ax + cy + e, y' = bx + dy + f.
type matrix struct{ a, b, c, d, e, f float64 }

var identity = matrix{a: 1, d: 1}

// matrix reads the FS_MATRIX that a function gave.
func (n *native) matrix() matrix {
	return matrix{n.float32At(0), n.float32At(1), n.float32At(2), n.float32At(3), n.float32At(4), n.float32At(5)}
}

// then is first m, then o.
func (m matrix) then(o matrix) matrix {
	return matrix{
		a: m.a*o.a + m.b*o.c, b: m.a*o.b + m.b*o.d,
		c: m.c*o.a + m.d*o.c, d: m.c*o.b + m.d*o.d,
		e: m.e*o.a + m.f*o.c + o.e, f: m.e*o.b + m.f*o.d + o.f,
	}
}

// apply leads a point over.
func (m matrix) apply(x, y float64) point { return point{m.a*x + m.c*y + m.e, m.b*x + m.d*y + m.f} }
