package vector

import (
	"math"
	"math/bits"
)

// A code says of each dimension whether the vector is above the mean there. Without the mean, which all
// embeddings of a model share, most bits would be the same in all codes.
const (
	words     = 6          // of a block
	blockBits = 64 * words // 384, the dimensions of the model inside the binary
)

// block is a part of a code. Codes are whole blocks, so that the scan is over arrays of known length,
// which is twice as fast as one over slices; bits past the last dimension are zero in all codes.
type block [words]uint64

func lanes(dimensions int) int { return (dimensions + blockBits - 1) / blockBits }

// appendCode appends the code of a vector to dst.
func appendCode(dst []block, vector, mean []float32) []block {
	for at := 0; at < len(vector); at += blockBits {
		var b block
		end := min(at+blockBits, len(vector))
		for i, v := range vector[at:end] {
			// The sign bit of mean - v, without a branch that would be mispredicted half of the time.
			b[i/64] |= uint64(math.Float32bits(mean[at+i]-v)>>31) << (i % 64)
		}
		dst = append(dst, b)
	}
	return dst
}

// distance is the number of bits in which two blocks differ.
func (b *block) distance(o *block) int {
	return bits.OnesCount64(b[0]^o[0]) + bits.OnesCount64(b[1]^o[1]) + bits.OnesCount64(b[2]^o[2]) +
		bits.OnesCount64(b[3]^o[3]) + bits.OnesCount64(b[4]^o[4]) + bits.OnesCount64(b[5]^o[5])
}

// dot is the cosine of two vectors of length 1. Four sums keep the processor from waiting for each addition.
func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	b = b[:len(a)]
	i := 0
	for ; i+3 < len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + s2 + s3
}
