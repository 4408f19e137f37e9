package answer

import "rapporteur/answer/wording"

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"rapporteur/analysis"
	"rapporteur/answer/guard"
)

const (
	stemShare    = 0.9  // of a word, where another form of it stands
	nearShare    = 0.6  // … another word for it
	contextShare = 0.7  // … it stands in a title, lead-in or table head
	secondGain   = 0.05 // share of the question that a second sentence must add
	maxListBytes = 400  // a list is cut after the item that passes this
)

// quote is a candidate: sentences first to last of a reading.
type quote struct {
	reading     *reading
	first, last int
	own         bits // terms in the quote
	ownExact    bits
	near        bits // terms that another word in the quote stands for
	context     bits
	features    features
	score       float64 // of its features: a logarithm, see there
}

func (c quote) span() analysis.Span {
	return analysis.Span{Start: c.reading.sentences[c.first].Start, End: c.reading.sentences[c.last].End}
}

func (c quote) text() string { s := c.span(); return c.reading.Text[s.Start:s.End] }

// header is the header row of a quote that is a row of a table, "" elsewhere.
func (c quote) header() string {
	p := c.reading.Passage
	return headerOf(p, p.Start+c.span().Start)
}

// before is the sentence that leads to a quote, -1 where there is none: that before it, and for a row of
// a table that before the table.
func (c quote) before() int {
	i := c.first - 1
	for c.reading.sentences[c.first].headed && i >= 0 && c.reading.sentences[i].kind == row {
		i--
	}
	return i
}

// words are the exact forms of the quote's words.
func (c quote) words() map[string]bool {
	set := map[string]bool{}
	for _, tokens := range c.reading.tokens[c.first : c.last+1] {
		for _, w := range tokens {
			set[w] = true
		}
	}
	return set
}

// weigh is the sum of the weights of the terms in b.
func (q inquiry) weigh(b bits) float64 {
	sum := 0.0
	for i, t := range q.terms {
		if b&(1<<i) != 0 {
			sum += t.weight
		}
	}
	return sum
}

// quotes makes the candidates of all readings, best first.
func (q inquiry) quotes(readings []reading) []quote {
	near, top := nearnessOf(readings), topOf(readings)
	near.mark(readings)
	var all []quote
	for i := range readings {
		for n := range readings[i].sentences {
			if c, ok := q.candidate(&readings[i], n); ok {
				c.features = q.featuresOf(c, near, top)
				c.score = c.features.score()
				all = append(all, c)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b quote) int { return cmp.Compare(b.score, a.score) })
	return all
}

// candidate makes the quote around sentence n: the one before when it leans on it, the items of its
// list when it announces them, and the one after when that adds to the answer.
func (q inquiry) candidate(r *reading, n int) (quote, bool) {
	s := r.sentences[n]
	if s.kind == row && !s.leadIn && s.stem|s.near == 0 && !s.close {
		return quote{}, false // only the head of its table speaks of it: the table is a candidate whole
	}
	if s.kind == title || s.cut || s.stem|s.near|s.context&^r.about == 0 && !s.close || len(r.Text[s.Start:s.End]) > maxQuoteBytes {
		return quote{}, false
	}
	c := quote{reading: r, first: n, last: n}
	switch {
	case s.leadIn:
		c.last = r.listEnd(n)
		if c.last == n {
			return quote{}, false // announces nothing that is in this passage
		}
	case s.leans && n > 0 && r.sentences[n-1].kind == s.kind:
		c.first = n - 1
	}
	q.settle(&c)
	if c.first == c.last && s.kind == plain && n+1 < len(r.sentences) {
		q.extend(&c, r.sentences[n+1])
	}
	return c, true
}

// listEnd is the last item of the list that sentence n announces.
func (r *reading) listEnd(n int) int {
	end := n
	opened := r.sentences[n].kind
	for i := n + 1; i < len(r.sentences); i++ {
		s := r.sentences[i]
		if s.kind != item && s.kind != row && (i > n+1 || s.kind == title) {
			break
		}
		if opened == item && i > n+1 && r.Text[r.sentences[i-1].End:s.Start] != "\n" {
			break
		}
		end = i
		if s.End-r.sentences[n].Start > maxListBytes {
			break
		}
	}
	return end
}

// settle collects the terms of a quote's sentences.
func (q inquiry) settle(c *quote) {
	c.own, c.ownExact, c.near, c.context = 0, 0, 0, 0
	for _, s := range c.reading.sentences[c.first : c.last+1] {
		c.own |= s.stem | s.head
		c.ownExact |= s.exact | s.headExact
		c.near |= s.near
		c.context |= s.context
	}
	c.near &^= c.own
}

// extend takes the next sentence of the paragraph in when it holds words of the question that the
// quote lacks, or the number, date or name that it lacks.
func (q inquiry) extend(c *quote, next sentence) {
	if next.opens || next.kind != plain || next.End-c.span().Start > maxQuoteBytes {
		return
	}
	gains := q.weigh(next.stem&^(c.own|c.context)) >= secondGain*q.mass
	completes := next.leans && next.fits(q.want) && !c.fits(q.want)
	if gains || completes {
		c.last++
		q.settle(c)
	}
}

func (c quote) fits(w wording.Want) bool {
	return slices.ContainsFunc(c.reading.sentences[c.first:c.last+1], func(s sentence) bool { return s.fits(w) })
}

// oneRowLeads reports whether one row of a quoted table holds more of the question than each of the others.
func (q inquiry) oneRowLeads(c quote) bool {
	best, rows := 0.0, 0
	for _, s := range c.reading.sentences[c.first : c.last+1] {
		if !s.headed {
			continue
		}
		switch held := q.weigh(s.stem | s.near); {
		case held > best:
			best, rows = held, 1
		case held == best:
			rows++
		}
	}
	return best > 0 && rows == 1
}

// misses reports whether the thing asked for (« habitants » in « Combien d'habitants… ») is not among
// the terms held.
func (q inquiry) misses(held bits) bool {
	for i, t := range q.terms {
		if t.focus {
			return held&(1<<i) == 0
		}
	}
	return false
}

// otherYear reports whether the question is about years that neither the quote nor the titles over it
// name, while they name others.
func (q inquiry) otherYear(c quote) bool {
	if len(q.years) == 0 {
		return false
	}
	named := yearsOf(c)
	return len(named) > 0 && !slices.ContainsFunc(q.years, func(y string) bool { return slices.Contains(named, y) })
}

// yearsOf are the years that a quote and the titles over it name, once each.
func yearsOf(c quote) []string {
	p := c.reading.Passage
	named := year.FindAllString(c.header()+"\n"+c.text()+"\n"+p.Document.Title+"\n"+strings.Join(p.Section, "\n"), -1)
	slices.Sort(named)
	return slices.Compact(named)
}

// maxQuoteBytes is the longest quote; a longer sentence is most often a table or a list that the
// reader of the document took for one.
const maxQuoteBytes = 700

// choose picks the quotes to show: the best, then those that are nearly as likely to hold the answer, or likely enough
// and about something more of the question, up to most quotes and bytes in all.
func (q inquiry) choose(all []quote, most, bytes int) []quote {
	var chosen []quote
	var covered bits
	for _, c := range all {
		if len(chosen) == most {
			break
		}
		if len(chosen) > 0 {
			behind := chosen[0].score - c.score
			adds := q.weigh(c.own&^covered) >= secondGain*q.mass
			if behind > farBehind || behind > behindWell && !adds {
				continue
			}
		}
		c = q.inForm(c, all).onPage(all)
		if len(c.text()) > bytes || c.speaks() || slices.ContainsFunc(chosen, c.repeats) {
			continue
		}
		bytes -= len(c.text())
		covered |= c.own
		chosen = append(chosen, c)
	}
	return chosen
}

// onPage gives a quote of a text without pages, such as the ODT of a report, the place where one with pages that was read
// too says the same words: its reader can be sent to a page.
func (c quote) onPage(all []quote) quote {
	if len(c.reading.Pages) > 0 {
		return c
	}
	words := plainWords(c.text())
	for _, o := range all {
		if len(o.reading.Pages) > 0 && slices.Equal(plainWords(o.text()), words) {
			return o
		}
	}
	return c
}

func plainWords(text string) []string {
	return strings.FieldsFunc(analysis.Fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// speaks reports a quote from lines that address an assistant, not the reader.
func (c quote) speaks() bool {
	text, s := c.reading.Text, c.span()
	start := strings.LastIndexByte(text[:s.Start], '\n') + 1
	end := s.End + strings.IndexByte(text[s.End:]+"\n", '\n')
	return slices.ContainsFunc(strings.Split(text[start:end], "\n"), guard.Speaks)
}

// inForm gives a quote the form in which it answers: the whole list, for an item of it, where several things are asked
// for; and the one row that holds the words of the question, for a table, where one thing is.
func (q inquiry) inForm(c quote, all []quote) quote {
	for _, o := range all {
		if o.reading != c.reading {
			continue
		}
		whole := o.first <= c.first && c.last <= o.last && o.features[isList] == 1
		if q.want == wording.List && c.features[isItem] == 1 && whole {
			return o
		}
		part := c.first <= o.first && o.last <= c.last && o.features[isItem] == 1
		if q.want != wording.List && c.features[oneRow] == 1 && part && q.weigh(o.own|o.near) >= q.weigh(c.own|c.near)*leadingRow {
			return o
		}
	}
	return c
}

// leadingRow is the share of the words of its table that a row must hold to stand for it.
const leadingRow = 0.5

// How much less likely than the best quote a further one may be, as the logarithm of the ratio.
const (
	behindWell = 2.5 // a twelfth
	farBehind  = 3.5 // a thirtieth, where it holds words of the question that those before it do not
	sameWords  = 0.9 // of the words of the shorter of two quotes: they say the same
)

// repeats reports whether a quote says what another says: the same place, or nearly the same words,
// as in the PDF and the ODT of one report.
func (c quote) repeats(o quote) bool {
	a, b := c.span(), o.span()
	if c.reading == o.reading && a.Start < b.End && b.Start < a.End {
		return true
	}
	mine, theirs := c.words(), o.words()
	if len(mine) > len(theirs) {
		mine, theirs = theirs, mine
	}
	same := 0
	for w := range mine {
		if theirs[w] {
			same++
		}
	}
	return float64(same) > sameWords*float64(len(mine)) || strings.Contains(c.text(), o.text()) || strings.Contains(o.text(), c.text())
}
