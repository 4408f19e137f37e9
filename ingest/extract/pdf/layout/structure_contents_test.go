package layout

import (
	"fmt"
	"strings"
	"testing"

	"rapporteur/ingest/extract/draft"
)

// entry is a line of a table of contents without dots: its page stands at the right edge.
func entry(y float64, title string, page int) Line {
	l := at(50, y, 10, fmt.Sprintf("%s %d", title, page))
	l.Gaps = []Gap{{At: len(title) + 1, X0: l.Box.X1 - 10, X1: 530}}
	l.Box.X1 = 540
	return l
}

func TestContents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		lines [][]Line
		want  string
	}{
		{"entries of two lines", [][]Line{stack(50, 760, 16, "Sommaire"), stack(50, 700, 10,
			"1. Les règles de la commande publique et de la concurrence ",
			"loyale................................................................3",
			"1.1 Le marché............................................4",
			"1.2 La concession......................................12")},
			"head1 Sommaire\ncont0 1. Les règles de la commande publique et de la concurrence loyale … 3\ncont0 1.1 Le marché … 4\ncont0 1.2 La concession … 12\n"},
		{"pages at the right edge under the heading", [][]Line{stack(50, 760, 16, "Table des matières"),
			{entry(700, "Les recettes", 3), entry(686, "Les dépenses", 7), entry(672, "La dette", 9)}},
			"head1 Table des matières\ncont0 Les recettes … 3\ncont0 Les dépenses … 7\ncont0 La dette … 9\n"},
		{"pages that are named", [][]Line{stack(50, 760, 16, "Sommaire"),
			stack(50, 700, 10, "Les recettes", "et les dépenses", "Pages 2-3"), stack(250, 700, 10, "La dette", "Pages 4-5")},
			"head1 Sommaire\ncont0 Les recettes et les dépenses Pages 2-3\ncont0 La dette Pages 4-5\n"},
		{"an index", [][]Line{stack(50, 760, 16, "Index"), stack(50, 700, 10,
			"achat, 4, 12", "budget 7, 9-11", "commune, 3", "dette, 18, 20", "école, 5", "emprunt, 18")},
			"head1 Index\ncont0 achat, 4, 12\ncont0 budget 7, 9-11\ncont0 commune, 3\ncont0 dette, 18, 20\ncont0 école, 5\ncont0 emprunt, 18\n"},
		{"figures that rise are no pages", [][]Line{filler(700),
			{entry(600, "Écoles", 12), entry(586, "Voirie", 34), entry(572, "Piscine", 56)}},
			fillerBlock + "tabl0 Écoles | 12\ntabl0 Voirie | 34\ntabl0 Piscine | 56\n"},
		{"a list of prices", [][]Line{filler(700), stack(50, 600, 10, "Carte annuelle.............40", "Carte du mois................12", "Ticket..........................2")},
			fillerBlock + "tabl0 Carte annuelle | 40\ntabl0 Carte du mois | 12\ntabl0 Ticket | 2\n"},
		{"communes and their inhabitants", [][]Line{filler(700), stack(50, 600, 10,
			"Abancourt 640", "Bailleval 1 480", "Cauffry 2 510", "Dargies 210", "Ernemont 350", "Feigneux 480")},
			fillerBlock + "para0 Abancourt 640 Bailleval 1 480 Cauffry 2 510 Dargies 210 Ernemont 350 Feigneux 480\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := Arrange(Document{Pages: []Sheet{page(c.lines...), page(filler(700), filler(600))}})
			if err := draft.Check(text); err != nil {
				t.Error(err)
			}
			if got, want := sketch(text), c.want+fillerBlock+fillerBlock; got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

// TestContentsByTheirTitles finds a table of contents without dots or heading: its titles stand in the document.
func TestContentsByTheirTitles(t *testing.T) {
	t.Parallel()
	first := page([]Line{entry(700, "Les recettes", 2), entry(686, "Les dépenses", 3), entry(672, "La dette", 4)}, filler(500))
	pages := []Sheet{first}
	for _, title := range []string{"Les recettes", "Les dépenses", "La dette"} {
		pages = append(pages, page(stack(50, 760, 16, title), filler(700)))
	}
	got := sketch(Arrange(Document{Pages: pages}))
	if want := "cont0 Les recettes … 2\ncont0 Les dépenses … 3\ncont0 La dette … 4\n"; !strings.HasPrefix(got, want) {
		t.Errorf("got\n%swant first\n%s", got, want)
	}
}

// TestPagesBesideTitles: the page of an entry may be a line of its own beside its title.
func TestPagesBesideTitles(t *testing.T) {
	t.Parallel()
	p := page(stack(50, 760, 20, "Sommaire"))
	for i, title := range []string{"Les finances", "Les recettes", "Les dépenses", "La dette", "Le personnel"} {
		y := 700 - 19*float64(i)
		p.Lines = append(p.Lines, at(50, y, 10, title), at(540, y, 10, fmt.Sprint(i+1)))
	}
	got := sketch(Arrange(Document{Pages: []Sheet{p, page(filler(700)), page(filler(700)), page(filler(700)), page(filler(700))}}))
	if strings.Count(got, "cont0 ") != 5 || !strings.Contains(got, "cont0 La dette 4\n") {
		t.Errorf("the blocks are %s", got)
	}
}
