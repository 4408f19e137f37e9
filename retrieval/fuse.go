package retrieval

import (
	"cmp"
	"math"
	"slices"

	"rapporteur/qa"
)

// Candidate is a chunk that at least one arm found.
type Candidate struct {
	Chunk    qa.ChunkID
	Lexical  float64 // score of the lexical arm, 0 when it did not find it
	Semantic float64 // cosine with the question, NaN when the chunk has no vector
	Score    float64 // fused; only comparable within one list
}

// Fusion says how the scores of the two arms become one.
type Fusion struct {
	// Weight is the share of the semantic arm in the convex combination, 0 to 1; 0 takes the default.
	Weight float64
	// Mass is the idf of all words of the question, which lexical scores are divided by: 1 says that a
	// chunk holds each word once, whatever the other chunks hold. 0 divides them by the best one.
	Mass float64
	// Ranks fuses by reciprocal ranks instead (Cormack et al. 2009): for an encoder whose cosines no
	// weight was tuned for.
	Ranks bool
}

const (
	// semanticWeight was tuned with sentenceWeight on the development halves of PIAF, XQuAD and the labour
	// law and on the development reports, on nothing else: from 0.6 to 0.8, with sentenceWeight from 0.4 to
	// 0.8, nDCG@10 of PIAF stays within 0.4 points of the best and that of XQuAD within 0.3.
	semanticWeight = 0.7
	// cosineUnit is the difference of two cosines that weighs as much as all words of the question. Those
	// of the built-in encoder differ by about half of it among the candidates of a question.
	cosineUnit = 0.2
	// rankConstant is the k of reciprocal rank fusion in the paper.
	rankConstant = 60
)

// Fuse scores the candidates of both arms and orders them, best first, whatever their order was; equal
// scores stand in order of the chunk. Neither arm's scores are stretched to the range of the other: where
// few words of the question occur, or all candidates mean much the same, that arm has little to say. A chunk
// without a vector is taken to mean as much as its words say among the others, so that a document whose
// vectors are still to come is neither lifted nor buried.
func Fuse(pool []Candidate, f Fusion) {
	if f.Ranks {
		fuseRanks(pool)
	} else {
		fuseScores(pool, f)
	}
	slices.SortFunc(pool, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Chunk, b.Chunk))
	})
}

func fuseScores(pool []Candidate, f Fusion) {
	words, meaning := spread{}, spread{}
	for _, c := range pool {
		words.see(c.Lexical)
		meaning.see(c.Semantic)
	}
	weight, mass := cmp.Or(f.Weight, semanticWeight), cmp.Or(f.Mass, words.high, 1)
	for i, c := range pool {
		semantic := c.Semantic
		if math.IsNaN(semantic) {
			semantic = meaning.at(words.place(c.Lexical))
		}
		pool[i].Score = weight*(semantic-meaning.low)/cosineUnit + (1-weight)*c.Lexical/mass
	}
}

// spread is the range of the values seen; NaN is none.
type spread struct {
	low, high float64
	some      bool
}

func (s *spread) see(v float64) {
	if math.IsNaN(v) {
		return
	}
	if !s.some {
		s.low, s.high, s.some = v, v, true
	}
	s.low, s.high = min(s.low, v), max(s.high, v)
}

// place is where v stands in the range, 0 to 1; in a range of one value, 1.
func (s spread) place(v float64) float64 {
	if s.high == s.low {
		return 1
	}
	return (v - s.low) / (s.high - s.low)
}

// at is the value at a place of the range.
func (s spread) at(place float64) float64 { return s.low + place*(s.high-s.low) }

// fuseRanks gives each candidate the sum of 1/(k + rank) over the arms that found it, divided by what
// the first of both would get. One without a vector has the same rank by meaning as by its words.
func fuseRanks(pool []Candidate) {
	words := ranks(pool, func(c Candidate) float64 { return c.Lexical })
	meaning := ranks(pool, func(c Candidate) float64 { return c.Semantic })
	for i, c := range pool {
		if math.IsNaN(c.Semantic) {
			meaning[i] = words[i]
		}
		sum := 0.0
		for _, rank := range []int{words[i], meaning[i]} {
			if rank > 0 {
				sum += 1 / (rankConstant + float64(rank))
			}
		}
		pool[i].Score = sum * (rankConstant + 1) / 2
	}
}

// ranks gives each candidate's 1-based rank by a value, 0 for those without one.
func ranks(pool []Candidate, value func(Candidate) float64) []int {
	var found []int
	for i, c := range pool {
		if v := value(c); v != 0 && !math.IsNaN(v) {
			found = append(found, i)
		}
	}
	slices.SortFunc(found, func(a, b int) int {
		return cmp.Or(cmp.Compare(value(pool[b]), value(pool[a])), cmp.Compare(pool[a].Chunk, pool[b].Chunk))
	})
	out := make([]int, len(pool))
	for n, i := range found {
		out[i] = n + 1
	}
	return out
}
