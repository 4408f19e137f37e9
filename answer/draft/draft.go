// Package draft cuts the text that a language model writes into sentences as it comes, and reads the numbers of the
// passages that each one names. What it gives is plain text: marks of Markdown are taken off, nothing is interpreted.
package draft

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/analysis"
)

// Sentence is one sentence that a model wrote.
type Sentence struct {
	Text     string // plain text on one line, without the numbers of passages
	Passages []int  // numbers that it names, in order, once each
	Item     bool   // an item of a list
	Opens    bool   // begins a line
}

// longest is the length, in bytes, at which a sentence that does not end is cut, once slack more bytes are there: by
// then it is sure where its first part ends, whatever pieces the text comes in. No more than step bytes are read at
// once, so that the time is in proportion to the length of the text, whatever a model writes.
const longest, slack, step = 2000, 64, 1024

// fence opens and closes a block of code at the start of a line.
const fence = "```"

// Splitter gathers the pieces of one text. The zero Splitter is ready.
type Splitter struct {
	rest   string // what is not yet a whole sentence
	inLine bool   // rest goes on a line of which a part was read
	item   bool   // … and which is an item of a list
	fenced bool   // inside a block of code, which holds no sentence
}

// Write takes the next piece and gives the sentences that it completes.
func (s *Splitter) Write(piece string) []Sentence {
	var out []Sentence
	for len(piece) > 0 {
		n := runeStart(piece, min(step, len(piece)))
		s.rest += piece[:n]
		piece = piece[n:]
		for {
			line, rest, whole := strings.Cut(s.rest, "\n")
			if !whole {
				break
			}
			s.rest = rest
			out = append(out, s.line(line)...)
			s.inLine, s.item = false, false
		}
		out = append(out, s.ready()...)
	}
	return out
}

// runeStart is the start of the character that at, an offset of text in bytes, falls in.
func runeStart(text string, at int) int {
	for n := at; n > at-utf8.UTFMax && n > 0 && n < len(text); n-- {
		if utf8.RuneStart(text[n]) {
			return n
		}
	}
	return at
}

// Close gives what is left: a last sentence, perhaps cut.
func (s *Splitter) Close() []Sentence {
	line := s.rest
	s.rest = ""
	return s.line(line)
}

// line gives the sentences of what is left of a line.
func (s *Splitter) line(line string) []Sentence {
	if !s.inLine && strings.HasPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), fence) {
		s.fenced = !s.fenced
		return nil
	}
	if s.fenced {
		return nil
	}
	out, text, spans := s.cut(s.open(line))
	for _, span := range spans {
		out = s.add(out, text[span.Start:span.End])
	}
	return out
}

// cut takes the sentences off a text up to the last part of one that is too long. It gives them, what is left of the
// text, and the spans of the sentences in that.
func (s *Splitter) cut(text string) (out []Sentence, rest string, spans []analysis.Span) {
	for {
		spans = analysis.Sentences(text)
		long := slices.IndexFunc(spans, func(x analysis.Span) bool { return x.End-x.Start > longest+slack })
		if long < 0 {
			return out, text, spans
		}
		end := runeStart(text, spans[long].Start+longest)
		spans[long].End = end
		for _, span := range spans[:long+1] {
			out = s.add(out, text[span.Start:span.End])
		}
		text, s.inLine = text[end:], true
	}
}

// ready gives the sentences of the unfinished line that have surely ended: nothing that may follow belongs to them.
func (s *Splitter) ready() []Sentence {
	s.rest = strings.TrimLeftFunc(s.rest, unicode.IsSpace)
	if !s.inLine {
		switch {
		case s.fenced, strings.HasPrefix(s.rest, fence):
			s.rest = s.rest[:min(len(fence), len(s.rest))] // no more is needed to tell what the line is
			return nil
		case strings.HasPrefix(fence, s.rest):
			return nil
		}
	}
	if !closed.MatchString(s.rest) && !ended.MatchString(s.rest) && len(s.rest) < longest {
		return nil
	}
	opened := s.open(s.rest)
	out, text, spans := s.cut(opened)
	sure := len(spans) - 1
	if len(spans) > 0 && closed.MatchString(text) && endsBeforeAll(text, len(spans)) {
		sure++
	}
	if sure <= 0 && len(text) == len(opened) {
		return nil
	}
	s.rest = text
	if sure > 0 {
		s.rest = text[spans[sure-1].End:]
		for _, span := range spans[:sure] {
			out = s.add(out, text[span.Start:span.End])
		}
	}
	return out
}

// endsBeforeAll reports whether the last of n sentences ends whatever begins after it: a word, a number, the number
// of an article, each of which some abbreviation goes before.
func endsBeforeAll(text string, n int) bool {
	text = strings.TrimRightFunc(text, unicode.IsSpace)
	for _, next := range []string{" Elle", " 12", " L. 12-3"} {
		if spans := analysis.Sentences(text + next); len(spans) <= n || spans[n-1].End < len(text) {
			return false
		}
	}
	return true
}

var (
	// closed is the end of a sentence that names its passage, or is followed by a space.
	closed = regexp.MustCompile(`(?:\]|】)[.!?…]*\s*$|[.!?…]["»”)]*\s+$`)
	// ended is a sentence with the next one begun.
	ended = regexp.MustCompile(`[.!?…\]】]["»”)]*\s+\S`)
)

// open takes the mark of a list or a heading off the start of a line.
func (s *Splitter) open(line string) string {
	if s.inLine {
		return line
	}
	if at := itemMark.FindString(line); at != "" {
		s.item = true
		return line[len(at):]
	}
	return headingMark.ReplaceAllString(line, "")
}

var (
	itemMark    = regexp.MustCompile(`^\s*(?:[-*•–▪◦]|\d{1,2}[.)])\s+`)
	headingMark = regexp.MustCompile(`^\s*(?:#{1,6}|>)\s+`)
	marks       = regexp.MustCompile(`\s*(?:\[\^?(\d{1,3}(?:\s*[,;–-]\s*\^?\d{1,3})*)\]|【(\d{1,3})[^】]*】)`)
	numbers     = regexp.MustCompile(`\d{1,3}`)
	emphasis    = regexp.MustCompile(`\*\*|__|\x60`)
)

func (s *Splitter) add(out []Sentence, raw string) []Sentence {
	x := Sentence{Item: s.item, Opens: !s.inLine}
	for _, m := range marks.FindAllString(raw, -1) {
		for _, n := range numbers.FindAllString(m, -1) {
			if k, err := strconv.Atoi(n); err == nil && !slices.Contains(x.Passages, k) {
				x.Passages = append(x.Passages, k)
			}
		}
	}
	text := emphasis.ReplaceAllString(marks.ReplaceAllString(raw, ""), "")
	x.Text = strings.Join(strings.FieldsFunc(clean(text), func(r rune) bool { return r == ' ' || r == '\t' || r == '\r' }), " ")
	if strings.IndexFunc(x.Text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) < 0 {
		if n := len(out); n > 0 { // numbers alone belong to the sentence before
			for _, k := range x.Passages {
				if !slices.Contains(out[n-1].Passages, k) {
					out[n-1].Passages = append(out[n-1].Passages, k)
				}
			}
		}
		return out
	}
	s.inLine = true
	return append(out, x)
}

// clean drops characters that are never seen, or that turn the direction of what is.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\r':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
}
