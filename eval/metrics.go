package eval

import (
	"math/rand/v2"
	"slices"
)

// resamples of the bootstrap, with a fixed seed so that a score can be repeated.
const resamples = 1000

func (s *Scorer) metrics() []Metric {
	out := make([]Metric, 0, len(s.keys)+3)
	for _, k := range s.keys {
		if k == "ms" {
			out = append(out, percentiles(s.rows[k])...)
			continue
		}
		low, high := interval(s.rows[k])
		out = append(out, Metric{Name: k, N: len(s.rows[k]), Value: mean(s.rows[k]), Low: low, High: high})
	}
	refused, answered := s.rows["unanswerable_refused"], s.rows["answerable_answered"]
	if len(refused) > 0 && len(answered) > 0 {
		v := (mean(refused) + mean(answered)) / 2
		rl, rh := interval(refused)
		al, ah := interval(answered)
		out = append(out, Metric{Name: "refusal_balanced_accuracy", N: len(refused) + len(answered),
			Value: v, Low: (rl + al) / 2, High: (rh + ah) / 2})
	}
	return out
}

func mean(v []sample) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x.value
	}
	return sum / float64(len(v))
}

// interval is the 95 % percentile bootstrap over groups (Efron 1979): questions on one article or
// of one intent go together.
func interval(v []sample) (low, high float64) {
	groups, order := map[string][]sample{}, []string{}
	for _, x := range v {
		if _, ok := groups[x.group]; !ok {
			order = append(order, x.group)
		}
		groups[x.group] = append(groups[x.group], x)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	means := make([]float64, 0, resamples)
	for range resamples {
		sum, n := 0.0, 0
		for range order {
			for _, x := range groups[order[rng.IntN(len(order))]] {
				sum += x.value
				n++
			}
		}
		means = append(means, sum/float64(n))
	}
	slices.Sort(means)
	return means[resamples*25/1000], means[resamples*975/1000]
}

func percentiles(v []sample) []Metric {
	ms := make([]float64, len(v))
	for i, x := range v {
		ms[i] = x.value
	}
	slices.Sort(ms)
	at := func(p int) float64 { return ms[min(len(ms)-1, len(ms)*p/100)] }
	return []Metric{
		{Name: "ms_p50", N: len(ms), Value: at(50), Low: ms[0], High: ms[len(ms)-1]},
		{Name: "ms_p95", N: len(ms), Value: at(95), Low: ms[0], High: ms[len(ms)-1]},
	}
}
