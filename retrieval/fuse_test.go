package retrieval

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"rapporteur/qa"
)

var unknown = math.NaN()

func chunks(pool []Candidate) (out []int) {
	for _, c := range pool {
		out = append(out, int(c.Chunk))
	}
	return out
}

func TestFuse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		pool   []Candidate
		fusion Fusion
		want   []int
	}{
		{"nothing", nil, Fusion{}, nil},
		{"one arm alone: words", []Candidate{{Chunk: 1, Lexical: 1, Semantic: unknown}, {Chunk: 2, Lexical: 3, Semantic: unknown}, {Chunk: 3, Lexical: 2, Semantic: unknown}}, Fusion{}, []int{2, 3, 1}},
		{"one arm alone: meaning", []Candidate{{Chunk: 1, Semantic: 0.8}, {Chunk: 2, Semantic: 0.85}, {Chunk: 3, Semantic: 0.7}}, Fusion{}, []int{2, 1, 3}},
		{"found by both before found by one", []Candidate{{Chunk: 1, Lexical: 10, Semantic: 0.70}, {Chunk: 2, Lexical: 9, Semantic: 0.87}, {Chunk: 3, Semantic: 0.88}}, Fusion{Weight: 0.5}, []int{2, 1, 3}},
		{"all of the weight on meaning", []Candidate{{Chunk: 1, Lexical: 10, Semantic: 0.70}, {Chunk: 2, Lexical: 9, Semantic: 0.89}, {Chunk: 3, Semantic: 0.90}}, Fusion{Weight: 1}, []int{3, 2, 1}},
		{"equal scores: in order of the chunk", []Candidate{{Chunk: 3, Lexical: 2, Semantic: 0.8}, {Chunk: 1, Lexical: 2, Semantic: 0.8}, {Chunk: 2, Lexical: 2, Semantic: 0.8}}, Fusion{}, []int{1, 2, 3}},
		{"without a vector neither lifted nor buried", []Candidate{{Chunk: 1, Lexical: 10, Semantic: 0.9}, {Chunk: 2, Lexical: 9, Semantic: unknown}, {Chunk: 3, Lexical: 5, Semantic: 0.8}, {Chunk: 4, Lexical: 1, Semantic: 0.7}}, Fusion{}, []int{1, 2, 3, 4}},
		{"the words of the question hardly occur: meaning decides", []Candidate{{Chunk: 1, Lexical: 2, Semantic: 0.7}, {Chunk: 2, Lexical: 1, Semantic: 0.8}, {Chunk: 3, Semantic: 0.75}}, Fusion{Mass: 10}, []int{2, 3, 1}},
		{"all mean much the same: words decide", []Candidate{{Chunk: 1, Lexical: 1, Semantic: 0.803}, {Chunk: 2, Lexical: 9, Semantic: 0.801}, {Chunk: 3, Semantic: 0.802}}, Fusion{Mass: 10}, []int{2, 1, 3}},
		{"ranks, the last without a vector", []Candidate{{Chunk: 1, Lexical: 10, Semantic: 0.70}, {Chunk: 2, Lexical: 9, Semantic: 0.89}, {Chunk: 3, Semantic: 0.90}, {Chunk: 4, Lexical: 1, Semantic: unknown}}, Fusion{Ranks: true}, []int{1, 2, 4, 3}},
	} {
		Fuse(tt.pool, tt.fusion)
		if got := chunks(tt.pool); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestFuseHolds draws pools and checks what is true of all: scores that are never NaN, nor below 0 nor
// above what the best of both arms could have, an order
// that does not depend on that of the pool, and no candidate behind one that both arms put below it.
func TestFuseHolds(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		pool := draw(random)
		for _, f := range []Fusion{{}, {Weight: 0.3}, {Mass: 3}, {Ranks: true}} {
			a, b := slices.Clone(pool), slices.Clone(pool)
			random.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
			Fuse(a, f)
			Fuse(b, f)
			if !slices.Equal(chunks(a), chunks(b)) {
				t.Fatalf("%+v: the order of the pool counts: %v and %v", f, a, b)
			}
			checkOrder(t, f, a)
		}
	}
}

func draw(random *rand.Rand) []Candidate {
	pool := make([]Candidate, random.IntN(12))
	for i := range pool {
		pool[i] = Candidate{Chunk: qa.ChunkID(i + 1), Semantic: unknown}
		found := random.IntN(3)
		if found != 0 {
			pool[i].Lexical = float64(1 + random.IntN(4))
		}
		if found != 1 {
			pool[i].Semantic = 0.7 + 0.05*float64(random.IntN(5))
		}
	}
	return pool
}

func checkOrder(t *testing.T, f Fusion, pool []Candidate) {
	t.Helper()
	for i, c := range pool {
		if !(c.Score >= 0 && c.Score <= 1.4) {
			t.Fatalf("%+v: score of %+v", f, c)
		}
		if i == 0 {
			continue
		}
		before := pool[i-1]
		if before.Score < c.Score {
			t.Fatalf("%+v: %+v stands before %+v", f, before, c)
		}
		if c.Lexical > before.Lexical && c.Semantic > before.Semantic {
			t.Fatalf("%+v: both arms prefer %+v to %+v", f, c, before)
		}
	}
}
