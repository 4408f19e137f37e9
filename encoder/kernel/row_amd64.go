package kernel

// normRows is what the kernels of layer normalisation read.
type normRows struct {
	x, gain, bias *float32
	rows, n       int
	eps           float32
}

// normRowsAVX2 takes n in multiples of 8.
//
//go:noescape
func normRowsAVX2(r *normRows)

// normRowsAVX512 takes n in multiples of 16.
//
//go:noescape
func normRowsAVX512(r *normRows)

// normalise is false where no kernel of the level takes rows of this length.
func (l Level) normalise(x, gain, bias []float32, eps float32) bool {
	n := len(gain)
	r := normRows{x: &x[0], gain: &gain[0], bias: &bias[0], rows: len(x) / n, n: n, eps: eps}
	switch {
	case l >= AVX512 && n%16 == 0:
		normRowsAVX512(&r)
	case l >= AVX2 && n%8 == 0:
		normRowsAVX2(&r)
	default:
		return false
	}
	return true
}
