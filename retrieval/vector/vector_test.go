package vector

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"rapporteur/qa"
)

func TestScopeNarrowsTheSearchItself(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.add("rh/a.1", toward(10), toward(50)) // chunks 1 and 2, live on 2 January
	l.add("rh/b.1", toward(20))             // 3
	l.add("it/c.1", toward(0))              // 4
	l.add("rh/a.2", toward(30))             // 5, on 5 January
	x := synced(t, l, Options{})
	day := func(d int) time.Time { return time.Date(2024, 1, d, 12, 0, 0, 0, time.UTC) }
	for _, tt := range []struct {
		name  string
		scope qa.Scope
		want  string
	}{
		{"zero reads nothing", qa.Scope{}, ""},
		{"documents alone read nothing", qa.Scope{Documents: []qa.DocumentID{"a"}}, ""},
		{"everything", everything, "4 3 5"},
		{"collection", qa.Scope{Collections: []qa.CollectionID{"rh"}}, "3 5"},
		{"unknown collection", qa.Scope{Collections: []qa.CollectionID{"zz"}}, ""},
		{"document", qa.Scope{Everything: true, Documents: []qa.DocumentID{"a"}}, "5"},
		{"document of another collection", qa.Scope{Collections: []qa.CollectionID{"it"}, Documents: []qa.DocumentID{"a"}}, ""},
		{"version", qa.Scope{Everything: true, Versions: []qa.VersionID{"a.1"}}, "1 2"},
		{"version of another collection", qa.Scope{Collections: []qa.CollectionID{"it"}, Versions: []qa.VersionID{"a.1"}}, ""},
		{"before all", qa.Scope{Everything: true, AsOf: day(1)}, ""},
		{"as of the 3rd", qa.Scope{Everything: true, AsOf: day(3)}, "1 3 2"},
		{"as of the 9th", qa.Scope{Everything: true, AsOf: day(9)}, "4 3 5"},
	} {
		if got := chunks(rank(t, x, tt.scope, toward(0), 10)); got != tt.want {
			t.Errorf("%s: found %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestHitsAreCosinesBestFirst(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.add("c/a.1", toward(60), toward(0), toward(90), toward(0))
	x := synced(t, l, Options{})
	hits := rank(t, x, everything, toward(0), 3)
	if got := chunks(hits); got != "2 4 1" {
		t.Errorf("found %q", got)
	}
	for i, want := range []float64{1, 1, 0.5} {
		if math.Abs(hits[i].Score-want) > 1e-6 {
			t.Errorf("hit %d scores %g, want %g", i, hits[i].Score, want)
		}
	}
	if hits := rank(t, x, everything, toward(0), 0); len(hits) != 0 {
		t.Errorf("%d hits where none were wanted", len(hits))
	}
}

func TestQueriesThatCannotBeCompared(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	x := New(l, Options{})
	if hits := rank(t, x, everything, toward(0), 5); len(hits) != 0 {
		t.Errorf("an empty index finds %v", hits)
	}
	l.add("c/a.1", toward(0))
	sync1(t, x)
	for _, vector := range [][]float32{nil, {}, {1}, make([]float32, 384)} {
		_, err := x.Rank(context.Background(), qa.Query{Vector: vector, Scope: everything}, 5)
		if qa.KindOf(err) != qa.Unavailable || qa.CodeOf(err) != "semantic_unavailable" {
			t.Errorf("%d dimensions: error %v", len(vector), err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := x.Rank(ctx, qa.Query{Vector: toward(0), Scope: everything}, 5); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error %v", err)
	}
}

func TestVersionsComeAndGo(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	x := New(l, Options{})
	step := func(name, want string, pending int) {
		t.Helper()
		sync1(t, x)
		if got := chunks(rank(t, x, everything, toward(0), 10)); got != want {
			t.Errorf("%s: found %q, want %q", name, got, want)
		}
		if got := countPending(t, x, everything); got != pending {
			t.Errorf("%s: %d documents pending, want %d", name, got, pending)
		}
		if got := x.Revision(); got != qa.Revision(len(l.changes)) {
			t.Errorf("%s: revision %d of %d", name, got, len(l.changes))
		}
	}
	step("empty", "", 0)
	v1 := l.create("c/a.1", 2)
	l.publish(v1)
	step("published without vectors", "", 1)
	l.embed(v1, toward(10), toward(0))
	step("embedded", "2 1", 0)
	l.embed(v1, toward(0), toward(10))
	step("embedded again", "1 2", 0)
	l.add("c/a.2", toward(5))
	step("superseded by a version that has its vectors", "3", 0)
	l.publish(v1)
	step("rolled back", "1 2", 0)
	v3 := l.create("c/a.3", 1)
	l.publish(v3)
	step("superseded by a version that has none", "", 1)
	l.publish(v1)
	l.embed(v3, toward(0))
	step("rolled back, then embedded", "1 2", 0)
	if got := chunks(rank(t, x, qa.Scope{Everything: true, Versions: []qa.VersionID{v3}}, toward(0), 10)); got != "4" {
		t.Errorf("superseded version: found %q", got)
	}
	l.remove("a")
	step("removed", "", 0)
	if got := chunks(rank(t, x, qa.Scope{Everything: true, Versions: []qa.VersionID{v1, v3}}, toward(0), 10)); got != "" {
		t.Errorf("removed versions found: %q", got)
	}
	if got := scores(t, x, toward(0), []qa.ChunkID{1, 4}); !math.IsNaN(got[0]) || !math.IsNaN(got[1]) {
		t.Errorf("removed chunks score %v", got)
	}
	l.add("c/b.1", toward(0))
	l.remove("b")
	l.add("c/d.1", toward(0))
	step("removed before it was read", "6", 0)
}

func TestPendingCountsDocumentsOfTheScope(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.add("rh/a.1", toward(0))
	l.publish(l.create("rh/b.1", 1))
	l.publish(l.create("it/c.1", 1))
	l.publish(l.create("rh/a.2", 1))
	l.publish(l.create("rh/a.3", 1))
	x := synced(t, l, Options{})
	for _, tt := range []struct {
		name  string
		scope qa.Scope
		want  int
	}{
		{"everything", everything, 3},
		{"collection", qa.Scope{Collections: []qa.CollectionID{"rh"}}, 2},
		{"document", qa.Scope{Everything: true, Documents: []qa.DocumentID{"c"}}, 1},
		{"two versions of one document", qa.Scope{Everything: true, Versions: []qa.VersionID{"a.2", "a.3"}}, 1},
		{"version with vectors", qa.Scope{Everything: true, Versions: []qa.VersionID{"a.1"}}, 0},
	} {
		if got := countPending(t, x, tt.scope); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestReindexedLibraryIsReadAnew(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.add("c/a.1", toward(0))
	l.add("c/a.2", toward(10), toward(20))
	pending := l.create("c/b.1", 1)
	l.publish(pending)
	l.add("c/d.1", toward(0))
	x := synced(t, l, Options{})
	m := newMeaning(1, 100, 3)
	l.reindex(func(id qa.VersionID, n int) [][]float32 {
		if id == pending {
			return nil
		}
		return m.draws(n)
	})
	l.remove("d")
	sync1(t, x)
	query := m.draw()
	for _, scope := range []qa.Scope{everything, {Everything: true, Versions: []qa.VersionID{"a.1", "b.1"}}} {
		if got, want := rank(t, x, scope, query, 10), l.rank(scope, query, 10); !slices.Equal(got, want) || len(got) == 0 {
			t.Errorf("found %v, want %v", got, want)
		}
	}
	if _, err := x.Rank(context.Background(), qa.Query{Vector: toward(0), Scope: everything}, 5); qa.CodeOf(err) != "semantic_unavailable" {
		t.Errorf("query of the old encoder: error %v", err)
	}
	if got := countPending(t, x, everything); got != 1 {
		t.Errorf("%d pending", got)
	}
	l.embed(pending, m.draw())
	sync1(t, x)
	if got := rank(t, x, everything, query, 10); len(got) != 3 {
		t.Errorf("found %v", got)
	}
}

func TestScores(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.add("c/a.1", toward(0), toward(60))
	l.add("c/b.1", toward(90))
	x := synced(t, l, Options{})
	got := scores(t, x, toward(0), []qa.ChunkID{3, 9, 2, 1, 2})
	for i, want := range []float64{0, math.NaN(), 0.5, 1, 0.5} {
		if math.IsNaN(want) != math.IsNaN(got[i]) || math.Abs(got[i]-want) > 1e-6 {
			t.Errorf("score %d is %g, want %g", i, got[i], want)
		}
	}
	if got := scores(t, x, make([]float32, 3), []qa.ChunkID{1}); !math.IsNaN(got[0]) {
		t.Errorf("a vector of another dimension scores %v", got)
	}
}

// broken fails once it is told to.
type broken struct {
	*library
	err error
}

func (b *broken) Vectors(ctx context.Context, id qa.VersionID) ([]qa.ChunkVector, error) {
	if b.err != nil {
		return nil, b.err
	}
	return b.library.Vectors(ctx, id)
}

func TestFailedSyncChangesNothing(t *testing.T) {
	t.Parallel()
	nan := toward(0)
	nan[3] = float32(math.NaN())
	disk := errors.New("disk on fire")
	for _, tt := range []struct {
		name   string
		spoil  func(*broken)
		repair func(*broken)
	}{
		{"unreadable", func(b *broken) { b.err = disk }, func(b *broken) { b.err = nil }},
		{"another dimension", func(b *broken) { b.set("a.2", []float32{1, 0}) }, func(b *broken) { b.set("a.2", toward(0)) }},
		{"no dimension", func(b *broken) { b.set("a.2", nil) }, func(b *broken) { b.set("a.2", toward(0)) }},
		{"not a number", func(b *broken) { b.set("a.2", nan) }, func(b *broken) { b.set("a.2", toward(0)) }},
	} {
		l := newLibrary()
		l.add("c/a.1", toward(0))
		feed := &broken{library: l}
		x := synced(t, feed, Options{})
		l.publish(l.create("c/b.1", 1))
		l.add("c/a.2", toward(0))
		tt.spoil(feed)
		if err := x.Sync(context.Background()); err == nil || feed.err != nil && !errors.Is(err, feed.err) {
			t.Errorf("%s: error %v", tt.name, err)
		}
		if got := chunks(rank(t, x, everything, toward(0), 5)); got != "1" || x.Revision() != 1 || countPending(t, x, everything) != 0 {
			t.Errorf("%s: found %q at revision %d", tt.name, got, x.Revision())
		}
		tt.repair(feed)
		sync1(t, x)
		if got := chunks(rank(t, x, everything, toward(0), 5)); got != "3" {
			t.Errorf("%s, then repaired: found %q", tt.name, got)
		}
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	wake, failed := make(chan struct{}), make(chan error, 1)
	feed := &broken{library: l, err: errors.New("disk on fire")}
	x := New(feed, Options{Wake: wake, Poll: time.Hour, Failed: func(err error) { failed <- err }})
	l.add("c/a.1", toward(0))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- x.Follow(ctx) }()
	if err := <-failed; !errors.Is(err, feed.err) {
		t.Errorf("told %v", err)
	}
	feed.err = nil
	wake <- struct{}{}
	wake <- struct{}{} // taken once the first is dealt with
	if got := chunks(rank(t, x, everything, toward(0), 5)); got != "1" {
		t.Errorf("found %q", got)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

func TestSegmentsStayFew(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	x := New(l, Options{})
	for i := range 300 {
		id := l.create(fmt.Sprintf("c/d%d.1", i), 2)
		l.publish(id)
		sync1(t, x)
		if i%3 > 0 {
			l.embed(id, toward(1), toward(2))
			sync1(t, x)
		}
	}
	if n := len(x.current.Load().views); n > 11 { // log2(900) is 9.8
		t.Errorf("%d segments for 300 documents", n)
	}
	for i := range 300 {
		l.remove(qa.DocumentID(fmt.Sprint("d", i)))
	}
	sync1(t, x)
	if n := len(x.current.Load().views); n != 0 {
		t.Errorf("%d segments for no document", n)
	}
}

func TestMeanIsTakenAnewWhenTheVectorsDouble(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	x := New(l, Options{})
	for i, want := range []int{1, 2, 2, 4, 4, 4, 4, 8, 8} {
		l.add(fmt.Sprintf("c/d%d.1", i), toward(float64(10*i)))
		sync1(t, x)
		s := x.current.Load()
		if s.space.rows != want {
			t.Fatalf("%d vectors: mean of %d, want of %d", i+1, s.space.rows, want)
		}
		mean := 0.0
		for j := range want {
			mean += float64(toward(float64(10 * j))[1]) / float64(want)
		}
		if math.Abs(float64(s.space.mean[1])-mean) > 1e-6 {
			t.Errorf("%d vectors: mean %v, want %g", i+1, s.space.mean, mean)
		}
		for _, v := range s.views {
			if fresh := s.space.codes(v.segment); !slices.Equal(v.codes.blocks, fresh.blocks) || !slices.Equal(v.codes.along, fresh.along) {
				t.Errorf("%d vectors: codes of another mean", i+1)
			}
		}
	}
}

// Each version has two equal vectors that tell which version it is; a reader must find both or none.
func TestReadersSeeWholeStates(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.add("c/a.0", toward(0), toward(0))
	x := synced(t, l, Options{})
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				hits, err := x.Rank(context.Background(), qa.Query{Vector: toward(0), Scope: everything}, 10)
				if err != nil || len(hits) != 2 || hits[0].Score != hits[1].Score {
					t.Errorf("read %v, %v: not one version", hits, err)
					return
				}
				scores(t, x, toward(0), []qa.ChunkID{hits[0].Chunk})
				countPending(t, x, everything)
			}
		})
	}
	for i := range 100 {
		angle := float64(i) / 2
		l.add(fmt.Sprintf("c/a.%d", i+1), toward(angle), toward(angle))
		l.publish(l.create(fmt.Sprintf("c/p%d.1", i), 1))
		sync1(t, x)
	}
	close(done)
	readers.Wait()
}

// After any history the index gives the very hits that a plain look at the library does, by scoring all
// vectors and, where enough of them are scored, by their codes.
func TestIndexEqualsModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 1))
		m := newMeaning(seed, 16+int(seed), 4)
		l := newLibrary()
		x := New(l, Options{Oversample: 1000})
		if seed%2 == 0 {
			x.exact = 0
		}
		for range 30 {
			for range 1 + r.IntN(6) {
				m = happen(l, r, m)
			}
			sync1(t, x)
			for i, scope := range scopes(l, r) {
				query := m.draw()
				if got, want := rank(t, x, scope, query, 5), l.rank(scope, query, 5); !slices.Equal(got, want) {
					t.Fatalf("seed %d, scope %d: %+v\ngot  %v\nwant %v", seed, i, scope, got, want)
				}
				if got, want := countPending(t, x, scope), l.pending(scope); got != want {
					t.Fatalf("seed %d, scope %d: %+v: %d pending, want %d", seed, i, scope, got, want)
				}
			}
			checkScores(t, x, l, m.draw())
		}
	}
}

// happen makes one random change to l, and gives the encoder that is then in use.
func happen(l *library, r *rand.Rand, m *meaning) *meaning {
	document := qa.DocumentID(fmt.Sprintf("d%d", r.IntN(12)))
	versions := l.versions[document]
	switch n := r.IntN(40); {
	case n == 0:
		m = newMeaning(r.Uint64(), 16+r.IntN(500), 4)
		l.reindex(func(id qa.VersionID, chunks int) [][]float32 {
			if r.IntN(5) == 0 {
				return nil
			}
			return m.draws(chunks)
		})
	case n < 6 && len(versions) > 0:
		l.remove(document)
	case n < 12 && len(versions) > 0:
		if v := versions[r.IntN(len(versions))]; v != l.live[document] {
			l.publish(v)
		}
	case n < 24 && len(versions) > 0:
		v := versions[r.IntN(len(versions))]
		l.embed(v, m.draws(len(l.texts[v].chunks))...)
	default:
		v := l.create(fmt.Sprintf("c%d/%s.%d", document[1]%3, document, len(l.changes)), 1+r.IntN(6))
		if r.IntN(3) == 0 {
			l.embed(v, m.draws(len(l.texts[v].chunks))...)
		}
		l.publish(v)
	}
	return m
}

func scopes(l *library, r *rand.Rand) []qa.Scope {
	var versions []qa.VersionID
	for _, c := range l.changes {
		if c.Version != "" && r.IntN(4) == 0 {
			versions = append(versions, c.Version)
		}
	}
	return []qa.Scope{
		everything,
		{},
		{Collections: []qa.CollectionID{"c0", "c2"}},
		{Everything: true, Documents: []qa.DocumentID{"d1", "d2", "d11"}},
		{Everything: true, Versions: versions},
		{Collections: []qa.CollectionID{"c1"}, AsOf: l.changes[r.IntN(len(l.changes))].At},
	}
}

func checkScores(t *testing.T, x *Index, l *library, vector []float32) {
	t.Helper()
	want := map[qa.ChunkID]float64{}
	var ids []qa.ChunkID
	for id, text := range l.texts {
		for i, chunk := range text.chunks {
			ids = append(ids, chunk)
			if want[chunk] = math.NaN(); len(text.lives) > 0 && i < len(l.vectors[id]) {
				want[chunk] = float64(dot(vector, l.vectors[id][i].Vector))
			}
		}
	}
	for i, got := range scores(t, x, vector, ids) {
		if w := want[ids[i]]; got != w && !(math.IsNaN(got) && math.IsNaN(w)) {
			t.Fatalf("chunk %d scores %g, want %g", ids[i], got, w)
		}
	}
}

// A question that is no number finds nothing, however many vectors there are.
func TestNoNumber(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	x := New(l, Options{})
	x.exact = 0
	var vectors [][]float32
	for i := range 20 {
		vectors = append(vectors, toward(float64(i)))
	}
	l.add("rh/a.1", vectors...)
	sync1(t, x)
	nan := make([]float32, len(toward(0)))
	for i := range nan {
		nan[i] = float32(math.NaN())
	}
	if _, err := x.Rank(context.Background(), qa.Query{Vector: nan, Scope: everything}, 1); err != nil {
		t.Error(err)
	}
}

func scores(t testing.TB, x *Index, vector []float32, ids []qa.ChunkID) []float64 {
	t.Helper()
	out, err := x.Scores(context.Background(), vector, ids)
	if err != nil {
		t.Error(err)
	}
	return out
}

func countPending(t testing.TB, x *Index, scope qa.Scope) int {
	t.Helper()
	n, err := x.Pending(context.Background(), scope)
	if err != nil {
		t.Error(err)
	}
	return n
}
