package answer

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/analysis"
	"rapporteur/qa"
)

// minSentence is the shortest sentence worth a vector, in characters.
const minSentence = 3

// Sentences cuts a chunk as a reading of it does: into sentences, whole items of lists and whole rows of
// tables, in order, in bytes of c.Text. Headings and what has no word are left out, as they are never
// quoted alone; a heading that reads like the question would also lift its passage over one that answers it.
func Sentences(c qa.Chunk) []qa.Span {
	var spans []qa.Span
	for l := range lines(c) {
		if l.kind == title {
			continue
		}
		for _, s := range l.sentences {
			if hasMeaning(c.Text[s.Start:s.End]) {
				spans = append(spans, qa.Span(s))
			}
		}
	}
	return spans
}

func hasMeaning(s string) bool {
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	return utf8.RuneCountInString(s) >= minSentence && strings.ContainsFunc(s, word)
}

// line is a line of a chunk: a paragraph, an item, a row or a heading.
type line struct {
	analysis.Span // in the chunk's text
	kind          kind
	sentences     []analysis.Span // in the chunk's text; a row is never cut
}

func lines(c qa.Chunk) iter.Seq[line] {
	return func(yield func(line) bool) {
		for start := 0; start < len(c.Text); {
			end := start + strings.IndexByte(c.Text[start:]+"\n", '\n')
			if !yield(cutLine(c, analysis.Span{Start: start, End: end})) {
				return
			}
			start = end + 1
		}
	}
}

func cutLine(c qa.Chunk, span analysis.Span) line {
	l := line{Span: span, kind: kindAt(c, span), sentences: analysis.Sentences(c.Text[span.Start:span.End])}
	for i := range l.sentences {
		l.sentences[i].Start += span.Start
		l.sentences[i].End += span.Start
	}
	if n := len(l.sentences); l.kind == row && n > 1 {
		l.sentences = []analysis.Span{{Start: l.sentences[0].Start, End: l.sentences[n-1].End}}
	}
	return l
}
