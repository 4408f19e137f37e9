package layout

import (
	"fmt"
	"strings"
	"testing"

	"rapporteur/ingest/extract/draft"
	"rapporteur/qa"
)

// furnitureOf gives the furniture of each page, and checks that it is counted.
func furnitureOf(t *testing.T, pages []Sheet) []string {
	t.Helper()
	text := Arrange(Document{Pages: pages})
	if err := draft.Check(text); err != nil {
		t.Error(err)
	}
	var out []string
	for i, p := range text.Pages {
		var lines []string
		for _, b := range text.Blocks {
			if b.Kind == qa.BlockFurniture && b.Start >= p.Start && b.End <= p.End {
				lines = append(lines, text.Content[b.Start:b.End])
			}
		}
		if r := text.Reading.Pages[i]; r.Repeated != len(lines) || r.Number != i+1 {
			t.Errorf("page %d: reading %+v, %d lines of furniture", i+1, r, len(lines))
		}
		out = append(out, strings.Join(lines, ", "))
	}
	return out
}

func TestFurniture(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		pages int
		line  func(page int) Line
		want  func(page int) string
	}{
		{"a title that changes with the chapter", 7,
			func(i int) Line {
				return at(50, 780, 8, "Guide des achats | "+[]string{"Préface", "Recettes", "Dépenses", "Dette"}[i/2])
			},
			func(i int) string {
				return "Guide des achats | " + []string{"Préface", "Recettes", "Dépenses", "Dette"}[i/2]
			}},
		{"left and right pages", 6,
			func(i int) Line {
				return at(50+300*float64(i%2), 780, 8, []string{"Commune de Valmont", "Rapport annuel"}[i%2])
			},
			func(i int) string { return []string{"Commune de Valmont", "Rapport annuel"}[i%2] }},
		{"a watermark across the page", 4,
			func(int) Line {
				l := at(100, 300, 40, "PROJET")
				l.Box = Box{100, 250, 500, 600}
				return l
			},
			func(int) string { return "PROJET" }},
		{"a heading that opens a page now and then", 16,
			func(i int) Line {
				if i%5 != 0 {
					return at(50, 780, 10, fmt.Sprintf("La commune %c entretient ses chemins et ses ponts", 'A'+i))
				}
				return at(50, 780, 10, "Références")
			},
			func(int) string { return "" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var pages []Sheet
			for i := range c.pages {
				pages = append(pages, page([]Line{c.line(i)}, filler(700), filler(600)))
			}
			for i, got := range furnitureOf(t, pages) {
				if want := c.want(i); got != want {
					t.Errorf("page %d: furniture %q, want %q", i+1, got, want)
				}
			}
		})
	}
}

// TestNothingButFurniture: labels of one line a page, all at one height, are the text of their document.
func TestNothingButFurniture(t *testing.T) {
	t.Parallel()
	var labels, numbers []Sheet
	for i := range 5 {
		labels = append(labels, page(stack(50, 780, 10, fmt.Sprintf("Casier %d", i))))
		numbers = append(numbers, page(stack(290, 20, 10, fmt.Sprint(i+1))))
	}
	if got := sketch(Arrange(Document{Pages: labels})); !strings.Contains(got, "para0 Casier 3") {
		t.Errorf("labels give %q", got)
	}
	if got := sketch(Arrange(Document{Pages: numbers})); strings.Contains(got, "para") {
		t.Errorf("page numbers give %q", got)
	}
}
