// Package kernel multiplies the matrices of a BERT encoder, and does what stands between the products: layer
// normalisation, attention, GELU. Each operation exists in plain Go, its twin, and in assembly for the
// instruction sets named by Level; a test compares them. Nothing here checks where figures come from: shapes
// that do not fit panic, as an index out of range does.
//
// The quantised product keeps the weights of a Q4_0 or Q8_0 tensor as they are, with their scale per 32
// figures, and codes activations in 8 bits with a scale per 32 figures, a power of two: sums of 32 products are
// exact integers that are scaled and added in float32. A scale per row would be faster by a tenth, but a few
// figures of e5's activations are 100 times the others: the lowest cosine with an exact vector, on 64 texts,
// falls from 0.9996 to 0.9983.
package kernel

import "strconv"

// Level is an instruction set that the kernels are written for.
type Level uint8

// The levels, each faster than the one before. A machine that runs one runs those before it.
const (
	Generic Level = iota // plain Go
	AVX2                 // AVX2 and FMA
	AVX512               // AVX-512 F, BW, DQ and VL
	VNNI                 // AVX-512 VNNI: products of bytes summed in one instruction
)

// String is the level's name, as benchmarks print it.
func (l Level) String() string {
	switch l {
	case Generic:
		return "generic"
	case AVX2:
		return "avx2"
	case AVX512:
		return "avx512"
	case VNNI:
		return "vnni"
	}
	return "level " + strconv.Itoa(int(l))
}

// Best is the fastest level that this machine runs.
func Best() Level { return detect() }

// Levels are those that this machine runs, Generic first.
func Levels() []Level {
	best := Best()
	levels := make([]Level, 0, best+1)
	for l := Generic; l <= best; l++ {
		levels = append(levels, l)
	}
	return levels
}
