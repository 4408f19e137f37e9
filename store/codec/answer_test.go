package codec

import (
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"rapporteur/qa"
)

var update = flag.Bool("update", false, "write the golden file anew, after a field was added")

// whole is an answer with something in every field.
func whole() qa.Answer {
	c := qa.Citation{
		Number: 1, Document: "d", Version: "v", Title: "Bilan", Source: "bilan.pdf", Page: 12, PageLabel: "x", PageUnit: qa.UnitSlide, Place: "A1",
		Section: []string{"Été"}, Header: "Poste", Recognised: 0.5, Span: qa.Span{Start: 3, End: 9}, Quote: "« Oui »",
	}
	at := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	return qa.Answer{
		ID: "a", Answered: true, Text: "Oui [1].", Mode: qa.ModeGenerated, Degraded: true, DegradedReason: "vectors_pending", Confidence: 0.5, Language: "fr", Dropped: 1, Partial: true,
		Sentences: []qa.Sentence{{Text: "Oui [1].", Citations: []int{1}, Verdict: qa.SentencePartly}}, Citations: []qa.Citation{c},
		Refusal: &qa.Refusal{Reason: qa.NeedsPrecision, Nearest: []qa.Citation{c}, Unreadable: []qa.Listed{{
			Document: qa.Document{ID: "d", Collection: "c", Title: "t", Source: "s", Live: "v", CreatedAt: at, UpdatedAt: at}, Newest: qa.Version{ID: "v", Document: "d", CreatedAt: at}}}},
		Asked: "Oui ?", Standalone: "Oui ou non ?", Documents: 2, Passages: 3, Timings: qa.Timings{Embed: 1, Search: 2, Answer: 3, Total: 4},
	}
}

// TestAnswer holds the stored form still: answers are kept for years, and a field that is renamed would be lost. One
// that is added to qa.Answer is added to the file.
func TestAnswer(t *testing.T) {
	t.Parallel()
	v := reflect.ValueOf(whole())
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if v.Field(i).IsZero() && name != "Conversation" && name != "Turn" {
			t.Errorf("the test says nothing of %s", name)
		}
	}
	if packed, err := PackAnswer(whole()); *update && err == nil {
		if err := os.WriteFile("testdata/answer.json", []byte(packed+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile("testdata/answer.json")
	if err != nil {
		t.Fatal(err)
	}
	stored := strings.TrimSpace(string(raw))
	kept := whole()
	kept.Conversation, kept.Turn = "c", 7
	if got, err := PackAnswer(kept); err != nil || got != stored {
		t.Errorf("packed %s, %v", got, err)
	}
	if got, err := UnpackAnswer(stored, "Oui ?"); err != nil || !reflect.DeepEqual(got, whole()) {
		t.Errorf("unpacked %+v, %v", got, err)
	}
	if got, err := UnpackAnswer(`{"Text":"x","Later":true}`, "Oui ?"); err != nil || got.Standalone != "Oui ?" || got.Text != "x" {
		t.Errorf("of a later program: %+v, %v", got, err)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		typed, text string
		in          bool
	}{
		{"", "rien", true}, {"  ", "rien", true}, {"École", "LES ECOLES", true}, {"l'été", "L’Été 2023", true}, {"oeuvre", "Œuvres", true},
		{"deux mots", "mots, et puis deux", true}, {"deux mots", "deux", false}, {"%", "cent", false},
	} {
		if WordsOf(c.typed).In(c.text) != c.in {
			t.Errorf("%q in %q: want %v", c.typed, c.text, c.in)
		}
	}
}
