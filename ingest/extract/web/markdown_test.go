package web

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"rapporteur/qa"
)

func readMarkdown(t testing.TB, source string) qa.Text {
	t.Helper()
	got, err := ReadMarkdown(context.Background(), limits(), strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestHiddenInMarkdown hides a word by the HTML that Markdown may hold.
func TestHiddenInMarkdown(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]qa.HiddenMeans{
		"<!-- CANARI -->":                                                    qa.HiddenComment,
		"Un <!-- CANARI --> deux":                                            qa.HiddenComment,
		"Un <span hidden>CANARI</span> deux":                                 qa.HiddenNotDisplayed,
		"Un <b style='font-size:0'>**CANARI**":                               qa.HiddenTiny,
		"<div style='display:none'>CANARI</div>":                             qa.HiddenNotDisplayed,
		"<div style='display:none'>\n\nCANARI\n\n</div>":                     qa.HiddenNotDisplayed,
		"<div hidden>\n\n<div>\n\n- CANARI\n\n</div>\n\n</div>":              qa.HiddenNotDisplayed,
		"<div hidden>\n\n| a |\n|---|\n| CANARI |\n\n</div>":                 qa.HiddenNotDisplayed,
		"<span>CANARI</span>":                                                "",
		"<div>\n\nCANARI\n\n</div>":                                          "",
		"<details><summary>Plus</summary>\n\nCANARI\n\n</details>":           "",
		"<style>\n\n</style>\n\n<script>\n\n</script>\n\nCANARI":             "",
		"Un <span hidden>\n\nCANARI":                                         "",
		"`<!--` CANARI":                                                      "",
		"<p hidden>\n\nCANARI":                                               qa.HiddenNotDisplayed,
		"![CANARI-image](a.png) et [CANARI](b \"title\")":                    "",
		"<img src=a style='display:none'>\n\nCANARI":                         "",
		"<div style='display:none'></div>\n\n<nav>\n\nCANARI\n\n</nav>\n\nx": "",
	} {
		got := readMarkdown(t, "Une phrase visible.\n\n"+source+"\n\nLa fin.")
		hidden := got.Reading.Total().Hidden
		if seen := strings.Contains(got.Content, "CANARI"); seen != (want == "") || want != "" && hidden[want] == 0 || want == "" && len(hidden) > 0 {
			t.Errorf("%q gives %q, %v hidden, want %q", source, got.Content, hidden, want)
		}
		if want != "" && source != "<p hidden>\n\nCANARI" && !strings.HasSuffix(got.Content, "La fin.") {
			t.Errorf("%q hides what follows it: %q", source, got.Content)
		}
	}
}

// TestFrontMatter reads title and dates from the settings above a text.
func TestFrontMatter(t *testing.T) {
	t.Parallel()
	got := readMarkdown(t, "---\ntitle: \"Bilan 2024\"\ndate: 2024-05-01\nlastmod: 2024-06-02T10:00:00Z\n---\n# Bilan\n\nTexte.")
	if got.Title != "Bilan 2024" || !got.Reading.Created.Equal(time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)) || got.Reading.Modified.Day() != 2 {
		t.Errorf("%q, %v, %v", got.Title, got.Reading.Created, got.Reading.Modified)
	}
	if got := readMarkdown(t, "---\ndate: hier\n---\nTexte."); !got.Reading.Created.IsZero() {
		t.Errorf("« hier » is %v", got.Reading.Created)
	}
}

// TestLongMarkdown reads a file of several pieces: every heading, row and word is there, in order, and
// nothing in a block of code is taken for a heading.
func TestLongMarkdown(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	const chapters = 3000
	for i := range chapters {
		fmt.Fprintf(&source, "# Chapitre %d\n\nDu texte **gras** numéro %d.\n\n| a | b |\n|---|---|\n| c%d | d |\n\n```\n# code %d\n\n%s```\n\n", i, i, i, i, strings.Repeat("ligne\n", 60))
	}
	got := readMarkdown(t, source.String())
	kinds := map[qa.BlockKind]int{}
	for _, b := range got.Blocks {
		kinds[b.Kind]++
	}
	if source.Len() < maxMarkdown || kinds[qa.BlockHeading] != chapters || kinds[qa.BlockTableHeader] != chapters || kinds[qa.BlockTableRow] != chapters {
		t.Errorf("%d bytes: %v", source.Len(), kinds)
	}
	rest := got.Content
	for i := range chapters {
		_, after, ok := strings.Cut(rest, fmt.Sprintf("Du texte gras numéro %d.", i))
		if !ok {
			t.Fatalf("paragraph %d is missing", i)
		}
		rest = after
	}
}

// TestPieces cuts where a reader would.
func TestPieces(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		source string
		want   []string
	}{
		{"a b", []string{"a b"}},
		{"# a\n\ntexte\n\n# b\n\nfin\n", []string{"# a\n\ntexte\n\n", "# b\n\nfin\n"}},
		{"texte un\n\ntexte deux\n\nfin.", []string{"texte un\n\n", "texte deux\n\nfin."}},
		{"a\n\n```\n# b\n\nc\n```\n\nd\n\n", []string{"a\n\n", "```\n# b\n\nc\n```\n\n", "d\n\n"}},
		{"ligne une\nligne deux\nligne trois", []string{"ligne une\n", "ligne deux\n", "ligne trois"}},
		{"motsansfin motsansfin", []string{"motsansfin", " motsansfin"}},
		{"ééééééééééééé", []string{"éééééééé", "ééééé"}},
	} {
		got := pieces(c.source, 17)
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func FuzzPieces(f *testing.F) {
	f.Add("# a\n\n```\nb\n\n", 5)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if limit < 4 {
			return
		}
		all := pieces(s, limit)
		for _, p := range all {
			if len(p) > limit || p == "" && s != "" {
				t.Fatalf("a piece of %d bytes", len(p))
			}
		}
		if strings.Join(all, "") != s {
			t.Fatal("the pieces are not the text")
		}
	})
}

func BenchmarkMarkdown(b *testing.B) {
	source := strings.Repeat("## Titre\n\nDu texte **gras** et [un lien](x) dans une phrase ordinaire de rapport.\n\n| a | b |\n|---|---|\n| c | d |\n\n- un\n- deux\n\n", 2000)
	b.SetBytes(int64(len(source)))
	for b.Loop() {
		readMarkdown(b, source)
	}
}

func BenchmarkHTML(b *testing.B) {
	part := "<h2>Titre</h2><p>Du texte <b>gras</b> et <a href=x>un lien</a> dans une phrase ordinaire de rapport, assez longue pour être du texte.</p><table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr></table><ul><li>un</li><li>deux</li></ul>"
	for _, times := range []int{400, 5000} { // the library judges the shorter page only
		source := "<!doctype html><title>T</title><main>" + strings.Repeat(part, times) + "</main>"
		b.Run(fmt.Sprintf("%d kB", len(source)/1000), func(b *testing.B) {
			b.SetBytes(int64(len(source)))
			for b.Loop() {
				readHTML(b, source)
			}
		})
	}
}
