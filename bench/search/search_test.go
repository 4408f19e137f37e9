package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"rapporteur/bench/corpus"
)

func TestBelow(t *testing.T) {
	t.Parallel()
	lists := [][]int{{3, 0, 9}, nil, {4}}
	if got := below(lists, 4); !slices.Equal(got[0], []int{3, 0}) || len(got[1]) != 0 || len(got[2]) != 0 || len(lists[0]) != 3 {
		t.Errorf("%v of %v", got, lists)
	}
}

func TestAnyOf(t *testing.T) {
	t.Parallel()
	if got, want := anyOf([]string{"congé", `a"b`}), `"congé" OR "a""b"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// vectorsOf draws unit vectors.
func vectorsOf(n int, r *rand.Rand) [][]float32 {
	var out [][]float32
	for range n {
		v, sum := make([]float32, 64), 0.0
		for i := range v {
			v[i] = float32(r.NormFloat64())
			sum += float64(v[i]) * float64(v[i])
		}
		for i := range v {
			v[i] /= float32(math.Sqrt(sum))
		}
		out = append(out, v)
	}
	return out
}

// TestVectorEngines asks every engine for documents near to known ones: places must come back as they went in.
func TestVectorEngines(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	real := vectorsOf(300, r)
	docs := corpus.Copies(real, 700, r)
	truth := corpus.Exact(docs, real[:20], hits, nil)
	for name, e := range map[string]engine[[]float32]{
		"ours": &ourVectors{}, "chromem-go": &chromemDB{}, "sqlite-vec": &sqliteVec{file: filepath.Join(t.TempDir(), "v.db")},
	} {
		found := ask20(t, name, e, docs, real[:20])
		if got := corpus.Recall(docs, real[:20], truth, found, corpus.Tied); got < .99 {
			t.Errorf("%s: recall %v", name, got)
		}
		for q, f := range found {
			if f[0] != q {
				t.Errorf("%s: the document nearest to document %d is %d", name, q, f[0])
			}
		}
	}
}

// TestWordEngines asks every engine for words that one document alone holds.
func TestWordEngines(t *testing.T) {
	t.Parallel()
	var docs, queries []string
	for i := range 250 {
		docs = append(docs, fmt.Sprintf("Le congé de la personne numéro mot%d est accordé.", i))
	}
	for i := range 20 {
		queries = append(queries, fmt.Sprintf("Qui est mot%d ?", 7*i))
	}
	for name, e := range map[string]engine[string]{
		"ours": &ourWords{}, "FTS5": &fts5{file: filepath.Join(t.TempDir(), "f.db")}, "bleve": &bleveIndex{folder: filepath.Join(t.TempDir(), "b")},
	} {
		for q, f := range ask20(t, name, e, docs, queries) {
			if len(f) == 0 || f[0] != 7*q {
				t.Errorf("%s finds %v for %q", name, f, queries[q])
			}
		}
	}
}

// ask20 indexes docs and asks twenty queries as a run does.
func ask20[T any](t *testing.T, name string, e engine[T], docs, queries []T) [][]int {
	t.Helper()
	x := []*entrant[T]{{name: name, engine: e}}
	defer closeAll(x)
	if err := build(context.Background(), x, docs); err != nil {
		t.Fatal(err)
	}
	if err := ask(context.Background(), x, queries); err != nil {
		t.Fatal(err)
	}
	if len(x[0].times) != len(queries) || len(x[0].found) != len(queries) {
		t.Fatalf("%s: %d times of %d queries", name, len(x[0].times), len(queries))
	}
	return x[0].found
}
