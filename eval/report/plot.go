package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"rapporteur/eval"
)

// The size of a plot, and of the place in it where values are drawn, in pixels.
const (
	plotWidth, plotHeight = 460, 300
	left, right           = 52, 446
	top, bottom           = 14, 246
)

// plot is a picture in the terms of SVG.
type plot struct {
	Title, Why, X, Y string
	Ticks            []tick
	Diagonal         bool
	Lines            []line
	Bars             []bar
	Names            []label // below the bars
	Legend           []label
}

type tick struct {
	X, Y  float64
	Value int
	AtX   bool // no tick of value where bars have names
}

type line struct {
	Series int
	Points string
	Dots   []dot
}

type dot struct{ X, Y, R float64 }

type bar struct {
	Series                           int
	X, Y, Width, Height, Low, Middle float64
	High                             float64
	Text                             string
}

type label struct {
	Series int
	X, Y   float64
	Text   string
}

// atX and atY place percentages.
func atX(v float64) float64 { return tidy(left + (right-left)*v/100) }
func atY(v float64) float64 { return tidy(bottom - (bottom-top)*v/100) }

// tidy keeps the file small.
func tidy(v float64) float64 { return math.Round(10*v) / 10 }

// seriesCount is how many colours there are; more series begin again.
const seriesCount = 6

func axes(names bool) (out []tick) {
	for v := 0; v <= 100; v += 20 {
		out = append(out, tick{X: atX(float64(v)), Y: atY(float64(v)), Value: v, AtX: !names})
	}
	return out
}

func legend(names []string, below float64) (out []label) {
	for i, n := range names {
		out = append(out, label{Series: i % seriesCount, X: left + 8, Y: below + 6 + float64(16*i), Text: n})
	}
	return out
}

// namesHeight is what the slanted names of bars take below a plot.
const namesHeight = 40

// Height is that of the whole picture, with a line of legend for each series.
func (p plot) Height() int {
	h := plotHeight + 16*len(p.Legend)
	if len(p.Names) > 0 {
		h += namesHeight
	}
	return h
}

func (r Report) plots() []plot {
	var out []plot
	if p := r.ranking(); len(p.Bars) > 0 {
		out = append(out, p)
	}
	risk := plot{Title: r.Say("risk"), Why: r.Say("risk_why"), X: r.Say("coverage"), Y: r.Say("risk_axis"), Ticks: axes(false)}
	reliable := plot{Title: r.Say("reliability"), Why: r.Say("reliable_why"), X: r.Say("confidence"), Y: r.Say("right_axis"), Ticks: axes(false), Diagonal: true}
	var names []string
	for _, run := range r.Runs {
		if len(run.Risk) == 0 {
			continue
		}
		series := len(names) % seriesCount
		names = append(names, run.Name)
		var points []string
		for _, p := range run.Risk {
			points = append(points, fmt.Sprintf("%g,%g", atX(p.Coverage), atY(p.Risk)))
		}
		risk.Lines = append(risk.Lines, line{Series: series, Points: strings.Join(points, " ")})
		reliable.Lines = append(reliable.Lines, reliability(series, run))
	}
	if len(names) == 0 {
		return out
	}
	risk.Legend, reliable.Legend = legend(names, plotHeight), legend(names, plotHeight)
	return append(out, risk, reliable)
}

func reliability(series int, run Run) line {
	l := line{Series: series}
	var points []string
	for _, b := range run.Reliability {
		x, y := atX(100*b.Confidence), atY(100*b.Right)
		points = append(points, fmt.Sprintf("%g,%g", x, y))
		l.Dots = append(l.Dots, dot{X: x, Y: y, R: tidy(2 + 12*math.Sqrt(float64(b.N)/float64(max(1, run.Questions))))})
	}
	l.Points = strings.Join(points, " ")
	return l
}

// ranked are the metrics of the bars, in order.
var ranked = []string{"ndcg@10", "recall@1", "recall@5", "recall@10", "success@5", "mrr@10", "document@1", "document@5", "page@1", "page@5",
	"span_recall@5", "span_precision@5"}

// ranking shows the metrics of retrieval of every run, and of each arm of it, as bars with their intervals.
func (r Report) ranking() plot {
	p := plot{Title: r.Say("ranking"), Ticks: axes(true)}
	var metrics, series []string
	values := map[string]eval.Metric{}
	for _, run := range r.Runs {
		for _, m := range run.Metrics {
			if !slices.Contains(ranked, m.Name) || strings.Contains(m.Slice, "type=") || strings.Contains(m.Slice, "lang=") {
				continue
			}
			name := strings.TrimSpace(run.Name + " " + m.Slice)
			if !slices.Contains(series, name) {
				series = append(series, name)
			}
			if !slices.Contains(metrics, m.Name) {
				metrics = append(metrics, m.Name)
			}
			values[m.Name+"\x00"+name] = m
		}
	}
	slices.SortFunc(metrics, func(a, b string) int { return slices.Index(ranked, a) - slices.Index(ranked, b) })
	step := float64(right-left) / float64(max(1, len(metrics)))
	width := step * .8 / float64(max(1, len(series)))
	for i, name := range metrics {
		x := left + step*(float64(i)+.1)
		p.Names = append(p.Names, label{X: tidy(x + step*.4), Y: bottom + 14, Text: name})
		for j, s := range series {
			m, ok := values[name+"\x00"+s]
			if !ok {
				continue
			}
			at := x + width*float64(j)
			p.Bars = append(p.Bars, bar{Series: j % seriesCount, X: tidy(at), Y: atY(m.Value), Width: tidy(width * .9), Height: tidy(bottom - atY(m.Value)),
				Low: atY(m.Low), High: atY(m.High), Middle: tidy(at + width*.45), Text: s + ", " + r.label(name) + ": " + r.number(m.Value)})
		}
	}
	p.Legend = legend(series, plotHeight+namesHeight)
	return p
}
