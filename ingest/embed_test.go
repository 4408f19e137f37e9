package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"rapporteur/ingest"
	"rapporteur/qa"
)

// embedderOf is an Embedder made of a function.
type embedderOf func(ctx context.Context, texts []string) ([][]float32, error)

func (f embedderOf) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	return f(ctx, texts)
}

// chaptered is a text of n sections with a few sentences each.
func chaptered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "## Chapitre %d\n\n%s\n\n", i, strings.Repeat(fmt.Sprintf("La section %d décrit la mesure numéro %d du plan. ", i, i*7), 12))
	}
	return b.String()
}

func (l *library) version(t *testing.T, id qa.VersionID) qa.Version {
	t.Helper()
	_, v, err := l.store.Version(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// step advances a version once.
func (l *library) step(t *testing.T, id qa.VersionID) (more bool) {
	t.Helper()
	more, err := l.pipeline.Advance(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return more
}

// embeddingLibrary is a library with vectors and without jobs.
func embeddingLibrary(t *testing.T, e ingest.Embedder) *library {
	t.Helper()
	l := newLibrary(t, nil, false)
	if err := l.embedding(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestStepsOfANewDocument(t *testing.T) {
	t.Parallel()
	largest := 0
	l := embeddingLibrary(t, embedderOf(func(ctx context.Context, texts []string) ([][]float32, error) {
		largest = max(largest, len(texts))
		return lots{}.EmbedDocuments(ctx, texts)
	}))
	r := l.accept(t, qa.Upload{Source: "plan.md", Title: "Plan"}, chaptered(75))
	for step, want := range []qa.State{qa.StateExtracted, qa.StateLive} {
		if later, err := l.pipeline.Embedding(t.Context(), r.Version.ID); err != nil || later {
			t.Errorf("before step %d it is said that only vectors are left, %v", step, err)
		}
		if more, v := l.step(t, r.Version.ID), l.version(t, r.Version.ID); !more || v.State != want {
			t.Fatalf("step %d: %s, more %v; want %s and more", step, v.State, more, want)
		}
	}
	v := l.version(t, r.Version.ID)
	if v.Chunks <= ingest.ChunksAtOnce || v.Embedded != 0 {
		t.Fatalf("live with %d chunks, %v embedded; want more than one step takes, 0", v.Chunks, v.Embedded)
	}
	var shares []float64
	for more := true; more; {
		if later, err := l.pipeline.Embedding(t.Context(), v.ID); err != nil || later != (l.version(t, v.ID).Embedded < 1) {
			t.Errorf("embedding %v at %v, %v", later, l.version(t, v.ID).Embedded, err)
		}
		more = l.step(t, v.ID)
		shares = append(shares, l.version(t, v.ID).Embedded)
		if vectors, err := l.vectors.Vectors(t.Context(), v.ID); err != nil || shares[len(shares)-1] > 0.5 && len(vectors) < v.Chunks {
			t.Errorf("sentences before the vectors of all chunks: %d of %d, %v", len(vectors), v.Chunks, err)
		}
	}
	want := float64(ingest.ChunksAtOnce) / float64(2*v.Chunks)
	if shares[0] != want || shares[len(shares)-1] != 1 {
		t.Errorf("shares %v; want %v first, 1 last", shares, want)
	}
	if largest > ingest.SentencesAtOnce*20 {
		t.Errorf("%d texts in one step", largest)
	}
	chunks, err := l.store.Chunks(t.Context(), v.ID)
	if err != nil {
		t.Fatal(err)
	}
	inspectVectors(t, l, v, chunks)
}

// TestReplacementComesWhole: who asks keeps the old version with its vectors until the new one has its own.
func TestReplacementComesWhole(t *testing.T) {
	t.Parallel()
	l := embeddingLibrary(t, lots{})
	one := l.accept(t, qa.Upload{Source: "a.md"}, chaptered(40))
	l.finish(t, one.Version.ID)
	two := l.accept(t, qa.Upload{Source: "a.md", Replace: true}, chaptered(41))
	for l.step(t, two.Version.ID) {
		if v := l.version(t, two.Version.ID); v.State != qa.StateExtracted {
			t.Fatalf("%s at %v embedded", v.State, v.Embedded)
		}
	}
	if v := l.version(t, two.Version.ID); v.State != qa.StateLive || v.Embedded != 1 {
		t.Errorf("replacement %s at %v", v.State, v.Embedded)
	}
	changes, err := l.store.Changes(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, c := range changes {
		kinds = append(kinds, string(c.Kind))
	}
	if got := strings.Join(kinds, " "); got != "published embedded superseded published" {
		t.Errorf("feed: %s", got)
	}
	if more, err := l.pipeline.Advance(t.Context(), one.Version.ID); more || err != nil {
		t.Errorf("a superseded version has more to do: %v, %v", more, err)
	}
}

func TestWithoutEmbedder(t *testing.T) {
	t.Parallel()
	l := embeddingLibrary(t, nil)
	for i := range 2 {
		r := l.accept(t, qa.Upload{Source: "a.md", Replace: true}, chaptered(2+i))
		if !l.step(t, r.Version.ID) || l.step(t, r.Version.ID) {
			t.Error("want two steps")
		}
		if v := l.version(t, r.Version.ID); v.State != qa.StateLive || v.Embedded != 0 {
			t.Errorf("version %s at %v", v.State, v.Embedded)
		}
		if more, err := l.pipeline.Embed(t.Context(), r.Version.ID); more || err != nil {
			t.Errorf("embedding without an embedder: %v, %v", more, err)
		}
	}
}

// TestWrongVectorsAreNeverSaved plays embedders that answer wrongly, to both kinds of step.
func TestWrongVectorsAreNeverSaved(t *testing.T) {
	t.Parallel()
	set := func(x float32) func([][]float32) [][]float32 {
		return func(v [][]float32) [][]float32 { v[len(v)-1][3] = x; return v }
	}
	for _, c := range []struct {
		what  string
		wrong func(v [][]float32) [][]float32
	}{
		{"not a number", set(float32(math.NaN()))},
		{"infinite", set(float32(math.Inf(1)))},
		{"one too few", func(v [][]float32) [][]float32 { return v[1:] }},
		{"one too many", func(v [][]float32) [][]float32 { return append(v, v[0]) }},
		{"none", func([][]float32) [][]float32 { return nil }},
		{"an empty one", func(v [][]float32) [][]float32 { v[0] = nil; return v }},
		{"all empty", func(v [][]float32) [][]float32 { return make([][]float32, len(v)) }},
		{"all too short", func(v [][]float32) [][]float32 {
			for i := range v {
				v[i] = v[i][1:]
			}
			return v
		}},
		{"one too long", func(v [][]float32) [][]float32 { v[0] = append(v[0], 1); return v }},
		{"zero", func(v [][]float32) [][]float32 { clear(v[0]); return v }},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			wrong := true
			l := embeddingLibrary(t, embedderOf(func(ctx context.Context, texts []string) ([][]float32, error) {
				v, err := lots{}.EmbedDocuments(ctx, texts)
				if wrong {
					v = c.wrong(v)
				}
				return v, err
			}))
			r := l.accept(t, qa.Upload{Source: "a.md"}, chaptered(3))
			l.step(t, r.Version.ID)
			l.step(t, r.Version.ID)
			for _, share := range []float64{0, 0.5} {
				wrong = true
				if _, err := l.pipeline.Advance(t.Context(), r.Version.ID); qa.KindOf(err) != qa.Internal || qa.CodeOf(err) != "internal" {
					t.Errorf("%v, want an internal error", err)
				}
				if v := l.version(t, r.Version.ID); v.Embedded != share || v.State != qa.StateLive {
					t.Errorf("%s at %v, want it live at %v", v.State, v.Embedded, share)
				}
				wrong = false
				l.step(t, r.Version.ID)
			}
			if v := l.version(t, r.Version.ID); v.Embedded != 1 {
				t.Errorf("%v embedded in the end", v.Embedded)
			}
		})
	}
}

func TestWrongSentencesAreNeverSaved(t *testing.T) {
	t.Parallel()
	for _, spans := range [][]qa.Span{{{Start: -1, End: 2}}, {{Start: 2, End: 2}}, {{Start: 0, End: 100_000}}, {{Start: 3, End: 6}, {Start: 5, End: 9}}} {
		l := embeddingLibrary(t, lots{})
		l.pipeline.Sentences = func(qa.Chunk) []qa.Span { return spans }
		r := l.accept(t, qa.Upload{Source: "a.md"}, chaptered(1))
		for range 3 {
			l.step(t, r.Version.ID)
		}
		if _, err := l.pipeline.Advance(t.Context(), r.Version.ID); qa.KindOf(err) != qa.Internal {
			t.Errorf("%v: %v, want an internal error", spans, err)
		}
		if v := l.version(t, r.Version.ID); v.Embedded != 0.5 {
			t.Errorf("%v: %v embedded", spans, v.Embedded)
		}
	}
}

// TestVectorsGivenUp: a document that cannot be embedded is searchable by its words, new or replacing.
func TestVectorsGivenUp(t *testing.T) {
	t.Parallel()
	l := embeddingLibrary(t, embedderOf(func(context.Context, []string) ([][]float32, error) { return nil, errors.New("no") }))
	for i, before := range []qa.State{qa.StateLive, qa.StateExtracted} {
		r := l.accept(t, qa.Upload{Source: "a.md", Replace: true}, chaptered(1+i))
		var err error
		for more := true; more; {
			more, err = l.pipeline.Advance(t.Context(), r.Version.ID)
		}
		if v := l.version(t, r.Version.ID); err == nil || v.State != before {
			t.Errorf("%s after %v, want %s", v.State, err, before)
		}
		if err := l.pipeline.GiveUp(t.Context(), r.Version.ID, err); err != nil {
			t.Error(err)
		}
		if v := l.version(t, r.Version.ID); v.State != qa.StateLive || v.Failure != "" || v.Embedded != 0 {
			t.Errorf("version %+v, want it live without vectors", v)
		}
	}
}

// TestVectorsByJobs lets jobs do all of it, for many documents at once, some of them replaced.
func TestVectorsByJobs(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	together, most := 0, 0
	l := newLibrary(t, nil, true)
	err := l.embedding(t.Context(), embedderOf(func(ctx context.Context, texts []string) ([][]float32, error) {
		mu.Lock()
		together++
		most = max(most, together)
		mu.Unlock()
		defer func() { mu.Lock(); together--; mu.Unlock() }()
		return lots{}.EmbedDocuments(ctx, texts)
	}))
	if err != nil {
		t.Fatal(err)
	}
	var last []qa.Receipt
	for i := range 6 {
		u := qa.Upload{Source: fmt.Sprint(i, ".md"), Replace: true}
		l.wait(t, l.accept(t, u, chaptered(10+i)).Version.ID)
		last = append(last, l.accept(t, u, chaptered(20+i)))
	}
	for _, r := range last {
		if v := l.wait(t, r.Version.ID); v.State != qa.StateLive || v.Embedded != 1 {
			t.Errorf("%s at %v, want it whole when it becomes live", v.State, v.Embedded)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if most != 1 {
		t.Errorf("%d batches were encoded at the same time", most)
	}
}
