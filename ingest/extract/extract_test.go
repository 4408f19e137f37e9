package extract

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"rapporteur/ingest/extract/draft"
	"rapporteur/qa"
)

var update = flag.Bool("update", false, "write the golden files anew")

// read tells the type and extracts, as the ingestion does.
func read(x *Extractor, name string, data []byte) (string, qa.Text, error) {
	r := bytes.NewReader(data)
	media, err := x.Sniff(qa.File{ReadSeeker: r, Name: name})
	if err != nil {
		return "", qa.Text{}, err
	}
	t, err := x.Extract(context.Background(), qa.File{ReadSeeker: r, MediaType: media})
	return media, t, err
}

// mustRead reads a sample that has to be readable and checks what holds for every text.
func mustRead(t *testing.T, name string, data []byte) qa.Text {
	t.Helper()
	_, text, err := read(&Extractor{}, name, data)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	checkText(t, text)
	return text
}

// checkText checks the invariants of qa.Text.
func checkText(t testing.TB, text qa.Text) {
	t.Helper()
	if !utf8.ValidString(text.Content) || !norm.NFC.IsNormalString(text.Content) {
		t.Errorf("the content is not UTF-8 in NFC")
	}
	for _, r := range text.Content + text.Title {
		if draft.Invisible(r) || r == 0 || r == '\r' {
			t.Errorf("the invisible character %U was kept", r)
			break
		}
	}
	end := 0
	for i, b := range text.Blocks {
		if b.Start < end || b.End <= b.Start || b.End > len(text.Content) {
			t.Fatalf("block %d: [%d, %d) after %d in %d bytes", i, b.Start, b.End, end, len(text.Content))
		}
		if between := text.Content[end:b.Start]; strings.TrimSpace(between) != "" {
			t.Errorf("no block holds %q", between)
		}
		inside := text.Content[b.Start:b.End]
		if strings.TrimFunc(inside, unicode.IsSpace) == "" {
			t.Errorf("block %d is empty", i)
		}
		if wantLevel := b.Kind == qa.BlockHeading || b.Kind == qa.BlockListItem; wantLevel != (b.Level >= 1 && b.Level <= 9) {
			t.Errorf("block %d: a %s of level %d", i, b.Kind, b.Level)
		}
		end = b.End
	}
	if rest := text.Content[end:]; strings.TrimSpace(rest) != "" {
		t.Errorf("no block holds the end %q", rest)
	}
	if strings.Contains(text.Title, "\n") || utf8.RuneCountInString(text.Title) > 200 {
		t.Errorf("the title %q is not a title", text.Title)
	}
}

// dump writes a text for golden files: one block a line, its kind first.
func dump(text qa.Text) string {
	var b strings.Builder
	b.WriteString("title: " + text.Title + "\nlanguage: " + text.Language + "\n\n")
	for _, k := range text.Blocks {
		b.WriteString(string(k.Kind))
		if k.Level > 0 {
			b.WriteString(" " + string(rune('0'+k.Level)))
		}
		b.WriteString(": " + strings.ReplaceAll(text.Content[k.Start:k.End], "\n", "⏎") + "\n")
	}
	return b.String()
}

// golden compares with testdata/name.golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (run with -update to accept):\n%s", file, got)
	}
}

// kinds counts the blocks of each kind; headings are counted by level too, as "heading 1".
func kinds(text qa.Text) map[string]int {
	n := map[string]int{}
	for _, b := range text.Blocks {
		n[string(b.Kind)]++
		if b.Kind == qa.BlockHeading {
			n["heading "+string(rune('0'+b.Level))]++
		}
	}
	return n
}
