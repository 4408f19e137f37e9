package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"rapporteur/bench/corpus"
)

// growth measures what the index alone costs at a size: the time to build it, its size, and questions. It is bare
// pgx, so that it says what any program on this server must pay.
func (s settings) growth(ctx context.Context, out io.Writer, r rows) error {
	dsn, err := s.fresh(ctx, "growth")
	if err != nil {
		return err
	}
	b, err := openBare(ctx, dsn, r)
	if err != nil {
		return err
	}
	defer b.pool.Close()
	if err := b.create(ctx); err != nil {
		return err
	}
	if s.shuffled {
		rand.New(rand.NewPCG(5, 6)).Shuffle(len(r.vectors), func(i, j int) { r.vectors[i], r.vectors[j] = r.vectors[j], r.vectors[i] })
	}
	copied, err := timed("COPY of vectors", func() error { return b.loadVectors(ctx) })
	if err != nil {
		return err
	}
	built, err := timed("index", func() error { return b.index(ctx, s) })
	if err != nil {
		return err
	}
	var table, index string
	err = b.pool.QueryRow(ctx, "SELECT pg_size_pretty(pg_relation_size('embeddings')), pg_size_pretty(pg_relation_size('embeddings_embedding_idx'))").Scan(&table, &index)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d vectors: COPY %.1f s, index %.1f s; table %s, index %s (m %d, ef_construction %d)\n\n", len(r.vectors), copied.Seconds(), built.Seconds(), table, index, s.m, s.construction)
	var entrants []*entrant
	for _, breadth := range []int{40, efSearch, 160, 240, 320, 480} {
		p, err := pool(ctx, dsn, fmt.Sprintf("SET hnsw.ef_search = %d", breadth))
		if err != nil {
			return err
		}
		defer p.Close()
		wide := bare{rows: r, pool: p}
		entrants = append(entrants, &entrant{name: fmt.Sprintf("ef_search %d", breadth), every: 1, find: wide.find})
	}
	p, err := pool(ctx, dsn, "SET enable_indexscan = off")
	if err != nil {
		return err
	}
	defer p.Close()
	whole := bare{rows: r, pool: p}
	entrants = append(entrants, &entrant{name: "no index", every: max(1, len(r.queries)/s.slow), find: whole.find})
	if err := ask(ctx, entrants, len(r.queries)); err != nil {
		return err
	}
	return report(out, entrants, r, corpus.Exact(r.vectors, r.queries, hits, nil))
}

// loadVectors copies the vectors alone.
func (b *bare) loadVectors(ctx context.Context) error {
	_, err := b.pool.CopyFrom(ctx, pgx.Identifier{"embeddings"}, []string{"id", "collection", "embedding"},
		pgx.CopyFromSlice(len(b.rows.vectors), func(i int) ([]any, error) {
			return []any{int64(i), collection(i / perDocument), pgvector.NewHalfVector(b.rows.vectors[i])}, nil
		}))
	return err
}

// find gives the rows nearest to a question.
func (b *bare) find(ctx context.Context, question int) ([]int, error) {
	rows, err := b.pool.Query(ctx, "SELECT id FROM embeddings ORDER BY embedding <=> $1 LIMIT $2", pgvector.NewHalfVector(b.rows.queries[question]), hits)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int])
}
