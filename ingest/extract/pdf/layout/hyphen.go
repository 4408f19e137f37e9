package layout

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// words are the words of a document, to tell « infor-mation » from « peut-être » at a line end.
type words struct {
	whole    map[string]bool // in lower case
	compound map[string]bool // with their hyphens
}

// newWords collects the words that stand whole within lines.
func newWords(pages []Sheet) words {
	w := words{whole: map[string]bool{}, compound: map[string]bool{}}
	for _, p := range pages {
		for _, l := range p.Lines {
			w.add(l.Text)
		}
	}
	return w
}

// add collects the words of a line. The first and last may be pieces, and are left out.
func (w words) add(text string) {
	fields := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !wordRune(r) })
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

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' }

// keeps reports whether the hyphen between the end of one line and the start of the next
// belongs to a compound.
func (w words) keeps(before, after string) bool {
	left, right := lastWord(before), firstWord(after)
	if left == "" || right == "" || !startsLower(right) && !allUpper(left, right) {
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
	if unicode.IsDigit(lastRune(part)) {
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
	i := strings.LastIndexFunc(s, func(r rune) bool { return !wordRune(r) })
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

func lastRune(s string) rune { r, _ := utf8.DecodeLastRuneInString(s); return r }

func startsLower(s string) bool { r, _ := utf8.DecodeRuneInString(s); return unicode.IsLower(r) }

// allUpper reports that both halves are capitals: a cut word of a title.
func allUpper(left, right string) bool {
	return utf8.RuneCountInString(left) > 1 && strings.ToUpper(left) == left &&
		strings.ToUpper(right) == right && unicode.IsLetter(lastRune(right))
}
