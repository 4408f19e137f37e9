// Package report presents scored runs to people: one file, in HTML with plots or in Markdown, that says what was
// asked, of which program, with which result and how sure that is.
package report

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"rapporteur/eval"
	"rapporteur/locale"
)

// Run is a scored run under the name that the report gives it.
type Run struct {
	Name string
	eval.Scores
}

// Report is what is presented, in one language ("en", or French for all else).
type Report struct {
	Language string
	Runs     []Run
}

// HTML writes the report as one file that loads nothing.
func (r Report) HTML(w io.Writer) error { return htmlTemplate.Execute(w, r.view()) }

// Markdown writes the report with tables in place of plots.
func (r Report) Markdown(w io.Writer) error { return markdownTemplate.Execute(w, r.view()) }

// view is what both forms show.
type view struct {
	Report
	Facts  [][]string // of each run
	Tables []table
	Plots  []plot
	Risks  []risks
	Bands  []bands
}

// table is the metrics of one slice: a row for each metric, a cell for each run.
type table struct {
	Slice string
	Rows  []metricRow
}

type metricRow struct {
	Label, Name string
	Lower       bool
	Cells       []string
}

// risks are places of the risk-coverage curve of one run, for readers without the plot.
type risks struct {
	Name   string
	Points [][2]string
}

// bands is the reliability table of one run.
type bands struct {
	Name string
	Rows [][]string
}

func (r Report) view() view {
	v := view{Report: r, Tables: r.tables(), Plots: r.plots()}
	for _, run := range r.Runs {
		v.Facts = append(v.Facts, r.facts(run))
		if len(run.Risk) > 0 {
			v.Risks = append(v.Risks, risks{Name: run.Name, Points: r.riskPoints(run)})
			v.Bands = append(v.Bands, bands{Name: run.Name, Rows: r.bandRows(run)})
		}
	}
	return v
}

// Say gives a sentence of the report.
func (r Report) Say(code string, args ...any) string {
	return locale.Sentence(r.Language, "evaluation_"+code, args...)
}

// Lang is the BCP 47 tag of the report.
func (r Report) Lang() string {
	if r.Language == locale.English {
		return locale.English
	}
	return locale.French
}

// facts say what a run was. Of paths only the last part is told: a report is passed on.
func (r Report) facts(run Run) []string {
	var options []string
	if run.Withhold != "" {
		options = append(options, r.Say("withhold", r.Say(run.Withhold)))
	}
	if len(run.Traps) > 0 {
		var names []string
		for _, t := range run.Traps {
			names = append(names, filepath.Base(t))
		}
		options = append(options, r.Say("traps", strings.Join(names, ", ")))
	}
	if run.Sample > 0 {
		options = append(options, r.Say("sample", run.Sample))
	}
	if run.NoRefusal {
		options = append(options, r.Say("no_refusal"))
	}
	encoder, _, _ := strings.Cut(run.Encoder, "/")
	encoder = encoder[:min(12, len(encoder))] // enough of a hash to tell models apart
	return []string{run.Name, filepath.Base(run.Set), fmt.Sprint(run.Questions), r.Say(string(run.Stage)), run.Version,
		cmp.Or(encoder, r.Say("words")), strings.Join(options, ", ")}
}

// tables has a table for each slice of any run, those of all questions first.
func (r Report) tables() []table {
	var out []table
	for column, run := range r.Runs {
		for _, m := range run.Metrics {
			t := slices.IndexFunc(out, func(t table) bool { return t.Slice == m.Slice })
			if t < 0 {
				t = len(out)
				out = append(out, table{Slice: m.Slice})
			}
			row := slices.IndexFunc(out[t].Rows, func(row metricRow) bool { return row.Name == m.Name })
			if row < 0 {
				row = len(out[t].Rows)
				out[t].Rows = append(out[t].Rows, metricRow{Label: r.label(m.Name), Name: m.Name, Lower: eval.LowerIsBetter(m.Name),
					Cells: make([]string, len(r.Runs))})
			}
			out[t].Rows[row].Cells[column] = r.cell(m)
		}
	}
	slices.SortStableFunc(out, func(a, b table) int { return cmp.Compare(strings.Count(a.Slice, "="), strings.Count(b.Slice, "=")) })
	return out
}

// label is the name of a metric for people: its sentence, and the number after « @ ».
func (r Report) label(name string) string {
	before, after, at := strings.Cut(name, "@")
	if !at {
		return locale.Sentence(r.Language, "metric_"+name)
	}
	number, rest, _ := strings.Cut(after, "_")
	if rest != "" {
		before += "_" + rest
	}
	return locale.Sentence(r.Language, "metric_"+before) + " @" + number
}

// cell is a value with its interval and how many questions or citations it counts.
func (r Report) cell(m eval.Metric) string {
	if r.Lang() == locale.English {
		return fmt.Sprintf("%.1f [%.1f, %.1f], n %d", m.Value, m.Low, m.High, m.N)
	}
	return strings.ReplaceAll(fmt.Sprintf("%.1f [%.1f ; %.1f], n %d", m.Value, m.Low, m.High, m.N), ".", ",")
}

// number is a value with one decimal.
func (r Report) number(v float64) string {
	text := fmt.Sprintf("%.1f", v)
	if r.Lang() == locale.English {
		return text
	}
	return strings.ReplaceAll(text, ".", ",")
}

// riskPoints are the risks at every tenth of coverage, or the nearest above.
func (r Report) riskPoints(run Run) [][2]string {
	var out [][2]string
	for want := 10.0; want <= 100; want += 10 {
		i := slices.IndexFunc(run.Risk, func(p eval.Point) bool { return p.Coverage >= want-1e-9 })
		if i < 0 {
			break
		}
		out = append(out, [2]string{r.number(run.Risk[i].Coverage), r.number(run.Risk[i].Risk)})
	}
	return out
}

func (r Report) bandRows(run Run) [][]string {
	var out [][]string
	for _, b := range run.Reliability {
		out = append(out, []string{r.number(100*b.Low) + "–" + r.number(100*b.Low+10), fmt.Sprint(b.N),
			r.number(100 * b.Confidence), r.number(100 * b.Right), r.number(100 * b.Answerable)})
	}
	return out
}
