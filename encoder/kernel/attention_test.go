package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestAttention(t *testing.T) {
	t.Parallel()
	for _, l := range Levels() {
		for _, dim := range []int{4, 8, 32, 40, 64} {
			for _, n := range []int{1, 2, 7, 8, 12, 13, 31, 32, 33, 100} {
				t.Run(fmt.Sprint(l, "/", dim, "/", n), func(t *testing.T) {
					t.Parallel()
					checkAttention(t, l, dim, n)
				})
			}
		}
	}
}

func checkAttention(t *testing.T, l Level, dim, n int) {
	const heads = 2
	r := rand.New(rand.NewPCG(uint64(dim), uint64(n)))
	qkv := normal(r, n*3*heads*dim)
	for i := range qkv {
		qkv[i] *= 2 // some weights are near 1, some near 0
	}
	out := make([]float32, n*heads*dim+1)
	out[len(out)-1] = 7
	a := l.NewAttention(heads, dim, 16) // it must grow for the longer texts
	a.Head(make([]float32, 5*heads*dim), normal(r, 5*3*heads*dim), 1)
	a.Head(out[:n*heads*dim], qkv, 1)
	for i := range n * heads * dim {
		if i/dim%heads == 0 && out[i] != 0 {
			t.Fatalf("figure %d belongs to another head and became %v", i, out[i])
		}
	}
	a.Head(out[:n*heads*dim], qkv, 0)
	for h := range heads {
		for i := range n {
			for d, want := range attendExactly(qkv, [3]int{heads, dim, h}, i) {
				if got := out[(i*heads+h)*dim+d]; math.Abs(float64(got)-want) > 2e-5 {
					t.Fatalf("token %d, head %d, figure %d is %v, want %v", i, h, d, got, want)
				}
			}
		}
	}
	if out[len(out)-1] != 7 {
		t.Error("wrote behind the text")
	}
}

// attendExactly computes one row of a head in float64; shape is heads, dim, head.
func attendExactly(qkv []float32, shape [3]int, i int) []float64 {
	heads, dim, head := shape[0], shape[1], shape[2]
	hidden := heads * dim
	part := func(token, what int) []float32 {
		return qkv[(token*3+what)*hidden+head*dim:][:dim]
	}
	out := make([]float64, dim)
	var sum float64
	for j := range len(qkv) / (3 * hidden) {
		var dot float64
		for d := range dim {
			dot += float64(part(i, 0)[d]) * float64(part(j, 1)[d])
		}
		w := math.Exp(dot / math.Sqrt(float64(dim)))
		sum += w
		for d := range dim {
			out[d] += w * float64(part(j, 2)[d])
		}
	}
	for d := range out {
		out[d] /= sum
	}
	return out
}

// TestPowers: figures far below the largest have no weight, and none makes another a NaN.
func TestPowers(t *testing.T) {
	t.Parallel()
	for _, l := range Levels() {
		_, width := l.tileSize()
		row := make([]float32, 2*width)
		for i := range row {
			row[i] = 100 - float32(i*i)/3
		}
		row[1], row[len(row)-1] = -300, nowhere
		want := make([]float64, len(row))
		var sum float64
		for i, v := range row {
			want[i] = math.Exp2(float64(v) - 100)
			sum += want[i]
		}
		if got := l.powers(row); math.Abs(float64(got)/sum-1) > 1e-6 {
			t.Errorf("%v: the sum is %v, want %v", l, got, sum)
		}
		for i, v := range row {
			if math.Abs(float64(v)-want[i]) > 2e-7*want[i]+1e-37 {
				t.Errorf("%v: figure %d is %v, want %v", l, i, v, want[i])
			}
		}
	}
}

func BenchmarkAttention(b *testing.B) {
	for _, l := range Levels() {
		for _, n := range []int{18, 256} {
			b.Run(fmt.Sprint(l, "/", n), func(b *testing.B) {
				qkv := normal(rand.New(rand.NewPCG(1, 2)), n*3*384)
				out := make([]float32, n*384)
				a := l.NewAttention(12, 32, 512)
				for b.Loop() {
					for h := range 12 {
						a.Head(out, qkv, h)
					}
				}
				b.ReportMetric(float64(4*n*n*384)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
