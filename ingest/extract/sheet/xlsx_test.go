package sheet

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// TestXLSXLimits checks that what would take too much ends in a verdict, and before the library sees it.
func TestXLSXLimits(t *testing.T) {
	t.Parallel()
	plain := func(rows int) []byte {
		f := excelize.NewFile()
		w, err := f.NewStreamWriter("Sheet1")
		must(t, err)
		for i := 1; i <= rows; i++ {
			must(t, w.SetRow(fmt.Sprintf("A%d", i), []any{"a", i}))
		}
		must(t, w.Flush())
		return pack(t, f)
	}
	small := plain(100)
	row := func(cells string) []byte {
		return change(t, plain(1), "xl/worksheets/sheet1.xml", "<sheetData>", "<sheetData>"+cells)
	}
	many := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, 200+i)
		}
		return b.String()
	}
	long := excelize.NewFile()
	must(t, long.SetCellValue("Sheet1", "A1", strings.Repeat("x", 30_000)))
	repeated := strings.Repeat(`<row><c t="s"><v>0</v></c></row>`, 2000)
	for _, c := range []struct {
		name   string
		limits raw.Limits
		data   []byte
		want   string
	}{
		{"as it is", raw.Limits{}, small, ""},
		{"cells", raw.Limits{MaxCells: 199}, small, "resource_limit"},
		{"just as many cells", raw.Limits{MaxCells: 200}, small, ""},
		{"text", raw.Limits{MaxText: 150}, small, "resource_limit"},
		{"blocks", raw.Limits{MaxBlocks: 50}, small, "resource_limit"},
		{"part", raw.Limits{MaxPart: 3000}, small, "too_large_unpacked"},
		{"unpacked", raw.Limits{MaxUnpacked: 4000}, small, "too_large_unpacked"},
		{"entries", raw.Limits{MaxEntries: 3}, small, "too_large_unpacked"},
		{"row beyond the last", raw.Limits{}, row(`<row r="2000000000"><c r="A2000000000"><v>1</v></c></row>`), "damaged"},
		{"column beyond the last", raw.Limits{}, row(`<row r="1"><c r="ZZZ1"><v>1</v></c></row>`), "damaged"},
		{"too many columns", raw.Limits{}, row(`<row r="1">` + strings.Repeat(`<c><v>1</v></c>`, maxColumn+1) + `</row>`), "damaged"},
		{"broken markup", raw.Limits{}, row(`<row r="1"><c></row>`), "damaged"},
		{"bomb of spaces", raw.Limits{}, row(strings.Repeat(" ", 8<<20)), "too_large_unpacked"},
		{"one long string in many cells", raw.Limits{}, change(t, pack(t, long), "xl/worksheets/sheet1.xml", "<sheetData>", "<sheetData>"+repeated), "resource_limit"},
		{"wide and empty rows", raw.Limits{}, row(strings.Repeat(`<row><c r="XFD1"><v>1</v></c></row>`, 3000)), "resource_limit"},
		{"a number without end", raw.Limits{}, row(`<row r="1"><c><v>` + strings.Repeat("9", 5000) + `</v></c></row>`), "damaged"},
		{"a long number format", raw.Limits{}, change(t, small, "xl/styles.xml", "<fonts ", `<numFmts><numFmt numFmtId="200" formatCode="`+strings.Repeat("0", 5000)+`"/></numFmts><fonts `), "resource_limit"},
		{"number formats without end", raw.Limits{}, change(t, small, "xl/styles.xml", "<fonts ", `<numFmts>`+many("<numFmt numFmtId=\"%d\" formatCode=\"0\"/>", 6000)+`</numFmts><fonts `), "resource_limit"},
		{"merged cells", raw.Limits{}, change(t, small, "xl/worksheets/sheet1.xml", "</sheetData>", "</sheetData><mergeCells>"+strings.Repeat(`<mergeCell ref="A1:B9000"/>`, 30)+"</mergeCells>"), "resource_limit"},
	} {
		_, err := ReadXLSX(context.Background(), c.limits.WithDefaults(), bytes.NewReader(c.data))
		if got := code(err); got != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// TestDeclaredHeaders checks that the tables and filters of the file itself name header rows.
func TestDeclaredHeaders(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	for i, row := range [][]any{{"1", "2"}, {"x", "y"}, {}, {"Clé", "Valeur"}, {"k", "v"}} {
		must(t, f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row))
	}
	must(t, f.AddTable("Sheet1", &excelize.Table{Range: "A4:B5", Name: "T"}))
	text, err := xlsx(pack(t, f))
	must(t, err)
	got := dump(text)
	if !strings.Contains(got, `table_header 0 Sheet1!A4:B4: "Clé | Valeur"`) || strings.Contains(got, "table_header 0 Sheet1!A1") {
		t.Error(got)
	}
}

// TestPictures checks that pictures are counted and the text of shapes is kept.
func TestPictures(t *testing.T) {
	t.Parallel()
	var picture bytes.Buffer
	must(t, png.Encode(&picture, image.NewGray(image.Rect(0, 0, 2, 2))))
	f := excelize.NewFile()
	must(t, f.SetCellValue("Sheet1", "A1", "texte"),
		f.AddPictureFromBytes("Sheet1", "C3", &excelize.Picture{Extension: ".png", File: picture.Bytes()}),
		f.AddShape("Sheet1", &excelize.Shape{Cell: "D4", Type: "rect", Paragraph: []excelize.RichTextRun{{Text: "Dans un "}, {Text: "cadre"}}}))
	text, err := xlsx(pack(t, f))
	must(t, err)
	if text.Reading.Pages[0].Images != 1 || !strings.Contains(text.Content, "cadre") {
		t.Error(dump(text))
	}
}

// TestHiddenByStyle checks text that its style hides, and text that only seems so.
func TestHiddenByStyle(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	set := func(cell, text string, look *excelize.Style) {
		style, err := f.NewStyle(look)
		must(t, err, f.SetCellValue("Sheet1", cell, text), f.SetCellStyle("Sheet1", cell, cell, style))
	}
	nothing := ";;;"
	set("A1", "BLANC", &excelize.Style{Font: &excelize.Font{Color: "FFFFFF"}})
	set("A2", "MINUSCULE", &excelize.Style{Font: &excelize.Font{Size: 1}})
	set("A3", "SANS FORMAT", &excelize.Style{CustomNumFmt: &nothing})
	set("A4", "blanc sur bleu", &excelize.Style{Font: &excelize.Font{Color: "FFFFFF"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"000080"}}})
	set("A5", "noir", &excelize.Style{Font: &excelize.Font{Color: "000000"}})
	data := pack(t, f)
	text, err := xlsx(data)
	must(t, err)
	if want := "Sheet1\n\nblanc sur bleu\n\nnoir"; text.Content != want {
		t.Errorf("%q, want %q", text.Content, want)
	}
	if got := text.Reading.Pages[0].Hidden; got[qa.HiddenColour] != 5 || got[qa.HiddenTiny] != 9 || got[qa.HiddenInvisible] > 11 {
		t.Errorf("hidden %v", got)
	}
	// White letters may stand on a colour that depends on the values.
	coloured, err := xlsx(change(t, data, "xl/worksheets/sheet1.xml", "</sheetData>", `</sheetData><conditionalFormatting sqref="A1"/>`))
	must(t, err)
	if !strings.Contains(coloured.Content, "BLANC") || strings.Contains(coloured.Content, "MINUSCULE") {
		t.Errorf("%q", coloured.Content)
	}
}

// TestFrenchFigures checks that numbers and dates are shown as the language of the workbook has them, and
// that texts and other formats stay.
func TestFrenchFigures(t *testing.T) {
	t.Parallel()
	make := func(label string) []byte {
		f := excelize.NewFile()
		custom := func(code string) *excelize.Style { return &excelize.Style{CustomNumFmt: &code} }
		for i, c := range []struct {
			value any
			style *excelize.Style
		}{
			{label, nil}, {12500.5, &excelize.Style{NumFmt: 4}}, {"12,500.50", nil}, {"1.2", nil}, {0.125, nil}, {-1234567, &excelize.Style{NumFmt: 3}},
			{0.256, &excelize.Style{NumFmt: 10}}, {45356, &excelize.Style{NumFmt: 14}}, {45356, custom("dd.mm.yyyy")}, {45356, custom("mm.yyyy")}, {1500, custom(`#,##0.00" €"`)},
		} {
			cell := fmt.Sprintf("%s1", columnName(i+1))
			must(t, f.SetCellValue("Sheet1", cell, c.value))
			if c.style != nil {
				style, err := f.NewStyle(c.style)
				must(t, err, f.SetCellStyle("Sheet1", cell, cell, style))
			}
		}
		return pack(t, f)
	}
	for label, want := range map[string]string{
		"Budget de la voirie":    "Budget de la voirie | 12 500,50 | 12,500.50 | 1.2 | 0,125 | -1 234 567 | 25,60% | 05/03/2024 | 05.03.2024 | 03.2024 | 1 500,00 €",
		"Budget of the division": "Budget of the division | 12,500.50 | 12,500.50 | 1.2 | 0.125 | -1,234,567 | 25.60% | 2024-03-05 | 05.03.2024 | 03.2024 | 1,500.00 €",
	} {
		text, err := xlsx(make(label))
		must(t, err)
		if got := text.Content[text.Blocks[1].Start:text.Blocks[1].End]; got != want {
			t.Errorf("%q\nwant %q", got, want)
		}
	}
}

// bare makes a workbook of a few parts, not packed, so that a fuzzer makes many.
func bare(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		must(t, err)
		_, err = io.WriteString(w, parts[name])
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

// FuzzXLSX changes the parts, which a fuzzer of whole archives would never reach behind their checksums.
func FuzzXLSX(f *testing.F) {
	f.Add(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cols><col min="2" max="3" hidden="1"/></cols><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>x</t></is></c></row><row r="3" hidden="1"><c s="1"><f>1+1</f><v>45000</v></c><c r="D3" t="b"><v>1</v></c></row></sheetData><autoFilter ref="A1:D3"/><mergeCells><mergeCell ref="A1:B2"/></mergeCells><drawing r:id="rId1"/></worksheet>`,
		`<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>un</t></si><si><r><t>de</t></r><r><t>ux</t></r></si></sst>`,
		`<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy;@"/></numFmts><fonts><font><sz val="1"/><color theme="0"/></font></fonts><fills><fill><patternFill patternType="solid"/></fill></fills><cellXfs><xf/><xf numFmtId="164" fontId="0" fillId="0"/></cellXfs></styleSheet>`,
		`<xdr><pic/><sp><p><r><t>cadre</t></r></p></sp></xdr>`)
	f.Fuzz(func(t *testing.T, cells, texts, styles, drawing string) {
		data := bare(t, map[string]string{
			"[Content_Types].xml":                 `<Types><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
			"_rels/.rels":                         `<Relationships><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
			"xl/workbook.xml":                     `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Un" sheetId="1" r:id="rId1"/></sheets></workbook>`,
			"xl/_rels/workbook.xml.rels":          `<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
			"xl/worksheets/_rels/sheet1.xml.rels": `<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/drawing" Target="../drawings/d.xml"/></Relationships>`,
			"xl/drawings/d.xml":                   drawing, "xl/worksheets/sheet1.xml": cells, "xl/sharedStrings.xml": texts, "xl/styles.xml": styles})
		o := raw.Limits{MaxText: 1 << 20, MaxBlocks: 5000, MaxCells: 5000}.WithDefaults()
		if text, err := ReadXLSX(context.Background(), o, bytes.NewReader(data)); err == nil {
			checkText(t, text)
		} else if !known(err) {
			t.Fatalf("%v is no verdict", err)
		}
	})
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("nom;montant\n\"a\nb\";1,5\n;;\n"))
	f.Add([]byte("\xFF\xFEa\x00,\x00b\x00\n\x00"))
	for _, data := range seeds(f, "data/hostile/files/text/go-fuzz-csv") {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o := raw.Limits{MaxText: 1 << 20, MaxBlocks: 5000, MaxCells: 5000, MaxInput: 1 << 20}.WithDefaults()
		if text, err := ReadCSV(context.Background(), o, bytes.NewReader(data)); err == nil {
			checkText(t, text)
		} else if err != ErrNoTable && !known(err) {
			t.Fatalf("%v is no verdict", err)
		}
	})
}

func FuzzDecrypt(f *testing.F) {
	own, err := excelize.Encrypt([]byte("PK\x03\x04 texte"), &excelize.Options{Password: "x"})
	must(f, err)
	f.Add(own)
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := Decrypt(raw.Limits{}.WithDefaults(), bytes.NewReader(data), "x"); err != nil && !known(err) {
			t.Fatalf("%v is no verdict", err)
		}
	})
}

// BenchmarkXLSX reads 50,000 rows of five cells, two of them with number formats.
func BenchmarkXLSX(b *testing.B) {
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	must(b, err)
	money, err := f.NewStyle(&excelize.Style{NumFmt: 4})
	must(b, err)
	day, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	must(b, err)
	for i := 1; i <= 50_000; i++ {
		must(b, w.SetRow(fmt.Sprintf("A%d", i), []any{fmt.Sprintf("Service %d", i), i,
			excelize.Cell{StyleID: money, Value: float64(i) * 1.5}, excelize.Cell{StyleID: day, Value: 45_000 + i%300}, "une note assez ordinaire"}))
	}
	must(b, w.Flush())
	data := pack(b, f)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		_, err := xlsx(data)
		must(b, err)
	}
}
