package wording

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words are the words of a document, to tell « infor-mation » from « peut-être » at a line end.
type Words struct {
	whole    map[string]bool // in lower case
	compound map[string]bool // with their hyphens
}

// NewWords are the words that stand whole within lines.
func NewWords() Words { return Words{whole: map[string]bool{}, compound: map[string]bool{}} }

// Add collects the words of a line. The first and last may be pieces, and are left out.
func (w Words) Add(text string) {
	fields := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !WordRune(r) })
	for i, f := range fields {
		if i == 0 || i == len(fields)-1 {
			continue
		}
		w.whole[f] = true
		if strings.Contains(strings.Trim(f, "-"), "-") {
			w.compound[f] = true
		}
	}
}

// WordRune reports a letter, a digit or a hyphen.
func WordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' }

// Keeps reports whether the hyphen between the end of one line and the start of the next
// belongs to a compound.
func (w Words) Keeps(before, after string) bool {
	left, right := lastWord(before), firstWord(after)
	if left == "" || right == "" || !StartsLower(right) && !allUpper(left, right) {
		return true
	}
	l, r := strings.ToLower(left), strings.ToLower(right)
	if w.whole[l+r] {
		return false
	}
	if w.compound[l+"-"+r] {
		return true
	}
	// Typesetters never leave one letter alone: « e-learning », « a-t-il », « vis-à-vis ».
	part := l[strings.LastIndex(l, "-")+1:]
	if utf8.RuneCountInString(part) == 1 || utf8.RuneCountInString(r) == 1 {
		return true
	}
	if unicode.IsDigit(LastRune(part)) {
		return true
	}
	return compoundFrench(part, r)
}

// compoundFrench knows the common French compounds whose hyphen must not be lost.
func compoundFrench(left, right string) bool {
	switch left {
	case "peut":
		return right == "être"
	case "celui", "celle", "ceux", "celles":
		return right == "ci" || right == "là"
	case "au", "par", "ci", "là":
		return strings.HasPrefix(right, "de") || right == "contre" || right == "après" || right == "joint"
	case "non", "soi", "vice", "quasi", "ex":
		return true
	}
	switch right {
	case "même", "mêmes", "vous", "elle", "elles", "ils", "delà":
		return true
	}
	return false
}

// lastWord is the run of letters, digits and hyphens that ends s.
func lastWord(s string) string {
	i := strings.LastIndexFunc(s, func(r rune) bool { return !WordRune(r) })
	if i < 0 {
		return s
	}
	_, n := utf8.DecodeRuneInString(s[i:])
	return s[i+n:]
}

// firstWord is the run of letters and digits that starts s.
func firstWord(s string) string {
	i := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if i < 0 {
		return s
	}
	return s[:i]
}

// LastRune is the last character of a text.
func LastRune(s string) rune { r, _ := utf8.DecodeLastRuneInString(s); return r }

// StartsLower reports a text that starts with a small letter.
func StartsLower(s string) bool { r, _ := utf8.DecodeRuneInString(s); return unicode.IsLower(r) }

// allUpper reports that both halves are capitals: a cut word of a title.
func allUpper(left, right string) bool {
	return utf8.RuneCountInString(left) > 1 && strings.ToUpper(left) == left &&
		strings.ToUpper(right) == right && unicode.IsLetter(LastRune(right))
}
