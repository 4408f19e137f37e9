package draft

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"rapporteur/qa"
)

const (
	// maxMarks is the longest run of combining marks kept on one letter: no script needs more than
	// four, and more than 30 would make NFC insert invisible joiners.
	maxMarks = 8
	// maxTitle is the longest title kept, in characters.
	maxTitle = 200
)

// Clean makes one block of text as it is stored: NFC, ligatures opened, soft hyphens and every
// invisible character out, single spaces, single line ends, no space at either end. Apostrophes,
// quotes, dashes and no-break spaces stay as the author wrote them, because quotes must be faithful.
func Clean(s string) string {
	return strings.TrimFunc(norm.NFC.String(squeeze(cleanRunes(s))), unicode.IsSpace)
}

// CleanTitle makes a title: one line of at most maxTitle characters.
func CleanTitle(s string) string {
	s = strings.ReplaceAll(Clean(s), "\n", " ")
	if utf8.RuneCountInString(s) <= maxTitle {
		return s
	}
	r := []rune(s)
	return Clean(string(r[:maxTitle-1])) + "…"
}

// cleanRunes replaces and drops single characters; it neither trims nor composes.
func cleanRunes(s string) string {
	if plainASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	marks := 0
	for _, r := range strings.ReplaceAll(s, "\r\n", "\n") {
		switch {
		case Invisible(r):
			continue
		case r >= '\u0300' && unicode.Is(unicode.M, r):
			marks++
			if marks > maxMarks {
				continue
			}
		default:
			marks = 0
		}
		writeRune(&b, r)
	}
	return b.String()
}

func writeRune(b *strings.Builder, r rune) {
	switch r {
	case 0:
		b.WriteByte(' ') // NUL stands where some programs part fields
	case '\r', '\v', '\f', '\u0085', '\u2028', '\u2029':
		b.WriteByte('\n')
	case 'ﬀ':
		b.WriteString("ff")
	case 'ﬁ':
		b.WriteString("fi")
	case 'ﬂ':
		b.WriteString("fl")
	case 'ﬃ':
		b.WriteString("ffi")
	case 'ﬄ':
		b.WriteString("ffl")
	case 'ﬅ', 'ﬆ':
		b.WriteString("st")
	default:
		b.WriteRune(r)
	}
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x7f || c < ' ' && c != '\n' && c != '\t' {
			return false
		}
	}
	return true
}

// Invisible reports characters that a reader cannot see and that could hide text or break words:
// controls, soft hyphens, zero-width and bidirectional marks, variation selectors, tags, fillers.
func Invisible(r rune) bool {
	switch {
	case r >= ' ' && r < 0x7F, r > '\u00AD' && r < '\u0300': // nearly every letter of a European text
		return false
	case r == 0, r == '\n', r == '\t', r == '\r', r == '\v', r == '\f', r == '\u0085', r == '\u2028', r == '\u2029':
		return false
	case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r): // Cf holds soft hyphen, joiners, bidi, tags
		return true
	case r >= 0xFE00 && r <= 0xFE0F, r >= 0xE0000 && r <= 0xE0FFF: // variation selectors, tags
		return true
	case r >= 0x180B && r <= 0x180F, r == 0x034F, r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0:
		return true
	}
	return r&0xFFFE == 0xFFFE || r >= 0xFDD0 && r <= 0xFDEF // not characters
}

// squeeze makes runs of spaces and tabs one space, and runs of line ends, with the spaces around
// them, one line end.
func squeeze(s string) string {
	if !strings.ContainsAny(s, "\t\n") && !strings.Contains(s, "  ") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	gap := byte(0)
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\n':
			gap = '\n'
		case c == ' ' || c == '\t':
			if gap == 0 {
				gap = ' '
			}
		default:
			if gap != 0 {
				b.WriteByte(gap)
				gap = 0
			}
			b.WriteByte(c)
		}
	}
	return b.String()
}

// CleanText cleans a text that already has its spans, as a PDF reader gives it, and moves the spans
// with it. White space is left alone. A text that is clean is returned as it is.
func CleanText(t qa.Text) qa.Text {
	if norm.NFC.String(cleanRunes(t.Content)) == t.Content {
		return t
	}
	borders := []int{0, len(t.Content)}
	for _, b := range t.Blocks {
		borders = append(borders, b.Start, b.End, b.Header.Start, b.Header.End)
	}
	for _, p := range t.Pages {
		borders = append(borders, p.Start, p.End)
	}
	slices.Sort(borders)
	moved := make(map[int]int, len(borders))
	var content strings.Builder
	last := 0
	for _, at := range slices.Compact(borders) {
		content.WriteString(cleanPiece(t.Content[last:at]))
		moved[at] = content.Len()
		last = at
	}
	move := func(s qa.Span) qa.Span { return qa.Span{Start: moved[s.Start], End: moved[s.End]} }
	out := qa.Text{Content: content.String(), Title: t.Title, Reading: t.Reading}
	for _, p := range t.Pages {
		p.Span = move(p.Span)
		out.Pages = append(out.Pages, p)
	}
	for _, b := range t.Blocks {
		b.Header = move(b.Header)
		if b.Span = move(b.Span); strings.TrimSpace(out.Content[b.Start:b.End]) != "" {
			out.Blocks = append(out.Blocks, b)
		}
	}
	return out
}

// cleanPiece cleans a piece that stands between two borders. A mark at its start would compose with
// the piece before it and move the border: it is dropped.
func cleanPiece(s string) string {
	s = cleanRunes(s)
	if at := norm.NFC.FirstBoundaryInString(s); at > 0 {
		s = s[at:]
	} else if at < 0 && s != "" {
		return ""
	}
	return norm.NFC.String(s)
}

// CountInvisible tells count how many characters of s Clean takes out because a reader cannot see them,
// by their means: tags, and others of no width. Soft hyphens, line ends and controls do not hide text.
func CountInvisible(s string, count func(means qa.HiddenMeans, n int)) {
	if plainASCII(s) {
		return
	}
	tags, widthless := 0, 0
	for _, r := range s {
		switch {
		case r >= 0xE0000 && r <= 0xE007F:
			tags++
		case r == '\u00AD' || unicode.Is(unicode.Cc, r) || r >= 0xFE00 && r <= 0xFE0F:
		case Invisible(r):
			widthless++
		}
	}
	count(qa.HiddenTags, tags)
	count(qa.HiddenZeroWidth, widthless)
}

// Letters counts the letters and digits of a text.
func Letters(s string) int {
	count := 0
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			count++
		}
	}
	return count
}
