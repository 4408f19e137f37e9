package extract

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// small are limits that let the fuzzer reach them.
func small() raw.Limits {
	return raw.Limits{MaxPart: 1 << 20, MaxUnpacked: 4 << 20, MaxText: 1 << 20, MaxBlocks: 5000, MaxTags: 5000, MaxInput: 1 << 20}
}

// check reads data as one type: a text keeps its invariants, an error is a verdict.
func check(t *testing.T, media string, data []byte) {
	text, err := (&Extractor{Limits: small()}).Extract(context.Background(), qa.File{ReadSeeker: bytes.NewReader(data), MediaType: media})
	if err == nil {
		checkText(t, text)
		return
	}
	var e *qa.Error
	if !errors.As(err, &e) || !verdict(e.Code) || e.Kind == qa.Internal {
		t.Fatalf("%v is no verdict", err)
	}
}

func sample(f *testing.F, name string) []byte {
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		f.Fatal(err)
	}
	return data
}

func FuzzText(f *testing.F) {
	f.Add(sample(f, "wrapped.txt"))
	f.Add([]byte("\xFF\xFEN\x00\xEE\x00"))
	f.Add([]byte("e\u0301\u0327\u200b\u00ad\U000E0041 \uFB03\r\n\x00\xE9"))
	for _, seed := range hostileSeeds(f, ".txt") {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) { check(t, raw.MediaText, data) })
}

func FuzzMarkdown(f *testing.F) {
	f.Add(sample(f, "note.md"))
	f.Add([]byte("> - 1. **a _b_** `c` ![d](e) [f][g] <i>h</i>\n\n[g]: x\n\n| a |\n|---|\n| b | c |"))
	for _, seed := range hostileSeeds(f, ".md") {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) { check(t, raw.MediaMarkdown, data) })
}

func FuzzHTML(f *testing.F) {
	f.Add(sample(f, "page.html"))
	f.Add([]byte("<table><tr><td><ul><li>a<td><table><tr><th>b</table><pre>c\nd<form><p>e"))
	for _, seed := range hostileSeeds(f, ".html", ".xhtml") {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) { check(t, raw.MediaHTML, data) })
}

// FuzzDOCX changes the body, the styles and the numbering, which a fuzzer of whole archives would
// never reach behind their checksums.
func FuzzDOCX(f *testing.F) {
	f.Add(sampleBody, `<w:styles><w:style w:styleId="a"><w:name w:val="heading 1"/><w:basedOn w:val="a"/></w:style></w:styles>`,
		`<w:numbering><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="-1"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1%2."/></w:lvl></w:abstractNum><w:num w:numId="2"><w:abstractNumId w:val="0"/></w:num></w:numbering>`)
	f.Fuzz(func(t *testing.T, body, styles, numbering string) {
		check(t, raw.MediaDOCX, docxWith(t, body, part{"word/styles.xml", styles}, part{"word/numbering.xml", numbering}))
	})
}

func FuzzODT(f *testing.F) {
	f.Add(`<style:style style:name="P1" style:family="paragraph" style:parent-style-name="P1"/><text:list-style style:name="L1"><text:list-level-style-number text:level="-3" style:num-format="i" text:start-value="9"/></text:list-style>`,
		`<text:list text:style-name="L1"><text:list-item><text:h text:outline-level="99">a</text:h><text:p text:style-name="P1">b<text:note><text:note-body><text:p>c</text:p></text:note-body></text:note></text:p></text:list-item></text:list><table:table><table:table-row><table:table-cell><text:p>d</text:p></table:table-cell></table:table-row></table:table>`)
	f.Fuzz(func(t *testing.T, styles, body string) { check(t, raw.MediaODT, odtWith(t, styles, body)) })
}

// FuzzSniff reads whatever the type was found to be.
func FuzzSniff(f *testing.F) {
	f.Add("a.docx", sampleDOCX(f))
	f.Add("a.odt", sampleODT(f))
	f.Add("a.md", sample(f, "note.md"))
	f.Add("a", []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		media, err := (&Extractor{Limits: small()}).Sniff(qa.File{ReadSeeker: bytes.NewReader(data), Name: name})
		if err == nil {
			check(t, media, data)
			return
		}
		if !verdict(qa.CodeOf(err)) {
			t.Fatalf("%v is no verdict", err)
		}
	})
}
