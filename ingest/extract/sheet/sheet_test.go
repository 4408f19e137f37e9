package sheet

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"rapporteur/ingest/extract/raw"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

var update = flag.Bool("update", false, "write the golden files anew")

// dump writes a text block by block, with what is known of each.
func dump(t qa.Text) string {
	var b strings.Builder
	fmt.Fprintf(&b, "title %q created %s\n", t.Title, t.Reading.Created.Format(time.DateOnly))
	for _, p := range t.Pages {
		fmt.Fprintf(&b, "%s %d %q [%d, %d)\n", p.Unit, p.Number, p.Label, p.Start, p.End)
	}
	for _, block := range t.Blocks {
		fmt.Fprintf(&b, "%s %d %s: %q", block.Kind, block.Level, block.Place, t.Content[block.Start:block.End])
		if block.Header.Len() > 0 {
			fmt.Fprintf(&b, " under %q", t.Content[block.Header.Start:block.Header.End])
		}
		b.WriteByte('\n')
	}
	for _, p := range t.Reading.Pages {
		fmt.Fprintf(&b, "page %d: %d characters, %d tables, %d images, hidden %v, unread %q\n", p.Number, p.Characters, p.Tables, p.Images, p.Hidden, p.Unread)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || got != string(want) {
		t.Errorf("%s: %v\n%s", name, err, got)
	}
}

func xlsx(data []byte) (qa.Text, error) {
	return ReadXLSX(context.Background(), raw.Limits{}.WithDefaults(), bytes.NewReader(data))
}

func comma(data string) (qa.Text, error) {
	return ReadCSV(context.Background(), raw.Limits{}.WithDefaults(), strings.NewReader(data))
}

// must fails the test on an error.
func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// budget makes a workbook as an administration would, with what hides on its sheets.
func budget(t testing.TB) *excelize.File {
	t.Helper()
	f := excelize.NewFile()
	const s = "Budget 2024"
	must(t, f.SetSheetName("Sheet1", s))
	rows := [][]any{
		{"Budget primitif de la commune"},
		{},
		{nil, "Service", 2023, "2024", "Part", "Voté le", "CACHÉ"},
		{nil, "Voirie", 12500, 13000.5, 0.25, time.Date(2024, 3, 5, 0, 0, 0, 0, time.UTC), "CACHÉ"},
		{nil, "Écoles", 8000, nil, 0.5, nil, "CACHÉ"},
		{nil, "CACHÉ", 1, 2},
		{nil, "Réserve", 1, "SOUS LA FUSION"},
		{nil, "Total", nil, 21500},
		{},
		{"Source : délibération no 12."},
	}
	for i, row := range rows {
		must(t, f.SetSheetRow(s, fmt.Sprintf("A%d", i+1), &row))
	}
	money, err := f.NewStyle(&excelize.Style{NumFmt: 4})
	must(t, err)
	share, err := f.NewStyle(&excelize.Style{NumFmt: 9})
	must(t, err)
	french := "dd/mm/yyyy"
	day, err := f.NewStyle(&excelize.Style{CustomNumFmt: &french})
	must(t, err,
		f.SetCellStyle(s, "C4", "D8", money), f.SetCellStyle(s, "E4", "E8", share), f.SetCellStyle(s, "F4", "F8", day),
		f.SetCellFormula(s, "C8", "SUM(C4:C7)"),
		f.MergeCell(s, "C7", "D7"), f.SetColVisible(s, "G", false), f.SetRowVisible(s, 6, false),
		f.AddComment(s, excelize.Comment{Cell: "B4", Author: "X", Text: "CACHÉ"}),
		f.SetDocProps(&excelize.DocProperties{Title: "Budget de Nîmes", Created: "2024-03-05T10:00:00Z", Modified: "2024-03-06T10:00:00Z"}))
	secret, err := f.NewSheet("Secret")
	must(t, err, f.SetCellValue("Secret", "A1", "CACHÉ"), f.SetSheetVisible("Secret", false))
	_, err = f.NewSheet("Vide")
	must(t, err)
	_, err = f.NewSheet("Agents")
	must(t, err)
	for i, row := range [][]any{{"Nom", "Prénom", "Service"}, {"Dupont", "Anne", "Voirie"}, {"Durand", "Paul", "Écoles"}, {}, {"Clé", "valeur"}, {"Autre", "texte"}, {}, {"Un"}, {"Deux"}} {
		must(t, f.SetSheetRow("Agents", fmt.Sprintf("B%d", i+2), &row))
	}
	_ = secret
	return f
}

// pack gives the bytes of a workbook.
func pack(t testing.TB, f *excelize.File) []byte {
	t.Helper()
	b, err := f.WriteToBuffer()
	must(t, err, f.Close())
	return b.Bytes()
}

// change replaces text in one part of an archive.
func change(t testing.TB, data []byte, name, from, to string) []byte {
	t.Helper()
	text, err := openPart(data, name)
	must(t, err)
	if !strings.Contains(text, from) {
		t.Fatalf("%s does not hold %q: %.3000s", name, from, text)
	}
	data, err = replaceParts(data, map[string]string{name: strings.ReplaceAll(text, from, to)})
	must(t, err)
	return data
}

// openPart gives one part of an archive.
func openPart(data []byte, name string) (string, error) {
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return "", err
	}
	part, err := fs.ReadFile(in, name)
	return string(part), err
}

// replaceParts gives an archive with other contents for some of its parts.
func replaceParts(data []byte, parts map[string]string) ([]byte, error) {
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range in.File {
		text, found := parts[f.Name]
		if !found {
			err = z.Copy(f)
		} else if w, e := z.Create(f.Name); e != nil {
			err = e
		} else {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			return nil, err
		}
	}
	err = z.Close()
	return out.Bytes(), err
}

// checkText checks the invariants of a text.
func checkText(t testing.TB, text qa.Text) {
	t.Helper()
	end := 0
	for i, b := range text.Blocks {
		if b.Start < end || b.End <= b.Start || b.End > len(text.Content) || strings.TrimSpace(text.Content[end:b.Start]) != "" {
			t.Fatalf("block %d: [%d, %d) after %d in %d bytes", i, b.Start, b.End, end, len(text.Content))
		}
		end = b.End
	}
	if !utf8.ValidString(text.Content) || strings.TrimSpace(text.Content[end:]) != "" || len(text.Reading.Pages) == 0 {
		t.Fatalf("the text is not whole: %q", text.Content)
	}
}

// known reports a verdict on a file.
func known(err error) bool {
	var e *qa.Error
	return errors.As(err, &e) && e.Kind != qa.Internal
}

// seeds reads the files of a folder of the data.
func seeds(f *testing.F, folder string) [][]byte {
	f.Helper()
	root := testkit.Shared(f, folder)
	entries, err := os.ReadDir(root)
	must(f, err)
	var all [][]byte
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(root, e.Name()))
		must(f, err)
		all = append(all, data)
	}
	return all
}

// TestWorkbook reads a sample and compares every block.
func TestWorkbook(t *testing.T) {
	t.Parallel()
	// The library writes no value with a formula, as programs do.
	data := change(t, pack(t, budget(t)), "xl/worksheets/sheet1.xml", "<f>SUM(C4:C7)</f>", "<f>SUM(C4:C7)</f><v>20501</v>")
	data = change(t, data, "xl/worksheets/sheet1.xml", `<c r="D7" s="2"></c>`, `<c r="D7" t="inlineStr"><is><t>CACHÉ</t></is></c>`)
	text, err := xlsx(data)
	must(t, err)
	got := dump(text)
	if strings.Contains(text.Content, "CACHÉ") {
		t.Error("what a reader of the sheet cannot see is in the text")
	}
	golden(t, "budget.xlsx", got)
}
