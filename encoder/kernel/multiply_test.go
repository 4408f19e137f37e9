package kernel

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// shapes are rows, k and n: whole tiles, single rows, tails of both kinds, more rows than a cache holds.
var shapes = [][3]int{{1, 32, 1}, {3, 64, 31}, {4, 32, 32}, {5, 96, 33}, {11, 160, 64}, {12, 384, 96}, {13, 64, 65},
	{16, 384, 384}, {29, 1536, 40}, {175, 1536, 32}, {500, 384, 33}}

// q4 returns a random Q4_0 tensor and its values; extreme makes all the codes the same one.
func q4(r *rand.Rand, n, k int, extreme int) (blocks []byte, values []float32) {
	for range n * k / group {
		block := make([]byte, bytesQ4)
		binary.LittleEndian.PutUint16(block, uint16(r.IntN(2))<<15|uint16(5+r.IntN(12))<<10|uint16(r.IntN(1024)))
		for i := range block[2:] {
			block[2+i] = byte(r.IntN(256))
			if extreme >= 0 {
				block[2+i] = byte(extreme * 17)
			}
		}
		scale := half(binary.LittleEndian.Uint16(block))
		for i := range group {
			code := block[2+i%16] >> (i / 16 * 4) & 15
			values = append(values, scale*float32(int(code)-8))
		}
		blocks = append(blocks, block...)
	}
	return blocks, values
}

// q8 returns a random Q8_0 tensor and its values.
func q8(r *rand.Rand, n, k int) (blocks []byte, values []float32) {
	for range n * k / group {
		block := make([]byte, bytesQ8)
		binary.LittleEndian.PutUint16(block, uint16(5+r.IntN(12))<<10|uint16(r.IntN(1024)))
		for i := range block[2:] {
			block[2+i] = byte(r.IntN(256))
		}
		for _, code := range block[2:] {
			values = append(values, half(binary.LittleEndian.Uint16(block))*float32(int8(code)))
		}
		blocks = append(blocks, block...)
	}
	return blocks, values
}

func floats(r *rand.Rand, n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(r.NormFloat64())
		if r.IntN(100) == 0 {
			values[i] *= 50
		}
	}
	return values
}

// values are the activations that codes stand for.
func (c *Codes) values() []float32 {
	var values []float32
	for _, b := range c.data {
		for _, code := range b.code {
			values = append(values, b.scale*float32(code))
		}
	}
	return values
}

// product is the definition of Multiply, in float64, and how far from it rounding may lead.
func product(a, w []float32, s [3]int, f Finish) (out, tolerance []float64) {
	rows, k, n := s[0], s[1], s[2]
	for i := range rows {
		for j := range n {
			sum, size := 0.0, 0.0
			for x := range k {
				p := float64(a[i*k+x]) * float64(w[j*k+x])
				sum, size = sum+p, size+math.Abs(p)
			}
			if f.Bias != nil {
				sum += float64(f.Bias[j])
			}
			if f.GELU {
				sum = sum * 0.5 * (1 + math.Erf(sum/math.Sqrt2))
			}
			if f.Residual != nil {
				sum += float64(f.Residual[i*n+j])
			}
			out, tolerance = append(out, sum), append(tolerance, 1e-5+size*3e-6)
		}
	}
	return out, tolerance
}

func compare(t *testing.T, got []float32, want, tolerance []float64, at string) {
	t.Helper()
	for i := range want {
		if d := math.Abs(float64(got[i]) - want[i]); !(d <= tolerance[i]) {
			t.Fatalf("%s: figure %d is %v, want %v (off by %g, %g allowed)", at, i, got[i], want[i], d, tolerance[i])
		}
	}
}

func eachLevel(t *testing.T, test func(t *testing.T, l Level, r *rand.Rand)) {
	for _, l := range Levels() {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			test(t, l, rand.New(rand.NewPCG(1, uint64(l))))
		})
	}
}

func finishes(r *rand.Rand, rows, n int) []Finish {
	return []Finish{{}, {Bias: floats(r, n)}, {Bias: floats(r, n), GELU: true},
		{Residual: floats(r, rows*n)}, {Bias: floats(r, n), GELU: true, Residual: floats(r, rows*n)}}
}

func TestMultiply(t *testing.T) {
	t.Parallel()
	eachLevel(t, func(t *testing.T, l Level, r *rand.Rand) {
		for i, s := range shapes {
			rows, k, n := s[0], s[1], s[2]
			tensor, values := q4(r, n, k, []int{-1, 0, 15}[i%3])
			pack := PackQ4
			if i%4 == 3 && l != AVX2 && l != AVX512 {
				tensor, values = q8(r, n, k)
				pack = PackQ8
			}
			cut := n / 2 * len(tensor) / n
			w := pack(l, k, tensor[:cut], tensor[cut:])
			var a Codes
			a.Reset(rows, k)
			l.Quantise(&a, floats(r, rows*k), 0, rows)
			for j, f := range finishes(r, rows, n) {
				got := make([]float32, rows*n)
				w.Multiply(got, &a, 0, rows, f)
				want, tolerance := product(a.values(), values, s, f)
				compare(t, got, want, tolerance, fmt.Sprint(s, " finish ", j))
			}
		}
	})
}

func TestMultiplyFloat(t *testing.T) {
	t.Parallel()
	eachLevel(t, func(t *testing.T, l Level, r *rand.Rand) {
		for _, s := range shapes {
			rows, k, n := s[0], s[1], s[2]
			a, values := floats(r, rows*k), floats(r, n*k)
			w := PackFloat(l, k, values[:n/2*k], values[n/2*k:])
			for j, f := range finishes(r, rows, n) {
				got := make([]float32, rows*n)
				w.MultiplyFloat(got, a, 0, rows, f)
				want, tolerance := product(a, values, s, f)
				compare(t, got, want, tolerance, fmt.Sprint(s, " finish ", j))
			}
		}
	})
}
