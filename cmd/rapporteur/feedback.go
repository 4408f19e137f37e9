package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"rapporteur/eval"
	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/feedback"
	shown "rapporteur/server/reply"
	"rapporteur/server/wire"
)

type feedbackCommand struct {
	List   feedbackListCommand   `cmd:"" help:"${help_feedback_list}"`
	Export feedbackExportCommand `cmd:"" help:"${help_feedback_export}"`
}

// wantedFeedback says which feedback a command is about.
type wantedFeedback struct {
	Since      string `placeholder:"DAY" help:"${help_feedback_since}"`
	Verdict    string `enum:"useful,not-useful," default:"" help:"${help_feedback_verdict}"`
	Collection string `help:"${help_collection}"`
}

// each calls do for what is wanted, newest first, and gives how much there was.
func (w wantedFeedback) each(ctx context.Context, j feedback.Journal, do func(qa.Feedback) error) (n int, err error) {
	const step = 200
	search := qa.FeedbackSearch{Collection: qa.CollectionID(w.Collection), Limit: step}
	if w.Verdict != "" {
		search.Useful = new(w.Verdict == "useful")
	}
	if w.Since != "" {
		if search.Since, err = feedback.Since(w.Since); err != nil {
			return 0, qa.E(qa.Invalid, "since_invalid", w.Since).Because(err)
		}
	}
	for {
		list, err := j.Feedback(ctx, search)
		if err != nil {
			return n, err
		}
		for _, f := range list {
			n++
			if err := do(f); err != nil {
				return n, err
			}
			search.After = f.Mark()
		}
		if len(list) < step {
			return n, nil
		}
	}
}

type feedbackListCommand struct{ wantedFeedback }

// Run lists feedback, a line each.
func (c *feedbackListCommand) Run(ctx context.Context, s *settings, term terminal) error {
	return with(ctx, s, term, func(svc *service) error {
		w := tabwriter.NewWriter(term.out, 0, 4, 2, ' ', 0)
		n, err := c.each(ctx, svc.store, func(f qa.Feedback) error {
			verdict := "useful"
			if !f.Useful {
				verdict = "not-useful"
			}
			_, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f.ID, f.At.Local().Format("2006-01-02 15:04"), f.Owner, verdict,
				strings.Join(reasonsOf(f), ","), oneLine(f.Answer.Asked), oneLine(f.Note))
			return err
		})
		if err == nil && n == 0 {
			term.say("feedback_none")
		}
		if err != nil {
			return err
		}
		return w.Flush()
	})
}

func reasonsOf(f qa.Feedback) (out []string) {
	for _, r := range f.Reasons {
		out = append(out, string(r))
	}
	return out
}

// oneLine is what people wrote as a terminal may show it: it is given no command.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
}

type feedbackExportCommand struct {
	wantedFeedback
	Format string `enum:"jsonl,csv" default:"jsonl" help:"${help_feedback_format}"`
	AsEval bool   `help:"${help_feedback_eval}"`
}

// Run writes feedback to the standard output.
func (c *feedbackExportCommand) Run(ctx context.Context, s *settings, term terminal) error {
	return with(ctx, s, term, func(svc *service) error {
		out := bufio.NewWriter(term.out)
		w := c.writer(out, term.language)
		n, err := c.each(ctx, svc.store, w.add)
		if err == nil && n == 0 {
			term.say("feedback_none")
		}
		if err == nil {
			err = w.end()
		}
		if err != nil {
			return err
		}
		return out.Flush()
	})
}

// feedbackWriter writes feedback in one of the formats.
type feedbackWriter struct {
	add func(qa.Feedback) error
	end func() error
}

func (c *feedbackExportCommand) writer(out io.Writer, language string) feedbackWriter {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false) // people read it
	done := func() error { return nil }
	switch {
	case c.AsEval:
		return feedbackWriter{end: done, add: func(f qa.Feedback) error {
			if f.Useful {
				return nil
			}
			return enc.Encode(draftOf(f))
		}}
	case c.Format == "csv":
		sheet := csv.NewWriter(out)
		_ = sheet.Write([]string{"id", "at", "owner", "useful", "reasons", "note", "question", "searched_as", "answered", "answer", "citations", "collections"}) // an error stays until Flush
		return feedbackWriter{
			add: func(f qa.Feedback) error { return sheet.Write(cells(language, f)) },
			end: func() error { sheet.Flush(); return sheet.Error() },
		}
	}
	return feedbackWriter{end: done, add: func(f qa.Feedback) error { return enc.Encode(wire.NewFeedback(f)) }}
}

func cells(language string, f qa.Feedback) []string {
	a := f.Answer
	cited := a.Citations
	if a.Refusal != nil {
		cited = a.Refusal.Nearest
	}
	var citations, collections []string
	for _, c := range cited {
		citations = append(citations, c.Title+", "+shown.Place(language, c)+locale.Sentence(language, "quoted", c.Quote))
	}
	for _, c := range f.Collections {
		collections = append(collections, string(c))
	}
	row := []string{string(f.ID), f.At.Format(time.RFC3339), f.Owner, strconv.FormatBool(f.Useful), strings.Join(reasonsOf(f), ","), f.Note,
		a.Asked, a.Standalone, strconv.FormatBool(a.Answered), a.Text, strings.Join(citations, "\n"), strings.Join(collections, ",")}
	for i, cell := range row {
		row[i] = inert(cell)
	}
	return row
}

// inert is a cell that no spreadsheet takes for a formula: what begins like one gets an apostrophe before it, at the start
// of the cell and wherever a spreadsheet that splits at semicolons, tabs or lines, as the French ones do, sees one begin.
func inert(cell string) string {
	var out strings.Builder
	begins := "=+-@|%＝＋－＠\t\r\n" // a cell that begins with a gap may be read from behind it
	for cell != "" {
		end := len(cell)
		if i := strings.IndexAny(cell, ";\t\n\r"); i >= 0 {
			end = i + 1
		}
		part := cell[:end]
		if start := strings.TrimLeft(part, " \u00a0\u202f\""); start != "" && strings.ContainsRune(begins, []rune(start)[0]) {
			out.WriteByte('\'')
		}
		out.WriteString(part)
		cell, begins = cell[end:], "=+-@|%＝＋－＠"
	}
	return out.String()
}

// judgedDraft is a question of a set that a reader found badly answered, with what helps to correct it: a set passes
// over the fields that it does not know.
type judgedDraft struct {
	eval.Question
	Reasons []string `json:"reasons,omitempty"`
	Note    string   `json:"note,omitempty"`
	Was     string   `json:"was"` // the answer that was given
}

// draftOf makes a draft of the question of a feedback, with the places that its answer cited unless they are what is
// wrong.
func draftOf(f qa.Feedback) judgedDraft {
	a := f.Answer
	d := judgedDraft{Reasons: reasonsOf(f), Note: f.Note, Was: a.Text,
		Question: eval.Question{ID: "feedback-" + string(f.ID), Text: a.Standalone, Language: a.Language, Type: "feedback", Answerable: true, Draft: true}}
	for _, r := range f.Reasons {
		if r == qa.ReasonWrongPage {
			return d
		}
	}
	for _, c := range a.Citations {
		e := eval.Evidence{Doc: c.Source, Quote: c.Quote}
		if c.Page > 0 {
			e.Page = new(c.Page)
		}
		d.Evidence = append(d.Evidence, e)
	}
	return d
}
