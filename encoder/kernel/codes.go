package kernel

import "math"

// group is how many figures of a row share a scale: that of Q4_0 and Q8_0 (ggml's QK4_0 and QK8_0).
const group = 32

// largestCode is the code of the largest figure of a group, so that both signs have one.
const largestCode = 127

// The largest figure of a group counts as one between these: powers of two up to 2^±67 can then be multiplied
// by a weight's scale, between 2^-24 and 2^16, in its exponent. Larger figures are cut.
const (
	smallestPeak = largestCode * (1. / (1 << 60))
	largestPeak  = largestCode * (1 << 60)
)

// The bits of a float32: those of its fraction, and the exponent of 1.
const (
	fractionBits = 23
	exponentOf1  = 127 << fractionBits
)

// codes are 32 figures of a row: figure = scale * code. The assembly reads the fields by their offsets.
type codes struct {
	code [group]int8
	// exponent is what to add to the bits of a float32 to multiply it by the scale, a power of two.
	exponent int32
	// correction is -offset times the sum of the codes: weights are kept as unsigned bytes, offset too high
	// (see Level.offset), and sums that begin with the correction end up right.
	correction int32
}

func (c *codes) scale() float32 { return math.Float32frombits(uint32(exponentOf1 + c.exponent)) }

// Codes are activations [rows][k] in 8 bits, with a scale per 32 figures. The zero Codes is ready for Reset.
// Codes made at one level are multiplied by weights packed for the same level.
type Codes struct {
	rows, k int
	data    []codes // [rows][k/32]
}

// Reset gives the codes a shape; what they held is lost. It allocates only when they never were so large. k is
// a multiple of 32.
func (c *Codes) Reset(rows, k int) {
	if k%group != 0 {
		panic("kernel: the length of a row is not a multiple of 32")
	}
	n := rows * (k / group)
	if cap(c.data) < n {
		c.data = make([]codes, n)
	}
	c.rows, c.k, c.data = rows, k, c.data[:n]
}

// Rows is how many rows there are.
func (c *Codes) Rows() int { return c.rows }

// Quantise sets the rows [from, to) of dst to those of a, which has dst's shape. Ranges that share no row may
// be set at the same time.
func (l Level) Quantise(dst *Codes, a []float32, from, to int) {
	l.QuantiseRows(dst, a[from*dst.k:to*dst.k], from)
}

// QuantiseRows sets rows of dst, the first one numbered from, to the rows that a holds: for callers that make a
// few rows at a time.
func (l Level) QuantiseRows(dst *Codes, a []float32, from int) {
	blocks := dst.data[from*(dst.k/group):]
	blocks = blocks[:len(a)/group]
	if len(blocks) > 0 {
		l.quantise(blocks, a)
	}
}

// quantiseTwin sets each block to 32 figures of a.
func quantiseTwin(blocks []codes, a []float32, offset int32) {
	for i := range blocks {
		b, x := &blocks[i], a[i*group:(i+1)*group]
		peak := float32(smallestPeak)
		for _, v := range x {
			peak = max(peak, v, -v)
		}
		scale := powerAbove(min(peak, largestPeak) * (1. / largestCode))
		b.exponent = scale - exponentOf1
		inverse := math.Float32frombits(uint32(2*exponentOf1 - scale))
		var sum int32
		for j, v := range x {
			b.code[j] = round(v * inverse)
			sum += int32(b.code[j])
		}
		b.correction = -offset * sum
	}
}

// powerAbove returns the bits of the smallest power of two that is not below v, which is above 0.
func powerAbove(v float32) int32 {
	const fraction = 1<<fractionBits - 1
	return (int32(math.Float32bits(v)) + fraction) &^ fraction
}

// round is the nearest code, the even one of two; the assembly rounds so too.
func round(v float32) int8 {
	const big = 3 << (fractionBits - 1) // added to v it leaves no bits for a fraction
	if v != v {
		return 0 // whatever comes of it, it is no crash
	}
	v = min(max(v, -largestCode-1), largestCode)
	return int8(float32(v+big) - big)
}
