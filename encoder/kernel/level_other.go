//go:build !amd64

package kernel

func detect() Level { return Generic }

func (l Level) quantise(blocks []codes, a []float32) { quantiseTwin(blocks, a, l.offset()) }

func (l Level) multiplyCodes(t *tile) { multiplyCodesTwin(t) }

func (l Level) multiplyFloats(t *tile) { multiplyFloatsTwin(t) }

func (l Level) finish(t *tile) { finishTwin(t) }
