package postgres_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"rapporteur/bench/corpus"
	testdb "rapporteur/internal/testkit/postgres"
	"rapporteur/qa"
	"rapporteur/store/postgres"
)

// ranked is a library of vectors without meaning, large enough to have an index of them.
type ranked struct {
	store   *postgres.Store
	vectors *postgres.Vectors
	known   map[qa.ChunkID][]float32
	where   map[qa.ChunkID]qa.CollectionID
}

const (
	rankedDimensions = 48
	rankedHits       = 10
)

// newRanked fills a library: a large collection, one of a tenth of it, and a small one.
func newRanked(t *testing.T, r *rand.Rand) *ranked {
	t.Helper()
	l := &ranked{store: open(t, testdb.Database(t)), known: map[qa.ChunkID][]float32{}, where: map[qa.ChunkID]qa.CollectionID{}}
	var err error
	l.vectors, err = l.store.UseEncoder(t.Context(), qa.Encoder{Fingerprint: "e", Dimensions: rankedDimensions})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 23 {
		d := corpus.Document{Number: n, Collection: "large"}
		switch {
		case n == 22:
			d.Collection = "small"
		case n >= 20:
			d.Collection = "middle"
		}
		for i := range 400 {
			d.Texts = append(d.Texts, fmt.Sprintf("Passage %d du document %d.", i, n))
			d.Vectors = append(d.Vectors, unit(r))
		}
		stored, err := corpus.Put(t.Context(), l.store, l.vectors, d)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range stored {
			l.known[c.ID], l.where[c.ID] = d.Vectors[i], d.Collection
		}
	}
	return l
}

// unit draws a vector of length 1 near to one of a few directions, as those of texts are.
func unit(r *rand.Rand) []float32 {
	v, sum := make([]float32, rankedDimensions), 0.0
	topic := r.IntN(rankedDimensions)
	for i := range v {
		v[i] = float32(r.NormFloat64() * 0.3)
		if i == topic {
			v[i]++
		}
		sum += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}

// recall compares what is found in a scope, over questions drawn by r, with the cosines of all its chunks.
func (l *ranked) recall(t *testing.T, scope qa.Scope, r *rand.Rand) float64 {
	t.Helper()
	found, wanted := 0, 0
	for range 40 {
		query := unit(r)
		hits, err := l.vectors.Rank(t.Context(), qa.Query{Vector: query, Scope: scope}, rankedHits)
		if err != nil {
			t.Fatal(err)
		}
		var scores []float64
		for id, v := range l.known {
			if scope.Everything || slices.Contains(scope.Collections, l.where[id]) {
				scores = append(scores, cosine(query, v))
			}
		}
		slices.Sort(scores)
		last := scores[len(scores)-rankedHits] - 1e-3 // stored in half precision
		for i, h := range hits {
			if !scope.Everything && !slices.Contains(scope.Collections, l.where[h.Chunk]) {
				t.Fatalf("chunk %d is out of the scope", h.Chunk)
			}
			if math.Abs(h.Score-cosine(query, l.known[h.Chunk])) > 1e-3 || i > 0 && h.Score > hits[i-1].Score {
				t.Errorf("hit %d of score %v, after %v: want the cosine, in order", i, h.Score, hits[max(0, i-1)].Score)
			}
			if h.Score >= last {
				found++
			}
		}
		wanted += rankedHits
	}
	return float64(found) / float64(wanted)
}

func cosine(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// TestRank ranks without an index, makes it, and ranks through it in scopes of all sizes.
func TestRank(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	l := newRanked(t, r)
	scopes := map[string]qa.Scope{"everything": {Everything: true}}
	for _, c := range []qa.CollectionID{"large", "middle", "small"} {
		scopes[string(c)] = qa.Scope{Collections: []qa.CollectionID{c}}
	}
	for name, scope := range scopes {
		if got := l.recall(t, scope, r); got != 1 {
			t.Errorf("without an index, %s: recall %v, want 1", name, got)
		}
	}
	if l.scans(t) != -1 {
		t.Error("there is an index before Tend")
	}
	var wg sync.WaitGroup
	for range 3 { // as several workers do
		wg.Go(func() {
			if err := l.vectors.Tend(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	before := l.scans(t)
	// Vectors drawn by lot are harder than those of texts, whose recall bench/postgres measures.
	for name, least := range map[string]float64{"everything": .95, "large": .95, "middle": 1, "small": 1} {
		if got := l.recall(t, scopes[name], r); got < least {
			t.Errorf("through the index, %s: recall %v, want at least %v", name, got, least)
		}
	}
	if after := l.scans(t); before < 0 || after < before+80 {
		t.Errorf("the index was read %d times, then %d: want once for each question to « everything » and « large »", before, after)
	}
}

// scans is how often the index of the vectors was read, -1 when there is none that can be used.
func (l *ranked) scans(t *testing.T) (n int64) {
	t.Helper()
	// The connections tell what they read when they are idle for a second, or asked to.
	if err := l.store.Pool().AcquireAllIdle(t.Context()); len(err) > 0 {
		for _, c := range err {
			if _, err := c.Exec(t.Context(), "SELECT pg_stat_force_next_flush()"); err != nil {
				t.Error(err)
			}
			c.Release()
		}
	}
	err := l.store.Pool().QueryRow(t.Context(), `SELECT coalesce((SELECT s.idx_scan FROM pg_stat_user_indexes s JOIN pg_index i USING (indexrelid)
		WHERE s.indexrelname LIKE 'chunk_vectors_%_hnsw' AND i.indisvalid), -1)`).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestTendMendsAnIndexCutShort makes the index useless, as a server that dies while it is made leaves it.
func TestTendMendsAnIndexCutShort(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	l := newRanked(t, r)
	if err := l.vectors.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := l.store.Pool().Exec(t.Context(), "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'chunk_vectors_1_hnsw'::regclass")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.store.Check(t.Context()); err != nil {
		t.Errorf("an index that Tend makes again is no damage: %v", err)
	}
	if got := l.recall(t, qa.Scope{Everything: true}, r); got != 1 {
		t.Errorf("recall %v without the index, want 1", got)
	}
	if err := l.vectors.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := l.store.Check(t.Context()); err != nil || l.scans(t) < 0 {
		t.Errorf("the index is not mended: %v", err)
	}
}

// TestRankSettings looks at what each connection was told.
func TestRankSettings(t *testing.T) {
	t.Parallel()
	s := open(t, testdb.Database(t))
	for setting, want := range map[string]string{"hnsw.ef_search": "80", "hnsw.iterative_scan": "relaxed_order", "application_name": "rapporteur"} {
		var got string
		if err := s.Pool().QueryRow(context.Background(), "SELECT current_setting($1)", setting).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %q", setting, got, err, want)
		}
	}
}
