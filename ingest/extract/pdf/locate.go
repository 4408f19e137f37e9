package pdf

import (
	"fmt"

	"rapporteur/ingest/extract/pdf/place"
)

// locate finds a quote on the page at index.
func (d *document) locate(index int, before, quote string) (found Place, err error) {
	err = d.page(index, func(p *page) error {
		found.Width, found.Height = p.float("FPDF_GetPageWidthF", arg(p.ref)), p.float("FPDF_GetPageHeightF", arg(p.ref))
		p.drawing.read(p)
		if err := p.read(); err != nil {
			return fail(codeOf(err), fmt.Errorf("page %d: %w", index+1, err))
		}
		p.hide()
		chars := make([]place.Char, len(p.chars))
		for i, c := range p.chars {
			chars[i] = place.Char{Rune: c.r, Box: c.box}
		}
		rotation := p.integer("FPDFPage_GetRotation", arg(p.ref))
		for _, b := range place.Find(chars, before, quote) {
			found.Boxes = append(found.Boxes, shownAs(b, p.shown, rotation))
		}
		return nil
	})
	return found, err
}
