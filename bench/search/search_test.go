package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestPieces(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		words int
		want  []int
	}{{0, nil}, {1, []int{1}}, {160, []int{160}}, {199, []int{199}}, {200, []int{160, 40}}, {359, []int{160, 199}}} {
		var got []int
		for _, p := range pieces(strings.Repeat("mot\n", c.words)) {
			got = append(got, len(strings.Fields(p)))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%d words are cut into %v, want %v", c.words, got, c.want)
		}
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	v := []float64{5, 1, 4, 2, 3}
	for p, want := range map[float64]float64{0: 1, .5: 3, .95: 5, 1: 5, .2: 1, .21: 2} {
		if got := quantile(v, p); got != want {
			t.Errorf("quantile %v of %v is %v, want %v", p, v, got, want)
		}
	}
	if !math.IsNaN(quantile(nil, .5)) {
		t.Error("nothing has a median")
	}
}

func TestRecall(t *testing.T) {
	t.Parallel()
	docs := [][]float32{{1, 0}, {.8, .6}, {.8, .6}, {0, 1}}
	queries := [][]float32{{1, 0}}
	truth := [][]int{{0, 1}}
	for _, c := range []struct {
		found []int
		below int
		want  float64
	}{
		{[]int{0, 1}, 4, 1},
		{[]int{2, 0}, 4, 1}, // the second and the third are the same
		{[]int{3, 0}, 4, .5},
		{[]int{3, 1}, 1, 0},
		{[]int{3, 0}, 1, 1},
		{nil, 4, 0},
	} {
		if got := recall(docs, queries, truth, [][]int{c.found}, c.below); got != c.want {
			t.Errorf("recall of %v below %d is %v, want %v", c.found, c.below, got, c.want)
		}
	}
}

func TestGrown(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	docs := grown([]string{"Un congé de trois mois. Une prime de départ.", "Le salaire net."}, 20, r)
	if len(docs) != 20 {
		t.Fatalf("%d texts, want 20", len(docs))
	}
	for _, d := range docs[2:] {
		if n := len(strings.Fields(d)); n < 150 || n > 310 {
			t.Errorf("a text of %d words", n)
		}
		if q := drawn(r, d); strings.Contains(" "+q+" ", " de ") {
			t.Errorf("the question %q holds a stop word", q)
		}
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
	docs := copies(real, 700, r)
	if c := dot(docs[310], real[10]); c < .8 || c > .999 {
		t.Errorf("a copy has the cosine %v with its original", c)
	}
	truth := exact(docs, real[:20])
	for name, e := range map[string]engine[[]float32]{
		"ours": &ourVectors{}, "chromem-go": &chromemDB{}, "sqlite-vec": &sqliteVec{file: filepath.Join(t.TempDir(), "v.db")},
	} {
		found := ask20(t, name, e, docs, real[:20])
		if got := recall(docs, real[:20], truth, found, len(docs)); got < .99 {
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
