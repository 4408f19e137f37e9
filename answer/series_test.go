package answer

import (
	"slices"
	"strings"
	"testing"

	"rapporteur/qa"
)

// TestSeveralYears asks two years' reports of one town, and another report that has no year in its name.
func TestSeveralYears(t *testing.T) {
	t.Parallel()
	shelves := []qa.Passage{
		passage("bilan-2023", "Bilan 2023 de Fontbrelle", "La ville emploie 427 agents permanents. Elle compte 12 écoles."),
		passage("bilan-2024", "Bilan 2024 de Fontbrelle", "La ville emploie 431 agents permanents. Elle compte 13 écoles."),
		passage("guide", "Guide du jardin", "Les semis se font en avril."),
	}
	for _, c := range []struct {
		question string
		want     []string // documents cited, in order
	}{
		{"Combien d'agents permanents la ville emploie-t-elle ?", []string{"bilan-2023", "bilan-2024"}},
		{"Dans le bilan 2024, combien d'agents permanents la ville emploie-t-elle ?", []string{"bilan-2024"}},
		{"Combien d'agents permanents la ville employait-elle en 2023 ?", []string{"bilan-2023"}},
		{"Quand se font les semis ?", []string{"guide"}},
	} {
		a := &Answerer{Retriever: &shelf{passages: shelves}, Options: Options{Report: func(err error) { t.Error(err) }}}
		got, err := a.Answer(t.Context(), qa.Question{Text: c.question}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var cited []string
		for _, x := range got.Citations {
			cited = append(cited, string(x.Document))
		}
		if !slices.Equal(cited, c.want) {
			t.Errorf("%s: cites %v, want %v (confidence %.2f): %s", c.question, cited, c.want, got.Confidence, got.Text)
		}
	}
}

// TestOfTheYear: only the reports of a series give way to that of the year asked for.
func TestOfTheYear(t *testing.T) {
	t.Parallel()
	shelves := []qa.Passage{
		passage("a", "Bilan 2023", "x"), passage("b", "Bilan 2024", "x"), passage("c", "Plan 2021-2025", "x"), passage("d", "Guide", "x"),
	}
	for question, want := range map[string]string{
		"combien en 2024 ?":                         "b c d",
		"combien en 2019 ?":                         "a b c d",
		"combien ?":                                 "a b c d",
		"combien dans le centre en 2024 ?":          "b c d",
		"combien d'échanges en 2024 ?":              "b c d",
		"combien entre 2023 et les autres ?":        "a b c d",
		"quelle évolution en 2024 depuis 2023 ?":    "a b c d",
		"quelle évolution depuis 2024 ?":            "a b c d",
		"combien en 2023, et que vise le plan 2021": "a c d",
	} {
		q := understand(question, question, "fr", nil)
		var ids []string
		for _, p := range q.ofTheYear(shelves) {
			ids = append(ids, string(p.Document.ID))
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s: %s, want %s", question, got, want)
		}
	}
}

// TestRefusalSaysWhy: of another year than asked, or about a name that no document holds.
func TestRefusalSaysWhy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		question string
		reason   qa.RefusalReason
		says     string
	}{
		{"Combien d'agents permanents la ville employait-elle en 2019 ?", qa.PremiseNotSupported, "pour 2019 : ce qui s’en approche porte sur 2023"},
		{"Quel est le salaire du directeur de Zanzibourg ?", qa.NotInDocuments, "ne mentionnent pas « Zanzibourg »"},
		{"Quel est le salaire du directeur ?", qa.NotInDocuments, "Les documents ne le disent pas."},
	} {
		a := &Answerer{Retriever: &shelf{passages: []qa.Passage{
			passage("bilan-2023", "Bilan 2023 de Fontbrelle", "La ville emploie 427 agents permanents en 2023. Le directeur est nommé par le maire."),
			passage("guide", "Guide du jardin", "Les semis se font en avril."),
		}}}
		got, err := a.Answer(t.Context(), qa.Question{Text: c.question}, nil)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(got.Text)
		if got.Answered || got.Refusal.Reason != c.reason || !strings.Contains(text, c.says) {
			t.Errorf("%s: answered %v, %+v: %s", c.question, got.Answered, got.Refusal, text)
		}
	}
}
