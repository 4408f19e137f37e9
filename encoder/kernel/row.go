package kernel

import "math"

// Normalise applies layer normalisation (Ba, Kiros and Hinton 2016) to every row of x, in place: a row has
// len(gain) figures, its mean becomes 0 and its variance 1 (eps is added to the variance), then it is
// multiplied by gain and bias is added. len(x) is a multiple of len(gain), and bias is as long as gain.
func (l Level) Normalise(x, gain, bias []float32, eps float32) {
	n := len(gain)
	if n == 0 || len(x) == 0 {
		return
	}
	_ = bias[n-1]
	if !l.normalise(x, gain, bias, eps) {
		normaliseTwin(x, gain, bias, eps)
	}
}

// normaliseTwin is Normalise in plain Go.
func normaliseTwin(x, gain, bias []float32, eps float32) {
	n := len(gain)
	for ; len(x) >= n; x = x[n:] {
		var sum float32
		for _, v := range x[:n] {
			sum += v
		}
		mean := sum / float32(n)
		var square float32
		for _, v := range x[:n] {
			square += (v - mean) * (v - mean)
		}
		scale := 1 / float32(math.Sqrt(float64(square/float32(n)+eps)))
		for i, v := range x[:n] {
			x[i] = (v-mean)*scale*gain[i] + bias[i]
		}
	}
}
