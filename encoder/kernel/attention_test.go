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
	a := l.NewAttention(heads, dim, true)
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

// TestWords: attention with codes of 16 bits is near the exact one, and the kernels give what their twins do.
func TestWords(t *testing.T) {
	t.Parallel()
	for _, dim := range []int{16, 32, 48, 64, 128} {
		t.Run(fmt.Sprint(dim), func(t *testing.T) {
			t.Parallel()
			twin, fast := withWords(Generic, dim), withWords(Best(), dim)
			for _, n := range []int{100, 1, 2, 7, 8, 12, 13, 31, 32, 33, 512, 100} { // long ones leave codes behind
				r := rand.New(rand.NewPCG(uint64(dim), uint64(n)))
				qkv := normal(r, n*6*dim)
				want := make([]float32, n*2*dim+1)
				want[len(want)-1] = 7
				twin.Head(want[:n*2*dim], qkv, 0)
				twin.Head(want[:n*2*dim], qkv, 1)
				checkWords(t, want, qkv, dim)
				if Best() < VNNI {
					continue
				}
				got := make([]float32, n*2*dim+1)
				got[len(got)-1] = 7
				fast.Head(got[:n*2*dim], qkv, 0)
				fast.Head(got[:n*2*dim], qkv, 1)
				for i := range want {
					if d := math.Abs(float64(got[i] - want[i])); !(d < 1e-3) {
						t.Fatalf("%d tokens, figure %d is %v, the twin's %v", n, i, got[i], want[i])
					}
				}
			}
		})
	}
}

func withWords(l Level, dim int) *Attention {
	a := l.NewAttention(2, dim, false)
	a.coded = true
	return a
}

func checkWords(t *testing.T, got, qkv []float32, dim int) {
	t.Helper()
	n := len(got) / (2 * dim)
	var off float64
	for i := range n {
		for h := range 2 {
			for d, want := range attendExactly(qkv, [3]int{2, dim, h}, i) {
				off += math.Abs(float64(got[(i*2+h)*dim+d]) - want)
			}
		}
	}
	if off /= float64(n * 2 * dim); !(off < 4e-3) {
		t.Errorf("%d tokens: figures are off by %v on average", n, off)
	}
	if got[len(got)-1] != 7 {
		t.Error("wrote behind the text")
	}
}

// TestWordsStayExact: the largest figures of the longest text do not overflow the sums.
func TestWordsStayExact(t *testing.T) {
	t.Parallel()
	for _, l := range Levels() {
		const n, dim = mostWordTokens, mostWordFigures
		qkv := make([]float32, n*3*dim)
		for i := range qkv {
			qkv[i] = 3
		}
		a := l.NewAttention(1, dim, false)
		a.coded = a.coded || l == Generic
		out := make([]float32, n*dim)
		a.Head(out, qkv, 0)
		for i, v := range out {
			if math.Abs(float64(v)-3) > 1e-4 {
				t.Fatalf("%v: figure %d is %v, want 3", l, i, v)
			}
		}
	}
}

func BenchmarkAttention(b *testing.B) {
	for _, l := range Levels() {
		for _, exact := range []bool{true, false} {
			for _, n := range []int{18, 256} {
				b.Run(fmt.Sprint(l, "/exact=", exact, "/", n), func(b *testing.B) {
					qkv := normal(rand.New(rand.NewPCG(1, 2)), n*3*384)
					out := make([]float32, n*384)
					a := l.NewAttention(12, 32, exact)
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
}
