package answer

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/analysis"
	"rapporteur/answer/wording"
	"rapporteur/qa"
)

// kind is what a sentence of a passage is, as far as its line shows.
type kind int

const (
	plain kind = iota
	title      // a heading: tells what follows is about, and answers nothing alone
	item       // an item of a list
	row        // a row of a table, cells separated by " | "
)

// bits says which terms of the inquiry a piece of text holds: bit i for terms[i].
type bits uint64

// sentence is one sentence, list item or table row of a passage.
type sentence struct {
	analysis.Span // in the passage's text
	kind          kind
	exact         bits // terms found in their exact form
	stem          bits // terms found in any form; holds exact
	near          bits // terms that another word stands for, and that are not in stem
	context       bits // terms of the titles above, of the lead-in of its list, of the first row of its table
	head          bits // terms of the header row of its table, which is shown with it
	headExact     bits // those found in their exact form
	headed        bool // its table has a header row, and this is none
	cut           bool // a row that goes on beyond the passage
	opens         bool // begins a paragraph
	leadIn        bool // ends with a colon: what follows belongs to it
	leans         bool // begins with a pronoun or a connector: needs what precedes
	number        bool // holds a number that is not in the question
	date          bool
	name          bool    // a capitalised word after the first
	asks          bool    // a question: answers nothing
	defines       bool    // says what a word of the question means
	cosine        float64 // with the question, NaN when the sentence has no vector
	close         bool    // among the nearest in meaning of all sentences read
}

// reading is a passage with its sentences and what they hold of the inquiry.
type reading struct {
	qa.Passage
	sentences []sentence
	tokens    [][]string       // exact forms of each sentence, to compare quotes
	titles    []string         // of the document and of the sections above, squeezed
	headers   map[string]heads // by text: the rows of a table share theirs
	series    string           // that its document is of, "" for none
	about     bits             // terms in the document's title or the headings above
	all       bits             // terms anywhere in the passage
}

// read cuts a passage into sentences and looks for the terms of the inquiry in each.
func (q inquiry) read(p qa.Passage) reading {
	r := reading{Passage: p, headers: map[string]heads{}}
	language := cmp.Or(p.Language, analysis.Language(p.Text))
	if language == "" {
		language = q.language
	}
	analyzer := analysis.New(language)
	above := p.Document.Title + "\n" + strings.Join(p.Section, "\n")
	_, r.about, _ = q.find(analyzer.Append(nil, above))
	r.titles = []string{squeeze(p.Document.Title)}
	r.series, _ = seriesOf(p.Document)
	for _, s := range p.Section {
		r.titles = append(r.titles, squeeze(s))
	}
	for l := range lines(p.Chunk) {
		r.addLine(q, analyzer, l)
	}
	cosine := cosinesOf(p)
	for i := range r.sentences {
		r.sentences[i].cosine = cosine(r.sentences[i].Span)
	}
	r.addContext()
	return r
}

func (r *reading) addLine(q inquiry, analyzer *analysis.Analyzer, l line) {
	k := l.kind
	// A document that is one sentence is called by it, and that sentence still answers.
	if text := r.Text[l.Start:l.End]; !strings.HasSuffix(text, ".") && slices.Contains(r.titles, squeeze(text)) {
		k = title
	}
	for i, s := range l.sentences {
		text := r.Text[s.Start:s.End]
		tokens := analyzer.Append(nil, text)
		x := sentence{Span: s, kind: k, opens: i == 0, leadIn: strings.HasSuffix(text, ":"), leans: (i > 0 || k == item) && leans(text)}
		x.exact, x.stem, x.near = q.find(tokens)
		if k == row {
			x.cut = isCut(r.Passage, s.Start)
			x.headed, x.headExact, x.head = r.header(q, analyzer, s)
		}
		x.number, x.date, x.name = values(text, tokens, q, k)
		x.asks = strings.HasSuffix(text, "?")
		x.defines = q.want == wording.Sense && q.defined(text, tokens)
		words := make([]string, 0, len(tokens))
		for _, t := range tokens {
			words = append(words, t.Exact)
		}
		r.sentences = append(r.sentences, x)
		r.tokens = append(r.tokens, words)
		r.all |= x.stem | x.head
	}
}

// heads are the terms of a header row.
type heads struct{ exact, stem bits }

// header looks for the terms of the inquiry in the header row of the row at s.
func (r *reading) header(q inquiry, analyzer *analysis.Analyzer, s analysis.Span) (headed bool, exact, stem bits) {
	text := headerOf(r.Passage, r.Start+s.Start)
	if text == "" {
		return false, 0, 0
	}
	h, known := r.headers[text]
	if !known {
		h.exact, h.stem, _ = q.find(analyzer.Append(nil, text))
		r.headers[text] = h
	}
	return true, h.exact, h.stem
}

// addContext gives each sentence the terms of the title, lead-in or table head that stands over it.
func (r *reading) addContext() {
	var heading, list, table bits
	for i := range r.sentences {
		s := &r.sentences[i]
		switch {
		case s.kind == title:
			heading, list, table = s.stem, 0, 0
			continue
		case s.kind == row && s.headed:
			table = s.head
		case s.kind == row && (i == 0 || r.sentences[i-1].kind != row || r.sentences[i-1].headed):
			s.leadIn = i+1 < len(r.sentences) && r.sentences[i+1].kind == row
			table = s.stem
		case s.kind == plain && s.opens:
			list = 0
		}
		s.context = r.about | heading
		if s.kind == item {
			s.context |= list
		}
		if s.kind == row {
			s.context |= table | list
		}
		if s.leadIn && s.kind != row {
			list = s.stem
		}
	}
}

// find looks up the terms of the inquiry among the words of a text: in their exact form, in any
// form, or by another word for them.
func (q inquiry) find(tokens []analysis.Token) (exact, stem, near bits) {
	for i, t := range q.terms {
		bit := bits(1) << i
		for _, token := range tokens {
			switch {
			case token.Exact == t.exact:
				exact |= bit
			case slices.Contains(t.stems, token.Stem):
				stem |= bit
			case slices.Contains(t.near, token.Stem), wording.Related(t.exact, token.Exact):
				near |= bit
			}
		}
	}
	stem |= exact
	return exact, stem, near &^ stem
}

// squeeze makes two spellings of a title alike.
func squeeze(s string) string { return strings.Join(strings.Fields(analysis.Fold(s)), " ") }

// definition is what stands between a word and what it means.
var definition = regexp.MustCompile(`^[^.!?;]{2,80}?(?: : |\s:\s| est (?:un|une|le|la|l['’]|défini)| sont (?:des|les)| désigne| consiste| signifie| correspond|,? c['’]est[ -]|,? c['’]est-à-dire| is an? | is the | means | refers )`)

// defined reports whether a sentence begins with the word in question and goes on to define it.
func (q inquiry) defined(text string, tokens []analysis.Token) bool {
	at := definition.FindStringIndex(text)
	if at == nil {
		return false
	}
	for _, token := range tokens {
		if token.End > at[1] {
			return false
		}
		for _, t := range q.terms {
			if t.focus && slices.Contains(t.stems, token.Stem) {
				return true
			}
		}
	}
	return false
}

// numbered is the start of an item that a number or a letter marks.
var numbered = regexp.MustCompile(`^(?:[0-9]{1,2}[.)°]|\(?[a-z]\))\s`)

var (
	// contents is a line of a table of contents: a title and the page where it is.
	contents = regexp.MustCompile(`^(?:[0-9IVX]+[.\s]|[0-9]+\.[0-9.]*\s|Annexe).*(?: \| |\.{4,}\s*)[0-9ivx]{1,4}$`)
	// says is a number in the middle of a line, which few titles have.
	says = regexp.MustCompile(`^\pL.*\s[0-9][0-9\s,.%\x{a0}\x{202f}]*\s\pL`)
)

// signed is a name with what it does, as under a foreword: « Jeanne Martin, maire de la ville ».
var signed = regexp.MustCompile(`^\p{Lu}[\p{L}’'-]+(?: \p{Lu}[\p{L}’'-]+)+, \p{Ll}`)

// kindOf tells what a line is. A title is a short line that no mark ends.
func kindOf(line string) kind {
	line = strings.TrimSpace(line)
	first, _ := utf8.DecodeRuneInString(line)
	last, _ := utf8.DecodeLastRuneInString(line)
	switch {
	case contents.MatchString(line):
		return title
	case strings.Contains(line, " | "):
		return row
	case strings.ContainsRune("-–—•◦▪*·●○Æ→✓►", first), numbered.MatchString(line):
		return item
	case !strings.ContainsRune(".!?…:;,»)", last) && len(strings.Fields(line)) <= 14 && !says.MatchString(line) && !signed.MatchString(line):
		return title
	case last == '?' && len(strings.Fields(line)) <= 14:
		return title // a title that asks is answered below
	}
	return plain
}

func leans(text string) bool {
	text = strings.TrimLeftFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	end := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
	if end < 0 {
		end = len(text)
	}
	word := analysis.Fold(text[:end])
	if word == "de" {
		return strings.HasPrefix(text[end:], " plus") || strings.HasPrefix(text[end:], " même")
	}
	return wording.Leaning[word]
}

// values reports whether a sentence holds a number, a date, or a name that the question does not hold.
func values(text string, tokens []analysis.Token, q inquiry, k kind) (number, date, name bool) {
	for i, t := range tokens {
		if q.exact[t.Exact] || k == item && i == 0 {
			continue // what the question says already, or the number of an item
		}
		digits := strings.IndexFunc(t.Exact, unicode.IsDigit) >= 0
		first, _ := utf8.DecodeRuneInString(text[t.Start:t.End])
		number = number || digits || wording.Numbers[t.Exact]
		date = date || wording.Dates[t.Exact] || wording.IsYear(t.Exact)
		name = name || i > 0 && unicode.IsUpper(first)
	}
	return number, date, name
}

// fits reports whether the sentence holds the kind of thing the question asks for.
func (s sentence) fits(w wording.Want) bool {
	switch w {
	case wording.Number:
		return s.number
	case wording.Date:
		return s.date
	case wording.Name:
		return s.name
	}
	return true
}
