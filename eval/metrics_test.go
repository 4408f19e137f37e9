package eval

import (
	"math"
	"slices"
	"strings"
	"testing"

	"rapporteur/qa"
)

func check(t *testing.T, got []Metric, want map[string]float64) {
	t.Helper()
	for name, w := range want {
		if v := value(t, got, name); math.Abs(v-w) > 1e-9 {
			t.Errorf("%s = %v, want %v", name, v, w)
		}
	}
}

// asked five questions: the values of the metrics below are computed by hand.
var fiveQuestions = []Question{
	{ID: "whole", Type: "fact", Answerable: true, Answers: []string{"bleu"}},
	{ID: "trap", Type: "trap"},
	{ID: "wrong", Type: "fact", Answerable: true, Answers: []string{"rouge"}},
	{ID: "near", Type: "fact", Answerable: true, Answers: []string{"vert"}},
	{ID: "refused", Type: "trap"},
}

var fiveResults = []Result{
	{ID: "whole", Answered: true, Confidence: .9, Answer: "« Le ciel est bleu »", Citations: []Cited{{Quote: "Le ciel est bleu"}}},
	{ID: "trap", Answered: true, Confidence: .8},
	{ID: "wrong", Answered: true, Confidence: .6, Answer: "Il est rouge.", Citations: []Cited{{Quote: "Il est noir"}}},
	{ID: "near", Confidence: .4, Nearest: []Cited{{Quote: "Le pré est vert"}}},
	{ID: "refused", Confidence: .2},
}

func TestConfidence(t *testing.T) {
	t.Parallel()
	s := Scorer{Set: Set{Questions: fiveQuestions}, By: "type"}
	got := s.Scores(Header{Stage: StageAsk}, fiveResults)
	whole := slices.DeleteFunc(slices.Clone(got.Metrics), func(m Metric) bool { return m.Slice != "" })
	check(t, whole, map[string]float64{
		"right":                        40, // whole, refused
		"answerable_answered":          200.0 / 3,
		"unanswerable_refused":         50,
		"refusal_precision":            50,
		"refusal_balanced_accuracy":    (200.0/3 + 50) / 2,
		"auroc":                        400.0 / 6, // pairs of answerable and unanswerable in the right order
		"risk@50":                      60,        // 1.5 wrong of 2.5
		"risk@80":                      50,        // 2 of 4
		"aurc":                         100 * (0 + 1.0/2 + 2.0/3 + 2.0/4 + 3.0/5) / 5,
		"calibration_error":            46, // (.1 + .8 + .6 + .6 + .2) / 5
		"calibration_error_answerable": 42, // (.1 + .8 + .4 + .6 + .2) / 5
		"utility":                      20, // (1 + 1 - 1) / 5
		"answer_in_quotes":             100.0 / 3,
		"answer_in_text":               200.0 / 3,
		"answer_in_text_alone":         100.0 / 3,
	})
	if want := []Point{{20, 0}, {40, 50}, {60, 200.0 / 3}, {80, 50}, {100, 60}}; !slices.EqualFunc(got.Risk, want, func(a, b Point) bool {
		return math.Abs(a.Coverage-b.Coverage)+math.Abs(a.Risk-b.Risk) < 1e-9
	}) {
		t.Errorf("curve %v, want %v", got.Risk, want)
	}
	if b := got.Reliability; len(b) != 5 || b[0] != (Bin{Low: .2, N: 1, Confidence: .2}) || b[4] != (Bin{Low: .9, N: 1, Confidence: .9, Right: 1, Answerable: 1}) {
		t.Errorf("reliability %+v", b)
	}
	var wrong []string
	for _, q := range s.Wrong(StageAsk, fiveResults) {
		wrong = append(wrong, q.ID)
	}
	if !slices.Equal(wrong, []string{"trap", "wrong", "near"}) {
		t.Errorf("wrong: %v", wrong)
	}
	for _, m := range got.Metrics {
		if m.Slice == "type=fact" && m.Name == "answerable_answered" && (m.N != 3 || m.Value != 200.0/3) {
			t.Errorf("slice of facts: %+v", m)
		}
	}
}

// TestTies: questions of equal confidence come in no order, whatever their order in the run.
func TestTies(t *testing.T) {
	t.Parallel()
	s := Scorer{Set: Set{Questions: []Question{{ID: "yes", Answerable: true}, {ID: "no"}}}}
	for _, ids := range [][]string{{"yes", "no"}, {"no", "yes"}} {
		var results []Result
		for _, id := range ids {
			results = append(results, Result{ID: id, Answered: true, Confidence: .5})
		}
		check(t, s.Score(StageAsk, results), map[string]float64{"auroc": 50, "risk@50": 50, "aurc": 50, "calibration_error": 0})
	}
}

// TestIntervals: a metric of several questions has an interval over groups, wider than one over its questions.
func TestIntervals(t *testing.T) {
	t.Parallel()
	width := func(grouped bool) float64 {
		var s Scorer
		var results []Result
		for i := range 200 {
			q := Question{ID: string(rune('a'+i/26)) + string(rune('a'+i%26)), Answerable: i%2 == 0}
			if grouped {
				q.Group = string(rune('a' + i/20))
			}
			s.Set.Questions = append(s.Set.Questions, q)
			sure := .1
			if (i/20)%2 == 0 == q.Answerable { // right in every other group of 20
				sure = .9
			}
			results = append(results, Result{ID: q.ID, Answered: true, Confidence: sure})
		}
		for _, m := range s.Score(StageAsk, results) {
			if m.Name == "auroc" {
				if m.Value != 50 {
					t.Errorf("AUROC %v, want 50", m.Value)
				}
				return m.High - m.Low
			}
		}
		t.Fatal("no AUROC")
		return 0
	}
	if questions, groups := width(false), width(true); groups < 2*questions || questions < 5 {
		t.Errorf("the interval is %.1f wide over questions and %.1f over groups", questions, groups)
	}
}

func TestTightness(t *testing.T) {
	t.Parallel()
	q := Question{ID: "q", Answerable: true, Evidence: []Evidence{{Doc: "d", Start: 10, End: 20}, {Doc: "d", Start: 30, End: 40}}}
	s := Scorer{Set: Set{Questions: []Question{q}}}
	got := s.Score(StageRetrieval, []Result{{ID: "q", Retrieved: []Retrieved{
		{Doc: "d", Extent: &Extent{15, 35}}, {Doc: "d", Extent: &Extent{18, 25}}, {Doc: "e", Extent: &Extent{10, 20}}}}})
	check(t, got, map[string]float64{"span_recall@5": 50, "span_precision@5": 100 * 10 / 37.0, "span_iou@5": 100 * 10 / 47.0, "document@1": 100})
	got = s.Score(StageAsk, []Result{{ID: "q", Answered: true, Citations: []Cited{{Doc: "d", Extent: &Extent{10, 20}}}}})
	check(t, got, map[string]float64{"span_recall_quotes": 50, "span_precision_quotes": 100, "span_iou_quotes": 50})
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	s := Scorer{Set: Set{Questions: []Question{
		{ID: "third", Answerable: true, Evidence: []Evidence{{Doc: "a", Page: page(3)}}},
		{ID: "beside", Answerable: true, Evidence: []Evidence{{Doc: "a", Page: page(3)}}},
		{ID: "graded", Answerable: true, Grades: map[string]float64{"a": 1}},
		{ID: "refused", Answerable: true, Evidence: []Evidence{{Doc: "a"}}},
	}}}
	got := s.Score(StageAsk, []Result{
		{ID: "third", Answered: true, Citations: []Cited{{Doc: "b", Page: 3}, {Doc: "a", Page: 9}, {Doc: "a", Page: 3}}},
		{ID: "beside", Answered: true, Citations: []Cited{{Doc: "a", Page: 4}}},
		{ID: "graded", Answered: true, Citations: []Cited{{Doc: "a"}}},
		{ID: "refused", Nearest: []Cited{{Doc: "a"}}},
	})
	check(t, got, map[string]float64{
		"document_cited@1": 50, "document_cited@3": 75, "document_cited": 75, "document_cited_when_answered": 100,
		"page_cited_when_answered": 50,
		"page_cited@1":             0, "page_cited@3": 50, "page_off_by_one": 50, "citations_in_evidence": 80,
	})
}

func TestAnswerAt400(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x ", 199) // 398 characters: two more are the last that count
	s := Scorer{Set: Set{Questions: []Question{{ID: "q", Answerable: true, Answers: []string{"12"}}}}}
	for quote, want := range map[string]float64{"12 ans": 100, long + "12 ans": 100, long + "à 12 ans": 0, long + "129 ans": 0} {
		got := s.Score(StageAsk, []Result{{ID: "q", Answered: true, Citations: []Cited{{Quote: quote}}}})
		check(t, got, map[string]float64{"answer_in_quotes@400": want})
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"1 500,00 €, 1500 et 1\u202f500": {"1500", "1500", "1500"},
		"12,50 % puis 12.5":              {"12.5", "12.5"},
		"en 2023 150 agents":             {"2023", "150"},
		"le 03/04/2023":                  {"3", "4", "2023"},
		"1 234 567,8":                    {"1234567.8"},
		"12 3456":                        {"12", "3456"},
		"0,5 et 0":                       {"0.5", "0"},
		"aucun":                          nil,
	} {
		if got := numbers(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestNumberFidelity(t *testing.T) {
	t.Parallel()
	cited := []Cited{{Title: "Bilan"}, {Title: "Bilan 2022", Doc: "bilan-2022.pdf", Page: 12, Quote: "Il y a 1 500 agents.", Header: "Année | 2021"}}
	for answer, want := range map[string][]bool{
		"D’après « Bilan 2022 », p. 12 : « Il y a 1 500 agents. » [1]": {true},
		"Il y a 1500,0 agents [1]":           {true},
		"Il y a 1 501 agents":                {false},
		"Année | 2021 : p. 13":               {true, false},
		"Il y a 12 agents":                   {false}, // the number of the page backs nothing
		"Le Bilan 2022 parle de 2022":        {false},
		"Il y a des agents, dit-on page 12.": nil,
	} {
		if got := numbersBacked(Result{Answer: answer, Citations: cited}); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", answer, got, want)
		}
	}
}

func TestAlign(t *testing.T) {
	t.Parallel()
	record := "# Titre\n\nUne  ligne\ncoupée.\n\n* premier point\n* second"
	stored := "Titre\n\nUne ligne coupée.\n\npremier point\n\nsecond point final"
	a := align(stored, record)
	for _, c := range []struct {
		stored, record string
		ok             bool
	}{
		{"Titre", "Titre", true},
		{"ligne coupée.", "ligne\ncoupée.", true},
		{"premier point\n\nsecond", "premier point\n* second", true},
		{"final", "", false},
	} {
		start := indexOf(t, stored, c.stored)
		from, to, ok := a.span(start, start+len(c.stored))
		if ok != c.ok || ok && string([]rune(record)[from:to]) != c.record {
			t.Errorf("%q is at %d-%d (%v), want %q", c.stored, from, to, ok, c.record)
		}
	}
}

func FuzzAlign(f *testing.F) {
	f.Add("un deux", "un  deux trois")
	f.Fuzz(func(t *testing.T, stored, record string) {
		a := align(stored, record)
		if from, to, ok := a.span(0, len(stored)); ok && (from < 0 || to <= from && a.place[0] == 0 || to > len([]rune(record))) {
			t.Errorf("%d-%d of %d", from, to, len([]rune(record)))
		}
	})
}

func TestCompare(t *testing.T) {
	t.Parallel()
	s := Scorer{Set: Set{Questions: fiveQuestions}}
	later := slices.Clone(fiveResults[:4]) // the fifth was not asked again
	later[2].Citations = []Cited{{Quote: "Il est rouge"}}
	later[1].Answered = false
	later[0].Answered = false
	got, err := s.Compare(StageAsk, fiveResults, later)
	if err != nil {
		t.Fatal(err)
	}
	if got.Questions != 4 || !slices.Equal(got.Better, []string{"trap", "wrong"}) || !slices.Equal(got.Worse, []string{"whole"}) {
		t.Errorf("%d questions, better %v, worse %v", got.Questions, got.Better, got.Worse)
	}
	gains := map[string]float64{}
	for _, d := range got.Metrics {
		gains[d.Name] = d.Gain
		if d.Low > d.Gain || d.High < d.Gain {
			t.Errorf("%s: %v outside [%v, %v]", d.Name, d.Gain, d.Low, d.High)
		}
	}
	for name, want := range map[string]float64{"right": 25, "unanswerable_refused": 100, "answerable_answered": -100.0 / 3, "auroc": 0} {
		if v, ok := gains[name]; !ok || math.Abs(v-want) > 1e-9 {
			t.Errorf("%s gains %v, want %v", name, v, want)
		}
	}
	same, err := s.Compare(StageAsk, fiveResults, fiveResults)
	if err != nil || slices.ContainsFunc(same.Metrics, func(d Difference) bool { return d.Gain != 0 || d.Low != 0 || d.High != 0 || d.Clear() }) {
		t.Errorf("a run and itself: %+v, %v", same, err)
	}
	if _, err := s.Compare(StageAsk, fiveResults, nil); qa.CodeOf(err) != "runs_differ" {
		t.Errorf("nothing in common: %v", err)
	}
	a := Header{Stage: StageAsk, Selection: Selection{Set: "/a/set.jsonl"}}
	for _, b := range []Header{{Stage: StageRetrieval, Selection: a.Selection}, {Stage: StageAsk, Selection: Selection{Set: "/a/other.jsonl"}},
		{Stage: StageAsk, Selection: Selection{Set: "/a/set.jsonl", Withhold: Odd}}} {
		if err := Comparable(a, b); qa.CodeOf(err) != "runs_differ" {
			t.Errorf("%+v: %v", b, err)
		}
	}
	if err := Comparable(a, Header{Stage: StageAsk, Selection: Selection{Set: "/b/set.jsonl", Sample: 3}}); err != nil {
		t.Error(err)
	}
}

func TestBaseline(t *testing.T) {
	t.Parallel()
	raw, err := Baseline{StageAsk: {
		{Name: "right", N: 5, Value: 60, Low: 40.04, High: 80},
		{Name: "aurc", N: 5, Value: 30, Low: 20, High: 40},
		{Name: "auroc", N: 5, Value: 90, Low: 80, High: 100},
		{Name: "ms_p50", N: 5, Value: 3},
		{Name: "document_cited", N: 50, Value: 100, Low: 100, High: 100},
		{Name: "quotes_valid", N: 50, Value: 100, Low: 100, High: 100},
	}}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := ParseBaseline(raw)
	if err != nil || len(b[StageAsk]) != 5 || b[StageAsk][0].Low != 40 {
		t.Fatalf("%s: %+v, %v", raw, b, err)
	}
	for _, c := range []struct {
		right, aurc, cited, valid float64
		want                      int
	}{{60, 30, 100, 100, 0}, {40, 40, 98, 100, 0}, {39.9, 30, 100, 100, 1}, {99, 5, 100, 100, 0}, {39, 41, 100, 100, 2},
		{60, 30, 96, 100, 1}, {60, 30, 100, 99.9, 1}} {
		got := b.Regressions(StageAsk, []Metric{{Name: "right", Value: c.right}, {Name: "aurc", Value: c.aurc}, {Name: "auroc", Value: 90},
			{Name: "document_cited", Value: c.cited}, {Name: "quotes_valid", Value: c.valid}})
		if len(got) != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
	if got := b.Regressions(StageAsk, nil); len(got) != 5 {
		t.Errorf("nothing measured: %q", got)
	}
}
