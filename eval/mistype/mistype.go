// Package mistype puts slips of the keyboard into questions, to measure what they cost.
package mistype

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/analysis"
)

// Question makes one slip in one content word of a question, of four letters or more and without a figure: a letter left
// out, put in or mistaken, or two swapped, never the first one. Which depends on the question and seed alone. A question
// without such a word stays as it is.
func Question(q string, seed uint64) string {
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
