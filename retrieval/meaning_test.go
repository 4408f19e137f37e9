package retrieval

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"rapporteur/qa"
)

// meaning holds vectors of two dimensions: what a passage is about, and what else. It encodes each
// question as the first.
type meaning struct {
	vectors   map[qa.ChunkID][2]float32
	sentences map[qa.ChunkID][][2]float32
	pending   int
	err       error // of the encoder
	rankErr   error
	readErr   error // of the sentence vectors
}

func (m *meaning) EmbedQuery(context.Context, string) ([]float32, error) {
	return []float32{1, 0}, m.err
}

func (m *meaning) Rank(_ context.Context, q qa.Query, k int) ([]qa.Hit, error) {
	var hits []qa.Hit
	for id, v := range m.vectors {
		hits = append(hits, qa.Hit{Chunk: id, Score: float64(q.Vector[0]*v[0] + q.Vector[1]*v[1])})
	}
	slices.SortFunc(hits, func(a, b qa.Hit) int { return int(1e6*b.Score) - int(1e6*a.Score) })
	return hits[:min(k, len(hits))], m.rankErr
}

func (m *meaning) Scores(_ context.Context, vector []float32, chunks []qa.ChunkID) ([]float64, error) {
	var out []float64
	for _, c := range chunks {
		v, ok := m.vectors[c]
		cosine := float64(vector[0]*v[0] + vector[1]*v[1])
		if !ok {
			cosine = math.NaN()
		}
		out = append(out, cosine)
	}
	return out, nil
}

func (m *meaning) Pending(context.Context, qa.Scope) (int, error) { return m.pending, nil }

func (m *meaning) Sentences(_ context.Context, chunks []qa.ChunkID) ([]qa.ChunkSentences, error) {
	var out []qa.ChunkSentences
	for _, id := range chunks {
		c := qa.ChunkSentences{Chunk: id}
		for i, v := range m.sentences[id] {
			c.Sentences = append(c.Sentences, qa.SentenceVector{Span: qa.Span{Start: i, End: i + 1}, Scale: 1.0 / 100,
				Codes: []int8{int8(100 * v[0]), int8(100 * v[1])}})
		}
		out = append(out, c)
	}
	return out, m.readErr
}

// hybrid searches four passages, in the order 1 to 4 by their words. By their meaning 4 comes first and 1 last.
func hybrid(m *meaning) *Retriever {
	if m.vectors == nil {
		m.vectors = map[qa.ChunkID][2]float32{1: {0.1, 0.9}, 2: {0.6, 0.8}, 3: {0.5, 0.8}, 4: {0.9, 0.1}}
	}
	s := shelf{texts: numbered(4)}
	r := s.retriever(Options{Fusion: Fusion{Weight: 0.3}})
	r.Semantic, r.Embedder, r.Sentences = m, m, m
	return r
}

func TestArms(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		arm      qa.Arm
		meaning  meaning
		want     []int
		degraded string
	}{
		{"both", "", meaning{}, []int{2, 4, 1, 3}, ""},
		{"both, by name", qa.ArmHybrid, meaning{}, []int{2, 4, 1, 3}, ""},
		{"words", qa.ArmLexical, meaning{}, []int{1, 2, 3, 4}, ""},
		{"words, encoder or not", qa.ArmLexical, meaning{err: errors.New("no memory"), pending: 2}, []int{1, 2, 3, 4}, ""},
		{"meaning", qa.ArmSemantic, meaning{}, []int{4, 2, 3, 1}, ""},
		{"encoder fails", "", meaning{err: errors.New("no memory")}, []int{1, 2, 3, 4}, "semantic_unavailable"},
		{"index fails", "", meaning{rankErr: errors.New("gone")}, []int{1, 2, 3, 4}, "semantic_unavailable"},
		{"sentences cannot be read", "", meaning{readErr: errors.New("gone")}, []int{2, 4, 1, 3}, "semantic_unavailable"},
		{"failure before waiting", "", meaning{err: errors.New("no memory"), pending: 1}, []int{1, 2, 3, 4}, "semantic_unavailable"},
		{"some have no vectors yet", "", meaning{pending: 1, vectors: map[qa.ChunkID][2]float32{3: {0.5, 0.8}, 4: {0.9, 0.1}}}, []int{1, 2, 4, 3}, "vectors_pending"},
		{"none has yet", "", meaning{pending: 4, vectors: map[qa.ChunkID][2]float32{9: {}}}, []int{1, 2, 3, 4}, "vectors_pending"},
	} {
		r := hybrid(&tt.meaning)
		delete(tt.meaning.vectors, 9)
		var told error
		r.Failed = func(err error) { told = err }
		e, err := r.Retrieve(t.Context(), qa.Question{Text: "passage", Scope: anywhere, Arm: tt.arm})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if got := ids(e); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		if e.DegradedReason != tt.degraded || e.Degraded != (tt.degraded != "") {
			t.Errorf("%s: degraded %v %q, want %q", tt.name, e.Degraded, e.DegradedReason, tt.degraded)
		}
		if failed := tt.degraded == "semantic_unavailable"; failed != (told != nil) {
			t.Errorf("%s: told of %v", tt.name, told)
		}
	}
}

func TestScoresOfBothArms(t *testing.T) {
	t.Parallel()
	e, err := hybrid(&meaning{}).Retrieve(t.Context(), qa.Question{Text: "passage", Scope: anywhere})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range e.Passages {
		if want := float64(5 - p.ID); p.Lexical != want {
			t.Errorf("lexical score of %d: %v, want %v", p.ID, p.Lexical, want)
		}
	}
	if p := e.Passages[1]; p.ID != 4 || math.Abs(p.Semantic-0.9) > 1e-6 {
		t.Errorf("cosine of %d: %v, want 0.9", p.ID, p.Semantic)
	}
	if e.Timings.Embed < 0 || e.Timings.Search <= 0 {
		t.Errorf("timings %+v", e.Timings)
	}
}

// TestSentencesOrderThePassages: passage 3, third by all else, holds the one sentence that fits.
func TestSentencesOrderThePassages(t *testing.T) {
	t.Parallel()
	m := &meaning{
		vectors: map[qa.ChunkID][2]float32{1: {0.8, 0}, 2: {0.8, 0}, 3: {0.8, 0}, 4: {0.8, 0}},
		sentences: map[qa.ChunkID][][2]float32{
			1: {{0.6, 0.5}}, 2: {{0.55, 0.5}}, 3: {{0.3, 0.1}, {0.9, 0}}, 4: {{0.5, 0.5}},
		},
	}
	r := hybrid(m)
	r.Options.Sentence = 2
	e, err := r.Retrieve(t.Context(), qa.Question{Text: "passage", Scope: anywhere})
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(e); !slices.Equal(got, []int{3, 1, 2, 4}) {
		t.Fatalf("order %v", got)
	}
	got := e.Passages[0].Sentences
	if len(got) != 2 || got[1].Span != (qa.Span{Start: 1, End: 2}) || math.Abs(got[0].Cosine-0.3) > 1e-6 || math.Abs(got[1].Cosine-0.9) > 1e-6 {
		t.Errorf("cosines %+v", got)
	}
	delete(m.sentences, 3) // still to be made
	if e, _ = r.Retrieve(t.Context(), qa.Question{Text: "passage", Scope: anywhere}); !slices.Equal(ids(e), []int{1, 2, 3, 4}) {
		t.Errorf("order %v without the sentences of 3", ids(e))
	}
}

// TestCodesOfAnotherLength are of another encoder, and say nothing.
func TestCodesOfAnotherLength(t *testing.T) {
	t.Parallel()
	if got := cosines([]float32{1, 0}, []qa.SentenceVector{{Scale: 1, Codes: []int8{1, 2, 3}}}); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestMeaningAlone(t *testing.T) {
	t.Parallel()
	broken := &meaning{err: errors.New("no memory")}
	if _, err := hybrid(broken).Retrieve(t.Context(), qa.Question{Text: "passage", Scope: anywhere, Arm: qa.ArmSemantic}); !errors.Is(err, broken.err) {
		t.Errorf("error %v", err)
	}
	e, err := hybrid(&meaning{}).Retrieve(t.Context(), qa.Question{Scope: anywhere, Arm: qa.ArmSemantic})
	if err != nil || len(e.Passages) != 0 {
		t.Errorf("an empty question finds %v, %v", ids(e), err)
	}
}

func TestGivenUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := hybrid(&meaning{}).Retrieve(ctx, qa.Question{Text: "passage", Scope: anywhere}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
