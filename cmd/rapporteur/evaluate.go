package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"rapporteur/answer"
	"rapporteur/eval"
	"rapporteur/ingest/source"
	"rapporteur/qa"
)

type evalCommand struct {
	Run   evalRunCommand   `cmd:"" help:"${help_eval_run}"`
	Score evalScoreCommand `cmd:"" help:"${help_eval_score}"`
}

type evalRunCommand struct {
	Set        string   `arg:"" help:"${help_set}"`
	Corpus     []string `placeholder:"FILE" help:"${help_corpus}"`
	Stage      string   `enum:"retrieval,ask" default:"retrieval" help:"${help_stage}"`
	Out        string   `default:"run.jsonl" help:"${help_out}"`
	Limit      int      `default:"0" help:"${help_limit}"`
	Collection string   `help:"${help_collection}"`
	Vectors    string   `placeholder:"DIR" help:"${help_vectors}"`
}

// Run asks every question of a set. A set that brings its own documents gets a library of its own,
// which is removed afterwards; the others are asked of the library in --data.
func (c *evalRunCommand) Run(ctx context.Context, s *settings, term terminal) error {
	set, err := eval.Load(c.Set, c.Corpus...)
	if err != nil {
		return err
	}
	own := *s
	own.vectorCache = c.Vectors
	if len(set.Records) > 0 {
		dir, err := os.MkdirTemp("", "rapporteur-eval-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		own.Data = dir
	}
	svc, err := open(ctx, &own, logger(s, term))
	if err != nil {
		return err
	}
	defer svc.Close()
	if err := c.load(ctx, svc, set, term); err != nil {
		return err
	}
	if err := svc.sync(ctx); err != nil {
		return err
	}
	return c.run(ctx, svc, set, term)
}

func (c *evalRunCommand) load(ctx context.Context, svc *service, set eval.Set, term terminal) error {
	if len(set.Records) == 0 {
		return nil
	}
	stop := svc.work(ctx)
	defer stop()
	bar := newProgress(term, "progress_reading", len(set.Records))
	defer bar.done()
	err := svc.ingest(ctx, qa.DefaultCollection, source.Records(set.Records), func(outcome) error { bar.add(1); return nil })
	if err != nil {
		return err
	}
	bar.done()
	return svc.awaitVectors(ctx, term)
}

func (c *evalRunCommand) run(ctx context.Context, svc *service, set eval.Set, term terminal) error {
	f, err := os.Create(c.Out)
	if err != nil {
		return qa.E(qa.Invalid, "path_missing", c.Out).Because(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	bar := newProgress(term, "progress_questions", len(set.Questions))
	defer bar.done()
	path, err := filepath.Abs(c.Set)
	if err != nil {
		return err
	}
	corpora := make([]string, len(c.Corpus))
	for i, p := range c.Corpus {
		if corpora[i], err = filepath.Abs(p); err != nil {
			return err
		}
	}
	r := eval.Runner{System: measured{svc}, Scope: scopeOf(c.Collection), Limit: c.Limit,
		Progress: func(int, int) { bar.add(1) }}
	h := eval.Header{Set: path, Corpora: corpora, Stage: eval.Stage(c.Stage), Version: fullVersion()}
	if err := r.Run(ctx, h, set, w); err != nil {
		return err
	}
	return w.Flush()
}

// measured offers a service to the runner.
type measured struct{ *service }

// Answer asks the question.
func (m measured) Answer(ctx context.Context, q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
	return m.answerer.Answer(ctx, q, emit)
}

// Retrieve searches passages for the question as an answer would: a follow-up is made to stand alone.
func (m measured) Retrieve(ctx context.Context, q qa.Question) (qa.Evidence, error) {
	q.Text = answer.Standalone(q)
	return m.retriever.Retrieve(ctx, q)
}

// Text reads the stored text that quotes are checked against.
func (m measured) Text(ctx context.Context, d qa.DocumentID, v qa.VersionID) (qa.Text, error) {
	t, _, err := m.store.Text(ctx, scopeOf(""), d, v)
	return t, err
}

type evalScoreCommand struct {
	RunFile string            `arg:"" name:"run" help:"${help_run}"`
	Same    map[string]string `placeholder:"A=B" help:"${help_same}"`
	JSON    bool              `help:"${help_json}"`
}

// Run scores a recorded run against its set.
func (c *evalScoreCommand) Run(term terminal) error {
	f, err := os.Open(c.RunFile)
	if err != nil {
		return qa.E(qa.Invalid, "path_missing", c.RunFile).Because(err)
	}
	defer f.Close()
	h, results, err := eval.ReadRun(f)
	if err != nil {
		return qa.E(qa.Invalid, "set_unreadable", filepath.Base(c.RunFile)).Because(err)
	}
	set, err := eval.Load(h.Set, h.Corpora...)
	if err != nil {
		return err
	}
	scorer := eval.Scorer{Set: set, Same: c.Same}
	metrics := scorer.Score(h.Stage, results)
	if c.JSON {
		enc := json.NewEncoder(term.out)
		for _, m := range metrics {
			if err := enc.Encode(m); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(term.out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "metric\tn\tvalue\t95 %\t\t")
	for _, m := range metrics {
		fmt.Fprintf(w, "%s\t%d\t%.1f\t%.1f\t%.1f\t\n", m.Name, m.N, m.Value, m.Low, m.High)
	}
	return w.Flush()
}
