package main

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestReportsAreThoseOfTheSources(t *testing.T) {
	t.Parallel()
	files, err := build("..")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(reports()) {
		t.Errorf("%d files, want %d", len(files), len(reports()))
	}
	for name, content := range files {
		committed, err := os.ReadFile(filepath.Join("..", "reports", name))
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.Equal(content, committed) {
			t.Errorf("%s differs from what its source gives: run go run ./examples/make", name)
		}
	}
}

var (
	pageObject  = regexp.MustCompile(`/Type /Page\s`)
	xrefEntry   = regexp.MustCompile(`^xref\n(\d+) 1\n(\d{10}) 00000 n \ntrailer`)
	twoNumerals = regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`)
)

func TestYearlyReportsHaveWhatReadersMustCopeWith(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"rapport-activite-2022.pdf", "rapport-activite-2023.pdf"} {
		pdf, err := os.ReadFile(filepath.Join("..", "reports", name))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(pageObject.FindAll(pdf, -1)); n < 12 {
			t.Errorf("%s: %d pages, want at least 12", name, n)
		}
		for _, part := range []string{"/PageLabels << /Nums", "/Outlines ", "/Lang (fr-FR)", "/Subtype /Link"} {
			if !bytes.Contains(pdf, []byte(part)) {
				t.Errorf("%s: no %s", name, part)
			}
		}
	}
}

// The offsets of the update must point at its table and at its catalogue, or readers fall back on
// rebuilding the file.
func TestPageLabelsAreAValidUpdate(t *testing.T) {
	t.Parallel()
	pdf, err := os.ReadFile(filepath.Join("..", "reports", "rapport-activite-2023.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	start := twoNumerals.FindSubmatch(pdf)
	if start == nil {
		t.Fatal("no startxref at the end")
	}
	entry := xrefEntry.FindSubmatch(pdf[number(t, start[1]):])
	if entry == nil {
		t.Fatal("startxref does not point at a table of one entry")
	}
	object := pdf[number(t, entry[2]):]
	if !bytes.HasPrefix(object, append(entry[1], " 0 obj\n<<\n/Type /Catalog\n"...)) {
		t.Errorf("the entry does not point at the catalogue: %.40q", object)
	}
	if n := bytes.Count(object, []byte("/PageLabels")); n != 1 {
		t.Errorf("%d page labels, want 1", n)
	}
}

func TestAddPageLabelsRefusesWhatIsNoPDF(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "trailer startxref\n0\n%%EOF\n", "trailer\n/Root 9 0 R\n/Info 8 0 R\n/Size 10\nstartxref\n0\n%%EOF\n"} {
		if _, err := addPageLabels([]byte(content), "<< >>"); err == nil {
			t.Errorf("%q: no error", content)
		}
	}
}

func TestODTTellsItsTypeAtItsFixedPlace(t *testing.T) {
	t.Parallel()
	odt, err := os.ReadFile(filepath.Join("..", "reports", "bilan-concertation-2023.odt"))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(odt[30:77]); got != "mimetypeapplication/vnd.oasis.opendocument.text" {
		t.Errorf("bytes 30 to 77 are %q", got)
	}
	if _, err := zip.NewReader(bytes.NewReader(odt), int64(len(odt))); err != nil {
		t.Error(err)
	}
}

// Every table with a line "Total" must add up: the questions ask for these figures.
func TestTablesAddUp(t *testing.T) {
	t.Parallel()
	totals := 0
	for _, r := range reports() {
		for _, b := range parsed(t, r.source).Blocks {
			last := len(b.Rows) - 1
			if b.Kind != table || plain(b.Rows[last][0]) != "Total" {
				continue
			}
			totals++
			for c := 1; c < len(b.Rows[0]); c++ {
				checkColumn(t, r.source, b, c)
			}
		}
	}
	if totals < 20 {
		t.Errorf("%d tables have a total, want at least 20", totals)
	}
}

func checkColumn(t *testing.T, source string, b block, c int) {
	t.Helper()
	last := len(b.Rows) - 1
	want, ok := figure(b.Rows[last][c])
	if !ok {
		return
	}
	sum := 0
	for _, row := range b.Rows[1:last] {
		n, _ := figure(row[c])
		sum += n
	}
	if sum != want {
		t.Errorf("%s: %s: column %d adds up to %d, not %d", source, plain(b.Caption), c, sum, want)
	}
}

func figure(c cell) (int, bool) {
	n, err := strconv.Atoi(strings.ReplaceAll(plain(c), nnbsp, ""))
	return n, err == nil
}

func number(t *testing.T, digits []byte) int {
	t.Helper()
	n, err := strconv.Atoi(string(digits))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func parsed(t testing.TB, source string) document {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "source", source))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := parse(string(text))
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return doc
}

func TestTypography(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"l'eau : 12 % ?":       "l’eau\u00a0: 12\u202f%\u202f?",
		"« oui » ; non":        "«\u00a0oui\u00a0»\u202f; non",
		"1 234 567 euros":      "1\u202f234\u202f567\u00a0euros",
		"29 840 k€ et 2,4 M€":  "29\u202f840\u00a0k€ et 2,4\u00a0M€",
		"en 2022 312 arbres":   "en 2022 312 arbres",
		"n° 12 de M. Aubertin": "n°\u00a012 de M.\u00a0Aubertin",
	} {
		if got := typography(text); got != want {
			t.Errorf("typography(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"no front matter":   "# Titre",
		"unknown key":       "colour: red\n---\nTexte",
		"bad date":          "made: hier\n---\nTexte",
		"note without text": "title: T\n---\nTexte[^a]",
		"note not used":     "title: T\n---\nTexte\n\n[^a]: Note",
		"note in a note":    "title: T\n---\nTexte[^a]\n\n[^a]: Note[^a]",
		"open fence":        "title: T\n---\n::: columns\nTexte",
		"unknown fence":     "title: T\n---\n::: boxes\nTexte\n:::",
		"ragged table":      "title: T\n---\n: Légende\n| a | b |\n|--|--|\n| 1 |",
	} {
		if _, err := parse(source); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// What parses can be written: by each renderer, or refused by it with an error.
func FuzzParse(f *testing.F) {
	f.Add("title: T\n---\n::: tiles\n1 | un\n:::\n\n> cadre **gras *les deux* [^a]\n\n[^a]: note")
	f.Add("title: T\nmade: 2023-06-22\n---\n# Un\n\n1. premier\n2. second\n\n: Légende\n| a | b |\n|--|--|\n| 1 | 2 |")
	f.Fuzz(func(t *testing.T, source string) {
		doc, err := parse(source)
		if err != nil {
			return
		}
		for _, write := range []func(document) ([]byte, error){renderDOCX, renderODT, renderHTML} {
			if out, err := write(doc); err == nil && len(out) == 0 {
				t.Error("neither a file nor an error")
			}
		}
	})
}
