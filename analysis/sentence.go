package analysis

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/sentences"
)

// Span is a half-open range of bytes, [Start, End), of the text that was analysed.
type Span struct{ Start, End int }

// Sentences cuts text into sentences, French first and right for plain English. The spans are in
// order, disjoint, without white space at their ends, and together hold all that is not white space.
// A line break always ends a sentence: readers of documents join wrapped lines before.
//
// Unicode's rules (UAX 29) propose the cuts; ours add those they miss (after « … » and after a
// closing quote) and refuse those that abbreviations, initials, list numbers and reported speech
// only make look like ends.
func Sentences(text string) []Span {
	var spans []Span
	for start := 0; start < len(text); {
		end := lineEnd(text, start)
		spans = appendLine(spans, text, Span{start, end})
		start = end + 1
	}
	return spans
}

// lineEnd finds the byte that ends the line which begins at start, or the end of text. All line
// terminators of one byte count; the two bytes of "\r\n" make one empty line more, which holds nothing.
func lineEnd(text string, start int) int {
	if i := strings.IndexAny(text[start:], "\n\r\f\v"); i >= 0 {
		return start + i
	}
	return len(text)
}

func appendLine(spans []Span, text string, line Span) []Span {
	content := text[line.Start:line.End]
	start, word := 0, nextWord(content, 0)
	for _, cut := range candidates(content) {
		if word >= cut || !isEnd(content, start, cut) {
			continue // what has no word is no sentence: it belongs to what follows
		}
		spans = appendTrimmed(spans, text, Span{line.Start + start, line.Start + cut})
		start, word = cut, nextWord(content, cut)
	}
	return appendTrimmed(spans, text, Span{line.Start + start, line.End})
}

func appendTrimmed(spans []Span, text string, s Span) []Span {
	part := text[s.Start:s.End]
	s.Start += len(part) - len(strings.TrimLeftFunc(part, unicode.IsSpace))
	part = strings.TrimSpace(part)
	if part == "" {
		return spans
	}
	return append(spans, Span{s.Start, s.Start + len(part)})
}

// candidates are the places of one line where a sentence may end, in order: the cuts of UAX 29 and
// those after a terminator with the closing marks and note calls that belong to it.
func candidates(line string) []int {
	var cuts []int
	own := ownCuts(line)
	iter := sentences.FromString(line)
	for iter.Next() {
		for len(own) > 0 && own[0] <= iter.End() {
			cuts = append(cuts, own[0])
			own = own[1:]
		}
		cuts = append(cuts, iter.End())
	}
	return append(cuts, own...)
}

// ownCuts finds every place right after a run of terminators, closing marks and note calls that
// white space follows, or a capital where a raised note call took the place of the space.
func ownCuts(line string) []int {
	var cuts []int
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRuneInString(line[i:])
		i += size
		if !isTerminator(r) {
			continue
		}
		i = skipClosing(line, i)
		next, _ := utf8.DecodeRuneInString(line[i:])
		last, _ := utf8.DecodeLastRuneInString(line[:i])
		if unicode.IsSpace(next) || isSuperscript(last) && unicode.IsUpper(next) {
			cuts = append(cuts, i)
		}
	}
	return cuts
}

// skipClosing moves past terminators, closing marks (also after the space that French puts before
// them) and note calls such as « [12] » or « ² ».
func skipClosing(line string, i int) int {
	for i < len(line) {
		r, size := utf8.DecodeRuneInString(line[i:])
		switch {
		case isSuperscript(r):
			i += size + nextNote(line[i+size:])
		case isTerminator(r), isClosing(r):
			i += size
		case r == '[' && noteCall(line[i:]) > 0:
			i += noteCall(line[i:])
		case unicode.IsSpace(r):
			rest := strings.TrimLeftFunc(line[i:], unicode.IsSpace)
			if next, _ := utf8.DecodeRuneInString(rest); next != '»' && next != '?' && next != '!' {
				return i
			}
			i = len(line) - len(rest)
		default:
			return i
		}
	}
	return i
}

// nextNote is the length of what parts two raised note calls, « ¹, ² » or « ¹ ² », at the start of s; 0
// where no second call follows.
func nextNote(s string) int {
	rest := strings.TrimLeft(strings.TrimPrefix(s, ","), " \u00a0\u202f")
	if next, _ := utf8.DecodeRuneInString(rest); !isSuperscript(next) {
		return 0
	}
	return len(s) - len(rest)
}

// noteCall is the length of the note call « [n] » at the start of s, 0 when there is none.
func noteCall(s string) int {
	end := strings.IndexByte(s[:min(len(s), 5)], ']')
	if end < 2 || strings.Trim(s[1:end], "0123456789") != "" {
		return 0
	}
	return end + 1
}

func isTerminator(r rune) bool  { return r == '.' || r == '!' || r == '?' || r == '…' }
func isClosing(r rune) bool     { return strings.ContainsRune("»”’\"')]", r) }
func isSuperscript(r rune) bool { return strings.ContainsRune("⁰¹²³⁴⁵⁶⁷⁸⁹", r) }

// isEnd decides whether the sentence that began at start ends at cut.
func isEnd(line string, start, cut int) bool {
	before := strings.TrimRightFunc(line[start:cut], unicode.IsSpace)
	after := strings.TrimLeftFunc(line[cut:], unicode.IsSpace)
	if after == "" {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(before)
	if last < utf8.RuneSelf && len(before) == cut-start && len(after) == len(line)-cut {
		return false // no white space at the cut: an address, a number, a file name
	}
	next, _ := utf8.DecodeRuneInString(after)
	if unicode.IsLower(next) || isClosing(next) && next != '\'' && next != '"' || strings.ContainsRune(",;:?!…", next) {
		return false
	}
	word, dotted := strings.CutSuffix(before, ".")
	if !dotted {
		return true
	}
	return !isListNumber(before, line[:start]) && !isAbbreviation(word, after)
}

// nextWord is the place of the first letter or digit from start on, or the end of line.
func nextWord(line string, start int) int {
	i := strings.IndexFunc(line[start:], func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
	if i < 0 {
		return len(line)
	}
	return start + i
}
