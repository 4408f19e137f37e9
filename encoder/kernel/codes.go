package kernel

// group is how many figures of a row share a scale: that of Q4_0 and Q8_0 (ggml's QK4_0 and QK8_0).
const group = 32

// largestCode is the code of the largest figure of a group, so that both signs have one.
const largestCode = 127

// smallestPeak stands in for the largest figure of a group where it is nearly 0: the codes are then 0, and
// nothing is divided by 0.
const smallestPeak = 1e-30

// codes are 32 figures of a row: figure = scale * code. The assembly reads the fields by their offsets.
type codes struct {
	code  [group]int8
	scale float32
	// correction is -offset times the sum of the codes: weights are kept as unsigned bytes, offset too high
	// (see Level.offset), and sums that begin with the correction end up right.
	correction int32
}

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
		inverse := largestCode / peak
		var sum int32
		for j, v := range x {
			b.code[j] = round(v * inverse)
			sum += int32(b.code[j])
		}
		b.scale = peak * (1. / largestCode)
		b.correction = -offset * sum
	}
}

// round is the nearest code, the even one of two; the assembly rounds so too.
func round(v float32) int8 {
	const big = 3 << 22 // adding 1.5 * 2^23 leaves no bits for a fraction
	if !(v > -largestCode-1 && v < largestCode+1) {
		return 0 // not a number: whatever comes of it, it is no crash
	}
	return int8(float32(v+big) - big)
}
