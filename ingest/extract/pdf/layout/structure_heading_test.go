package layout

import (
	"strings"
	"testing"
)

// tagged gives all words of a line one tag.
func tagged(tag int, lines ...Line) []Line {
	for i := range lines {
		for _, w := range strings.Fields(lines[i].Text) {
			lines[i].Words = append(lines[i].Words, Word{Text: w, Tag: tag})
		}
	}
	return lines
}

func TestTaggedHeadings(t *testing.T) {
	t.Parallel()
	tags := []Tag{{"Document", -1}, {"H1", 0}, {"H3", 0}, {"P", 0}, {"Note", 0}, {"P", 4}, {"Caption", 0}, {"Span", 2}}
	p := page(
		tagged(1, stack(50, 760, 10, "Les comptes de la commune")...),
		tagged(3, filler(740)...),
		tagged(7, stack(50, 690, 10, "Les recettes et les dotations", "de l’État.")...),
		tagged(3, bold(stack(50, 660, 10, "Avis du maire"))...), // bold, but the file says it is a paragraph
		tagged(3, filler(640)...),
		tagged(6, stack(50, 590, 10, "Évolution des recettes")...),
		tagged(5, stack(50, 560, 8, "Une note que rien ne signale,", "sur deux lignes")...),
	)
	p.Tags = tags
	last := page(tagged(1, stack(50, 760, 10, "Annexes")...), tagged(3, filler(740)...))
	last.Tags = tags
	got := sketch(Arrange(Document{Pages: []Sheet{p, last}}))
	want := "head1 Les comptes de la commune\n" + fillerBlock + "head3 Les recettes et les dotations de l’État.\npara0 Avis du maire\n" + fillerBlock +
		"capt0 Évolution des recettes\nfoot0 Une note que rien ne signale, sur deux lignes\nhead1 Annexes\n" + fillerBlock
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestTagsThatSayNothing reads a file that tags everything as a heading.
func TestTagsThatSayNothing(t *testing.T) {
	t.Parallel()
	p := page(tagged(0, filler(700)...))
	p.Tags = []Tag{{"H1", -1}}
	if got := sketch(Arrange(Document{Pages: []Sheet{p}})); got != fillerBlock {
		t.Errorf("got %s", got)
	}
}

// TestLabels finds headings in the letters of the body: they stand over text on page after page,
// while a line that repeats under another does not.
func TestLabels(t *testing.T) {
	t.Parallel()
	var pages []Sheet
	for range labelPages {
		pages = append(pages, page(filler(700), stack(50, 640, 10, "Références"), stack(50, 624, 10, "Norme EN 301 549"), filler(600)))
	}
	got := sketch(Arrange(Document{Pages: pages}))
	if want := fillerBlock + "head1 Références\npara0 Norme EN 301 549\n" + fillerBlock; got != strings.Repeat(want, labelPages) {
		t.Errorf("got\n%s", got)
	}
	few := sketch(Arrange(Document{Pages: pages[:labelPages-1]}))
	if strings.Contains(few, "head") {
		t.Errorf("too few pages make a label:\n%s", few)
	}
}

// TestLevelsByLook gives a heading the level at which its look stands: a small heading right under
// a chapter is no section, and a section is one level deeper where chapters have parts.
func TestLevelsByLook(t *testing.T) {
	t.Parallel()
	var body [][]Line
	y := 780.0
	put := func(size float64, text string) {
		body = append(body, stack(50, y, size, text))
		y -= 2 * size
		body = append(body, stack(50, y, 10, "Le conseil a examiné les comptes de la commune."))
		y -= 30
	}
	put(30, "Chapitre premier")
	for range 3 {
		put(16, "Section")
		put(13, "Point")
		put(13, "Point")
	}
	first := page(body...)
	body, y = nil, 780
	put(30, "Chapitre second")
	put(13, "Point")
	put(20, "Partie")
	put(16, "Section")
	put(13, "Point")
	text := Arrange(Document{Pages: []Sheet{first, page(body...)}})
	got := ""
	for _, line := range strings.Split(sketch(text), "\n") {
		if strings.HasPrefix(line, "head") {
			got += strings.Replace(strings.TrimPrefix(line, "head"), " ", "", 1)[:3] + " "
		}
	}
	if want := "1Ch 2Se 3Po 3Po 2Se 3Po 3Po 2Se 3Po 3Po 1Ch 3Po 2Pa 3Se 4Po "; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestLongHeadings(t *testing.T) {
	t.Parallel()
	long := "Chaque texte dont la taille des caractères est inférieure à celle du reste de la page doit pouvoir être lu sans effort par toute personne, quel que soit le terminal dont elle se sert, et sans perte de contenu ni de fonction"
	for _, c := range []struct {
		text string
		want string
	}{
		{"Critère 10.4 " + long, "head"},
		{long, "para"},
		{"2.3.1 A", "head"},
		{"A", "para"},
		{"Pour réussir la mise en œuvre de ce plan, la commune et ses partenaires s’engagent à :", "para"},
		{"Ce que la commune s’engage à faire :", "head"},
	} {
		words := strings.Fields(c.text)
		half := (len(words) + 1) / 2
		lines := stack(50, 640, 10, strings.Join(words[:half], " "), strings.Join(words[half:], " "))
		got := sketch(Arrange(Document{Pages: []Sheet{page(filler(700), bold(lines), filler(600))}}))
		if !strings.Contains(got, "\n"+c.want) || c.want == "para" && strings.Contains(got, "head") {
			t.Errorf("%q: want %s, got\n%s", c.text, c.want, got)
		}
	}
}

// TestTaggedLists finds items whose bullets are drawn and no text, with their depth, and what the file
// calls an artifact at the top of a page.
func TestTaggedLists(t *testing.T) {
	t.Parallel()
	p := page(
		tagged(7, stack(50, 780, 8, "Avant-projet")...),
		tagged(1, filler(700)...),
		tagged(3, stack(60, 650, 10, "réduire la consommation des bâtiments de la commune et celle", "de ses véhicules ;")...),
		tagged(6, stack(70, 626, 10, "dès cette année pour les écoles")...),
		tagged(9, stack(60, 614, 10, "planter des arbres.")...),
		tagged(1, filler(590)...),
	)
	p.Tags = []Tag{{"L", -1}, {"P", -1}, {"LI", 0}, {"LBody", 2}, {"L", 3}, {"LI", 4}, {"LBody", 5}, {"Artifact", -1}, {"LI", 0}, {"P", 8}}
	want := "furn0 Avant-projet\n" + fillerBlock +
		"list1 réduire la consommation des bâtiments de la commune et celle de ses véhicules ;\n" +
		"list2 dès cette année pour les écoles\nlist1 planter des arbres.\n" + fillerBlock
	if got := sketch(Arrange(Document{Pages: []Sheet{p}})); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
