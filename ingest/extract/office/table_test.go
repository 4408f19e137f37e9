package office_test

import (
	"slices"
	"strings"
	"testing"

	"rapporteur/qa"
)

// rowsOf gives the rows of the tables of a text: "# " before a header, and "> " before a row that has one.
func rowsOf(text qa.Text) []string {
	var rows []string
	for _, b := range text.Blocks {
		content := text.Content[b.Start:b.End]
		switch {
		case b.Kind == qa.BlockTableHeader:
			rows = append(rows, "# "+content)
		case b.Kind == qa.BlockTableRow && b.Header.Len() > 0:
			rows = append(rows, text.Content[b.Header.Start:b.Header.End]+" > "+content)
		case b.Kind == qa.BlockTableRow:
			rows = append(rows, content)
		}
	}
	return rows
}

// TestTables reads tables with headers of each kind and with merged cells.
func TestTables(t *testing.T) {
	t.Parallel()
	cell := func(props, text string) string {
		return `<w:tc><w:tcPr>` + props + `</w:tcPr><w:p><w:r><w:t>` + text + `</w:t></w:r></w:p></w:tc>`
	}
	bold := func(s string) string { return strings.ReplaceAll(s, "<w:t>", "<w:rPr><w:b/></w:rPr><w:t>") }
	docx := func(props string, rows ...string) []byte {
		return docxWith(t, `<w:body><w:tbl><w:tblPr>`+props+`</w:tblPr><w:tr>`+strings.Join(rows, `</w:tr><w:tr>`)+`</w:tr></w:tbl></w:body>`,
			part{"word/styles.xml", `<w:styles ` + wordSpace + `><w:style w:type="table" w:styleId="G"><w:tblStylePr w:type="firstRow"><w:tcPr><w:shd w:val="clear" w:fill="DDDDDD"/></w:tcPr></w:tblStylePr></w:style><w:style w:type="table" w:styleId="N"/></w:styles>`})
	}
	two := cell("", "a") + cell("", "b")
	odt := func(styles, rows string) []byte { return odtWith(t, styles, `<table:table>`+rows+`</table:table>`) }
	odtRow := func(cells string) string { return `<table:table-row>` + cells + `</table:table-row>` }
	odtCell := func(style, text string) string {
		return `<table:table-cell><text:p text:style-name="` + style + `">` + text + `</text:p></table:table-cell>`
	}
	strong := `<style:style style:name="B" style:family="paragraph"><style:text-properties fo:font-weight="bold"/></style:style>`
	for _, c := range []struct {
		name, format string
		data         []byte
		want         []string
	}{
		{"repeated on each page", "docx", docx("", `<w:trPr><w:tblHeader/></w:trPr>`+cell("", "x")+cell("", "y"), two), []string{"# x | y", "x | y > a | b"}},
		{"style", "docx", docx(`<w:tblStyle w:val="G"/><w:tblLook w:val="0020"/>`, cell("", "x")+cell("", "y"), two), []string{"# x | y", "x | y > a | b"}},
		{"style not wanted", "docx", docx(`<w:tblStyle w:val="G"/><w:tblLook w:firstRow="0"/>`, cell("", "x")+cell("", "y"), two), []string{"x | y", "a | b"}},
		{"style that says nothing", "docx", docx(`<w:tblStyle w:val="N"/><w:tblLook w:firstRow="1"/>`, cell("", "x")+cell("", "y"), two), []string{"x | y", "a | b"}},
		{"bold", "docx", docx("", bold(cell("", "x")+cell("", "y")), two, two), []string{"# x | y", "x | y > a | b", "x | y > a | b"}},
		{"all bold", "docx", docx("", bold(cell("", "x")+cell("", "y")), bold(two)), []string{"x | y", "a | b"}},
		{"one bold cell", "docx", docx("", bold(cell("", "x")), two), []string{"x", "a | b"}},
		{"half bold", "docx", docx("", bold(cell("", "x"))+cell("", "y"), two), []string{"x | y", "a | b"}},
		{"merged down", "docx", docx("", cell(`<w:vMerge w:val="restart"/>`, "x")+cell("", "1"), cell(`<w:vMerge/>`, "non")+cell("", "2")), []string{"x | 1", "| 2"}},
		{"merged across", "docx", docx("", cell(`<w:gridSpan w:val="2"/>`, "x")+cell("", "1"), two+cell("", "2")), []string{"x | | 1", "a | b | 2"}},
		{"starts late", "docx", docx("", `<w:trPr><w:gridBefore w:val="1"/></w:trPr>`+cell("", "x"), two), []string{"| x", "a | b"}},
		{"two tables", "docx", docx("", `<w:trPr><w:tblHeader/></w:trPr>`+two, two+`</w:tr></w:tbl><w:tbl><w:tr>`+two), []string{"# a | b", "a | b > a | b", "a | b"}},
		{"table in a text box", "docx", docxWith(t, `<w:body><w:p><w:r><w:pict><w:txbxContent><w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>`+two+`</w:tr><w:tr>`+two+`</w:tr></w:tbl></w:txbxContent></w:pict></w:r></w:p></w:body>`), []string{"# a | b", "a | b > a | b"}},
		{"header rows", "odt", odt("", `<table:table-header-rows>`+odtRow(odtCell("", "x")+odtCell("", "y"))+`</table:table-header-rows>`+odtRow(odtCell("", "a")+odtCell("", "b"))), []string{"# x | y", "x | y > a | b"}},
		{"bold", "odt", odt(strong, odtRow(odtCell("B", "x")+odtCell("B", "y"))+odtRow(odtCell("", "a")+odtCell("B", "b"))), []string{"# x | y", "x | y > a | b"}},
		{"heading style", "odt", odt("", odtRow(odtCell("Table_20_Heading", "x")+odtCell("Table_20_Heading", "y"))+odtRow(odtCell("", "a")+odtCell("", "b"))), []string{"# x | y", "x | y > a | b"}},
		{"covered", "odt", odt("", odtRow(odtCell("", "x")+`<table:covered-table-cell><text:p>non</text:p></table:covered-table-cell>`+odtCell("", "1"))+odtRow(`<table:covered-table-cell table:number-columns-repeated="2"/>`+odtCell("", "2"))), []string{"x | | 1", "| | 2"}},
	} {
		text, err := read(t, "a."+c.format, c.data)
		if got := rowsOf(text); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s, %s: %q (%v), want %q", c.format, c.name, got, err, c.want)
		}
		if n := text.Reading.Total().Tables; n < 1 || n > 2 || n == 2 != (c.name == "two tables") {
			t.Errorf("%s, %s: %d tables counted", c.format, c.name, n)
		}
	}
}

// TestKinds reads captions, tables of contents, pictures and diagrams, and what the report says of them.
func TestKinds(t *testing.T) {
	t.Parallel()
	docx := docxWith(t, `<w:body>
<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr><w:sdtContent><w:p><w:r><w:t>Sommaire</w:t></w:r></w:p></w:sdtContent></w:sdt>
<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> TOC \o "1-3"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>Chapitre 1</w:t></w:r></w:p>
<w:p><w:r><w:t>Chapitre 2</w:t></w:r></w:p>
<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:r><w:t>Chapitre</w:t></w:r></w:p>
<w:p><w:r><w:t>Texte.</w:t></w:r><w:r><w:drawing><pic:pic xmlns:pic="p"/></w:drawing></w:r></w:p>
<w:p><w:pPr><w:pStyle w:val="L"/></w:pPr><w:r><w:t>Figure 1</w:t></w:r></w:p>
<w:p><w:r><w:drawing><dgm:relIds xmlns:dgm="d" r:dm="r1"/></w:drawing></w:r></w:p></w:body>`,
		part{"word/styles.xml", `<w:styles ` + wordSpace + `><w:style w:styleId="C"><w:name w:val="caption"/></w:style><w:style w:styleId="L"><w:name w:val="Ma légende"/><w:basedOn w:val="C"/></w:style></w:styles>`},
		related("word/_rels/document.xml.rels", "diagramData", "diagrams/data1.xml", "header", "header1.xml", "aFChunk", "part.html"),
		part{"word/diagrams/data1.xml", `<d:dataModel xmlns:d="d" xmlns:a="a"><d:pt><d:t><a:p><a:r><a:t>Étape</a:t></a:r></a:p></d:t></d:pt><d:pt/></d:dataModel>`},
		part{"word/header1.xml", `<w:hdr ` + wordSpace + `><w:p><w:r><w:t>En-tête</w:t></w:r></w:p><w:p/></w:hdr>`},
		part{"docProps/core.xml", `<c xmlns:dcterms="t"><dcterms:created>2024-05-06T07:08:09Z</dcterms:created><dcterms:modified>2024-06-01T00:00:00Z</dcterms:modified></c>`})
	odt := odtWith(t, `<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Illustration"/>`, `
<text:table-of-content><text:index-body><text:index-title><text:p>Sommaire</text:p></text:index-title><text:p>Chapitre 1</text:p></text:index-body></text:table-of-content>
<text:p text:style-name="Contents_20_1">Chapitre 2</text:p><text:h text:outline-level="1">Chapitre</text:h>
<text:p>Texte.<draw:frame><draw:image/><draw:image/></draw:frame></text:p><text:p text:style-name="P1">Figure 1</text:p><text:p>Étape</text:p>`,
		part{"styles.xml", `<s xmlns:style="s" xmlns:text="t"><style:master-page><style:header><text:p>En-tête</text:p><text:p/></style:header></style:master-page></s>`},
		part{"meta.xml", `<m xmlns:meta="m" xmlns:dc="c"><meta:creation-date>2024-05-06T07:08:09.000000000</meta:creation-date><dc:date>2024-06-01T00:00:00</dc:date></m>`})
	const want = "contents Sommaire, contents Chapitre 1, contents Chapitre 2, heading Chapitre, paragraph Texte., caption Figure 1, paragraph Étape"
	for name, data := range map[string][]byte{"a.docx": docx, "a.odt": odt} {
		text, err := read(t, name, data)
		var got []string
		for _, b := range text.Blocks {
			got = append(got, string(b.Kind)+" "+text.Content[b.Start:b.End])
		}
		if joined := strings.Join(got, ", "); err != nil || joined != want {
			t.Errorf("%s: %s (%v)", name, joined, err)
		}
		total := text.Reading.Total()
		if total.Images != 1 || total.Repeated != 1 {
			t.Errorf("%s: %d images, %d repeated lines", name, total.Images, total.Repeated)
		}
		if created, modified := text.Reading.Created.Format("2006-01-02 15:04:05"), text.Reading.Modified.Format("2006-01-02"); created != "2024-05-06 07:08:09" || modified != "2024-06-01" {
			t.Errorf("%s: created %s, modified %s", name, created, modified)
		}
		if attached := strings.Join(text.Reading.Attachments, ","); name == "a.docx" && attached != "part.html" {
			t.Errorf("attachments %q", attached)
		}
	}
}
