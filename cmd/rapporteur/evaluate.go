package main

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"slices"

	"rapporteur/answer"
	"rapporteur/eval"
	"rapporteur/ingest/source"
	"rapporteur/qa"
	"rapporteur/upkeep"
)

type evalCommand struct {
	Run     evalRunCommand     `cmd:"" help:"${help_eval_run}"`
	Score   evalScoreCommand   `cmd:"" help:"${help_eval_score}"`
	Compare evalCompareCommand `cmd:"" help:"${help_eval_compare}"`
	Report  evalReportCommand  `cmd:"" help:"${help_eval_report}"`
	Init    evalInitCommand    `cmd:"" help:"${help_eval_init}"`
}

type evalRunCommand struct {
	Set         string   `arg:"" help:"${help_set}"`
	Corpus      []string `sep:"none" placeholder:"FILE" help:"${help_corpus}"`
	Stage       string   `enum:"retrieval,ask" default:"retrieval" help:"${help_stage}"`
	Arm         []string `enum:"hybrid,lexical,semantic" default:"hybrid" help:"${help_arms}"`
	Withhold    string   `enum:"even,odd," default:"" help:"${help_withhold}"`
	Traps       []string `sep:"none" placeholder:"SET" help:"${help_traps}"`
	Sample      int      `placeholder:"N" help:"${help_sample}"`
	SetLanguage string   `enum:"fr,en" default:"fr" help:"${help_set_language}"`
	Mode        string   `enum:"extractive,generated" default:"extractive" help:"${help_mode}"`
	NoRefusal   bool     `help:"${help_no_refusal}"`
	Drafts      bool     `help:"${help_drafts}"`
	Typed       string   `enum:"slips,capitals,unaccented,polite," default:"" help:"${help_typed}"`
	Out         string   `default:"run.jsonl" help:"${help_out}"`
	Limit       int      `default:"0" help:"${help_limit}"`
	Parallel    int      `placeholder:"N" help:"${help_parallel}"`
	Collection  string   `help:"${help_collection}"`
	Vectors     string   `placeholder:"DIR" help:"${help_vectors}"`
}

// anyConfidence is a threshold of refusal that whatever was found passes.
const anyConfidence = 1e-9

// Run asks every question of a set. A set that brings its own documents gets a library of its own,
// which is removed afterwards; the others are asked of the library in --data.
func (c *evalRunCommand) Run(ctx context.Context, s *settings, term terminal) error {
	selection, err := c.selection()
	if err != nil {
		return err
	}
	set, err := selection.Load()
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
		own.Data, own.Database, own.Originals = dir, "", ""
	}
	svc, err := open(ctx, &own, logger(s, term))
	if err != nil {
		return err
	}
	defer svc.Close()
	documents, err := c.documents(ctx, svc, set, term)
	if err != nil {
		return err
	}
	if err := svc.sync(ctx); err != nil {
		return err
	}
	if c.NoRefusal {
		svc.answerer.Options.Threshold = anyConfidence
	}
	r := eval.Runner{System: measured{svc}, Scope: scopeOf(c.Collection), Documents: documents, Mode: qa.Mode(c.Mode), Limit: c.Limit, Parallel: c.Parallel}
	if len(c.Arm) != 1 || c.Arm[0] != string(qa.ArmHybrid) {
		for _, arm := range c.Arm {
			r.Arms = append(r.Arms, qa.Arm(arm))
		}
	}
	used, err := svc.store.Encoder(ctx)
	if err != nil {
		return err
	}
	h := eval.Header{Selection: selection, Stage: eval.Stage(c.Stage), Mode: c.Mode, NoRefusal: c.NoRefusal, Encoder: used.Fingerprint, Version: fullVersion()}
	return c.run(ctx, r, h, set, term)
}

// selection names the files by whole paths, so that the run can be scored from elsewhere.
func (c *evalRunCommand) selection() (eval.Selection, error) {
	out := eval.Selection{Language: c.SetLanguage, Withhold: c.Withhold, Sample: c.Sample, Drafts: c.Drafts, Typed: c.Typed}
	var err error
	if out.Set, err = filepath.Abs(c.Set); err != nil {
		return out, err
	}
	if out.Corpora, err = wholePaths(c.Corpus); err != nil {
		return out, err
	}
	out.Traps, err = wholePaths(c.Traps)
	return out, err
}

func wholePaths(paths []string) ([]string, error) {
	var out []string
	for _, p := range paths {
		whole, err := filepath.Abs(p)
		if err != nil {
			return nil, err
		}
		out = append(out, whole)
	}
	return out, nil
}

// documents reads those that the set brings, and gives the ids of all that its questions may be asked within.
func (c *evalRunCommand) documents(ctx context.Context, svc *service, set eval.Set, term terminal) (map[string]qa.DocumentID, error) {
	ids := map[string]qa.DocumentID{}
	if len(set.Records) == 0 {
		if !slices.ContainsFunc(set.Questions, func(q eval.Question) bool { return len(q.Scope) > 0 }) {
			return ids, nil
		}
		return ids, upkeep.Each(ctx, svc.store, scopeOf(c.Collection), func(l qa.Listed) error {
			ids[l.Source] = l.ID
			return nil
		})
	}
	stop := svc.work(ctx)
	defer stop()
	bar := newProgress(term, "progress_reading", len(set.Records))
	defer bar.done()
	unread := 0
	err := svc.ingest(ctx, qa.DefaultCollection, source.Records(set.Records), func(o outcome) error {
		bar.add(1)
		ids[o.Source] = qa.DocumentID(o.Document)
		if !o.readable() {
			unread++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	bar.done()
	if unread > 0 {
		term.say("records_unread", unread)
	}
	return ids, svc.awaitVectors(ctx, term)
}

func (c *evalRunCommand) run(ctx context.Context, r eval.Runner, h eval.Header, set eval.Set, term terminal) error {
	bar := newProgress(term, "progress_questions", len(set.Questions))
	defer bar.done()
	r.Progress = func(int, int) { bar.add(1) }
	return writeFile(c.Out, func(w *bufio.Writer) error { return r.Run(ctx, h, set, w) })
}

// writeFile makes a file of what write gives.
func writeFile(path string, write func(*bufio.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return qa.E(qa.Invalid, "path_missing", path).Because(err)
	}
	w := bufio.NewWriter(f)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
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
