package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"rapporteur/bench/corpus"
)

// entrant is one way to answer the questions, with what was measured of it.
type entrant struct {
	name  string
	every int // it is asked one question in so many
	find  func(ctx context.Context, question int) ([]int, error)

	times []float64 // in milliseconds
	asked []int     // questions, in order
	found [][]int   // chunks, for each of them
}

// turn is how many questions an entrant gets before it is another's turn: medians then share the mood of the
// machine.
const turn = 30

// warmUps begin each turn and are not counted: connections, plans and pages are then where they will be.
const warmUps = 3

// ask puts the questions to each entrant in turn.
func ask(ctx context.Context, entrants []*entrant, questions int) error {
	for from := 0; from < questions; from += turn {
		for _, e := range entrants {
			runtime.GC()
			if err := e.turn(ctx, from, min(from+turn, questions)); err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
		}
		fmt.Fprintf(os.Stderr, "%d of %d questions\n", min(from+turn, questions), questions)
	}
	return nil
}

func (e *entrant) turn(ctx context.Context, from, to int) error {
	for q := from; q < min(from+warmUps, to) && e.every == 1; q++ {
		if _, err := e.find(ctx, q); err != nil {
			return err
		}
	}
	for q := from; q < to; q += e.every {
		begun := time.Now()
		found, err := e.find(ctx, q)
		if err != nil {
			return err
		}
		e.times = append(e.times, float64(time.Since(begun).Nanoseconds())/1e6)
		e.asked, e.found = append(e.asked, q), append(e.found, found)
	}
	return nil
}

// recall compares what was found with the truth of each question.
func (e *entrant) recall(r rows, truth [][]int) float64 {
	queries, best := make([][]float32, len(e.asked)), make([][]int, len(e.asked))
	for i, q := range e.asked {
		queries[i], best[i] = r.queries[q], truth[q]
	}
	return corpus.Recall(r.vectors, queries, best, e.found, corpus.Tied)
}

// report prints a row an entrant; the first is what the others are compared with.
func report(out io.Writer, entrants []*entrant, r rows, truth [][]int) error {
	lines := [][]string{{"", "p50 ms", "p95 ms", "times ours (p50)", "recall@10", "questions"}}
	own := corpus.Quantile(entrants[0].times, .5)
	for _, e := range entrants {
		p50 := corpus.Quantile(e.times, .5)
		lines = append(lines, []string{e.name, fmt.Sprintf("%.2f", p50), fmt.Sprintf("%.2f", corpus.Quantile(e.times, .95)),
			fmt.Sprintf("%.2f", p50/own), fmt.Sprintf("%.4f", e.recall(r, truth)), fmt.Sprint(len(e.times))})
	}
	return table(out, lines)
}

// table writes rows as Markdown, the first being the heads.
func table(out io.Writer, lines [][]string) error {
	for i, l := range lines {
		line := "| " + strings.Join(l, " | ") + " |\n"
		if i == 0 {
			line += strings.Repeat("|---", len(l)) + "|\n"
		}
		if _, err := fmt.Fprint(out, line); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(out)
	return err
}
