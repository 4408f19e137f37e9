// Package locale holds every sentence that users read outside the documents, in French and in
// English, by stable code. It imports nothing of ours; each table is a file named after the part
// of the product that speaks.
package locale

import (
	"fmt"
	"slices"
	"strings"
)

// The languages of the interface, as BCP 47 tags. French is the default.
const (
	French  = "fr"
	English = "en"
)

// entry is one sentence in both languages; the verbs of fmt take the arguments of its code.
type entry struct{ fr, en string }

// tables lists all sentences; a code stands in one table only (checked by a test).
func tables() []map[string]entry {
	return []map[string]entry{ingestSentences, librarySentences, serverSentences, answerSentences, commandSentences, pageSentences, aboutSentences, readingSentences,
		queueSentences, sourceSentences, backupSentences, erasureSentences, evaluationSentences, modelSentences, conversationSentences, feedbackSentences}
}

// Sentence gives the sentence of code in language ("en", or French for all else), its
// placeholders filled with args. An unknown code gives the sentence of "internal".
func Sentence(language, code string, args ...any) string {
	e, ok := find(code)
	if !ok {
		e, args = serverSentences["internal"], nil
	}
	s := e.fr
	if language == English {
		s = e.en
	}
	if len(args) == 0 {
		return s
	}
	return fmt.Sprintf(s, args...)
}

// Known reports whether code has a sentence.
func Known(code string) bool {
	_, ok := find(code)
	return ok
}

// Codes lists the codes that begin with prefix, in alphabetical order.
func Codes(prefix string) []string {
	var out []string
	for _, t := range tables() {
		for code := range t {
			if strings.HasPrefix(code, prefix) {
				out = append(out, code)
			}
		}
	}
	slices.Sort(out)
	return out
}

func find(code string) (entry, bool) {
	for _, t := range tables() {
		if e, ok := t[code]; ok {
			return e, true
		}
	}
	return entry{}, false
}
