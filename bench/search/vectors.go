package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"rapporteur/encoder"
	"rapporteur/encoder/weights"
	"rapporteur/eval"
)

// vectors measures the vector indexes on the real chunks alone, then with copies up to the full size.
func (s settings) vectors(ctx context.Context, c corpus) error {
	docs, queries, err := s.embedded(ctx, c)
	if err != nil {
		return err
	}
	if err := s.raceVectors(ctx, docs, queries, len(docs)); err != nil || s.size <= len(docs) {
		return err
	}
	r := rand.New(rand.NewPCG(1, 2))
	return s.raceVectors(ctx, copies(docs, s.size, r), queries, len(docs))
}

// embedded gives the vectors of the texts and questions, from the cache where it has them.
func (s settings) embedded(ctx context.Context, c corpus) (docs, queries [][]float32, err error) {
	e, err := encoder.Load(weights.Model(), encoder.Options{
		QueryPrefix: "query: ", DocumentPrefix: "passage: ", Fingerprint: weights.Fingerprint})
	if err != nil {
		return nil, nil, err
	}
	cache, err := eval.OpenVectorCache(s.cache, e.Fingerprint(), e)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, cache.Close()) }()
	for _, q := range c.questions {
		v, err := cache.EmbedQuery(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		queries = append(queries, v)
	}
	for texts := range slices.Chunk(c.texts, 64) {
		some, err := cache.EmbedDocuments(ctx, texts)
		if err != nil {
			return nil, nil, err
		}
		if docs = append(docs, some...); len(docs)%1024 == 0 {
			fmt.Fprintf(os.Stderr, "%d of %d vectors\n", len(docs), len(c.texts))
		}
	}
	return docs, queries, nil
}

// noise is how far a copy lies from its chunk, as a share of the difference of two chunks taken at random: the
// noise then has the directions that real vectors differ in. The cosine with the chunk is about 0.98.
const noise = 0.3

// copies adds perturbed copies of vectors, in their order, up to n in all.
func copies(real [][]float32, n int, r *rand.Rand) [][]float32 {
	out := append(make([][]float32, 0, n), real...)
	for len(out) < n {
		a, b := real[r.IntN(len(real))], real[r.IntN(len(real))]
		v, sum := slices.Clone(real[len(out)%len(real)]), 0.0
		for i := range v {
			v[i] += noise * (a[i] - b[i])
			sum += float64(v[i]) * float64(v[i])
		}
		for i := range v {
			v[i] /= float32(math.Sqrt(sum))
		}
		out = append(out, v)
	}
	return out
}

func (s settings) raceVectors(ctx context.Context, docs, queries [][]float32, real int) error {
	file := filepath.Join(s.scratch, fmt.Sprintf("vec%d.db", len(docs)))
	entrants := []*entrant[[]float32]{
		{name: "ours", engine: &ourVectors{}},
		{name: "chromem-go " + version("github.com/philippgille/chromem-go"), engine: &chromemDB{}},
		{name: "sqlite-vec in modernc.org/sqlite " + version("modernc.org/sqlite"), engine: &sqliteVec{file: file}},
	}
	defer closeAll(entrants)
	if err := build(ctx, entrants, docs); err != nil {
		return err
	}
	if err := ask(ctx, entrants, queries); err != nil {
		return err
	}
	truth := exact(docs, queries)
	fmt.Printf("### Vectors: %d, of which %d real\n\n", len(docs), real)
	return report(os.Stdout, entrants, len(docs), []string{"recall@10", "recall@10 of the real ones"}, func(e *entrant[[]float32]) []string {
		return []string{fmt.Sprintf("%.4f", recall(docs, queries, truth, e.found, len(docs))),
			fmt.Sprintf("%.4f", recall(docs, queries, truth, e.found, real))}
	})
}

// exact gives the best documents of each query by a scan in float64.
func exact(docs, queries [][]float32) [][]int {
	out := make([][]int, len(queries))
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.NumCPU() {
		wg.Go(func() {
			for q := range next {
				out[q] = nearest(docs, queries[q])
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

func nearest(docs [][]float32, query []float32) []int {
	type scored struct {
		place int
		score float64
	}
	all := make([]scored, len(docs))
	for i, d := range docs {
		all[i] = scored{i, dot(d, query)}
	}
	slices.SortFunc(all, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	out := make([]int, min(hits, len(all)))
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

// tied is how much less than the tenth best a document may score and count as well: the same text stands in
// several chunks, and engines compute in float32.
const tied = 1e-6

// recall is the share of the exact hits before the place below that were found; a document that ties with the
// last of them stands for it.
func recall(docs, queries [][]float32, truth, found [][]int, below int) float64 {
	var want, have int
	for q, best := range truth {
		last := dot(docs[best[len(best)-1]], queries[q]) - tied
		wanted, got := 0, 0
		for _, d := range best {
			if d < below {
				wanted++
			}
		}
		for _, d := range found[q] {
			if d < below && dot(docs[d], queries[q]) >= last {
				got++
			}
		}
		want, have = want+wanted, have+min(got, wanted)
	}
	return float64(have) / float64(want)
}
