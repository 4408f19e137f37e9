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
	// sentenceWeight is what the best sentence's cosine, spread over 0 to 1 among the candidates looked
	// at, adds to the fused score. Tuned with semanticWeight; 0.15 to 0.3 hardly differ.
	sentenceWeight = 0.2
)

// look orders the first candidates anew by their best sentence, and keeps the cosines of their sentences.
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
	reorder(top, s.sentences, cmp.Or(s.Options.Sentence, sentenceWeight))
	return nil
}

// reorder adds weight times the best sentence's place among the best sentences to each score, and sorts.
// A candidate without sentence vectors keeps the place that its own score gives it.
func reorder(top []Candidate, scores map[qa.ChunkID][]qa.SentenceScore, weight float64) {
	var fused, best spread
	for _, c := range top {
		fused.see(c.Score)
		best.see(bestOf(scores[c.Chunk]))
	}
	for i, c := range top {
		near := best.place(bestOf(scores[c.Chunk]))
		if math.IsNaN(near) {
			near = fused.place(c.Score)
		}
		top[i].Score += weight * near
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
