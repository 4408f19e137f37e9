package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// indexFrom is from how many vectors on an index is worth its making: fewer are compared one by one anyway.
	indexFrom = exactRows
	// bytesPerVector is the room of one vector in the index while it is made, beside its 2 bytes a dimension: its
	// neighbours and what goes with them (16 and 32 of them in the lowest layer).
	bytesPerVector = 700
	// most memory that making the index takes, in kilobytes; with less than it needs it takes much longer.
	mostMemory = 2 << 20
)

// Tend makes the index of the vectors once they have become many, and makes it again where making it was cut short.
// Searches and uploads go on meanwhile. One process at a time does it; the others find it done. Where nothing is to
// be done it costs two small queries.
func (v *Vectors) Tend(ctx context.Context) error {
	need, rows, err := v.lacksIndex(ctx, v.store.pool)
	if err != nil || !need {
		return public(err)
	}
	conn, err := v.store.pool.Acquire(ctx)
	if err != nil {
		return public(err)
	}
	defer conn.Release()
	return public(v.makeIndex(ctx, conn, rows))
}

// Stored counts the chunks that have a vector of this encoder.
func (v *Vectors) Stored(ctx context.Context) (n int64, err error) {
	err = v.store.read(ctx, func(ctx context.Context, q querier) error {
		return q.QueryRow(ctx, "SELECT coalesce(sum(chunks), 0) FROM progress WHERE encoder = $1", v.encoder).Scan(&n)
	})
	return n, err
}

// lacksIndex reports whether the index should be made, and of how many vectors.
func (v *Vectors) lacksIndex(ctx context.Context, q querier) (need bool, rows int64, err error) {
	err = q.QueryRow(ctx, `SELECT NOT coalesce((SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)), false),
		(SELECT coalesce(sum(chunks), 0) FROM progress WHERE encoder = $2)`, v.index(), v.encoder).Scan(&need, &rows)
	return need && rows > indexFrom, rows, err
}

// index names the index of the vectors.
func (v *Vectors) index() string { return v.chunks() + "_hnsw" }

func (v *Vectors) makeIndex(ctx context.Context, conn *pgxpool.Conn, rows int64) (err error) {
	var mine bool
	if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", int64(lockIndex)).Scan(&mine); err != nil || !mine {
		return err
	}
	defer func() {
		// The connection goes back to the pool as it came, or not at all.
		_, unlocked := conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(lockIndex))
		_, reset := conn.Exec(context.WithoutCancel(ctx), "RESET maintenance_work_mem; RESET max_parallel_maintenance_workers")
		if unlocked != nil || reset != nil {
			err = errors.Join(err, unlocked, reset, conn.Conn().Close(context.WithoutCancel(ctx)))
		}
	}()
	need, _, err := v.lacksIndex(ctx, conn)
	if err != nil || !need {
		return err // another process was first
	}
	if err := enoughMemory(ctx, conn.Conn(), rows*(bytesPerVector+2*int64(v.dimensions))/1024); err != nil {
		return err
	}
	// Neighbours 16, candidates 200: with fewer candidates the recall stays below .95 whatever the search does
	// (docs/benchmarks.md).
	for _, query := range []string{
		"DROP INDEX IF EXISTS " + v.index(),
		fmt.Sprintf("CREATE INDEX CONCURRENTLY %s ON %s USING hnsw (embedding halfvec_cosine_ops) WITH (m = 16, ef_construction = 200) WHERE current",
			v.index(), v.chunks()),
		"ANALYZE " + v.chunks(),
	} {
		if _, err := conn.Exec(ctx, query); err != nil {
			return fmt.Errorf("index of the vectors: %w", err)
		}
	}
	return nil
}

// enoughMemory lets the connection take as much memory as making the index needs, in kilobytes, and helpers.
func enoughMemory(ctx context.Context, conn *pgx.Conn, need int64) error {
	_, err := conn.Exec(ctx, `SELECT set_config('maintenance_work_mem', greatest(least($1::bigint, $2::bigint),
			(SELECT setting::bigint FROM pg_settings WHERE name = 'maintenance_work_mem'))::text || 'kB', false),
		set_config('max_parallel_maintenance_workers', greatest(2, current_setting('max_parallel_maintenance_workers')::int)::text, false)`,
		need, int64(mostMemory))
	return err
}
