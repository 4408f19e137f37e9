package eval

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// Metric is one figure of a score, with a 95 % bootstrap interval over groups of questions.
type Metric struct {
	Slice string  `json:"slice,omitempty"` // of the questions that count: "type=fact", "arm=lexical"; "" is all
	Name  string  `json:"metric"`
	N     int     `json:"n"` // questions, or citations, that count
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// LowerIsBetter reports whether a metric counts what is wrong.
func LowerIsBetter(metric string) bool {
	return slices.Contains([]string{"risk@50", "risk@80", "aurc", "calibration_error", "calibration_error_answerable",
		"answer_in_text_alone", "page_off_by_one", "quoted_characters", "ms_p50", "ms_p95"}, metric)
}

// Scores are what a run is worth.
type Scores struct {
	Header
	Questions   int      `json:"questions"`
	Metrics     []Metric `json:"metrics"`
	Reliability []Bin    `json:"reliability,omitempty"`
	Risk        []Point  `json:"risk,omitempty"`
}

// Score computes every metric that the set and the stage allow.
func (s *Scorer) Score(stage Stage, results []Result) []Metric {
	return s.Scores(Header{Stage: stage}, results).Metrics
}

// Scores computes every metric that the set and the stage allow, and the curves of confidence. Slices of a run (its
// arms, and what By names) follow the whole.
func (s *Scorer) Scores(h Header, results []Result) Scores {
	rows := s.rows(h.Stage, results)
	out := Scores{Header: h}
	slicesOf, seen := map[string][]row{}, map[string]bool{}
	var names []string
	for _, r := range rows {
		seen[r.question.ID] = true
		for _, name := range s.slicesOf(r) {
			if slicesOf[name] == nil {
				names = append(names, name)
			}
			slicesOf[name] = append(slicesOf[name], r)
		}
	}
	out.Questions = len(seen)
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(strings.Count(a, "="), strings.Count(b, "=")) })
	for _, name := range names {
		out.Metrics = append(out.Metrics, newSample(slicesOf[name]).metrics(name)...)
	}
	whole := newSample(rows).ranking
	out.Reliability, out.Risk = whole.reliability(), whole.curve()
	return out
}

// slicesOf names the slices that a row counts in.
func (s *Scorer) slicesOf(r row) []string {
	name := ""
	switch s.By {
	case "type":
		name = r.question.Type
	case "lang":
		name = r.question.Language
	}
	out := []string{r.slice}
	if name != "" {
		out = append(out, strings.TrimSpace(r.slice+" "+s.By+"="+name))
	}
	return out
}

// resamples of the bootstrap, with a fixed seed so that a score can be repeated.
const resamples = 1000

// sample is a set of rows that is resampled by groups.
type sample struct {
	groups  int
	keys    []string // metrics in the order in which they came
	cells   map[string][]cell
	ms      []float64
	ranking ranking
}

// cell is what the questions of one group add up to for one metric.
type cell struct {
	group, n int
	sum      float64
}

func newSample(rows []row) *sample {
	return sampleOf(rows, grouping(rows))
}

// grouping numbers the groups of rows in their order.
func grouping(rows []row) map[string]int {
	numbers := map[string]int{}
	for _, r := range rows {
		if g := r.question.group(); numbers[g] == 0 {
			numbers[g] = len(numbers) + 1
		}
	}
	return numbers
}

func sampleOf(rows []row, numbers map[string]int) *sample {
	s := &sample{groups: len(numbers), cells: map[string][]cell{}}
	groupOf := func(r row) int { return numbers[r.question.group()] - 1 }
	at := map[string]map[int]int{}
	for _, r := range rows {
		for i, name := range r.names {
			if name == "ms" {
				s.ms = append(s.ms, r.values[i])
				continue
			}
			if at[name] == nil {
				at[name], s.keys = map[int]int{}, append(s.keys, name)
			}
			g := groupOf(r)
			if _, ok := at[name][g]; !ok {
				at[name][g] = len(s.cells[name])
				s.cells[name] = append(s.cells[name], cell{group: g})
			}
			c := &s.cells[name][at[name][g]]
			c.n, c.sum = c.n+1, c.sum+r.values[i]
		}
	}
	s.ranking = newRanking(rows, groupOf)
	return s
}

// mean is the mean of a metric, each group counted as often as it was drawn.
func (s *sample) mean(metric string, drawn []uint16) float64 {
	sum, n := 0.0, 0
	for _, c := range s.cells[metric] {
		w := weight(drawn, c.group)
		sum, n = sum+float64(w)*c.sum, n+w*c.n
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}

func (s *sample) count(metric string) int {
	n := 0
	for _, c := range s.cells[metric] {
		n += c.n
	}
	return n
}

func (s *sample) metrics(slice string) []Metric {
	draws := draw(s.groups)
	out := make([]Metric, 0, len(s.keys)+figureCount+2)
	for _, k := range s.keys {
		m := Metric{Slice: slice, Name: k, N: s.count(k), Value: s.mean(k, nil)}
		m.Low, m.High = interval(draws, func(drawn []uint16) float64 { return s.mean(k, drawn) })
		out = append(out, m)
	}
	if len(s.ranking.outcomes) > 0 {
		out = append(out, s.figures(slice, draws)...)
	}
	if len(s.ms) > 0 {
		out = append(out, percentiles(slice, s.ms)...)
	}
	return out
}

func (s *sample) figures(slice string, draws [][]uint16) []Metric {
	values := s.ranking.figures(nil)
	var drawn [figureCount][]float64
	for _, d := range draws {
		for i, v := range s.ranking.figures(d) {
			drawn[i] = append(drawn[i], v)
		}
	}
	var out []Metric
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		m := Metric{Slice: slice, Name: figureNames[i], N: len(s.ranking.outcomes), Value: v}
		if i == refusalPrecision {
			m.N = s.ranking.refusals()
		}
		m.Low, m.High = bounds(drawn[i])
		out = append(out, m)
	}
	return out
}

// draw says for each resample how often each group was drawn (Efron's bootstrap, 1979): questions on one article or of
// one intent go together. All metrics of a sample see the same draws, so that what depends on several moves as one.
func draw(groups int) [][]uint16 {
	rng := rand.New(rand.NewPCG(1, 2))
	out := make([][]uint16, resamples)
	for i := range out {
		out[i] = make([]uint16, groups)
		for range groups {
			out[i][rng.IntN(groups)]++
		}
	}
	return out
}

// interval is the 95 % percentile interval of f over the draws.
func interval(draws [][]uint16, f func(drawn []uint16) float64) (low, high float64) {
	values := make([]float64, len(draws))
	for i, d := range draws {
		values[i] = f(d)
	}
	return bounds(values)
}

// bounds are the percentiles 2.5 and 97.5 of the values that mean something.
func bounds(values []float64) (low, high float64) {
	values = slices.DeleteFunc(values, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
	if len(values) == 0 {
		return math.NaN(), math.NaN()
	}
	slices.Sort(values)
	return values[len(values)*25/1000], values[len(values)*975/1000]
}

func percentiles(slice string, ms []float64) []Metric {
	ms = slices.Sorted(slices.Values(ms))
	at := func(p int) float64 { return ms[min(len(ms)-1, len(ms)*p/100)] }
	return []Metric{
		{Slice: slice, Name: "ms_p50", N: len(ms), Value: at(50), Low: ms[0], High: ms[len(ms)-1]},
		{Slice: slice, Name: "ms_p95", N: len(ms), Value: at(95), Low: ms[0], High: ms[len(ms)-1]},
	}
}
