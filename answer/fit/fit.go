// Package fit finds the weights by which quotes are ranked and answers are trusted, from questions whose answers are
// known. Nothing of it runs in the service: it writes what package answer holds as constants.
package fit

import (
	"hash/fnv"
	"math"
)

// List is what an answer to one question may be chosen from.
type List struct {
	Group    string      // questions of one group are never on both sides of a fold
	Features [][]float64 // [candidates][features]
	Hits     []float64   // of each candidate, how much of the answer it holds, 0 to 1
	Weight   float64
}

// Row is one question, answerable or not.
type Row struct {
	Group   string
	Signals []float64
	Yes     bool
	Weight  float64
}

// Folds is in how many parts groups are dealt out for cross-validation.
const Folds = 5

// Fold is the part of a group, 0 to Folds-1.
func Fold(group string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(group)) // never fails
	return int(h.Sum32() % Folds)
}

// Ranking gives the weights that maximise the mean log of the share of the softmax of the scores that falls on
// hits (the listwise loss of Cao et al., « Learning to Rank: From Pairwise Approach to Listwise Approach », 2007), with a
// penalty of l2/2 times their squares. Lists without a hit are passed over.
func Ranking(lists []List, l2 float64) []float64 {
	var use []List
	total := 0.0
	for _, l := range lists {
		if mass(l.Hits) > 0 {
			use, total = append(use, l), total+l.Weight
		}
	}
	if len(use) == 0 {
		return nil
	}
	return descend(len(use[0].Features[0]), l2, func(w, gradient []float64) {
		for _, l := range use {
			scores := make([]float64, len(l.Features))
			for i, f := range l.Features {
				scores[i] = Dot(w, f)
			}
			softmax(scores)
			held := 0.0
			for i, p := range scores {
				held += p * l.Hits[i]
			}
			for i, f := range l.Features {
				pull := scores[i] * (1 - l.Hits[i]/held) * l.Weight / total
				for k, x := range f {
					gradient[k] += pull * x
				}
			}
		}
	})
}

// Logistic gives the weights, the last of which is the constant, of a logistic regression, with a penalty of l2/2
// times the squares of all but the constant.
func Logistic(rows []Row, l2 float64) []float64 {
	if len(rows) == 0 {
		return nil
	}
	total := 0.0
	for _, r := range rows {
		total += r.Weight
	}
	n := len(rows[0].Signals)
	return descend(n+1, l2, func(w, gradient []float64) {
		for _, r := range rows {
			pull := Chance(w, r.Signals)
			if r.Yes {
				pull--
			}
			pull *= r.Weight / total
			for k, x := range r.Signals {
				gradient[k] += pull * x
			}
			gradient[n] += pull - l2*w[n]/float64(len(rows))
		}
	})
}

// Chance is the probability that the weights of Logistic give to signals.
func Chance(w, signals []float64) float64 {
	return 1 / (1 + math.Exp(-Dot(w, signals)-w[len(signals)]))
}

// Dot is the sum of products of the numbers of b with the first ones of w.
func Dot(w, b []float64) float64 {
	sum := 0.0
	for i, x := range b {
		sum += w[i] * x
	}
	return sum
}

func mass(v []float64) (sum float64) {
	for _, x := range v {
		sum += x
	}
	return sum
}

func softmax(v []float64) {
	most, sum := math.Inf(-1), 0.0
	for _, x := range v {
		most = max(most, x)
	}
	for i, x := range v {
		v[i] = math.Exp(x - most)
		sum += v[i]
	}
	for i := range v {
		v[i] /= sum
	}
}

// The steps of Adam (Kingma and Ba, 2015) with the paper's decay rates: both losses are convex, so that any start
// leads to the same weights.
const (
	steps = 600
	pace  = 0.05
)

func descend(n int, l2 float64, slope func(w, gradient []float64)) []float64 {
	w, m, v, g := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for t := 1; t <= steps; t++ {
		for i := range g {
			g[i] = l2 * w[i]
		}
		slope(w, g)
		for i := range w {
			m[i] = 0.9*m[i] + 0.1*g[i]
			v[i] = 0.999*v[i] + 0.001*g[i]*g[i]
			w[i] -= pace * (m[i] / (1 - math.Pow(0.9, float64(t)))) / (math.Sqrt(v[i]/(1-math.Pow(0.999, float64(t)))) + 1e-8)
		}
	}
	return w
}
