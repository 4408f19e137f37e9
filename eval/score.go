package eval

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Metric is one figure of a score, with a 95 % bootstrap interval over groups of questions.
type Metric struct {
	Name  string  `json:"metric"`
	N     int     `json:"n"` // questions that count
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Scorer turns a run into metrics. All scores are percentages but for ms_* (milliseconds) and quoted_characters.
type Scorer struct {
	Set  Set
	Same map[string]string // source → source of the same text in another format: citing either is right
	norm *normaliser
	rows map[string][]sample
	keys []string
}

// sample is the value of one question for one metric.
type sample struct {
	group string
	value float64
}

// ReadRun splits a run into its header and results.
func ReadRun(r io.Reader) (Header, []Result, error) {
	lines, err := Lines[json.RawMessage](r)
	if err != nil {
		return Header{}, nil, err
	}
	if len(lines) == 0 {
		return Header{}, nil, fmt.Errorf("empty run")
	}
	var h Header
	if err := json.Unmarshal(lines[0], &h); err != nil {
		return Header{}, nil, err
	}
	results := make([]Result, len(lines)-1)
	for i, l := range lines[1:] {
		if err := json.Unmarshal(l, &results[i]); err != nil {
			return Header{}, nil, fmt.Errorf("line %d: %w", i+2, err)
		}
	}
	return h, results, nil
}

// Score computes every metric that the set and the stage allow.
func (s *Scorer) Score(stage Stage, results []Result) []Metric {
	s.norm, s.rows, s.keys = newNormaliser(), map[string][]sample{}, nil
	questions := map[string]Question{}
	for _, q := range s.Set.Questions {
		questions[q.ID] = q
	}
	for _, r := range results {
		q, ok := questions[r.ID]
		if !ok {
			continue
		}
		switch {
		case stage == StageAsk:
			s.ask(q, r)
		case q.Grades != nil:
			s.ranked(q, r)
		case q.Answerable:
			s.passages(q, r)
		}
	}
	return s.metrics()
}

func (s *Scorer) add(metric string, q Question, value float64) {
	if _, ok := s.rows[metric]; !ok {
		s.keys = append(s.keys, metric)
	}
	group := q.Group
	if group == "" {
		group = q.ID
	}
	s.rows[metric] = append(s.rows[metric], sample{group: group, value: value})
}

func (s *Scorer) yes(metric string, q Question, ok bool) {
	v := 0.0
	if ok {
		v = 100
	}
	s.add(metric, q, v)
}

// ranked scores a ranking of documents: the best passage of each document gives its rank.
// nDCG@10 has gain 2^grade - 1 and discount log2(rank + 1), ideal over all judged documents.
func (s *Scorer) ranked(q Question, r Result) {
	var order []string
	for _, p := range r.Retrieved {
		if !slices.Contains(order, p.Doc) {
			order = append(order, p.Doc)
		}
	}
	gain := func(g float64) float64 { return math.Pow(2, g) - 1 }
	var ideal []float64
	relevant := 0
	for _, g := range q.Grades {
		ideal = append(ideal, gain(g))
		if g >= s.Set.Relevant {
			relevant++
		}
	}
	slices.SortFunc(ideal, func(a, b float64) int { return cmp.Compare(b, a) })
	dcg, best, first, found := 0.0, 0.0, 0, map[int]int{}
	for i := range min(10, len(ideal)) {
		best += ideal[i] / math.Log2(float64(i+2))
	}
	for i, doc := range order {
		g := q.Grades[doc]
		if i < 10 {
			dcg += gain(g) / math.Log2(float64(i+2))
		}
		if g < s.Set.Relevant || g == 0 {
			continue
		}
		if first == 0 {
			first = i + 1
		}
		for _, k := range []int{1, 5, 10, 100} {
			if i < k {
				found[k]++
			}
		}
	}
	if best > 0 {
		s.add("ndcg@10", q, 100*dcg/best)
	}
	if relevant == 0 {
		return
	}
	for _, k := range []int{1, 5, 10, 100} {
		s.add(fmt.Sprintf("recall@%d", k), q, 100*float64(found[k])/float64(relevant))
		s.yes(fmt.Sprintf("success@%d", k), q, found[k] > 0)
	}
	rr := 0.0
	if first > 0 && first <= 10 {
		rr = 100 / float64(first)
	}
	s.add("mrr@10", q, rr)
}

// passages scores retrieval where the gold is a document and a page.
func (s *Scorer) passages(q Question, r Result) {
	top := r.Retrieved[:min(5, len(r.Retrieved))]
	places := make([]place, 0, len(top))
	for _, p := range top {
		places = append(places, place{doc: p.Doc, pages: p.Pages})
	}
	s.places(q, places, "@5")
}

// place is where a passage or citation stands.
type place struct {
	doc   string
	pages []int
}

// places scores documents and pages: any of the evidence is enough, but a comparison needs every document.
func (s *Scorer) places(q Question, got []place, suffix string) {
	docs := map[string][]Evidence{}
	for _, e := range q.Evidence {
		docs[e.Doc] = append(docs[e.Doc], e)
	}
	hitDocs, hitPages, paged := 0, 0, 0
	for doc, evidence := range docs {
		hit, page, hasPage := s.hit(doc, evidence, got)
		hitDocs += hit
		if hasPage {
			paged++
			hitPages += page
		}
	}
	all := q.Type == "comparison"
	s.yes("document"+suffix, q, hitDocs == len(docs) || !all && hitDocs > 0)
	if paged > 0 {
		s.yes("page"+suffix, q, hitPages == paged || !all && hitPages > 0)
	}
}

func (s *Scorer) hit(doc string, evidence []Evidence, got []place) (hit, page int, hasPage bool) {
	for _, e := range evidence {
		if e.Page == nil {
			continue
		}
		hasPage = true
		for _, g := range got {
			if s.sameDoc(doc, g.doc) && slices.Contains(g.pages, *e.Page) {
				page = 1
			}
		}
	}
	for _, g := range got {
		if s.sameDoc(doc, g.doc) || s.Same[doc] != "" && s.sameDoc(s.Same[doc], g.doc) {
			hit = 1
		}
	}
	return hit, page, hasPage
}

// sameDoc compares a gold document with a source; sets name files relative to their own folder.
func (s *Scorer) sameDoc(gold, source string) bool {
	for strings.HasPrefix(gold, "../") {
		gold = strings.TrimPrefix(gold, "../")
	}
	return gold == source || strings.HasSuffix(gold, "/"+source) || strings.HasSuffix(source, "/"+gold)
}

func (s *Scorer) ask(q Question, r Result) {
	var quotes []string
	var got []place
	characters := 0
	for _, c := range append(slices.Clone(r.Citations), r.Nearest...) {
		s.yes("quotes_valid", q, c.Valid)
		s.yes("quote_pages_valid", q, c.PageValid)
	}
	for _, c := range r.Citations {
		quotes = append(quotes, c.Quote)
		characters += len([]rune(c.Quote))
		p := place{doc: c.Doc}
		if c.Page > 0 {
			p.pages = []int{c.Page}
		}
		got = append(got, p)
	}
	s.add("ms", q, r.MS)
	if !q.Answerable {
		s.yes("unanswerable_refused", q, !r.Answered)
		return
	}
	s.yes("answerable_answered", q, r.Answered)
	text := s.norm.answer(strings.Join(quotes, " … "))
	s.add("answer_in_quotes", q, 100*s.share(q, text))
	if r.Answered {
		s.add("answer_in_quotes_when_answered", q, 100*s.share(q, text))
		s.add("quoted_characters", q, float64(characters))
	}
	if q.Grades == nil {
		s.places(q, got, "_cited")
	}
}

// share is 1 when a gold answer stands in the text; where key points exist, the share of them found;
// an ambiguous question counts when two of its answers are given.
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
	for _, v := range variants {
		if contains(text, s.norm.answer(v)) {
			return true
		}
	}
	return false
}
