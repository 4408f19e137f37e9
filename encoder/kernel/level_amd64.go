package kernel

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

func detect() Level {
	x := &cpu.X86
	switch {
	case !x.HasAVX2 || !x.HasFMA:
		return Generic
	case !x.HasAVX512F || !x.HasAVX512BW || !x.HasAVX512DQ || !x.HasAVX512VL:
		return AVX2
	case !x.HasAVX512VNNI:
		return AVX512
	}
	return VNNI
}

// erfTable is where the assembly finds the figures of gelu.
//
//lint:ignore U1000 only finish_amd64.s reads it
var erfTable = [16]float32{erfP6, erfP5, erfP4, erfP3, erfP2, erfP1, erfP0, erfQ4, erfQ3, erfQ2, erfQ1, erfQ0,
	rootHalf, erfLimit, -erfLimit, 0.5}

// quantisation is what quantiseAVX2 reads.
type quantisation struct {
	figures           *float32
	blocks            *codes
	count             int
	smallest, largest float32 // peaks
	inverse           float32 // 1 / the largest code
	one               float32
	negated           int16 // -offset
}

//go:noescape
func quantiseAVX2(q *quantisation)

// The kernels of 12 rows take a full tile; those of 4 rows make the first rows of one.

//go:noescape
func multiplyCodes12VNNI(t *tile)

//go:noescape
func multiplyCodes4VNNI(t *tile)

//go:noescape
func multiplyFloats12AVX512(t *tile)

//go:noescape
func multiplyFloats4AVX512(t *tile)

//go:noescape
func multiplyCodes4AVX2(t *tile)

//go:noescape
func multiplyFloats4AVX2(t *tile)

//go:noescape
func finishAVX512(t *tile)

//go:noescape
func finishAVX2(t *tile)

func (l Level) quantise(blocks []codes, a []float32) {
	if l == Generic {
		quantiseTwin(blocks, a, l.offset())
		return
	}
	_ = a[len(blocks)*group-1]
	quantiseAVX2(&quantisation{figures: &a[0], blocks: &blocks[0], count: len(blocks),
		smallest: smallestPeak, largest: largestPeak, inverse: 1. / largestCode, one: 1, negated: int16(-l.offset())})
}

func (l Level) multiplyCodes(t *tile) {
	switch {
	case l == Generic:
		multiplyCodesTwin(t)
	case l < VNNI:
		part := *t
		multiplyCodes4AVX2(&part)
		for part.count > few {
			part = part.nextFew()
			multiplyCodes4AVX2(&part)
		}
	case t.count == height:
		multiplyCodes12VNNI(t)
	default:
		multiplyCodes4VNNI(t)
	}
}

func (l Level) multiplyFloats(t *tile) {
	switch {
	case l == Generic:
		multiplyFloatsTwin(t)
	case l == AVX2:
		part := *t
		multiplyFloats4AVX2(&part)
		for part.count > few {
			part = part.nextFew()
			multiplyFloats4AVX2(&part)
		}
	case t.count == height:
		multiplyFloats12AVX512(t)
	default:
		multiplyFloats4AVX512(t)
	}
}

// nextFew are the rows of t, which has more than four, after its first four.
func (t tile) nextFew() tile {
	t.count -= few
	t.sums = t.sumsOf(few)
	for i := range t.rows {
		t.rows[i] = unsafe.Add(t.rows[i], few*t.stride)
	}
	return t
}

func (l Level) finish(t *tile) {
	switch {
	case l == Generic:
		finishTwin(t)
	case l == AVX2:
		finishAVX2(t)
	default:
		finishAVX512(t)
	}
}
