package rtf

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"rapporteur/ingest/extract/raw"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

var update = flag.Bool("update", false, "write the golden files anew")

func read(data string) (qa.Text, error) {
	return Read(context.Background(), raw.Limits{}.WithDefaults(), strings.NewReader(data))
}

// dump writes a text block by block, with the report.
func dump(t qa.Text) string {
	var b strings.Builder
	fmt.Fprintf(&b, "title %q created %s modified %s\n", t.Title, t.Reading.Created.Format(time.DateTime), t.Reading.Modified.Format(time.DateOnly))
	for _, block := range t.Blocks {
		fmt.Fprintf(&b, "%s %d: %q", block.Kind, block.Level, t.Content[block.Start:block.End])
		if block.Header.Len() > 0 {
			fmt.Fprintf(&b, " under %q", t.Content[block.Header.Start:block.Header.End])
		}
		b.WriteByte('\n')
	}
	total := t.Reading.Total()
	fmt.Fprintf(&b, "%d tables, %d images, hidden %v\n", total.Tables, total.Images, total.Hidden)
	return b.String()
}

// TestReport reads a sample and compares every block.
func TestReport(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/report.rtf")
	if err != nil {
		t.Fatal(err)
	}
	text, err := read(string(data))
	if err != nil {
		t.Fatal(err)
	}
	got := dump(text)
	if strings.Contains(got, "CACH") {
		t.Error("what no program shows is in the text")
	}
	path := filepath.Join("testdata", "report.rtf.golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || string(want) != got {
		t.Errorf("%v\n%s", err, got)
	}
}

// TestOdd checks files that break the rules: they are read as far as they go.
func TestOdd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ data, want string }{
		"cut":                      {`{\rtf1 Bonjour {\b Paul`, "Bonjour Paul"},
		"too many ends":            {`{\rtf1 Bonjour}}}} Paul}`, "Bonjour Paul"},
		"bad hex":                  {`{\rtf1 a\'zzb}`, "azzb"},
		"a backslash at the end":   {`{\rtf1 a\`, "a"},
		"bytes of a picture":       {`{\rtf1 a{\pict\bin9 }}}}}}}}}}b}`, "ab"},
		"a length that is false":   {`{\rtf1 a{\pict\bin999999999 x`, "a"},
		"Unicode without stand-in": {`{\rtf1\uc0 \u233t\u233}`, "été"},
		"two stand-ins":            {`{\rtf1\uc2 \u233\'c3\'a9t}`, "ét"},
		"half a character":         {`{\rtf1 a\u-10179?b}`, "ab"},
		"UTF-8":                    {`{\rtf1\ansi\ansicpg65001 \'c3\'a9t\'c3\'a9}`, "été"},
		"Japanese":                 {`{\rtf1\ansi\ansicpg932 \'93\'fa\'96\'7b}`, "日本"},
		"Macintosh":                {`{\rtf1\mac \'8et\'8e}`, "été"},
		"raw bytes":                {"{\\rtf1\\ansi \xE9t\xE9}", "été"},
		"a code page of no one":    {`{\rtf1\ansicpg12345 \'e9t\'e9}`, "été"},
	} {
		text, err := read(c.data)
		if err != nil || text.Content != c.want {
			t.Errorf("%s: %v %q, want %q", name, err, text.Content, c.want)
		}
	}
}

// TestVerdicts checks what cannot be read, and the limits.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	for want, data := range map[string]string{
		"damaged":        "bonjour",
		"empty":          " ",
		"resource_limit": `{\rtf1 ` + strings.Repeat("{", 100_000) + "a",
	} {
		if _, err := read(data); qa.CodeOf(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := Read(context.Background(), raw.Limits{MaxInput: 10}.WithDefaults(), strings.NewReader(`{\rtf1 Bonjour}`)); qa.CodeOf(err) != "too_large" {
		t.Error(err)
	}
	if _, err := Read(context.Background(), raw.Limits{MaxBlocks: 2}.WithDefaults(), strings.NewReader(`{\rtf1 a\par b\par c\par}`)); qa.CodeOf(err) != "resource_limit" {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Read(ctx, raw.Limits{}.WithDefaults(), strings.NewReader(`{\rtf1 a}`)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestTika reads odd files of another project: all of them are good ones.
func TestTika(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"testRTFTableCellSeparation.rtf":  "a | b\nc | d\nä | ë\nö | ü",
		"testRTFTableCellSeparation2.rtf": "Fax / Phone Station | Fax / Phone #",
		"testComment.rtf":                 "",
		"testRTFCorruptListOverride.rtf":  "",
	} {
		data, err := os.ReadFile(testkit.Shared(t, "data/hostile/files/ooxml/tika/"+name))
		if err != nil {
			t.Fatal(err)
		}
		text, err := read(string(data))
		if err != nil || text.Content == "" || !strings.Contains(text.Content, want) {
			t.Errorf("%s: %v %q", name, err, text.Content)
		}
		t.Logf("%s: %.300q %v", name, text.Content, text.Reading.Total())
	}
}

func FuzzRTF(f *testing.F) {
	own, err := os.ReadFile("testdata/report.rtf")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(own)
	f.Add([]byte(`{\rtf1\uc2 \u-10179?{\stylesheet{\s1 heading 1;}}{\colortbl;;}\trowd\cell\nestcell\row{\footnote{\footnote a}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		o := raw.Limits{MaxText: 1 << 20, MaxBlocks: 5000, MaxInput: 1 << 20}.WithDefaults()
		text, err := Read(context.Background(), o, strings.NewReader(string(data)))
		var verdict *qa.Error
		switch {
		case err != nil && (!errors.As(err, &verdict) || verdict.Kind == qa.Internal):
			t.Fatalf("%v is no verdict", err)
		case err == nil && !utf8.ValidString(text.Content):
			t.Fatalf("%q is not UTF-8", text.Content)
		}
	})
}
