// Package analysis cuts French, English and other text into the words that ranking and quoting
// compare: exact forms, stems and stopwords, each with its place in the source. It imports nothing of ours.
package analysis

import "strings"

// Token is one word of a text.
type Token struct {
	Start, End int    // bytes in the source
	Exact      string // folded form: lower case, no accents, numbers in one spelling ("1 500,0" is "1500")
	Stem       string // folded stem; Exact where the language has no stemmer
	Stop       bool   // a word that says nothing of the subject: article, pronoun, question word
	Joined     bool   // the whole of a compound whose parts follow as tokens of their own
	ID         int    // within one Analyzer, tokens of equal ID have equal Exact and Stem; small numbers
}

// Analyze gives the words of text in the order of their Start; a joined token stands right before
// its parts. lang is "fr" (also when empty), "en", or anything else for folding without stems.
// Elided articles (l', d', qu') and marks give no token.
func Analyze(text, lang string) []Token {
	return New(lang).Append(make([]Token, 0, len(text)/5+1), text)
}

// Both gives the words of a text as French, then as English: for questions and answers, whose words are looked for in
// passages of either.
func Both(text string) []Token { return append(Analyze(text, "fr"), Analyze(text, "en")...) }

// Analyzer analyses many texts of one language and remembers the forms it has met, which spares
// the stemmer and most allocations. It is not safe for concurrent use.
type Analyzer struct {
	language language
	forms    map[string]form
	met      int // forms met so far, those forgotten included
	buf      []byte
}

// language is what differs from one language to the next.
type language struct {
	elides     bool // l'eau is two words
	commaGroup bool // 1,500 is one thousand and a half thousand; elsewhere the comma marks decimals
	stem       func(lower string) string
	stops      stopwords
}

// form is what a spelling becomes.
type form struct {
	exact, stem string
	stop        bool
	id          int
}

// maxForms bounds the memory of an Analyzer (about 100 bytes a form); past it the memory starts anew.
const maxForms = 1 << 17

// New makes an Analyzer for lang, as Analyze takes it.
func New(lang string) *Analyzer {
	a := &Analyzer{forms: make(map[string]form)}
	switch lang {
	case "fr", "":
		a.language = language{elides: true, stem: stemFrench, stops: frenchStopwords}
	case "en":
		a.language = language{commaGroup: true, stem: stemEnglish, stops: englishStopwords}
	}
	return a
}

// Append adds the words of text to dst, as Analyze orders them.
func (a *Analyzer) Append(dst []Token, text string) []Token {
	s := scanner{Analyzer: a, text: text, tokens: dst}
	for s.pos < len(text) {
		s.next()
	}
	return s.tokens
}

// form gives the forms of one word as it is spelled in the source.
func (a *Analyzer) form(spelled string) form {
	if f, ok := a.forms[spelled]; ok {
		return f
	}
	// A copy, so that the memory does not keep whole documents alive.
	return a.remember(strings.Clone(spelled))
}

// built gives the forms of a word put together in buf: a number, an acronym, a compound. None is a stopword.
func (a *Analyzer) built() form {
	f, ok := a.forms[string(a.buf)]
	if !ok {
		f = a.remember(string(a.buf))
	}
	f.stop = false
	return f
}

func (a *Analyzer) remember(spelled string) form {
	if len(a.forms) >= maxForms {
		clear(a.forms)
	}
	f := a.newForm(spelled)
	f.id = a.met
	a.met++
	a.forms[spelled] = f
	return f
}

func (a *Analyzer) newForm(spelled string) form {
	lower := lowerWord(spelled)
	exact := Fold(lower)
	f := form{exact: exact, stem: exact, stop: a.language.stops.has(lower, exact)}
	if a.language.stem != nil && !f.stop && !hasDigit(exact) && !isRoman(exact) {
		f.stem = Fold(a.language.stem(lower))
	}
	return f
}
