package fit

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestRanking: hits that follow a known linear score give its weights back, up to their length.
func TestRanking(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	truth := []float64{3, -2, 0}
	var lists []List
	for range 400 {
		l := List{Weight: 1}
		chances := make([]float64, 8)
		for i := range chances {
			f := []float64{r.Float64(), r.Float64(), r.Float64()}
			l.Features, l.Hits = append(l.Features, f), append(l.Hits, 0)
			chances[i] = Dot(truth, f)
		}
		softmax(chances)
		at, p := 0, r.Float64()
		for at < 7 && p > chances[at] {
			p -= chances[at]
			at++
		}
		l.Hits[at] = 1
		lists = append(lists, l)
	}
	lists = append(lists, List{Weight: 100, Features: [][]float64{{0, 9, 9}, {9, 0, 0}}, Hits: []float64{0, 0}}) // holds no answer: says nothing
	w := Ranking(lists, 1e-4)
	for i, want := range truth {
		if math.Abs(w[i]-want) > 0.5 {
			t.Errorf("weight %d is %.2f, want about %.0f", i, w[i], want)
		}
	}
}

func TestLogistic(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 2))
	var rows []Row
	for range 4000 {
		x := []float64{r.NormFloat64(), r.NormFloat64()}
		rows = append(rows, Row{Signals: x, Weight: 1, Yes: r.Float64() < 1/(1+math.Exp(-(2*x[0]-x[1]+0.5)))})
	}
	w := Logistic(rows, 1e-4)
	for i, want := range []float64{2, -1, 0.5} {
		if math.Abs(w[i]-want) > 0.2 {
			t.Errorf("weight %d is %.2f, want about %.1f", i, w[i], want)
		}
	}
	if c := Chance(w, []float64{2, 0}); c < 0.95 || c > 1 {
		t.Errorf("chance %.2f", c)
	}
}

func TestSource(t *testing.T) {
	t.Parallel()
	out, err := Source(Table{Name: "w", Type: "features", Keys: []string{"a", "bcd"}, Weights: []float64{1, -0.5}})
	if err != nil || !strings.Contains(string(out), "var w = features{\n\ta:   1.000,\n\tbcd: -0.500,\n}") {
		t.Errorf("%s, %v", out, err)
	}
	if _, err := Source(Table{Name: "w", Type: "features", Keys: []string{"a"}}); err == nil {
		t.Error("a key without a weight is written")
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for _, g := range []string{"", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"} {
		if Fold(g) < 0 || Fold(g) >= Folds {
			t.Errorf("%q is in fold %d", g, Fold(g))
		}
		seen[Fold(g)] = true
	}
	if len(seen) != Folds {
		t.Errorf("12 groups are in %d folds", len(seen))
	}
}
