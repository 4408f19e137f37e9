package lexical

import (
	"math"
	"slices"
	"strings"

	"rapporteur/analysis"
	"rapporteur/qa"
)

// term is one word of a question with the stems to look up: one for each language of the library.
type term struct {
	qa.Term
	stems  []string
	start  int     // byte of the question
	joined bool    // the whole of a compound whose parts are terms too
	number bool    // part of a number
	others []other // what stands in for the word; the best of all that a place holds counts there
}

// other is a word, or some words that must stand together in a place, instead of a word of the question.
type other struct {
	words [][]string // the stems of each, as in term
	exact string     // the form that counts in full, of a single word
	idf   float64    // times its weight
	only  bool       // no other form counts
}

// Terms gives the content words of a question, one for each stem; where all words are stopwords, those.
// lang is "fr" or "en"; "" looks at the text. Each idf counts the versions held, in all collections.
func (x *Index) Terms(text, lang string) []qa.Term {
	terms := x.terms(x.current.Load(), text, lang)
	out := make([]qa.Term, len(terms))
	for i, t := range terms {
		out[i] = t.Term
	}
	return out
}

// terms gives the content words of a question with what may stand in for them.
func (x *Index) terms(s *snapshot, text, lang string) []term {
	terms := s.terms(text, lang)
	s.numerals(terms, text, x.options.Numeral)
	s.acronyms(terms, x.options.Acronym)
	s.unaccented(terms, x.options.Variant)
	s.mistyped(terms, x.options.Near)
	return terms
}

func (s *snapshot) terms(text, lang string) []term {
	// A question is too short to be sure of a third language: what is not English is read as French,
	// and the other languages of the library still add their stems.
	if lang = stemming(lang, text); lang != "en" {
		lang = "fr"
	}
	tokens := analysis.Analyze(text, lang)
	content := slices.DeleteFunc(slices.Clone(tokens), func(t analysis.Token) bool { return t.Stop })
	if len(content) == 0 {
		content = tokens
	}
	var out []term
	for _, t := range content {
		if slices.ContainsFunc(out, func(o term) bool { return o.Stem == t.Stem }) {
			continue
		}
		surface := text[t.Start:t.End]
		w := term{Term: qa.Term{Surface: surface, Stem: t.Stem, Exact: t.Exact}, stems: s.stems(t, surface, lang), start: t.Start, joined: t.Joined}
		w.IDF, w.Known = s.idf(w.stems)
		out = append(out, w)
	}
	return out
}

// stems adds to the stem of a word those that the other languages of the library give it. A chunk has
// one language, so no posting is met twice.
func (s *snapshot) stems(t analysis.Token, surface, lang string) []string {
	stems := []string{t.Stem}
	for _, other := range s.languages {
		if other == lang {
			continue
		}
		if tokens := analysis.Analyze(surface, other); len(tokens) > 0 && !slices.Contains(stems, tokens[0].Stem) {
			stems = append(stems, tokens[0].Stem)
		}
	}
	return stems
}

// idf is Lucene's BM25 idf of the stems taken as one word, ln(1 + (N - n + 0.5) / (n + 0.5)): over
// chunks where one holds it in its text, else over headings, else over titles.
func (s *snapshot) idf(stems []string) (idf float64, known bool) {
	for i := range fields {
		n := 0
		for _, v := range s.views {
			for _, stem := range stems {
				if at, ok := v.field[i].find(stem); ok {
					n += v.count(i, at)
				}
			}
		}
		if n > 0 {
			return bm25IDF(s.places[i], n), true
		}
	}
	return bm25IDF(s.places[body], 0), false
}

func bm25IDF(places, n int) float64 {
	return math.Log(1 + (float64(places-n)+0.5)/(float64(n)+0.5))
}

// unaccented lets words with accents find those of capitals, which often have none, and the other way
// round, where the stemmer takes the two for different words.
func (s *snapshot) unaccented(terms []term, variant float64) {
	if !slices.Contains(s.languages, "fr") {
		return
	}
	for i := range terms {
		t := &terms[i]
		if t.joined {
			continue
		}
		for _, stem := range analysis.OtherStems(t.Surface) {
			if slices.Contains(t.stems, stem) {
				continue
			}
			s.sameWord(t, stem, t.Exact, 1)
			s.sameWord(t, stem, otherNumber(t.Exact), variant)
		}
	}
}

// sameWord lets a form stand in for t under another stem, and that form only: the stem is of other words too.
func (s *snapshot) sameWord(t *term, stem, exact string, weight float64) {
	if !s.holds(stem, exact) {
		return
	}
	o := other{words: [][]string{{stem}}, exact: exact, only: true}
	o.idf, _ = s.idf(o.words[0])
	if !t.Known {
		t.Known, t.IDF = true, o.idf
	}
	o.idf = weight * min(o.idf, t.IDF)
	t.others = append(t.others, o)
}

// otherNumber is the plural of a singular, and the singular of a plural.
func otherNumber(exact string) string {
	if singular, ok := strings.CutSuffix(exact, "s"); ok {
		return singular
	}
	return exact + "s"
}

// holds reports whether a version that is not removed holds a form of a stem.
func (s *snapshot) holds(stem, exact string) bool {
	for _, v := range s.views {
		for i := range fields {
			f := &v.field[i]
			if at, ok := f.find(stem); ok {
				if form := f.formOf(at, exact); form >= 0 && v.holds(i, at, form) {
					return true
				}
			}
		}
	}
	return false
}
