// Package examples holds the reports that Rapporteur shows itself with, and questions about them.
//
// The town of Fontbrelle-sur-Ourve, its figures and its people are invented. The note on DINUM restates
// public facts. The program in examples/make writes the PDF, DOCX, ODT and HTML files from the texts
// in examples/source.
package examples

import (
	"bytes"
	"embed"
	"io/fs"
	"strings"
)

//go:embed reports
var reports embed.FS

//go:embed questions.jsonl
var questions []byte

//go:embed development.jsonl
var development []byte

//go:embed suggestions.txt
var suggestions string

// Reports gives the example reports, each at the root under its file name.
func Reports() fs.FS {
	sub, err := fs.Sub(reports, "reports")
	if err != nil {
		panic(err) // only an invalid path fails, and this one is constant
	}
	return sub
}

// Questions gives the questions about the reports, one JSON object a line: id, question, lang, type,
// answerable, answers, evidence (doc, page, quote), and where they apply history, key_points, note.
// Pages are physical and count from 1; they are null outside PDF.
func Questions() []byte { return bytes.Clone(questions) }

// Development gives further questions in the same form, to develop against: follow-ups, traps, and facts
// asked for in other forms of writing. Each names its kind; a history may hold two exchanges.
func Development() []byte { return bytes.Clone(development) }

// Suggestions gives a few of the questions, in French, to offer to who tries the demonstration. The
// last one has no answer in the reports, and shows a refusal.
func Suggestions() []string {
	return strings.Split(strings.TrimSpace(suggestions), "\n")
}
