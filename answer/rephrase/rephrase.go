// Package rephrase lets a language model write the short texts around an answer: a question that stands alone, what a vague
// one lacks, the title of a conversation. Each is checked, as nothing proves it: it may only say over what was said.
package rephrase

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"rapporteur/analysis"
	"rapporteur/answer/guard"
	"rapporteur/prompts"
	"rapporteur/qa"
)

// Generator writes with a language model: emit gets each piece of text, and an error of emit ends the work.
type Generator interface {
	Generate(ctx context.Context, messages []qa.Message, emit func(text string) error) error
}

// Writer asks a model. What it cannot do, or does not do as asked, is reported as not done: the caller has another way.
type Writer struct {
	Generator Generator
	Prompts   *prompts.Set
	Fence     func() string // draws the mark that fences data
}

// The limits of what is written.
const (
	timeout        = 6 * time.Second
	mostQuestion   = 400 // bytes
	mostTitle      = 80  // characters
	MostQuestions  = 2   // that are asked back
	mostAskedBack  = 240 // bytes of one of them
	saidBeforePart = 0.5 // of the words, for a text to say over what was said
)

var errEnough = errors.New("more than was asked for")

// Standalone makes a follow-up stand alone: one question, of whose words half were said before, and all figures.
func (w Writer) Standalone(ctx context.Context, q qa.Question, language string) (string, bool) {
	messages, err := w.Prompts.Standalone(q, language, w.Fence())
	if err != nil {
		return "", false
	}
	text, ok := w.write(ctx, messages)
	said := q.Text
	for _, m := range q.History {
		said += "\n" + m.Content
	}
	return text, ok && isPlain(text, mostQuestion) && saysOver(text, said)
}

// Clarification asks for what a question lacks: at most MostQuestions questions.
func (w Writer) Clarification(ctx context.Context, question, language string, titles []string) ([]string, bool) {
	messages, err := w.Prompts.Clarification(question, language, w.Fence(), titles)
	if err != nil {
		return nil, false
	}
	text, ok := w.write(ctx, messages)
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(strings.TrimLeft(line, "-*• "))
		switch {
		case line == "":
		case len(out) == MostQuestions || !Asks(line):
			return nil, false
		default:
			out = append(out, line)
		}
	}
	return out, ok && len(out) > 0
}

// Title gives a short title, of whose words half stand in the question.
func (w Writer) Title(ctx context.Context, question, language string) (string, bool) {
	messages, err := w.Prompts.Title(question, language, w.Fence())
	if err != nil {
		return "", false
	}
	text, ok := w.write(ctx, messages)
	text = strings.Trim(text, "\"«»“” .\u00a0\u202f")
	return text, ok && utf8.RuneCountInString(text) <= mostTitle && isPlain(text, 4*mostTitle) && saysOver(text, question)
}

func (w Writer) write(ctx context.Context, messages []qa.Message) (string, bool) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var text strings.Builder
	err := w.Generator.Generate(ctx, messages, func(piece string) error {
		if text.WriteString(piece); text.Len() > 2*mostQuestion {
			return errEnough
		}
		return nil
	})
	return strings.TrimSpace(text.String()), err == nil
}

// Asks reports one short question of nothing but words.
func Asks(text string) bool {
	return strings.HasSuffix(text, "?") && len(text) <= mostAskedBack && !strings.ContainsAny(text, "0123456789<>[]{}@/\\") && !guard.Speaks(text)
}

func isPlain(text string, most int) bool {
	return text != "" && len(text) <= most && !strings.ContainsAny(text, "\n<>[]{}@\\") && !strings.Contains(text, "://") && !guard.Speaks(text)
}

// saysOver reports a text of whose content words half were said before, and of whose figures all were.
func saysOver(text, said string) bool {
	known := map[string]bool{}
	for _, t := range analysis.Both(said) {
		known[t.Stem], known[t.Exact] = true, true
	}
	words, held := 0, 0
	for _, t := range analysis.Both(text) {
		if t.Stop || t.Joined {
			continue
		}
		words++
		switch {
		case known[t.Stem] || known[t.Exact]:
			held++
		case strings.ContainsAny(t.Exact, "0123456789"):
			return false
		}
	}
	return words > 0 && float64(held) >= saidBeforePart*float64(words)
}
