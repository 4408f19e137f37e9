package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"rapporteur/bench/corpus"
)

// vectors measures the vector indexes on the real chunks alone, then with copies up to the full size.
func (s settings) vectors(ctx context.Context, c corpus.Corpus) error {
	docs, queries, err := c.Vectors(ctx, s.cache, os.Stderr)
	if err != nil {
		return err
	}
	if err := s.raceVectors(ctx, docs, queries, len(docs)); err != nil || s.size <= len(docs) {
		return err
	}
	r := rand.New(rand.NewPCG(1, 2))
	return s.raceVectors(ctx, corpus.Copies(docs, s.size, r), queries, len(docs))
}

func (s settings) raceVectors(ctx context.Context, docs, queries [][]float32, real int) error {
	file := filepath.Join(s.scratch, fmt.Sprintf("vec%d.db", len(docs)))
	entrants := []*entrant[[]float32]{
		{name: "ours", engine: &ourVectors{}},
		{name: "chromem-go " + version("github.com/philippgille/chromem-go"), engine: &chromemDB{}},
		{name: "sqlite-vec in modernc.org/sqlite " + version("modernc.org/sqlite"), engine: &sqliteVec{file: file}},
	}
	defer closeAll(entrants)
	if err := build(ctx, entrants, docs); err != nil {
		return err
	}
	if err := ask(ctx, entrants, queries); err != nil {
		return err
	}
	truth := corpus.Exact(docs, queries, hits, nil)
	fmt.Printf("### Vectors: %d, of which %d real\n\n", len(docs), real)
	return report(os.Stdout, entrants, len(docs), []string{"recall@10", "recall@10 of the real ones"}, func(e *entrant[[]float32]) []string {
		return []string{fmt.Sprintf("%.4f", corpus.Recall(docs, queries, truth, e.found, corpus.Tied)),
			fmt.Sprintf("%.4f", corpus.Recall(docs, queries, below(truth, real), below(e.found, real), corpus.Tied))}
	})
}

// below keeps the places under n of each list.
func below(lists [][]int, n int) [][]int {
	out := make([][]int, len(lists))
	for i, list := range lists {
		out[i] = slices.DeleteFunc(slices.Clone(list), func(place int) bool { return place >= n })
	}
	return out
}
