package main

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"strings"
	"testing"

	"rapporteur/ingest/extract/ocr"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// needFrench skips where tesseract or its French is missing, and fails in CI.
func needFrench(t *testing.T) {
	t.Helper()
	languages, err := ocr.New(ocr.Options{}).Languages(t.Context())
	if err == nil && languages[0] == "fra" {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("tesseract or its French is missing, and CI needs it: %v %v", languages, err)
	}
	t.Skipf("skipped: tesseract or its French is not on this machine: %v %v", languages, err)
}

// recognising opens a library with character recognition.
func recognising(t *testing.T) *service {
	t.Helper()
	needFrench(t)
	s := testSettings(t)
	s.OCR = "auto"
	return newServiceOf(t, s)
}

// TestScanIsAnswered ingests the real scan and asks about it: the quote stands on its page, and says
// that it was recognised.
func TestScanIsAnswered(t *testing.T) {
	svc := recognising(t)
	o := ingestOne(t, svc, "data/reports/scan-convention-dinum-adullact-2023.pdf")
	if o.Verdict != string(qa.VerdictIngested) || o.Pages != 6 || o.PagesWithoutText != 0 {
		t.Fatalf("%+v", o)
	}
	total := readingOf(t, svc, o).Total()
	t.Logf("%d characters recognised, confidence %.2f", total.Recognised, total.Confidence)
	if total.Recognised < 10_000 || total.Confidence <= 0.85 {
		t.Errorf("in all: %+v", total)
	}
	if err := svc.index.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, err := svc.answerer.Answer(t.Context(), qa.Question{Text: "Quelle somme par an est versée à l'ADULLACT ?", Scope: scopeOf("")}, nil)
	if err != nil || len(a.Citations) == 0 {
		t.Fatalf("%q, error %v", a.Text, err)
	}
	c := a.Citations[0]
	if c.Page != 1 || c.Recognised < 0.5 || !strings.Contains(c.Quote, "10 000€") {
		t.Errorf("page %d, confidence %.2f: %q", c.Page, c.Recognised, c.Quote)
	}
}

func readingOf(t *testing.T, svc *service, o outcome) qa.Reading {
	t.Helper()
	r, err := svc.store.Reading(t.Context(), scopeOf(""), qa.VersionID(o.Version))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestPicturePages: of a PDF of pictures and texts only the pictures are recognised, and each text
// stands on its page.
func TestPicturePages(t *testing.T) {
	svc := recognising(t)
	picture := func(text string) []byte {
		p, err := svc.readers.Render(t.Context(), qa.File{ReadSeeker: bytes.NewReader(pdfWith("BT /F 20 Tf 72 700 Td (" + text + ") Tj ET"))}, 1, 150)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	data := picturesPDF(t,
		pdfPage{picture: picture("Le budget du port est de 312 millions.")},
		pdfPage{text: "La page du milieu est un vrai texte."},
		pdfPage{picture: picture("Le conseil a vu ce plan au mois de mars.")},
		pdfPage{},
	)
	o := ingestBytes(t, svc, "mixte.pdf", data)
	if o.Verdict != string(qa.VerdictPartlyNoText) && o.Verdict != string(qa.VerdictIngested) {
		t.Fatal(o.Verdict)
	}
	text, _ := textOf(t, svc, o)
	reading := readingOf(t, svc, o)
	for i, want := range []string{"Le budget du port est de 312 millions.", "La page du milieu est un vrai texte.", "Le conseil a vu ce plan au mois de mars.", ""} {
		p, r := text.Pages[i], reading.Pages[i]
		if got := text.Content[p.Start:p.End]; got != want {
			t.Errorf("page %d is %q, want %q", i+1, got, want)
		}
		if made := want != "" && i != 1; made != (r.Recognised > 0) || made != (r.Confidence > 0.5) || (r.Unread == "") != (want != "") {
			t.Errorf("page %d: %+v", i+1, r)
		}
	}
}

// pdfPage is a page of a picture, of a line of text, or of nothing.
type pdfPage struct {
	picture []byte
	text    string
}

// picturesPDF makes a PDF; its pictures are grey images over the whole page.
func picturesPDF(t *testing.T, pages ...pdfPage) []byte {
	t.Helper()
	var objects []string
	kids := ""
	for i, p := range pages {
		at := 4 + 3*i
		kids += fmt.Sprintf("%d 0 R ", at)
		content, dictionary, pixels := "", "<</Type/XObject/Subtype/Form/BBox[0 0 1 1]", ""
		if p.text != "" {
			content = "BT /F 12 Tf 72 700 Td (" + p.text + ") Tj ET"
		}
		if p.picture != nil {
			content = "595 0 0 842 0 0 cm /P Do"
			size, grey := greyOf(t, p.picture)
			pixels = deflated(t, grey)
			dictionary = fmt.Sprintf("<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode", size.X, size.Y)
		}
		objects = append(objects,
			fmt.Sprintf("%d 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F 3 0 R>>/XObject<</P %d 0 R>>>>>>endobj\n", at, at+1, at+2),
			fmt.Sprintf("%d 0 obj<</Length %d>>stream\n%s\nendstream endobj\n", at+1, len(content), content),
			fmt.Sprintf("%d 0 obj%s/Length %d>>stream\n%s\nendstream endobj\n", at+2, dictionary, len(pixels), pixels))
	}
	return []byte("%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n" +
		fmt.Sprintf("2 0 obj<</Type/Pages/Kids[%s]/Count %d>>endobj\n", kids, len(pages)) +
		"3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>endobj\n" +
		strings.Join(objects, "") + "trailer<</Root 1 0 R>>\n")
}

func greyOf(t *testing.T, picture []byte) (image.Point, []byte) {
	t.Helper()
	p, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	var grey []byte
	for y := range p.Bounds().Dy() {
		for x := range p.Bounds().Dx() {
			c, ok := color.GrayModel.Convert(p.At(x, y)).(color.Gray)
			if !ok {
				t.Fatal("no grey")
			}
			grey = append(grey, c.Y)
		}
	}
	return p.Bounds().Size(), grey
}

func deflated(t *testing.T, data []byte) string {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestWithoutTesseract: on a machine without the program a scan ends in no_text, the sentence says what
// to install, and so does doctor; other files are read.
func TestWithoutTesseract(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	alone := func(args ...string) string {
		cmd := exec.Command(self, append(args, "--data", data, "--language", "fr")...)
		cmd.Env = append(os.Environ(), asMain+"=1", "PATH="+t.TempDir())
		out, err := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != 0 && code != 2 {
			t.Fatalf("exit %d, error %v: %s", code, err, out)
		}
		return string(out)
	}
	for _, c := range []struct {
		want string
		args []string
	}{
		{"installez tesseract-ocr et tesseract-ocr-fra", []string{"ingest", testkit.Shared(t, "data/reports/scan-convention-dinum-adullact-2023.pdf")}},
		{"ingested", []string{"ingest", testkit.Shared(t, "data/hostile/own/files/pdf_cr_only_eol.pdf")}},
		{"installez tesseract-ocr et tesseract-ocr-fra", []string{"doctor"}},
		{"désactivée", []string{"doctor", "--ocr", "off"}},
	} {
		if out := alone(c.args...); !strings.Contains(out, c.want) {
			t.Errorf("%v says\n%s", c.args, out)
		}
	}
}
