package eval

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"rapporteur/analysis"
	"rapporteur/qa"
)

// The words of a sentence that is suggested as evidence: enough to say something, few enough to be a quote.
const (
	draftFewest = 8
	draftMost   = 40
)

// Drafter suggests questions about stored documents, for people to correct: a set is worth what its authors know of
// what is really asked.
type Drafter struct {
	Each int // suggested for each document, at most
	// Heading and Sentence word a suggestion, of the heading above the evidence or, without one, of the evidence.
	Heading, Sentence func(string) string
}

// Draft suggests questions about one document, spread over it, one a heading first. The evidence of each is a whole
// sentence, byte for byte as it is stored, with its page.
func (d Drafter) Draft(doc qa.Document, text qa.Text) []Question {
	all := candidates(text)
	var out []Question
	for _, c := range spread(all, d.Each) {
		q := Question{ID: fmt.Sprintf("%s-%02d", doc.ID, len(out)+1), Language: text.Language, Type: "fact", Answerable: true, Draft: true, Group: doc.Source}
		quote := text.Content[c.span.Start:c.span.End]
		q.Text = d.Sentence(quote)
		if c.heading != "" {
			q.Text = d.Heading(c.heading)
		}
		e := Evidence{Doc: doc.Source, Quote: quote}
		for _, p := range text.Pages {
			if p.Start <= c.span.Start && c.span.Start < p.End {
				number := p.Number
				e.Page = &number
			}
		}
		q.Evidence = []Evidence{e}
		out = append(out, q)
	}
	return out
}

// candidate is a sentence that may be evidence.
type candidate struct {
	span    qa.Span
	heading string
	first   bool // below its heading
}

// candidates are the sentences of plain paragraphs that are quotes of a good length.
func candidates(text qa.Text) []candidate {
	var out []candidate
	heading, used := "", false
	use := func(start, end int) {
		for _, s := range analysis.Sentences(text.Content[start:end]) {
			span := qa.Span{Start: start + s.Start, End: start + s.End}
			if n := len(strings.Fields(text.Content[span.Start:span.End])); n < draftFewest || n > draftMost {
				continue
			}
			out = append(out, candidate{span: span, heading: heading, first: heading != "" && !used})
			used = true
		}
	}
	for _, b := range text.Blocks {
		switch b.Kind {
		case qa.BlockHeading:
			heading, used = strings.Join(strings.Fields(text.Content[b.Start:b.End]), " "), false
			if utf8.RuneCountInString(heading) > 120 {
				heading = ""
			}
		case qa.BlockParagraph:
			use(b.Start, b.End)
		}
	}
	return out
}

// spread chooses n candidates, those that come first below a heading before others, in the order of the text.
func spread(all []candidate, n int) []candidate {
	var firsts []candidate
	for _, c := range all {
		if c.first {
			firsts = append(firsts, c)
		}
	}
	if len(firsts) >= n {
		all = firsts
	}
	if n >= len(all) {
		return all
	}
	out := make([]candidate, n)
	for i := range out {
		out[i] = all[i*len(all)/n]
	}
	return out
}
