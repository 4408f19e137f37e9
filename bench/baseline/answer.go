package main

import (
	"context"
	"strings"
	"time"

	"rapporteur/eval"
	"rapporteur/qa"
)

// Answer quotes the nearest chunks whole, or refuses when the best of them is below the cut-off.
func (l *library) Answer(ctx context.Context, q qa.Question, _ func(qa.Event) error) (qa.Answer, error) {
	begun := time.Now()
	found, err := l.find(ctx, q, l.top)
	if err != nil {
		return qa.Answer{}, err
	}
	a := qa.Answer{Mode: qa.ModeExtractive, Asked: q.Text, Standalone: q.Text, Confidence: confidence(found)}
	if len(found) == 0 || a.Confidence < l.cutOff {
		a.Refusal = &qa.Refusal{Reason: qa.NotInDocuments}
		a.Timings.Total = time.Since(begun)
		return a, nil
	}
	a.Answered = true
	var quotes []string
	for i, p := range found {
		text := l.texts[qa.VersionID(p.source)]
		c := qa.Citation{Number: i + 1, Document: qa.DocumentID(p.source), Version: qa.VersionID(p.source), Source: p.source,
			Span: p.Span, Quote: text.Content[p.Start:p.End]}
		if pages := pagesOf(text, p.Span); len(pages) > 0 {
			c.Page, c.PageLabel, c.PageUnit = pages[0].Number, pages[0].Label, pages[0].Unit
		}
		a.Citations, quotes = append(a.Citations, c), append(quotes, c.Quote)
	}
	a.Text = strings.Join(quotes, "\n\n")
	a.Timings.Total = time.Since(begun)
	return a, nil
}

// Retrieve gives the nearest chunks.
func (l *library) Retrieve(ctx context.Context, q qa.Question) (qa.Evidence, error) {
	found, err := l.find(ctx, q, q.Limit)
	if err != nil {
		return qa.Evidence{}, err
	}
	ev := qa.Evidence{Query: q.Text, Documents: len(l.texts), Confidence: confidence(found)}
	for _, p := range found {
		text := l.texts[qa.VersionID(p.source)]
		ev.Passages = append(ev.Passages, qa.Passage{
			Chunk:    qa.Chunk{Version: qa.VersionID(p.source), Span: p.Span, Text: text.Content[p.Start:p.End], Pages: pagesOf(text, p.Span)},
			Document: qa.Document{ID: qa.DocumentID(p.source), Source: p.source}, Score: p.score, Semantic: p.score})
	}
	return ev, nil
}

// Text gives the text that the chunks of a document were cut from.
func (l *library) Text(_ context.Context, _ qa.DocumentID, v qa.VersionID) (qa.Text, error) {
	return l.texts[v], nil
}

// confidence is the cosine of the best chunk, which is all that such a program knows.
func confidence(found []passage) float64 {
	if len(found) == 0 {
		return 0
	}
	return min(1, max(0, found[0].score))
}

// pagesOf gives the pages that a span touches. Between two pages is white space only, so its first is the page of its
// first byte.
func pagesOf(t qa.Text, s qa.Span) []qa.Page {
	var out []qa.Page
	for _, p := range t.Pages {
		if p.Overlaps(s) {
			out = append(out, p)
		}
	}
	return out
}

// bestCutOff asks for the cut-off that serves the baseline best.
const bestCutOff = -1

// scored is the score of the best chunk for a question, and whether the documents answer it.
type scored struct {
	score      float64
	answerable bool
}

// scores pairs the results of a run without refusals with their questions.
func scores(results []eval.Result, questions []eval.Question) []scored {
	answerable := map[string]bool{}
	for _, q := range questions {
		answerable[q.ID] = q.Answerable
	}
	out := make([]scored, len(results))
	for i, r := range results {
		out[i] = scored{score: r.Confidence, answerable: answerable[r.ID]}
	}
	return out
}

// favourable is the cut-off of the best balanced accuracy over these very questions, the lowest of equals; 0, which
// refuses nothing, where they are all answerable or none is.
func favourable(all []scored) float64 {
	best, cutOff := .5, 0.0
	for _, s := range all {
		if b := balanced(all, s.score); b > best || b == best && s.score < cutOff {
			best, cutOff = b, s.score
		}
	}
	return cutOff
}

// balanced is the mean of the shares of answerable questions kept and of others refused.
func balanced(all []scored, cutOff float64) float64 {
	var answerable, kept, others, refused float64
	for _, s := range all {
		switch {
		case s.answerable:
			answerable++
			if s.score >= cutOff {
				kept++
			}
		default:
			others++
			if s.score < cutOff {
				refused++
			}
		}
	}
	if answerable == 0 || others == 0 {
		return .5
	}
	return (kept/answerable + refused/others) / 2
}
