package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pgvector/pgvector-go"
)

// same is pgx alone on the tables and the index that ours made.
type same struct {
	ours     *ours
	plain    *pgxpool.Pool
	relaxed  *pgxpool.Pool
	table    string
	versions []int64 // of the collection that is searched alone
}

func openSame(ctx context.Context, dsn string, o *ours) (*same, error) {
	x := &same{ours: o}
	var err error
	breadth := fmt.Sprintf("SET hnsw.ef_search = %d", efSearch)
	if x.plain, err = pool(ctx, dsn, breadth); err != nil {
		return nil, err
	}
	// The planner would rather read the rows of the collection by themselves.
	if x.relaxed, err = pool(ctx, dsn, breadth, "SET hnsw.iterative_scan = relaxed_order", "SET enable_sort = off", "SET enable_bitmapscan = off"); err != nil {
		x.plain.Close()
		return nil, err
	}
	if err = x.learn(ctx); err != nil {
		x.close()
		return nil, err
	}
	return x, nil
}

func (x *same) close() {
	x.plain.Close()
	x.relaxed.Close()
}

// learn finds the table of the vectors and the versions of one collection.
func (x *same) learn(ctx context.Context) error {
	if err := x.plain.QueryRow(ctx, "SELECT 'chunk_vectors_' || id FROM encoders WHERE live").Scan(&x.table); err != nil {
		return err
	}
	rows, err := x.plain.Query(ctx, "SELECT live FROM documents WHERE collection = $1", filtered)
	if err != nil {
		return err
	}
	x.versions, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	return err
}

func (x *same) find(ctx context.Context, p *pgxpool.Pool, query string, args ...any) ([]int, error) {
	rows, err := p.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (int, error) {
		var id int64
		var rest string
		if len(row.FieldDescriptions()) == 1 {
			err := row.Scan(&id)
			return x.ours.place(id), err
		}
		err := row.Scan(&id, &rest)
		return x.ours.place(id), err
	})
}

func (x *same) vector(question int) pgvector.HalfVector {
	return pgvector.NewHalfVector(x.ours.rows.queries[question])
}

func (x *same) ids(ctx context.Context, question int) ([]int, error) {
	return x.find(ctx, x.plain, "SELECT chunk FROM "+x.table+" WHERE current ORDER BY embedding <=> $1 LIMIT $2", x.vector(question), hits)
}

func (x *same) texts(ctx context.Context, question int) ([]int, error) {
	return x.find(ctx, x.plain, "SELECT c.id, c.text FROM (SELECT chunk, embedding <=> $1 AS distance FROM "+x.table+
		" WHERE current ORDER BY embedding <=> $1 LIMIT $2) n JOIN chunks c ON c.id = n.chunk ORDER BY n.distance", x.vector(question), hits)
}

func (x *same) filtered(ctx context.Context, question int) ([]int, error) {
	return x.find(ctx, x.relaxed, "SELECT chunk FROM "+x.table+" WHERE current AND version = ANY($3) ORDER BY embedding <=> $1 LIMIT $2",
		x.vector(question), hits, x.versions)
}
