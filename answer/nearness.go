package answer

import (
	"math"

	"rapporteur/analysis"
	"rapporteur/qa"
)

// closePlace is from which place on a sentence may be quoted that holds no word of the question; set on the
// development reports and the development half of PIAF alone, where figures move little between half and double.
const closePlace = 0.7

// nearness places the cosines of a question with the sentences of its passages from 0 to 1. Encoders
// differ in the range that their cosines live in, so only the place within a question's own is used.
type nearness struct {
	low, high float64
	known     bool
}

func nearnessOf(readings []reading) nearness {
	n := nearness{low: math.Inf(1), high: math.Inf(-1)}
	for _, r := range readings {
		for _, s := range r.sentences {
			if !math.IsNaN(s.cosine) {
				n.low, n.high, n.known = min(n.low, s.cosine), max(n.high, s.cosine), true
			}
		}
	}
	return n
}

// mark finds the sentences that are quoted for their meaning alone, whatever their words.
func (n nearness) mark(readings []reading) {
	for _, r := range readings {
		for i := range r.sentences {
			r.sentences[i].close = n.place(r.sentences[i].cosine) >= closePlace
		}
	}
}

// place is 1 for the nearest sentence of all; NaN stays so.
func (n nearness) place(cosine float64) float64 {
	if n.high == n.low && cosine == n.high {
		return 1
	}
	return (cosine - n.low) / (n.high - n.low)
}

// cosine is that of the quote's nearest sentence, NaN when none has a vector.
func (c quote) cosine() float64 {
	best := math.NaN()
	for _, s := range c.reading.sentences[c.first : c.last+1] {
		if !(s.cosine <= best) {
			best = s.cosine
		}
	}
	return best
}

// cosinesOf finds those of a passage's sentences by their place.
func cosinesOf(p qa.Passage) func(analysis.Span) float64 {
	at := make(map[qa.Span]float64, len(p.Sentences))
	for _, s := range p.Sentences {
		at[s.Span] = s.Cosine
	}
	return func(s analysis.Span) float64 {
		if cosine, ok := at[qa.Span(s)]; ok {
			return cosine
		}
		return math.NaN()
	}
}
