package vector

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"rapporteur/qa"
	"rapporteur/retrieval/timeline"
)

const (
	// exactRows is the size of scope up to which all vectors are scored: 0.6 ms, and nothing is missed.
	exactRows = 5000
	// oversampled is how many vectors are scored when up to 100,000 rows are scanned, and
	// oversampledMore is how many more for every tenfold. On 4,331 passages of PIAF and mixtures of them
	// up to 100,000, encoded by e5, 300 gave recall@10 of 0.991 and 500 of 0.996.
	oversampled     = 400
	oversampledMore = 400
	// perHit is how many vectors are scored at least for each hit asked for.
	perHit = 5
	// The cosine is estimated of a fixed number of rows and a share of those scanned. The distance of codes
	// alone is a poor guide to vectors of e5, whose cosines differ little: on the passages of PIAF the
	// nearest 200 codes hold 89 % of the ten best, with handicaps 96 %; the best 200 estimates hold 99.8 %.
	estimated      = 1000
	estimatedShare = 25 // one of so many
	// fineness is how many distances estimates are put in, from a cosine of widest down to -widest.
	fineness = 4096
	widest   = 1.2
)

// Rank gives the k chunks of the query's scope whose vectors are nearest to its Vector, best first; Score
// is the cosine, and equal scores stand in order of their id. The scope is applied before the k are
// chosen. A query without a vector, or with one that cannot be compared with those held, is refused.
func (x *Index) Rank(ctx context.Context, q qa.Query, k int) ([]qa.Hit, error) {
	s := x.current.Load()
	if len(q.Vector) == 0 || s.space.dimensions != 0 && len(q.Vector) != s.space.dimensions {
		return nil, qa.E(qa.Unavailable, "semantic_unavailable").
			Because(fmt.Errorf("query of %d dimensions, index of %d", len(q.Vector), s.space.dimensions))
	}
	if k <= 0 || s.space.dimensions == 0 {
		return nil, nil
	}
	sc := x.scratch.Get().(*search)
	defer func() {
		sc.snapshot, sc.question.vector = nil, nil // or the pool would keep them
		x.scratch.Put(sc)
	}()
	sc.start(s, q, k)
	var err error
	if sc.rows <= max(x.exact, perHit*k) {
		err = sc.scoreAll(ctx)
	} else {
		err = sc.scoreNearest(ctx, x.oversample(sc.rows, k))
	}
	if err != nil {
		return nil, err
	}
	return slices.Clone(sc.best), nil
}

// oversample gives how many vectors to score of so many rows.
func (x *Index) oversample(rows, k int) int {
	n := x.options.Oversample
	if n == 0 {
		n = oversampled + int(oversampledMore*max(0, math.Log10(float64(rows)/100_000)))
	}
	return max(n, perHit*k)
}

// search is what one query needs, reused from query to query.
type search struct {
	snapshot *snapshot
	k        int
	runs     []run // what the scope covers
	rows     int   // in runs
	question question
	coarse   nearest
	fine     nearest
	best     []qa.Hit // at most k, best first
}

// run is a range of versions of a view that the scope covers, all of them.
type run struct{ view, from, to int }

// start notes what the scope covers.
func (sc *search) start(s *snapshot, q qa.Query, k int) {
	sc.snapshot, sc.k = s, k
	sc.question.vector = q.Vector
	sc.runs, sc.rows, sc.best = sc.runs[:0], 0, sc.best[:0]
	filter := timeline.NewFilter(q.Scope)
	for i := range s.views {
		v := &s.views[i]
		from := -1 // of the run that goes on
		for n, st := range v.States {
			covered := filter.Covers(st)
			if covered && from < 0 {
				from = n
			} else if !covered && from >= 0 {
				sc.cover(run{i, from, n})
				from = -1
			}
		}
		if from >= 0 {
			sc.cover(run{i, from, len(v.States)})
		}
	}
}

func (sc *search) cover(r run) {
	if from, to := sc.span(r); from < to {
		sc.runs = append(sc.runs, r)
		sc.rows += to - from
	}
}

// span gives the rows of a run.
func (sc *search) span(r run) (from, to int) {
	v := &sc.snapshot.views[r.view]
	return v.first[r.from], v.first[r.to]
}

// scoreAll scores every vector of the scope.
func (sc *search) scoreAll(ctx context.Context) error {
	dimensions := sc.snapshot.space.dimensions
	for _, r := range sc.runs {
		if err := ctx.Err(); err != nil {
			return err
		}
		v := &sc.snapshot.views[r.view]
		for n := r.from; n < r.to; n++ {
			row := v.first[n]
			for rest := v.vectors[n]; len(rest) > 0; rest = rest[dimensions:] {
				sc.offer(v.chunks[row], dot(sc.question.vector, rest[:dimensions]))
				row++
			}
		}
	}
	return nil
}

// scoreNearest scores the wanted vectors that look nearest: by the distance of all codes first, then by an
// estimate of the cosine.
func (sc *search) scoreNearest(ctx context.Context, wanted int) error {
	space := &sc.snapshot.space
	sc.question.set(space, sc.question.vector)
	if err := sc.scan(ctx, max(wanted, estimated+sc.rows/estimatedShare)); err != nil {
		return err
	}
	sc.fine.reset(wanted, fineness)
	for _, c := range sc.coarse.found {
		if int(c.distance) > sc.coarse.limit {
			continue
		}
		view, row := int(c.view), int(c.row)
		cosine := sc.question.estimate(&sc.snapshot.views[view].codes, row)
		distance := int((widest - cosine) * (fineness / (2 * widest)))
		if distance = max(0, min(fineness, distance)); distance <= sc.fine.limit {
			sc.fine.take(view, row, distance)
		}
	}
	for _, c := range sc.fine.found {
		if int(c.distance) > sc.fine.limit {
			continue
		}
		v, row := &sc.snapshot.views[c.view], int(c.row)
		sc.offer(v.chunks[row], dot(sc.question.vector, v.vector(row, v.version(row), space.dimensions)))
	}
	return nil
}

// scan gathers the wanted rows of the scope whose codes are nearest.
func (sc *search) scan(ctx context.Context, wanted int) error {
	code := sc.question.code
	sc.coarse.reset(wanted, 2*len(code)*blockBits)
	for _, r := range sc.runs {
		if err := ctx.Err(); err != nil {
			return err
		}
		from, to := sc.span(r)
		rows := sc.snapshot.views[r.view].codes.rows(from, to, len(code))
		if len(code) == 1 {
			sc.coarse.scan(r.view, from, rows, &code[0])
		} else {
			sc.coarse.scanLanes(r.view, from, rows, code)
		}
	}
	return nil
}

// offer keeps the chunk when it is among the best k so far.
func (sc *search) offer(chunk qa.ChunkID, cosine float32) {
	h := qa.Hit{Chunk: chunk, Score: float64(cosine)}
	if n := len(sc.best); n == sc.k {
		if compareHits(h, sc.best[n-1]) >= 0 {
			return
		}
		sc.best = sc.best[:n-1]
	}
	at, _ := slices.BinarySearchFunc(sc.best, h, compareHits)
	sc.best = slices.Insert(sc.best, at, h)
}

// compareHits orders the better hit first.
func compareHits(a, b qa.Hit) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Chunk, b.Chunk))
}
