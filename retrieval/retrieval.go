// Package retrieval turns a question into evidence: it ranks, loads the passages, drops those that say
// the same twice, and says how well the best one covers the question.
package retrieval

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"rapporteur/qa"
)

// Ranker finds the k chunks that fit a query best, best first. It applies the query's scope before it
// chooses them.
type Ranker interface {
	Rank(ctx context.Context, q qa.Query, k int) ([]qa.Hit, error)
}

// Passages loads the chunks of hits with their documents, in the order of hits. It checks the scope
// again and leaves out what is no longer there.
type Passages interface {
	Passages(ctx context.Context, scope qa.Scope, hits []qa.Hit) ([]qa.Passage, error)
}

// Options tune a Retriever. Zero values take the defaults.
type Options struct {
	Candidates int // chunks ranked; 100
	Load       int // passages read at a time; 30
	Limit      int // passages returned when the question names no limit; 10
}

// Retriever answers Retrieve with its parts, which must all be set.
type Retriever struct {
	Lexical  Ranker
	Passages Passages
	Terms    func(text, language string) []qa.Term // content words of a text, with their weights
	Count    func(qa.Scope) int                    // live documents in a scope
	Options  Options
}

// Retrieve finds the passages that can answer q.Text within q.Scope, best first. Confidence is the score
// of the best one over the idf of all content words: about 1 where it holds each of them once, 0 where
// there is none. Normalising by idf told answerable questions of PIAF from others best among lexical
// signals (area under the curve 0.85). Errors: Unavailable no_encoder when q.Arm asks for meaning alone.
func (r *Retriever) Retrieve(ctx context.Context, q qa.Question) (qa.Evidence, error) {
	if q.Arm == qa.ArmSemantic {
		return qa.Evidence{}, qa.E(qa.Unavailable, "no_encoder")
	}
	text := strings.TrimSpace(q.Text)
	terms := r.Terms(text, "")
	candidates := max(cmp.Or(r.Options.Candidates, 100), q.Limit)
	hits, err := r.Lexical.Rank(ctx, qa.Query{Text: text, Scope: q.Scope}, candidates)
	if err != nil {
		return qa.Evidence{}, fmt.Errorf("rank chunks: %w", err)
	}
	passages, err := r.read(ctx, q.Scope, hits, cmp.Or(q.Limit, r.Options.Limit, 10))
	if err != nil {
		return qa.Evidence{}, fmt.Errorf("read passages: %w", err)
	}
	return qa.Evidence{
		Query:      text,
		Terms:      terms,
		Passages:   passages,
		Documents:  r.Count(q.Scope),
		Confidence: confidence(passages, terms),
	}, nil
}

// read loads passages in the order of hits until limit of them say something of their own.
func (r *Retriever) read(ctx context.Context, scope qa.Scope, hits []qa.Hit, limit int) ([]qa.Passage, error) {
	score := make(map[qa.ChunkID]float64, len(hits))
	for _, h := range hits {
		score[h.Chunk] = h.Score
	}
	var kept distinct
	for step := cmp.Or(r.Options.Load, 30); len(hits) > 0 && len(kept.passages) < limit; {
		n := min(max(step, limit), len(hits))
		some, err := r.Passages.Passages(ctx, scope, hits[:n])
		if err != nil {
			return nil, err
		}
		for _, p := range some {
			p.Lexical = score[p.ID]
			p.Score = p.Lexical
			kept.add(p)
		}
		hits = hits[n:]
	}
	return kept.passages[:min(limit, len(kept.passages))], nil
}

func confidence(passages []qa.Passage, terms []qa.Term) float64 {
	mass := 0.0
	for _, t := range terms {
		mass += t.IDF
	}
	if len(passages) == 0 || mass == 0 {
		return 0
	}
	return min(1, passages[0].Score/mass)
}
