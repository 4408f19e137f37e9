package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/wire"
)

type askCommand struct {
	Question   string `arg:"" optional:"" help:"${help_question}"`
	Collection string `help:"${help_collection}"`
	Mode       string `enum:"auto,extractive,generated" default:"auto" help:"${help_mode}"`
	JSON       bool   `help:"${help_json}"`
	Batch      string `placeholder:"FILE" help:"${help_batch}"`
}

// askLine is one question of a batch.
type askLine struct {
	ID       string `json:"id"`
	Question string `json:"question"`
	History  []struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	} `json:"history"`
}

// Run answers one question, or each line of a batch in order.
func (c *askCommand) Run(ctx context.Context, s *settings, term terminal) error {
	if c.Question == "" && c.Batch == "" {
		return qa.E(qa.Invalid, "question_missing")
	}
	svc, err := openToRead(ctx, s, term)
	if err != nil {
		return err
	}
	defer svc.Close()
	if c.Batch != "" {
		return eachLine(ctx, c.Batch, term, func(line askLine) (any, error) {
			q := c.question(line.Question)
			for _, h := range line.History {
				q.History = append(q.History, qa.Message{Role: qa.Role(h.Role), Content: h.Content})
			}
			a, err := svc.asker().Answer(ctx, q, nil)
			if err != nil {
				return nil, err
			}
			a.ID = line.ID
			return wire.NewAnswer(a), nil
		})
	}
	a, err := svc.asker().Answer(ctx, c.question(c.Question), nil)
	if err != nil {
		return err
	}
	if c.JSON {
		err = json.NewEncoder(term.out).Encode(wire.NewAnswer(a))
	} else {
		err = printAnswer(term, a)
	}
	if err == nil && !a.Answered {
		return errNotSaid
	}
	return err
}

func (c *askCommand) question(text string) qa.Question {
	return qa.Question{Text: text, Mode: qa.Mode(c.Mode), Scope: scopeOf(c.Collection)}
}

// scopeOf is what the command line reads: whoever holds the files may read everything.
func scopeOf(collection string) qa.Scope {
	if collection == "" {
		return qa.Scope{Everything: true}
	}
	return qa.Scope{Collections: []qa.CollectionID{qa.CollectionID(collection)}}
}

func printAnswer(term terminal, a qa.Answer) error {
	w := bufio.NewWriter(term.out)
	language := a.Language
	if a.Standalone != "" && a.Standalone != a.Asked {
		fmt.Fprintf(w, "%s\n\n", locale.Sentence(language, "understood_as", a.Standalone))
	}
	fmt.Fprintln(w, a.Text)
	code := "page_degraded_" + a.DegradedReason
	if a.Partial {
		code = "page_partial"
	}
	if a.Degraded && locale.Known(code) {
		fmt.Fprintf(w, "\n%s\n", locale.Sentence(language, code))
	}
	switch {
	case len(a.Citations) > 0:
		fmt.Fprintf(w, "\n%s\n", locale.Sentence(language, "sources"))
		printCitations(w, language, a.Citations)
	case a.Refusal != nil && len(a.Refusal.Nearest) > 0:
		fmt.Fprintf(w, "\n%s\n", locale.Sentence(language, "nearest"))
		printCitations(w, language, a.Refusal.Nearest)
	}
	if a.Refusal != nil && len(a.Refusal.Unreadable) > 0 {
		fmt.Fprintf(w, "\n%s\n", locale.Sentence(language, "page_perhaps_unreadable"))
		for _, l := range a.Refusal.Unreadable {
			fmt.Fprintf(w, "- %s\n", cmp.Or(l.Title, l.Source))
		}
	}
	return w.Flush()
}

func printCitations(w io.Writer, language string, cs []qa.Citation) {
	for _, c := range cs {
		parts := []string{c.Title}
		page := qa.Page{Number: c.Page, Label: c.PageLabel, Unit: c.PageUnit}
		if place := placeName(language, page, c.Place); place != "" {
			parts = append(parts, place)
		}
		if len(c.Section) > 0 {
			parts = append(parts, strings.Join(c.Section, " > "))
		}
		if c.Recognised > 0 {
			parts = append(parts, locale.Sentence(language, "page_recognised_short", fmt.Sprintf("%.0f", 100*c.Recognised)))
		}
		fmt.Fprintf(w, "[%d] %s\n", c.Number, strings.Join(parts, ", "))
		if c.Header != "" {
			fmt.Fprintf(w, "    %s\n", locale.Sentence(language, "page_columns", c.Header))
		}
		fmt.Fprintf(w, "    « %s »\n", strings.Join(strings.Fields(c.Quote), " "))
	}
}

// placeName says where something stands: cells, slide, sheet or page; "" where the format has none.
func placeName(language string, p qa.Page, cells string) string {
	switch {
	case cells != "":
		return cells // the name of their sheet is in it
	case p.Number == 0:
		return ""
	case p.Unit == qa.UnitSheet && p.Label != "":
		return locale.Sentence(language, "place_sheet", p.Label)
	case p.Unit == qa.UnitSlide:
		return locale.Sentence(language, "place_slide", p.Number)
	case p.Label == "" || p.Label == fmt.Sprint(p.Number):
		return locale.Sentence(language, "page_n", p.Number)
	}
	return locale.Sentence(language, "page_n_label", p.Number, p.Label)
}

// eachLine reads JSON lines from a file, or from the terminal for "-", and writes one JSON line for
// each, in order. A line that cannot be read ends the batch and is named.
func eachLine[T any](ctx context.Context, path string, term terminal, do func(T) (any, error)) error {
	in := term.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return qa.E(qa.Invalid, "path_missing", path).Because(err)
		}
		defer f.Close()
		in = f
	}
	w := bufio.NewWriter(term.out)
	defer w.Flush()
	enc := json.NewEncoder(w)
	sc := bufio.NewScanner(in)
	sc.Buffer(make([]byte, 0, 64<<10), 4<<20)
	progress := newProgress(term, "progress_questions", -1)
	defer progress.done()
	for n := 1; sc.Scan(); n++ {
		if strings.TrimSpace(sc.Text()) == "" {
			continue
		}
		var line T
		if err := json.Unmarshal(sc.Bytes(), &line); err != nil {
			return qa.E(qa.Invalid, "line_unreadable", n).Because(err)
		}
		v, err := do(line)
		if err != nil {
			return err
		}
		if err := enc.Encode(v); err != nil {
			return err
		}
		progress.add(1)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return sc.Err()
}
