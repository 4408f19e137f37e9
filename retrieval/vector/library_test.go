package vector

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rapporteur/qa"
)

// library is a feed in memory, what the stores promise without a disk; it is also the model that the
// index is held against: it knows plainly which version was live when.
type library struct {
	mu       sync.Mutex
	changes  []qa.Change
	vectors  map[qa.VersionID][]qa.ChunkVector // of versions that are embedded
	texts    map[qa.VersionID]*text            // of all versions
	live     map[qa.DocumentID]qa.VersionID
	versions map[qa.DocumentID][]qa.VersionID
	nextID   qa.ChunkID
	clock    time.Time
}

// text is a version as the model sees it.
type text struct {
	collection qa.CollectionID
	document   qa.DocumentID
	chunks     []qa.ChunkID
	lives      [][2]time.Time // the second zero while it goes on
}

func newLibrary() *library {
	return &library{
		vectors: map[qa.VersionID][]qa.ChunkVector{}, texts: map[qa.VersionID]*text{},
		live: map[qa.DocumentID]qa.VersionID{}, versions: map[qa.DocumentID][]qa.VersionID{},
		clock: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

func (l *library) Changes(_ context.Context, since qa.Revision, n int) ([]qa.Change, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rest := l.changes[min(int(since), len(l.changes)):]
	return slices.Clone(rest[:min(n, len(rest))]), nil
}

func (l *library) Vectors(_ context.Context, id qa.VersionID) ([]qa.ChunkVector, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.texts[id]; !ok {
		return nil, qa.E(qa.NotFound, "document_unknown")
	}
	return slices.Clone(l.vectors[id]), nil
}

// create makes a version of n chunks, written "collection/document.version".
func (l *library) create(name string, n int) qa.VersionID {
	l.mu.Lock()
	defer l.mu.Unlock()
	collection, version, _ := strings.Cut(name, "/")
	document, _, _ := strings.Cut(version, ".")
	t := &text{collection: qa.CollectionID(collection), document: qa.DocumentID(document)}
	for range n {
		l.nextID++
		t.chunks = append(t.chunks, l.nextID)
	}
	id := qa.VersionID(version)
	l.texts[id] = t
	l.versions[t.document] = append(l.versions[t.document], id)
	return id
}

// set keeps vectors for a version without telling of them.
func (l *library) set(id qa.VersionID, vectors ...[]float32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []qa.ChunkVector
	for i, v := range vectors {
		out = append(out, qa.ChunkVector{Chunk: l.texts[id].chunks[i], Vector: v})
	}
	l.vectors[id] = out
}

// publish makes a version live, a day after the last change, and supersedes what was live.
func (l *library) publish(id qa.VersionID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clock = l.clock.AddDate(0, 0, 1)
	t := l.texts[id]
	old := l.live[t.document]
	l.live[t.document] = id
	t.lives = append(t.lives, [2]time.Time{l.clock})
	l.change(qa.ChangePublished, id)
	if old != "" {
		lives := l.texts[old].lives
		lives[len(lives)-1][1] = l.clock
		l.change(qa.ChangeSuperseded, old)
	}
}

// embed gives a version its vectors and tells of them.
func (l *library) embed(id qa.VersionID, vectors ...[]float32) {
	l.set(id, vectors...)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.change(qa.ChangeEmbedded, id)
}

// add publishes a version that has its vectors already.
func (l *library) add(name string, vectors ...[]float32) qa.VersionID {
	id := l.create(name, len(vectors))
	l.set(id, vectors...)
	l.publish(id)
	return id
}

func (l *library) remove(d qa.DocumentID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clock = l.clock.AddDate(0, 0, 1)
	for _, v := range l.versions[d] {
		delete(l.texts, v)
		delete(l.vectors, v)
	}
	delete(l.versions, d)
	delete(l.live, d)
	l.changes = append(l.changes, qa.Change{
		Revision: qa.Revision(len(l.changes) + 1), Kind: qa.ChangeRemoved, Document: d, At: l.clock,
	})
}

// reindex replaces all vectors by what of gives, and tells of it.
func (l *library) reindex(of func(qa.VersionID, int) [][]float32) {
	for id, t := range l.texts {
		l.set(id, of(id, len(t.chunks))...)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes = append(l.changes, qa.Change{Revision: qa.Revision(len(l.changes) + 1), Kind: qa.ChangeReindexed, At: l.clock})
}

func (l *library) change(kind qa.ChangeKind, id qa.VersionID) {
	t := l.texts[id]
	l.changes = append(l.changes, qa.Change{
		Revision: qa.Revision(len(l.changes) + 1), Kind: kind, Collection: t.collection, Document: t.document,
		Version: id, Language: "fr", At: l.clock,
	})
}

// covers says in the plainest way whether a scope covers a version.
func (l *library) covers(scope qa.Scope, id qa.VersionID) bool {
	t := l.texts[id]
	if !scope.Holds(t.collection) || len(scope.Documents) > 0 && !slices.Contains(scope.Documents, t.document) {
		return false
	}
	switch {
	case len(t.lives) == 0:
		return false // not published yet
	case len(scope.Versions) > 0:
		return slices.Contains(scope.Versions, id)
	case !scope.AsOf.IsZero():
		return slices.ContainsFunc(t.lives, func(life [2]time.Time) bool {
			return !scope.AsOf.Before(life[0]) && (life[1].IsZero() || scope.AsOf.Before(life[1]))
		})
	}
	return l.live[t.document] == id
}

// rank is what Rank must give: every vector of the scope, scored.
func (l *library) rank(scope qa.Scope, query []float32, k int) []qa.Hit {
	var hits []qa.Hit
	for id, vectors := range l.vectors {
		if !l.covers(scope, id) {
			continue
		}
		for _, v := range vectors {
			hits = append(hits, qa.Hit{Chunk: v.Chunk, Score: float64(dot(query, v.Vector))})
		}
	}
	slices.SortFunc(hits, compareHits)
	return hits[:min(k, len(hits))]
}

// pending is what Pending must give.
func (l *library) pending(scope qa.Scope) int {
	documents := map[qa.DocumentID]bool{}
	for id, t := range l.texts {
		if l.covers(scope, id) && len(l.vectors[id]) == 0 {
			documents[t.document] = true
		}
	}
	return len(documents)
}

var everything = qa.Scope{Everything: true}

func synced(t testing.TB, feed Feed, o Options) *Index {
	t.Helper()
	x := New(feed, o)
	sync1(t, x)
	return x
}

func sync1(t testing.TB, x *Index) {
	t.Helper()
	if err := x.Sync(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// rank gives the hits of x.
func rank(t testing.TB, x *Index, scope qa.Scope, query []float32, k int) []qa.Hit {
	t.Helper()
	hits, err := x.Rank(context.Background(), qa.Query{Vector: query, Scope: scope}, k)
	if err != nil {
		t.Fatal(err)
	}
	return hits
}

// chunks gives the chunks of hits, in words.
func chunks(hits []qa.Hit) string {
	var out []string
	for _, h := range hits {
		out = append(out, fmt.Sprint(h.Chunk))
	}
	return strings.Join(out, " ")
}

func normalised(v []float32) []float32 {
	n := 0.0
	for _, x := range v {
		n += float64(x) * float64(x)
	}
	for i := range v {
		v[i] = float32(float64(v[i]) / math.Sqrt(n))
	}
	return v
}

// toward gives a vector of length 1 in the plane of the first two dimensions, degrees from the first.
func toward(degrees float64) []float32 {
	v := make([]float32, 8)
	v[0], v[1] = float32(math.Cos(degrees*math.Pi/180)), float32(math.Sin(degrees*math.Pi/180))
	return v
}

// meaning draws vectors as encoders make them: a direction that all share, clusters of unequal size
// with some directions of their own in which their members differ, and noise.
type meaning struct {
	r          *rand.Rand
	shared     []float32
	centres    [][]float32
	directions [][][]float32 // of each cluster
}

func newMeaning(seed uint64, dimensions, clusters int) *meaning {
	m := &meaning{r: rand.New(rand.NewPCG(seed, 7))}
	m.shared = m.noise(dimensions)
	for range clusters {
		m.centres = append(m.centres, m.noise(dimensions))
		var own [][]float32
		for range 12 {
			own = append(own, m.noise(dimensions))
		}
		m.directions = append(m.directions, own)
	}
	return m
}

func (m *meaning) noise(dimensions int) []float32 {
	v := make([]float32, dimensions)
	for i := range v {
		v[i] = float32(m.r.NormFloat64())
	}
	return normalised(v)
}

// draw gives a vector; cluster c is drawn 1/(c+1) as often as the first.
func (m *meaning) draw() []float32 {
	c := int(math.Exp(m.r.Float64()*math.Log(float64(len(m.centres))))) - 1
	v := m.noise(len(m.shared))
	for i := range v {
		v[i] = 0.25*v[i] + 0.8*m.shared[i] + 0.5*m.centres[c][i]
	}
	for _, d := range m.directions[c] {
		weight := float32(0.14 * m.r.NormFloat64())
		for i := range v {
			v[i] += weight * d[i]
		}
	}
	return normalised(v)
}

func (m *meaning) draws(n int) [][]float32 {
	out := make([][]float32, n)
	for i := range out {
		out[i] = m.draw()
	}
	return out
}
