package pdf

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"rapporteur/qa"
)

// FuzzFrames reads any bytes as frames: what is accepted writes back to the same bytes.
func FuzzFrames(f *testing.F) {
	var b bytes.Buffer
	for _, p := range []string{"", "hello", strings.Repeat("x", 1000)} {
		if err := writeFrame(&b, frameText, []byte(p)); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(b.Bytes())
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 'd'})
	f.Add([]byte{0, 0, 0, 9, 't', 'c', 'u', 't'})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		var again bytes.Buffer
		for {
			fr, err := readFrame(r)
			if err != nil {
				break
			}
			if err := writeFrame(&again, fr.kind, fr.payload); err != nil {
				t.Fatal(err)
			}
			if size, err := parseSize(fr.payload, 1000); err == nil && (size < 1 || size > 1000) {
				t.Errorf("size %d passes its limit", size)
			}
			if fr.kind != frameText {
				continue
			}
			if text, err := parseText(fr.payload); err == nil && check(text) != nil {
				t.Error("a text that breaks its promises is accepted")
			}
		}
		if !bytes.HasPrefix(data, again.Bytes()) {
			t.Error("frames do not write back to the bytes they were read from")
		}
	})
}

// FuzzLayout lays out any lines: the text keeps its promises and no letter is lost or doubled.
func FuzzLayout(f *testing.F) {
	f.Add("Titre\x00• un point\x02\x00suite du point.\x01\x00Page deux", []byte{20, 50, 90, 10, 50, 80, 10, 52, 78})
	f.Add("1\x002.1\x00Les \xef\xac\x81nances\x00a | b\x00–", []byte{0, 255, 1, 254, 2})
	f.Add(strings.Repeat("x\x00", 40), []byte{8, 10, 10, 8, 40, 10, 8, 70, 10})
	f.Fuzz(func(t *testing.T, texts string, places []byte) {
		s := anyScan(texts, places)
		want := map[rune]int{}
		for _, p := range anyScan(texts, places).pages {
			tidy(&p)
			for _, l := range p.lines {
				count(want, l.text)
			}
		}
		text := arrange(s)
		if err := check(text); err != nil {
			t.Fatal(err)
		}
		if len(text.Pages) != len(s.pages) {
			t.Errorf("%d pages of %d", len(text.Pages), len(s.pages))
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

// anyScan makes pages of lines: \x00 parts lines, \x01 starts a page, three bytes place a line.
func anyScan(texts string, places []byte) scan {
	s := scan{pages: []sheet{{width: 600, height: 800}}}
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
			s.pages = append(s.pages, sheet{width: 600, height: 800})
			text = rest
		}
		l := at(2*next(), 3*next(), next(), text)
		switch {
		case l.size == 255:
			l.box, l.size = box{math.NaN(), math.Inf(-1), math.NaN(), 0}, math.NaN()
		case int(l.size)%3 == 0 && len(text) > 4:
			half := []rune(l.text)
			l.text = string(half)
			l.gaps = []gap{{at: len(string(half[:len(half)/2])), x0: l.box.x0 + 20, x1: l.box.x0 + 60}}
		case int(l.size)%3 == 1:
			l.bold = true
		}
		last := &s.pages[len(s.pages)-1]
		last.lines = append(last.lines, l)
		if int(l.size)%7 == 0 {
			s.outline = append(s.outline, outlineEntry{title: text, level: 1 + int(l.size)%5, page: len(s.pages) - 1})
		}
	}
	return s
}
