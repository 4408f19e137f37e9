package main

import (
	"bufio"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"

	"rapporteur/eval"
	presented "rapporteur/eval/report"
	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/upkeep"
)

type evalReportCommand struct {
	Runs []string          `arg:"" name:"run" help:"${help_runs}"`
	Out  string            `default:"report.html" help:"${help_report_out}"`
	Same map[string]string `placeholder:"A=B" help:"${help_same}"`
	By   string            `enum:"type,lang," default:"" help:"${help_by}"`
}

// Run scores the runs and writes one file about them; each is called by the name of its file.
func (c *evalReportCommand) Run(term terminal) error {
	format := strings.ToLower(filepath.Ext(c.Out))
	if format != ".html" && format != ".md" {
		return qa.E(qa.Invalid, "report_format", filepath.Base(c.Out))
	}
	r := presented.Report{Language: term.language}
	for _, path := range c.Runs {
		run, err := readRun(path)
		if err != nil {
			return err
		}
		scorer := eval.Scorer{Set: run.set, Same: bothWays(c.Same), By: c.By}
		name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		r.Runs = append(r.Runs, presented.Run{Name: name, Scores: scorer.Scores(run.header, run.results)})
	}
	return writeFile(c.Out, func(w *bufio.Writer) error {
		if format == ".md" {
			return r.Markdown(w)
		}
		return r.HTML(w)
	})
}

type evalInitCommand struct {
	Collection string `arg:"" default:"default" help:"${help_init_collection}"`
	Out        string `default:"set.jsonl" help:"${help_out}"`
	Each       int    `default:"5" help:"${help_init_each}"`
}

// Run suggests questions about every document of a collection, for people to correct.
func (c *evalInitCommand) Run(ctx context.Context, s *settings, term terminal) error {
	return with(ctx, s, term, func(svc *service) error {
		d := eval.Drafter{Each: c.Each,
			Heading:  func(heading string) string { return locale.Sentence(term.language, "draft_heading", heading) },
			Sentence: func(quote string) string { return locale.Sentence(term.language, "draft_sentence", quote) }}
		n := 0
		err := writeFile(c.Out, func(w *bufio.Writer) error {
			enc := json.NewEncoder(w)
			enc.SetEscapeHTML(false) // people edit it
			return upkeep.Each(ctx, svc.store, scopeOf(c.Collection), func(l qa.Listed) error {
				if l.Live == "" {
					return nil
				}
				text, _, err := svc.store.Text(ctx, scopeOf(c.Collection), l.ID, l.Live)
				if err != nil {
					return err
				}
				for _, q := range d.Draft(l.Document, text) {
					n++
					if err := enc.Encode(q); err != nil {
						return err
					}
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return qa.E(qa.NotFound, "drafts_none")
		}
		term.say("drafts_written", n, c.Out)
		return nil
	})
}
