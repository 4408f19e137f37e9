// Package typing writes questions as people type them, to measure what that costs.
package typing

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/analysis"
)

// The ways in which As types a question.
const (
	Slips      = "slips"      // one slip of the keyboard, see Slip
	Capitals   = "capitals"   // all of it in capitals
	Unaccented = "unaccented" // without accents
	Polite     = "polite"     // with a greeting, a request and thanks around it
)

// As types a question in one of the ways; as it is for any other. language is "fr" or "en", "" where the question tells.
func As(way, question, language string) string {
	switch way {
	case Slips:
		return Slip(question, 1)
	case Capitals:
		return strings.ToUpper(question)
	case Unaccented:
		return analysis.Unaccented(question)
	case Polite:
		format := "Bonjour, pourriez-vous me dire %s ? Merci d'avance."
		if cmp.Or(language, analysis.Language(question)) == "en" {
			format = "Hello, could you please tell me %s? Thanks in advance."
		}
		first, size := utf8.DecodeRuneInString(question)
		return fmt.Sprintf(format, string(unicode.ToLower(first))+strings.TrimRight(question[size:], " ?\u00a0\u202f"))
	}
	return question
}

// Slip makes one slip in one content word of a question, of four letters or more and without a figure: a letter left
// out, put in or mistaken, or two swapped, never the first one. Which depends on the question and seed alone. A question
// without such a word stays as it is.
func Slip(q string, seed uint64) string {
	h := fnv.New64()
	_, _ = h.Write([]byte(q)) // never fails
	r := rand.New(rand.NewPCG(h.Sum64(), seed))
	var words []analysis.Token
	for _, t := range analysis.Analyze(q, "") {
		word := q[t.Start:t.End]
		if !t.Stop && !t.Joined && utf8.RuneCountInString(word) >= 4 && strings.IndexFunc(word, unicode.IsDigit) < 0 {
			words = append(words, t)
		}
	}
	if len(words) == 0 {
		return q
	}
	t := words[r.IntN(len(words))]
	w := []rune(q[t.Start:t.End])
	i := 1 + r.IntN(len(w)-2)
	letter := rune('a' + r.IntN(26))
	switch r.IntN(4) {
	case 0:
		w = slices.Delete(w, i, i+1)
	case 1:
		w = slices.Insert(w, i, letter)
	case 2:
		w[i] = letter
	case 3:
		w[i], w[i+1] = w[i+1], w[i]
	}
	return q[:t.Start] + string(w) + q[t.End:]
}
