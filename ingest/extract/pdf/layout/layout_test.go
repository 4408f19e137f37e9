package layout

import (
	"fmt"
	"strings"
	"testing"

	"rapporteur/ingest/extract/draft"
	"rapporteur/qa"
)

// wrap marks a line that ends with a hyphen that cuts a word.
const wrap = "\x02"

// at makes a line of text; its width is what letters of that size take.
func at(x, y, size float64, text string) Line {
	hyphen := strings.HasSuffix(text, wrap)
	text = strings.TrimSuffix(text, wrap)
	first, _, _ := strings.Cut(text, " ")
	wide := func(s string) float64 { return 0.5 * size * float64(len([]rune(strings.TrimSpace(s)))) }
	return Line{
		Text: text, Base: y, Size: size, Font: "Body", Hyphen: hyphen, First: wide(first),
		Box: Box{x, y - 0.2*size, x + wide(text), y + 0.7*size},
	}
}

// stack puts lines one under the other at the usual distance; an empty one leaves a gap.
func stack(x, y, size float64, texts ...string) []Line {
	var lines []Line
	for _, t := range texts {
		if t != "" {
			lines = append(lines, at(x, y, size, t))
			y -= 1.2 * size
		} else {
			y -= 0.8 * size
		}
	}
	return lines
}

func page(lines ...[]Line) Sheet {
	s := Sheet{Width: 600, Height: 800}
	for _, l := range lines {
		s.Lines = append(s.Lines, l...)
	}
	return s
}

// sketch shows the blocks of a text: the first letters of their kind, their level, their text.
func sketch(t qa.Text) string {
	var b strings.Builder
	for _, block := range t.Blocks {
		fmt.Fprintf(&b, "%.4s%d %s\n", block.Kind, block.Level, t.Content[block.Start:block.End])
	}
	return b.String()
}

func bold(lines []Line) []Line {
	for i := range lines {
		lines[i].Bold, lines[i].Font = true, "Body-Bold"
	}
	return lines
}

// filler is body text enough to say what is usual: 60 letters a line, 12 points apart.
func filler(y float64) []Line {
	return stack(50, y, 10,
		"Le conseil a examiné les comptes de la commune pour la fin ",
		"de la période, puis il a voté le budget de la suivante sans ",
		"modification notable des crédits ouverts pour les travaux.")
}

const fillerBlock = "para0 Le conseil a examiné les comptes de la commune pour la fin de la période, puis il a voté le budget de la suivante sans modification notable des crédits ouverts pour les travaux.\n"

func TestArrange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		lines [][]Line
		want  string
	}{
		{"a gap parts", [][]Line{filler(700), filler(650)}, fillerBlock + fillerBlock},
		{"no gap, but a short last line", [][]Line{stack(50, 600, 10,
			"La première phrase occupe toute la largeur de la colonne ici ",
			"et finit tôt.",
			"La seconde commence à la ligne, sans alinéa ni interligne.")},
			"para0 La première phrase occupe toute la largeur de la colonne ici et finit tôt.\npara0 La seconde commence à la ligne, sans alinéa ni interligne.\n"},
		{"words cut at line ends", [][]Line{stack(50, 600, 10,
			"Les membres ont reçu toute l’infor"+wrap,
			"mation nécessaire, et viendront peut"+wrap,
			"être à la séance de mars, a-t"+wrap,
			"il été dit au conseil.")},
			"para0 Les membres ont reçu toute l’information nécessaire, et viendront peut-être à la séance de mars, a-t-il été dit au conseil.\n"},
		{"list items", [][]Line{stack(50, 600, 10,
			"Le plan comporte trois axes :", "• réduire la consommation des bâtiments publics, dont les", "écoles de la commune,", "• planter des arbres,", "• partager l’eau.")},
			"para0 Le plan comporte trois axes :\nlist1 • réduire la consommation des bâtiments publics, dont les écoles de la commune,\nlist1 • planter des arbres,\nlist1 • partager l’eau.\n"},
		{"an aside is no item", [][]Line{stack(50, 600, 10,
			"Les travaux de la salle des fêtes et ceux de la piscine couverte", "– qui ont pris du retard – seront finis au printemps prochain.")},
			"para0 Les travaux de la salle des fêtes et ceux de la piscine couverte – qui ont pris du retard – seront finis au printemps prochain.\n"},
		{"a sentence over two columns", [][]Line{
			stack(50, 300, 10, "Les recettes de la commune ont nettement augmenté", "grâce à la vente des terrains et grâce aux"),
			stack(320, 600, 10, "subventions versées par la région pour les écoles.", "Les dépenses baissent.")},
			"para0 Les recettes de la commune ont nettement augmenté grâce à la vente des terrains et grâce aux subventions versées par la région pour les écoles. Les dépenses baissent.\n"},
		{"headings by size and by weight", [][]Line{
			stack(50, 760, 20, "Rapport d’activité", "de la commune"), filler(700), bold(stack(50, 650, 10, "Les écoles")), filler(636), filler(590)},
			"head1 Rapport d’activité de la commune\n" + fillerBlock + "head2 Les écoles\n" + fillerBlock + fillerBlock},
		{"a drop cap", [][]Line{filler(700), {at(50, 600, 40, "L")}, stack(75, 610, 10, "’administration publie chaque année le bilan de ses actions"), stack(50, 598, 10, "et le soumet au conseil.")},
			fillerBlock + "para0 L’administration publie chaque année le bilan de ses actions et le soumet au conseil.\n"},
		{"a shadow", [][]Line{filler(700), stack(50, 600, 10, "Texte de la légende."), stack(50.5, 599.5, 10, "Texte de la légende.")},
			fillerBlock + "para0 Texte de la légende.\n"},
		{"a heading drawn last", [][]Line{filler(700), filler(650), stack(50, 760, 20, "Les finances")},
			"head1 Les finances\n" + fillerBlock + fillerBlock},
		{"a section number drawn after its title", [][]Line{stack(80, 760, 20, "Les finances"), {at(50, 760, 20, "3.1")}, filler(700)},
			"head1 3.1 Les finances\n" + fillerBlock},
		{"cells side by side", [][]Line{filler(700),
			{at(50, 600, 10, "Écoles"), at(200, 600, 10, "1 200 €"), at(350, 600, 10, "+ 2 %")},
			{at(50, 580, 10, "Voirie"), at(200, 580, 10, "3 400 €"), at(350, 580, 10, "- 1 %")}},
			fillerBlock + "tabl0 Écoles | 1 200 € | + 2 %\ntabl0 Voirie | 3 400 € | - 1 %\n"},
		{"an exponent that ends a line of PDFium", [][]Line{filler(700), {at(50, 600, 10, "La ville emploie 42 ETP"), at(165, 603, 6, "3"), at(168, 600, 10, ". Elle recrute.")}},
			fillerBlock + "para0 La ville emploie 42 ETP³. Elle recrute.\n"},
		{"a table of contents", [][]Line{filler(700), stack(50, 600, 10, "1. Les finances.......................................3", "1.1 Les recettes ........................... 4")},
			fillerBlock + "cont0 1. Les finances … 3\ncont0 1.1 Les recettes … 4\n"},
		{"a footnote", [][]Line{filler(700), filler(650), filler(600), {at(50, 90, 7, "1 Insee, recensement de 2021.")}},
			fillerBlock + fillerBlock + fillerBlock + "foot0 1 Insee, recensement de 2021.\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := Arrange(Document{Pages: []Sheet{page(c.lines...)}})
			if err := draft.Check(text); err != nil {
				t.Error(err)
			}
			if got := sketch(text); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestRowOfOneLine(t *testing.T) {
	t.Parallel()
	row := func(y float64, a, b string) Line {
		l := at(50, y, 10, a+" "+b)
		l.Gaps = []Gap{{At: len(a) + 1, X0: 50 + 5*float64(len(a)), X1: 200}}
		l.Box.X1 = 260
		return l
	}
	p := page([]Line{row(600, "Nom", "Effectif"), row(580, "Mairie", "12"), row(560, "École", "7")})
	text := Arrange(Document{Pages: []Sheet{p}})
	if want := "Nom | Effectif\nMairie | 12\nÉcole | 7"; text.Content != want {
		t.Errorf("got %q, want %q", text.Content, want)
	}
}

func TestFurnitureAndLabels(t *testing.T) {
	t.Parallel()
	var pages []Sheet
	for i := range 5 {
		lines := [][]Line{stack(50, 780, 8, "Commune de Valmont"), filler(700), {at(300, 20, 8, fmt.Sprint(i-1))}}
		if i < 2 {
			lines = lines[:2] // a cover and a table of contents bear no number
		}
		pages = append(pages, page(lines...))
	}
	text := Arrange(Document{Pages: pages})
	if err := draft.Check(text); err != nil {
		t.Error(err)
	}
	var labels []string
	for _, p := range text.Pages {
		labels = append(labels, p.Label)
	}
	if got := strings.Join(labels, ","); got != ",,1,2,3" {
		t.Errorf("labels %s, want ,,1,2,3", got)
	}
	want := "furn0 Commune de Valmont\n" + fillerBlock + "furn0 1\n"
	if got := sketch(text); !strings.Contains(got, want) {
		t.Errorf("got\n%swant in it\n%s", got, want)
	}
}

func TestLabelsOfTheFileComeFirst(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		labels, want []string
	}{
		{"own labels", []string{"i", "ii", "1", "2"}, []string{"i", "ii", "1", "2"}},
		{"labels that only count, nothing printed", []string{"1", "2", "3", "4"}, []string{"1", "2", "3", "4"}},
		{"none", []string{"", "", "", ""}, []string{"", "", "", ""}},
	} {
		var pages []Sheet
		for _, l := range c.labels {
			p := page(filler(700))
			p.Label = l
			pages = append(pages, p)
		}
		for i, p := range Arrange(Document{Pages: pages}).Pages {
			if p.Label != c.want[i] {
				t.Errorf("%s: page %d has label %q, want %q", c.name, i+1, p.Label, c.want[i])
			}
		}
	}
}

func TestOutlineNamesHeadings(t *testing.T) {
	t.Parallel()
	p := page(filler(700), stack(50, 640, 10, "2.1 Les actions menées pour", "l’environnement"), filler(600))
	entries := []OutlineEntry{{Title: "Les actions menées pour l’environnement", Level: 3, Page: 0}, {Title: "Introuvable", Level: 1, Page: 9}}
	text := Arrange(Document{Pages: []Sheet{p}, Outline: entries})
	want := fillerBlock + "head3 2.1 Les actions menées pour l’environnement\n" + fillerBlock
	if got := sketch(text); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestDocumentTitle(t *testing.T) {
	t.Parallel()
	cover := page(stack(50, 700, 30, "Bilan de l’année"), stack(50, 600, 10, "Commune de Valmont"))
	for _, c := range []struct{ meta, want string }{
		{"Rapport annuel", "Rapport annuel"},
		{"Microsoft Word - rapport_v3.docx", "Bilan de l’année"},
		{"rapport_final.indd", "Bilan de l’année"},
		{"Sans titre 1", "Bilan de l’année"},
		{"", "Bilan de l’année"},
	} {
		if got := Arrange(Document{Title: c.meta, Pages: []Sheet{cover}}).Title; got != c.want {
			t.Errorf("metadata %q: title %q, want %q", c.meta, got, c.want)
		}
	}
}

func TestPagesWithoutText(t *testing.T) {
	t.Parallel()
	text := Arrange(Document{Pages: []Sheet{{}, page(filler(700)), {}}})
	if err := draft.Check(text); err != nil {
		t.Error(err)
	}
	if text.Pages[0].Len() != 0 || text.Pages[1].Len() == 0 || text.Pages[2].Len() != 0 {
		t.Errorf("pages %v", text.Pages)
	}
}
