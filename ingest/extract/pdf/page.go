package pdf

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"rapporteur/ingest/extract/pdf/layout"
	"rapporteur/ingest/extract/pdf/place"
)

// wrapHyphen is what PDFium gives for a hyphen at the end of a line; no line end follows it.
const wrapHyphen = place.WrapHyphen

// maxChars is the most characters one page may have; a dense page of a report has 6,000. Each
// costs some 60 bytes until the page is read.
const maxChars = 300_000

// page is one loaded page. Boxes are in its own space: points, y upwards, neither turned nor cropped.
type page struct {
	*document
	ref, text pointer
	shown     layout.Box // what is shown of it: the crop box
	chars     []char
	inks      map[pointer]*ink // the text objects, by their address
	turn      int              // clockwise quarter turns that set most of its text upright
	drawing   drawing
	structure structure
}

// char is one character in the order of PDFium's text. Spaces and line ends that PDFium adds have no ink.
type char struct {
	r   rune
	box layout.Box
	ink *ink
}

// ink is what the characters of one text object have in common.
type ink struct {
	object pointer
	first  int     // its first character
	turn   int     // clockwise quarter turns of its text
	size   float64 // of the font as drawn, in points
	font   string
	bold   bool
	known  bool // font and bold are
	box    layout.Box
	count  int // of its characters
	color  color
	plain  bool // color is what is drawn with
	// optional says that it belongs to a layer that can be switched off.
	optional bool
	tag      int // index in the tags of the page, -1 for none
}

// page opens the page at index while use runs.
func (d *document) page(index int, use func(p *page) error) error {
	p := &page{document: d, ref: d.object("FPDF_LoadPage", arg(d.ref), arg(index)), inks: map[pointer]*ink{}}
	if p.ref == 0 {
		return errors.New("pdfium cannot load the page")
	}
	defer d.call("FPDF_ClosePage", arg(p.ref))
	p.shown = layout.Box{X1: 612, Y1: 792} // what PDFium takes where the file gives no size
	if d.integer("FPDF_GetPageBoundingBox", arg(p.ref), d.out(0, 4)) != 0 {
		p.shown = layout.Box{X0: d.float32At(0), Y1: d.float32At(1), X1: d.float32At(2), Y0: d.float32At(3)}
	}
	if p.text = d.object("FPDFText_LoadPage", arg(p.ref)); p.text == 0 {
		return errors.New("pdfium cannot read the page's text")
	}
	defer d.call("FPDFText_ClosePage", arg(p.text))
	return use(p)
}

// sheet reads the page at index.
func (d *document) sheet(index int) (s layout.Sheet, err error) {
	s.Label = d.wide(func(b, size uint64) uint64 { return d.call("FPDF_GetPageLabel", arg(d.ref), arg(index), b, size) })
	err = d.page(index, func(p *page) error {
		s.Width, s.Height = d.float("FPDF_GetPageWidthF", arg(p.ref)), d.float("FPDF_GetPageHeightF", arg(p.ref))
		p.drawing.read(p)
		p.structure.read(p)
		if err := p.read(); err != nil {
			return fail(codeOf(err), fmt.Errorf("page %d: %w", index+1, err))
		}
		s.Hidden = p.hide()
		p.fill(&s)
		return nil
	})
	return s, err
}

// fill turns what was read into the facts of a sheet.
func (p *page) fill(s *layout.Sheet) {
	for _, r := range cutLines(p.chars) {
		s.Lines = append(s.Lines, p.line(r))
	}
	for _, b := range p.drawing.rules {
		s.Rules = append(s.Rules, layout.Rule{Box: b.Turned(p.turn)})
	}
	for _, f := range p.drawing.fills {
		if f.shade {
			s.Shades = append(s.Shades, layout.Shade{Box: f.box.Turned(p.turn)})
		}
	}
	if p.drawing.curves > outlined && !slices.ContainsFunc(p.chars, func(c char) bool { return c.r != 0 && !blank(c.r) }) {
		s.Unread = codeNoText // letters may be among what is drawn
	}
	s.Tags, s.Images = p.structure.tags, p.drawing.images
	if p.turn != 0 {
		s.Settle()
	}
}

// read takes the characters of the page.
func (p *page) read() error {
	count := p.integer("FPDFText_CountChars", arg(p.text))
	if count > maxChars {
		return fail(codeLimit, fmt.Errorf("%d characters", count))
	}
	p.chars = make([]char, 0, max(count, 0))
	var turns [4]int
	for i := range count {
		c := char{r: rune(int32(p.call("FPDFText_GetUnicode", arg(p.text), arg(i))))}
		if p.integer("FPDFText_GetCharBox", arg(p.text), arg(i), p.out(0, 8), p.out(1, 8), p.out(2, 8), p.out(3, 8)) != 0 {
			left, right, bottom, top := p.float64At(0), p.float64At(1), p.float64At(2), p.float64At(3)
			c.box = layout.Box{X0: min(left, right), Y0: min(bottom, top), X1: max(left, right), Y1: max(bottom, top)}
		}
		if o := p.object("FPDFText_GetTextObject", arg(p.text), arg(i)); o != 0 {
			c.ink = p.inkOf(o, i)
			c.ink.box, c.ink.count = c.ink.box.Join(c.box), c.ink.count+1
			turns[c.ink.turn]++
		}
		p.chars = append(p.chars, c)
	}
	for q, n := range turns {
		if n > turns[p.turn] {
			p.turn = q
		}
	}
	return nil
}

// inkOf gives what is known of a text object; i is one of its characters.
func (p *page) inkOf(object pointer, i int) *ink {
	k := p.inks[object]
	if k == nil {
		k = &ink{object: object, first: i, size: p.fontSize(i)}
		var artifact bool
		artifact, k.optional = p.marks(object)
		k.tag = p.structure.of(p, object, p.drawing.texts[object].inForm, artifact)
		// Scanned or landscape pages are often stored on their side.
		angle := p.float("FPDFText_GetCharAngle", arg(p.text), arg(i))
		k.turn = (int(math.Round(angle/(math.Pi/2)))%4 + 4) % 4
		p.inks[object] = k
	}
	return k
}

// fontSize is the size of a char as drawn: the font's size scaled by the text matrix.
func (p *page) fontSize(i int) float64 {
	size := p.double("FPDFText_GetFontSize", arg(p.text), arg(i))
	if p.integer("FPDFText_GetMatrix", arg(p.text), arg(i), p.out(0, 4)) != 0 {
		size *= math.Hypot(p.float32At(2), p.float32At(3))
	}
	return math.Round(math.Abs(finite(size))*4) / 4
}
