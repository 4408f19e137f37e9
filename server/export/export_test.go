package export

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"rapporteur/qa"
)

func conversation(answers ...qa.Answer) Conversation {
	c := Conversation{Language: "fr", Conversation: qa.Conversation{Title: "# Titre"}, Place: func(x qa.Citation) string {
		if x.Page == 0 {
			return ""
		}
		return "p. 3"
	}}
	for i, a := range answers {
		c.Turns = append(c.Turns, qa.Turn{Number: i + 1, At: time.Date(2024, 5, 6, 0, 0, 0, 0, time.UTC), Answer: a})
	}
	return c
}

func TestParagraphs(t *testing.T) {
	t.Parallel()
	one, two := qa.Citation{Number: 1, Quote: "un"}, qa.Citation{Number: 2, Quote: "la note [1] dit"}
	for name, c := range map[string]struct {
		in   qa.Answer
		want string // text, {n} for a mark, / between paragraphs
	}{
		"nothing":               {qa.Answer{}, ""},
		"a mark":                {qa.Answer{Text: "Le un [1].", Citations: []qa.Citation{one}}, "Le un{1}."},
		"several":               {qa.Answer{Text: "A [1][2]\n\nB [2].", Citations: []qa.Citation{one, two}}, "A{1}{2}/B{2}."},
		"none in the text":      {qa.Answer{Text: "A.", Citations: []qa.Citation{one, two}}, "A.{1}{2}"},
		"a mark of nothing":     {qa.Answer{Text: "A [7] [0] [01] [1].", Citations: []qa.Citation{one}}, "A [7] [0] [01]{1}."},
		"a mark inside a quote": {qa.Answer{Text: "Car « la note [1] dit » [2].", Citations: []qa.Citation{one, two}}, "Car « la note [1] dit »{2}.{1}"},
		"line breaks alone":     {qa.Answer{Text: "\n\nA\n\n\n"}, "A"},
	} {
		var parts []string
		for _, p := range paragraphs(c.in) {
			var b strings.Builder
			for _, piece := range p {
				if piece.Number > 0 {
					b.WriteString("{" + string(rune('0'+piece.Number)) + "}")
				} else {
					b.WriteString(piece.Text)
				}
			}
			parts = append(parts, b.String())
		}
		if got := strings.Join(parts, "/"); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestNothingIsMarkup: what users and documents wrote comes out as text in both formats.
func TestNothingIsMarkup(t *testing.T) {
	t.Parallel()
	for _, hostile := range []string{
		"<script>alert(1)</script>", "[lien](https://exemple.fr)", "![image](https://exemple.fr/x.png)", "**gras** _souligné_ `code`", "# titre", "> cité", "</style>",
		"\"><img src=x onerror=alert(1)>", "[^1-1]: fausse note", "<https://exemple.fr>", "$$x$$", "a | b", "&lt;b&gt;", "~~barré~~",
	} {
		c := conversation(qa.Answer{Asked: hostile, Standalone: hostile + " ?", Text: hostile + " [1]", Language: hostile,
			Citations: []qa.Citation{{Number: 1, Quote: hostile + "\n\n# " + hostile, Title: hostile, Header: hostile}}})
		c.Title = hostile
		page, err := c.HTML()
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<script", "<img", "https://exemple.fr\"", "onerror=alert(1)>"} {
			if bytes.Contains(page, []byte(bad)) {
				t.Errorf("HTML of %q holds %s", hostile, bad)
			}
		}
		if n := bytes.Count(page, []byte("</style>")); n != 1 {
			t.Errorf("HTML of %q: %d ends of style", hostile, n)
		}
		md := string(c.Markdown())
		for line := range strings.Lines(md) {
			if strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "## ") || strings.HasPrefix(line, ">") {
				t.Errorf("Markdown of %q has the line %q", hostile, line)
			}
		}
		plain := strings.NewReplacer(`\\`, "", `\<`, "", `\[`, "", `\*`, "", "\\`", "", `\_`, "", `\|`, "", `\&`, "", `\$`, "", `\~`, "").Replace(md)
		plain = strings.ReplaceAll(plain, "[^1-1]", "")
		for i, line := range strings.Split(plain, "\n") {
			inside := strings.TrimSuffix(strings.TrimPrefix(line, "*"), "*") // our own emphasis
			if strings.ContainsAny(inside, "<[*`_|$~&") {
				t.Errorf("Markdown of %q: line %d is not wholly escaped: %q", hostile, i, line)
			}
		}
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	c := conversation(qa.Answer{Asked: "Et elle ?", Standalone: "Et la commune ?", Text: "Oui [1].", Citations: []qa.Citation{{Number: 1, Quote: "oui", Title: "Bilan\n2024", Page: 3}}})
	c.Turns[0].Partial, c.Turns[0].Erased = true, true
	md := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(string(c.Markdown()))
	page, err := c.HTML()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Et la commune ?", "interrompue", "effacé", "oui", "Bilan 2024, p. 3"} {
		if !strings.Contains(md, want) || !strings.Contains(string(page), want) {
			t.Errorf("%q is missing in\n%s\n%s", want, md, page)
		}
	}
}
