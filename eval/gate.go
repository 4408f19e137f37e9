package eval

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// Baseline is the last accepted score of a set: what a later one is held to.
type Baseline map[Stage][]Metric

// ParseBaseline reads a baseline as Encode writes it.
func ParseBaseline(raw []byte) (Baseline, error) {
	var b Baseline
	err := json.Unmarshal(raw, &b)
	return b, err
}

// Encode writes the baseline as JSON, one metric a line, rounded to a tenth so that a change shows what changed.
// Metrics that measure the machine or only describe are left out.
func (b Baseline) Encode() ([]byte, error) {
	out := []byte("{")
	for i, stage := range []Stage{StageRetrieval, StageAsk} {
		if i > 0 {
			out = append(out, ',')
		}
		out = fmt.Appendf(out, "\n  %q: [", stage)
		first := true
		for _, m := range b[stage] {
			if !held(m) {
				continue
			}
			m.Value, m.Low, m.High = tenth(m.Value), tenth(m.Low), tenth(m.High)
			line, err := json.Marshal(m)
			if err != nil {
				return nil, err
			}
			if !first {
				out = append(out, ',')
			}
			first = false
			out = append(append(out, "\n    "...), line...)
		}
		out = append(out, "\n  ]"...)
	}
	return append(out, "\n}\n"...), nil
}

func tenth(v float64) float64 { return math.Round(10*v) / 10 }

// held reports whether a metric is one that a run is held to.
func held(m Metric) bool {
	return m.Slice == "" && !slices.Contains([]string{"ms_p50", "ms_p95", "quoted_characters"}, m.Name)
}

// promised are the metrics of which no part may be lost.
var promised = []string{"quotes_valid", "quote_pages_valid", "number_fidelity"}

// slack is how far beyond the interval a metric may fall: what rounding hides and, where every question agreed and the
// interval has no width, one question. What is promised has none.
func slack(m Metric) float64 {
	const rounding = 0.05
	if m.Low < m.High || m.N == 0 || slices.Contains(promised, m.Name) {
		return rounding
	}
	return rounding + 100/float64(m.N)
}

// Regressions says which metrics of a score are worse than the interval of the baseline allows, or are missing.
// What moves within the interval is no regression: on so few questions, chance alone does that.
func (b Baseline) Regressions(stage Stage, got []Metric) []string {
	var out []string
	for _, want := range b[stage] {
		i := slices.IndexFunc(got, func(m Metric) bool { return m.Name == want.Name && m.Slice == want.Slice })
		switch {
		case i < 0:
			out = append(out, fmt.Sprintf("%s of stage %s is missing", want.Name, stage))
		case LowerIsBetter(want.Name) && got[i].Value > want.High+slack(want):
			out = append(out, fmt.Sprintf("%s of stage %s is %.1f, at most %.1f accepted", want.Name, stage, got[i].Value, want.High))
		case !LowerIsBetter(want.Name) && got[i].Value < want.Low-slack(want):
			out = append(out, fmt.Sprintf("%s of stage %s is %.1f, at least %.1f accepted", want.Name, stage, got[i].Value, want.Low))
		}
	}
	return out
}
