package kernel

import (
	"encoding/binary"
	"math"
)

// width is how many outputs a panel of weights holds: two vectors of AVX-512, four of AVX2.
const width = 32

// The bytes of a block of 32 weights in GGUF: a half-precision scale, then codes of 4 or 8 bits.
const (
	bytesQ4 = 2 + group/2
	bytesQ8 = 2 + group
)

// Weights are a matrix [n][k] packed for the kernels of one level: in panels of 32 outputs, the last one filled
// up with zeros. They are read-only once packed.
type Weights struct {
	level  Level
	n, k   int
	bytes  []uint32  // quantised: [panel][k/4][output of 32], 4 weights along k in each, one a byte
	scales []float32 // quantised: [panel][k/32][output of 32]
	floats []float32 // exact: [panel][k][output of 32]
}

// Shape is the number of outputs and that of inputs.
func (w *Weights) Shape() (n, k int) { return w.n, w.k }

// Quantised says which product is theirs: Multiply, or else MultiplyFloat.
func (w *Weights) Quantised() bool { return w.floats == nil }

// Bytes is the memory that they take.
func (w *Weights) Bytes() int { return 4 * (len(w.bytes) + len(w.scales) + len(w.floats)) }

// panels is how many panels n outputs take.
func panels(n int) int { return (n + width - 1) / width }

// PackQ4 packs Q4_0 tensors with rows of k figures, as they lie in a GGUF file, one after another along n: the
// query, key and value matrices of a layer become one matrix.
func PackQ4(l Level, k int, tensors ...[]byte) *Weights {
	w := newWeights(l, k, bytesQ4, tensors)
	more := uint32(l.offset()-8) * 0x01010101
	w.eachBlock(bytesQ4, tensors, func(dst []uint32, block []byte) {
		_ = dst[7*width]
		for i := range 4 {
			pair := binary.LittleEndian.Uint32(block[2+4*i:])
			dst[i*width] = pair&0x0f0f0f0f + more
			dst[(i+4)*width] = pair>>4&0x0f0f0f0f + more
		}
	})
	return w
}

// PackQ8 is PackQ4 for Q8_0 tensors. At the levels AVX2 and AVX512, whose sums have room for 4-bit weights
// only, the result is not quantised.
func PackQ8(l Level, k int, tensors ...[]byte) *Weights {
	if l == AVX2 || l == AVX512 {
		return packQ8AsFloats(l, k, tensors)
	}
	w := newWeights(l, k, bytesQ8, tensors)
	w.eachBlock(bytesQ8, tensors, func(dst []uint32, block []byte) {
		_ = dst[7*width]
		for i := range 8 {
			dst[i*width] = binary.LittleEndian.Uint32(block[2+4*i:]) ^ 0x80808080
		}
	})
	return w
}

func packQ8AsFloats(l Level, k int, tensors [][]byte) *Weights {
	var rows [][]float32
	for _, t := range tensors {
		values := make([]float32, 0, len(t)/bytesQ8*group)
		for ; len(t) >= bytesQ8; t = t[bytesQ8:] {
			scale := half(binary.LittleEndian.Uint16(t))
			for _, code := range t[2:bytesQ8] {
				values = append(values, scale*float32(int8(code)))
			}
		}
		rows = append(rows, values)
	}
	return PackFloat(l, k, rows...)
}

// PackFloat packs matrices with rows of k figures, one after another along n, as they are.
func PackFloat(l Level, k int, matrices ...[]float32) *Weights {
	n := 0
	for _, m := range matrices {
		n += len(m) / k
	}
	w := &Weights{level: l, n: n, k: k, floats: make([]float32, panels(n)*k*width)}
	row := 0
	for _, m := range matrices {
		for ; len(m) >= k; m = m[k:] {
			dst := w.floats[row/width*k*width+row%width:]
			for i, v := range m[:k] {
				dst[i*width] = v
			}
			row++
		}
	}
	return w
}

func newWeights(l Level, k, blockBytes int, tensors [][]byte) *Weights {
	if k%group != 0 {
		panic("kernel: the length of a row is not a multiple of 32")
	}
	n := 0
	for _, t := range tensors {
		n += len(t) / (k / group * blockBytes)
	}
	blocks := panels(n) * (k / group)
	return &Weights{level: l, n: n, k: k,
		bytes: make([]uint32, blocks*group/4*width), scales: make([]float32, blocks*width)}
}

// eachBlock sets the scale of every block, and has unpack set its words, which lie width apart.
func (w *Weights) eachBlock(size int, tensors [][]byte, unpack func(dst []uint32, block []byte)) {
	row, perRow := 0, w.k/group
	for _, t := range tensors {
		for ; len(t) >= perRow*size; row++ {
			at := row/width*perRow*width + row%width // of the scale of the row's first block
			words := w.bytes[(at-row%width)*group/4+row%width:]
			for b := range perRow {
				scale, dst := half(binary.LittleEndian.Uint16(t)), words[b*group/4*width:]
				unpack(dst, t[:size:size])
				if scale == 0 { // has no exponent to add to: the weights are made 0 instead
					scale = 1
					for i := range group / 4 {
						dst[i*width] = uint32(w.level.offset()) * 0x01010101
					}
				}
				w.scales[at+b*width] = scale
				t = t[size:]
			}
		}
	}
}

// half is the value of an IEEE 754 half-precision number.
func half(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10&31), uint32(h&1023)
	switch exponent {
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	case 0:
		v := float32(fraction) / (1 << 24)
		return math.Float32frombits(math.Float32bits(v) | sign)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}
