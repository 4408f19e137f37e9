package contents

import (
	"slices"
	"strings"
	"testing"
)

// page makes lines: « | » parts cells, a line that starts with « > » goes on with the one before.
func page(texts ...string) []Line {
	lines := make([]Line, len(texts))
	for i, t := range texts {
		t, lines[i].Wraps = strings.CutPrefix(t, ">")
		if strings.Contains(t, "|") {
			lines[i].Cells = strings.Split(t, "|")
		}
		lines[i].Text = strings.ReplaceAll(t, "|", " ")
		lines[i].Key = strings.ToLower(strings.ReplaceAll(lines[i].Text, " ", ""))
	}
	return lines
}

func TestMark(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		pages [][]Line
		want  []int // entries of the first page
	}{
		{"under its heading", [][]Line{page("Sommaire", "Recettes|3", "Dépenses de", ">la commune|7", "Bref.")}, []int{0, 1, 2, 2, 0}},
		{"by titles of the document", [][]Line{page("Recettes|2", "Dépenses|3", "Dette|4"), page("Recettes"), page("Dépenses"), page("Dette")}, []int{1, 2, 3}},
		{"pages that fall", [][]Line{page("Sommaire", "Recettes|9", "Dépenses|7", "Dette|3")}, []int{0, 0, 0, 0}},
		{"figures", [][]Line{page("Écoles|3", "Voirie|7", "Piscine|9")}, []int{0, 0, 0}},
	} {
		Mark(c.pages)
		var got []int
		for _, l := range c.pages[0] {
			got = append(got, l.Entry)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: entries %v, want %v", c.name, got, c.want)
		}
	}
}
