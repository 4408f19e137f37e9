package pdf

import (
	"fmt"
	"math"

	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/responses"

	"rapporteur/ingest/extract/pdf/layout"
)

// wrapHyphen is what PDFium gives for a hyphen at the end of a line; no line end follows it.
const wrapHyphen = "\x02"

// maxChars is the most characters one page may have; a dense page of a report has 6,000. Each
// costs some 150 bytes until the page is read.
const maxChars = 300_000

// sheet reads the page at index.
func (d *document) sheet(index int) (s layout.Sheet, err error) {
	page := requests.Page{ByIndex: &requests.PageByIndex{Document: d.ref, Index: index}}
	if l, err := d.pdfium.FPDF_GetPageLabel(&requests.FPDF_GetPageLabel{Document: d.ref, Page: index}); err == nil {
		s.Label = l.Label
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
		s.Width, s.Height = w.Width, w.Height
	}
	turn := upright(chars.Chars)
	for _, r := range cutLines(chars.Chars) {
		s.Lines = append(s.Lines, d.line(text.TextPage, chars.Chars, r, turn))
	}
	if turn != 0 {
		s.Settle()
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
func place(c *responses.GetPageTextStructuredChar, turn int) layout.Box {
	p := c.PointPosition
	return layout.Box{X0: min(p.Left, p.Right), Y0: min(p.Bottom, p.Top), X1: max(p.Left, p.Right), Y1: max(p.Bottom, p.Top)}.Turned(turn)
}
