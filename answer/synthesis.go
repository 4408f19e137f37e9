package answer

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/analysis"
	"rapporteur/answer/wording"
	"rapporteur/qa"
)

// Reader reads a version from its start: what a summary needs, and a search does not give.
type Reader interface {
	// Chunks gives the chunks of a version in reading order.
	Chunks(ctx context.Context, version qa.VersionID) ([]qa.Chunk, error)
	// Passages gives the chunks of hits with their documents and pages, as far as the scope may read them.
	Passages(ctx context.Context, scope qa.Scope, hits []qa.Hit) ([]qa.Passage, error)
}

// The limits of a synthesis.
const (
	facetPassages   = 4    // passages of each that a model writes from
	overallQuotes   = 6    // of an answer over many reports
	mostSections    = 8    // sections that a summary takes a sentence of
	summaryBytes    = 2800 // of its quotes together
	titleShare      = 0.6  // of the words of a title that a question holds, for it to name the report
	titled          = 0.9  // confidence that a report named so, or the only one in scope, is the one that is meant
	shortestSummary = 60   // bytes of a sentence that a section is told by
	longestSummary  = 420
)

// synthesise answers what one passage cannot: a comparison, each side searched alone, or the summary of a report,
// section by section. It reports whether it did; the question is answered as any other when it did not.
func (a *Answerer) synthesise(ctx context.Context, w *work, q qa.Question, found qa.Evidence) (done bool, err error) {
	if facets := wording.Facets(w.answer.Standalone); len(facets) > 1 {
		return a.compare(ctx, w, q, found, facets)
	}
	if d, ok := summarised(w.answer.Standalone, q.Scope, found); ok && a.Reader != nil {
		return a.summarise(ctx, w, q, found, d)
	}
	if wording.Overall(w.answer.Standalone) {
		w.options.Quotes, w.options.Bytes = max(w.options.Quotes, overallQuotes), max(w.options.Bytes, summaryBytes)
	}
	return false, nil
}

// compare searches each side alone. One that the documents do not speak of leaves the question to be answered whole.
func (a *Answerer) compare(ctx context.Context, w *work, q qa.Question, found qa.Evidence, facets []string) (bool, error) {
	var sides []judged
	for _, f := range facets {
		evidence, err := a.search(ctx, w, q, f)
		if err != nil {
			return false, err
		}
		i := understand(f, f, w.answer.Language, evidence.Terms)
		i.wordsOnly = w.options.Uncalibrated
		j := w.judge(i, evidence.Passages)
		if len(j.chosen) == 0 || j.confidence < w.options.Threshold {
			return false, nil
		}
		sides = append(sides, j)
	}
	all := judged{inquiry: w.understand(q, w.answer.Standalone, found), confidence: 1}
	for n := range facetPassages {
		for _, j := range sides {
			if n < len(j.passages) && !slices.ContainsFunc(all.passages, func(p qa.Passage) bool { return p.ID == j.passages[n].ID }) {
				all.passages = append(all.passages, j.passages[n])
			}
		}
	}
	for _, j := range sides {
		all.confidence = min(all.confidence, j.confidence)
		best := j.chosen[0]
		if !slices.ContainsFunc(all.chosen, best.repeats) {
			all.chosen = append(all.chosen, best)
		}
	}
	if len(all.chosen) < 2 {
		return false, nil // one sentence speaks of both
	}
	return a.tell(ctx, w, q, all)
}

// tell writes a synthesis with the model, or shows one quote for each part of it.
func (a *Answerer) tell(ctx context.Context, w *work, q qa.Question, all judged) (bool, error) {
	w.answer.Confidence, w.answer.Passages = all.confidence, len(all.passages)
	if a.writes(q) {
		w.options.Written = max(w.options.Written, len(all.passages))
		if done, err := a.generate(ctx, w, q, all); done || err != nil {
			return done, err
		}
	}
	citations := w.cite(all.chosen)
	if len(citations) == 0 {
		return false, nil
	}
	return true, w.say(citations)
}

// summarised finds the report that a question asks the whole of: the one in scope, or the one that it names.
func summarised(question string, scope qa.Scope, found qa.Evidence) (qa.Document, bool) {
	if !wording.Overall(question) || len(found.Passages) == 0 {
		return qa.Document{}, false
	}
	if len(scope.Documents) == 1 || found.Documents == 1 {
		return found.Passages[0].Document, true
	}
	asked := map[string]bool{}
	for _, t := range analysis.Analyze(question, "fr") {
		asked[t.Stem] = true
	}
	var best qa.Document
	most := titleShare
	for _, p := range found.Passages {
		words, held, years := 0, 0, true
		for _, t := range analysis.Analyze(cmp.Or(p.Document.Title, p.Document.Source), "fr") {
			if t.Stop || t.Joined {
				continue
			}
			words++
			if asked[t.Stem] {
				held++
			} else if wording.IsYear(t.Exact) {
				years = false
			}
		}
		if share := float64(held) / float64(max(words, 1)); years && share >= most && p.Document.ID != best.ID {
			best, most = p.Document, share+1e-9
		}
	}
	return best, best.ID != ""
}

// summarise takes the passage that opens each of the larger sections, and one sentence of each.
func (a *Answerer) summarise(ctx context.Context, w *work, q qa.Question, found qa.Evidence, d qa.Document) (bool, error) {
	chunks, err := a.Reader.Chunks(ctx, d.Live)
	if err != nil {
		return false, err
	}
	var hits []qa.Hit
	for _, c := range opening(chunks) {
		hits = append(hits, qa.Hit{Chunk: c})
	}
	passages, err := a.Reader.Passages(ctx, q.Scope, hits)
	if err != nil || len(passages) == 0 {
		return false, err
	}
	all := judged{inquiry: w.understand(q, w.answer.Standalone, found), passages: passages, confidence: titled, whole: true}
	left := summaryBytes
	for _, p := range passages {
		r := all.inquiry.read(p)
		for _, c := range telling(&r, max(1, mostSections/len(passages))) {
			if len(c.text()) <= left && !slices.ContainsFunc(all.chosen, c.repeats) {
				left -= len(c.text())
				all.chosen = append(all.chosen, c)
			}
		}
	}
	if len(all.chosen) < 2 {
		return false, nil
	}
	return a.tell(ctx, w, q, all)
}

// opening chooses a chunk of each section, the longest of its first two, of at most mostSections sections that lie
// evenly over the report. Sections are those of the first level that has several.
func opening(chunks []qa.Chunk) []qa.ChunkID {
	for level := range 3 {
		var names []string
		first := map[string][]qa.Chunk{}
		for _, c := range chunks {
			if len(c.Section) <= level || besides.MatchString(analysis.Fold(strings.Join(c.Section, " "))) {
				continue
			}
			name := strings.Join(c.Section[:level+1], "\n")
			if first[name] == nil {
				names = append(names, name)
			}
			if len(first[name]) < 2 {
				first[name] = append(first[name], c)
			}
		}
		if len(names) < 3 {
			continue
		}
		var out []qa.ChunkID
		for _, name := range evenly(names, mostSections) {
			out = append(out, slices.MaxFunc(first[name], func(a, b qa.Chunk) int { return cmp.Compare(len(a.Text), len(b.Text)) }).ID)
		}
		return out
	}
	var out []qa.ChunkID
	for _, c := range evenly(chunks, mostSections) {
		out = append(out, c.ID)
	}
	return out
}

// besides are sections that tell nothing of what a report is about.
var besides = regexp.MustCompile(`^(?:sommaire|table des matieres|contents|remerciements|mentions legales|annexes?|glossaire|bibliographie|lexique|acknowledg|index)\b`)

// evenly takes at most n of all, at even distances, the first always.
func evenly[T any](all []T, n int) []T {
	if len(all) <= n {
		return all
	}
	out := make([]T, 0, n)
	for i := range n {
		out = append(out, all[i*len(all)/n])
	}
	return out
}

// telling finds the sentence that tells most under each heading of a passage, of n headings at most: an early one,
// whole in itself, with words of the titles over it and figures for preference.
func telling(r *reading, n int) []quote {
	above := map[string]bool{}
	for _, t := range analysis.Analyze(strings.Join(r.Section, " "), "fr") {
		above[t.Exact] = !t.Stop
	}
	var out []quote
	for start := 0; start < len(r.sentences) && len(out) < n; {
		end := start + 1
		for end < len(r.sentences) && r.sentences[end].kind != title {
			end++
		}
		best, most := quote{}, 0.0
		for i := start; i < end; i++ {
			if c := (quote{reading: r, first: i, last: i}); c.tells() {
				score := 1 / float64(i-start+3)
				if r.sentences[i].number {
					score *= 1.5
				}
				if slices.ContainsFunc(r.tokens[i], func(w string) bool { return above[w] }) {
					score *= 1.5
				}
				if score > most {
					best, most = c, score
				}
			}
		}
		if most > 0 {
			out = append(out, best)
		}
		start = end
	}
	return out
}

// tells reports a sentence that can stand for what is said around it.
func (c quote) tells() bool {
	s, text := c.reading.sentences[c.first], c.text()
	first, _ := utf8.DecodeRuneInString(text)
	return s.kind == plain && !s.leans && !s.asks && !s.leadIn && !s.cut && len(text) >= shortestSummary && len(text) <= longestSummary &&
		unicode.IsUpper(first) && strings.HasSuffix(text, ".") && !thanks.MatchString(text) && !c.speaks()
}

// thanks are sentences that a report is polite by.
var thanks = regexp.MustCompile(`(?i)\b(?:remerci|rendez-vous|bonne lecture|à bientôt|thank)`)
