package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// median gives the middle of v, the mean of both where there are two, and NaN of nothing.
func median(v []float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(v))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// ratios divides a by b one by one: measurements of one round share the mood of the machine.
func ratios(a, b []float64) []float64 {
	out := make([]float64, min(len(a), len(b)))
	for i := range out {
		out[i] = a[i] / b[i]
	}
	return out
}

// cosine is that of two vectors of any length but zero.
func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(aa*bb)
}

// table writes rows as Markdown, the first being the heads.
func table(w io.Writer, rows [][]string) error {
	for i, r := range rows {
		line := "| " + strings.Join(r, " | ") + " |\n"
		if i == 0 {
			line += strings.Repeat("|---", len(r)) + "|\n"
		}
		if _, err := fmt.Fprint(w, line); err != nil {
			return err
		}
	}
	return nil
}
