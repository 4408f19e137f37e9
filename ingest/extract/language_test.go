package extract

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"rapporteur/internal/testkit"
)

// TestLanguage tells the language of short texts, and says nothing where there is too little.
func TestLanguage(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"La commune compte quarante agents et trois écoles, dont une à rénover dans l’année.": "fr",
		"The council employs forty people and runs three schools, one of which is closed.":    "en",
		"Der Gemeinderat beschäftigt vierzig Mitarbeiter und betreibt drei Schulen im Ort.":   "de",
		"El ayuntamiento emplea a cuarenta personas y gestiona tres escuelas en el pueblo.":   "es",
		"12 450 | 13 200 | 14 000":          "",
		"Bilan":                             "",
		"Les images du guide réutilisation": "fr",
		"The state of the budget":           "",
		"Une sélection de ressources, dont des rapports et des études sur les algorithmes publics :\n\n" +
			strings.Repeat("« Understanding automated decision making: opportunities, challenges », compte rendu de l’audition publique, mission Etalab, avril 2018\n\n", 20): "fr",
	} {
		if got := languageOf(text); got != want {
			t.Errorf("%.40q is %q, want %q", text, got, want)
		}
	}
}

// TestEnglishParagraphs reads the paragraphs of a set of English questions: none is told French.
func TestEnglishParagraphs(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(testkit.Shared(t, "data/dev/xquad/xquad.en.json"))
	if err != nil {
		t.Fatal(err)
	}
	var set struct {
		Data []struct{ Paragraphs []struct{ Context string } }
	}
	if err := json.Unmarshal(data, &set); err != nil {
		t.Fatal(err)
	}
	told := map[string]int{}
	for _, article := range set.Data {
		for _, p := range article.Paragraphs {
			told[languageOf(p.Context)]++
		}
	}
	t.Log(told)
	if told["en"] < 225 || told["fr"] > 0 {
		t.Errorf("the languages of English paragraphs: %v", told)
	}
}
