package analysis

import (
	"slices"
	"strings"
	"unicode"
)

// suffix is one rule of the light stemmer: a word longer than min runes that ends with end takes to instead.
type suffix struct {
	end, to string
	min     int
	goOn    bool // the rules below still apply
}

// frenchSuffixes are the rules of Jacques Savoy's light French stemmer, in his order ("A stemming
// procedure and stopword list for general French corpora", JASIS 50(10), 1999; "Light stemming
// approaches for the French, Portuguese, German and Hungarian languages", SAC 2006).
var frenchSuffixes = []suffix{
	{end: "issement", to: "ir", min: 9},
	{end: "issant", to: "ir", min: 8},
	{end: "ivement", to: "if", min: 7},
	{end: "ement", to: "e", min: 6},
	{end: "ficatrice", to: "fier", min: 11},
	{end: "ficateur", to: "fier", min: 10},
	{end: "catrice", to: "quer", min: 9},
	{end: "cateur", to: "quer", min: 8},
	{end: "atrice", to: "er", min: 8},
	{end: "ateur", to: "er", min: 7},
	{end: "trice", to: "teur", min: 6, goOn: true},
	{end: "ième", to: "", min: 5},
	{end: "ieme", to: "", min: 5}, // capitals and quick hands leave accents out; no other word ends so
	{end: "teuse", to: "ter", min: 7},
	{end: "teur", to: "ter", min: 6},
	{end: "euse", to: "eu", min: 5},
	{end: "ère", to: "er", min: 8},
	{end: "ere", to: "er", min: 8},
	{end: "ive", to: "if", min: 7},
	{end: "folle", to: "fou", min: 4},
	{end: "molle", to: "mou", min: 4},
	{end: "nnelle", to: "n", min: 9},
	{end: "nnel", to: "n", min: 9},
	{end: "ète", to: "et", min: 4, goOn: true},
	{end: "ique", to: "", min: 8, goOn: true},
	{end: "esse", to: "e", min: 8},
	{end: "inage", to: "in", min: 7},
	{end: "ualisation", to: "uel", min: 12},
	{end: "isation", to: "", min: 9},
	{end: "ation", to: "", min: 8},
	{end: "ition", to: "", min: 8},
}

// stemFrench gives Savoy's light stem of a lower-case word with its accents.
func stemFrench(word string) string {
	w := []rune(plural(word))
	for _, rule := range frenchSuffixes {
		if len(w) <= rule.min || !endsWith(w, rule.end) {
			continue
		}
		w = append(w[:len(w)-len([]rune(rule.end))], []rune(rule.to)...)
		if !rule.goOn {
			break
		}
	}
	return string(frenchTail(w))
}

// accentEndings are endings that a rule of the stemmer takes for another without their accent: élément
// ends as element does, which ends as isolement does.
var accentEndings = [][2]string{
	{"ement", "ément"}, {"ements", "éments"}, {"esse", "essé"}, {"esses", "essés"}, {"ique", "iqué"}, {"iques", "iqués"},
	{"ique", "ïque"}, {"iques", "ïques"},
}

// OtherStems gives the stems that the same French word gets where accents are left out, or put back:
// those of ELEMENT for élément, of élément for element. The stem of the word itself is none of them.
// They are stems of other words too, so that only the same exact form is to be taken for the word.
func OtherStems(word string) []string {
	lower := lowerWord(word)
	folded := Fold(lower)
	if hasDigit(folded) {
		return nil
	}
	spellings := []string{folded}
	if lower == folded {
		spellings = nil
		for _, e := range accentEndings {
			if head, ok := strings.CutSuffix(folded, e[0]); ok {
				spellings = append(spellings, head+e[1])
			}
		}
	}
	stems := []string{Fold(stemFrench(lower))}
	for _, w := range spellings {
		if stem := Fold(stemFrench(w)); !slices.Contains(stems, stem) {
			stems = append(stems, stem)
		}
	}
	return stems[1:]
}

// plural takes a final x or s off; aux becomes al (chevaux, cheval), eaux becomes eau.
func plural(word string) string {
	n := len([]rune(word))
	if n > 5 && strings.HasSuffix(word, "aux") && !strings.HasSuffix(word, "eaux") {
		return word[:len(word)-2] + "l"
	}
	if n > 3 && strings.HasSuffix(word, "x") {
		word, n = word[:len(word)-1], n-1
	}
	if n > 3 && strings.HasSuffix(word, "s") {
		word = word[:len(word)-1]
	}
	return word
}

func endsWith(w []rune, end string) bool {
	i := len(w) - len([]rune(end))
	if i < 0 {
		return false
	}
	for _, r := range end {
		if w[i] != r {
			return false
		}
		i++
	}
	return true
}

// frenchTail is the last step of the stemmer: accents off, doubled letters single, final ie, r, e off.
func frenchTail(w []rune) []rune {
	if len(w) <= 4 {
		return w
	}
	w = undouble([]rune(Fold(string(w))))
	if len(w) > 4 && endsWith(w, "ie") {
		w = w[:len(w)-2]
	}
	if len(w) <= 4 {
		return w
	}
	for _, r := range []rune{'r', 'e', 'e'} {
		if w[len(w)-1] == r {
			w = w[:len(w)-1]
		}
	}
	if n := len(w); w[n-1] == w[n-2] && unicode.IsLetter(w[n-1]) {
		w = w[:n-1]
	}
	return w
}

// undouble makes doubled letters single. A word may be empty here: folding takes off the marks it is made of.
func undouble(w []rune) []rune {
	return slices.CompactFunc(w, func(a, b rune) bool { return a == b && unicode.IsLetter(a) })
}
