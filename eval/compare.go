package eval

import (
	"math"
	"path/filepath"
	"slices"

	"rapporteur/qa"
)

// Difference is what one metric gains from run A to run B on the questions of both, with the 95 % interval of the
// gain by a paired bootstrap: the same groups are drawn for both runs.
type Difference struct {
	Slice string  `json:"slice,omitempty"`
	Name  string  `json:"metric"`
	N     int     `json:"n"` // of run B
	A     float64 `json:"a"`
	B     float64 `json:"b"`
	Gain  float64 `json:"gain"` // B - A
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Clear reports whether the interval leaves out that nothing changed.
func (d Difference) Clear() bool { return d.Low > 0 || d.High < 0 }

// Comparison is what changed between two runs of one set.
type Comparison struct {
	Questions int          `json:"questions"` // in both runs
	Metrics   []Difference `json:"metrics"`
	// Better and Worse are the questions that only one of the runs got right: answered or refused rightly in
	// stage ask, the evidence among five passages in stage retrieval.
	Better []string `json:"better"`
	Worse  []string `json:"worse"`
}

// Comparable refuses two runs that were not asked the same: Invalid runs_differ.
func Comparable(a, b Header) error {
	same := a.Stage == b.Stage && filepath.Base(a.Set) == filepath.Base(b.Set) && a.Withhold == b.Withhold &&
		a.Language == b.Language && len(a.Traps) == len(b.Traps)
	for i := range min(len(a.Traps), len(b.Traps)) {
		same = same && filepath.Base(a.Traps[i]) == filepath.Base(b.Traps[i])
	}
	if !same {
		return qa.E(qa.Invalid, "runs_differ")
	}
	return nil
}

// Compare scores what changed from run a to run b: runs of one stage over the scorer's set, which may be samples
// of it. Invalid runs_differ where they share no question.
func (s *Scorer) Compare(stage Stage, a, b []Result) (Comparison, error) {
	rowsA, rowsB := shared(s.rows(stage, a), s.rows(stage, b))
	if len(rowsA) == 0 {
		return Comparison{}, qa.E(qa.Invalid, "runs_differ")
	}
	out := Comparison{Questions: len(rowsA), Better: []string{}, Worse: []string{}}
	for i, r := range rowsA {
		switch before, after := success(r), success(rowsB[i]); {
		case after > before:
			out.Better = append(out.Better, r.question.ID)
		case after < before:
			out.Worse = append(out.Worse, r.question.ID)
		}
	}
	var names []string
	for _, r := range rowsA {
		if !slices.Contains(names, r.slice) {
			names = append(names, r.slice)
		}
	}
	for _, name := range names {
		in := func(rows []row) []row {
			return slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.slice != name })
		}
		out.Metrics = append(out.Metrics, differences(name, in(rowsA), in(rowsB))...)
	}
	return out, nil
}

// shared keeps the rows of questions that both runs have, in one order.
func shared(a, b []row) (inA, inB []row) {
	key := func(r row) string { return r.slice + "\x00" + r.question.ID }
	at := map[string]int{}
	for i, r := range b {
		at[key(r)] = i
	}
	for _, r := range a {
		if i, ok := at[key(r)]; ok {
			inA, inB = append(inA, r), append(inB, b[i])
		}
	}
	return inA, inB
}

// success is whether the run did what it should for a question, as the first of these metrics says that it has.
func success(r row) float64 {
	for _, name := range []string{"right", "success@5", "document@5", "span_recall@5"} {
		if v, ok := r.value(name); ok {
			return v
		}
	}
	return 0
}

// Wrong gives the questions of a run that it got wrong, as of Better and Worse, in the order of the run; those that
// nothing is known of are left out.
func (s *Scorer) Wrong(stage Stage, results []Result) []Question {
	var out []Question
	for _, r := range s.rows(stage, results) {
		if len(r.names) > 0 && success(r) == 0 {
			out = append(out, r.question)
		}
	}
	return out
}

func differences(slice string, rowsA, rowsB []row) []Difference {
	numbers := grouping(rowsA)
	a, b := sampleOf(rowsA, numbers), sampleOf(rowsB, numbers)
	draws := draw(len(numbers))
	var out []Difference
	for _, k := range a.keys {
		if b.cells[k] == nil {
			continue
		}
		d := Difference{Slice: slice, Name: k, N: b.count(k), A: a.mean(k, nil), B: b.mean(k, nil)}
		d.Gain = d.B - d.A
		d.Low, d.High = interval(draws, func(drawn []uint16) float64 { return b.mean(k, drawn) - a.mean(k, drawn) })
		out = append(out, d)
	}
	if len(a.ranking.outcomes) == 0 {
		return out
	}
	return append(out, figureDifferences(slice, a.ranking, b.ranking, draws)...)
}

func figureDifferences(slice string, a, b ranking, draws [][]uint16) []Difference {
	before, after := a.figures(nil), b.figures(nil)
	var gains [figureCount][]float64
	for _, d := range draws {
		x, y := a.figures(d), b.figures(d)
		for i := range x {
			gains[i] = append(gains[i], y[i]-x[i])
		}
	}
	var out []Difference
	for i, name := range figureNames {
		if math.IsNaN(before[i]) || math.IsNaN(after[i]) {
			continue
		}
		d := Difference{Slice: slice, Name: name, N: len(b.outcomes), A: before[i], B: after[i], Gain: after[i] - before[i]}
		d.Low, d.High = bounds(gains[i])
		out = append(out, d)
	}
	return out
}
