package office_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"testing"

	"rapporteur/ingest/extract/raw"
)

// part is a file of an archive.
type part struct{ name, content string }

// pack makes a ZIP archive.
func pack(t testing.TB, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.Create(p.name)
		if err == nil {
			_, err = w.Write([]byte(p.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	wordSpace = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" ` +
		`xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" ` + relationSpace
	slideSpace = `xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" ` +
		`xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" ` + relationSpace
	relationSpace = `xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	relationType  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
)

// related makes the relationships of a part: kinds and targets in turn, with the ids r1, r2…
func related(name string, kindsAndTargets ...string) part {
	var b bytes.Buffer
	b.WriteString(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for i := 0; i+1 < len(kindsAndTargets); i += 2 {
		fmt.Fprintf(&b, `<Relationship Id="r%d" Type="%s%s" Target="%s"/>`, i/2+1, relationType, kindsAndTargets[i], kindsAndTargets[i+1])
	}
	b.WriteString(`</Relationships>`)
	return part{name, b.String()}
}

// docxWith makes a DOCX whose body and further parts are given.
func docxWith(t testing.TB, body string, more ...part) []byte {
	return pack(t, append([]part{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`},
		related("_rels/.rels", "officeDocument", "word/document.xml"),
		{"word/document.xml", `<?xml version="1.0" encoding="UTF-8"?><w:document ` + wordSpace + `>` + body + `</w:document>`},
	}, more...)...)
}

// odtWith makes an ODT whose automatic styles and body are given.
func odtWith(t testing.TB, styles, body string, more ...part) []byte {
	const space = `xmlns:office="o" xmlns:text="t" xmlns:table="b" xmlns:style="s" xmlns:draw="d" xmlns:fo="f" xmlns:svg="v" xmlns:dc="c"`
	return pack(t, append([]part{
		{"mimetype", raw.MediaODT},
		{"content.xml", `<?xml version="1.0" encoding="UTF-8"?><office:document-content ` + space + `><office:automatic-styles>` + styles + `</office:automatic-styles><office:body><office:text>` + body + `</office:text></office:body></office:document-content>`},
		{"META-INF/manifest.xml", `<manifest:manifest xmlns:manifest="m"/>`},
	}, more...)...)
}

// pptxWith makes a presentation of slides, given as the content of their trees of shapes; the attributes
// of a slide stand before a "|".
func pptxWith(t testing.TB, slides []string, more ...part) []byte {
	list, targets := "", []string{}
	var parts []part
	for i, content := range slides {
		list += fmt.Sprintf(`<p:sldId id="%d" r:id="r%d"/>`, 256+i, i+1)
		targets = append(targets, "slide", fmt.Sprintf("slides/slide%d.xml", i+1))
		attributes, tree, found := bytes.Cut([]byte(content), []byte("|"))
		if !found {
			attributes, tree = nil, []byte(content)
		}
		parts = append(parts, part{fmt.Sprintf("ppt/slides/slide%d.xml", i+1),
			fmt.Sprintf(`<p:sld %s %s><p:cSld><p:spTree>%s</p:spTree></p:cSld></p:sld>`, slideSpace, attributes, tree)})
	}
	parts = append(parts, part{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`},
		related("_rels/.rels", "officeDocument", "ppt/presentation.xml"),
		related("ppt/_rels/presentation.xml.rels", targets...),
		part{"ppt/presentation.xml", `<p:presentation ` + slideSpace + `><p:sldIdLst>` + list + `</p:sldIdLst><p:sldSz cx="9144000" cy="6858000"/></p:presentation>`})
	return pack(t, append(parts, more...)...)
}

// box makes a shape at a place in thousandths of a slide's height, of the kind "" for a plain text box.
func box(kind string, x, y int, paragraphs ...string) string {
	holder, content := "", ""
	if kind != "" {
		holder = `<p:ph type="` + kind + `"/>`
	}
	for _, p := range paragraphs {
		content += `<a:p><a:r><a:t>` + p + `</a:t></a:r></a:p>`
	}
	return fmt.Sprintf(`<p:sp><p:nvSpPr><p:cNvPr id="1" name="x"/><p:nvPr>%s</p:nvPr></p:nvSpPr><p:spPr><a:xfrm><a:off x="%d" y="%d"/><a:ext cx="2000000" cy="500000"/></a:xfrm></p:spPr><p:txBody>%s</p:txBody></p:sp>`,
		holder, x*6858, y*6858, content)
}
