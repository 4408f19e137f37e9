package layout

import (
	"fmt"
	"strings"
	"testing"

	"rapporteur/ingest/extract/draft"
)

// measuredLine is a line of words with their boxes, as PDFium gives them.
func measuredLine(x, y float64, text string) Line {
	l := at(x, y, 10, text)
	for _, w := range strings.Fields(text) {
		wide := 5 * float64(len([]rune(w)))
		l.Words = append(l.Words, Word{Text: w, Box: Box{x, y - 2, x + wide, y + 7}, Tag: -1})
		x += wide + 5
	}
	return l
}

// side makes one line of columns drawn across the page: PDFium joins what stands at one height.
func side(y float64, parts ...Line) Line {
	l := parts[0]
	for _, p := range parts[1:] {
		l.Gaps = append(l.Gaps, Gap{At: len(l.Text) + 1, X0: l.Box.X1, X1: p.Box.X0})
		l.Text += " " + p.Text
		l.Words = append(l.Words, p.Words...)
		l.Box = l.Box.Join(p.Box)
	}
	return l
}

var columns = [][]string{
	{"Les recettes de la commune ont nettement", "augmenté cette année grâce à la vente des", "terrains que la région avait acquis pour", "y bâtir une école."},
	{"Les dépenses sont restées au niveau où", "elles étaient avant la crise, malgré le", "coût de la rénovation de la piscine, que", "la région a payée."},
	{"La dette baisse pour la troisième année", "de suite et passe sous la moyenne que la", "préfecture donne pour les communes d’une", "taille voisine."},
}

// woven lays columns out line by line across the page, each line joined or not.
func weave(n int, joined bool) []Line {
	var lines []Line
	for i := range columns[0] {
		y := 600 - 12*float64(i)
		var parts []Line
		for c := range n {
			parts = append(parts, measuredLine(30+250*float64(c), y, columns[c][i]))
		}
		if joined {
			parts = []Line{side(y, parts...)}
		}
		lines = append(lines, parts...)
	}
	return lines
}

func TestColumnsAcrossThePage(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 3} {
		for _, joined := range []bool{false, true} {
			p := page(filler(700), weave(n, joined), filler(400))
			p.Width = 800
			text := Arrange(Document{Pages: []Sheet{p}})
			if err := draft.Check(text); err != nil {
				t.Error(err)
			}
			want := fillerBlock
			for _, c := range columns[:n] {
				want += "para0 " + strings.Join(c, " ") + "\n"
			}
			if got := sketch(text); got != want+fillerBlock {
				t.Errorf("%d columns, joined %v: got\n%s", n, joined, got)
			}
		}
	}
}

// TestColumnsInOrder leaves alone what is drawn column by column.
func TestColumnsInOrder(t *testing.T) {
	t.Parallel()
	var lines []Line
	want := ""
	for c, texts := range columns {
		for i, text := range texts {
			lines = append(lines, measuredLine(30+250*float64(c), 600-12*float64(i), text))
		}
		want += "para0 " + strings.Join(texts, " ") + "\n"
	}
	p := page(lines)
	p.Width = 800
	if got := sketch(Arrange(Document{Pages: []Sheet{p}})); got != want {
		t.Errorf("got\n%s", got)
	}
}

// TestRowsAreNoColumns keeps the rows of a table without lines.
func TestRowsAreNoColumns(t *testing.T) {
	t.Parallel()
	var lines []Line
	want := fillerBlock
	for i, row := range [][2]string{{"Entretien des écoles", "Marché de deux ans"}, {"Éclairage des rues", "Régie communale"}, {"Transport scolaire", "Délégation de cinq ans"}, {"Eau et égouts", "Syndicat du canton"}} {
		y := 600 - 12*float64(i)
		lines = append(lines, side(y, measuredLine(50, y, row[0]), measuredLine(300, y, row[1])))
		want += fmt.Sprintf("tabl0 %s | %s\n", row[0], row[1])
	}
	if got := sketch(Arrange(Document{Pages: []Sheet{page(filler(700), lines)}})); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestBoxedText brings a shaded and a framed text together, whose lines are drawn between those beside them.
func TestBoxedText(t *testing.T) {
	t.Parallel()
	main := []string{"Le conseil a examiné les comptes de la", "commune pour la fin de la période, puis il a", "voté le budget de la suivante sans changer", "les crédits ouverts pour les travaux."}
	aside := []string{"À savoir", "Le budget est public.", "Il est en ligne."}
	for name, drawn := range map[string]Sheet{
		"shade": {Shades: []Shade{{Box{395, 540, 560, 620}}}},
		"frame": {Rules: []Rule{{Box{395, 540, 560, 540.5}}, {Box{395, 620, 560, 620.5}}, {Box{395, 540, 395.5, 620}}, {Box{560, 540, 560.5, 620}}}},
	} {
		var lines []Line
		for i, text := range main {
			lines = append(lines, measuredLine(50, 600-12*float64(i), text))
			if i < len(aside) {
				lines = append(lines, measuredLine(400, 605-20*float64(i), aside[i]))
			}
		}
		p := page(lines, filler(400))
		p.Shades, p.Rules = drawn.Shades, drawn.Rules
		text := Arrange(Document{Pages: []Sheet{p}})
		if err := draft.Check(text); err != nil {
			t.Error(err)
		}
		want := "para0 " + strings.Join(main, " ") + "\npara0 À savoir\npara0 Le budget est public.\npara0 Il est en ligne.\n" + fillerBlock
		if got := sketch(text); got != want {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
	}
}

// TestHeadingBeside reads a heading beside its text, of which PDFium makes one line where they nearly
// stand at one height.
func TestHeadingBeside(t *testing.T) {
	t.Parallel()
	large := func(y float64, text string) Line {
		l := measuredLine(30, y, text)
		for i := range l.Words {
			b := &l.Words[i].Box
			b.Y0, b.Y1 = y-4, y+11
		}
		l.Size, l.Box.Y0, l.Box.Y1 = 15, y-4, y+11
		return l
	}
	first := side(600, large(597, "Les questions que pose"), measuredLine(300, 600, "Avant tout achat la commune se demande si le besoin est réel."))
	first.Size = 10
	p := page([]Line{first, large(579, "la commune avant de faire"), large(561, "un achat important"), measuredLine(300, 560, "Elle demande ensuite trois devis.")}, filler(400), filler(340))
	want := "head1 Les questions que pose la commune avant de faire un achat important\n" +
		"para0 Avant tout achat la commune se demande si le besoin est réel.\npara0 Elle demande ensuite trois devis.\n" + fillerBlock + fillerBlock
	if got := sketch(Arrange(Document{Pages: []Sheet{p}})); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
