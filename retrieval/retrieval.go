// Package retrieval turns a question into evidence: it ranks by words and by meaning at the same time,
// fuses the two orders, looks at the best passages sentence by sentence, loads them, drops those that say
// the same twice, and says how well the best one covers the question. Without an encoder it ranks by words.
package retrieval

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

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
	Candidates int     // chunks ranked by each arm; 100
	Load       int     // passages read at a time; 30
	Limit      int     // passages returned when the question names no limit; 10
	Fusion     Fusion  // of the two arms
	Sentence   float64 // weight of the best sentence in the order of the first candidates; 0 takes the default

	Timeout time.Duration // of a search; 9 s, so that who asks hears within 10 s when the library does not answer
	Meaning time.Duration // of the arm of meaning, after which a fused search goes on by words alone; 5 s
}

// Retriever answers Retrieve with its parts. The first four must be set. Semantic and Embedder are set
// together; without them there is no arm but the lexical one. Sentences may be nil.
type Retriever struct {
	Lexical  Ranker
	Passages Passages
	Terms    func(text, language string) []qa.Term // content words of a text, with their weights
	Count    func(qa.Scope) int                    // live documents in a scope

	Semantic  Semantic
	Embedder  Embedder
	Sentences Sentences
	Failed    func(error) // told of each failure of the semantic arm that a search went on without; may be nil

	Options Options
}

// Retrieve finds the passages that can answer q.Text within q.Scope, best first. q.Arm chooses the
// lexical order, the semantic order (Score is then the cosine), or both fused, the best twenty ordered
// by their sentences too. Where the semantic arm fails or some documents have no vectors yet, the
// fused search goes on with what there is, and the evidence is Degraded.
//
// Confidence is the lexical score of the first passage over the idf of all content words: about 1 where
// it holds each of them once, 0 where there is none. Normalising by idf told answerable questions of PIAF
// from others best among lexical signals (area under the curve 0.85).
//
// Errors: Unavailable no_encoder when q.Arm asks for meaning alone and nothing encodes.
func (r *Retriever) Retrieve(ctx context.Context, q qa.Question) (qa.Evidence, error) {
	began := time.Now()
	ctx, cancel := context.WithDeadline(ctx, began.Add(cmp.Or(r.Options.Timeout, 9*time.Second)))
	defer cancel()
	text := strings.TrimSpace(q.Text)
	s := &search{
		Retriever:  r,
		query:      qa.Query{Text: text, Scope: q.Scope},
		terms:      r.Terms(text, ""),
		candidates: max(cmp.Or(r.Options.Candidates, 100), q.Limit),
		hurry:      began.Add(cmp.Or(r.Options.Meaning, 5*time.Second)),
	}
	pool, err := s.run(ctx, q.Arm)
	if err != nil {
		return qa.Evidence{}, err
	}
	passages, err := s.read(ctx, pool, cmp.Or(q.Limit, r.Options.Limit, 10))
	if err != nil {
		return qa.Evidence{}, fmt.Errorf("read passages: %w", err)
	}
	s.timings.Search = time.Since(began) - s.timings.Embed
	return qa.Evidence{
		Query:          text,
		Terms:          s.terms,
		Passages:       passages,
		Documents:      r.Count(q.Scope),
		Confidence:     confidence(passages, s.terms),
		Degraded:       s.degraded != "",
		DegradedReason: s.degraded,
		Timings:        s.timings,
	}, nil
}

func confidence(passages []qa.Passage, terms []qa.Term) float64 {
	total := mass(terms)
	if len(passages) == 0 || total == 0 {
		return 0
	}
	return min(1, passages[0].Lexical/total)
}

// mass is the idf of all words of a question.
func mass(terms []qa.Term) float64 {
	sum := 0.0
	for _, t := range terms {
		sum += t.IDF
	}
	return sum
}
