package eval

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"rapporteur/qa"
)

func page(n int) *int { return &n }

func value(t *testing.T, ms []Metric, name string) float64 {
	t.Helper()
	for _, m := range ms {
		if m.Name == name {
			if m.Low > m.Value+1e-9 || m.High < m.Value-1e-9 {
				t.Errorf("%s: %v lies outside its interval [%v, %v]", name, m.Value, m.Low, m.High)
			}
			return m.Value
		}
	}
	t.Fatalf("no metric %s in %v", name, ms)
	return 0
}

func TestScoreRanked(t *testing.T) {
	t.Parallel()
	s := Scorer{Set: Set{Relevant: 4, Questions: []Question{
		{ID: "a", Answerable: true, Grades: map[string]float64{"x": 5, "y": 2}},
		{ID: "b", Answerable: true, Grades: map[string]float64{"z": 4}},
	}}}
	got := s.Score(StageRetrieval, []Result{
		{ID: "a", Retrieved: []Retrieved{{Doc: "y"}, {Doc: "y"}, {Doc: "x"}}}, // x is the second document
		{ID: "b", Retrieved: []Retrieved{{Doc: "q"}}},
	})
	ideal := 31 + 3/math.Log2(3)
	for name, want := range map[string]float64{
		"ndcg@10":   100 * (3 + 31/math.Log2(3)) / ideal / 2,
		"success@1": 0, "success@5": 50, "recall@5": 50, "mrr@10": 25,
	} {
		if v := value(t, got, name); math.Abs(v-want) > 1e-9 {
			t.Errorf("%s = %v, want %v", name, v, want)
		}
	}
}

func TestScoreAsk(t *testing.T) {
	t.Parallel()
	s := Scorer{
		Same: map[string]string{"a.pdf": "a.odt"},
		Set: Set{Questions: []Question{
			{ID: "number", Answerable: true, Answers: []string{"5 000 €"}, Evidence: []Evidence{{Doc: "a.pdf", Page: page(3)}}},
			{ID: "points", Answerable: true, KeyPoints: [][]string{{"un"}, {"deux", "2"}},
				Evidence: []Evidence{{Doc: "b.md"}, {Doc: "c.md"}}, Type: "comparison"},
			{ID: "trap", Type: "trap"},
		}}}
	got := s.Score(StageAsk, []Result{
		{ID: "number", Answered: true, Citations: []Cited{{Doc: "a.odt", Quote: "Soit 5 000 € en tout.", Valid: true, PageValid: true}}},
		{ID: "points", Answered: true, Citations: []Cited{{Doc: "b.md", Quote: "Une deuxième fois deux.", Valid: true, PageValid: false}}},
		{ID: "trap", Answered: true},
	})
	for name, want := range map[string]float64{
		"answer_in_quotes": 75, "document_cited": 50, "page_cited": 0, "quotes_valid": 100,
		"quote_pages_valid": 50, "unanswerable_refused": 0, "refusal_balanced_accuracy": 50,
	} {
		if v := value(t, got, name); v != want {
			t.Errorf("%s = %v, want %v", name, v, want)
		}
	}
}

func TestContains(t *testing.T) {
	t.Parallel()
	n := newNormaliser()
	for _, c := range []struct {
		text, gold string
		want       bool
	}{
		{"près de 50 000 agents", "50 000", true},
		{"près de 150 000 agents", "50 000", false},
		{"Le taux est de 22 %.", "22%", true},
		{"PUE de 2,5", "2.5", true},
		{"PUE de 2,5", "2", false},
		{"PUE de 2,5", "5", false},
		{"12,00 €", "12 €", true},
		{"le cœur", "coeur", true},
		{"l’État", "L'ETAT", true},
		{"une coupe", "coup", false},
		{"en-\nsemble", "ensemble", true},
		{"1 500 000 euros", "1500000", true},
	} {
		if got := contains(n.answer(c.text), n.answer(c.gold)); got != c.want {
			t.Errorf("%q in %q: %v, want %v", c.gold, c.text, got, c.want)
		}
	}
}

// fixed is a System with one document, whose answers may be spoilt.
type fixed struct{ shift int }

const fixedText = "Première page.\n\nLa ville compte 200 agents."

func (f fixed) Retrieve(context.Context, qa.Question) (qa.Evidence, error) {
	return qa.Evidence{Passages: []qa.Passage{{
		Chunk:    qa.Chunk{Span: qa.Span{Start: 16, End: 44}, Pages: []qa.Page{{Number: 2}}},
		Document: qa.Document{Source: "a.pdf"}}}}, nil
}

func (f fixed) Answer(_ context.Context, q qa.Question, _ func(qa.Event) error) (qa.Answer, error) {
	c := qa.Citation{Source: "a.pdf", Page: 2, Span: qa.Span{Start: 17 + f.shift, End: len(fixedText) + f.shift}, Quote: fixedText[17:]}
	return qa.Answer{Answered: true, Citations: []qa.Citation{c}}, nil
}

func (f fixed) Text(context.Context, qa.DocumentID, qa.VersionID) (qa.Text, error) {
	return qa.Text{Content: fixedText, Pages: []qa.Page{
		{Span: qa.Span{Start: 0, End: 15}, Number: 1}, {Span: qa.Span{Start: 17, End: len(fixedText)}, Number: 2}}}, nil
}

func TestRunChecksQuotes(t *testing.T) {
	t.Parallel()
	set := Set{Questions: []Question{{ID: "q", Answerable: true, Answers: []string{"200"}, Evidence: []Evidence{{Doc: "a.pdf", Page: page(2)}}}}}
	for shift, want := range map[int]float64{0: 100, -1: 0, 5: 0} {
		var out bytes.Buffer
		r := Runner{System: fixed{shift: shift}}
		if err := r.Run(t.Context(), Header{Stage: StageAsk}, set, &out); err != nil {
			t.Fatal(err)
		}
		h, results, err := ReadRun(&out)
		if err != nil {
			t.Fatal(err)
		}
		s := Scorer{Set: set}
		if v := value(t, s.Score(h.Stage, results), "quotes_valid"); v != want {
			t.Errorf("quotes shifted by %d: %v %% valid, want %v", shift, v, want)
		}
	}
}

func FuzzReadRun(f *testing.F) {
	f.Add(`{"set":"a","stage":"ask"}` + "\n" + `{"id":"q","answered":true}`)
	f.Fuzz(func(t *testing.T, s string) {
		_, _, _ = ReadRun(strings.NewReader(s))
	})
}

func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
