package corpus

import (
	"math"
	"math/rand/v2"
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

func TestGrown(t *testing.T) {
	t.Parallel()
	given := []string{"Un congé de trois mois. Une prime de départ.", "Le salaire net."}
	r := rand.New(rand.NewPCG(1, 1))
	docs := Grown(given, 20, r)
	if len(docs) != 20 || !slices.Equal(docs[:2], given) {
		t.Fatalf("%d texts, want 20 that begin with those given", len(docs))
	}
	for _, d := range docs[2:] {
		if n := len(strings.Fields(d)); n < 150 || n > 310 {
			t.Errorf("a text of %d words", n)
		}
		if q := Question(d, r); strings.Contains(" "+q+" ", " de ") {
			t.Errorf("the question %q holds a stop word", q)
		}
	}
}

func TestCopies(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	var real [][]float32
	for range 300 {
		v, sum := make([]float32, 64), 0.0
		for i := range v {
			v[i] = float32(r.NormFloat64())
			sum += float64(v[i]) * float64(v[i])
		}
		for i := range v {
			v[i] /= float32(math.Sqrt(sum))
		}
		real = append(real, v)
	}
	docs := Copies(real, 700, r)
	if len(docs) != 700 {
		t.Fatalf("%d vectors", len(docs))
	}
	if c := dot(docs[310], real[10]); c < .8 || c > .999 || math.Abs(dot(docs[310], docs[310])-1) > 1e-5 {
		t.Errorf("a copy has the cosine %v with its original", c)
	}
}

func TestRecall(t *testing.T) {
	t.Parallel()
	docs := [][]float32{{1, 0}, {.8, .6}, {.8, .6}, {0, 1}}
	queries := [][]float32{{1, 0}}
	if got := Exact(docs, queries, 2, nil); !slices.Equal(got[0], []int{0, 1}) && !slices.Equal(got[0], []int{0, 2}) {
		t.Errorf("the nearest are %v", got)
	}
	if got := Exact(docs, queries, 2, func(i int) bool { return i == 3 }); !slices.Equal(got[0], []int{3}) {
		t.Errorf("the nearest of the kept are %v", got)
	}
	for _, c := range []struct {
		found []int
		want  float64
	}{
		{[]int{0, 1}, 1},
		{[]int{2, 0}, 1}, // the second and the third are the same
		{[]int{3, 0}, .5},
		{nil, 0},
	} {
		if got := Recall(docs, queries, [][]int{{0, 1}}, [][]int{c.found}, Tied); got != c.want {
			t.Errorf("recall of %v is %v, want %v", c.found, got, c.want)
		}
	}
	if got := Recall(docs, queries, [][]int{{}}, [][]int{{}}, Tied); !math.IsNaN(got) {
		t.Errorf("recall of nothing is %v", got)
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	v := []float64{5, 1, 4, 2, 3}
	for p, want := range map[float64]float64{0: 1, .5: 3, .95: 5, 1: 5, .2: 1, .21: 2} {
		if got := Quantile(v, p); got != want {
			t.Errorf("quantile %v of %v is %v, want %v", p, v, got, want)
		}
	}
	if !math.IsNaN(Quantile(nil, .5)) {
		t.Error("nothing has a median")
	}
}
