package wording

import (
	"strings"
	"testing"

	"rapporteur/analysis"
)

func TestAsked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Bonjour, pourriez-vous me dire combien d'agents compte la Dinum ? Merci d'avance.": "Combien d'agents compte la Dinum ?",
		"Bonjour quel est le budget de la ville ?":                                          "Quel est le budget de la ville ?",
		"BONJOUR, POUVEZ-VOUS M'INDIQUER LE BUDGET DE LA VILLE SVP ?":                       "Le budget de la ville ?",
		"COMBIEN DE CRITÈRES ?":                                                             "Combien de critères ?",
		"combien de critères svp":                                                           "combien de critères",
		"Quel est le délai, s'il vous plaît ?":                                              "Quel est le délai ?",
		"Je voudrais savoir si le RGAA s'applique aux communes.":                            "Si le RGAA s'applique aux communes.",
		"J’aimerais connaître la durée de conservation":                                     "La durée de conservation",
		"Dis-moi, qui dirige la Dinum ?":                                                    "Qui dirige la Dinum ?",
		"Merci de bien vouloir m'indiquer la date d'entrée en vigueur.":                     "La date d'entrée en vigueur.",
		"Savez-vous quand le rapport est paru ?":                                            "Quand le rapport est paru ?",
		"Hello, could you please tell me how many start-ups there are? Thanks!":             "How many start-ups there are?",
		"I'd like to know the budget":                                                       "The budget",
		"Combien d'agents à la Dinum ?":                                                     "Combien d'agents à la Dinum ?",
		"Bonjour tristesse est de quel auteur ?":                                            "Bonjour tristesse est de quel auteur ?",
		"Peut-on publier sous une autre licence ?":                                          "Peut-on publier sous une autre licence ?",
		"Pouvez-vous résumer ce rapport ?":                                                  "Pouvez-vous résumer ce rapport ?",
		"Je veux réutiliser un jeu de données, que dois-je respecter ?":                     "Je veux réutiliser un jeu de données, que dois-je respecter ?",
		"Merci": "Merci", "Bonjour": "Bonjour", "Bonjour, merci": "Bonjour, merci", "": "", "?": "?",
	} {
		if got := Asked(text); got != want {
			t.Errorf("%q asks %q, want %q", text, got, want)
		}
	}
}

// FuzzAsked holds that what is left is in the text.
func FuzzAsked(f *testing.F) {
	f.Add("Bonjour, pourriez-vous me dire combien ? Merci.")
	f.Fuzz(func(t *testing.T, text string) {
		got := Asked(text)
		if !strings.Contains(analysis.Fold(text), analysis.Fold(strings.TrimSuffix(got, " ?"))) {
			t.Errorf("%q asks %q", text, got)
		}
	})
}

func TestCourtesy(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Bonjour": "answer_greeting", "Bonjour, merci d'avance !": "answer_greeting", "S'il vous plaît": "answer_greeting",
		"Merci": "answer_thanks", "Pouvez-vous m'aider ?": "answer_who", "?": "answer_ask", "J'ai une question": "answer_ask",
		"Bonjour, quel est le budget ?": "", "Merci de me dire le budget": "", "2024": "", "Комитет": "",
	} {
		if got := Courtesy(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
