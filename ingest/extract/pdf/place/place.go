// Package place finds a quote among the characters of a page, to draw boxes around it.
package place

import (
	"math"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"rapporteur/ingest/extract/pdf/layout"
)

// Char is a character of a page, in the order of its content. Line ends are characters too.
type Char struct {
	Rune rune // 0 where a reader does not see it
	Box  layout.Box
}

// WrapHyphen stands for a hyphen at the end of a line; no line end follows it.
const WrapHyphen = '\x02'

// Find gives the boxes around a quote of a text that was made from the characters: hyphens mended,
// ligatures opened, cells joined by bars. There is one box for each line or cell, and none where the
// quote is not on the page. before is some text that stands before it, to choose among several places.
func Find(chars []Char, before, quote string) []layout.Box {
	s := newStream(chars)
	return s.boxes(s.find(before, quote))
}

// stream is the letters and digits of a page in the order of its content, without case and accents:
// what is left of them after hyphens, spaces, ligatures and exponents were made plain.
type stream struct {
	chars []Char
	text  string
	at    []int  // the char that each byte of text comes from
	line  []int  // of each char
	edge  []bool // whether a word starts or ends before each byte of text, and at its end
	used  []bool // bytes that a piece of the quote has taken
}

// newStream folds the characters of a page.
func newStream(chars []Char) *stream {
	s := &stream{chars: chars, line: make([]int, len(chars))}
	var b strings.Builder
	edge, line := true, 0
	for i, c := range chars {
		s.line[i] = line
		if c.Rune == '\r' || c.Rune == '\n' || c.Rune == WrapHyphen {
			line++
		}
		if c.Rune == 0 {
			continue
		}
		folded := Fold(string(c.Rune))
		if folded == "" {
			edge = edge || !unicode.IsMark(c.Rune)
			continue
		}
		b.WriteString(folded)
		for range len(folded) {
			s.at, s.edge = append(s.at, i), append(s.edge, edge)
			edge = false
		}
	}
	s.text, s.edge, s.used = b.String(), append(s.edge, true), make([]bool, b.Len())
	return s
}

// Fold keeps the letters and digits of a text, small and without accents.
func Fold(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(text))
}

// run is a stretch of the stream's text.
type run struct{ start, end int }

// find gives the stretches that make up a quote, in its order; none where it is not on the page.
func (s *stream) find(before, quote string) []run {
	all := Fold(quote)
	if all == "" {
		return nil
	}
	context := Fold(before)
	best, likeness := run{}, -1
	for i := 0; i+len(all) <= len(s.text); i++ {
		next := strings.Index(s.text[i:], all)
		if next < 0 {
			break
		}
		i += next
		if n := commonEnd(s.text[:i], context); n > likeness {
			best, likeness = run{i, i + len(all)}, n
		}
	}
	if likeness >= 0 {
		return []run{best}
	}
	return s.pieces(context, quote)
}

// commonEnd is how many bytes two texts share at their ends, up to 500.
func commonEnd(a, b string) int {
	n := 0
	for n < min(len(a), len(b), 500) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// maxPieces is the most pieces a quote may fall into: the cells of a long row, line by line.
const maxPieces = 60

// pieces finds the words of a quote that are not one after the other in the content, such as the
// cells of a row: the longest piece first, each as near as can be to the one before.
func (s *stream) pieces(before, quote string) []run {
	var words []string
	for _, w := range strings.FieldsFunc(norm.NFKD.String(quote), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	}) {
		if w = Fold(w); w != "" {
			words = append(words, w)
		}
	}
	var found []run
	for len(words) > 0 {
		piece, n := s.longest(words, before, found)
		if n == 0 || len(found) == maxPieces {
			return nil
		}
		for i := piece.start; i < piece.end; i++ {
			s.used[i] = true
		}
		found, words = append(found, piece), words[n:]
	}
	return found
}

// longest finds where most of the next words stand in a row, and how many they are. Of equal places
// it takes that nearest to the last piece, or the one that goes on from before.
func (s *stream) longest(words []string, before string, found []run) (best run, n int) {
	distance := math.Inf(1)
	for start := range len(s.text) {
		if !s.edge[start] || s.used[start] || s.text[start] != words[0][0] {
			continue
		}
		end, count := s.match(start, words)
		if count == 0 || count < n {
			continue
		}
		away := -float64(commonEnd(s.text[:start], before))
		if len(found) > 0 {
			away = s.away(found[len(found)-1], start)
		}
		if count > n || away < distance {
			best, n, distance = run{start, end}, count, away
		}
	}
	return best, n
}

// match counts the words that stand at start, one after the other, up to the end of a word.
func (s *stream) match(start int, words []string) (end, count int) {
	at := start
	for i, w := range words {
		if !strings.HasPrefix(s.text[at:], w) || s.used[at] {
			break
		}
		if at += len(w); s.edge[at] {
			end, count = at, i+1
		}
		if at == len(s.text) {
			break
		}
	}
	return end, count
}

// away is how far the char at start stands from the end of a piece; a line down counts more than a
// way along it, for the cells of a row.
func (s *stream) away(last run, start int) float64 {
	a, b := s.chars[s.at[last.end-1]].Box, s.chars[s.at[start]].Box
	return math.Abs(a.X1-b.X0) + 4*math.Abs(a.Y0-b.Y0)
}

// boxes are the boxes around the characters of runs, one for each line of each.
func (s *stream) boxes(runs []run) []layout.Box {
	var boxes []layout.Box
	for _, r := range runs {
		line := -1
		for i := r.start; i < r.end; i++ {
			c := s.at[i]
			switch b := s.chars[c].Box; {
			case b.Empty():
			case s.line[c] != line:
				boxes, line = append(boxes, b), s.line[c]
			default:
				boxes[len(boxes)-1] = boxes[len(boxes)-1].Join(b)
			}
		}
	}
	return boxes
}
