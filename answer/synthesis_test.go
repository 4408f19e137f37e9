package answer_test

import (
	"strings"
	"testing"

	"rapporteur/answer"
	"rapporteur/ingest/extract"
	"rapporteur/qa"
)

// yearly is a library of two reports of a series and a guide, read and cut as real ones are.
func yearly(t *testing.T) *library {
	t.Helper()
	l := newLibrary()
	for id, markdown := range map[string]string{
		"bilan-2022.md": "# Bilan 2022 de la régie\n\n## Sommaire\n\nUne page que personne ne résume, avec ses titres et ses numéros de page.\n\n## Réseau\n\nEn 2022, le rendement du réseau d’eau atteint 81 % sur les 212 kilomètres de conduites de la régie.\n\n## Personnel\n\nLa régie emploie 34 agents en 2022, dont douze fontainiers répartis en trois équipes de terrain.\n\n## Tarifs\n\nLe prix de l’eau en 2022 est de 3,12 euros par mètre cube pour une consommation de 120 mètres cubes.",
		"bilan-2023.md": "# Bilan 2023 de la régie\n\n## Réseau\n\nEn 2023, le rendement du réseau d’eau atteint 84 % après les travaux de la rue des Tanneurs.\n\n## Personnel\n\nLa régie emploie 36 agents en 2023, grâce à deux recrutements dans l’équipe des fontainiers.\n\n## Tarifs\n\nLe prix de l’eau en 2023 est de 3,25 euros par mètre cube, après une hausse décidée en décembre.",
		"guide.md":      "# Guide du jardin\n\n## Semis\n\nLes semis se font en avril, sous un châssis, à l’abri du vent et des gelées de la nuit.\n\n## Arrosage\n\nIl faut arroser chaque soir les jeunes plants, sans mouiller leurs feuilles ni noyer leurs racines.",
	} {
		text, err := (&extract.Extractor{}).Extract(t.Context(), qa.File{ReadSeeker: strings.NewReader(markdown), Name: id, MediaType: "text/markdown"})
		if err != nil {
			t.Fatal(err)
		}
		title, _, _ := strings.Cut(strings.TrimPrefix(markdown, "# "), "\n")
		l.add("rapports", id, title, text)
	}
	return l
}

// TestSynthesis holds that each side of a comparison has its quote, and each section of a report that is summed up.
func TestSynthesis(t *testing.T) {
	t.Parallel()
	l := yearly(t)
	a := l.answerer(t)
	a.Reader = l
	for _, c := range []struct {
		question string
		scope    qa.Scope
		quotes   []string // pieces that quotes hold, in order
	}{
		{"Comparez le rendement du réseau d’eau de 2022 et de 2023.", everything, []string{"81 %", "84 %"}},
		{"Comment a évolué le prix de l’eau entre 2022 et 2023 ?", everything, []string{"3,12 euros", "3,25 euros"}},
		{"Résumez le bilan 2023 de la régie", everything, []string{"84 %", "36 agents", "3,25 euros"}},
		{"Résumez ce rapport", qa.Scope{Documents: []qa.DocumentID{"guide.md"}}, nil},
	} {
		got := ask(t, a, qa.Question{Text: c.question, Scope: c.scope})
		if len(c.quotes) == 0 {
			continue
		}
		if !got.Answered || len(got.Citations) != len(c.quotes) {
			t.Errorf("%s: %d quotes: %s", c.question, len(got.Citations), got.Text)
			continue
		}
		for i, want := range c.quotes {
			if !strings.Contains(got.Citations[i].Quote, want) {
				t.Errorf("%s: quote %d is %q, want %q in it", c.question, i+1, got.Citations[i].Quote, want)
			}
		}
	}
}

var _ answer.Reader = (*library)(nil)
