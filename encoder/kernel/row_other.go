//go:build !amd64

package kernel

func (l Level) normalise(x, gain, bias []float32, eps float32) bool { return false }
