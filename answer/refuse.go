package answer

import (
	"slices"
	"strings"
	"unicode"

	"rapporteur/answer/guard"
	"rapporteur/locale"
	"rapporteur/qa"
)

// refuse says that the documents do not say, what was searched, and what came nearest: that they speak of another
// year than the one asked for, or do not know a name at all; or that many speak of the one thing asked about.
func (w *work) refuse(documents int, j judged) {
	w.answer.Answered = false
	reason, code, args := qa.NotInDocuments, "answer_not_said_many", []any{documents}
	near := nearest(j.all, w.options.Quotes)
	switch {
	case documents == 0:
		reason, code, args = qa.NoDocuments, "answer_no_documents", nil
	case j.signals[yearGone] == 1:
		reason, code = qa.PremiseNotSupported, "answer_other_year"
		args = []any{strings.Join(j.inquiry.years, ", "), strings.Join(yearsOf(j.chosen[0]), ", ")}
	case documents == 1:
		code, args = "answer_not_said_one", nil
	case j.inquiry.vague() && manySpeak(j.inquiry, near):
		reason, code, args = qa.NeedsPrecision, "answer_too_broad", nil
	}
	w.answer.Refusal = &qa.Refusal{Reason: reason, Nearest: w.cite(near)}
	w.answer.Text = locale.Sentence(w.answer.Language, code, args...)
	if names := j.inquiry.unknownNames(); reason == qa.NotInDocuments && len(names) > 0 && !guard.Speaks(w.answer.Asked) {
		w.answer.Text += " " + locale.Sentence(w.answer.Language, "answer_not_mentioned", strings.Join(names, ", "))
	}
	if len(w.answer.Refusal.Nearest) > 0 {
		w.answer.Text += " " + locale.Sentence(w.answer.Language, "answer_nearest")
	}
}

// manySpeak reports whether quotes of two documents or more hold all that the question names: it may be about any of them.
func manySpeak(q inquiry, near []quote) bool {
	documents := map[qa.DocumentID]bool{}
	for _, c := range near {
		if q.mass > 0 && q.touches(c.text()) {
			documents[c.reading.Document.ID] = true
		}
	}
	return len(documents) > 1
}

// unknownNames are the names, acronyms and years of the question that no document holds. Codes of letters and figures
// are not named again: there is nothing to see in them, and they may be all that an order in the question is after.
func (q inquiry) unknownNames() (names []string) {
	for _, t := range q.terms {
		isCode := func(o term) bool {
			return strings.Contains(o.surface, t.surface) && strings.ContainsAny(o.surface, "0123456789") && strings.IndexFunc(o.surface, unicode.IsLetter) >= 0
		}
		if t.name && !t.known && !slices.ContainsFunc(q.terms, isCode) {
			names = append(names, t.surface)
		}
	}
	return names
}

// unclear answers what is no question: a greeting, thanks, or nothing to look for.
func (w *work) unclear(code string) qa.Answer {
	w.answer.Refusal = &qa.Refusal{Reason: qa.NeedsPrecision}
	w.answer.Text = locale.Sentence(w.answer.Language, code)
	return w.finish()
}

// nearest are the best quotes, one a passage, that do not say the same.
func nearest(all []quote, most int) []quote {
	var near []quote
	for _, c := range all {
		same := func(o quote) bool { return c.reading == o.reading || c.repeats(o) }
		if len(near) < most && !slices.ContainsFunc(near, same) && !c.speaks() {
			near = append(near, c)
		}
	}
	return near
}
