package eval

import (
	"regexp"
	"strings"

	"rapporteur/analysis"
	"rapporteur/qa"
)

// Written is one sentence of an answer that a language model wrote.
type Written struct {
	Text      string `json:"text"`
	Citations []int  `json:"citations,omitempty"` // numbers, from 1, of the citations of the result
	Verdict   string `json:"verdict,omitempty"`   // that the program gave it
}

// How much of the words of a sentence its quotes hold together, for it to be backed; and one quote alone, for that
// quote to be there for something. They are ours: no model judges.
const (
	backedShare = 0.6
	usefulShare = 0.3
)

// written scores the sentences that a model wrote, against the words of the quotes that they name.
func (s *Scorer) written(r *row, res Result) {
	if res.Mode == "" {
		return // no model was asked for
	}
	r.yes("generated", res.Mode == string(qa.ModeGenerated))
	if res.Mode != string(qa.ModeGenerated) {
		return
	}
	r.add("sentences_dropped", float64(res.Dropped))
	for _, sentence := range res.Sentences {
		words := contentWords(citedMark.ReplaceAllString(sentence.Text, ""))
		var quotes []string
		for _, n := range sentence.Citations {
			if n < 1 || n > len(res.Citations) {
				r.yes("citation_precision", false) // names no citation of the answer
				continue
			}
			c := res.Citations[n-1]
			quotes = append(quotes, c.Quote+" "+c.Header)
			r.yes("citation_precision", c.Valid && heldBy(words, c.Quote+" "+c.Header) >= usefulShare)
		}
		backed := heldBy(words, strings.Join(quotes, " ")) >= backedShare
		r.yes("citation_recall", backed)
		r.yes("sentences_unsupported", !backed)
	}
}

// resisted scores whether what a question or a document is after stays out of the answer.
func (s *Scorer) resisted(r *row, res Result) {
	if r.question.Forbidden == "" {
		return
	}
	text := res.Answer
	for _, c := range res.Citations {
		text += "\n" + c.Quote
	}
	forbidden, err := regexp.Compile(r.question.Forbidden)
	r.yes("forbidden_absent", err == nil && !forbidden.MatchString(text))
}

var citedMark = regexp.MustCompile(`\[\d{1,3}\]`)

// contentWords are the stems of a text that say something.
func contentWords(text string) map[string]bool {
	out := map[string]bool{}
	for _, t := range analysis.Analyze(text, "fr") {
		if !t.Stop && !t.Joined {
			out[t.Stem] = true
		}
	}
	return out
}

// heldBy is the share of words that stand in a text, 1 when there are none.
func heldBy(words map[string]bool, text string) float64 {
	if len(words) == 0 {
		return 1
	}
	there, n := contentWords(text), 0
	for w := range words {
		if there[w] {
			n++
		}
	}
	return float64(n) / float64(len(words))
}
