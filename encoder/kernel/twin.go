package kernel

import "unsafe"

// The twins of the assembly: the same figures in plain Go, for machines without it and for the tests.

// offset is how much higher than a weight the byte that stands for it is. Bytes are unsigned because the
// instructions want it; 4-bit weights get the smallest offset where sums of products have but 16 bits
// (15·127·2 products, 8 times, is 30,480).
func (l Level) offset() int32 {
	if l == AVX2 || l == AVX512 {
		return 8
	}
	return 128
}

// multiplyCodesTwin sets the sums of a tile with quantised weights.
func multiplyCodesTwin(t *tile) {
	panel := unsafe.Slice((*[group / 4][width][4]uint8)(t.panel), t.steps)
	scales := unsafe.Slice((*[width]float32)(unsafe.Pointer(t.scales)), t.steps)
	for i := range t.count {
		row := unsafe.Slice((*codes)(t.row(i)), t.steps)
		sums := t.sumsOf(i)
		*sums = [width]float32{}
		for b := range row {
			var totals [width]int32
			sumBlock(&totals, &panel[b], &row[b])
			scale := row[b].scale()
			for j, total := range totals {
				sums[j] += float32(total) * (scale * scales[b][j])
			}
		}
	}
}

// sumBlock sets totals to the sums of 32 products each.
func sumBlock(totals *[width]int32, weights *[group / 4][width][4]uint8, row *codes) {
	for j := range totals {
		totals[j] = row.correction
	}
	for i := range weights {
		c := row.code[4*i : 4*i+4 : 4*i+4]
		c0, c1, c2, c3 := int32(c[0]), int32(c[1]), int32(c[2]), int32(c[3])
		for j := range totals {
			w := &weights[i][j]
			totals[j] += c0*int32(w[0]) + c1*int32(w[1]) + c2*int32(w[2]) + c3*int32(w[3])
		}
	}
}

// multiplyFloatsTwin sets the sums of a tile with exact weights.
func multiplyFloatsTwin(t *tile) {
	panel := unsafe.Slice((*[width]float32)(t.panel), t.steps)
	for i := range t.count {
		row := unsafe.Slice((*float32)(t.row(i)), t.steps)
		var sums [width]float32
		for k, v := range row {
			for j, weight := range &panel[k] {
				sums[j] += v * weight
			}
		}
		*t.sumsOf(i) = sums
	}
}

// row is row i of the activations.
func (t *tile) row(i int) unsafe.Pointer { return unsafe.Add(t.rows[0], uintptr(i)*t.stride) }

// sumsOf are those of row i.
func (t *tile) sumsOf(i int) *[width]float32 {
	return (*[width]float32)(unsafe.Add(unsafe.Pointer(t.sums), uintptr(i)*unsafe.Sizeof(*t.sums)))
}

// finishTwin stores a tile.
func finishTwin(t *tile) {
	for i := range t.count {
		out := (*[width]float32)(unsafe.Add(unsafe.Pointer(t.out), uintptr(i)*t.pitch))
		sums := *t.sumsOf(i)
		if t.bias != nil {
			bias := (*[width]float32)(unsafe.Pointer(t.bias))
			for j := range sums {
				sums[j] += bias[j]
			}
		}
		if t.gelu {
			for j := range sums {
				sums[j] = gelu(sums[j])
			}
		}
		if t.residual != nil {
			residual := (*[width]float32)(unsafe.Add(unsafe.Pointer(t.residual), uintptr(i)*t.pitch))
			for j := range sums {
				sums[j] += residual[j]
			}
		}
		*out = sums
	}
}

// The quotient of polynomials that stands for erf between -4 and 4: erf(t) = t·p(t²)/q(t²), within 4e-7. The
// coefficients are Eigen's (MathFunctionsImpl.h, generic_fast_erf_float; MPL-2.0), highest power first.
const (
	erfLimit = 4

	erfP6 = -2.72614225801306e-10
	erfP5 = 2.77068142495902e-08
	erfP4 = -2.10102402082508e-06
	erfP3 = -5.69250639462346e-05
	erfP2 = -7.34990630326855e-04
	erfP1 = -2.95459980854025e-03
	erfP0 = -1.60960333262415e-02

	erfQ4 = -1.45660718464996e-05
	erfQ3 = -2.13374055278905e-04
	erfQ2 = -1.68282697438203e-03
	erfQ1 = -7.37332916720468e-03
	erfQ0 = -1.42647390514189e-02

	rootHalf = 0.707106781186547524400844362104849039
)

// gelu is x·Φ(x) (Hendrycks and Gimpel 2016), Φ being the normal distribution: (1 + erf(x/√2)) / 2.
func gelu(x float32) float32 {
	t := min(max(x*rootHalf, -erfLimit), erfLimit)
	s := t * t
	p := (((((erfP6*s+erfP5)*s+erfP4)*s+erfP3)*s+erfP2)*s+erfP1)*s + erfP0
	q := (((erfQ4*s+erfQ3)*s+erfQ2)*s+erfQ1)*s + erfQ0
	return 0.5 * x * (1 + t*p/q)
}
