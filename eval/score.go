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

// Scorer turns a run into metrics. All scores are percentages but for ms_* (milliseconds) and quoted_characters;
// docs/evaluation.md defines each.
type Scorer struct {
	Set  Set
	Same map[string]string // source → source of the same text in another format: citing either is right
	By   string            // "type" or "lang": the questions of each are scored apart too
	norm *normaliser
}

// row is what one question gives.
type row struct {
	question Question
	slice    string // of which the row is a part: "arm=lexical"
	names    []string
	values   []float64
	outcome  *outcome // of stage ask
}

func (r *row) add(metric string, value float64) {
	r.names, r.values = append(r.names, metric), append(r.values, value)
}

func (r *row) yes(metric string, ok bool) { r.add(metric, percent(ok)) }

// value gives the first value of a metric.
func (r *row) value(metric string) (float64, bool) {
	if i := slices.Index(r.names, metric); i >= 0 {
		return r.values[i], true
	}
	return 0, false
}

func percent(ok bool) float64 {
	if ok {
		return 100
	}
	return 0
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

// rows scores each result by itself, in the order of the run. Results of no question of the set are passed over.
func (s *Scorer) rows(stage Stage, results []Result) []row {
	s.norm = newNormaliser()
	questions := map[string]Question{}
	for _, q := range s.Set.Questions {
		questions[q.ID] = q
	}
	var out []row
	for _, res := range results {
		q, ok := questions[res.ID]
		if !ok {
			continue
		}
		r := row{question: q}
		if res.Arm != "" {
			r.slice = "arm=" + string(res.Arm)
		}
		if stage == StageAsk {
			s.ask(&r, res)
		} else {
			s.retrieval(&r, res)
		}
		out = append(out, r)
	}
	return out
}

func (s *Scorer) retrieval(r *row, res Result) {
	q := r.question
	switch {
	case q.Grades != nil:
		s.ranked(r, res)
	case q.Answerable && len(q.Evidence) > 0:
		var got []spot
		for _, p := range res.Retrieved {
			got = append(got, spot{doc: p.Doc, pages: p.Pages})
		}
		for _, k := range []int{1, 5, 10} {
			s.spots(r, got[:min(k, len(got))], fmt.Sprintf("@%d", k))
		}
	}
	var found []placed
	for _, p := range res.Retrieved[:min(5, len(res.Retrieved))] {
		found = append(found, placed{p.Doc, p.Extent})
	}
	tightness(r, found, "@5")
}

// ranked scores a ranking of documents: the best passage of each document gives its rank.
// nDCG@10 has gain 2^grade - 1 and discount log2(rank + 1), ideal over all judged documents.
func (s *Scorer) ranked(r *row, res Result) {
	grades := r.question.Grades
	var order []string
	seen := map[string]bool{}
	for _, p := range res.Retrieved {
		if !seen[p.Doc] {
			seen[p.Doc] = true
			order = append(order, p.Doc)
		}
	}
	if v, ok := ndcg(grades, order, 10); ok {
		r.add("ndcg@10", v)
	}
	least := s.least()
	relevant := 0
	for _, g := range grades {
		if g >= least {
			relevant++
		}
	}
	if relevant == 0 {
		return
	}
	first, found := 0, map[int]int{}
	for i, doc := range order {
		if grades[doc] < least {
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
	for _, k := range []int{1, 5, 10, 100} {
		r.add(fmt.Sprintf("recall@%d", k), 100*float64(found[k])/float64(relevant))
		r.yes(fmt.Sprintf("success@%d", k), found[k] > 0)
	}
	rr := 0.0
	if first > 0 && first <= 10 {
		rr = 100 / float64(first)
	}
	r.add("mrr@10", rr)
}

// least is the lowest grade that is relevant: never 0, which is what documents that nobody judged have.
func (s *Scorer) least() float64 { return max(s.Set.Relevant, math.SmallestNonzeroFloat64) }

// ndcg is the discounted gain of the first k documents over the best one possible; false where no judged document
// has any gain.
func ndcg(grades map[string]float64, order []string, k int) (float64, bool) {
	gain := func(g float64) float64 { return math.Pow(2, g) - 1 }
	var ideal []float64
	for _, g := range grades {
		ideal = append(ideal, gain(g))
	}
	slices.SortFunc(ideal, func(a, b float64) int { return cmp.Compare(b, a) })
	dcg, best := 0.0, 0.0
	for i := range min(k, len(ideal)) {
		best += ideal[i] / math.Log2(float64(i+2))
	}
	for i, doc := range order[:min(k, len(order))] {
		dcg += gain(grades[doc]) / math.Log2(float64(i+2))
	}
	return 100 * dcg / best, best > 0
}

// spot is where a passage or citation stands.
type spot struct {
	doc   string
	pages []int
}

// spots scores documents and pages: any of the evidence is enough, but a comparison needs every document.
func (s *Scorer) spots(r *row, got []spot, suffix string) {
	docs := map[string][]Evidence{}
	for _, e := range r.question.Evidence {
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
	all := r.question.Type == "comparison"
	r.yes("document"+suffix, hitDocs == len(docs) || !all && hitDocs > 0)
	if paged > 0 {
		r.yes("page"+suffix, hitPages == paged || !all && hitPages > 0)
	}
}

func (s *Scorer) hit(doc string, evidence []Evidence, got []spot) (hit, page int, hasPage bool) {
	for _, e := range evidence {
		if e.Page == nil {
			continue
		}
		hasPage = true
		if s.onPage(doc, *e.Page, got) {
			page = 1
		}
	}
	for _, g := range got {
		if s.equivalent(doc, g.doc) {
			hit = 1
		}
	}
	return hit, page, hasPage
}

func (s *Scorer) onPage(doc string, page int, got []spot) bool {
	return slices.ContainsFunc(got, func(g spot) bool { return s.sameDoc(doc, g.doc) && slices.Contains(g.pages, page) })
}

// equivalent reports whether a source is a gold document, or the same text in another format.
func (s *Scorer) equivalent(gold, source string) bool {
	return s.sameDoc(gold, source) || s.Same[gold] != "" && s.sameDoc(s.Same[gold], source)
}

// sameDoc compares a gold document with a source; sets name files relative to their own folder.
func (s *Scorer) sameDoc(gold, source string) bool {
	for strings.HasPrefix(gold, "../") {
		gold = strings.TrimPrefix(gold, "../")
	}
	return gold == source || strings.HasSuffix(gold, "/"+source) || strings.HasSuffix(source, "/"+gold)
}
