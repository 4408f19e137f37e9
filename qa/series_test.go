package qa

import (
	"fmt"
	"slices"
	"testing"
)

func TestChoices(t *testing.T) {
	t.Parallel()
	cited := func(titles ...string) (out []Citation) {
		for i, title := range titles {
			out = append(out, Citation{Number: i + 1, Document: DocumentID("d:" + title), Title: title})
		}
		return out
	}
	for _, c := range []struct {
		question string
		cited    []Citation
		want     string
	}{
		{"Quel est le budget ?", cited("Bilan 2023", "Bilan 2024", "Bilan 2023"), "[Bilan 2024 Bilan 2023]"},
		{"Quel est le budget ?", cited("Autre guide", "Bilan  2023", "BILAN 2024"), "[BILAN 2024 Bilan  2023]"},
		{"Quel est le budget ?", cited("Rapport 2022-2023", "Rapport 2023-2024"), "[Rapport 2023-2024 Rapport 2022-2023]"},
		{"Quel est le budget en 2023 ?", cited("Bilan 2023", "Bilan 2024"), "[]"},
		{"Quel est le budget ?", cited("Bilan 2024", "Bilan 2024"), "[]"},
		{"Quel est le budget ?", cited("Bilan 2023", "Plan 2024"), "[]"},
		{"Quel est le budget ?", cited("Bilan", "Bilan"), "[]"},
	} {
		a := Answer{Answered: true, Asked: c.question, Standalone: c.question, Citations: c.cited}
		var titles []string
		for _, x := range a.Choices() {
			titles = append(titles, x.Title)
		}
		if got := fmt.Sprint(titles); got != c.want {
			t.Errorf("%s %v: %s, want %s", c.question, c.cited, got, c.want)
		}
	}
	refused := Answer{Asked: "?", Citations: cited("Bilan 2023", "Bilan 2024")}
	if refused.Choices() != nil {
		t.Error("a refusal offers a choice")
	}
}

func TestYears(t *testing.T) {
	documents := []Document{{ID: "a", Title: "Bilan 2023"}, {ID: "b", Title: "Bilan 2023-2024"}, {ID: "c", Title: "Note 20245"}, {ID: "d", Title: "Note", Source: "2021/note-2024.pdf"}}
	if got := Years(documents); !slices.Equal(got, []string{"2024", "2023"}) {
		t.Errorf("years %v", got)
	}
	for year, want := range map[string][]DocumentID{"2023": {"a", "b"}, "2024": {"b", "d"}, "2025": nil} {
		if got := OfYear(documents, year); !slices.Equal(got, want) {
			t.Errorf("of %s: %v, want %v", year, got, want)
		}
	}
	for text, want := range map[string]bool{"2024": true, "1999": true, "": false, "24": false, "2023 2024": false, "2100": false} {
		if IsYear(text) != want {
			t.Errorf("IsYear(%q) is %v", text, !want)
		}
	}
}
