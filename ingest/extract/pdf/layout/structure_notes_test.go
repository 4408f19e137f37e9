package layout

import (
	"testing"

	"rapporteur/ingest/extract/draft"
)

func TestFootnotes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		pages []Sheet
		want  string
	}{
		{"notes of several lines", []Sheet{page(
			stack(50, 700, 10, "Le plan de la Dinum¹. Il est suivi par la région²", "et par les communes."), filler(600),
			stack(50, 100, 7, "1 Direction interministérielle du numérique, service du", "Premier ministre.", "2 La région Centre."),
			stack(300, 20, 8, "4"))},
			"para0 Le plan de la Dinum¹. Il est suivi par la région² et par les communes.\n" + fillerBlock +
				"para0 4\nfoot0 1 Direction interministérielle du numérique, service du Premier ministre.\nfoot0 2 La région Centre.\n"},
		{"a note between two columns", []Sheet{page(filler(700),
			stack(50, 400, 10, "Les recettes de la commune¹ ont augmenté grâce à la"),
			stack(50, 100, 7, "¹ Au sens du code général."),
			stack(320, 400, 10, "vente des terrains communaux et des forêts."), filler(300))},
			fillerBlock + "para0 Les recettes de la commune¹ ont augmenté grâce à la vente des terrains communaux et des forêts.\n" + fillerBlock +
				"foot0 ¹ Au sens du code général.\n"},
		{"a note that goes on overleaf", []Sheet{
			page(filler(700), filler(600), stack(50, 660, 10, "Les dépenses²."), stack(50, 60, 7, "² Compte de résultat établi selon les règles")),
			page(filler(700), filler(600), stack(50, 60, 7, "de la comptabilité publique."))},
			fillerBlock + fillerBlock + "para0 Les dépenses².\nfoot0 ² Compte de résultat établi selon les règles\n" +
				fillerBlock + fillerBlock + "foot0 de la comptabilité publique.\n"},
		{"a mark apart from its note", []Sheet{page(filler(700), filler(600), stack(50, 660, 10, "Les dépenses¹."),
			[]Line{at(50, 60, 7, "1"), at(60, 60, 7, "voir le compte de résultat"), at(60, 51, 7, "de la commune.")})},
			fillerBlock + fillerBlock + "para0 Les dépenses¹.\nfoot0 1 voir le compte de résultat de la commune.\n"},
		{"small lines of code are no notes", []Sheet{page(filler(700), filler(600), stack(50, 100, 7, "1 import tax"))},
			fillerBlock + fillerBlock + "para0 1 import tax\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := Arrange(Document{Pages: c.pages})
			if err := draft.Check(text); err != nil {
				t.Error(err)
			}
			if got := sketch(text); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestCaptions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Figure 3 : la part des recettes":          "capt0",
		"Tableau 2 – Effectifs par service":        "capt0",
		"Table 4: staff by office":                 "capt0",
		"Graphique 1. Dépenses de la commune":      "capt0",
		"Schéma 2":                                 "capt0",
		"Source : Insee, recensement de 2021":      "para0",
		"Tableau 2 montre la hausse des effectifs": "para0",
		"Carte des communes du canton":             "para0",
	} {
		got := sketch(Arrange(Document{Pages: []Sheet{page(filler(700), stack(50, 620, 10, text), filler(580))}}))
		if block := fillerBlock + want + " " + text + "\n" + fillerBlock; got != block {
			t.Errorf("got\n%swant\n%s", got, block)
		}
	}
}
