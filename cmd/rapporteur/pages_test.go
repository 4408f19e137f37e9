package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"strconv"
	"strings"
	"testing"

	"rapporteur/server/wire"
)

// TestShowPages ingests a Markdown file, a PDF with an unread page and a page of pictures alone, and
// reads their reports as a user does.
func TestShowPages(t *testing.T) {
	data, files := t.TempDir(), t.TempDir()
	show := func(code int, args ...string) string {
		t.Helper()
		got, out, errs := command(t, "", append(args, "--data", data, "--ocr", "off")...)
		if got != code {
			t.Fatalf("%v: exit %d, want %d: %s%s", args, got, code, out, errs)
		}
		return out
	}
	write(t, files, "bilan.md", "# Bilan\n\n| Année | Agents |\n|---|---|\n| 2023 | 200 |\n\nLe port a 12 quais.\n")
	write(t, files, "port.pdf", string(picturesPDF(t,
		pdfPage{text: "Le port compte 48 quais."},
		pdfPage{picture: pictureOf(t)}, pdfPage{picture: pictureOf(t)},
		pdfPage{text: "Il ouvre en mars."}, pdfPage{},
	)))
	var documents [2]outcome // bilan.md, port.pdf
	lines := strings.Split(strings.TrimSpace(show(0, "ingest", files, "--json")), "\n")
	for _, l := range lines {
		var o outcome
		if err := json.Unmarshal([]byte(l), &o); err != nil {
			t.Fatal(err, l)
		}
		i := 0
		if o.Source == "port.pdf" {
			i = 1
		}
		documents[i] = o
	}
	text, pdf := documents[0], documents[1]

	out := show(0, "documents", "show", text.Document, "--pages", "--language", "fr")
	if rows := strings.Split(strings.TrimSpace(out), "\n"); len(rows) != 5 || strings.Contains(out, "pas pu être lues") {
		t.Errorf("a file without pages has a total alone:\n%s", out)
	}
	if total := totalOf(t, out); total[1] != 1 { // tables
		t.Errorf("total %v:\n%s", total, out)
	}

	for language, want := range map[string][]string{
		"fr": {"port.pdf", "Pages qui n’ont pas pu être lues\u00a0: 2–3.", "sans texte lisible", "vide", "lue"},
		"en": {"port.pdf", "Pages that could not be read: 2–3.", "no readable text", "blank", "read"},
	} {
		out := show(0, "documents", "show", pdf.Document, "--pages", "--language", language)
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%s: %q is missing in\n%s", language, w, out)
			}
		}
		if total := totalOf(t, out); total[0] != len("Le port compte 48 quais.Il ouvre en mars.") || total[2] != 2 {
			t.Errorf("%s: total %v:\n%s", language, total, out)
		}
	}

	var r wire.Reading
	if err := json.Unmarshal([]byte(show(0, "documents", "show", pdf.Document, "--pages", "--json")), &r); err != nil {
		t.Fatal(err)
	}
	if r.Document != pdf.Document || r.Version != pdf.Version || len(r.Pages) != 5 || len(r.Unread) != 2 || r.Unread[1] != 3 {
		t.Errorf("report: %+v", r)
	}
	if out := show(0, "documents", "show", pdf.Document, "--pages", "--version", pdf.Version); !strings.Contains(out, pdf.Version) {
		t.Errorf("by version:\n%s", out)
	}
	show(3, "documents", "show", pdf.Document, "--pages", "--version", text.Version)
	show(3, "documents", "show", "nope", "--pages")
}

// pictureOf is a grey picture with no text in it.
func pictureOf(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 60, 80))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// totalOf reads the last line of a report: characters, tables, images and so on.
func totalOf(t *testing.T, out string) []int {
	t.Helper()
	lines := strings.Split(strings.TrimRight(out, "\n"), "\n")
	fields := strings.Fields(lines[len(lines)-1])
	if len(fields) < 5 || fields[0] != "Total" {
		t.Fatalf("no total in\n%s", out)
	}
	var numbers []int
	for _, f := range fields[1:] {
		n, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	return numbers
}
