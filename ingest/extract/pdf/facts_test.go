package pdf

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"rapporteur/ingest/extract/pdf/layout"
	"rapporteur/qa"
)

// sheetOf reads the facts of a page with that content.
func sheetOf(t *testing.T, content string) layout.Sheet {
	t.Helper()
	r, err := testEngine(t).read(context.Background(), []byte(contentPDF(content)), "", func(int, int) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return r.Pages[0]
}

func near(a, b layout.Box) bool {
	const slack = 1.1 // a stroke has a width
	return max(a.X0, b.X0)-min(a.X0, b.X0) < slack && max(a.Y0, b.Y0)-min(a.Y0, b.Y0) < slack &&
		max(a.X1, b.X1)-min(a.X1, b.X1) < slack && max(a.Y1, b.Y1)-min(a.Y1, b.Y1) < slack
}

// TestDrawings finds the rules and shades of a page, and nothing else.
func TestDrawings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, content string
		rules, shades []layout.Box
	}{
		{"a stroke", "100 500 m 300 500 l S", []layout.Box{{X0: 100, Y0: 500, X1: 300, Y1: 500}}, nil},
		{"a thin rectangle", "100 500 200 0.5 re f", []layout.Box{{X0: 100, Y0: 500, X1: 300, Y1: 500}}, nil},
		{"a frame", "100 500 200 40 re S", []layout.Box{{X0: 100, Y0: 500, X1: 300, Y1: 500}, {X0: 300, Y0: 500, X1: 300, Y1: 540},
			{X0: 100, Y0: 540, X1: 300, Y1: 540}, {X0: 100, Y0: 500, X1: 100, Y1: 540}}, nil},
		{"two strokes of one path, scaled", "2 0 0 2 0 0 cm 50 250 m 150 250 l 50 260 m 150 260 l S",
			[]layout.Box{{X0: 100, Y0: 500, X1: 300, Y1: 500}, {X0: 100, Y0: 520, X1: 300, Y1: 520}}, nil},
		{"a grey ground", "0.8 g 100 500 200 40 re f", nil, []layout.Box{{X0: 100, Y0: 500, X1: 300, Y1: 540}}},
		{"a white ground", "1 g 100 500 200 40 re f", nil, nil},
		{"a path that leaves no ink", "100 500 200 40 re n", nil, nil},
		{"a slope", "100 500 m 300 700 l S", nil, nil},
		{"off the page", "700 500 m 900 500 l S", nil, nil},
	} {
		s := sheetOf(t, c.content)
		var rules, shades []layout.Box
		for _, r := range s.Rules {
			rules = append(rules, r.Box)
		}
		for _, f := range s.Shades {
			shades = append(shades, f.Box)
		}
		if !sameBoxes(rules, c.rules) || !sameBoxes(shades, c.shades) {
			t.Errorf("%s: rules %v, shades %v, want %v and %v", c.name, rules, shades, c.rules, c.shades)
		}
	}
}

// sameBoxes compares two lists of boxes, in any order.
func sameBoxes(got, want []layout.Box) bool {
	for _, w := range want {
		found := false
		for _, g := range got {
			found = found || near(g, w)
		}
		if !found {
			return false
		}
	}
	return len(got) == len(want)
}

// TestWords measures the words of a line; an exponent belongs to its word.
func TestWords(t *testing.T) {
	t.Parallel()
	s := sheetOf(t, "BT /F1 10 Tf 100 700 Td (Une salle de 120 m) Tj 5 Ts /F1 6 Tf (2) Tj ET")
	if len(s.Lines) != 1 {
		t.Fatalf("%d lines", len(s.Lines))
	}
	var texts []string
	x := 0.0
	for _, w := range s.Lines[0].Words {
		texts = append(texts, w.Text)
		if w.Box.X0 < x || w.Box.Empty() || w.Tag != -1 {
			t.Errorf("word %q stands at %v after %v, tag %d", w.Text, w.Box, x, w.Tag)
		}
		x = w.Box.X1
	}
	if got := strings.Join(texts, "|"); got != "Une|salle|de|120|m²" || s.Lines[0].Text != strings.Join(texts, " ") {
		t.Errorf("words %s of the line %q", got, s.Lines[0].Text)
	}
}

// TestTurnedDrawings checks that rules and words turn with the text of a page.
func TestTurnedDrawings(t *testing.T) {
	t.Parallel()
	content := "BT /F1 12 Tf 72 700 Td (Une ligne de texte) Tj ET 72 690 m 200 690 l S\n"
	want := sheetOf(t, content)
	got := sheetOf(t, "q 0 1 -1 0 800 0 cm "+content+"Q")
	for _, s := range []*layout.Sheet{&want, &got} {
		if len(s.Rules) != 1 || len(s.Lines) != 1 {
			t.Fatalf("%d rules, %d lines", len(s.Rules), len(s.Lines))
		}
	}
	line, rule, word := got.Lines[0].Box, got.Rules[0].Box, got.Lines[0].Words[0].Box
	was := want.Lines[0].Box
	if dx, dy := line.X0-was.X0, line.Y0-was.Y0; !near(rule, shifted(want.Rules[0].Box, dx, dy)) || !near(word, shifted(want.Lines[0].Words[0].Box, dx, dy)) {
		t.Errorf("line %v has the rule %v and first word %v", line, rule, word)
	}
}

func shifted(b layout.Box, dx, dy float64) layout.Box {
	return layout.Box{X0: b.X0 + dx, Y0: b.Y0 + dy, X1: b.X1 + dx, Y1: b.Y1 + dy}
}

func TestDates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"D:20210305143000+01'00'":   "2021-03-05T13:30:00Z",
		"D:20210305143000-0330":     "2021-03-05T18:00:00Z",
		"D:20210305143000Z":         "2021-03-05T14:30:00Z",
		"D:20210305143000Z00'00'":   "2021-03-05T14:30:00Z",
		"20210305":                  "2021-03-05T00:00:00Z",
		"D:2021":                    "2021-01-01T00:00:00Z",
		"2021-03-05T10:00:00+02:00": "2021-03-05T08:00:00Z",
		"2021-03-05T10:00:00-02:00": "2021-03-05T12:00:00Z",
		"D:20210230000000":          "",
		"D:00010101":                "",
		"mars 2021":                 "",
		"":                          "",
	} {
		got := ""
		if d := parseDate(text); !d.IsZero() {
			got = d.Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	}
}

// TestReport checks what the report says of a file: its dates, pictures and pages without text.
func TestReport(t *testing.T) {
	t.Parallel()
	picture := "q 400 0 0 300 50 50 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x10 EI Q"
	outlines := strings.Repeat("50 50 m 60 90 70 90 80 50 c f\n", 300)
	small := "q 40 0 0 30 50 50 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x10 EI Q"
	text, err := newPool(t, Options{}).Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader(contentPDF(show(700, "Bonjour")+small+outlines, picture, "", outlines))})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []qa.PageReading{{}, {Images: 1}, {}, {Unread: codeNoText}} {
		if p := text.Reading.Pages[i]; p.Number != i+1 || p.Images != want.Images || p.Unread != want.Unread {
			t.Errorf("page %d is reported as %+v, want %+v", i+1, p, want)
		}
	}
}

// TestBrokenPage keeps a page that the file lacks, and the text of the others.
func TestBrokenPage(t *testing.T) {
	t.Parallel()
	data := strings.Replace(samplePDF("Un", "Deux", "Trois"), "/Kids [4 0 R 6 0 R 8 0 R]", "/Kids [4 0 R 99 0 R 8 0 R]", 1)
	text, err := newPool(t, Options{}).Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader(data)})
	if err != nil || text.Content != "Un\n\nTrois" || text.Reading.Pages[1].Unread != codeDamaged || text.Reading.Pages[2].Unread != "" {
		t.Errorf("text %q, report %+v, error %v", text.Content, text.Reading.Pages, err)
	}
}

// TestPageThatStopsPDFium loses that page only, and gives up where every page does it.
func TestPageThatStopsPDFium(t *testing.T) {
	t.Parallel()
	e := testEngine(t)
	data := []byte(samplePDF("Un", "Deux", "Trois", "Quatre", "Cinq", "Six"))
	for _, c := range []struct {
		stops, damaged int
	}{{1, 1}, {maxTraps, maxTraps}, {maxTraps + 1, -1}} {
		stops := 0
		r, err := e.read(context.Background(), data, "", func(number, _ int) error {
			if number > 1 && stops < c.stops {
				stops++
				panic(trap{errors.New("out of bounds")})
			}
			return nil
		})
		if c.damaged < 0 {
			if codeOf(err) != codeDamaged {
				t.Errorf("%d stops: error %v", c.stops, err)
			}
			continue
		}
		if err != nil || len(r.Pages) != 6 {
			t.Fatalf("%d stops: %d pages, error %v", c.stops, len(r.Pages), err)
		}
		for i, p := range r.Pages {
			if broken := i >= 1 && i <= c.damaged; broken != (p.Unread == codeDamaged) || broken == (len(p.Lines) > 0) {
				t.Errorf("%d stops: page %d is %q with %d lines", c.stops, i+1, p.Unread, len(p.Lines))
			}
		}
	}
}
