package answer_test

import (
	"strings"
	"testing"

	"rapporteur/qa"
)

// TestTooBroad asks for one thing that several reports, or one alone, speak of, and that none says.
func TestTooBroad(t *testing.T) {
	for name, c := range map[string]struct {
		texts []string
		want  qa.RefusalReason
	}{
		"several": {[]string{"La direction veille sur son budget.", "Un budget est discuté chaque automne.", "La cantine sert des repas."}, qa.NeedsPrecision},
		"one":     {[]string{"La direction veille sur son budget.", "La cantine sert des repas.", "Le stade ouvre à midi."}, qa.NotInDocuments},
		"none":    {[]string{"La cantine sert des repas.", "Le stade ouvre à midi."}, qa.NotInDocuments},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLibrary()
			for i, text := range c.texts {
				id := string(rune('a' + i))
				l.addPage(id, "Note "+id, text)
			}
			a := l.answerer(t)
			a.Options.Threshold = 1.1
			got := ask(t, a, qa.Question{Text: "Quel est le budget ?"})
			if got.Answered || got.Refusal.Reason != c.want {
				t.Fatalf("%+v, want %s", got.Refusal, c.want)
			}
			if c.want == qa.NeedsPrecision && (!strings.Contains(got.Text, "précisez") || len(got.Refusal.Nearest) < 2) {
				t.Errorf("%q, %d quotes", got.Text, len(got.Refusal.Nearest))
			}
			if got := ask(t, a, qa.Question{Text: "Quel est le budget de la voirie communale ?"}); got.Refusal.Reason == qa.NeedsPrecision {
				t.Errorf("a precise question: %+v", got.Refusal)
			}
		})
	}
}
