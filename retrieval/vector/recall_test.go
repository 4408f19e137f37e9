package vector

import (
	"fmt"
	"testing"

	"rapporteur/qa"
)

const (
	recallChunks = 20_000
	recallMin    = 0.99 // of ten hits: the design's bar
	// Of a hundred less is asked: the last of them are drawn from all clusters and differ by next to nothing.
	recallMinHundred = 0.92
)

// large makes a library of n vectors of the model's dimension: documents of 20 chunks in turn in
// collections of 1, 10 and 89 %, every tenth of them with an older version that has as many.
func large(n int) (*library, *meaning) {
	m, l := newMeaning(1, 384, 200), newLibrary()
	for d := 0; int(l.nextID) < n; d++ {
		collection := "large"
		switch {
		case d%100 == 0:
			collection = "small"
		case d%10 == 5:
			collection = "medium"
		}
		l.add(fmt.Sprintf("%s/d%d.1", collection, d), m.draws(20)...)
		if d%10 == 3 {
			l.add(fmt.Sprintf("%s/d%d.2", collection, d), m.draws(20)...)
		}
	}
	return l, m
}

// TestRecall holds the hits against those of an exact scan, with every kind of filter, in an index made
// at once and in one that followed the library while its mean moved.
func TestRecall(t *testing.T) {
	t.Parallel()
	l, m := large(recallChunks)
	followed := New(l, Options{})
	all := l.changes
	for n := 1; n < len(all); n = n*3/2 + 1 {
		l.changes = all[:n]
		sync1(t, followed)
	}
	l.changes = all
	sync1(t, followed)
	rebuilt := synced(t, l, Options{})
	queries := m.draws(20)
	for _, c := range recallScopes(l) {
		best := make([][]qa.Hit, len(queries))
		for i, query := range queries {
			best[i] = l.rank(c.scope, query, 100)
		}
		for name, x := range map[string]*Index{"made at once": rebuilt, "followed": followed} {
			for k, bar := range map[int]float64{10: c.bar, 100: min(c.bar, recallMinHundred)} {
				got := recall(t, x, c.scope, queries, best, k)
				t.Logf("%s, %s: recall@%d %.4f", name, c.name, k, got)
				if got < bar {
					t.Errorf("%s, %s: recall@%d %.4f, want %.2f", name, c.name, k, got, bar)
				}
			}
		}
	}
}

type recallScope struct {
	name  string
	scope qa.Scope
	bar   float64
}

func recallScopes(l *library) []recallScope {
	var documents []qa.DocumentID
	var versions []qa.VersionID
	for d := range 400 {
		documents = append(documents, qa.DocumentID(fmt.Sprint("d", d)))
		versions = append(versions, qa.VersionID(fmt.Sprintf("d%d.1", d)))
	}
	return []recallScope{
		{"everything", everything, recallMin},
		{"collection of 89 %", qa.Scope{Collections: []qa.CollectionID{"large"}}, recallMin},
		{"collection of 10 %", qa.Scope{Collections: []qa.CollectionID{"medium"}}, 1},
		{"collection of 1 %", qa.Scope{Collections: []qa.CollectionID{"small"}}, 1},
		{"400 documents", qa.Scope{Everything: true, Documents: documents}, recallMin},
		{"100 documents", qa.Scope{Everything: true, Documents: documents[:100]}, 1},
		{"400 versions", qa.Scope{Everything: true, Versions: versions}, recallMin},
		{"one version", qa.Scope{Everything: true, Versions: versions[3:4]}, 1},
		{"as of the middle", qa.Scope{Everything: true, AsOf: l.changes[len(l.changes)/2].At}, recallMin},
	}
}

// recall is the share of the k best hits that x finds.
func recall(t *testing.T, x *Index, scope qa.Scope, queries [][]float32, best [][]qa.Hit, k int) float64 {
	t.Helper()
	found, wanted := 0, 0
	for i, query := range queries {
		want := map[qa.ChunkID]bool{}
		for _, h := range best[i][:min(k, len(best[i]))] {
			want[h.Chunk] = true
		}
		wanted += len(want)
		for _, h := range rank(t, x, scope, query, k) {
			if want[h.Chunk] {
				found++
			}
		}
	}
	return float64(found) / float64(max(wanted, 1))
}
