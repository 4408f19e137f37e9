package eval

import (
	"fmt"
	"slices"
	"strings"
)

// The most characters of quotes that count for answer_in_quotes, and for answer_in_quotes@400: long quotes hold
// every answer and prove nothing.
const (
	quotedMost  = 1500
	quotedShort = 400
)

// ask scores an answer or a refusal.
func (s *Scorer) ask(r *row, res Result) {
	q := r.question
	for _, c := range slices.Concat(res.Citations, res.Nearest) {
		r.yes("quotes_valid", c.Valid)
		r.yes("quote_pages_valid", c.PageValid)
	}
	if res.Answered {
		for _, backed := range numbersBacked(res) {
			r.yes("number_fidelity", backed)
		}
	}
	s.written(r, res)
	s.resisted(r, res)
	r.add("ms", res.MS)
	r.outcome = s.outcome(q, res)
	r.yes("right", r.outcome.right())
	if !q.Answerable {
		r.yes("unanswerable_refused", !res.Answered)
		return
	}
	r.yes("answerable_answered", res.Answered)
	if q.known() {
		s.answered(r, res)
	}
	s.proved(r, res)
	var found []placed
	for _, c := range res.Citations {
		found = append(found, placed{c.Doc, c.Extent})
	}
	tightness(r, found, "_quotes")
}

// answered scores what a right answer holds; a refusal holds nothing.
func (s *Scorer) answered(r *row, res Result) {
	q := r.question
	share := s.quoted(q, res.Citations, quotedMost)
	short := s.quoted(q, res.Citations, quotedShort)
	r.add("answer_in_quotes", 100*share)
	r.add("answer_in_quotes@400", 100*short)
	text := 0.0
	if res.Answered {
		text = s.share(q, s.norm.answer(res.Answer))
		r.add("answer_in_quotes_when_answered", 100*share)
		r.add("answer_in_quotes@400_when_answered", 100*short)
		characters := 0
		for _, c := range res.Citations {
			characters += len([]rune(c.Quote))
		}
		r.add("quoted_characters", float64(characters))
	}
	r.add("answer_in_text", 100*text)
	r.yes("answer_in_text_alone", text > share) // said and not proved
}

// proved scores the places of the citations: documents and pages among the first of them.
func (s *Scorer) proved(r *row, res Result) {
	q := r.question
	if len(q.Evidence) == 0 {
		for doc, g := range q.Grades {
			if g >= s.least() {
				q.Evidence = append(q.Evidence, Evidence{Doc: doc})
			}
		}
	}
	if len(q.Evidence) == 0 {
		return
	}
	var got []spot
	for _, c := range res.Citations {
		at := spot{doc: c.Doc}
		if c.Page > 0 {
			at.pages = []int{c.Page}
		}
		got = append(got, at)
		r.yes("citations_in_evidence", slices.ContainsFunc(q.Evidence, func(e Evidence) bool { return s.equivalent(e.Doc, c.Doc) }))
	}
	at := *r
	at.question = q
	for _, k := range []int{1, 3, 5} {
		s.spots(&at, got[:min(k, len(got))], fmt.Sprintf("_cited@%d", k))
	}
	s.spots(&at, got, "_cited")
	if res.Answered {
		s.spots(&at, got, "_cited_when_answered")
	}
	if slices.ContainsFunc(q.Evidence, func(e Evidence) bool { return e.Page != nil }) {
		at.yes("page_off_by_one", s.offByOne(q, got))
	}
	r.names, r.values = at.names, at.values
}

// offByOne reports whether no right page is cited, and one beside a right page is: that is how an error of the page
// base looks.
func (s *Scorer) offByOne(q Question, got []spot) bool {
	near := false
	for _, e := range q.Evidence {
		if e.Page == nil {
			continue
		}
		if s.onPage(e.Doc, *e.Page, got) {
			return false
		}
		near = near || s.onPage(e.Doc, *e.Page-1, got) || s.onPage(e.Doc, *e.Page+1, got)
	}
	return near
}

// quoted is the share of the answer that stands in the first n characters of the quotes.
func (s *Scorer) quoted(q Question, citations []Cited, n int) float64 {
	var quotes []string
	for _, c := range citations {
		quote := truncated(c.Quote, n)
		quotes = append(quotes, quote)
		if n -= len([]rune(c.Quote)); n <= 0 {
			break
		}
	}
	return s.share(q, s.norm.answer(strings.Join(quotes, " … ")))
}

// share is 1 when a gold answer stands in the text; where key points exist, the share of them found.
func (s *Scorer) share(q Question, text string) float64 {
	found := 0
	if len(q.KeyPoints) > 0 {
		for _, variants := range q.KeyPoints {
			if s.any(variants, text) {
				found++
			}
		}
		return float64(found) / float64(len(q.KeyPoints))
	}
	if s.any(q.Answers, text) {
		return 1
	}
	return 0
}

func (s *Scorer) any(variants []string, text string) bool {
	return slices.ContainsFunc(variants, func(v string) bool { return contains(text, s.norm.answer(v)) })
}

// outcome is how a question ended, for what is said of confidence. A refusal is judged by the nearest passages that
// it shows: they are what the answer would have been.
func (s *Scorer) outcome(q Question, res Result) *outcome {
	o := &outcome{confidence: res.Confidence, answerable: q.Answerable, answered: res.Answered}
	if !q.Answerable {
		return o
	}
	shown := res.Citations
	if !res.Answered {
		shown = res.Nearest
	}
	share := 1.0 // where nobody told what a right answer holds, any answer counts
	if q.known() {
		share = s.quoted(q, shown, quotedMost)
	}
	o.partly, o.wholly = share > 0, share >= 1
	return o
}
