package eval

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rapporteur/qa"
)

func indexOf(t *testing.T, text, part string) int {
	t.Helper()
	i := strings.Index(text, part)
	if i < 0 {
		t.Fatalf("%q is not in %q", part, text)
	}
	return i
}

// slow is a System that answers the first questions last.
type slow struct {
	fixed
	asked  atomic.Int64
	now    atomic.Int64
	most   atomic.Int64
	fail   string
	scopes chan []qa.DocumentID
}

func (s *slow) Retrieve(ctx context.Context, q qa.Question) (qa.Evidence, error) {
	n := s.now.Add(1)
	defer s.now.Add(-1)
	s.most.Store(max(s.most.Load(), n))
	time.Sleep(time.Duration(11-min(10, s.asked.Add(1))) * time.Millisecond)
	if q.Text == s.fail {
		return qa.Evidence{}, errors.New("broken")
	}
	if s.scopes != nil {
		s.scopes <- q.Scope.Documents
	}
	e, err := s.fixed.Retrieve(ctx, q)
	e.Passages[0].Document.Source = q.Text + " " + string(q.Arm)
	return e, err
}

func questions(n int) (out []Question) {
	for i := range n {
		out = append(out, Question{ID: fmt.Sprint(i), Text: fmt.Sprint(i)})
	}
	return out
}

// TestRunOrder: the results come in the order of the set, one an arm, however many questions are asked at once.
func TestRunOrder(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := &slow{}
	r := Runner{System: s, Parallel: 4, Arms: []qa.Arm{qa.ArmLexical, qa.ArmHybrid}}
	if err := r.Run(t.Context(), Header{Stage: StageRetrieval}, Set{Questions: questions(20)}, &out); err != nil {
		t.Fatal(err)
	}
	_, results, err := ReadRun(&out)
	if err != nil || len(results) != 40 {
		t.Fatalf("%d results, %v", len(results), err)
	}
	for i, res := range results {
		arm := []qa.Arm{qa.ArmLexical, qa.ArmHybrid}[i%2]
		if want := fmt.Sprint(i / 2); res.ID != want || res.Arm != arm || res.Retrieved[0].Doc != want+" "+string(arm) {
			t.Errorf("result %d is %+v", i, res)
		}
	}
	if s.most.Load() < 2 || s.most.Load() > 4 {
		t.Errorf("%d questions at a time, want 2 to 4", s.most.Load())
	}
	set := Set{Questions: questions(20)}
	for i := range set.Questions {
		set.Questions[i].Answerable, set.Questions[i].Evidence = true, []Evidence{{Doc: fmt.Sprintf("%d lexical", i)}}
	}
	scorer := Scorer{Set: set}
	var slicesSeen []string
	for _, m := range scorer.Score(StageRetrieval, results) {
		if m.Name == "document@1" {
			slicesSeen = append(slicesSeen, fmt.Sprint(m.Slice, m.Value))
		}
	}
	if want := []string{"arm=lexical100", "arm=hybrid0"}; !slices.Equal(slicesSeen, want) {
		t.Errorf("%q, want %q", slicesSeen, want)
	}
}

func TestRunEnds(t *testing.T) {
	t.Parallel()
	s := &slow{fail: "5"}
	err := (&Runner{System: s, Parallel: 3}).Run(t.Context(), Header{Stage: StageRetrieval}, Set{Questions: questions(500)}, &bytes.Buffer{})
	if err == nil || err.Error() != "broken" || s.now.Load() != 0 || s.asked.Load() > 50 {
		t.Errorf("%v after %d questions, %d still asked", err, s.asked.Load(), s.now.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (&Runner{System: &slow{}}).Run(ctx, Header{Stage: StageRetrieval}, Set{Questions: questions(50)}, &bytes.Buffer{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestRunScope asks a question within its documents alone, and never within all for want of one.
func TestRunScope(t *testing.T) {
	t.Parallel()
	s := &slow{scopes: make(chan []qa.DocumentID, 2)}
	r := Runner{System: s, Documents: map[string]qa.DocumentID{"a": "id-a", "b": "id-b"}}
	set := Set{Questions: []Question{{ID: "q", Text: "q", Scope: []string{"b", "gone"}}}}
	if err := r.Run(t.Context(), Header{Stage: StageRetrieval}, set, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	if got := <-s.scopes; !slices.Equal(got, []qa.DocumentID{"id-b"}) {
		t.Errorf("asked within %v", got)
	}
	set.Questions[0].Scope = []string{"gone"}
	if err := r.Run(t.Context(), Header{Stage: StageRetrieval}, set, &bytes.Buffer{}); qa.CodeOf(err) != "set_scope_unknown" {
		t.Errorf("no document of the scope: %v", err)
	}
}

// TestRunExtents compares places with the record, not with what was stored of it.
func TestRunExtents(t *testing.T) {
	t.Parallel()
	record := "Première page.\n \n \nLa ville\ncompte 200 agents."
	at := indexOf(t, record, "La ville") - 1 // one character takes two bytes
	end := len([]rune(record))
	set := Set{Records: []Record{{ID: "a.pdf", Text: record}}, Questions: []Question{{ID: "q", Text: "q", Answerable: true,
		Evidence: []Evidence{{Doc: "a.pdf", Start: at, End: end}}}}}
	for _, stage := range []Stage{StageRetrieval, StageAsk} {
		var out bytes.Buffer
		if err := (&Runner{System: fixed{}}).Run(t.Context(), Header{Stage: stage}, set, &out); err != nil {
			t.Fatal(err)
		}
		_, results, err := ReadRun(&out)
		if err != nil {
			t.Fatal(err)
		}
		suffix := map[Stage]string{StageRetrieval: "@5", StageAsk: "_quotes"}[stage]
		s := Scorer{Set: set}
		check(t, s.Score(stage, results), map[string]float64{"span_recall" + suffix: 100, "span_precision" + suffix: 100})
	}
}
