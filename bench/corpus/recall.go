package corpus

import (
	"cmp"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
)

// noise is how far a copy lies from its chunk, as a share of the difference of two chunks taken at random: the
// noise then has the directions that real vectors differ in. The cosine with the chunk is about 0.98.
const noise = 0.3

// Copies adds perturbed copies of vectors, in their order, up to n in all.
func Copies(real [][]float32, n int, r *rand.Rand) [][]float32 {
	out := slices.Grow(slices.Clone(real), max(0, n-len(real)))
	for len(out) < n {
		out = append(out, Copy(real, len(out)%len(real), r))
	}
	return out
}

// Copy makes a perturbed copy of vector i.
func Copy(real [][]float32, i int, r *rand.Rand) []float32 {
	a, b := real[r.IntN(len(real))], real[r.IntN(len(real))]
	v, sum := slices.Clone(real[i]), 0.0
	for i := range v {
		v[i] += noise * (a[i] - b[i])
		sum += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}

// Exact gives the best k documents of each query, best first, among those that keep holds; nil keeps all.
func Exact(docs, queries [][]float32, k int, keep func(i int) bool) [][]int {
	out := make([][]int, len(queries))
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for q := range next {
				out[q] = nearest(docs, queries[q], k, keep)
			}
		})
	}
	for q := range queries {
		next <- q
	}
	close(next)
	wg.Wait()
	return out
}

func nearest(docs [][]float32, query []float32, k int, keep func(i int) bool) []int {
	type scored struct {
		place int
		score float64
	}
	var all []scored
	for i, d := range docs {
		if keep == nil || keep(i) {
			all = append(all, scored{i, dot(d, query)})
		}
	}
	slices.SortFunc(all, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	out := make([]int, min(k, len(all)))
	for i := range out {
		out[i] = all[i].place
	}
	return out
}

func dot(a, b []float32) float64 {
	var sum float64
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}

// Tied is how much less than the last of the best a document may score and count as well: the same text stands
// in several chunks, and engines compute in float32.
const Tied = 1e-6

// Recall is the share of the exact hits that were found; a document whose cosine is at most tied less than that
// of the last of them stands for it.
func Recall(docs, queries [][]float32, truth, found [][]int, tied float64) float64 {
	var want, have int
	for q, best := range truth {
		if len(best) == 0 {
			continue
		}
		last, got := dot(docs[best[len(best)-1]], queries[q])-tied, 0
		for _, d := range found[q] {
			if dot(docs[d], queries[q]) >= last {
				got++
			}
		}
		want, have = want+len(best), have+min(got, len(best))
	}
	if want == 0 {
		return math.NaN()
	}
	return float64(have) / float64(want)
}

// Quantile gives the value below which the share p of v lies, by nearest rank; NaN of nothing.
func Quantile(v []float64, p float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(v))
	return s[max(0, int(math.Ceil(p*float64(len(s))))-1)]
}
