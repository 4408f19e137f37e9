package codec

import (
	"slices"
	"strings"

	"rapporteur/analysis"
)

// Words are what a search in titles and questions looks for, folded.
type Words []string

// WordsOf reads what a user typed.
func WordsOf(typed string) Words { return strings.Fields(analysis.Fold(typed)) }

// In reports whether every word stands in a text, be it inside a longer one.
func (w Words) In(text string) bool {
	folded := analysis.Fold(text)
	return !slices.ContainsFunc(w, func(word string) bool { return !strings.Contains(folded, word) })
}
