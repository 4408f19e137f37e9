package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"rapporteur/ingest/extract/ocr"
	"rapporteur/ingest/extract/raw"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// drawer draws pages with poppler, and tells of pictures on pages without text as a PDF reader does.
type drawer struct {
	file  string
	pages int
	draw  func(page, dpi int) ([]byte, error) // nil: poppler does
}

// Extract gives the pages of a scan: pictures without a text.
func (d drawer) Extract(context.Context, qa.File) (qa.Text, error) {
	var t qa.Text
	for i := range d.pages {
		t.Pages = append(t.Pages, qa.Page{Number: i + 1})
		t.Reading.Pages = append(t.Reading.Pages, qa.PageReading{Number: i + 1, Images: 1})
	}
	return t, nil
}

// Render draws one page.
func (d drawer) Render(ctx context.Context, _ qa.File, page, dpi int) ([]byte, error) {
	if d.draw != nil {
		return d.draw(page, dpi)
	}
	n := strconv.Itoa(page)
	return exec.CommandContext(ctx, "pdftoppm", "-r", strconv.Itoa(dpi), "-f", n, "-l", n, "-png", d.file).Output()
}

// needPrograms skips where a program is missing, and fails in CI.
func needPrograms(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err == nil {
			continue
		}
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing, and CI needs it", name)
		}
		t.Skipf("skipped: %s is not on this machine", name)
	}
}

func pdfFile() qa.File {
	return qa.File{ReadSeeker: bytes.NewReader([]byte("%PDF-")), MediaType: raw.MediaPDF}
}

// TestScan recognises the real scan: words checked by eye stand on their pages, marked.
func TestScan(t *testing.T) {
	t.Parallel()
	needPrograms(t, "tesseract", "pdftoppm")
	scan := drawer{file: testkit.Shared(t, "data/reports/scan-convention-dinum-adullact-2023.pdf"), pages: 6}
	x := &Extractor{PDF: scan, Recognition: &Recognition{Renderer: scan, Recogniser: ocr.New(ocr.Options{}),
		Failed: func(page int, err error) { t.Errorf("page %d: %v", page, err) }}}
	text, err := x.Extract(t.Context(), pdfFile())
	if err != nil {
		t.Fatal(err)
	}
	checkText(t, text)
	for page, want := range []string{
		"• à verser à l'ADULLACT la somme de 10 000€ par an.", // p. 1, a bullet
		"mise à jour du framework de développement « Ruby On Rails »",
		"La loi pour une République numérique oblige les administrations",
		"Convention de partenariat entre la DINUM",
		"Fait en deux exemplaires, un pour chaque Partie",
		"en date du 25 juin 2008",
	} {
		p := text.Pages[page]
		inside := strings.ReplaceAll(text.Content[p.Start:p.End], "\n", " ")
		if !strings.Contains(inside, want) {
			t.Errorf("page %d does not say %q:\n%s", page+1, want, inside)
		}
		r := text.Reading.Pages[page]
		t.Logf("page %d: %d characters recognised, confidence %.2f", page+1, r.Recognised, r.Confidence)
		if r.Unread != "" || r.Recognised == 0 || r.Confidence < 0.5 {
			t.Errorf("page %d: %+v", page+1, r)
		}
	}
	if total := text.Reading.Total(); total.Confidence <= 0.85 || total.Recognised < 10_000 || len(text.Reading.Unread()) != 0 {
		t.Errorf("in all: %+v", total)
	}
	for _, b := range text.Blocks {
		if b.Recognised <= 0 || b.Recognised > 1 {
			t.Errorf("%q is not marked", text.Content[b.Start:b.End])
		}
	}
	if text.Language != "fr" || kinds(text)["list_item"] < 8 || kinds(text)["heading"] != 0 {
		t.Errorf("language %q, blocks %v", text.Language, kinds(text))
	}
}

// reader is a Recogniser of the test's own.
type reader struct {
	ready error
	read  func(ctx context.Context, picture []byte) (ocr.Page, error)
}

func (r reader) Ready(context.Context) error { return r.ready }

func (r reader) Recognise(ctx context.Context, picture []byte) (ocr.Page, error) {
	return r.read(ctx, picture)
}

// TestRecognitionGivesUp: what is missing, fails or takes too long leaves its pages without text, says
// why, and never stops the rest.
func TestRecognitionGivesUp(t *testing.T) {
	t.Parallel()
	draw := func(page, dpi int) ([]byte, error) { return []byte(strconv.Itoa(page)), nil }
	page := func(n []byte) (ocr.Page, error) { return pageOf("Page numéro " + string(n) + " lue."), nil }
	for _, c := range []struct {
		name   string
		pages  int
		draw   func(page, dpi int) ([]byte, error)
		reader reader
		want   string // Unread of the pages, "." where they were read
		failed int
	}{
		{"missing", 2, draw, reader{ready: ocr.ErrMissing}, "no_text no_text", 0},
		{"all read", 3, draw, reader{read: func(_ context.Context, n []byte) (ocr.Page, error) { return page(n) }}, ". . .", 0},
		{"nothing there", 2, draw, reader{read: func(_ context.Context, n []byte) (ocr.Page, error) {
			if string(n) == "2" {
				return page(n)
			}
			return ocr.Page{}, nil
		}}, "not_recognised .", 0},
		{"one fails", 3, draw, reader{read: func(_ context.Context, n []byte) (ocr.Page, error) {
			if string(n) == "2" {
				return ocr.Page{}, errors.New("no luck")
			}
			return page(n)
		}}, ". no_text .", 1},
		{"too large for 200 dpi", 1, func(page, dpi int) ([]byte, error) {
			var b bytes.Buffer
			err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, image.NewGray(image.Rect(0, 0, 50*dpi, 20*dpi)))
			return b.Bytes(), err
		}, reader{read: func(_ context.Context, picture []byte) (ocr.Page, error) {
			if err := ocr.Fits(picture); err != nil {
				return ocr.Page{}, err
			}
			return page([]byte("1"))
		}}, ".", 0},
		{"time is up", 2, draw, reader{read: func(ctx context.Context, n []byte) (ocr.Page, error) {
			if string(n) == "1" {
				return page(n)
			}
			<-ctx.Done()
			return ocr.Page{}, ctx.Err()
		}}, ". no_text", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			failed := 0
			limit := time.Minute // drawing is slow on a loaded machine
			if c.name == "time is up" {
				limit = time.Second
			}
			d := drawer{pages: c.pages, draw: c.draw}
			x := &Extractor{PDF: d, Recognition: &Recognition{Renderer: d, Recogniser: c.reader, Time: limit, Failed: func(int, error) { failed++ }}}
			text, err := x.Extract(t.Context(), pdfFile())
			if none := !strings.Contains(c.want, "."); none != (qa.CodeOf(err) == "no_text") || !none && err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, p := range text.Reading.Pages {
				if p.Unread == "" && strings.Contains(text.Content[text.Pages[i].Start:text.Pages[i].End], fmt.Sprintf("Page numéro %d lue.", i+1)) {
					p.Unread = "."
				}
				got = append(got, p.Unread)
			}
			if strings.Join(got, " ") != c.want || failed != c.failed {
				t.Errorf("pages %q, want %q; %d failures, want %d", got, c.want, failed, c.failed)
			}
		})
	}
}

// TestRecognitionStops: after many failures in a row the rest of the document is left alone.
func TestRecognitionStops(t *testing.T) {
	t.Parallel()
	failed := 0
	d := drawer{pages: 50, draw: func(int, int) ([]byte, error) { return nil, errors.New("no luck") }}
	x := &Extractor{PDF: d, Recognition: &Recognition{Renderer: d, Recogniser: reader{}, Failed: func(int, error) { failed++ }}}
	if _, err := x.Extract(t.Context(), pdfFile()); qa.CodeOf(err) != "no_text" || failed < maxFailures || failed > maxFailures+recognitionAtOnce {
		t.Errorf("%d failures, error %v", failed, err)
	}
}

// TestRecognitionCanceled: the end of the caller's context is the caller's error, not a verdict.
func TestRecognitionCanceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	d := drawer{pages: 2, draw: func(int, int) ([]byte, error) { cancel(); return nil, nil }}
	read := func(ctx context.Context, _ []byte) (ocr.Page, error) { <-ctx.Done(); return ocr.Page{}, ctx.Err() }
	x := &Extractor{PDF: d, Recognition: &Recognition{Renderer: d, Recogniser: reader{read: read}}}
	if _, err := x.Extract(ctx, pdfFile()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
