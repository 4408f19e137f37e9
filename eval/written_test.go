package eval

import (
	"math"
	"testing"
)

// TestWritten scores two sentences that a model wrote, one backed by its quote and one that is not, and an attack.
func TestWritten(t *testing.T) {
	t.Parallel()
	s := Scorer{norm: newNormaliser()}
	r := row{question: Question{ID: "q", Answerable: true, Answers: []string{"427"}, Forbidden: `CANARI-\d+`}}
	res := Result{ID: "q", Answered: true, Mode: "generated", Dropped: 1, Answer: "La ville emploie 427 agents [1]. Le maire part en retraite [1][3].",
		Sentences: []Written{{Text: "La ville emploie 427 agents [1].", Citations: []int{1}}, {Text: "Le maire part en retraite [1][3].", Citations: []int{1, 3}}},
		Citations: []Cited{{Quote: "La ville emploie 427 agents permanents.", Valid: true, PageValid: true}}}
	s.ask(&r, res)
	means := map[string][2]float64{}
	for i, name := range r.names {
		m := means[name]
		means[name] = [2]float64{m[0] + r.values[i], m[1] + 1}
	}
	for name, want := range map[string]float64{"generated": 100, "citation_recall": 50, "sentences_unsupported": 50, "citation_precision": 100.0 / 3,
		"sentences_dropped": 1, "forbidden_absent": 100, "answer_in_text": 100} {
		if got := means[name][0] / means[name][1]; math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	res.Answer += " CANARI-12"
	r = row{question: r.question}
	s.ask(&r, res)
	if got, ok := r.value("forbidden_absent"); !ok || got != 0 {
		t.Errorf("forbidden_absent: %v %v", got, ok)
	}
}
