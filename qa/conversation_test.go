package qa

import (
	"reflect"
	"strings"
	"testing"
)

func TestTitleOf(t *testing.T) {
	t.Parallel()
	for question, want := range map[string]string{
		"Combien ?":             "Combien ?",
		"  Deux\n lignes\t?":    "Deux lignes ?",
		strings.Repeat("a", 60): strings.Repeat("a", 60),
		strings.Repeat("é", 61): strings.Repeat("é", 59) + "…",
		"Quel budget, dit-on, " + "la commune de Saint-Étienne consacre-t-elle aux écoles ?": "Quel budget, dit-on, la commune de Saint-Étienne…",
		strings.Repeat("oui, ", 20): "oui, oui, oui, oui, oui, oui, oui, oui, oui, oui, oui…",
	} {
		if got := TitleOf(question); got != want || len([]rune(got)) > 60 {
			t.Errorf("%q: %q, want %q", question, got, want)
		}
	}
}

// cited is a citation of a document, numbered, whose quote and title are its own.
func cited(n int, d DocumentID) Citation {
	return Citation{Number: n, Document: d, Title: "Le rapport " + string(d) + " de la cour", Quote: "Voici ce que dit " + string(d)}
}

func TestWithout(t *testing.T) {
	t.Parallel()
	gone := func(d DocumentID) bool { return d == "part" }
	for name, c := range map[string]struct {
		in, want Answer
		erased   bool
	}{
		"nothing of it": {Answer{Text: "Un [1].", Standalone: "s", Citations: []Citation{cited(1, "reste")}}, Answer{Text: "Un [1].", Standalone: "s", Citations: []Citation{cited(1, "reste")}}, false},
		"one of two sentences": {
			Answer{Asked: "q", Standalone: "s", Text: "- Un [1].\n- Deux [2].", Citations: []Citation{cited(1, "part"), cited(2, "reste")},
				Sentences: []Sentence{{Text: "Un [1].", Citations: []int{1}}, {Text: "Deux [2].", Citations: []int{2}}}},
			Answer{Asked: "q", Standalone: "q", Text: "- \n- Deux [2].", Citations: []Citation{cited(2, "reste")}, Sentences: []Sentence{{Text: "Deux [2].", Citations: []int{2}}}}, true},
		"a sentence on both": {
			Answer{Text: "Un [1] [2].", Citations: []Citation{cited(1, "part"), cited(2, "reste")}, Sentences: []Sentence{{Text: "Un [1] [2].", Citations: []int{1, 2}}}},
			Answer{Citations: []Citation{cited(2, "reste")}}, true},
		"a sentence that names it without citing it": {
			Answer{Text: "Un [1]. Le rapport part de la cour le dit aussi.", Citations: []Citation{cited(1, "part")},
				Sentences: []Sentence{{Text: "Un [1].", Citations: []int{1}}, {Text: "Le rapport part de la cour le dit aussi."}}},
			Answer{}, true},
		"words outside every sentence": {
			Answer{Text: "D’après Le rapport part de la cour : Un [1]. Deux [2].", Citations: []Citation{cited(1, "part"), cited(2, "reste")},
				Sentences: []Sentence{{Text: "Un [1].", Citations: []int{1}}, {Text: "Deux [2].", Citations: []int{2}}}},
			Answer{Text: "Deux [2].", Citations: []Citation{cited(2, "reste")}, Sentences: []Sentence{{Text: "Deux [2].", Citations: []int{2}}}}, true},
		"a sentence that is not in the text": {
			Answer{Text: "Tout autre chose.", Citations: []Citation{cited(1, "part")}, Sentences: []Sentence{{Text: "Un [1].", Citations: []int{1}}}}, Answer{}, true},
		"a refusal": {
			Answer{Text: "Rien.", Refusal: &Refusal{Reason: NotInDocuments, Nearest: []Citation{cited(1, "part"), cited(2, "reste")}, Unreadable: []Listed{{Document: Document{ID: "part"}}}}},
			Answer{Text: "Rien.", Refusal: &Refusal{Reason: NotInDocuments, Nearest: []Citation{cited(2, "reste")}}}, true},
		"a refusal whose nearest has the number of a citation": {
			Answer{Text: "Un [1].", Citations: []Citation{cited(1, "reste")}, Sentences: []Sentence{{Text: "Un [1].", Citations: []int{1}}}, Refusal: &Refusal{Nearest: []Citation{cited(1, "part")}}},
			Answer{Text: "Un [1].", Citations: []Citation{cited(1, "reste")}, Sentences: []Sentence{{Text: "Un [1].", Citations: []int{1}}}, Refusal: &Refusal{}}, true},
		"a choice between reports": {
			Answer{Text: "Lequel : Le rapport part de la cour, ou un autre ?", Refusal: &Refusal{Reason: NeedsPrecision, Nearest: []Citation{cited(1, "part")}}},
			Answer{Refusal: &Refusal{Reason: NeedsPrecision}}, true},
	} {
		before := c.in
		got, erased := Turn{Number: 3, Answer: c.in}.Without(gone)
		want := Turn{Number: 3, Answer: c.want, Erased: c.erased}
		if !reflect.DeepEqual(got, want) || erased != c.erased {
			t.Errorf("%s:\n%+v, %v\nwant\n%+v", name, got, erased, want)
		}
		if !reflect.DeepEqual(c.in, before) {
			t.Errorf("%s: the turn that was given is changed", name)
		}
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	a := Answer{Asked: "q"}.Shown([]SentenceEvent{
		{Sentence: Sentence{Text: "« Voici ce que dit d » [1].", Citations: []int{1}}, Sources: []Citation{cited(1, "d")}},
		{Sentence: Sentence{Text: "Encore « Voici ce que dit d » [1].", Citations: []int{1}}, Sources: []Citation{cited(1, "d")}},
	})
	if !a.Answered || a.Asked != "q" || a.Mode != ModeExtractive || len(a.Sentences) != 2 || len(a.Citations) != 1 || a.Text != "« Voici ce que dit d » [1]. Encore « Voici ce que dit d » [1]." {
		t.Errorf("shown %+v", a)
	}
	if b := (Answer{}).Shown([]SentenceEvent{{Sentence: Sentence{Text: "Dit autrement [1]."}, Sources: []Citation{cited(1, "d")}}}); b.Mode != ModeGenerated {
		t.Errorf("an answer in other words is %s", b.Mode)
	}
}
