package edge

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"rapporteur/internal/testkit"
)

func TestHostileNames(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(testkit.Shared(t, "data/hostile/own/filenames.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var tried int
	for line := range strings.Lines(string(raw)) {
		var c struct{ Name string }
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		tried++
		name, source, header := FileName(c.Name), SourcePath(c.Name), Attachment(c.Name)
		checkShown(t, c.Name, name)
		if strings.ContainsAny(name, `/\`) || strings.Trim(name, ". ") == "" {
			t.Errorf("%q: file name %q", c.Name, name)
		}
		checkShown(t, c.Name, source)
		for part := range strings.SplitSeq(source, "/") {
			if part == "." || part == ".." || (part == "" && source != "") {
				t.Errorf("%q: source %q", c.Name, source)
			}
		}
		for _, r := range header {
			if r < ' ' || r > '~' {
				t.Errorf("%q: header %q", c.Name, header)
			}
		}
		if strings.Count(header, `"`) != 2 {
			t.Errorf("%q: header %q", c.Name, header)
		}
	}
	if tried != 79 {
		t.Errorf("%d names tried, want 79", tried)
	}
}

func checkShown(t *testing.T, raw, shown string) {
	t.Helper()
	if len(shown) > 255 || utf8.RuneCountInString(shown) > maxName || !utf8.ValidString(shown) {
		t.Errorf("%q: %d bytes", raw, len(shown))
	}
	for _, r := range shown {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Bidi_Control, r) || !unicode.IsGraphic(r) {
			t.Errorf("%q: %q holds %U", raw, shown, r)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"../../etc/passwd":                "passwd",
		`C:\Users\x\rapport.pdf`:          "rapport.pdf",
		"..":                              unnamed,
		"":                                unnamed,
		"\u202e\u0000":                    unnamed,
		"rapport\r\nX: y.pdf":             "rapport X: y.pdf",
		"e\u0301te\u0301.pdf":             "été.pdf",
		strings.Repeat("é", 300) + ".pdf": strings.Repeat("é", 125) + ".pdf",
		strings.Repeat("a", 300) + ".pdf": strings.Repeat("a", 196) + ".pdf",
	} {
		if got := FileName(raw); got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
	if got, want := Attachment("bilan d’été \"2024\".pdf"), `attachment; filename="bilan d__t_ _2024_.pdf"; filename*=UTF-8''bilan%20d%E2%80%99%C3%A9t%C3%A9%20%222024%22.pdf`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
