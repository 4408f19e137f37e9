package main

import (
	"fmt"
	"strings"
)

const wordNamespaces = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"` +
	` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`

// wordWriter collects the body of a DOCX.
type wordWriter struct {
	out   strings.Builder
	lists []bool // one numbering per list: true for an ordered one
}

// renderDOCX writes a document as Office Open XML: styled headings, real lists, tables with a header
// row, footnotes and a page number in the footer.
func renderDOCX(doc document) ([]byte, error) {
	w := &wordWriter{}
	w.paragraph("Title", "", []run{{Text: doc.Title}})
	w.paragraph("Subtitle", "", []run{{Text: doc.Town}})
	w.paragraph("Subtitle", "", []run{{Text: doc.Adopted}})
	for _, b := range doc.Blocks {
		if err := w.block(b); err != nil {
			return nil, err
		}
	}
	body := wordHead("document") + "<w:body>" + w.out.String() + wordSection + "</w:body></w:document>"
	return pack([]part{
		{"[Content_Types].xml", wordTypes},
		{"_rels/.rels", wordPackage},
		{"docProps/core.xml", coreProperties(doc)},
		{"word/_rels/document.xml.rels", wordLinks},
		{"word/document.xml", body},
		{"word/styles.xml", wordStyles},
		{"word/numbering.xml", wordNumbering(w.lists)},
		{"word/footnotes.xml", wordFootnotes(doc.Notes)},
		{"word/footer1.xml", wordFooter},
	})
}

func (w *wordWriter) block(b block) error {
	switch b.Kind {
	case heading:
		w.paragraph(fmt.Sprintf("Heading%d", b.Level), "", b.Text)
	case paragraph:
		w.paragraph("BodyText", "", b.Text)
	case quote:
		w.paragraph("Quote", "", b.Text)
	case list:
		w.lists = append(w.lists, b.Ordered)
		numbering := fmt.Sprintf(`<w:numPr><w:ilvl w:val="0"/><w:numId w:val="%d"/></w:numPr>`, len(w.lists))
		for _, item := range b.Items {
			w.paragraph("ListParagraph", numbering, item)
		}
	case table:
		w.table(b)
	default:
		return fmt.Errorf("a DOCX has no block of kind %d", b.Kind)
	}
	return nil
}

func (w *wordWriter) paragraph(style, properties string, runs []run) {
	fmt.Fprintf(&w.out, `<w:p><w:pPr><w:pStyle w:val="%s"/>%s</w:pPr>%s</w:p>`, style, properties, wordRuns(runs))
}

func wordRuns(runs []run) string {
	var out strings.Builder
	for _, r := range runs {
		if r.Note > 0 {
			fmt.Fprintf(&out, `<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteReference w:id="%d"/></w:r>`, r.Note)
			continue
		}
		properties := ""
		if r.Bold {
			properties += "<w:b/>"
		}
		if r.Italic {
			properties += "<w:i/>"
		}
		fmt.Fprintf(&out, `<w:r><w:rPr>%s</w:rPr><w:t xml:space="preserve">%s</w:t></w:r>`, properties, escape(r.Text))
	}
	return out.String()
}

func (w *wordWriter) table(b block) {
	w.paragraph("Caption", "", b.Caption)
	w.out.WriteString(`<w:tbl><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="5000" w:type="pct"/></w:tblPr><w:tblGrid>`)
	for range b.Rows[0] {
		fmt.Fprintf(&w.out, `<w:gridCol w:w="%d"/>`, 9000/len(b.Rows[0]))
	}
	w.out.WriteString(`</w:tblGrid>`)
	for i, row := range b.Rows {
		w.out.WriteString("<w:tr>")
		if i == 0 {
			w.out.WriteString("<w:trPr><w:tblHeader/></w:trPr>")
		}
		for _, c := range row {
			style := "TableText"
			if i == 0 {
				style = "TableHeading"
			}
			w.out.WriteString("<w:tc><w:tcPr/>")
			w.paragraph(style, "", c)
			w.out.WriteString("</w:tc>")
		}
		w.out.WriteString("</w:tr>")
	}
	w.out.WriteString("</w:tbl>")
	w.paragraph("BodyText", "", nil)
}

func wordHead(root string) string {
	return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n<w:" + root + " " + wordNamespaces + ">"
}

func wordFootnotes(notes [][]run) string {
	var out strings.Builder
	out.WriteString(wordHead("footnotes"))
	out.WriteString(`<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>`)
	out.WriteString(`<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>`)
	for i, n := range notes {
		fmt.Fprintf(&out, `<w:footnote w:id="%d"><w:p><w:pPr><w:pStyle w:val="FootnoteText"/></w:pPr>`+
			`<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteRef/></w:r>`+
			`<w:r><w:t xml:space="preserve"> </w:t></w:r>%s</w:p></w:footnote>`, i+1, wordRuns(n))
	}
	out.WriteString("</w:footnotes>")
	return out.String()
}

// wordNumbering gives each list a numbering of its own, so that an ordered one starts at 1.
func wordNumbering(lists []bool) string {
	var out strings.Builder
	out.WriteString(wordHead("numbering"))
	for i, kind := range []struct{ format, text string }{{"bullet", "•"}, {"decimal", "%1."}} {
		fmt.Fprintf(&out, `<w:abstractNum w:abstractNumId="%d"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="%s"/>`+
			`<w:lvlText w:val="%s"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="567" w:hanging="283"/></w:pPr></w:lvl></w:abstractNum>`,
			i, kind.format, kind.text)
	}
	for i, ordered := range lists {
		abstract := 0
		if ordered {
			abstract = 1
		}
		fmt.Fprintf(&out, `<w:num w:numId="%d"><w:abstractNumId w:val="%d"/>`+
			`<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>`, i+1, abstract)
	}
	out.WriteString("</w:numbering>")
	return out.String()
}

func coreProperties(doc document) string {
	made := doc.Made.Format("2006-01-02T15:04:05Z")
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>%s</dc:title><dc:subject>%s</dc:subject><dc:creator>%s</dc:creator><dc:language>fr-FR</dc:language><dcterms:created xsi:type="dcterms:W3CDTF">%s</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">%s</dcterms:modified></cp:coreProperties>`,
		escape(doc.Title), escape(doc.Subtitle), escape(doc.Town), made, made)
}
