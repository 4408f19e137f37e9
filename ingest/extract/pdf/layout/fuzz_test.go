package layout

import (
	"math"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"rapporteur/ingest/extract/draft"
	"rapporteur/qa"

	"rapporteur/ingest/extract/pdf/layout/wording"
)

// FuzzLayout lays out any lines: the text keeps its promises and no letter is lost or doubled.
func FuzzLayout(f *testing.F) {
	f.Add("Titre\x00• un point\x02\x00suite du point.\x01\x00Page deux", []byte{20, 50, 90, 10, 50, 80, 10, 52, 78})
	f.Add("1\x002.1\x00Les \xef\xac\x81nances\x00a | b\x00–", []byte{0, 255, 1, 254, 2})
	f.Add("\x00\x00\x00\x000\x000", []byte("0000000000000\x97*A\x891")) // a title beside a table of one cell
	f.Add(strings.Repeat("x\x00", 40), []byte{8, 10, 10, 8, 40, 10, 8, 70, 10})
	f.Fuzz(func(t *testing.T, texts string, places []byte) {
		s := anyScan(texts, places)
		want := map[rune]int{}
		for _, p := range anyScan(texts, places).Pages {
			tidy(&p)
			for _, l := range p.Lines {
				count(want, l.Text)
			}
		}
		text := Arrange(s)
		if err := draft.Check(text); err != nil {
			t.Fatal(err)
		}
		if len(text.Pages) != len(s.Pages) {
			t.Errorf("%d pages of %d", len(text.Pages), len(s.Pages))
		}
		if !norm.NFC.IsNormalString(text.Content) {
			t.Error("the text is not NFC")
		}
		got := map[rune]int{}
		count(got, text.Content)
		for r, n := range want {
			if got[r] != n {
				t.Errorf("%q stands %d times, want %d", r, got[r], n)
			}
		}
		for _, b := range text.Blocks {
			if b.Kind == qa.BlockHeading != (b.Level > 0 && b.Kind != qa.BlockListItem) {
				t.Errorf("a %s has level %d", b.Kind, b.Level)
			}
		}
	})
}

// count adds the letters and digits of s, as they are without their accents.
func count(n map[rune]int, s string) {
	for _, r := range norm.NFKD.String(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n[r]++
		}
	}
}

// anyTags are the elements that fuzzed words may have.
var anyTags = []Tag{{"Document", -1}, {"H1", 0}, {"P", 0}, {"Note", 0}, {"P", 3}, {"Table", 0}, {"TR", 5}, {"TH", 6}, {"TD", 6}, {"LI", 0}, {"Caption", 0}, {"Artifact", -1}}

// measure gives a line the words of its text, along its box.
func measure(l *Line, tag int) {
	fields := strings.Fields(wording.Clean(l.Text))
	wide := l.Box.Width() / float64(len(fields)+1)
	for i, f := range fields {
		x := l.Box.X0 + float64(i)*wide
		l.Words = append(l.Words, Word{Text: f, Box: Box{x, l.Box.Y0 + float64(i%2)*l.Size/4, x + 0.8*wide, l.Box.Y1}, Tag: tag})
	}
}

// anyScan makes pages of lines: \x00 parts lines, \x01 starts a page, three bytes place a line.
func anyScan(texts string, places []byte) Document {
	s := Document{Pages: []Sheet{{Width: 600, Height: 800}}}
	next := func() float64 {
		if len(places) == 0 {
			return 10
		}
		b := places[0]
		places = places[1:]
		return float64(b)
	}
	for _, text := range strings.Split(texts, "\x00") {
		if rest, ok := strings.CutPrefix(text, "\x01"); ok {
			s.Pages = append(s.Pages, Sheet{Width: 600, Height: 800})
			text = rest
		}
		l := at(2*next(), 3*next(), next(), text)
		switch {
		case l.Size == 255:
			l.Box, l.Size = Box{math.NaN(), math.Inf(-1), math.NaN(), 0}, math.NaN()
		case int(l.Size)%3 == 0 && len(text) > 4:
			half := []rune(l.Text)
			l.Text = string(half)
			l.Gaps = []Gap{{At: len(string(half[:len(half)/2])), X0: l.Box.X0 + 20, X1: l.Box.X0 + 60}}
		case int(l.Size)%3 == 1:
			l.Bold = true
		}
		last := &s.Pages[len(s.Pages)-1]
		if int(l.Size)%2 == 0 {
			measure(&l, int(l.Size)/2%(len(anyTags)+1)-1)
			last.Tags = anyTags
		}
		if int(l.Size)%11 == 0 {
			last.Shades = append(last.Shades, Shade{Box{l.Box.X0 - 50, l.Box.Y0 - 50, l.Box.X0 + 100, l.Box.Y1 + 20}})
		}
		if int(l.Size)%13 == 0 {
			last.Rules = append(last.Rules, Rule{Box{100, l.Box.Y0, 300, l.Box.Y0}}, Rule{Box{l.Box.X0, 100, l.Box.X0, 500}})
		}
		last.Lines = append(last.Lines, l)
		if int(l.Size)%7 == 0 {
			s.Outline = append(s.Outline, OutlineEntry{Title: text, Level: 1 + int(l.Size)%5, Page: len(s.Pages) - 1})
		}
	}
	return s
}
