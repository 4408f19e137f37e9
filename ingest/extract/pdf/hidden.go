package pdf

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"unicode"

	"rapporteur/ingest/extract/pdf/layout"
	"rapporteur/qa"
)

// tiny is the height in points under which letters cannot be read on paper. Notes in print go down to 5.
const tiny = 2

// The text render modes that leave no ink of their own (ISO 32000-1, table 106).
const (
	modeFill, modeStroke, modeFillStroke = 0, 1, 2
	modeInvisible, modeClip              = 3, 7
)

// Contrast as WCAG 2.2 defines it, from 1 to 21. Readers are promised 4.5.
const (
	doubtful = 1.5  // a text under this is looked at as drawn
	unseen   = 1.12 // two colours under this cannot be told apart: #F2F2F2 on white has 1.12
	// unseenStep is by how much, of 255, a colour may differ besides, for red on green of one brightness.
	unseenStep = 24
)

// hide finds the characters that a reader of the page cannot see, takes them out of its text and
// counts them by means.
//
// Text without ink is hidden, unless a picture lies under it: then it is what a scan was
// recognised to say. Text in a doubtful colour, of a layer, or under something drawn later is
// hidden where the page looks the same without it.
func (p *page) hide() map[qa.HiddenMeans]int {
	hidden := map[qa.HiddenMeans]int{}
	suspects := map[*ink]qa.HiddenMeans{}
	means := map[*ink]qa.HiddenMeans{}
	for _, k := range p.inks {
		switch sure, doubt := p.judge(k); {
		case sure != "":
			means[k] = sure
		case doubt != "":
			suspects[k] = doubt
		}
	}
	unseen := p.look(suspects)
	for i := range p.chars {
		c := &p.chars[i]
		if c.ink == nil {
			continue
		}
		m := means[c.ink]
		switch {
		case m != "":
		case !c.box.Empty() && within(center(c.box), p.shown) == (layout.Box{}):
			m = qa.HiddenOffPage
		case unseen[i]:
			m = suspects[c.ink]
		default:
			continue
		}
		hidden[m]++
		if c.r == wrapHyphen {
			c.r = '\n'
		} else {
			c.r = 0
		}
	}
	if n := p.comments(); n > 0 {
		hidden[qa.HiddenComment] += n
	}
	if len(hidden) == 0 {
		return nil
	}
	return hidden
}

// center is a small box in the middle of b.
func center(b layout.Box) layout.Box {
	x, y := (b.X0+b.X1)/2, (b.Y0+b.Y1)/2
	return layout.Box{X0: x, Y0: y, X1: x + 0.01, Y1: y + 0.01}
}

// judge says by what means a text object is hidden for sure, or perhaps.
func (p *page) judge(k *ink) (sure, doubt qa.HiddenMeans) {
	mode := p.integer("FPDFTextObj_GetTextRenderMode", arg(k.object))
	c, plain := p.fillColor(k.object)
	strokes := mode%4 == modeStroke || mode%4 == modeFillStroke
	if mode%4 == modeStroke {
		if plain = p.opaqueStroke(k.object); plain {
			c = color{uint8(p.uint32At(0)), uint8(p.uint32At(1)), uint8(p.uint32At(2)), uint8(p.uint32At(3))}
		}
	}
	k.color, k.plain = c, plain
	switch {
	case k.size < tiny && k.box.Height() < tiny && k.box.Width() < tiny*float64(k.count):
		return qa.HiddenTiny, ""
	case mode == modeInvisible, mode == modeClip:
		if p.overPicture(k.box) {
			return "", ""
		}
		return qa.HiddenInvisible, ""
	case plain && c.a == 0 && !(strokes && p.opaqueStroke(k.object)):
		return qa.HiddenInvisible, ""
	case k.optional:
		return "", qa.HiddenNotDisplayed
	case p.covered(k), share(k.box, p.clip(k)) < 0.5:
		return "", qa.HiddenInvisible
	}
	ground, known := p.ground(k)
	if !plain || !known || contrast(c.over(ground), ground) < doubtful {
		return "", qa.HiddenColour
	}
	return "", ""
}

// overPicture reports that pictures lie under most of a box.
func (p *page) overPicture(b layout.Box) bool {
	for _, f := range p.drawing.fills {
		if f.image && share(b, f.box) > 0.5 {
			return true
		}
	}
	return false
}

// covered reports that something drawn after a text may hide it.
func (p *page) covered(k *ink) bool {
	order := p.drawing.texts[k.object].order
	for _, f := range p.drawing.fills {
		if f.order > order && share(k.box, f.box) > 0.3 && !(f.plain && f.color.a < 128) {
			return true
		}
	}
	return false
}

// ground is the colour behind a text; it is not known where a picture, a pattern or the edge of an
// area lies behind.
func (p *page) ground(k *ink) (c color, known bool) {
	order := p.drawing.texts[k.object].order
	for _, f := range slices.Backward(p.drawing.fills) {
		if f.order > order {
			continue
		}
		switch part := share(k.box, f.box); {
		case part == 0 || f.plain && f.color.a == 0:
		case part > 0.98 && f.plain && f.color.a == 255:
			return f.color, true
		default:
			return color{}, false
		}
	}
	return color{255, 255, 255, 255}, true
}

// share is the part of b that o covers. A box without area counts by its middle.
func share(b, o layout.Box) float64 {
	if b.Empty() {
		b = center(b)
	}
	w, h := min(b.X1, o.X1)-max(b.X0, o.X0), min(b.Y1, o.Y1)-max(b.Y0, o.Y0)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h / (b.Width() * b.Height())
}

// look renders what lies around the suspects and gives the characters that cannot be seen. Letters
// in a doubtful colour are compared with the page drawn without them, all others with both.
func (p *page) look(suspects map[*ink]qa.HiddenMeans) map[int]bool {
	unseen := map[int]bool{}
	for _, group := range groups(suspects) {
		before, after, ok := p.withAndWithout(group, suspects)
		if !ok {
			continue
		}
		mine := map[*ink]bool{}
		for _, k := range group {
			mine[k] = true
		}
		p.words(func(start, end int) {
			if mine[p.chars[start].ink] && !p.seen(start, end, before, after) {
				for i := start; i < end; i++ {
					unseen[i] = true
				}
			}
		})
	}
	return unseen
}

// maxGroups is how many parts of a page are rendered apart: each costs a walk through all objects.
const maxGroups = 4

// groups parts the suspects into bands of the page, so that little has to be rendered.
func groups(suspects map[*ink]qa.HiddenMeans) [][]*ink {
	var all [][]*ink
	edge := math.Inf(-1)
	for _, k := range slices.SortedFunc(maps.Keys(suspects), func(a, b *ink) int {
		return cmp.Or(cmp.Compare(a.box.Y0, b.box.Y0), cmp.Compare(a.first, b.first))
	}) {
		if n := len(all); n == 0 || n < maxGroups && k.box.Y0 > edge+72 {
			all = append(all, nil)
		}
		last := &all[len(all)-1]
		*last = append(*last, k)
		edge = max(edge, k.box.Y1)
	}
	return all
}

// withAndWithout renders the band of a group without its letters and, where their colour does not
// tell whether they can be seen, also with them.
func (p *page) withAndWithout(group []*ink, suspects map[*ink]qa.HiddenMeans) (before, after bitmap, ok bool) {
	var band layout.Box
	both := false
	for _, k := range group {
		band = band.Join(k.box)
		both = both || suspects[k] != qa.HiddenColour || !k.plain
	}
	if band = within(band, p.shown); band.Empty() {
		return before, after, false
	}
	if both {
		if before, ok = p.picture(band); !ok {
			return before, after, false
		}
	}
	for _, k := range group {
		p.call("FPDFPageObj_SetIsActive", arg(k.object), 0)
	}
	after, ok = p.picture(band)
	for _, k := range group {
		p.call("FPDFPageObj_SetIsActive", arg(k.object), 1)
	}
	return before, after, ok
}

// words visits the runs of characters of one text object between spaces.
func (p *page) words(visit func(start, end int)) {
	start := 0
	for i := 0; i <= len(p.chars); i++ {
		if i < len(p.chars) && !blank(p.chars[i].r) && (i == start || p.chars[i].ink == p.chars[start].ink) {
			continue
		}
		if i > start {
			visit(start, i)
		}
		start = i
		if i < len(p.chars) && blank(p.chars[i].r) {
			start++
		}
	}
}

// seen reports that at least a third of the letters of a word change the picture of the page, or
// would by their colour.
func (p *page) seen(start, end int, before, after bitmap) bool {
	changed, letters := 0, 0
	for _, c := range p.chars[start:end] {
		if c.box.Empty() {
			continue
		}
		weight := 1
		if unicode.IsLetter(c.r) || unicode.IsDigit(c.r) {
			weight = 10 // points and dashes may be too small to see at this size
		}
		letters += weight
		if len(before.pixels) > 0 && before.differs(after, c.box) || len(before.pixels) == 0 && after.contrasts(c.ink.color, c.box) {
			changed += weight
		}
	}
	return letters == 0 || 3*changed >= letters
}

// over is the colour seen where c lies on an opaque ground.
func (c color) over(ground color) color {
	mix := func(a, b uint8) uint8 { return uint8((int(a)*int(c.a) + int(b)*(255-int(c.a))) / 255) }
	return color{mix(c.r, ground.r), mix(c.g, ground.g), mix(c.b, ground.b), 255}
}

// contrast is the contrast ratio of WCAG 2.2 between two opaque colours.
func contrast(a, b color) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is the relative luminance of WCAG 2.2, from 0 to 1.
func (c color) luminance() float64 {
	part := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*part(c.r) + 0.7152*part(c.g) + 0.0722*part(c.b)
}

// apart reports that two colours can be told from each other.
func apart(a, b color) bool {
	step := func(x, y uint8) int { return int(max(x, y)) - int(min(x, y)) }
	return a != b && (max(step(a.r, b.r), step(a.g, b.g), step(a.b, b.b)) > unseenStep || contrast(a, b) >= unseen)
}

// The annotations that hold a remark: Text, Highlight, Underline, Squiggly, StrikeOut and Popup (fpdf_annot.h).
var remarks = [...]int{1, 9, 10, 11, 12, 16}

// maxAnnotations is how many annotations of a page are looked at.
const maxAnnotations = 1_000

// comments counts the characters of the remarks that stand beside the page.
func (p *page) comments() int {
	n := 0
	count := min(p.integer("FPDFPage_GetAnnotCount", arg(p.ref)), maxAnnotations)
	for i := range count {
		a := p.object("FPDFPage_GetAnnot", arg(p.ref), arg(i))
		if a == 0 {
			continue
		}
		if slices.Contains(remarks[:], p.integer("FPDFAnnot_GetSubtype", arg(a))) {
			p.given([]byte("Contents"), func(key pointer) {
				text := p.wide(func(b, size uint64) uint64 {
					return p.call("FPDFAnnot_GetStringValue", arg(a), arg(key), b, size)
				})
				n += len([]rune(text))
			})
		}
		p.call("FPDFPage_CloseAnnot", arg(a))
	}
	return n
}
