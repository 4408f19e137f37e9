package reply

import (
	"fmt"
	"strings"
	"testing"

	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/web"
)

// written prints paragraphs as one line each: chips as {n}, or {=n} when the title is hidden, and
// warnings as {!code}.
func written(paragraphs []web.Paragraph) string {
	var lines []string
	for _, p := range paragraphs {
		var b strings.Builder
		for _, piece := range p.Pieces {
			switch {
			case piece.Chip != nil && piece.Chip.Same:
				fmt.Fprintf(&b, "{=%d}", piece.Chip.Number)
			case piece.Chip != nil:
				fmt.Fprintf(&b, "{%d}", piece.Chip.Number)
			case piece.Warning != "":
				fmt.Fprintf(&b, "{!%s}", strings.TrimPrefix(piece.Warning, "page_doubt_"))
			default:
				b.WriteString(piece.Text)
			}
		}
		lines = append(lines, b.String())
	}
	return strings.Join(lines, "\n")
}

func TestParagraphs(t *testing.T) {
	t.Parallel()
	citation := func(n int, document, quote string) qa.Citation {
		return qa.Citation{Number: n, Document: qa.DocumentID(document), Page: n, Quote: quote}
	}
	supported := func(text string, citations ...int) qa.Sentence {
		return qa.Sentence{Text: text, Citations: citations, Verdict: qa.SentenceSupported}
	}
	for name, c := range map[string]struct {
		answer qa.Answer
		want   string
	}{
		"marks become chips": {
			qa.Answer{Text: "Deux cents [1]. Cinquante [2].", Citations: []qa.Citation{citation(1, "a", "x"), citation(2, "b", "y")}},
			"Deux cents. {1} Cinquante. {2}",
		},
		"neighbours of one report name it once": {
			qa.Answer{Text: "Oui [1] [2][3].", Citations: []qa.Citation{citation(1, "a", "x"), citation(2, "a", "y"), citation(3, "b", "z")}},
			"Oui. {1} {=2}{3}",
		},
		"unknown numbers stay text": {
			qa.Answer{Text: "Voir [9] et [1] et [12345].", Citations: []qa.Citation{citation(1, "a", "x")}},
			"Voir [9] et {1} et [12345].",
		},
		"a mark inside a quote is the document's": {
			qa.Answer{Text: "« Selon la loi [1] du 3 mai » [1]", Citations: []qa.Citation{citation(1, "a", "Selon la loi [1] du 3 mai")}},
			"« Selon la loi [1] du 3 mai » {1}",
		},
		"a missing mark stands at the end of its sentence": {
			qa.Answer{
				Text: "Un. Deux.", Citations: []qa.Citation{citation(1, "a", "x")},
				Sentences: []qa.Sentence{supported("Un.", 1), supported("Deux.")},
			},
			"Un. {1} Deux.",
		},
		"doubt is said after its sentence": {
			qa.Answer{
				Text: "Un [1]. Deux.", Citations: []qa.Citation{citation(1, "a", "x")},
				Sentences: []qa.Sentence{supported("Un [1].", 1), {Text: "Deux.", Verdict: qa.SentencePartly}},
			},
			"Un. {1} Deux.{!partly}",
		},
		"lines are paragraphs": {
			qa.Answer{Text: "Voici :\n\n« a » [1]\n« b » [2]\n", Citations: []qa.Citation{citation(1, "a", "a"), citation(2, "a", "b")}},
			"Voici :\n« a » {1}\n« b » {2}",
		},
		"the chip says what an attribution says": {
			qa.Answer{
				Mode: qa.ModeExtractive, Text: "D’après « R », p. 3 : «\u00a0Deux cents.\u00a0» [1].\n\nSelon tous, cent [2].",
				Citations: []qa.Citation{citation(1, "a", "Deux cents."), citation(2, "a", "cent")},
				Sentences: []qa.Sentence{supported("D’après « R », p. 3 : «\u00a0Deux cents.\u00a0» [1].", 1), supported("Selon tous, cent [2].", 2)},
			},
			"«\u00a0Deux cents.\u00a0». {1}\nSelon tous, cent. {2}",
		},
		"an empty quote is no place": {
			qa.Answer{Text: "Un [1].", Citations: []qa.Citation{citation(1, "a", "")}},
			"Un. {1}",
		},
	} {
		if got := written(paragraphs("fr", c.answer)); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
	}
}

func TestAnswerView(t *testing.T) {
	t.Parallel()
	cited := func(n int, document qa.DocumentID) qa.Citation {
		return qa.Citation{Number: n, Document: document, Version: "v-2", Page: 2, Quote: "deux cents agents", Span: qa.Span{Start: 10, End: 27}}
	}
	a := qa.Answer{
		Answered: true, Text: "Deux cents [1]. Cinquante mille [2] [3].", Mode: qa.ModeExtractive,
		Citations: []qa.Citation{cited(1, "d-rapport"), cited(2, "d-rapport"), cited(3, "d-bilan")},
		Sentences: []qa.Sentence{
			{Text: "Deux cents [1].", Citations: []int{1}, Verdict: qa.SentenceSupported},
			{Text: "Cinquante mille [2] [3].", Citations: []int{2, 3}, Verdict: qa.SentencePartly},
		},
	}
	v := View("fr", a)
	if v.Verified != 1 || v.Sentences != 2 || v.AllVerified() || v.Cited != 2 || !v.Extractive || v.Standalone != "" {
		t.Errorf("view: %+v", v)
	}
	if got := v.Citations[0]; got.Place != "p.\u00a02" || !strings.HasPrefix(got.URL, "/documents/d-rapport/pages/2?version=v-2&start=") {
		t.Errorf("citation: %+v", got)
	}
}

func TestRefusalViewDoesNotRepeatItself(t *testing.T) {
	t.Parallel()
	v := refusalView("fr", qa.Answer{Text: "Les documents ne le disent pas. Précisez.", Refusal: &qa.Refusal{Reason: qa.NotInDocuments}})
	if v.Heading != "Les documents ne le disent pas." || v.Text != "Précisez." || v.Add {
		t.Errorf("view: %+v", v)
	}
	hello := qa.Answer{Asked: "Bonjour", Standalone: "Quel est le budget Bonjour ?", Text: "Bonjour.", Refusal: &qa.Refusal{Reason: qa.NeedsPrecision}}
	if v := View("fr", hello); v.Refusal.Heading != "" || !v.Refusal.Gentle || v.Standalone != "" || v.Plain != "" {
		t.Errorf("a greeting: %+v", v)
	}
	if v := refusalView("en", qa.Answer{Refusal: &qa.Refusal{Reason: qa.NoDocuments}}); !v.Add {
		t.Errorf("an empty library must offer to add documents: %+v", v)
	}
	if v := refusalView("en", qa.Answer{Refusal: &qa.Refusal{Reason: "invented_later"}}); v.Heading != "The documents do not say." {
		t.Errorf("an unknown reason: %+v", v)
	}
}

// FuzzParagraphs: the marks that become chips are whole, in order and apart, and every other word of
// the answer is shown once.
func FuzzParagraphs(f *testing.F) {
	f.Add("Un [1]. « [2] » [2][1]", "[2]", "Un [1].", 1)
	f.Add("\n\n[1]", "", "", 1)
	f.Add("[[1]1] [01]", "1", "[", 2)
	f.Fuzz(func(t *testing.T, text, quote, sentence string, n int) {
		a := qa.Answer{
			Text:      text,
			Citations: []qa.Citation{{Number: 1, Document: "a", Quote: "x"}, {Number: 2, Document: "b", Quote: quote}},
			Sentences: []qa.Sentence{{Text: sentence, Citations: []int{n}, Verdict: qa.SentenceSupported}},
		}
		var words strings.Builder
		var at int
		for _, in := range insertions(a) {
			mark := text[in.Start:in.End]
			if mark == "" { // the end of a sentence may fall inside a mark
				in.Start, in.End = max(at, in.Start), max(at, in.End)
			}
			if in.Start < at || mark != "" && mark != fmt.Sprintf("[%d]", in.number) {
				t.Fatalf("%+v replaces %q after %d", in, mark, at)
			}
			words.WriteString(text[at:in.Start])
			at = in.End
		}
		words.WriteString(text[at:])
		var shown strings.Builder
		for _, p := range paragraphs("fr", a) {
			for _, piece := range p.Pieces {
				shown.WriteString(piece.Text)
			}
		}
		// Byte by byte: a mark may part the bytes of a letter, and what is shown has a space there.
		// The spaces between marks stay where they are when the point after them is set before them.
		spaceless := func(s string) string {
			s = strings.NewReplacer("\n", "", " ", "", "\t", "", "\v", "", "\f", "", "\r", "").Replace(s)
			return strings.Join(strings.Fields(s), "")
		}
		if got, want := spaceless(shown.String()), spaceless(words.String()); got != want {
			t.Errorf("shown %q, want %q", got, want)
		}
	})
}

func TestPlaceView(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]qa.Citation{
		"Budget!A2:C2":   {PageUnit: qa.UnitSheet, PageLabel: "Budget", Page: 1, Place: "Budget!A2:C2"},
		"feuille Budget": {PageUnit: qa.UnitSheet, PageLabel: "Budget", Page: 1},
		"diapositive 4":  {PageUnit: qa.UnitSlide, Page: 4},
		"p.\u00a04":      {Page: 4, Place: "unused", Section: []string{"Moyens"}},
		"A1":             {Place: "A1", Section: []string{"Moyens"}},
		"Moyens":         {Section: []string{"Chapitre", "Moyens"}},
		"":               {Title: "Moyens du port", Section: []string{"Moyens\u00a0du port"}},
	} {
		if got := Place(locale.French, c); got != want {
			t.Errorf("%+v: %q, want %q", c, got, want)
		}
	}
}
