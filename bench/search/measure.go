package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"rapporteur/bench/corpus"
)

// hits wanted of each query.
const hits = 10

// engine is one index under test; documents and queries are of one type T, vectors or texts.
type engine[T any] interface {
	// index takes all documents; they are found by their place in docs.
	index(ctx context.Context, docs []T) error
	// find gives the places of the best k documents, best first.
	find(ctx context.Context, query T, k int) ([]int, error)
	close() error
}

// entrant is an engine with what was measured of it.
type entrant[T any] struct {
	name   string
	engine engine[T]
	build  time.Duration
	times  []float64 // of queries, in milliseconds
	found  [][]int   // of each query, in order
}

// build lets each engine index the documents.
func build[T any](ctx context.Context, entrants []*entrant[T], docs []T) error {
	for _, e := range entrants {
		runtime.GC()
		begun := time.Now()
		if err := e.engine.index(ctx, docs); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
		e.build = time.Since(begun)
		fmt.Fprintf(os.Stderr, "%s indexed in %v\n", e.name, e.build.Round(time.Millisecond))
	}
	return nil
}

const (
	// turn is how many queries an engine answers before it is another's turn: medians of engines then share
	// the mood of the machine.
	turn = 25
	// warmUps begin each turn and are not counted.
	warmUps = 3
)

// ask asks all queries of each engine, in turn.
func ask[T any](ctx context.Context, entrants []*entrant[T], queries []T) error {
	for block := range slices.Chunk(queries, turn) {
		for _, e := range entrants {
			runtime.GC()
			for _, q := range block[:min(warmUps, len(block))] {
				if _, err := e.engine.find(ctx, q, hits); err != nil {
					return fmt.Errorf("%s: %w", e.name, err)
				}
			}
			for _, q := range block {
				begun := time.Now()
				found, err := e.engine.find(ctx, q, hits)
				if err != nil {
					return fmt.Errorf("%s: %w", e.name, err)
				}
				e.times = append(e.times, float64(time.Since(begun).Nanoseconds())/1e6)
				e.found = append(e.found, found)
			}
		}
	}
	return nil
}

// report prints a row an engine; extra adds its own columns.
func report[T any](w io.Writer, entrants []*entrant[T], docs int, heads []string, extra func(*entrant[T]) []string) error {
	rows := [][]string{append([]string{"", "documents/s indexed", "p50 ms", "p95 ms", "ours is faster (p50)"}, heads...)}
	own := corpus.Quantile(entrants[0].times, .5)
	for _, e := range entrants {
		p50 := corpus.Quantile(e.times, .5)
		rows = append(rows, append([]string{
			e.name, fmt.Sprintf("%.0f", float64(docs)/e.build.Seconds()),
			fmt.Sprintf("%.3f", p50), fmt.Sprintf("%.3f", corpus.Quantile(e.times, .95)), fmt.Sprintf("%.1fx", p50/own),
		}, extra(e)...))
	}
	for i, r := range rows {
		line := "| " + strings.Join(r, " | ") + " |\n"
		if i == 0 {
			line += strings.Repeat("|---", len(r)) + "|\n"
		}
		if _, err := fmt.Fprint(w, line); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w)
	return err
}

func closeAll[T any](entrants []*entrant[T]) {
	for _, e := range entrants {
		if err := e.engine.close(); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", e.name, err)
		}
	}
}
