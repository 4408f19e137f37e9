package plain

import (
	"strings"
	"testing"

	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

func read(t *testing.T, source string) qa.Text {
	t.Helper()
	got, err := Read(raw.Limits{}.WithDefaults(), strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestColumns keeps the lines of a table set with spaces apart, and joins those of prose that a
// program broke, justified or not.
func TestColumns(t *testing.T) {
	t.Parallel()
	table := strings.Join([]string{
		"commune de résidence       population     agents",
		"communauté de l’est              1200         14",
		"communauté du nord               3400         22",
		"communauté du sud                 560          3",
		"commune de Valmont              12000        140",
	}, "\n")
	got := read(t, table)
	if len(got.Blocks) != 5 || !strings.Contains(got.Content, "communauté du nord 3400 22\n") {
		t.Errorf("%d blocks: %q", len(got.Blocks), got.Content)
	}
	prose := strings.Join([]string{
		"La commune a  engagé en 2024 la rénovation de  ses trois écoles,",
		"dont le coût total  est estimé à douze millions d’euros pour les",
		"années à venir. Elle  espère des aides de la région, qui seraient",
		"décidées au printemps et  versées avant la fin de l’année, puis un",
		"emprunt.",
	}, "\n")
	if got := read(t, prose); len(got.Blocks) != 1 {
		t.Errorf("%d blocks: %q", len(got.Blocks), got.Content)
	}
}

// TestNoWordIsLost reads texts that look like several things at once.
func TestNoWordIsLost(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		"Titre\n=====\n- un\n  deux\n3) trois\n\nFIN DU TEXTE\n",
		"a\tb\nc\td\n\n\n---\nx",
		"# un\n#deux\n   trois\n• quatre\n\n\n",
	} {
		content := read(t, source).Content
		for _, word := range strings.FieldsFunc(source, func(r rune) bool { return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '3') }) {
			if !strings.Contains(content, word) {
				t.Errorf("%q lost %q: %q", source, word, content)
			}
		}
	}
}
