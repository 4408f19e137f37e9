package answer

import (
	"slices"
	"strings"

	"rapporteur/analysis"
	"rapporteur/answer/wording"
	"rapporteur/qa"
)

// Weights of the words of a question, as factors of their idf.
const (
	lightWeight    = 0.25 // a word that says how one asks rather than about what
	unknownWeight  = 0.5  // a word that no document holds: more often another way to say it than another thing
	nameWeight     = 1.3  // a name, an acronym, a number or a year: an answer about another one is wrong
	partWeight     = 0.3  // a part of a compound that counts whole already
	borrowedWeight = 0.4  // a word that a follow-up took over from the question before it
)

// maxTerms is how many words of a question are weighed: they are bits of one machine word.
const maxTerms = 64

// inquiry is a question as the answerer understands it.
type inquiry struct {
	text     string // standalone
	language string // of the answer, "fr" or "en"
	want     wording.Want
	firm     bool // the thing asked for must be named by an answer: how many of them, what it is
	terms    []term
	mass     float64 // sum of the weights
	idf      float64 // sum of the plain idf
	exact    map[string]bool
	years    []string
	// wordsOnly says that cosines do not tell whether there is an answer.
	wordsOnly bool
}

// term is a content word of the question.
type term struct {
	stems   []string // in every language that passages are read in
	near    []string // stems of other words for it
	exact   string
	surface string // as it is typed
	weight  float64
	focus   bool // the thing that is asked for: « budget » in « Quel est le budget de… »
	name    bool // a proper name, an acronym or a number
	known   bool // some document holds it
}

// understand weighs the words of a standalone question with the idf that retrieval found. own is what
// the user typed: words that stand only in the standalone form were borrowed.
func understand(own, standalone, language string, terms []qa.Term) inquiry {
	q := inquiry{text: standalone, language: language, exact: map[string]bool{}}
	for _, t := range analysis.Analyze(standalone, language) {
		q.exact[t.Exact] = true
		if wording.IsYear(t.Exact) {
			q.years = append(q.years, t.Exact)
		}
	}
	focus, w := wording.Intent(standalone, language)
	q.want, q.firm = w, wording.Firm(standalone)
	typed := map[string]bool{}
	for _, t := range analysis.Analyze(own, language) {
		typed[t.Stem] = true
	}
	for _, t := range terms[:min(len(terms), maxTerms)] {
		x := term{stems: append([]string{t.Stem}, wording.Stems(t.Surface)...), exact: t.Exact, surface: t.Surface, near: nearStems(t.Surface), weight: t.IDF, focus: focus != "" && t.Stem == focus, name: wording.IsName(t.Surface, standalone), known: t.Known}
		if standsIn(t) && len(x.near) == 0 {
			x.exact, q.exact[t.Near] = t.Near, true
			x.stems = append(x.stems, wording.Stems(t.Near)...)
		}
		switch {
		case wording.Light[x.exact]:
			x.weight *= lightWeight
		case x.name:
			x.weight *= nameWeight
		case !t.Known && !x.focus:
			x.weight *= unknownWeight
		}
		if !typed[t.Stem] {
			x.weight *= borrowedWeight
		}
		if partOf(t, terms) {
			x.weight *= partWeight
		}
		q.terms = append(q.terms, x)
		q.mass += x.weight
		q.idf += t.IDF
	}
	return q
}

// standsIn reports whether the near form that retrieval found for a word that no document holds is meant by it: the same
// number, or the word that it is a slip of. Of slips 1 to 7 % fall on the first letter (Kukich, « Techniques for
// Automatically Correcting Words in Text », 1992): a word that differs there is more often another one.
func standsIn(t qa.Term) bool {
	return t.Near != "" && (t.Near[0] == t.Exact[0] || strings.ContainsAny(t.Near, "0123456789"))
}

// partOf reports whether t is a part of a compound among the terms that the documents know whole:
// « Ourve » of « Fontbrelle-sur-Ourve ».
func partOf(t qa.Term, terms []qa.Term) bool {
	return slices.ContainsFunc(terms, func(o qa.Term) bool {
		return o.Known && len(o.Surface) > len(t.Surface) && strings.Contains(o.Surface, t.Surface)
	})
}

func nearStems(word string) []string {
	var stems []string
	for _, w := range wording.Near(word) {
		stems = append(stems, wording.Stem(w))
	}
	return stems
}

// otherWords are the words that may stand for those of the question, for a second search.
func (q inquiry) otherWords() string {
	var words []string
	for _, t := range q.terms {
		words = append(words, wording.Near(t.exact)...)
	}
	return strings.Join(words, " ")
}

// vague reports a question that names one thing at most: « Quel est le budget ? ».
func (q inquiry) vague() bool {
	return len(slices.DeleteFunc(slices.Clone(q.terms), func(t term) bool { return wording.Light[t.exact] })) <= 1
}
