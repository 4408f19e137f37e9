package pdf

import (
	"fmt"
	"math"
	"slices"

	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/responses"
)

// wrapHyphen is what PDFium gives for a hyphen at the end of a line; no line end follows it.
const wrapHyphen = "\x02"

// box is a rectangle in points; y grows upwards.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) width() float64  { return b.x1 - b.x0 }
func (b box) height() float64 { return b.y1 - b.y0 }
func (b box) empty() bool     { return b.x1 <= b.x0 || b.y1 <= b.y0 }

// join is the smallest box that holds both.
func (b box) join(o box) box {
	if b == (box{}) {
		return o
	}
	return box{min(b.x0, o.x0), min(b.y0, o.y0), max(b.x1, o.x1), max(b.y1, o.y1)}
}

// line is one line of text in the order of the content stream.
type line struct {
	text   string
	box    box
	base   float64 // height of the baseline
	size   float64 // of the font as drawn, in points
	font   string
	bold   bool    // the whole line is
	mixed  bool    // the font changes within the line
	hyphen bool    // the line ended with a hyphen that cuts a word or a compound
	first  float64 // width of the first word, in points
	gaps   []gap   // wide empty stretches, where a table row passes to its next cell

	// The rest is found while the page is laid out.
	key       string   // fold of the text
	trail     bool     // a space ends the line as drawn
	cells     []string // the texts between the gaps, when there are any
	row       bool     // one row of a table
	furniture bool     // running header or footer, page number
	title     int      // number of the outline entry whose title this line is part of, 0 for none
	level     int      // of that entry
}

// gap is a wide empty stretch of a line: at is the byte of text where the next cell starts.
type gap struct {
	at     int
	x0, x1 float64
}

// sheet is one page as PDFium gives it.
type sheet struct {
	label         string
	width, height float64
	lines         []line
}

// maxChars is the most characters one page may have; a dense page of a report has 6,000. Each
// costs some 150 bytes until the page is read.
const maxChars = 300_000

// sheet reads the page at index.
func (d *document) sheet(index int) (s sheet, err error) {
	page := requests.Page{ByIndex: &requests.PageByIndex{Document: d.ref, Index: index}}
	if l, err := d.pdfium.FPDF_GetPageLabel(&requests.FPDF_GetPageLabel{Document: d.ref, Page: index}); err == nil {
		s.label = l.Label
	}
	text, err := d.pdfium.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: page})
	if err != nil {
		return s, err
	}
	defer func() {
		if _, closing := d.pdfium.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: text.TextPage}); err == nil {
			err = closing
		}
	}()
	count, err := d.pdfium.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: text.TextPage})
	switch {
	case err != nil:
		return s, err
	case count.Count > maxChars:
		return s, fail(codeLimit, fmt.Errorf("page %d has %d characters", index+1, count.Count))
	case count.Count <= 0:
		return s, nil
	}
	chars, err := d.pdfium.GetPageTextStructured(&requests.GetPageTextStructured{Page: page, Mode: requests.GetPageTextStructuredModeChars})
	if err != nil {
		return s, err
	}
	if w, err := d.pdfium.FPDF_GetPageSizeByIndex(&requests.FPDF_GetPageSizeByIndex{Document: d.ref, Index: index}); err == nil {
		s.width, s.height = w.Width, w.Height
	}
	turn := upright(chars.Chars)
	for _, r := range cutLines(chars.Chars) {
		s.lines = append(s.lines, d.line(text.TextPage, chars.Chars, r, turn))
	}
	if turn != 0 {
		s.settle()
	}
	return s, nil
}

// upright finds by how many quarter turns most of the page's text is rotated: scanned or landscape
// pages are often stored on their side.
func upright(chars []*responses.GetPageTextStructuredChar) int {
	var turns [4]int
	for _, c := range chars {
		q := int(math.Round(c.Angle/(math.Pi/2))) % 4
		turns[(q+4)%4]++
	}
	best := 0
	for q, n := range turns {
		if n > turns[best] {
			best = q
		}
	}
	return best
}

// place is the box of a char, turned so that the text of the page runs left to right.
func place(c *responses.GetPageTextStructuredChar, turn int) box {
	p := c.PointPosition
	return turned(box{min(p.Left, p.Right), min(p.Bottom, p.Top), max(p.Left, p.Right), max(p.Bottom, p.Top)}, turn)
}

// turned gives the box after so many clockwise quarter turns of the text are undone.
func turned(b box, turn int) box {
	switch turn {
	case 1:
		return box{-b.y1, b.x0, -b.y0, b.x1}
	case 2:
		return box{-b.x1, -b.y1, -b.x0, -b.y0}
	case 3:
		return box{b.y0, -b.x1, b.y1, -b.x0}
	}
	return b
}

// settle moves turned text back into a page of its own size, with a margin of half an inch.
// PDFium gives the lines of some turned pages from the last to the first: those are put right.
func (s *sheet) settle() {
	rising := 0
	for i := 1; i < len(s.lines); i++ {
		if s.lines[i].base > s.lines[i-1].base {
			rising++
		}
	}
	if 2*rising >= len(s.lines) && rising > 0 {
		slices.Reverse(s.lines)
	}
	const margin = 36
	var all box
	for _, l := range s.lines {
		all = all.join(l.box)
	}
	dx, dy := margin-all.x0, margin-all.y0
	for i := range s.lines {
		l := &s.lines[i]
		l.box = box{l.box.x0 + dx, l.box.y0 + dy, l.box.x1 + dx, l.box.y1 + dy}
		l.base += dy
		for j := range l.gaps {
			l.gaps[j].x0, l.gaps[j].x1 = l.gaps[j].x0+dx, l.gaps[j].x1+dx
		}
	}
	s.width, s.height = all.width()+2*margin, all.height()+2*margin
}
