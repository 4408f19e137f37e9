package answer_test

import (
	"testing"

	"rapporteur/qa"
)

// TestMistyped asks the same thing with and without a slip, and in capitals.
func TestMistyped(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	for id, text := range map[string]string{
		"guide":  "Le guide rappelle le RGPD et ses principes. La pseudonymisation remplace les noms par des codes. La durée de conservation est de cinq ans.",
		"bilan":  "Madame Fontbrelle dirige la voirie communale depuis 2021. Le budget de la voirie est de 12 millions d'euros.",
		"autres": "La cantine sert des repas. Les jeux sont publics. Le stade ouvre à midi.",
	} {
		l.addPage(id, "Document "+id, text)
	}
	a := l.answerer(t)
	for right, slip := range map[string]string{
		"Qu'est-ce que la pseudonymisation ?":         "Qu'est-ce que la pseudonimisation ?",
		"Quelle est la durée de conservation ?":       "Quelle est la durée de consrevation ?",
		"Quel est le budget de la voirie communale ?": "QUEL EST LE BUDGET DE LA VOIRIE COMMUNALE ?",
		"Depuis quand Fontbrelle dirige la voirie ?":  "Depuis quand Fontbrele dirige la voirie ?",
	} {
		want, got := ask(t, a, qa.Question{Text: right}), ask(t, a, qa.Question{Text: slip})
		if !want.Answered || !got.Answered || got.Citations[0].Quote != want.Citations[0].Quote {
			t.Errorf("%s: %v %.2f %s\n%s: %v %.2f %s", right, want.Answered, want.Confidence, want.Text, slip, got.Answered, got.Confidence, got.Text)
		}
	}
}
