package eval

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"rapporteur/analysis"
)

// normaliser brings gold answers and quotes to one form: NFKC, case, accents, apostrophes and
// quotation marks, ligatures, hyphens (line-end hyphenation undone), "5 000" = "5000", "22 %" = "22%", "2,5" = "2.5",
// "12,00" = "12".
type normaliser struct {
	marks                                *strings.Replacer
	lineHyphen, dropped, inQuotes, space *regexp.Regexp
	thousands, unit, decimal, round      *regexp.Regexp
}

func newNormaliser() *normaliser {
	return &normaliser{
		marks: strings.NewReplacer("’", "'", "‘", "'", "ʼ", "'", "′", "'", "“", `"`, "”", `"`, "«", `"`, "»", `"`,
			"‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "−", "-", "\u00ad", "-",
			"œ", "oe", "Œ", "OE", "æ", "ae", "Æ", "AE"),
		lineHyphen: regexp.MustCompile(`-[ \t]*\r?\n\s*`),
		dropped:    regexp.MustCompile("[-*`\u200b\ufeff]"),
		inQuotes:   regexp.MustCompile(`"\s*|\s*"`),
		space:      regexp.MustCompile(`\s+`),
		thousands:  regexp.MustCompile(`(\d) (\d{3})\b`),
		unit:       regexp.MustCompile(`(\d) ([%€])`),
		decimal:    regexp.MustCompile(`(\d),(\d)`),
		round:      regexp.MustCompile(`(\d)\.0+($|[^\d.])`),
	}
}

func (n *normaliser) answer(s string) string {
	s = n.marks.Replace(norm.NFKC.String(s))
	s = n.lineHyphen.ReplaceAllString(s, "")
	s = n.dropped.ReplaceAllString(s, "")
	s = n.inQuotes.ReplaceAllString(s, " ")
	s = strings.TrimSpace(n.space.ReplaceAllString(s, " "))
	s = cases.Fold().String(s)
	s = analysis.Unaccented(s)
	for again := true; again; { // overlapping groups: 1 500 000
		t := n.thousands.ReplaceAllString(s, "$1$2")
		again, s = t != s, t
	}
	s = n.decimal.ReplaceAllString(n.unit.ReplaceAllString(s, "$1$2"), "$1.$2")
	return n.round.ReplaceAllString(s, "$1$2")
}

// contains reports whether needle stands in text on the boundaries of words and numbers; both are normalised already.
func contains(text, needle string) bool {
	if needle == "" {
		return false
	}
	for from := 0; ; {
		i := strings.Index(text[from:], needle)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(needle)
		if !wordEdge(needle) || !wordAt(text[:start], true) && !wordAt(text[end:], false) && !insideNumber(text, start, end) {
			return true
		}
		from = start + 1
	}
}

// insideNumber reports whether [start, end) begins or ends beside the point of a decimal: 2 is not in 2.5.
func insideNumber(text string, start, end int) bool {
	digit := func(i int) bool { return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9' }
	return digit(start) && start > 0 && text[start-1] == '.' && digit(start-2) ||
		digit(end-1) && end < len(text) && text[end] == '.' && digit(end+1)
}

// wordAt reports whether the last (or first) rune of s is a letter or digit.
func wordAt(s string, last bool) bool {
	r, _ := utf8.DecodeRuneInString(s)
	if last {
		r, _ = utf8.DecodeLastRuneInString(s)
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// wordEdge reports whether needle begins and ends with a letter or digit, so that boundaries mean something.
func wordEdge(needle string) bool { return wordAt(needle, false) || wordAt(needle, true) }
