package answer

import (
	"slices"
	"strings"
	"testing"

	"rapporteur/qa"
)

// tableChunk is a paragraph, a table and a list, at byte 100 of its version's text.
func tableChunk() qa.Chunk {
	text := "Le marché est ouvert. Il dure un an !\n" +
		"Les délais sont :\n- cinq jours. Ouvrés.\n- dix jours\n" +
		"Coûts du marché\nPoste | Montant\nServeurs. Location. | 12 000 €. Hors taxes.\n…\n—\nOK.\n\nFin."
	c := qa.Chunk{Span: qa.Span{Start: 100, End: 100 + len(text)}, Text: text, Section: []string{"Fin."}}
	at := func(s string) qa.Span {
		i := strings.Index(text, s)
		return qa.Span{Start: 100 + i, End: 100 + i + len(s)}
	}
	header := at("Poste | Montant")
	c.Blocks = []qa.Block{
		{Span: header, Kind: qa.BlockTableHeader},
		{Span: at("Serveurs. Location. | 12 000 €. Hors taxes."), Kind: qa.BlockTableRow, Header: header},
	}
	return c
}

func TestSentences(t *testing.T) {
	t.Parallel()
	c := tableChunk()
	var got []string
	for _, s := range Sentences(c) {
		got = append(got, c.Text[s.Start:s.End])
	}
	want := []string{
		"Le marché est ouvert.", "Il dure un an !", "Les délais sont :", "- cinq jours.", "Ouvrés.", "- dix jours",
		"Poste | Montant", "Serveurs. Location. | 12 000 €. Hors taxes.", "OK.", "Fin.",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if Sentences(qa.Chunk{}) != nil {
		t.Error("an empty chunk has sentences")
	}
}

// TestSentencesAreThoseOfAReading: a vector is found again by its span, and all that may be quoted has one.
func TestSentencesAreThoseOfAReading(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "Fin.", "Serveurs. Location. | 12 000 €. Hors taxes."} {
		p := qa.Passage{Chunk: tableChunk(), Document: qa.Document{Title: name}}
		q := understand("Quel montant ?", "Quel montant ?", "fr", nil)
		cut := Sentences(p.Chunk)
		var spans []qa.Span
		for _, s := range q.read(p).sentences {
			spans = append(spans, qa.Span(s.Span))
			if s.kind != title && hasMeaning(p.Text[s.Start:s.End]) && !slices.Contains(cut, qa.Span(s.Span)) {
				t.Errorf("titled %q: %q has no vector", name, p.Text[s.Start:s.End])
			}
		}
		for _, s := range cut {
			if !slices.Contains(spans, s) {
				t.Errorf("titled %q: %q is not read so", name, p.Text[s.Start:s.End])
			}
		}
	}
}

// TestUnknownSense: where the sense of a word is asked for, what does not name it says nothing, the more so when no
// document holds it.
func TestUnknownSense(t *testing.T) {
	t.Parallel()
	passages := []qa.Passage{passage("guide", "Guide RGPD", "Le guide rappelle le RGPD et ses principes. Il vaut pour les projets.")}
	for question, want := range map[string]float64{
		"Que signifie DPD dans le guide RGPD ?":   2,
		"Que signifie RGPD dans le guide ?":       0,
		"Qui a écrit le DPD dans le guide RGPD ?": 0,
	} {
		w := (&Answerer{}).begin(qa.Question{Text: question}, nil)
		terms := []qa.Term{{Surface: "DPD", Stem: "dpd", Exact: "dpd", IDF: 3}, {Surface: "RGPD", Stem: "rgpd", Exact: "rgpd", IDF: 2, Known: true}}
		j := w.judge(understand(question, question, "fr", terms), passages)
		if len(j.chosen) == 0 || j.signals[askedGone] != want {
			t.Errorf("%s: %d quotes, signal %v, want %v", question, len(j.chosen), j.signals[askedGone], want)
		}
	}
}
