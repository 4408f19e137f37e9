package main

import (
	"fmt"
	"strings"
)

const odfNamespaces = `xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"` +
	` xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"` +
	` xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"` +
	` xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"` +
	` xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"` +
	` xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0"` +
	` xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.3"`

// odtWriter collects the body of an ODT.
type odtWriter struct {
	out    strings.Builder
	notes  [][]run
	tables int
}

// renderODT writes a document in the OpenDocument format: headings with outline levels, lists,
// tables with a header row, and notes.
func renderODT(doc document) ([]byte, error) {
	w := &odtWriter{notes: doc.Notes}
	w.paragraph("Title", []run{{Text: doc.Title}})
	w.paragraph("Subtitle", []run{{Text: doc.Town}})
	w.paragraph("Subtitle", []run{{Text: doc.Adopted}})
	for _, b := range doc.Blocks {
		if err := w.block(b); err != nil {
			return nil, err
		}
	}
	content := odfHead("document-content") + odtAutomatic + "<office:body><office:text>" + w.out.String() +
		"</office:text></office:body></office:document-content>"
	return pack([]part{
		{"mimetype", "application/vnd.oasis.opendocument.text"},
		{"content.xml", content},
		{"styles.xml", odfHead("document-styles") + odtStyles + "</office:document-styles>"},
		{"meta.xml", odtMeta(doc)},
		{"META-INF/manifest.xml", odtManifest},
	})
}

func (w *odtWriter) block(b block) error {
	switch b.Kind {
	case heading:
		fmt.Fprintf(&w.out, `<text:h text:style-name="Heading_20_%d" text:outline-level="%d">%s</text:h>`, b.Level, b.Level, w.runs(b.Text))
	case paragraph:
		w.paragraph("Text_20_body", b.Text)
	case quote:
		w.paragraph("Quotations", b.Text)
	case list:
		style := "Puces"
		if b.Ordered {
			style = "Nombres"
		}
		fmt.Fprintf(&w.out, `<text:list text:style-name="%s">`, style)
		for _, item := range b.Items {
			w.out.WriteString("<text:list-item>")
			w.paragraph("List", item)
			w.out.WriteString("</text:list-item>")
		}
		w.out.WriteString("</text:list>")
	case table:
		w.table(b)
	default:
		return fmt.Errorf("an ODT has no block of kind %d", b.Kind)
	}
	return nil
}

func (w *odtWriter) paragraph(style string, runs []run) {
	fmt.Fprintf(&w.out, `<text:p text:style-name="%s">%s</text:p>`, style, w.runs(runs))
}

func (w *odtWriter) runs(runs []run) string {
	var out strings.Builder
	for _, r := range runs {
		switch {
		case r.Note > 0:
			fmt.Fprintf(&out, `<text:note text:id="ftn%d" text:note-class="footnote"><text:note-citation>%d</text:note-citation>`+
				`<text:note-body><text:p text:style-name="Footnote">%s</text:p></text:note-body></text:note>`, r.Note, r.Note, w.runs(w.notes[r.Note-1]))
		case r.Bold:
			fmt.Fprintf(&out, `<text:span text:style-name="Gras">%s</text:span>`, escape(r.Text))
		case r.Italic:
			fmt.Fprintf(&out, `<text:span text:style-name="Italique">%s</text:span>`, escape(r.Text))
		default:
			out.WriteString(escape(r.Text))
		}
	}
	return out.String()
}

func (w *odtWriter) table(b block) {
	w.tables++
	w.paragraph("Caption", b.Caption)
	fmt.Fprintf(&w.out, `<table:table table:name="Tableau%d"><table:table-column table:number-columns-repeated="%d"/>`, w.tables, len(b.Rows[0]))
	for i, row := range b.Rows {
		style := "Table_20_Contents"
		if i == 0 {
			style = "Table_20_Heading"
			w.out.WriteString("<table:table-header-rows>")
		}
		w.out.WriteString("<table:table-row>")
		for _, c := range row {
			w.out.WriteString(`<table:table-cell table:style-name="Cellule" office:value-type="string">`)
			w.paragraph(style, c)
			w.out.WriteString("</table:table-cell>")
		}
		w.out.WriteString("</table:table-row>")
		if i == 0 {
			w.out.WriteString("</table:table-header-rows>")
		}
	}
	w.out.WriteString("</table:table>")
}

func odfHead(root string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>` + "\n<office:" + root + " " + odfNamespaces + ">"
}

func odtMeta(doc document) string {
	made := doc.Made.Format("2006-01-02T15:04:05")
	return odfHead("document-meta") + fmt.Sprintf(`<office:meta><dc:title>%s</dc:title><dc:subject>%s</dc:subject>`+
		`<dc:creator>%s</dc:creator><meta:creation-date>%s</meta:creation-date><dc:date>%s</dc:date><dc:language>fr-FR</dc:language>`+
		`</office:meta></office:document-meta>`, escape(doc.Title), escape(doc.Subtitle), escape(doc.Town), made, made)
}

// The parts that do not depend on the document (OpenDocument 1.3).

const odtManifest = `<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/><manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/><manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/></manifest:manifest>`

const odtAutomatic = `<office:automatic-styles><style:style style:name="Gras" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style><style:style style:name="Italique" style:family="text"><style:text-properties fo:font-style="italic"/></style:style><style:style style:name="Cellule" style:family="table-cell"><style:table-cell-properties fo:padding="0.1cm" fo:border="0.5pt solid #a0a6ad"/></style:style><text:list-style style:name="Puces"><text:list-level-style-bullet text:level="1" text:bullet-char="•"><style:list-level-properties text:space-before="0.5cm" text:min-label-width="0.5cm"/></text:list-level-style-bullet></text:list-style><text:list-style style:name="Nombres"><text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."><style:list-level-properties text:space-before="0.5cm" text:min-label-width="0.6cm"/></text:list-level-style-number></text:list-style></office:automatic-styles>`

const odtStyles = `<office:styles><style:default-style style:family="paragraph"><style:text-properties fo:font-family="Arial" fo:font-size="10.5pt" fo:language="fr" fo:country="FR"/></style:default-style>
<style:style style:name="Standard" style:family="paragraph"/>
<style:style style:name="Text_20_body" style:display-name="Text body" style:family="paragraph" style:parent-style-name="Standard"><style:paragraph-properties fo:margin-bottom="0.22cm" fo:line-height="120%" fo:text-align="justify"/></style:style>
<style:style style:name="Title" style:family="paragraph" style:parent-style-name="Standard"><style:paragraph-properties fo:margin-bottom="0.2cm"/><style:text-properties fo:font-size="24pt" fo:font-weight="bold" fo:color="#6b3d14"/></style:style>
<style:style style:name="Subtitle" style:family="paragraph" style:parent-style-name="Standard"><style:paragraph-properties fo:margin-bottom="0.2cm"/><style:text-properties fo:font-size="12pt" fo:color="#595f66"/></style:style>
<style:style style:name="Heading_20_1" style:display-name="Heading 1" style:family="paragraph" style:parent-style-name="Standard" style:default-outline-level="1"><style:paragraph-properties fo:margin-top="0.6cm" fo:margin-bottom="0.25cm" fo:keep-with-next="always"/><style:text-properties fo:font-size="16pt" fo:font-weight="bold" fo:color="#6b3d14"/></style:style>
<style:style style:name="Heading_20_2" style:display-name="Heading 2" style:family="paragraph" style:parent-style-name="Standard" style:default-outline-level="2"><style:paragraph-properties fo:margin-top="0.4cm" fo:margin-bottom="0.18cm" fo:keep-with-next="always"/><style:text-properties fo:font-size="12.5pt" fo:font-weight="bold" fo:color="#6b3d14"/></style:style>
<style:style style:name="List" style:family="paragraph" style:parent-style-name="Standard"><style:paragraph-properties fo:margin-bottom="0.1cm"/></style:style>
<style:style style:name="Quotations" style:family="paragraph" style:parent-style-name="Text_20_body"><style:paragraph-properties fo:margin-left="0.5cm" fo:padding-left="0.3cm" fo:border-left="2pt solid #6b3d14"/></style:style>
<style:style style:name="Caption" style:family="paragraph" style:parent-style-name="Standard"><style:paragraph-properties fo:margin-top="0.3cm" fo:margin-bottom="0.15cm" fo:keep-with-next="always"/><style:text-properties fo:font-weight="bold" fo:font-size="9.5pt"/></style:style>
<style:style style:name="Table_20_Contents" style:display-name="Table Contents" style:family="paragraph" style:parent-style-name="Standard"/>
<style:style style:name="Table_20_Heading" style:display-name="Table Heading" style:family="paragraph" style:parent-style-name="Standard"><style:text-properties fo:font-weight="bold"/></style:style>
<style:style style:name="Footnote" style:family="paragraph" style:parent-style-name="Standard"><style:text-properties fo:font-size="8.5pt"/></style:style>
<text:notes-configuration text:note-class="footnote" style:num-format="1" text:footnotes-position="page"/>
</office:styles><office:automatic-styles><style:page-layout style:name="A4"><style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm" fo:margin-top="2.3cm" fo:margin-bottom="2cm" fo:margin-left="2.3cm" fo:margin-right="2.3cm"/></style:page-layout></office:automatic-styles><office:master-styles><style:master-page style:name="Standard" style:page-layout-name="A4"/></office:master-styles>`
