package pdf

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"math"

	"rapporteur/ingest/extract/pdf/layout"
)

// lookDPI is fine enough for the letters of a note to leave marks: half a million dots a page.
const lookDPI = 72

// Limits of a picture of a page.
const (
	maxDots      = 40_000_000 // grey: one byte each, in PDFium and again here
	maxColorDots = 8_000_000  // in colour, four bytes each: A4 at 280 dpi
)

// Formats and flags of fpdfview.h.
const (
	formatGray, formatBGRx = 1, 3
	flagAnnotations        = 0x01
	flagGray               = 0x08
)

// bitmap is a picture of a page or of a part of it.
type bitmap struct {
	part, page image.Rectangle // in dots from the upper left corner of the page
	stride     int
	gray       bool
	pixels     []byte // one byte a dot, or four: blue, green, red and nothing
	shown      layout.Box
	rotation   int // clockwise quarter turns of the page as shown
}

// picture renders a part of the page in colour for looking at. It fails where the page is too large for that.
func (p *page) picture(part layout.Box) (bitmap, bool) {
	w, h := p.dots(lookDPI)
	if w*h > maxColorDots {
		w, h = p.dots(lookDPI * math.Sqrt(float64(maxColorDots)/float64(w*h)))
	}
	b := p.blank(w, h)
	b.part = b.dots(part)
	return b, p.render(&b, 0) == nil
}

// blank is the frame of a picture of the whole page, w by h dots.
func (p *page) blank(w, h int) bitmap {
	all := image.Rect(0, 0, w, h)
	return bitmap{part: all, page: all, shown: p.shown, rotation: p.integer("FPDFPage_GetRotation", arg(p.ref))}
}

// dots is the size of the page as shown, in dots.
func (p *page) dots(dpi float64) (w, h int) {
	width, height := p.float("FPDF_GetPageWidthF", arg(p.ref)), p.float("FPDF_GetPageHeightF", arg(p.ref))
	size := func(points float64) int { return int(min(max(1, math.Ceil(points*dpi/72)), 1<<20)) }
	return size(width), size(height)
}

// render draws the page.
func (p *page) render(b *bitmap, flags int) error {
	format := formatBGRx
	if b.gray {
		format, flags = formatGray, flags|flagGray
	}
	w, h := b.part.Dx(), b.part.Dy()
	canvas := p.object("FPDFBitmap_CreateEx", arg(w), arg(h), arg(format), 0, 0)
	if canvas == 0 {
		return errors.New("pdfium cannot make the picture")
	}
	defer p.call("FPDFBitmap_Destroy", arg(canvas))
	p.call("FPDFBitmap_FillRect", arg(canvas), 0, 0, arg(w), arg(h), 0xffffffff)
	p.call("FPDF_RenderPageBitmap", arg(canvas), arg(p.ref), arg(-b.part.Min.X), arg(-b.part.Min.Y), arg(b.page.Dx()), arg(b.page.Dy()), 0, arg(flags))
	b.stride = p.integer("FPDFBitmap_GetStride", arg(canvas))
	pixels := p.object("FPDFBitmap_GetBuffer", arg(canvas))
	if b.stride <= 0 || pixels == 0 {
		return errors.New("pdfium gives no picture")
	}
	b.pixels = append([]byte(nil), p.bytes(pixels, b.stride*h)...)
	return nil
}

// differs reports that two pictures of one page can be told apart within a box of the page.
func (b bitmap) differs(o bitmap, box layout.Box) bool {
	d := b.dots(box)
	for y := d.Min.Y; y < d.Max.Y; y++ {
		for x := d.Min.X; x < d.Max.X; x++ {
			if apart(b.at(x, y), o.at(x, y)) {
				return true
			}
		}
	}
	return false
}

// contrasts reports that a colour can be told from most of what is in a box of the page.
func (b bitmap) contrasts(c color, box layout.Box) bool {
	d := b.dots(box)
	seen := 0
	for y := d.Min.Y; y < d.Max.Y; y++ {
		for x := d.Min.X; x < d.Max.X; x++ {
			if ground := b.at(x, y); apart(c.over(ground), ground) {
				seen++
			}
		}
	}
	return 2*seen > d.Dx()*d.Dy()
}

// at is the colour of a dot of the page.
func (b bitmap) at(x, y int) color {
	p := b.pixels[(y-b.part.Min.Y)*b.stride+4*(x-b.part.Min.X):]
	return color{p[2], p[1], p[0], 255}
}

// dots are the dots of the picture that a box of the page touches.
func (b bitmap) dots(box layout.Box) image.Rectangle {
	s := shownAs(box, b.shown, b.rotation)
	width, height := b.shown.Width(), b.shown.Height()
	if b.rotation%2 == 1 {
		width, height = height, width
	}
	fx, fy := float64(b.page.Dx())/max(width, 1), float64(b.page.Dy())/max(height, 1)
	dot := func(v float64) int { return int(max(-1, min(v, 1<<20))) }
	return image.Rect(dot(math.Floor(s.X0*fx)), dot(math.Floor((height-s.Y1)*fy)),
		dot(math.Ceil(s.X1*fx)), dot(math.Ceil((height-s.Y0)*fy))).Intersect(b.part)
}

// shownAs turns a box of the page into one of the page as shown: cropped and turned clockwise, its
// lower left corner at 0, 0.
func shownAs(b, shown layout.Box, rotation int) layout.Box {
	w, h := shown.Width(), shown.Height()
	x0, y0, x1, y1 := b.X0-shown.X0, b.Y0-shown.Y0, b.X1-shown.X0, b.Y1-shown.Y0
	switch rotation {
	case 1:
		return layout.Box{X0: y0, Y0: w - x1, X1: y1, Y1: w - x0}
	case 2:
		return layout.Box{X0: w - x1, Y0: h - y1, X1: w - x0, Y1: h - y0}
	case 3:
		return layout.Box{X0: h - y1, Y0: x0, X1: h - y0, Y1: x1}
	}
	return layout.Box{X0: x0, Y0: y0, X1: x1, Y1: y1}
}

// portray renders the page at index as a PNG: in colour, in grey where that would take too many
// dots, and at fewer dots an inch where that would too.
func (d *document) portray(index, dpi int) (encoded []byte, err error) {
	err = d.page(index, func(p *page) error {
		resolution := float64(dpi)
		w, h := p.dots(resolution)
		for w*h > maxDots {
			resolution *= 0.95 * math.Sqrt(float64(maxDots)/float64(w*h))
			w, h = p.dots(resolution)
		}
		b := p.blank(w, h)
		b.gray = w*h > maxColorDots
		if err := p.render(&b, flagAnnotations); err != nil {
			return err
		}
		var out bytes.Buffer
		encoder := png.Encoder{CompressionLevel: png.BestSpeed}
		if err := encoder.Encode(&out, b.image()); err != nil {
			return err
		}
		encoded = out.Bytes()
		return nil
	})
	return encoded, err
}

// image gives the picture in Go's form; the colours trade places in the same memory.
func (b bitmap) image() image.Image {
	if b.gray {
		return &image.Gray{Pix: b.pixels, Stride: b.stride, Rect: b.part}
	}
	for i := 0; i+3 < len(b.pixels); i += 4 {
		b.pixels[i], b.pixels[i+2], b.pixels[i+3] = b.pixels[i+2], b.pixels[i], 255
	}
	return &image.NRGBA{Pix: b.pixels, Stride: b.stride, Rect: b.part}
}
