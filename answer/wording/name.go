package wording

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/analysis"
)

// IsName reports whether a word of the question is a number, an acronym or, after its first word,
// begins with a capital.
func IsName(surface, question string) bool {
	if strings.IndexFunc(surface, unicode.IsDigit) >= 0 {
		return true
	}
	first, _ := utf8.DecodeRuneInString(surface)
	if !unicode.IsUpper(first) || Light[analysis.Fold(surface)] {
		return false
	}
	allCapitals := utf8.RuneCountInString(surface) > 1 && strings.ToUpper(surface) == surface
	return allCapitals || !strings.HasPrefix(strings.TrimSpace(question), surface)
}
