package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pgvector/pgvector-go"
)

// efSearch is how broadly an index is searched.
const efSearch = 80

// bare is pgx alone, with SQL of its own: what a program written for these rows would do.
type bare struct {
	rows rows
	pool *pgxpool.Pool
}

func openBare(ctx context.Context, dsn string, r rows) (*bare, error) {
	p, err := pool(ctx, dsn, fmt.Sprintf("SET hnsw.ef_search = %d", efSearch))
	if err != nil {
		return nil, err
	}
	return &bare{rows: r, pool: p}, nil
}

// create makes two tables, vectors apart from texts.
func (b *bare) create(ctx context.Context) error {
	_, err := b.pool.Exec(ctx, fmt.Sprintf(`
		CREATE TABLE embeddings (id bigint PRIMARY KEY, collection text NOT NULL, embedding halfvec(%d) NOT NULL);
		ALTER TABLE embeddings ALTER COLUMN embedding SET STORAGE PLAIN;
		CREATE TABLE texts (id bigint PRIMARY KEY, text text NOT NULL)`, len(b.rows.vectors[0])))
	return err
}

// load copies all rows, a batch at a time.
func (b *bare) load(ctx context.Context) error {
	for from := 0; from < len(b.rows.texts); from += batch {
		n := min(batch, len(b.rows.texts)-from)
		_, err := b.pool.CopyFrom(ctx, pgx.Identifier{"embeddings"}, []string{"id", "collection", "embedding"},
			pgx.CopyFromSlice(n, func(i int) ([]any, error) {
				i += from
				return []any{int64(i), collection(i / perDocument), pgvector.NewHalfVector(b.rows.vectors[i])}, nil
			}))
		if err != nil {
			return err
		}
		_, err = b.pool.CopyFrom(ctx, pgx.Identifier{"texts"}, []string{"id", "text"},
			pgx.CopyFromSlice(n, func(i int) ([]any, error) { return []any{int64(from + i), b.rows.texts[from+i]}, nil }))
		if err != nil {
			return err
		}
	}
	return nil
}

// index builds the index over what was loaded.
func (b *bare) index(ctx context.Context, s settings) error {
	_, err := b.pool.Exec(ctx, fmt.Sprintf(
		"CREATE INDEX ON embeddings USING hnsw (embedding halfvec_cosine_ops) WITH (m = %d, ef_construction = %d)", s.m, s.construction))
	return err
}
