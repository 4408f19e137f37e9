package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/wire"
)

type searchCommand struct {
	Query      string `arg:"" optional:"" help:"${help_query}"`
	Collection string `help:"${help_collection}"`
	Limit      int    `default:"10" help:"${help_limit}"`
	Arm        string `enum:"hybrid,lexical,semantic" default:"hybrid" help:"${help_arm}"`
	JSON       bool   `help:"${help_json}"`
	Batch      string `placeholder:"FILE" help:"${help_batch}"`
}

// searchLine is one query of a batch.
type searchLine struct {
	ID   string `json:"_id"`
	Text string `json:"text"`
}

// Run searches once, or for each line of a batch in order.
func (c *searchCommand) Run(ctx context.Context, s *settings, term terminal) error {
	if c.Query == "" && c.Batch == "" {
		return qa.E(qa.Invalid, "question_missing")
	}
	svc, err := openToRead(ctx, s, term)
	if err != nil {
		return err
	}
	defer svc.Close()
	if c.Batch != "" {
		return eachLine(ctx, c.Batch, term, func(line searchLine) (any, error) {
			ev, took, err := timed(func() (qa.Evidence, error) { return svc.retriever.Retrieve(ctx, c.question(line.Text)) })
			if err != nil {
				return nil, err
			}
			return wire.NewSearchResult(line.ID, ev, took), nil
		})
	}
	ev, took, err := timed(func() (qa.Evidence, error) { return svc.retriever.Retrieve(ctx, c.question(c.Query)) })
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(term.out).Encode(wire.NewSearchResult("", ev, took))
	}
	return printPassages(term, ev.Passages)
}

func (c *searchCommand) question(text string) qa.Question {
	return qa.Question{Text: text, Limit: c.Limit, Arm: qa.Arm(c.Arm), Scope: scopeOf(c.Collection)}
}

func printPassages(term terminal, ps []qa.Passage) error {
	w := bufio.NewWriter(term.out)
	if len(ps) == 0 {
		fmt.Fprintln(w, locale.Sentence(term.language, "no_answer_found"))
	}
	for i, p := range ps {
		parts := []string{p.Document.Title}
		if page, ok := p.PageAt(p.Start); ok {
			parts = append(parts, placeName(term.language, page, ""))
		}
		if len(p.Section) > 0 {
			parts = append(parts, strings.Join(p.Section, " > "))
		}
		fmt.Fprintf(w, "%2d. %s (%.2f)\n    %s\n", i+1, strings.Join(parts, ", "), p.Score, excerpt(p.Text, 240))
	}
	return w.Flush()
}

// excerpt is the beginning of a text on one line, at most n characters.
func excerpt(text string, n int) string {
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) <= n {
		return string(line)
	}
	return string(line[:n]) + "…"
}
