package answer

import (
	"context"
	"strings"

	"rapporteur/qa"
)

// Candidate is a quote that an answer may be made of, with what it is ranked by.
type Candidate struct {
	Source   string // of its document
	Header   string // of its table, "" elsewhere
	Quote    string
	Features []float64 // in the order of the weights of quotes
}

// Weighed is what is known of a question before it is decided whether there is an answer: what its weights are fitted
// on, and what a measurement looks into.
type Weighed struct {
	Candidates []Candidate // best first
	Shown      []Candidate // those that an answer would be made of
	Signals    []float64   // in the order of the weights of confidence
}

// Weigh does all that Answer does before it decides, with one search.
func (a *Answerer) Weigh(ctx context.Context, q qa.Question) (Weighed, error) {
	w := a.begin(q, nil)
	evidence, err := a.search(ctx, w, q, w.answer.Standalone)
	if err != nil {
		return Weighed{}, err
	}
	j := w.judge(w.understand(q, w.answer.Standalone, evidence), evidence.Passages)
	out := Weighed{Signals: j.signals[:]}
	for _, c := range j.all {
		out.Candidates = append(out.Candidates, weighed(c))
	}
	for _, c := range j.chosen {
		out.Shown = append(out.Shown, weighed(c))
	}
	return out, nil
}

func weighed(c quote) Candidate {
	return Candidate{Source: c.reading.Document.Source, Header: c.header(), Quote: c.text(), Features: c.features[:]}
}

// FeatureNames are the names of Candidate.Features, SignalNames those of Weighed.Signals, as weights.go calls them.
var (
	FeatureNames = strings.Fields(`ownExact ownStem ownNear fromContext fromBefore fromAfter fromPassage pairs passageRank passageSquared
		passageWords passageMeans meansPlace meansSquared meansBelow belowSquared wordsAndMeans wordsSquared
		wordsAndRank numberGone dateGone nameGone typeGoneWords listGone senseGone focusGone focusGoneWords posed
		yearOther oneRow isItem isList fromContextItem leansOn isTwo logLength isShort`)
	SignalNames = strings.Fields(`ruleSays ruleLog passageCovers passageMeant nearestMeans nearestStands passageStands marginOther yearGone
		namesGone namesAway askedGone kindGone listAsked termsAsked measureGone holderOther`)
)
