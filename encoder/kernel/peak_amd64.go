package kernel

func peakVNNI(n int)

func peakFloatsAVX512(n int)

func peakFloatsAVX2(n int)

func peakCodesAVX2(n int)

// peakCodes does 12·n vector products of bytes and says how many operations (an addition or a multiplication)
// that was; 0 where the level has no instruction for them.
func (l Level) peakCodes(n int) int {
	switch {
	case l == VNNI:
		peakVNNI(n)
		return n * 12 * 64 * 2
	case l >= AVX2:
		peakCodesAVX2(n)
		return n * 12 * 32 * 2
	}
	return 0
}

// peakFloats is peakCodes for figures of 32 bits.
func (l Level) peakFloats(n int) int {
	switch {
	case l >= AVX512:
		peakFloatsAVX512(n)
		return n * 12 * 16 * 2
	case l == AVX2:
		peakFloatsAVX2(n)
		return n * 12 * 8 * 2
	}
	return 0
}
