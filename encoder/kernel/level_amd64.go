package kernel

import "golang.org/x/sys/cpu"

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

func (l Level) quantise(blocks []codes, a []float32) { quantiseTwin(blocks, a, l.offset()) }

func (l Level) multiplyCodes(t *tile) { multiplyCodesTwin(t) }

func (l Level) multiplyFloats(t *tile) { multiplyFloatsTwin(t) }

func (l Level) finish(t *tile) { finishTwin(t) }
