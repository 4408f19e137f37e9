package office_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"rapporteur/ingest/extract/office"
	"rapporteur/ingest/extract/raw"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// small are limits that let the fuzzer reach them.
func small() raw.Limits {
	return raw.Limits{MaxPart: 1 << 20, MaxUnpacked: 4 << 20, MaxText: 1 << 20, MaxBlocks: 5000}.WithDefaults()
}

// check checks what was read: a text keeps its invariants, an error is a verdict.
func check(t *testing.T, text qa.Text, err error) {
	t.Helper()
	var verdict *qa.Error
	if err != nil {
		if !errors.As(err, &verdict) || verdict.Kind == qa.Internal {
			t.Fatalf("%v is no verdict", err)
		}
		return
	}
	end := 0
	for i, b := range text.Blocks {
		if b.Start < end || b.End <= b.Start || b.End > len(text.Content) {
			t.Fatalf("block %d: [%d, %d) after %d in %d bytes", i, b.Start, b.End, end, len(text.Content))
		}
		if b.Header.Len() > 0 && (b.Kind != qa.BlockTableRow || b.Header.End > b.Start) {
			t.Fatalf("block %d: a %s whose header is at %v", i, b.Kind, b.Header)
		}
		end = b.End
	}
	for i, p := range text.Pages {
		if p.Number != i+1 || p.End < p.Start || p.End > len(text.Content) || i > 0 && p.Start < text.Pages[i-1].End {
			t.Fatalf("page %d: %v", i, p)
		}
	}
	if !utf8.ValidString(text.Content) || len(text.Reading.Pages) != max(len(text.Pages), 1) {
		t.Fatalf("%d pages, %d in the report", len(text.Pages), len(text.Reading.Pages))
	}
}

// partOf gives a part of an archive of the hostile data, nil where it cannot be read.
func partOf(file, name string) []byte {
	z, err := zip.OpenReader(file)
	if err != nil {
		return nil
	}
	defer z.Close()
	r, err := z.Open(name)
	if err != nil {
		return nil
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, 64<<10))
	if err != nil {
		return nil
	}
	return data
}

// seeds adds the main parts of the hostile files of a type, where the data is on this machine.
func seeds(f *testing.F, pattern, part string, add func(string)) {
	f.Helper()
	root := filepath.Join(testkit.Root(f), "..", "shared", "data", "hostile")
	if _, err := os.Stat(root); err != nil {
		return
	}
	for _, folder := range []string{"files/ooxml/*", "own/files"} {
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(folder), pattern))
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			if data := partOf(file, part); len(data) > 0 {
				add(string(data))
			}
		}
	}
}

// FuzzDOCX changes the body, the styles and the numbering, which a fuzzer of whole archives would never
// reach behind their checksums.
func FuzzDOCX(f *testing.F) {
	const styles = `<w:styles><w:style w:styleId="a"><w:name w:val="heading 1"/><w:basedOn w:val="a"/><w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr></w:tblStylePr></w:style></w:styles>`
	const numbers = `<w:numbering><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="-1"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1%2."/></w:lvl></w:abstractNum><w:num w:numId="2"><w:abstractNumId w:val="0"/></w:num></w:numbering>`
	f.Add(`<w:document><w:body><w:tbl><w:tblPr><w:tblStyle w:val="a"/></w:tblPr><w:tr><w:trPr><w:tblHeader/></w:trPr><w:tc><w:tcPr><w:gridSpan w:val="-9"/><w:vMerge/></w:tcPr><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>`, styles, numbers)
	seeds(f, "*.docx", "word/document.xml", func(body string) { f.Add(body, styles, numbers) })
	f.Fuzz(func(t *testing.T, body, styles, numbers string) {
		data := pack(t, part{"word/document.xml", body}, part{"word/styles.xml", styles}, part{"word/numbering.xml", numbers})
		text, err := office.ReadDOCX(context.Background(), small(), bytes.NewReader(data))
		check(t, text, err)
	})
}

// FuzzODT changes the content and the styles.
func FuzzODT(f *testing.F) {
	const styles = `<s xmlns:style="s"><style:style style:name="P1" style:family="paragraph" style:parent-style-name="P1"/><style:page-layout-properties fo:background-color="#12"/></s>`
	f.Add(`<c><body><text><list><list-item><h outline-level="99">a</h><p style-name="P1">b<note><note-body><p>c</p></note-body></note></p></list-item></list><table><table-row><table-cell number-columns-repeated="99999"/><table-cell><p>d</p></table-cell></table-row></table></text></body></c>`, styles)
	seeds(f, "*.odt", "content.xml", func(content string) { f.Add(content, styles) })
	f.Fuzz(func(t *testing.T, content, styles string) {
		data := pack(t, part{"mimetype", raw.MediaODT}, part{"content.xml", content}, part{"styles.xml", styles})
		text, err := office.ReadODT(context.Background(), small(), bytes.NewReader(data))
		check(t, text, err)
	})
}

// FuzzPPTX changes a slide, its layout and its notes.
func FuzzPPTX(f *testing.F) {
	layout := `<p:sldLayout ` + slideSpace + `><p:sp><p:nvPr><p:ph idx="1"/></p:nvPr><a:off x="9" y="9"/><a:lstStyle><a:lvl9pPr><a:buAutoNum type="romanUcPeriod" startAt="4000"/></a:lvl9pPr></a:lstStyle></p:sp></p:sldLayout>`
	notes := `<p:notes ` + slideSpace + `><p:cSld><p:spTree>` + box("body", 0, 500, "x") + `</p:spTree></p:cSld></p:notes>`
	tree := func(shapes string) string {
		return `<p:sld ` + slideSpace + `><p:cSld><p:spTree>` + shapes + `</p:spTree></p:cSld></p:sld>`
	}
	f.Add(tree(box("title", 0, 0, "x")+box("", 9, -9, "y")), layout, notes)
	f.Add(tree(`<p:sp><p:txBody>`+strings.Repeat(`<a:p><a:pPr><a:buAutoNum type="alphaLcPlain" startAt="9223372036854775807"/></a:pPr><a:r><a:t>x</a:t></a:r></a:p>`, 3)+`</p:txBody></p:sp>`), layout, notes)
	f.Add(tree(`<p:grpSp><p:grpSpPr><a:xfrm><a:ext cx="1" cy="1"/><a:chExt cx="1" cy="1"/></a:xfrm></p:grpSpPr>`+box("", 1, 1, "z")+`</p:grpSp>`), layout, notes)
	seeds(f, "*.pptx", "ppt/slides/slide1.xml", func(slide string) { f.Add(slide, layout, notes) })
	f.Fuzz(func(t *testing.T, slide, layout, notes string) {
		data := pack(t, related("ppt/_rels/presentation.xml.rels", "slide", "s.xml"),
			part{"ppt/presentation.xml", `<p:presentation ` + slideSpace + `><p:sldId r:id="r1"/></p:presentation>`},
			related("ppt/_rels/s.xml.rels", "slideLayout", "l.xml", "notesSlide", "n.xml"),
			part{"ppt/s.xml", slide}, part{"ppt/l.xml", layout}, part{"ppt/n.xml", notes})
		text, err := office.ReadPPTX(context.Background(), small(), bytes.NewReader(data))
		check(t, text, err)
	})
}
