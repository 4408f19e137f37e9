package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// timed says how long do took.
func timed(what string, do func() error) (time.Duration, error) {
	begun := time.Now()
	err := do()
	took := time.Since(begun)
	fmt.Fprintf(os.Stderr, "%s: %v\n", what, took.Round(time.Millisecond))
	if err != nil {
		err = fmt.Errorf("%s: %w", what, err)
	}
	return took, err
}

// loaded is how long an entrant took for all rows.
type loaded struct {
	name string
	took time.Duration
}

// reportLoads prints how many rows a second each took; the first is what the others are compared with.
func reportLoads(out io.Writer, title string, rows int, loads []loaded) error {
	lines := [][]string{{title, "rows/s", "ours is faster"}}
	own := per(rows, loads[0].took)
	for _, l := range loads {
		rate := per(rows, l.took)
		lines = append(lines, []string{l.name, fmt.Sprintf("%.0f", rate), fmt.Sprintf("%.2fx", own/rate)})
	}
	return table(out, lines)
}

// loads stores the rows with each entrant, without an index for questions and then with one, and leaves ours and
// langchaingo's without an index in their databases for the questions.
func (s settings) loads(ctx context.Context, out io.Writer, r rows) error {
	plain, index, err := s.loadOurs(ctx, r)
	if err != nil {
		return err
	}
	peer, err := s.loadPeer(ctx, "langchaingo", r, false)
	if err != nil {
		return err
	}
	copied, built, err := s.loadBare(ctx, r)
	if err != nil {
		return err
	}
	err = reportLoads(out, "loaded, no index for questions", len(r.texts), []loaded{
		{"ours", plain}, {"langchaingo " + version(peerModule), peer}, {"bare pgx, COPY into two tables", copied}})
	if err != nil {
		return err
	}
	ready, err := s.loadPeer(ctx, "langchaingo_indexed", r, true)
	if err != nil {
		return err
	}
	if err := s.drop(ctx, "langchaingo_indexed"); err != nil {
		return err
	}
	return reportLoads(out, "loaded, with the HNSW index ready", len(r.texts), []loaded{
		{"ours", plain + index}, {"langchaingo, WithHNSWIndex", ready}, {"bare pgx, COPY, then the index", copied + built}})
}

// loadAlone stores the rows with ours and nothing else.
func (s settings) loadAlone(ctx context.Context, _ io.Writer, r rows) error {
	_, _, err := s.loadOurs(ctx, r)
	return err
}

func (s settings) loadPeer(ctx context.Context, name string, r rows, index bool) (time.Duration, error) {
	dsn, err := s.fresh(ctx, name)
	if err != nil {
		return 0, err
	}
	p, err := s.openPeer(ctx, dsn, r, index)
	if err != nil {
		return 0, err
	}
	defer p.pool.Close()
	return timed(name+" loads", func() error { return p.load(ctx) })
}

func (s settings) loadBare(ctx context.Context, r rows) (copied, built time.Duration, err error) {
	dsn, err := s.fresh(ctx, "bare")
	if err != nil {
		return 0, 0, err
	}
	b, err := openBare(ctx, dsn, r)
	if err != nil {
		return 0, 0, err
	}
	defer b.pool.Close()
	if err := b.create(ctx); err != nil {
		return 0, 0, err
	}
	if copied, err = timed("bare pgx loads", func() error { return b.load(ctx) }); err != nil {
		return 0, 0, err
	}
	if built, err = timed("bare pgx builds the index", func() error { return b.index(ctx, s) }); err != nil {
		return 0, 0, err
	}
	return copied, built, s.drop(ctx, "bare")
}
