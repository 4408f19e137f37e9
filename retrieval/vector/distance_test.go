package vector

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestDistances(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 20 {
		blocks := make([]block, n)
		var code block
		for i := range blocks {
			for j := range blocks[i] {
				blocks[i][j] = r.Uint64()
			}
		}
		for j := range code {
			code[j] = r.Uint64() | uint64(n%3)*^uint64(0)
		}
		got, want := make([]uint16, n+1), make([]uint16, n+1)
		got[n], want[n] = 7, 7 // nothing is written past the rows
		distances(got, blocks, &code)
		distancesTwin(want, blocks, &code)
		if !slices.Equal(got, want) {
			t.Errorf("%d rows: %v, want %v", n, got, want)
		}
	}
}
