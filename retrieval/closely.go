package retrieval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"rapporteur/qa"
)

const (
	// looked is how many candidates are looked at sentence by sentence.
	looked = 20
	// sentenceWeight is what the cosine of the best sentence adds to the fused score, for each cosineUnit
	// above the lowest among the candidates looked at. Tuned with semanticWeight.
	sentenceWeight = 0.4
)

// look keeps the cosines of the sentences of the first candidates, and orders these by them anew.
func (s *search) look(ctx context.Context, pool []Candidate) error {
	if s.Sentences == nil || s.query.Vector == nil || len(pool) == 0 {
		return nil
	}
	top := pool[:min(looked, len(pool))]
	ids := make([]qa.ChunkID, len(top))
	for i, c := range top {
		ids[i] = c.Chunk
	}
	stored, err := s.Sentences.Sentences(ctx, ids)
	if err != nil {
		return fmt.Errorf("read sentence vectors: %w", err)
	}
	s.sentences = make(map[qa.ChunkID][]qa.SentenceScore, len(stored))
	for _, c := range stored {
		s.sentences[c.Chunk] = cosines(s.query.Vector, c.Sentences)
	}
	if !s.Options.Fusion.Ranks { // the weight is no better known than those of the arms
		reorder(top, s.sentences, cmp.Or(s.Options.Sentence, sentenceWeight))
	}
	return nil
}

// reorder adds weight times the best sentence's cosine to each score, and sorts. A candidate without
// sentence vectors is taken to have a best sentence as good as its own score among the others.
func reorder(top []Candidate, scores map[qa.ChunkID][]qa.SentenceScore, weight float64) {
	var fused, best spread
	for _, c := range top {
		fused.see(c.Score)
		best.see(bestOf(scores[c.Chunk]))
	}
	for i, c := range top {
		near := bestOf(scores[c.Chunk])
		if math.IsNaN(near) {
			near = best.at(fused.place(c.Score))
		}
		top[i].Score += weight * (near - best.low) / cosineUnit
	}
	slices.SortStableFunc(top, func(a, b Candidate) int { return cmp.Compare(b.Score, a.Score) })
}

// bestOf is the highest cosine, NaN where there is none.
func bestOf(sentences []qa.SentenceScore) float64 {
	best := math.NaN()
	for _, s := range sentences {
		if !(s.Cosine <= best) {
			best = s.Cosine
		}
	}
	return best
}

// cosines leaves out vectors of another length: another encoder made them.
func cosines(question []float32, sentences []qa.SentenceVector) []qa.SentenceScore {
	out := make([]qa.SentenceScore, 0, len(sentences))
	for _, s := range sentences {
		if len(s.Codes) != len(question) {
			continue
		}
		sum := float32(0)
		for k, code := range s.Codes {
			sum += question[k] * float32(code)
		}
		out = append(out, qa.SentenceScore{Span: s.Span, Cosine: float64(s.Scale * sum)})
	}
	return out
}
