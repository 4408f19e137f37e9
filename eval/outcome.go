package eval

import (
	"cmp"
	"math"
	"slices"
)

// outcome is how a question ended.
type outcome struct {
	confidence           float64
	answerable, answered bool
	partly, wholly       bool // some, or all, of a right answer stands in what was shown
}

// right reports whether the question was answered rightly or refused rightly.
func (o *outcome) right() bool {
	if !o.answerable {
		return !o.answered
	}
	return o.answered && o.partly
}

// wrong reports whether an answer would have been wrong.
func (o *outcome) wrong() bool { return !o.answerable || !o.partly }

// The figures of all outcomes together.
const (
	refusalPrecision = iota
	balancedAccuracy
	auroc
	risk50
	risk80
	aurc
	calibrationError
	calibrationErrorAnswerable
	utility
	figureCount
)

var figureNames = [figureCount]string{"refusal_precision", "refusal_balanced_accuracy", "auroc", "risk@50", "risk@80", "aurc",
	"calibration_error", "calibration_error_answerable", "utility"}

// bins of the reliability table, of equal width.
const bins = 10

// ranking is the outcomes of a run, the most confident first.
type ranking struct {
	outcomes []*outcome
	groups   []int // of each
}

func newRanking(rows []row, groupOf func(row) int) ranking {
	var k ranking
	type item struct {
		*outcome
		group int
	}
	var items []item
	for _, r := range rows {
		if r.outcome != nil {
			items = append(items, item{r.outcome, groupOf(r)})
		}
	}
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(b.confidence, a.confidence) })
	for _, i := range items {
		k.outcomes, k.groups = append(k.outcomes, i.outcome), append(k.groups, i.group)
	}
	return k
}

// tally counts outcomes, each as often as its group was drawn.
type tally struct {
	all, answerable, unanswerable int
	answered, refused             int // of the answerable, of the unanswerable
	refusals, useful              int
	bins                          [bins]Bin
}

// Bin is one line of the reliability table.
type Bin struct {
	Low        float64 `json:"low"` // of the confidence; its width is a tenth
	N          int     `json:"n"`
	Confidence float64 `json:"confidence"` // mean
	Right      float64 `json:"right"`      // share of the questions that the answer shown, or the nearest passages, answer
	Answerable float64 `json:"answerable"` // share of the questions that have an answer at all
}

func (t *tally) add(o *outcome, w int) {
	t.all += w
	b := &t.bins[max(0, min(bins-1, int(o.confidence*bins)))]
	b.N += w
	b.Confidence += float64(w) * o.confidence
	if !o.wrong() {
		b.Right += float64(w)
	}
	if !o.answered {
		t.refusals += w
	}
	if !o.answerable {
		t.unanswerable += w
		if o.answered {
			t.useful -= w
			return
		}
		t.refused += w
		t.useful += w
		return
	}
	b.Answerable += float64(w)
	t.answerable += w
	if o.answered {
		t.answered += w
		if o.wholly {
			t.useful += w
		}
	}
}

// figures computes all figures, each outcome counted as often as its group was drawn; NaN where one means nothing.
func (k ranking) figures(drawn []uint16) [figureCount]float64 {
	var t tally
	for i, o := range k.outcomes {
		t.add(o, weight(drawn, k.groups[i]))
	}
	var f [figureCount]float64
	f[refusalPrecision] = ratio(t.refused, t.refusals)
	f[balancedAccuracy] = (ratio(t.answered, t.answerable) + ratio(t.refused, t.unanswerable)) / 2
	f[utility] = ratio(t.useful, t.all)
	f[calibrationError], f[calibrationErrorAnswerable] = t.calibration()
	k.walk(drawn, t, &f)
	return f
}

func (k ranking) refusals() int {
	n := 0
	for _, o := range k.outcomes {
		if !o.answered {
			n++
		}
	}
	return n
}

// weight is how often a group counts: once where nothing was drawn.
func weight(drawn []uint16, group int) int {
	if drawn == nil {
		return 1
	}
	return int(drawn[group])
}

func ratio(part, whole int) float64 {
	if whole == 0 {
		return math.NaN()
	}
	return 100 * float64(part) / float64(whole)
}

// calibration is the mean distance, weighted by the questions of each bin, between mean confidence and what came true.
func (t tally) calibration() (right, answerable float64) {
	for _, b := range t.bins {
		right += math.Abs(b.Right - b.Confidence)
		answerable += math.Abs(b.Answerable - b.Confidence)
	}
	return 100 * right / float64(t.all), 100 * answerable / float64(t.all)
}

// walk goes from the most confident outcome down. Outcomes of equal confidence come in no order: they are taken
// together, wrong ones evenly among them.
func (k ranking) walk(drawn []uint16, t tally, f *[figureCount]float64) {
	above, before, wrongBefore := 0.0, 0, 0
	pairs, area := 0.0, 0.0
	f[risk50], f[risk80] = math.NaN(), math.NaN()
	for i := 0; i < len(k.outcomes); {
		answerable, unanswerable, wrong := 0, 0, 0
		level := k.outcomes[i].confidence
		for ; i < len(k.outcomes) && k.outcomes[i].confidence == level; i++ {
			w := weight(drawn, k.groups[i])
			if k.outcomes[i].answerable {
				answerable += w
			} else {
				unanswerable += w
			}
			if k.outcomes[i].wrong() {
				wrong += w
			}
		}
		pairs += float64(unanswerable) * (above + float64(answerable)/2)
		above += float64(answerable)
		n := answerable + unanswerable
		at := func(covered float64) float64 { // risk when so many outcomes are taken
			return 100 * (float64(wrongBefore) + float64(wrong)*(covered-float64(before))/float64(n)) / covered
		}
		for j := before + 1; j <= before+n; j++ {
			area += at(float64(j))
		}
		for _, c := range []struct {
			figure int
			share  float64
		}{{risk50, .5}, {risk80, .8}} {
			if want := c.share * float64(t.all); float64(before) < want && want <= float64(before+n) {
				f[c.figure] = at(want)
			}
		}
		before, wrongBefore = before+n, wrongBefore+wrong
	}
	f[aurc] = area / float64(t.all)
	f[auroc] = 100 * pairs / (float64(t.answerable) * float64(t.unanswerable))
}

// Point is one place of the risk-coverage curve, in percent.
type Point struct {
	Coverage float64 `json:"coverage"` // share of the questions that are answered, the most confident first
	Risk     float64 `json:"risk"`     // share of those that are answered wrongly
}

// curve gives the risk at every level of confidence.
func (k ranking) curve() []Point {
	var out []Point
	wrong := 0
	for i, o := range k.outcomes {
		if o.wrong() {
			wrong++
		}
		if i+1 == len(k.outcomes) || k.outcomes[i+1].confidence != o.confidence {
			out = append(out, Point{Coverage: ratio(i+1, len(k.outcomes)), Risk: ratio(wrong, i+1)})
		}
	}
	return out
}

// reliability gives the bins that hold any question.
func (k ranking) reliability() []Bin {
	var t tally
	for _, o := range k.outcomes {
		t.add(o, 1)
	}
	var out []Bin
	for i, b := range t.bins {
		if b.N == 0 {
			continue
		}
		n := float64(b.N)
		out = append(out, Bin{Low: float64(i) / bins, N: b.N, Confidence: b.Confidence / n, Right: b.Right / n, Answerable: b.Answerable / n})
	}
	return out
}
