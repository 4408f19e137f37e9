//go:build !amd64

package kernel

func (l Level) peakCodes(n int) int { return 0 }

func (l Level) peakFloats(n int) int { return 0 }
