package pdf

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rapporteur/ingest/extract/pdf/layout"
	"rapporteur/ingest/extract/pdf/place"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// TestLocateReports places sentences and rows of real reports, and reads what stands in the boxes.
func TestLocateReports(t *testing.T) {
	t.Parallel()
	dir := testkit.Shared(t, "data/reports")
	p, e := newPool(t, Options{}), testEngine(t)
	asked, placed, exact, hyphens := 0, 0, 0, 0
	for _, name := range []string{"minumeco-bilan-2024.pdf", "rgaa-4.1.pdf", "fiche-ia-frugale-2025.pdf", "guide-achats-numeriques-responsables-2021.pdf"} {
		text, err := extractFile(t, p, filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		err = e.open(context.Background(), data, "", func(d *document) error {
			for _, q := range quotesOf(text, 52) {
				found, err := d.locate(q.page-1, q.before, q.quote)
				if err != nil {
					return err
				}
				asked++
				if len(found.Boxes) == 0 {
					t.Logf("%s page %d: not placed: %q", name, q.page, q.quote)
					continue
				}
				placed++
				inside, hyphen := inBoxes(t, d, q.page-1, found.Boxes)
				if hyphen {
					hyphens++
				}
				if inside == sorted(place.Fold(q.quote)) {
					exact++
				} else {
					t.Logf("%s page %d: %q is placed on %q", name, q.page, q.quote, inside)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d quotes, %d placed, %d of them exactly, %d over a hyphen", asked, placed, exact, hyphens)
	if asked < 200 || float64(placed) < 0.98*float64(asked) || float64(exact) < 0.98*float64(placed) || hyphens < 8 {
		t.Error("fewer than before")
	}
}

// quoted is a piece of a document with what stands before it.
type quoted struct {
	page          int
	before, quote string
}

// quotesOf takes n sentences and table rows, spread over the document.
func quotesOf(text qa.Text, n int) []quoted {
	var all []quoted
	for _, p := range text.Pages {
		for _, b := range text.Blocks {
			if b.Start < p.Start || b.End > p.End {
				continue
			}
			start := b.Start
			for _, s := range strings.SplitAfter(text.Content[b.Start:b.End], ". ") {
				if len(place.Fold(s)) >= 20 {
					all = append(all, quoted{p.Number, text.Content[max(0, start-60):start], s})
				}
				start += len(s)
			}
		}
	}
	var some []quoted
	for i := range n {
		some = append(some, all[i*len(all)/n])
	}
	return some
}

// inBoxes gives the letters and digits whose middle lies in the boxes, sorted, and whether a line
// among them ends with a hyphen.
func inBoxes(t *testing.T, d *document, index int, boxes []layout.Box) (letters string, hyphen bool) {
	t.Helper()
	var b strings.Builder
	err := d.page(index, func(p *page) error {
		p.drawing.read(p)
		if err := p.read(); err != nil {
			return err
		}
		p.hide()
		rotation := p.integer("FPDFPage_GetRotation", arg(p.ref))
		for i, c := range p.chars {
			if c.r == wrapHyphen && i > 0 && holds(boxes, shownAs(p.chars[i-1].box, p.shown, rotation)) {
				hyphen = true
			}
			if c.r != 0 && !c.box.Empty() && holds(boxes, shownAs(c.box, p.shown, rotation)) {
				b.WriteString(place.Fold(string(c.r)))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sorted(b.String()), hyphen
}

// holds reports a box whose middle lies in one of the boxes.
func holds(boxes []layout.Box, b layout.Box) bool {
	m := center(b)
	return slices.ContainsFunc(boxes, func(o layout.Box) bool { return m.X0 >= o.X0 && m.X0 <= o.X1 && m.Y0 >= o.Y0 && m.Y0 <= o.Y1 })
}

func sorted(s string) string {
	r := []rune(s)
	slices.Sort(r)
	return string(r)
}

// TestLocate chooses among occurrences, follows cells and turns with the page.
func TestLocate(t *testing.T) {
	t.Parallel()
	p := newPool(t, Options{})
	plain := contentPDF(show(700, "Le budget est de 3 millions.") + show(650, "Plus tard, le budget est de 3 millions.") +
		"BT /F1 12 Tf 300 586 Td (3) Tj ET\n" + show(500, "Ligne un") + show(586, "Ligne deux"))
	turned := strings.Replace(plain, "/MediaBox", "/Rotate 90 /CropBox [50 100 595 842] /MediaBox", 1)
	for _, c := range []struct {
		name, data, before, quote string
		want                      []layout.Box // within a point or two
	}{
		{"the first of two", plain, "", "budget est de 3", []layout.Box{{X0: 89, Y0: 697, X1: 171, Y1: 709}}},
		{"the second of two", plain, "millions. Plus tard, le", "budget est de 3", []layout.Box{{X0: 139, Y0: 647, X1: 221, Y1: 659}}},
		{"cells in another order", plain, "", "Ligne deux | 3", []layout.Box{{X0: 73, Y0: 583, X1: 129, Y1: 595}, {X0: 300, Y0: 586, X1: 307, Y1: 595}}},
		{"accents and case", plain, "", "LE BÚDGET", []layout.Box{{X0: 73, Y0: 698, X1: 123, Y1: 709}}},
		{"a page on its side, cropped", turned, "", "Ligne un", []layout.Box{{X0: 397, Y0: 477, X1: 409, Y1: 522}}},
		{"not there", plain, "", "budget de 4 millions", nil},
		{"nothing", plain, "", "…", nil},
	} {
		found, err := p.Locate(context.Background(), qa.File{ReadSeeker: strings.NewReader(c.data)}, 1, c.before, c.quote)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if len(found.Boxes) != len(c.want) {
			t.Errorf("%s: %v, want %v", c.name, found.Boxes, c.want)
			continue
		}
		for i, b := range found.Boxes {
			if !near(layout.Box{X0: b.X0 / 3, Y0: b.Y0 / 3, X1: b.X1 / 3, Y1: b.Y1 / 3}, layout.Box{X0: c.want[i].X0 / 3, Y0: c.want[i].Y0 / 3, X1: c.want[i].X1 / 3, Y1: c.want[i].Y1 / 3}) {
				t.Errorf("%s: %v, want %v", c.name, b, c.want[i])
			}
		}
		if c.data == turned && (found.Width != 742 || found.Height != 545) {
			t.Errorf("%s: the page is %v by %v", c.name, found.Width, found.Height)
		}
	}
}
