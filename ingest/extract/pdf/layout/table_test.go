package layout

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"rapporteur/ingest/extract/draft"
	"rapporteur/qa"
)

// worded measures the words of lines, which all carry the tag.
func worded(tag int, lines ...Line) []Line {
	for i := range lines {
		l := &lines[i]
		x := l.Box.X0
		for _, w := range strings.Split(l.Text, " ") {
			wide := 0.5 * l.Size * float64(len([]rune(w)))
			l.Words = append(l.Words, Word{Text: w, Box: Box{x, l.Box.Y0, x + wide, l.Box.Y1}, Tag: tag})
			x += wide + 0.5*l.Size
		}
	}
	return lines
}

// across is one line with a text in each of several columns.
func across(y, size float64, columns []float64, texts ...string) []Line {
	l := Line{Base: y, Size: size, Font: "Body"}
	for i, text := range texts {
		part := worded(-1, at(columns[i], y, size, text))[0]
		if i > 0 {
			l.Text += " "
			l.Gaps = append(l.Gaps, Gap{At: len(l.Text), X0: l.Box.X1, X1: part.Box.X0})
		}
		l.Text += text
		l.Words, l.Box = append(l.Words, part.Words...), l.Box.Join(part.Box)
	}
	l.First = l.Words[0].Box.Width()
	return []Line{l}
}

func level(y, from, to float64) Rule    { return Rule{Box{from, y - 0.25, to, y + 0.25}} }
func upright(x, low, high float64) Rule { return Rule{Box{x - 0.25, low, x + 0.25, high}} }

// lattice draws all lines of a grid; ys fall.
func lattice(xs, ys []float64) []Rule {
	var rules []Rule
	for _, y := range ys {
		rules = append(rules, level(y, xs[0], xs[len(xs)-1]))
	}
	for _, x := range xs {
		rules = append(rules, upright(x, ys[len(ys)-1], ys[0]))
	}
	return rules
}

// tableSketch shows the blocks of a text: their kind, the header they point to, their text.
func tableSketch(t qa.Text) string {
	var b strings.Builder
	for _, block := range t.Blocks {
		kind := map[qa.BlockKind]string{qa.BlockTableRow: "row", qa.BlockTableHeader: "HEAD"}[block.Kind]
		if kind == "" {
			kind = string(block.Kind)
		}
		if block.Header != (qa.Span{}) {
			kind += "<" + t.Content[block.Header.Start:block.Header.End] + ">"
		}
		fmt.Fprintf(&b, "%s: %s\n", kind, t.Content[block.Start:block.End])
	}
	return b.String()
}

var columns3 = []float64{104, 204, 304}

// prices is a ruled table of two columns with a shaded header.
func prices(y float64, header bool, rows ...[2]string) Sheet {
	s := Sheet{Width: 600, Height: 800}
	ys := []float64{y + 14}
	for i, r := range rows {
		line := across(y, 10, columns3, r[:]...)
		if header && i == 0 {
			s.Shades = append(s.Shades, Shade{Box{100, y - 6, 300, y + 14}})
		}
		s.Lines = append(s.Lines, line...)
		ys = append(ys, y-6)
		y -= 20
	}
	s.Rules = lattice([]float64{100, 200, 300}, ys)
	return s
}

func TestRuledTables(t *testing.T) {
	t.Parallel()
	grid := lattice([]float64{100, 200, 300, 400}, []float64{714, 694, 674, 654})
	// The first column is one cell over the second and the third row; the last row ends with an empty cell.
	merged := append(grid[:2:2], grid[3:]...)
	merged = append(merged, level(674, 200, 400))
	for _, c := range []struct {
		name string
		page Sheet
		want string
	}{
		{"cells over rows, an empty cell, a word cut at a line's end, columns drawn one after the other", Sheet{Rules: merged, Lines: append(append(
			bold(across(700, 10, columns3, "Poste", "Durée", "Coût")),
			worded(-1, at(104, 675, 10, "Ordinateur"), at(104, 660, 10, "de bu"+wrap), at(104, 655, 10, "reau"))...),
			worded(-1, at(204, 680, 10, "5 ans"), at(204, 660, 10, "4 ans"), at(304, 680, 10, "900 euros"))...)},
			"HEAD: Poste | Durée | Coût\nrow<Poste | Durée | Coût>: Ordinateur de bureau | 5 ans | 900 euros\nrow<Poste | Durée | Coût>: | 4 ans\n"},
		{"header on a ground", prices(700, true, [2]string{"Poste", "Coût"}, [2]string{"Ordinateur", "900"}, [2]string{"Écran", "200"}),
			"HEAD: Poste | Coût\nrow<Poste | Coût>: Ordinateur | 900\nrow<Poste | Coût>: Écran | 200\n"},
		{"no header", prices(700, false, [2]string{"Poste", "Coût"}, [2]string{"Écran", "200"}),
			"row: Poste | Coût\nrow: Écran | 200\n"},
		{"a framed text is no table", Sheet{Rules: lattice([]float64{100, 400}, []float64{714, 640}),
			Lines: worded(-1, stack(104, 700, 10, "Le cadre entoure un", "texte suivi.")...)},
			"paragraph: Le cadre entoure un texte suivi.\n"},
		{"columns of prose in frames are no table", Sheet{Rules: lattice([]float64{100, 300, 500}, []float64{714, 468, 100}),
			Lines: append(worded(-1, stack(104, 700, 10, prose("Gauche", 22)...)...), worded(-1, stack(304, 700, 10, prose("Droite", 22)...)...)...)},
			"paragraph: " + strings.Join(prose("Gauche", 22), " ") + "\nparagraph: " + strings.Join(prose("Droite", 22), " ") + "\n"},
		{"level lines only: a cell of two lines, columns closer than in other texts", Sheet{
			Rules: []Rule{level(716, 80, 500), level(694, 80, 500), level(600, 80, 500)},
			Lines: slices.Concat(bold(across(700, 10, columns3, "Version", "Commentaire", "Date")),
				across(670, 10, columns3, "0.1", "Ouverture de la", "2017"), across(658, 10, columns3[1:], "relecture"),
				across(630, 10, columns3, "0.2", "Fin de relecture", "2018"))},
			"HEAD: Version | Commentaire | Date\nrow<Version | Commentaire | Date>: 0.1 | Ouverture de la relecture | 2017\n" +
				"row<Version | Commentaire | Date>: 0.2 | Fin de relecture | 2018\n"},
		{"columns of text between level lines are no table", Sheet{
			Rules: []Rule{level(716, 80, 500), level(420, 80, 500), level(400, 80, 500)},
			Lines: append(worded(-1, stack(104, 700, 10, prose("Gauche", 20)...)...), worded(-1, stack(304, 700, 10, prose("Droite", 20)...)...)...)},
			"paragraph: " + strings.Join(prose("Gauche", 20), " ") + "\nparagraph: " + strings.Join(prose("Droite", 20), " ") + "\n"},
		{"words alone, a cell of two lines, lines of one row apart and together", Sheet{Lines: slices.Concat(
			worded(-1, stack(104, 740, 10, "Les outils suivent.")...),
			bold(across(700, 10, columns3, "Système", "Aide", "Autre")), bold(worded(-1, at(204, 688, 10, "(version)"))),
			across(670, 10, columns3[:2], "iOS", "VoiceOver"), worded(-1, at(304, 670, 10, "Safari")),
			worded(-1, at(104, 650, 10, "Android")), worded(-1, at(204, 650, 10, "TalkBack")), worded(-1, at(304, 650, 10, "Chrome")))},
			"paragraph: Les outils suivent.\nHEAD: Système | Aide (version) | Autre\n" +
				"row<Système | Aide (version) | Autre>: iOS | VoiceOver | Safari\nrow<Système | Aide (version) | Autre>: Android | TalkBack | Chrome\n"},
		{"a net in a file that tags its tables is none when the tags say so", Sheet{
			Rules: lattice([]float64{100, 200, 300}, []float64{714, 694, 674}),
			Tags:  []Tag{{"Table", -1}, {"TR", 0}, {"TD", 1}, {"P", -1}},
			Lines: append(worded(3, stack(104, 700, 10, "Titre de fiche.")...), worded(3, stack(204, 680, 10, "Autre titre.")...)...)},
			"paragraph: Titre de fiche.\nparagraph: Autre titre.\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.page.Width, c.page.Height = 600, 800
			text := Arrange(Document{Pages: []Sheet{c.page}})
			if got := tableSketch(text); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
			tables := min(1, strings.Count(c.want, "row"))
			if n := text.Reading.Pages[0].Tables; n != tables {
				t.Errorf("%d tables counted, want %d", n, tables)
			}
		})
	}
}

// prose is one sentence over many lines.
func prose(word string, lines int) []string {
	out := []string{word}
	for range lines - 2 {
		out = append(out, strings.ToLower(strings.Repeat(word+" ", 5))+"suite")
	}
	return append(out, "fin.")
}

func TestTaggedTables(t *testing.T) {
	t.Parallel()
	s := Sheet{Width: 600, Height: 800, Tags: []Tag{
		{"Document", -1}, {"Table", 0}, {"THead", 1}, {"TR", 2}, {"TH", 3}, {"TH", 3}, {"TH", 3},
		{"TR", 1}, {"TD", 7}, {"P", 8}, {"TD", 7}, {"TR", 1}, {"TD", 11}, {"TD", 11}, {"TD", 11}, {"P", 0},
	}}
	for _, l := range [][]Line{
		worded(15, at(100, 740, 10, "Avant le tableau.")),
		worded(4, at(110, 700, 10, "Système")), worded(5, at(210, 700, 10, "Aide")), worded(6, at(310, 700, 10, "Navigateur")),
		worded(9, at(100, 680, 10, "iOS")), worded(10, at(315, 680, 10, "Safari")),
		worded(12, at(100, 660, 10, "Android")), worded(13, at(200, 660, 10, "TalkBack")), worded(14, at(300, 660, 10, "Chrome")),
	} {
		s.Lines = append(s.Lines, l...)
	}
	want := "paragraph: Avant le tableau.\nHEAD: Système | Aide | Navigateur\nrow<Système | Aide | Navigateur>: iOS |  | Safari\n" +
		"row<Système | Aide | Navigateur>: Android | TalkBack | Chrome\n"
	if got := tableSketch(Arrange(Document{Pages: []Sheet{s}})); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestTablesGoOnOverPages(t *testing.T) {
	t.Parallel()
	head := [2]string{"Poste", "Coût"}
	pages := []Sheet{
		prices(700, true, head, [2]string{"Ordinateur", "900"}),
		prices(700, false, [2]string{"Écran", "200"}, [2]string{"Souris", "9"}),
		prices(700, false, head, [2]string{"Clavier", "20"}),
		prices(700, false, [2]string{"Câble", "3"}, [2]string{"Prise", "4"}),
	}
	pages[3].Lines = append(stack(100, 760, 10, "Un autre tableau suit."), pages[3].Lines...)
	text := Arrange(Document{Pages: pages})
	want := "HEAD: Poste | Coût\nrow<Poste | Coût>: Ordinateur | 900\nrow<Poste | Coût>: Écran | 200\nrow<Poste | Coût>: Souris | 9\n" +
		"HEAD: Poste | Coût\nrow<Poste | Coût>: Clavier | 20\nparagraph: Un autre tableau suit.\nrow: Câble | 3\nrow: Prise | 4\n"
	if got := tableSketch(text); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	var counts []int
	for _, p := range text.Reading.Pages {
		counts = append(counts, p.Tables)
	}
	if fmt.Sprint(counts) != "[1 0 0 1]" {
		t.Errorf("tables by page %v", counts)
	}
	for _, b := range text.Blocks {
		if b.Kind == qa.BlockTableRow && b.Header.Start > text.Pages[2].Start && !b.Header.Overlaps(text.Pages[2].Span) {
			t.Error("a row of the third page does not point to the header of its page")
		}
	}
}

// TestManyRules lays out pages with more lines than any table has.
func TestManyRules(t *testing.T) {
	t.Parallel()
	s := prices(700, true, [2]string{"Poste", "Coût"}, [2]string{"Écran", "200"})
	for i := range 20_000 {
		x := float64(i%550) + 10
		s.Rules = append(s.Rules, upright(x, 10, 790), level(x+float64(i)/20_000, 10, 590))
	}
	text := Arrange(Document{Pages: []Sheet{s}})
	if want := "Poste"; !strings.Contains(text.Content, want) {
		t.Errorf("%q is lost", want)
	}
	if err := draft.Check(text); err != nil {
		t.Error(err)
	}
}

// FuzzTables lays out words among any lines, grounds and tags: no letter is lost or doubled.
func FuzzTables(f *testing.F) {
	f.Add("Poste Coût\x00Écran 200\x00Souris sans fil 9", []byte{20, 20, 120, 20, 60, 60, 120, 60, 1, 2, 3, 40, 100, 10, 40, 80, 10, 40, 60, 10})
	f.Add("a b c\x00d e", []byte{255, 0, 0, 255, 3, 3, 3, 3})
	f.Fuzz(func(t *testing.T, texts string, places []byte) {
		if len(texts) > 2000 || len(places) > 400 {
			return
		}
		build := func() Document { return Document{Pages: []Sheet{anyTable(texts, places), anyTable(texts, places)}} }
		want, got := map[rune]int{}, map[rune]int{}
		for _, p := range build().Pages {
			tidy(&p)
			for _, l := range p.Lines {
				count(want, l.Text)
			}
		}
		text := Arrange(build())
		if err := draft.Check(text); err != nil {
			t.Fatal(err)
		}
		count(got, text.Content)
		for r, n := range want {
			if got[r] != n {
				t.Errorf("%q stands %d times, want %d", r, got[r], n)
			}
		}
		for _, b := range text.Blocks {
			if h := b.Header; h != (qa.Span{}) && (b.Kind != qa.BlockTableRow || h.End > b.Start) {
				t.Errorf("a %s at %d points to a header at %d", b.Kind, b.Start, h.Start)
			}
		}
	})
}

// anyTable makes a page of bytes: rules, grounds and tags of four bytes each first, then lines.
func anyTable(texts string, places []byte) Sheet {
	s := Sheet{Width: 600, Height: 800}
	next := func() float64 {
		if len(places) == 0 {
			return 0
		}
		b := places[0]
		places = places[1:]
		if b == 255 {
			return math.NaN()
		}
		return 3 * float64(b)
	}
	for len(places) > 8 && places[0]%4 != 3 {
		kind := places[0] % 4
		b := Box{next(), next(), next(), next()}
		switch kind {
		case 0:
			s.Rules = append(s.Rules, Rule{Box{b.X0, b.Y0, b.X1, b.Y0}}, Rule{Box{b.X0, b.Y0, b.X0, b.Y1}},
				Rule{Box{b.X0, b.Y1, b.X1, b.Y1}}, Rule{Box{b.X1, b.Y0, b.X1, b.Y1}})
		case 1:
			s.Shades = append(s.Shades, Shade{b})
		default:
			s.Tags = append(s.Tags, Tag{[]string{"Table", "TR", "TH", "TD"}[int(math.Abs(b.Y0))%4], len(s.Tags) - 1})
		}
	}
	for i, text := range strings.Split(texts, "\x00") {
		s.Lines = append(s.Lines, worded(i%(len(s.Tags)+1)-1, at(next(), next(), 4+next()/20, text))...)
	}
	return s
}
