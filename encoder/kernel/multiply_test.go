package kernel

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// shapes are rows, k and n: whole tiles, single rows, tails of both kinds, more rows than a cache holds.
var shapes = [][3]int{{1, 32, 1}, {3, 64, 31}, {4, 32, 32}, {5, 96, 33}, {11, 160, 64}, {12, 384, 96}, {13, 64, 65},
	{16, 384, 384}, {29, 1536, 40}, {175, 1536, 32}, {400, 384, 33}}

// q4 returns a random Q4_0 tensor and its values; extreme makes all the codes the same one.
func q4(r *rand.Rand, n, k int, extreme int) (blocks []byte, values []float32) {
	for range n * k / group {
		block := make([]byte, bytesQ4)
		binary.LittleEndian.PutUint16(block, uint16(r.IntN(2))<<15|uint16(5+r.IntN(12))<<10|uint16(r.IntN(1024)))
		if r.IntN(20) == 0 {
			block[0], block[1] = 0, byte(r.IntN(2))<<7
		}
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
			values = append(values, b.scale()*float32(code))
		}
	}
	return values
}

// product is the definition of Multiply before it finishes, in float64, and how far from it rounding may lead.
func product(a, w []float32, s [3]int) (out, tolerance []float64) {
	rows, k, n := s[0], s[1], s[2]
	for i := range rows {
		for j := range n {
			sum, size := 0.0, 0.0
			x := a[i*k : (i+1)*k]
			for at, v := range w[j*k : (j+1)*k] {
				p := float64(x[at]) * float64(v)
				sum, size = sum+p, size+math.Abs(p)
			}
			out, tolerance = append(out, sum), append(tolerance, 1e-5+size*3e-6)
		}
	}
	return out, tolerance
}

// finished is the definition of Finish.
func (f Finish) finished(sums []float64, n int) (out []float64) {
	for i, sum := range sums {
		if f.Bias != nil {
			sum += float64(f.Bias[i%n])
		}
		if f.GELU {
			sum = sum * 0.5 * (1 + math.Erf(sum/math.Sqrt2))
		}
		if f.Residual != nil {
			sum += float64(f.Residual[i])
		}
		out = append(out, sum)
	}
	return out
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
			sums, tolerance := product(a.values(), values, s)
			for j, f := range finishes(r, rows, n) {
				got := make([]float32, rows*n)
				w.Multiply(got, &a, 0, rows, f)
				compare(t, got, f.finished(sums, n), tolerance, fmt.Sprint(s, " finish ", j))
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
			sums, tolerance := product(a, values, s)
			for j, f := range finishes(r, rows, n) {
				got := make([]float32, rows*n)
				w.MultiplyFloat(got, a, 0, rows, f)
				compare(t, got, f.finished(sums, n), tolerance, fmt.Sprint(s, " finish ", j))
			}
		}
	})
}

// Parts of a product, made at once by many goroutines, are the whole; what lies outside them is not touched.
func TestMultiplyPart(t *testing.T) {
	t.Parallel()
	eachLevel(t, func(t *testing.T, l Level, r *rand.Rand) {
		const rows, k, n = 53, 96, 161
		tensor, values := q4(r, n, k, -1)
		w, exact := PackQ4(l, k, tensor), PackFloat(l, k, values)
		x := floats(r, rows*k)
		f := Finish{Bias: floats(r, n), GELU: true, Residual: floats(r, rows*n)}
		var a Codes
		a.Reset(rows, k)
		l.Quantise(&a, x, 0, rows)
		whole, wholeExact := make([]float32, rows*n), make([]float32, rows*n)
		w.Multiply(whole, &a, 0, rows, f)
		exact.MultiplyFloat(wholeExact, x, 0, rows, f)

		parts, partsExact := make([]float32, rows*n), make([]float32, rows*n)
		var b Codes
		b.Reset(rows, k)
		var wait sync.WaitGroup
		for _, p := range [][2]int{{0, 1}, {1, 17}, {17, 17}, {17, 50}, {50, 53}} {
			wait.Go(func() {
				l.Quantise(&b, x, p[0], p[1])
				for _, q := range [][2]int{{0, 64}, {64, 96}, {96, n}} {
					part := Part{From: p[0], To: p[1], Left: q[0], Right: q[1]}
					w.MultiplyPart(parts, &b, part, f)
					exact.MultiplyFloatPart(partsExact, x, part, f)
				}
			})
		}
		wait.Wait()
		// The kernels of 4 rows add in the order of those of 12 rows: the figures are the same.
		if !slices.Equal(parts, whole) || !slices.Equal(partsExact, wholeExact) {
			t.Error("parts differ from the whole")
		}

		const mark = 7
		for i := range parts {
			parts[i] = mark
		}
		w.MultiplyPart(parts, &a, Part{From: 3, To: 16, Left: 32, Right: 96}, f)
		for i, v := range parts {
			row, column := i/n, i%n
			if inside := row >= 3 && row < 16 && column >= 32 && column < 96; !inside && v != mark {
				t.Fatalf("figure %d of row %d was touched", column, row)
			}
		}
	})
}

// The sums of products of codes are integers: every level finds the same ones, whatever the codes.
func TestSumsAreExact(t *testing.T) {
	t.Parallel()
	eachLevel(t, func(t *testing.T, l Level, r *rand.Rand) {
		const rows, n = 16, 32
		for _, k := range []int{32, 1536} {
			for _, weight := range []int{-1, 0, 15} {
				for _, code := range []int8{-127, 127, 0} {
					w := PackQ4(l, k, sameScale(r, n*k/group, weight))
					var a Codes
					a.Reset(rows, k)
					for i := range a.data {
						fill(r, l, &a.data[i], code)
					}
					got := make([]float32, rows*n)
					w.Multiply(got, &a, 0, rows, Finish{})
					if want := sums(w, &a); !slices.Equal(got, want) {
						t.Fatalf("k %d, weights %d, codes %d: %v, want %v", k, weight, code, got, want)
					}
				}
			}
		}
	})
}

// sameScale returns blocks of Q4_0 whose scale is 1.
func sameScale(r *rand.Rand, n, weight int) (blocks []byte) {
	for range n {
		blocks = append(blocks, 0, 0x3c)
		for range group / 2 {
			code := byte(r.IntN(256))
			if weight >= 0 {
				code = byte(weight * 17)
			}
			blocks = append(blocks, code)
		}
	}
	return blocks
}

// fill sets a group to codes that are the same, or random if code is 0, with the scale 1.
func fill(r *rand.Rand, l Level, c *codes, code int8) {
	sum := int32(0)
	for i := range c.code {
		c.code[i] = code
		if code == 0 {
			c.code[i] = int8(r.IntN(255) - 127)
		}
		sum += int32(c.code[i])
	}
	c.exponent, c.correction = 0, -l.offset()*sum
}

// sums are the products of weights and codes whose scales are 1, in integers.
func sums(w *Weights, a *Codes) (out []float32) {
	for row := range a.rows {
		for j := range w.n {
			total := 0
			for i := range a.k {
				word := w.bytes[(j/width*a.k/4+i/4)*width+j%width]
				weight := int(byte(word>>(i%4*8))) - int(w.level.offset())
				total += weight * int(a.data[(row*a.k+i)/group].code[i%group])
			}
			out = append(out, float32(total))
		}
	}
	return out
}

func TestQuantise(t *testing.T) {
	t.Parallel()
	eachLevel(t, func(t *testing.T, l Level, r *rand.Rand) {
		const rows, k = 9, 96
		x := floats(r, rows*k)
		clear(x[:group])
		for i := range x[group : 2*group] {
			x[group+i] *= 1e-36
		}
		x[3*group] = 1e18
		var a, want Codes
		a.Reset(rows, k)
		l.Quantise(&a, x, 0, 4)
		l.QuantiseRows(&a, x[4*k:], 4)
		want.Reset(rows, k)
		quantiseTwin(want.data, x, l.offset())
		for i := range want.data {
			if a.data[i] != want.data[i] {
				t.Fatalf("group %d is %v, want %v", i, a.data[i], want.data[i])
			}
		}
		for i, v := range a.values() {
			if d := math.Abs(float64(v - x[i])); d > 0.501*float64(a.data[i/group].scale()) {
				t.Fatalf("figure %d is %v, want %v", i, v, x[i])
			}
		}
	})
}

// Figures that are no numbers stay in their row.
func TestNotNumbers(t *testing.T) {
	t.Parallel()
	eachLevel(t, func(t *testing.T, l Level, r *rand.Rand) {
		const rows, k, n = 14, 64, 40
		x := floats(r, rows*k)
		tensor, values := q4(r, n, k, -1)
		var a Codes
		a.Reset(rows, k)
		bad := slices.Clone(x)
		bad[3*k+5], bad[3*k+40], bad[4*k] = float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))
		l.Quantise(&a, bad, 0, rows)
		got, exact := make([]float32, rows*n), make([]float32, rows*n)
		f := Finish{GELU: true}
		PackQ4(l, k, tensor).Multiply(got, &a, 0, rows, f)
		PackFloat(l, k, values).MultiplyFloat(exact, bad, 0, rows, f)
		sums, tolerance := product(x, values, [3]int{rows, k, n})
		compare(t, exact[5*n:], f.finished(sums, n)[5*n:], tolerance[5*n:], "floats")
		for i, v := range got[5*n:] {
			if v != v {
				t.Fatalf("figure %d is no number", i)
			}
		}
	})
}

// GELU is within 5e-7 of the exact function between -1 and 1, and within 5e-7 of its argument elsewhere.
func TestGELU(t *testing.T) {
	t.Parallel()
	eachLevel(t, func(t *testing.T, l Level, r *rand.Rand) {
		const n = 20_000
		w := PackFloat(l, 32, make([]float32, 32*n))
		bias, got := make([]float32, n), make([]float32, n)
		for i := range bias {
			bias[i] = float32(i-n/2) * (12. / n * 2)
		}
		w.MultiplyFloat(got, make([]float32, 32), 0, 1, Finish{Bias: bias, GELU: true})
		for i, x := range bias {
			want := float64(x) * 0.5 * math.Erfc(-float64(x)/math.Sqrt2)
			if d := math.Abs(float64(got[i]) - want); !(d <= 5e-7*max(1, math.Abs(float64(x)))) {
				t.Fatalf("gelu(%v) is %v, want %v (off by %g)", x, got[i], want, d)
			}
		}
	})
}

// Nothing is allocated once there is room.
func TestNoAllocations(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const rows, k, n = 29, 64, 70
	x, out := floats(r, rows*k), make([]float32, rows*n)
	for _, l := range Levels() {
		tensor, values := q4(r, n, k, -1)
		w, exact := PackQ4(l, k, tensor), PackFloat(l, k, values)
		f := finishes(r, rows, n)[4]
		var a Codes
		a.Reset(rows, k)
		if got := testing.AllocsPerRun(10, func() {
			a.Reset(rows, k)
			l.Quantise(&a, x, 0, rows)
			w.Multiply(out, &a, 0, rows, f)
			exact.MultiplyFloat(out, x, 0, rows, f)
		}); got != 0 {
			t.Errorf("%s: %v allocations", l, got)
		}
	}
}

// Weights of 8 bits are multiplied at every level, exactly where they cannot be quantised.
func TestPackQ8(t *testing.T) {
	t.Parallel()
	eachLevel(t, func(t *testing.T, l Level, r *rand.Rand) {
		s := [3]int{5, 64, 33}
		tensor, values := q8(r, s[2], s[1])
		w := PackQ8(l, s[1], tensor)
		x, got := floats(r, s[0]*s[1]), make([]float32, s[0]*s[2])
		if w.Quantised() {
			var a Codes
			a.Reset(s[0], s[1])
			l.Quantise(&a, x, 0, s[0])
			w.Multiply(got, &a, 0, s[0], Finish{})
			x = a.values()
		} else {
			w.MultiplyFloat(got, x, 0, s[0], Finish{})
		}
		want, tolerance := product(x, values, s)
		compare(t, got, want, tolerance, l.String())
	})
}

func TestHalf(t *testing.T) {
	t.Parallel()
	for bits, want := range map[uint16]float64{0: 0, 1: math.Ldexp(1, -24), 0x3c00: 1, 0xc000: -2, 0x7bff: 65504,
		0x0400: math.Ldexp(1, -14), 0x83ff: -math.Ldexp(1023, -24), 0x7c00: math.Inf(1), 0xfc00: math.Inf(-1)} {
		if got := float64(half(bits)); got != want {
			t.Errorf("%#x is %v, want %v", bits, got, want)
		}
	}
	if v := half(0x7e00); v == v {
		t.Error("0x7e00 is a number")
	}
}

// Shapes that do not fit are refused before a kernel reads beyond its figures.
func TestShapesThatDoNotFit(t *testing.T) {
	t.Parallel()
	exact := PackFloat(Best(), 32, make([]float32, 32*33))
	quantised := PackQ4(Best(), 32, make([]byte, bytesQ4*33))
	x, out := make([]float32, 64), make([]float32, 66)
	var a, wide Codes
	a.Reset(2, 32)
	wide.Reset(2, 64)
	for name, use := range map[string]func(){
		"too few activations": func() { exact.MultiplyFloat(out, x, 0, 3, Finish{}) },
		"too few codes":       func() { quantised.Multiply(make([]float32, 99), &a, 0, 3, Finish{}) },
		"wrong k":             func() { quantised.Multiply(out, &wide, 0, 2, Finish{}) },
		"short output":        func() { exact.MultiplyFloat(out[:65], x, 0, 2, Finish{}) },
		"short bias":          func() { exact.MultiplyFloat(out, x, 0, 2, Finish{Bias: make([]float32, 32)}) },
		"short residual":      func() { exact.MultiplyFloat(out, x, 0, 2, Finish{Residual: out[:65]}) },
		"negative row":        func() { exact.MultiplyFloat(out, x, -1, 2, Finish{}) },
		"crooked part":        func() { exact.MultiplyFloatPart(out, x, Part{To: 2, Left: 1, Right: 33}, Finish{}) },
		"part beyond":         func() { exact.MultiplyFloatPart(out, x, Part{To: 2, Right: 64}, Finish{}) },
		"floats as codes":     func() { exact.Multiply(out, &a, 0, 2, Finish{}) },
		"codes as floats":     func() { quantised.MultiplyFloat(out, x, 0, 2, Finish{}) },
		"crooked row":         func() { a.Reset(1, 33) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error(name + " is accepted")
				}
			}()
			use()
		}()
	}
}
