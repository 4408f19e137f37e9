package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// fastest is the shortest of many runs: the machine may have other work.
func fastest(b *testing.B, run func()) (seconds float64) {
	best := time.Hour
	for b.Loop() {
		start := time.Now()
		run()
		best = min(best, time.Since(start))
	}
	return best.Seconds()
}

// layer are the products of one layer of e5-small: k, n.
var layer = [][2]int{{384, 1152}, {384, 384}, {384, 1536}, {1536, 384}}

// BenchmarkMultiply prints how fast products are, and what part of what the instructions allow that is.
func BenchmarkMultiply(b *testing.B) {
	for _, l := range Levels() {
		for _, rows := range []int{16, 256} {
			for _, shape := range layer {
				name := fmt.Sprintf("%s/%dx%dx%d", l, rows, shape[0], shape[1])
				b.Run("codes/"+name, func(b *testing.B) { benchmarkCodes(b, l, rows, shape[0], shape[1]) })
				b.Run("floats/"+name, func(b *testing.B) { benchmarkFloats(b, l, rows, shape[0], shape[1]) })
			}
		}
	}
}

func benchmarkCodes(b *testing.B, l Level, rows, k, n int) {
	r := rand.New(rand.NewPCG(1, 2))
	tensor, _ := q4(r, n, k, -1)
	w := PackQ4(l, k, tensor)
	var a Codes
	a.Reset(rows, k)
	l.Quantise(&a, floats(r, rows*k), 0, rows)
	out := make([]float32, rows*n)
	report(b, rows*k*n*2, l.peakCodes, func() { w.Multiply(out, &a, 0, rows, Finish{}) })
}

func benchmarkFloats(b *testing.B, l Level, rows, k, n int) {
	r := rand.New(rand.NewPCG(1, 2))
	w := PackFloat(l, k, floats(r, n*k))
	a, out := floats(r, rows*k), make([]float32, rows*n)
	report(b, rows*k*n*2, l.peakFloats, func() { w.MultiplyFloat(out, a, 0, rows, Finish{}) })
}

// report compares a product of so many operations with the peak, taking turns.
func report(b *testing.B, operations int, peak func(n int) int, multiply func()) {
	b.ReportAllocs()
	const loops = 10_000
	peakTime, most := time.Hour, 0
	seconds := fastest(b, func() { multiply() })
	for range 100 {
		start := time.Now()
		most = peak(loops)
		peakTime = min(peakTime, time.Since(start))
	}
	b.ReportMetric(float64(operations)/seconds/1e9, "GOP/s")
	if most > 0 {
		best := float64(most) / peakTime.Seconds()
		b.ReportMetric(best/1e9, "peak-GOP/s")
		b.ReportMetric(100*float64(operations)/seconds/best, "%peak")
	}
}

// BenchmarkModel does the products of all the layers of e5-small, whose weights come from memory rather than from
// a near cache.
func BenchmarkModel(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, l := range Levels()[1:] {
		var model []*Weights
		for range 12 {
			for _, shape := range layer {
				tensor, _ := q4(r, shape[1], shape[0], -1)
				model = append(model, PackQ4(l, shape[0], tensor))
			}
		}
		for _, rows := range []int{4, 16, 96} {
			b.Run(fmt.Sprintf("%s/%d", l, rows), func(b *testing.B) {
				var narrow, wide Codes
				narrow.Reset(rows, 384)
				l.Quantise(&narrow, floats(r, rows*384), 0, rows)
				wide.Reset(rows, 1536)
				l.Quantise(&wide, floats(r, rows*1536), 0, rows)
				out, operations := make([]float32, rows*1536), 0
				for _, w := range model {
					operations += rows * w.n * w.k * 2
				}
				report(b, operations, l.peakCodes, func() {
					for _, w := range model {
						a := &narrow
						if w.k == 1536 {
							a = &wide
						}
						w.Multiply(out, a, 0, rows, Finish{})
					}
				})
			})
		}
	}
}

// BenchmarkFinish prints the time per figure of each way to store a product.
func BenchmarkFinish(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, l := range Levels() {
		for i, f := range finishes(r, 256, 384) {
			b.Run(fmt.Sprintf("%s/%s", l, []string{"nothing", "bias", "gelu", "residual", "all"}[i]), func(b *testing.B) {
				w := PackFloat(l, 32, floats(r, 384*32))
				a, out := floats(r, 256*32), make([]float32, 256*384)
				seconds := fastest(b, func() { w.MultiplyFloat(out, a, 0, 256, f) })
				b.ReportMetric(seconds*1e9/float64(len(out)), "ns/figure")
			})
		}
	}
}

func BenchmarkQuantise(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	x := floats(r, 256*384)
	for _, l := range Levels() {
		b.Run(l.String(), func(b *testing.B) {
			var a Codes
			a.Reset(256, 384)
			seconds := fastest(b, func() { l.Quantise(&a, x, 0, 256) })
			b.ReportMetric(seconds*1e9/float64(len(x)), "ns/figure")
		})
	}
}

// BenchmarkPackQ4 packs one layer; a model has twelve.
func BenchmarkPackQ4(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	tensor, _ := q4(r, 1536, 384, -1)
	for _, l := range Levels() {
		b.Run(l.String(), func(b *testing.B) {
			seconds := fastest(b, func() { PackQ4(l, 384, tensor) })
			b.ReportMetric(seconds*1e9/(1536*384), "ns/weight")
		})
	}
}
