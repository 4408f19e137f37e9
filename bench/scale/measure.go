package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"time"

	"rapporteur/bench/corpus"
	"rapporteur/qa"
	"rapporteur/retrieval/lexical"
	"rapporteur/retrieval/vector"
)

// hits wanted of each question.
const hits = 10

// index is one of the two that a server holds.
type index interface {
	Sync(ctx context.Context) error
	Rank(ctx context.Context, q qa.Query, k int) ([]qa.Hit, error)
}

// cost is what an index was measured to cost.
type cost struct {
	start      time.Duration
	heap, most uint64 // bytes of live heap it holds, and that there were at most while it was made
}

// measure makes both indexes of the library and puts questions to them.
func measure(ctx context.Context, out io.Writer, l library, s *source, size int) error {
	fmt.Fprintf(out, "### %d chunks\n\n| | start | memory | a million chunks | at most while starting | questions | p50 ms | p95 ms |\n|---|---|---|---|---|---|---|---|\n", size)
	words := lexical.New(l, lexical.Options{})
	c, err := built(ctx, words)
	if err != nil {
		return err
	}
	people := make([]qa.Query, len(s.questions))
	for i, q := range s.questions {
		people[i] = qa.Query{Text: q, Language: "fr"}
	}
	lines := measured{out: out, index: words, cost: c, size: size}
	if err := lines.row(ctx, "lexical, questions of people", people); err != nil {
		return err
	}
	if err := lines.row(ctx, "lexical, words of a text", s.wordy(size)); err != nil {
		return err
	}
	meaning := vector.New(l, vector.Options{})
	if c, err = built(ctx, meaning); err != nil {
		return err
	}
	near := make([]qa.Query, len(s.queries))
	for i, v := range s.queries {
		near[i] = qa.Query{Vector: v}
	}
	lines.index, lines.cost = meaning, c
	if err := lines.row(ctx, "vectors", near); err != nil {
		return err
	}
	recall, err := s.recall(ctx, l, meaning)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "\nRecall@10 of the vectors over %d questions: %.4f\n\n", checked, recall)
	runtime.KeepAlive(words)
	return err
}

// wordy draws questions from the texts of documents of the library.
func (s *source) wordy(size int) []qa.Query {
	r := rand.New(rand.NewPCG(3, 4))
	var out []qa.Query
	for range s.questions {
		d := s.document(r.IntN(size / perDocument))
		out = append(out, qa.Query{Text: corpus.Question(d.Texts[r.IntN(len(d.Texts))], r), Language: "fr"})
	}
	return out
}

// built makes an index and measures what it takes.
func built(ctx context.Context, x index) (c cost, err error) {
	before := live()
	stop, most := watch()
	begun := time.Now()
	err = x.Sync(ctx)
	c.start = time.Since(begun)
	close(stop)
	c.most = <-most - before
	c.heap = live() - before
	return c, err
}

// live is the heap that a collection leaves.
func live() uint64 {
	runtime.GC()
	return objects()
}

func objects() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// watch gives the most bytes that the heap held, garbage included, until stop is closed.
func watch() (stop chan struct{}, most chan uint64) {
	stop, most = make(chan struct{}), make(chan uint64)
	go func() {
		highest := uint64(0)
		for tick := time.Tick(20 * time.Millisecond); ; {
			select {
			case <-tick:
				highest = max(highest, objects())
			case <-stop:
				most <- max(highest, objects())
				return
			}
		}
	}()
	return stop, most
}

// warmUps are put before the others and not counted.
const warmUps = 10

// measured is an index to put questions to, and where a line about it goes.
type measured struct {
	out io.Writer
	index
	cost
	size int // chunks
}

// row puts the questions and prints a line.
func (m measured) row(ctx context.Context, name string, questions []qa.Query) error {
	times := make([]float64, 0, len(questions))
	for i, q := range append(questions[:warmUps:warmUps], questions...) {
		q.Scope = qa.Scope{Everything: true}
		begun := time.Now()
		if _, err := m.Rank(ctx, q, hits); err != nil {
			return err
		}
		if i >= warmUps {
			times = append(times, float64(time.Since(begun).Nanoseconds())/1e6)
		}
	}
	const mb = 1e6
	_, err := fmt.Fprintf(m.out, "| %s | %.1f s | %.0f MB | %.0f MB | %.0f MB | %d | %.2f | %.2f |\n", name, m.start.Seconds(), float64(m.heap)/mb,
		float64(m.heap)/float64(m.size), float64(m.most)/mb, len(times), corpus.Quantile(times, .5), corpus.Quantile(times, .95))
	return err
}

// checked is how many questions are compared with an exact scan.
const checked = 50

// recall is the share of the exact hits that the index finds, as the library keeps the vectors.
func (s *source) recall(ctx context.Context, l library, x index) (float64, error) {
	queries := s.queries[:min(checked, len(s.queries))]
	best, err := exact(ctx, l, queries)
	if err != nil {
		return 0, err
	}
	found, wanted := 0, 0
	for i, v := range queries {
		got, err := x.Rank(ctx, qa.Query{Vector: v, Scope: qa.Scope{Everything: true}}, hits)
		if err != nil {
			return 0, err
		}
		last := best[i][len(best[i])-1].Score - corpus.Tied
		for _, h := range got {
			if h.Score >= last {
				found++
			}
		}
		wanted += len(best[i])
	}
	return float64(found) / float64(wanted), nil
}

// exact reads all vectors of the library once.
func exact(ctx context.Context, l library, queries [][]float32) ([][]qa.Hit, error) {
	best := make([][]qa.Hit, len(queries))
	for since := qa.Revision(0); ; {
		changes, err := l.Changes(ctx, since, 1000)
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			since = c.Revision
			if c.Kind != qa.ChangePublished {
				continue
			}
			list, err := l.Vectors(ctx, c.Version)
			if err != nil {
				return nil, err
			}
			for i, q := range queries {
				best[i] = nearest(best[i], list, q)
			}
		}
		if len(changes) < 1000 {
			fmt.Fprintln(os.Stderr, "compared with an exact scan")
			return best, nil
		}
	}
}

func nearest(best []qa.Hit, list []qa.ChunkVector, query []float32) []qa.Hit {
	for _, c := range list {
		score := float64(dot(query, c.Vector))
		if len(best) == hits && score <= best[hits-1].Score {
			continue
		}
		if len(best) == hits {
			best = best[:hits-1]
		}
		h := qa.Hit{Chunk: c.Chunk, Score: score}
		at, _ := slices.BinarySearchFunc(best, h, func(a, b qa.Hit) int { return cmp.Compare(b.Score, a.Score) })
		best = slices.Insert(best, at, h)
	}
	return best
}

func dot(a, b []float32) float32 {
	var x, y, z, w float32
	for i := 0; i+4 <= len(a); i += 4 {
		x += a[i] * b[i]
		y += a[i+1] * b[i+1]
		z += a[i+2] * b[i+2]
		w += a[i+3] * b[i+3]
	}
	return x + y + z + w
}
