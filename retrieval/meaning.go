package retrieval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"rapporteur/analysis"
	"rapporteur/qa"
)

// Semantic ranks chunks by their meaning.
type Semantic interface {
	Ranker
	// Scores gives the exact cosine of a vector with the vector of each chunk, NaN where it holds none.
	Scores(ctx context.Context, vector []float32, chunks []qa.ChunkID) ([]float64, error)
	// Pending counts the documents of a scope that have no vectors yet.
	Pending(ctx context.Context, scope qa.Scope) (int, error)
}

// Embedder gives the L2-normalised vector of a question.
type Embedder interface {
	EmbedQuery(ctx context.Context, text string) ([]float32, error)
}

// Sentences gives the stored sentence vectors of chunks; a chunk whose vectors are still to come is left out.
type Sentences interface {
	Sentences(ctx context.Context, chunks []qa.ChunkID) ([]qa.ChunkSentences, error)
}

// search is one question on its way through the arms.
type search struct {
	*Retriever
	query      qa.Query // with its vector once the question is encoded
	terms      []qa.Term
	candidates int
	lexical    []qa.Hit
	semantic   []qa.Hit
	sentences  map[qa.ChunkID][]qa.SentenceScore
	degraded   string    // stable code, "" when each arm that should have run did
	hurry      time.Time // when the arm of meaning is given up, where words can do without
	timings    qa.Timings
}

// run gives the candidates of an arm, best first.
func (s *search) run(ctx context.Context, arm qa.Arm) ([]Candidate, error) {
	encodes := s.Embedder != nil && s.Semantic != nil
	switch {
	case arm == qa.ArmSemantic && !encodes:
		return nil, qa.E(qa.Unavailable, "no_encoder")
	case arm == qa.ArmSemantic:
		if err := s.byMeaning(ctx); err != nil {
			return nil, err
		}
		return s.pool(func(c *Candidate) { c.Score = c.Semantic }), nil
	case arm == qa.ArmLexical || !encodes:
		if err := s.byWords(ctx); err != nil {
			return nil, err
		}
		return s.pool(func(c *Candidate) { c.Score = c.Lexical }), nil
	}
	return s.byBoth(ctx)
}

// byBoth fuses the two arms, which run at the same time. A search whose semantic arm fails goes on in
// the lexical order.
func (s *search) byBoth(ctx context.Context) ([]Candidate, error) {
	var failed error
	var side sync.WaitGroup
	within, cancel := context.WithDeadline(ctx, s.hurry)
	defer cancel()
	side.Go(func() { failed = s.byMeaning(within) })
	err := s.byWords(ctx)
	side.Wait()
	if err = cmp.Or(err, ctx.Err()); err != nil {
		return nil, err
	}
	if failed != nil {
		s.fail(failed)
		return s.pool(func(c *Candidate) { c.Score = c.Lexical }), nil
	}
	finish, err := s.compare(within)
	if err != nil {
		s.fail(err)
		return s.pool(func(c *Candidate) { c.Score = c.Lexical }), nil
	}
	pool := s.pool(finish)
	fusion := s.Options.Fusion
	fusion.Mass = mass(s.terms)
	Fuse(pool, fusion)
	if err := s.look(within, pool); err != nil {
		s.fail(err)
	}
	return pool, nil
}

// fail notes that the search goes on without meaning.
func (s *search) fail(err error) {
	s.degraded, s.query.Vector, s.semantic = "semantic_unavailable", nil, nil
	if s.Failed != nil {
		s.Failed(err)
	}
}

func (s *search) byWords(ctx context.Context) (err error) {
	s.lexical, err = s.Lexical.Rank(ctx, qa.Query{Text: s.query.Text, Scope: s.query.Scope}, s.candidates)
	if err != nil {
		return fmt.Errorf("rank chunks: %w", err)
	}
	return nil
}

func (s *search) byMeaning(ctx context.Context) (err error) {
	if s.query.Text == "" {
		return nil // as many meanings as there are chunks
	}
	began := time.Now()
	s.query.Vector, err = s.Embedder.EmbedQuery(ctx, analysis.Uncapped(s.query.Text))
	s.timings.Embed = time.Since(began)
	if err != nil {
		return fmt.Errorf("encode the question: %w", err)
	}
	if s.semantic, err = s.Semantic.Rank(ctx, s.query, s.candidates); err != nil {
		return fmt.Errorf("rank chunks by meaning: %w", err)
	}
	return nil
}

// pool joins what the arms found, the lexical hits first, and finishes each candidate.
func (s *search) pool(finish func(*Candidate)) []Candidate {
	at := make(map[qa.ChunkID]int, len(s.lexical))
	pool := make([]Candidate, 0, len(s.lexical)+len(s.semantic))
	for _, h := range s.lexical {
		at[h.Chunk] = len(pool)
		pool = append(pool, Candidate{Chunk: h.Chunk, Lexical: h.Score, Semantic: math.NaN()})
	}
	for _, h := range s.semantic {
		if i, both := at[h.Chunk]; both {
			pool[i].Semantic = h.Score
			continue
		}
		pool = append(pool, Candidate{Chunk: h.Chunk, Semantic: h.Score})
	}
	for i := range pool {
		finish(&pool[i])
	}
	return pool
}

// compare notes whether vectors are missing, and gives what only the lexical arm found its exact cosine.
func (s *search) compare(ctx context.Context) (finish func(*Candidate), err error) {
	pending, err := s.Semantic.Pending(ctx, s.query.Scope)
	if err != nil {
		return nil, fmt.Errorf("count the documents without vectors: %w", err)
	}
	if pending > 0 {
		s.degraded = "vectors_pending"
	}
	var missing []qa.ChunkID
	found := make(map[qa.ChunkID]bool, len(s.semantic))
	for _, h := range s.semantic {
		found[h.Chunk] = true
	}
	for _, h := range s.lexical {
		if !found[h.Chunk] {
			missing = append(missing, h.Chunk)
		}
	}
	cosines := make(map[qa.ChunkID]float64, len(missing))
	if s.query.Vector != nil && len(missing) > 0 {
		scores, err := s.Semantic.Scores(ctx, s.query.Vector, missing)
		if err != nil {
			return nil, fmt.Errorf("compare with the chunks that words found: %w", err)
		}
		for i, cosine := range scores {
			cosines[missing[i]] = cosine
		}
	}
	return func(c *Candidate) {
		if cosine, ok := cosines[c.Chunk]; ok {
			c.Semantic = cosine
		}
	}, nil
}

// read loads passages in the order of the candidates until limit of them say something of their own.
func (s *search) read(ctx context.Context, pool []Candidate, limit int) ([]qa.Passage, error) {
	byChunk := make(map[qa.ChunkID]Candidate, len(pool))
	hits := make([]qa.Hit, len(pool))
	for i, c := range pool {
		hits[i] = qa.Hit{Chunk: c.Chunk, Score: c.Score}
		byChunk[c.Chunk] = c
	}
	var kept distinct
	versions := versionsIn(s.query.Scope)
	for step := cmp.Or(s.Options.Load, 30); len(hits) > 0 && len(kept.passages) < limit; {
		n := min(max(step, limit), len(hits))
		some, err := s.Passages.Passages(ctx, s.query.Scope, hits[:n])
		if err != nil {
			return nil, err
		}
		for i := range some {
			p := &some[i]
			c := byChunk[p.ID]
			p.Score, p.Lexical, p.Sentences = c.Score, c.Lexical, s.sentences[p.ID]
			if !math.IsNaN(c.Semantic) {
				p.Semantic = c.Semantic
			}
		}
		for _, p := range versions.one(some) {
			kept.add(p)
		}
		hits = hits[n:]
	}
	return kept.passages[:min(limit, len(kept.passages))], nil
}
