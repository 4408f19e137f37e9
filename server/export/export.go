// Package export writes a conversation as a file to keep, to send or to print: Markdown with footnotes, or one HTML
// page that needs nothing else. Each footnote has the exact quote, the title of its document and its page.
package export

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"rapporteur/locale"
	"rapporteur/qa"
)

// Conversation is what is written, for a reader of Language ("fr" or "en"). Place says where on its document a quote
// stands, "p. 12", or "".
type Conversation struct {
	Language string
	qa.Conversation
	Turns []qa.Turn
	Place func(qa.Citation) string
}

// Markdown writes the conversation as CommonMark with footnotes. Nothing that a document or a user wrote is markup.
func (c Conversation) Markdown() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n", escape(c.Title))
	for _, t := range c.Turns {
		fmt.Fprintf(&b, "\n## %s\n\n", escape(oneLine(t.Answer.Asked)))
		fmt.Fprintf(&b, "*%s*\n", t.At.Format(time.DateOnly))
		for _, note := range c.notes(t) {
			fmt.Fprintf(&b, "\n*%s*\n", escape(note))
		}
		for _, p := range paragraphs(t.Answer) {
			b.WriteString("\n")
			for _, piece := range p {
				if piece.Number > 0 {
					fmt.Fprintf(&b, "[^%d-%d]", t.Number, piece.Number)
				} else {
					b.WriteString(escape(piece.Text))
				}
			}
			b.WriteString("\n")
		}
		if len(t.Answer.Citations) > 0 {
			b.WriteString("\n")
		}
		for _, x := range t.Answer.Citations {
			fmt.Fprintf(&b, "[^%d-%d]: « %s » %s\n", t.Number, x.Number, escape(oneLine(x.Quote)), escape(c.source(x)))
		}
	}
	return b.Bytes()
}

//go:embed conversation.html
var page string

var pageTemplate = template.Must(template.New("conversation").Parse(page))

// HTML writes the conversation as one page without scripts and without requests.
func (c Conversation) HTML() ([]byte, error) {
	type source struct {
		Number              int
		Quote, Header, From string
	}
	type turn struct {
		Number     int
		Asked, Day string
		Language   string
		Notes      []string
		Paragraphs [][]Piece
		Sources    []source
	}
	view := struct {
		Language, Title string
		Turns           []turn
	}{Language: c.Language, Title: c.Title}
	for _, t := range c.Turns {
		v := turn{Number: t.Number, Asked: t.Answer.Asked, Day: t.At.Format(time.DateOnly), Language: t.Answer.Language,
			Notes: c.notes(t), Paragraphs: paragraphs(t.Answer)}
		for _, x := range t.Answer.Citations {
			v.Sources = append(v.Sources, source{x.Number, x.Quote, x.Header, c.source(x)})
		}
		view.Turns = append(view.Turns, v)
	}
	var b bytes.Buffer
	err := pageTemplate.Execute(&b, view)
	return b.Bytes(), err
}

// notes say what a reader must know of a turn beside its text.
func (c Conversation) notes(t qa.Turn) (out []string) {
	if t.Answer.Standalone != t.Answer.Asked {
		out = append(out, locale.Sentence(c.Language, "page_understood_as", oneLine(t.Answer.Standalone)))
	}
	if t.Partial {
		out = append(out, locale.Sentence(c.Language, "talk_partial"))
	}
	if t.Erased {
		out = append(out, locale.Sentence(c.Language, "talk_erased"))
	}
	return out
}

// source names the document and the place of a quote.
func (c Conversation) source(x qa.Citation) string {
	if place := c.Place(x); place != "" {
		return oneLine(x.Title) + ", " + place
	}
	return oneLine(x.Title)
}

// Piece is a stretch of an answer: text, or the mark of a citation.
type Piece struct {
	Text   string
	Number int // of the citation, 0 for text
}

var mark = regexp.MustCompile(`\s*\[([1-9]\d{0,3})\]`)

// paragraphs cuts the text of an answer at its line breaks and at the marks of its citations. A mark inside a quote
// is the document's own. A citation without a mark stands at the end.
func paragraphs(a qa.Answer) (out [][]Piece) {
	unmarked := map[int]bool{}
	var quotes []qa.Span
	for _, c := range a.Citations {
		unmarked[c.Number] = true
		if i := strings.Index(a.Text, c.Quote); i >= 0 && c.Quote != "" {
			quotes = append(quotes, qa.Span{Start: i, End: i + len(c.Quote)})
		}
	}
	known := func(n int) bool {
		return slices.ContainsFunc(a.Citations, func(c qa.Citation) bool { return c.Number == n })
	}
	at := 0
	var p []Piece
	text := func(s string) {
		for i, line := range strings.Split(s, "\n") {
			if i > 0 && len(p) > 0 {
				out, p = append(out, p), nil
			}
			if line != "" {
				p = append(p, Piece{Text: line})
			}
		}
	}
	for _, m := range mark.FindAllStringSubmatchIndex(a.Text, -1) {
		n, err := strconv.Atoi(a.Text[m[2]:m[3]])
		inside := slices.ContainsFunc(quotes, qa.Span{Start: m[2], End: m[3]}.Overlaps)
		if err != nil || !known(n) || inside {
			continue
		}
		text(a.Text[at:m[0]])
		p = append(p, Piece{Number: n})
		at = m[1]
		delete(unmarked, n)
	}
	text(a.Text[at:])
	for _, c := range a.Citations {
		if unmarked[c.Number] {
			p = append(p, Piece{Number: c.Number})
		}
	}
	if len(p) > 0 {
		out = append(out, p)
	}
	return out
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// escape writes text as Markdown that shows it as it is.
func escape(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case strings.ContainsRune("\\`*_[]<>|~&$", r), i == 0 && strings.ContainsRune("#+-=:", r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
