package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"rapporteur/eval"
	"rapporteur/locale"
	"rapporteur/qa"
)

type evalScoreCommand struct {
	RunFile string            `arg:"" name:"run" help:"${help_run}"`
	Same    map[string]string `placeholder:"A=B" help:"${help_same}"`
	By      string            `enum:"type,lang," default:"" help:"${help_by}"`
	JSON    bool              `help:"${help_json}"`
	Wrong   bool              `help:"${help_wrong}"`
}

// Run scores a recorded run against its set, or lists what the run got wrong.
func (c *evalScoreCommand) Run(term terminal) error {
	r, err := readRun(c.RunFile)
	if err != nil {
		return err
	}
	scorer := eval.Scorer{Set: r.set, Same: bothWays(c.Same), By: c.By}
	if c.Wrong {
		return lines(term.out, scorer.Wrong(r.header.Stage, r.results), []eval.Question(nil))
	}
	scores := scorer.Scores(r.header, r.results)
	if c.JSON {
		return lines(term.out, scores.Metrics, scores.Reliability)
	}
	w := tabwriter.NewWriter(term.out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "metric\tn\tvalue\t95 %\t\t")
	for _, m := range scores.Metrics {
		fmt.Fprintf(w, "%s\t%d\t%.1f\t%.1f\t%.1f\t\n", strings.TrimSpace(m.Slice+" "+m.Name), m.N, m.Value, m.Low, m.High)
	}
	if r.header.Stage == eval.StageAsk {
		fmt.Fprintln(w, "\t\t\t\t\t\nconfidence\tn\tmean\tright\tanswerable\t")
		for _, b := range scores.Reliability {
			fmt.Fprintf(w, "%.1f-%.1f\t%d\t%.2f\t%.2f\t%.2f\t\n", b.Low, b.Low+.1, b.N, b.Confidence, b.Right, b.Answerable)
		}
	}
	return w.Flush()
}

// lines writes the elements of both lists as JSON, one a line.
func lines[A, B any](w io.Writer, a []A, b []B) error {
	enc := json.NewEncoder(w)
	for _, v := range a {
		if err := enc.Encode(v); err != nil {
			return err
		}
	}
	for _, v := range b {
		if err := enc.Encode(v); err != nil {
			return err
		}
	}
	return nil
}

// recorded is a run with the set that it was asked.
type recorded struct {
	header  eval.Header
	results []eval.Result
	set     eval.Set
}

func readRun(path string) (recorded, error) {
	f, err := os.Open(path)
	if err != nil {
		return recorded{}, qa.E(qa.Invalid, "path_missing", path).Because(err)
	}
	defer f.Close()
	h, results, err := eval.ReadRun(f)
	if err != nil || h.Set == "" {
		return recorded{}, qa.E(qa.Invalid, "run_unreadable", filepath.Base(path)).Because(err)
	}
	set, err := h.Selection.Load()
	return recorded{header: h, results: results, set: set}, err
}

// bothWays lets each of two sources with one text stand for the other.
func bothWays(same map[string]string) map[string]string {
	out := map[string]string{}
	for a, b := range same {
		out[a], out[b] = b, a
	}
	return out
}

type evalCompareCommand struct {
	A    string            `arg:"" name:"a" help:"${help_run_a}"`
	B    string            `arg:"" name:"b" help:"${help_run_b}"`
	Same map[string]string `placeholder:"A=B" help:"${help_same}"`
	JSON bool              `help:"${help_json}"`
}

// Run tells what the second run gains over the first on the questions of both.
func (c *evalCompareCommand) Run(term terminal) error {
	a, err := readRun(c.A)
	if err != nil {
		return err
	}
	b, err := readRun(c.B)
	if err != nil {
		return err
	}
	if err := eval.Comparable(a.header, b.header); err != nil {
		return err
	}
	set := a.set
	if len(b.set.Questions) > len(set.Questions) { // a sample is compared with the whole
		set = b.set
	}
	scorer := eval.Scorer{Set: set, Same: bothWays(c.Same)}
	got, err := scorer.Compare(a.header.Stage, a.results, b.results)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(term.out).Encode(got)
	}
	w := tabwriter.NewWriter(term.out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "metric\tn\tA\tB\tB - A\t95 %\t\t\t")
	for _, d := range got.Metrics {
		clear := ""
		if d.Clear() {
			clear = "*"
		}
		fmt.Fprintf(w, "%s\t%d\t%.1f\t%.1f\t%+.1f\t%+.1f\t%+.1f\t%s\t\n", strings.TrimSpace(d.Slice+" "+d.Name), d.N, d.A, d.B, d.Gain, d.Low, d.High, clear)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, list := range []struct {
		code string
		ids  []string
	}{{"compare_better", got.Better}, {"compare_worse", got.Worse}} {
		text := locale.Sentence(term.language, list.code, len(list.ids)) + " " + strings.Join(list.ids, " ")
		if _, err := fmt.Fprintln(term.out, strings.TrimSpace(text)); err != nil {
			return err
		}
	}
	return nil
}
