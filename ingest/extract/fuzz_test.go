package extract

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"rapporteur/ingest/extract/raw"
	"rapporteur/internal/testkit"
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
	for _, seed := range testkit.Seeds(f, ".txt") {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) { check(t, raw.MediaText, data) })
}

func FuzzMarkdown(f *testing.F) {
	f.Add(sample(f, "note.md"))
	f.Add([]byte("> - 1. **a _b_** `c` ![d](e) [f][g] <i>h</i>\n\n[g]: x\n\n| a |\n|---|\n| b | c |"))
	for _, seed := range testkit.Seeds(f, ".md") {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) { check(t, raw.MediaMarkdown, data) })
}

func FuzzHTML(f *testing.F) {
	f.Add(sample(f, "page.html"))
	f.Add([]byte("<table><tr><td><ul><li>a<td><table><tr><th>b</table><pre>c\nd<form><p>e"))
	for _, seed := range testkit.Seeds(f, ".html", ".xhtml") {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) { check(t, raw.MediaHTML, data) })
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
