package extract

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// TestLimits checks that each limit ends in its verdict, and that a file just under it is read.
func TestLimits(t *testing.T) {
	t.Parallel()
	paragraphs := func(n int) string { return strings.Repeat("<w:p><w:r><w:t>mot</w:t></w:r></w:p>", n) }
	nested := func(n int) string {
		return strings.Repeat("<w:tbl><w:tr><w:tc>", n) + paragraphs(1) + strings.Repeat("</w:tc></w:tr></w:tbl>", n)
	}
	many := func(n int) []part { return make([]part, n) }
	for _, c := range []struct {
		name    string
		options raw.Limits
		data    []byte
		want    string // "" means read
	}{
		{"a.docx", raw.Limits{MaxPart: 1 << 20}, docxWith(t, paragraphs(100)), ""},
		{"a.docx", raw.Limits{MaxPart: 1 << 10}, docxWith(t, paragraphs(100)), "too_large_unpacked"},
		{"a.docx", raw.Limits{MaxUnpacked: 4 << 10}, docxWith(t, paragraphs(200)), "too_large_unpacked"},
		{"a.docx", raw.Limits{}, docxWith(t, strings.Repeat(" ", 8<<20)+paragraphs(1)), "too_large_unpacked"}, // ratio
		{"a.docx", raw.Limits{}, docxWith(t, nested(80)), ""},
		{"a.docx", raw.Limits{}, docxWith(t, nested(90)), "resource_limit"},
		{"a.docx", raw.Limits{MaxBlocks: 50}, docxWith(t, paragraphs(51)), "resource_limit"},
		{"a.docx", raw.Limits{MaxText: 100}, docxWith(t, paragraphs(51)), "resource_limit"},
		{"a.docx", raw.Limits{MaxEntries: 10}, docxWith(t, paragraphs(1), many(9)...), ""},
		{"a.docx", raw.Limits{MaxEntries: 2}, docxWith(t, paragraphs(1)), "too_large_unpacked"},
		{"a.docx", raw.Limits{MaxEntries: 2}, docxWith(t, paragraphs(1), many(20)...), "too_large_unpacked"},
		{"a.odt", raw.Limits{}, odtWith(t, "", strings.Repeat("<text:section>", 300)+"<text:p>x</text:p>"+strings.Repeat("</text:section>", 300)), "resource_limit"},
		{"a.txt", raw.Limits{MaxInput: 10}, []byte("dix octets"), ""},
		{"a.txt", raw.Limits{MaxInput: 10}, []byte("onze octets"), "too_large"},
		{"a.html", raw.Limits{MaxMarkup: 10}, []byte("<!doctype html><p>a"), "resource_limit"},
		{"a.html", raw.Limits{MaxTags: 10}, []byte("<!doctype html>" + strings.Repeat("<p>a", 10)), "resource_limit"},
		{"a.html", raw.Limits{}, []byte("<!doctype html>" + strings.Repeat("<div>", 600) + "a"), ""}, // read without a tree
		{"a.md", raw.Limits{}, []byte(strings.Repeat("> ", 60) + "a"), ""},
		{"a.md", raw.Limits{}, []byte(strings.Repeat("> ", 60_000) + "a"), "resource_limit"},
		{"a.md", raw.Limits{}, []byte(strings.Repeat("- ", 60_000) + "a"), "resource_limit"},
		{"a.md", raw.Limits{}, []byte(strings.Repeat(" ", 300) + "- a"), "resource_limit"},
		{"a.md", raw.Limits{}, []byte(strings.Repeat("*a **b ", 100_000)), ""}, // quadratic for a plain parser
		{"a.md", raw.Limits{}, []byte(strings.Repeat("# a\n", 400_000)), ""},   // parsed in pieces
	} {
		_, _, err := read(&Extractor{Limits: c.options}, c.name, c.data)
		if got := qa.CodeOf(err); err == nil && c.want != "" || err != nil && got != c.want {
			t.Errorf("%s %+v %.60q: %v, want %q", c.name, c.options, c.data, err, c.want)
		}
	}
}

// TestCostlyMarks checks that marks that would cost too much stay in the text, with every word.
func TestCostlyMarks(t *testing.T) {
	t.Parallel()
	ordinary := mustRead(t, "a.md", []byte("# Un\n\n"+strings.Repeat("*deux* ", 100)))
	costly := mustRead(t, "a.md", []byte("# Un\n\n"+strings.Repeat("*deux* ", 20_000)))
	if strings.Contains(ordinary.Content, "*") || strings.Count(costly.Content, "*deux*") != 20_000 || kinds(costly)["heading 1"] != 1 {
		t.Errorf("ordinary %.40q, costly %.40q", ordinary.Content, costly.Content)
	}
}

// TestCanceled checks that a cancelled reading stops with the error of its context.
func TestCanceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for media, data := range map[string][]byte{raw.MediaDOCX: sampleDOCX(t), raw.MediaODT: sampleODT(t), raw.MediaHTML: []byte("<p>a"), raw.MediaMarkdown: []byte("a")} {
		if _, err := (&Extractor{}).Extract(ctx, qa.File{ReadSeeker: bytes.NewReader(data), MediaType: media}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", media, err)
		}
	}
}

// TestNothingToRead checks the verdicts on files without text.
func TestNothingToRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ content, want string }{
		"blank.txt":  {" \n\t\u200b\n", "empty"},
		"blank.md":   {"<!-- rien -->\n", "empty"},
		"image.html": {"<!doctype html><title>Photo</title><img src=x>", "no_text"},
		"image.docx": {string(docxWith(t, "<w:p><w:r><w:drawing/></w:r></w:p>")), "no_text"},
		"image.odt":  {string(odtWith(t, "", "<text:p><draw:frame/></text:p>")), "no_text"},
	} {
		if _, _, err := read(&Extractor{}, name, []byte(c.content)); qa.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, err := (&Extractor{}).Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader("x"), MediaType: "image/png"}); qa.CodeOf(err) != "unsupported_type" {
		t.Errorf("an unknown type gives %v", err)
	}
}
