package lexical

import (
	"slices"

	"rapporteur/analysis"
)

// numerals lets the numbers of a question find the other ways to write them. They are added to the question
// and not to the index: a number has few spellings, the words of the index stay those of the text, and a
// library need not be read again. A number of several words stands in for its first.
func (s *snapshot) numerals(terms []term, text string, weight float64) {
	tokens := analysis.Analyze(text, "fr")
	for _, n := range analysis.Numerals(text, tokens) {
		at := -1
		for i := range terms {
			t := &terms[i]
			if t.start < n.Start || t.start >= n.End {
				continue
			}
			t.number = true
			if at < 0 {
				at = i
			}
		}
		if at < 0 {
			continue
		}
		t := &terms[at]
		for _, spelling := range n.Spellings() {
			s.spelled(t, spelling, weight)
		}
		if !t.Known && len(t.others) > 0 {
			t.Near = t.others[0].exact
		}
	}
}

// spelled lets one spelling of a number stand in for t.
func (s *snapshot) spelled(t *term, spelling string, weight float64) {
	o := other{only: true}
	end := 0
	for _, token := range analysis.Analyze(spelling, "fr") {
		if token.Start < end || token.Exact == "et" {
			continue // a part of the compound before it
		}
		end = token.End
		idf, known := s.idf([]string{token.Stem})
		if !known || len(o.words) == 0 && token.Stem == t.Stem && token.End == len(spelling) {
			return
		}
		o.words, o.exact, o.idf = append(o.words, []string{token.Stem}), token.Exact, o.idf+idf
	}
	if len(o.words) > 1 {
		o.only, o.exact = false, "" // the words of « trois cents » in any form
	}
	if t.Known {
		o.idf = min(o.idf, t.IDF)
	}
	if o.idf *= weight; !slices.ContainsFunc(t.others, func(p other) bool { return p.exact == o.exact && len(p.words) == len(o.words) }) {
		t.others = append(t.others, o)
	}
}
