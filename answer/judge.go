package answer

import (
	"math"
	"slices"
	"strings"

	"rapporteur/answer/wording"
	"rapporteur/qa"
)

// The signals by which it is decided whether the chosen quotes answer; the weights of confidence follow their order.
const (
	ruleSays      = iota // the rule of trust, 0 to 1
	ruleLog              // the logarithm of it and ruleFloor
	passageCovers        // share of the question's weight that the passage of the best quote and its titles hold
	passageMeant         // cosine of that passage, from cosineApart (0) to cosineSame (1)
	nearestMeans         // cosine of the nearest sentence of all, the same
	nearestStands        // how many standard deviations it is above the mean of all sentences, over 3
	passageStands        // how far the nearest passage is above the mean of all, in half a cosineStep
	marginOther          // how far the best quote is before that of another passage, as a logarithm, over 3
	yearGone             // the best quote is about another year
	namesGone            // names, acronyms and numbers of the question that the best passage lacks, at most 2
	namesAway            // those that it holds, but neither the best quote nor what stands around it, at most 2
	askedGone            // the thing that a firm question asks for is neither in the best quote nor around it; 2 where no document holds it, for the sense of a word too
	kindGone             // a number, a date or a name is asked for, and not in the best quote
	listAsked            // several things are asked for
	termsAsked           // logarithm of the number of words that count
	measureGone          // a sum, a duration or a share is asked for, and no quote nor what stands around it has one
	holderOther          // the best quote and its titles name another one of the kind that the question names one of
	signalCount
)

type signals [signalCount]float64

// Threshold is the confidence from which there is an answer, for all collections.
const Threshold = 0.46

// ruleFloor keeps the logarithm of a rule that says 0 within bounds.
const ruleFloor = 0.05

// judged is what is known of a question once its passages were read.
type judged struct {
	inquiry    inquiry
	passages   []qa.Passage // that were read, best first
	all        []quote      // best first
	chosen     []quote      // to be shown
	signals    signals
	whole      bool    // the whole of a report is asked for: all that it says bears on the question
	confidence float64 // 0 to 1, that chosen answers
}

// judge reads the first passages, chooses quotes and weighs whether they answer.
func (w *work) judge(q inquiry, passages []qa.Passage) judged {
	var readings []reading
	passages = q.ofTheYear(passages)
	for _, p := range passages[:min(len(passages), w.options.Passages)] {
		readings = append(readings, q.read(p))
	}
	j := judged{inquiry: q, passages: passages, all: q.quotes(readings)}
	j.chosen = q.choose(j.all, w.options.Quotes, w.options.Bytes)
	j.chosen = q.eachYear(j.chosen, j.all, w.options.Quotes, w.options.Bytes)
	if len(j.chosen) == 0 || q.mass == 0 {
		return j
	}
	j.weigh(readings)
	weights := confidenceWeights
	if q.wordsOnly || j.signals[nearestMeans] == 0 && j.signals[passageMeant] == 0 {
		weights = wordConfidenceWeights
	}
	j.confidence = weights.chance(j.signals)
	return j
}

// weigh measures the signals.
func (j *judged) weigh(readings []reading) {
	q, s, top := j.inquiry, &j.signals, j.chosen[0]
	for _, c := range j.chosen {
		s[ruleSays] = max(s[ruleSays], q.trust(c))
	}
	s[ruleLog] = math.Log(s[ruleSays] + ruleFloor)
	s[passageCovers] = q.weigh(top.reading.all|top.context|top.reading.about|top.near) / q.mass
	if !q.wordsOnly {
		j.weighMeaning(readings)
	}
	s[marginOther] = 1
	for _, c := range j.all {
		if c.reading != top.reading {
			s[marginOther] = clip((top.score-c.score)/3, 0, 1)
			break
		}
	}
	if q.otherYear(top) {
		s[yearGone] = 1
	}
	near := top.own | top.near | top.context | top.around()
	passage := near | top.reading.all | top.reading.about
	for i, t := range q.terms {
		bit := bits(1) << i
		switch {
		case t.name && passage&bit == 0:
			s[namesGone] = min(2, s[namesGone]+1)
		case t.name && near&bit == 0:
			s[namesAway] = min(2, s[namesAway]+1)
		}
		switch {
		case !t.focus || near&bit != 0:
		case !t.known && (q.firm || q.want == wording.Sense):
			s[askedGone] = 2
		case q.firm:
			s[askedGone] = 1
		}
	}
	if !top.fits(q.want) {
		s[kindGone] = 1
	}
	if q.want == wording.List {
		s[listAsked] = 1
	}
	s[termsAsked] = math.Log(float64(len(q.terms)))
	j.weighWording()
}

// weighWording measures the signals that words other than those of the question give.
func (j *judged) weighWording() {
	q, s, top := j.inquiry, &j.signals, j.chosen[0]
	if m := wording.MeasureOf(q.text); !slices.ContainsFunc(j.chosen, func(c quote) bool { return m.In(c.surroundings()) }) {
		s[measureGone] = 1
	}
	beside := strings.Join(slices.Concat(top.reading.Section, []string{top.reading.Document.Title, top.surroundings()}), "\n")
	if slices.ContainsFunc(wording.HoldersOf(q.text), func(h wording.Holder) bool { return h.Another(beside) }) {
		s[holderOther] = 1
	}
}

// surroundings are a quote with its header and the sentences before and after.
func (c quote) surroundings() string {
	s, text := c.reading.sentences, c.reading.Text
	from, to := s[max(0, c.first-1)], s[min(len(s)-1, c.last+1)]
	return c.header() + "\n" + text[from.Start:to.End]
}

// weighMeaning measures the signals that cosines give; they stay 0 where nothing has a vector.
func (j *judged) weighMeaning(readings []reading) {
	var sum, squares, n, best, means float64
	nearest := math.Inf(-1)
	for _, r := range readings {
		best = max(best, r.Semantic)
		means += r.Semantic / float64(len(readings))
		for _, x := range r.sentences {
			if !math.IsNaN(x.cosine) {
				sum, squares, n, nearest = sum+x.cosine, squares+x.cosine*x.cosine, n+1, max(nearest, x.cosine)
			}
		}
	}
	if n < 2 {
		return
	}
	mean := sum / n
	spread := math.Sqrt(max(1e-6, squares/n-mean*mean))
	j.signals[nearestMeans] = meant(nearest)
	j.signals[nearestStands] = clip((nearest-mean)/spread/3, 0, 2)
	j.signals[passageMeant] = meant(j.chosen[0].reading.Semantic)
	j.signals[passageStands] = clip(2*(best-means)/cosineStep, 0, 2)
}

// meant is meantBy within the bounds of a signal.
func meant(cosine float64) float64 { return clip(meantBy(cosine), -1, 2.5) }

func clip(x, low, high float64) float64 { return max(low, min(high, x)) }

// logistic is a logistic model of the signals; its last number is the constant.
type logistic [signalCount + 1]float64

// chance is the probability that it gives.
func (l logistic) chance(s signals) float64 {
	sum := l[signalCount]
	for i, x := range s {
		sum += l[i] * x
	}
	return 1 / (1 + math.Exp(-sum))
}
