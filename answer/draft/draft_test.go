package draft

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func show(all []Sentence) string {
	var out []string
	for _, s := range all {
		line := fmt.Sprintf("%s %v", s.Text, s.Passages)
		if s.Item {
			line = "- " + line
		}
		if s.Opens {
			line = "/" + line
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func split(text string, size int) []Sentence {
	var s Splitter
	var out []Sentence
	for len(text) > 0 {
		n := min(size, len(text))
		for n < len(text) && !utf8.RuneStart(text[n]) {
			n++
		}
		out = append(out, s.Write(text[:n])...)
		text = text[n:]
	}
	return append(out, s.Close()...)
}

func TestSplitter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"marks before the dot", "La Dinum compte 200 agents [1]. Elle est à Paris [2, 3].", "/La Dinum compte 200 agents. [1]\nElle est à Paris. [2 3]"},
		{"marks glued", "Un [1][2]. Deux.", "/Un. [1 2]\nDeux. []"},
		{"abbreviations and decimals", "L'art. L. 1234-5 vaut 3.5 points, cf. p. 12 [1]. Fin [2].", "/L'art. L. 1234-5 vaut 3.5 points, cf. p. 12. [1]\nFin. [2]"},
		{"list", "Voici :\n- **Paris** [1]\n- Lyon [2]\n\nFin.", "/Voici : []\n/- Paris [1]\n/- Lyon [2]\n/Fin. []"},
		{"numbered list, heading", "## Titre\n1. Premier [1].\n2) Second.", "/Titre []\n/- Premier. [1]\n/- Second. []"},
		{"code is left out", "Avant.\n```\nrm -rf /\n```\nAprès.", "/Avant. []\n/Après. []"},
		{"code in a line", "Avant [1]. ```Dedans``` et `après` [2].\nFin.", "/Avant. [1]\nDedans et après. [2]\n/Fin. []"},
		{"code that does not end", "Avant.\n  ```\nrm -rf /", "/Avant. []"},
		{"unseen characters", "Un\u202emot\u200b caché\ufeff [1].", "/Unmot caché. [1]"},
		{"no end", "Une phrase sans fin", "/Une phrase sans fin []"},
	} {
		for _, size := range []int{1, 3, 7, 1000} {
			if got := show(split(c.text, size)); got != c.want {
				t.Errorf("%s, by %d:\n%s\nwant\n%s", c.name, size, got, c.want)
			}
		}
	}
}

// TestAtOnce holds that a sentence is given with the piece that ends it.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"Elle compte 200 agents [1].", "Elle compte 200 agents. [1]", "Elle compte 200 agents. ", "Elle compte 200 agents [1]. "} {
		var s Splitter
		if got := s.Write(text); len(got) != 1 {
			t.Errorf("%q gives %d sentences at once", text, len(got))
		}
	}
	for _, text := range []string{"Elle compte 3.", "Voir l'art. ", "M. ", "Elle compte"} {
		var s Splitter
		if got := s.Write(text); len(got) != 0 {
			t.Errorf("%q gives %q, which may go on", text, got[0].Text)
		}
	}
}

// TestEndless holds that a sentence without an end is cut in the same places whatever the pieces are.
func TestEndless(t *testing.T) {
	t.Parallel()
	for _, text := range []string{strings.Repeat("é", 3000), strings.Repeat("mot ", 1500), "Un. " + strings.Repeat("- a", 1000) + " Fin.", strings.Repeat("#", 5000)} {
		want := show(split(text, len(text)))
		for _, size := range []int{999, 2063, 4001} {
			if got := show(split(text, size)); got != want {
				t.Errorf("%.20q by %d is cut elsewhere than whole", text, size)
			}
		}
	}
}

// TestBounded holds that no more than a long sentence is kept of a text of which no sentence comes: what is kept is read
// again with each piece.
func TestBounded(t *testing.T) {
	t.Parallel()
	for _, text := range []string{".", " ", "\u202e. ", "[1] ", "`a", "```a", "```\na", "\n", "a", "M. ", "\x80"} {
		var s Splitter
		for range 4_000 / len(text) {
			s.Write(text)
			if len(s.rest) > longest+slack+len(text) {
				t.Errorf("%q again and again: %d bytes are kept", text, len(s.rest))
				break
			}
		}
	}
}

// FuzzSplitter holds that the pieces change nothing of the words, and that nothing unseen comes out.
func FuzzSplitter(f *testing.F) {
	f.Add("La Dinum compte 200 agents [1]. Elle est à Paris [2, 3].", 3)
	f.Add("- a\n- b [1]\n```\nx\n```\n# t", 1)
	f.Fuzz(func(t *testing.T, text string, size int) {
		words := func(all []Sentence) (out string) {
			for _, s := range all {
				out += strings.Map(func(r rune) rune {
					if unicode.IsLetter(r) || unicode.IsDigit(r) {
						return r
					}
					return -1
				}, s.Text)
				if strings.ContainsAny(s.Text, "\n\r\x00\u202e\u200b") {
					t.Errorf("%q", s.Text)
				}
			}
			return out
		}
		size = max(1, min(size, 50), len(text)/1000) // a target that takes more than ten seconds is stopped
		if !utf8.ValidString(text) || len(text) > longest/2 {
			words(split(text, size))
			return
		}
		whole, pieces := words(split(text, len(text)+1)), words(split(text, size))
		if whole != pieces && !strings.ContainsAny(text, "[【") {
			t.Errorf("whole %q, in pieces %q", whole, pieces)
		}
	})
}
