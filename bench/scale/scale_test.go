package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"rapporteur/qa"
	"rapporteur/store/sqlite"
)

// TestScale fills a small library twice and measures it: it must hold what was asked for, and be searched.
func TestScale(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	store, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "library.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	vectors, err := store.UseEncoder(ctx, qa.Encoder{Fingerprint: "f", Dimensions: 4})
	if err != nil {
		t.Fatal(err)
	}
	s := &source{sentences: []string{"Le congé dure trois mois", "La prime est de mille euros"}}
	for i := range perDocument {
		s.texts = append(s.texts, "Le salaire net du mois.")
		s.vectors = append(s.vectors, []float32{1, 0, float32(i) / 1000, 0})
	}
	for range 60 {
		s.questions = append(s.questions, "Quel est le salaire net ?")
		s.queries = append(s.queries, []float32{1, 0, 0, 0})
	}
	l := library{Store: store, vectors: vectors}
	for _, size := range []int{200, 500} {
		if err := fill(ctx, l, s, size); err != nil {
			t.Fatal(err)
		}
		collections, err := store.Collections(ctx, qa.Scope{Everything: true})
		if err != nil || len(collections) != 1 || collections[0].Documents != size/perDocument {
			t.Fatalf("%v, %v, want %d chunks", collections, err, size)
		}
		var out strings.Builder
		if err := measure(ctx, &out, l, s, size); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); !strings.Contains(got, "50 questions: 1.0000") || strings.Count(got, "| 60 |") != 3 {
			t.Errorf("measured:\n%s", got)
		}
	}
	if err := fill(ctx, l, s, 300); err == nil {
		t.Error("a library that is larger than wanted is measured as if it were not")
	}
}

func TestName(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for n := range uint64(50_000) {
		if w := name(n); seen[w] || strings.ContainsAny(w, " .") {
			t.Fatalf("number %d is called %q", n, w)
		} else {
			seen[w] = true
		}
	}
}
