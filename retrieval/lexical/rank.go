package lexical

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"rapporteur/qa"
	"rapporteur/retrieval/timeline"
)

// Rank gives the k chunks that score highest for the query's text within its scope, best first; equal
// scores stand in order of their id. The scope is applied before the k are chosen.
func (x *Index) Rank(ctx context.Context, q qa.Query, k int) ([]qa.Hit, error) {
	s := x.current.Load()
	terms := x.terms(s, q.Text, q.Language)
	if k <= 0 || len(terms) == 0 {
		return nil, nil
	}
	sc := x.scratch.Get().(*scores)
	defer x.scratch.Put(sc)
	sc.best = sc.best[:0]
	filter := timeline.NewFilter(q.Scope)
	for _, v := range s.views {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		sc.reset(v)
		if !v.readable(&filter, sc.allowed) {
			continue
		}
		for _, t := range terms {
			x.score(s, v, t, sc)
		}
		sc.collect(v, k)
	}
	hits := slices.Clone(sc.best)
	slices.SortFunc(hits, compareHits)
	return hits, nil
}

// compareHits orders the better hit first.
func compareHits(a, b qa.Hit) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Chunk, b.Chunk))
}

// scores is what one query needs to score a view, reused from view to view and query to query.
type scores struct {
	chunk   []float32 // by place
	version []float32 // by number: the title's share, which all chunks of the version get
	allowed []bool    // by number
	part    []float32 // the share of one term that others stand in for
	other   []float32 // the share of one that stands in; zero when no one is at work on it
	next    []float32 // that of its next word; the same
	best    []qa.Hit  // a heap, the worst of the best on top
}

func (sc *scores) reset(v view) {
	sc.chunk = zeroed(sc.chunk, len(v.chunks))
	sc.version = zeroed(sc.version, len(v.States))
	sc.allowed = slices.Grow(sc.allowed[:0], len(v.States))[:len(v.States)]
}

func zeroed(s []float32, n int) []float32 {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// score adds the share of one term in each field: idf × weight × tf·(k1+1) / (tf + k1·(1 - b + b·length/average)),
// where tf counts other forms of the word Options.Variant times.
func (x *Index) score(s *snapshot, v view, t term, sc *scores) {
	weights := [fields]float64{body: 1, heading: x.options.Heading, title: x.options.Title}
	for i := range fields {
		if weights[i] == 0 {
			continue
		}
		to := sc.chunk
		if i == title {
			to = sc.version
		}
		c := curve{
			weight:  float32(t.IDF * weights[i] * (x.options.K1 + 1)),
			variant: float32(x.options.Variant),
			fixed:   float32(x.options.K1 * (1 - x.options.B)),
			slope:   float32(x.options.K1*x.options.B) / s.average[i],
		}
		f := &v.field[i]
		if len(t.others) == 0 {
			f.addWord(to, t.stems, t.Exact, c)
			continue
		}
		sc.part = zeroed(sc.part, len(to))
		f.addWord(sc.part, t.stems, t.Exact, c)
		for _, o := range t.others {
			c.weight = float32(o.idf * weights[i] * (x.options.K1 + 1))
			sc.raise(f, o, c)
		}
		for place, score := range sc.part {
			to[place] += score
		}
	}
}

// addWord adds the scores of a word's stems.
func (f *field) addWord(scores []float32, stems []string, exact string, c curve) {
	for _, stem := range stems {
		if at, ok := f.find(stem); ok {
			f.addTo(scores, at, f.formOf(at, exact), c)
		}
	}
}

// raise lifts the term's score, part, to that of o where it is higher: a place that says a thing in two
// ways says it once. It only touches the places of the words of o.
func (sc *scores) raise(f *field, o other, c curve) {
	for _, stems := range o.words {
		if !slices.ContainsFunc(stems, f.has) {
			return
		}
	}
	if o.only {
		c.variant = 0
	}
	if len(sc.other) < len(sc.part) {
		sc.other, sc.next = make([]float32, len(sc.part)), make([]float32, len(sc.part))
	}
	first := o.words[0]
	f.addWord(sc.other, first, o.exact, c)
	for _, stems := range o.words[1:] {
		f.addWord(sc.next, stems, o.exact, c)
		for place := range f.places(first) {
			sc.other[place] = min(sc.other[place], sc.next[place])
		}
		for place := range f.places(stems) {
			sc.next[place] = 0
		}
	}
	for place := range f.places(first) {
		sc.part[place] = max(sc.part[place], sc.other[place])
		sc.other[place] = 0
	}
}

// has reports whether the field holds a stem.
func (f *field) has(stem string) bool {
	_, ok := f.find(stem)
	return ok
}

// places gives the places that hold one of the stems, some of them more than once.
func (f *field) places(stems []string) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for _, stem := range stems {
			at, ok := f.find(stem)
			if !ok {
				continue
			}
			for _, place := range f.place[f.posting[at]:f.posting[at+1]] {
				if !yield(place) {
					return
				}
			}
		}
	}
}

// curve holds the constants of a term in a field.
type curve struct{ weight, variant, fixed, slope float32 }

// addTo adds the score of stem at to each place that holds it; exact is the number of the form asked for.
func (f *field) addTo(scores []float32, at, exact int, c curve) {
	start, end := f.posting[at], f.posting[at+1]
	places, variants, times := f.place[start:end], f.variant[start:end], f.times[start:end]
	for p := 0; p < len(places); {
		place := places[p]
		var tf float32
		for ; p < len(places) && places[p] == place; p++ {
			n := float32(times[p])
			if int(variants[p]) != exact {
				n *= c.variant
			}
			tf += n
		}
		scores[place] += c.weight * tf / (tf + c.fixed + c.slope*float32(f.length[place]))
	}
}

// collect offers the scored chunks of the versions that may be read to the best k. Most chunks are
// turned away by one comparison with the worst of the best.
func (sc *scores) collect(v view, k int) {
	floor := sc.floor(k)
	for n, ok := range sc.allowed {
		if !ok {
			continue
		}
		bonus := sc.version[n]
		start, end := v.first[n], v.first[n+1]
		for i, score := range sc.chunk[start:end] {
			if score += bonus; score < floor || score == 0 {
				continue
			}
			sc.offer(qa.Hit{Chunk: v.chunks[int(start)+i], Score: float64(score)}, k)
			floor = sc.floor(k)
		}
	}
}

// floor is the score below which no chunk can be among the best k.
func (sc *scores) floor(k int) float32 {
	if len(sc.best) < k {
		return 0
	}
	return float32(sc.best[0].Score)
}

// offer keeps h when it is among the best k so far.
func (sc *scores) offer(h qa.Hit, k int) {
	switch {
	case len(sc.best) < k:
		sc.best = append(sc.best, h)
		sc.up(len(sc.best) - 1)
	case compareHits(h, sc.best[0]) < 0:
		sc.best[0] = h
		sc.down(0)
	}
}

func (sc *scores) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if compareHits(sc.best[i], sc.best[parent]) < 0 {
			return
		}
		sc.best[i], sc.best[parent] = sc.best[parent], sc.best[i]
		i = parent
	}
}

func (sc *scores) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(sc.best) {
			return
		}
		if right := child + 1; right < len(sc.best) && compareHits(sc.best[right], sc.best[child]) > 0 {
			child = right
		}
		if compareHits(sc.best[child], sc.best[i]) < 0 {
			return
		}
		sc.best[i], sc.best[child] = sc.best[child], sc.best[i]
		i = child
	}
}
