package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestNormalise(t *testing.T) {
	t.Parallel()
	for _, l := range Levels() {
		for _, n := range []int{1, 8, 24, 32, 100, 384, 768} {
			t.Run(fmt.Sprint(l, "/", n), func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(1, uint64(n)))
				const rows = 3
				x, gain, bias := normal(r, rows*n+1), normal(r, n), normal(r, n)
				x[rows*n] = 7 // must stay
				want := make([]float64, rows*n)
				for i := range rows {
					normaliseExactly(want[i*n:(i+1)*n], x[i*n:], gain, bias)
				}
				l.Normalise(x[:rows*n], gain, bias, 1e-12)
				for i := range want {
					if math.Abs(float64(x[i])-want[i]) > 2e-5 {
						t.Fatalf("figure %d is %v, want %v", i, x[i], want[i])
					}
				}
				if x[rows*n] != 7 {
					t.Error("wrote behind the rows")
				}
			})
		}
	}
}

func normaliseExactly(dst []float64, x, gain, bias []float32) {
	var mean, square float64
	for i := range dst {
		mean += float64(x[i]) / float64(len(dst))
	}
	for i := range dst {
		square += (float64(x[i]) - mean) * (float64(x[i]) - mean) / float64(len(dst))
	}
	for i := range dst {
		dst[i] = (float64(x[i])-mean)/math.Sqrt(square+1e-12)*float64(gain[i]) + float64(bias[i])
	}
}

// normal gives n figures of mean 0.3 and variance 1.
func normal(r *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64()) + 0.3
	}
	return v
}

func BenchmarkNormalise(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	x, gain, bias := normal(r, 64*384), normal(r, 384), normal(r, 384)
	for _, l := range Levels() {
		b.Run(fmt.Sprint(l), func(b *testing.B) {
			for b.Loop() {
				l.Normalise(x, gain, bias, 1e-12)
			}
		})
	}
}
