// Package purge takes what removed documents and deleted conversations left out of the files of a PostgreSQL database: rows that were deleted
// stand in its tables until they are written over, and in its log until that is recycled.
package purge

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// largeTable is from how many bytes on, indexes apart, a table is written anew only when that is asked for:
	// nobody can read it meanwhile, and reads give up after Options.ReadTimeout.
	largeTable = 256 << 20
	// largeIndex is from how many bytes on the index of the vectors is dropped rather than made again while its
	// table is locked: Tend makes it beside the searches, which compare one by one until then.
	largeIndex = 16 << 20
	// lockWait bounds how long the lock of a table is waited for: who comes later waits behind.
	lockWait = time.Second
	// lockTries is how often it is asked for, once a second.
	lockTries = 20
	// oldReaders is how long transactions that can still see what was removed are waited for.
	oldReaders = 30 * time.Second
	// maxOverwritten bounds how many files of the log are overwritten, 16 MB each by PostgreSQL's default.
	maxOverwritten = 128
	lockTimeout    = "55P03" // lock_not_available
	// lock is the number of the advisory lock of who purges.
	lock = 7_240_100_004
)

// forgetEvery is how long the deletions of conversations wait at most, and are gathered, before their tables are
// written anew without a document having been removed.
const forgetEvery = time.Hour

// Forgotten notes, in the transaction that deletes words from tables without a document being removed, that these are to
// be written anew: by the next Run that a removed document calls for, or within the hour.
func Forgotten(ctx context.Context, tx pgx.Tx, tables ...string) error {
	_, err := tx.Exec(ctx, `INSERT INTO purges (name, revision, at, notes) SELECT n, 0, now(), 1 FROM unnest($1::text[]) n ORDER BY n
		ON CONFLICT (name) DO UPDATE SET notes = purges.notes + 1`, append(tables, ""))
	return err
}

// Report says what a purge did.
type Report struct {
	Rewritten []string // tables written anew
	Waiting   []string // tables that still hold what was removed: they are large, or in use
	Readers   bool     // they wait because an older transaction can still see what was removed
	Log       LogState
}

// LogState says where the log of the database stands: it holds what was removed until it is written over.
type LogState int

// What Run made of the log.
const (
	LogUntouched LogState = iota // there was nothing to purge
	LogPurged                    // what it held was dropped or written over
	LogKept                      // the role may not: it goes with the checkpoints to come
)

// querier is the pool or one of its connections.
type querier interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
}

// Due reports whether a removal left something that Run takes away.
func Due(ctx context.Context, db querier) (due bool, err error) {
	tables, _, err := dirty(ctx, db)
	for _, t := range tables {
		due = due || t.bytes < largeTable && (!t.forgotten || t.waited >= forgetEvery)
	}
	return due, err
}

// Run takes what removed documents left out of the files of the database: tables that hold words or vectors are
// written anew, and the log is emptied. Readers of a table wait while it is written, so tables of 256 MB or
// more are left, and reported as Waiting, unless all is set. One process does it at a time, the others wait.
func Run(ctx context.Context, db *pgxpool.Pool, all bool) (r Report, err error) {
	below := int64(largeTable)
	if all {
		below = math.MaxInt64
	}
	conn, err := db.Acquire(ctx)
	if err != nil {
		return r, err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(lock)); err != nil {
		return r, err
	}
	defer func() {
		// The connection goes back to the pool as it came, or not at all.
		after := context.WithoutCancel(ctx)
		_, unlocked := conn.Exec(after, "SELECT pg_advisory_unlock($1)", int64(lock))
		_, reset := conn.Exec(after, "RESET lock_timeout")
		if unlocked != nil || reset != nil {
			err = errors.Join(err, unlocked, reset, conn.Conn().Close(after))
		}
	}()
	tables, removed, err := dirty(ctx, conn)
	if err != nil {
		return r, err
	}
	if len(tables) > 0 {
		if r.Readers, err = outlived(ctx, conn); err != nil {
			return r, err
		}
	}
	for _, t := range tables {
		done := false
		if t.bytes < below && !r.Readers {
			if done, err = rewrite(ctx, conn, t, removed); err != nil {
				return r, err
			}
		}
		if done {
			r.Rewritten = append(r.Rewritten, t.name)
		} else {
			r.Waiting = append(r.Waiting, t.name)
		}
	}
	if due, err := logDue(ctx, conn, removed); err != nil || !due && len(r.Rewritten) == 0 {
		return r, err
	}
	r.Log, err = emptyLog(ctx, conn, removed)
	return r, err
}

// logDue reports whether something was removed since the log was emptied.
func logDue(ctx context.Context, q querier, removed int64) (due bool, err error) {
	err = q.QueryRow(ctx, `SELECT $1 > 0 AND NOT EXISTS (SELECT 1 FROM purges WHERE name = '' AND revision >= $1)
		OR EXISTS (SELECT 1 FROM purges WHERE name = '' AND notes > noted)`, removed).Scan(&due)
	return due, err
}

// wordTable is a table that holds words or vectors of documents.
type wordTable struct {
	name      string
	bytes     int64         // without its indexes
	index     string        // of the vectors, where it is so large that it is dropped; "" otherwise
	notes     int64         // purges.notes when it was looked at
	forgotten bool          // only conversations were deleted from it
	waited    time.Duration // where forgotten, since it was written anew or since the first deletion
}

// dirty lists the tables that may hold what was removed, the last of which has the revision removed. A table that
// was removed from is not told from one that was not: nearly every document has rows in all of them.
func dirty(ctx context.Context, q querier) (out []wordTable, removed int64, err error) {
	if err := q.QueryRow(ctx, "SELECT coalesce(max(revision), 0) FROM changes WHERE kind = 'removed'").Scan(&removed); err != nil {
		return nil, 0, err
	}
	names, vectors, err := wordTables(ctx, q)
	if err != nil {
		return nil, 0, err
	}
	rows, err := q.Query(ctx, `SELECT n, pg_table_size(n::regclass),
			CASE WHEN coalesce(pg_relation_size(to_regclass(n || '_hnsw')), 0) >= $3 AND n = ANY($4) THEN n || '_hnsw' ELSE '' END,
			coalesce(p.notes, 0), coalesce(p.revision >= $2, $2 = 0), coalesce(extract(epoch FROM clock_timestamp() - p.at), 0)::float8
		FROM unnest($1::text[]) n LEFT JOIN purges p ON p.name = n
		WHERE NOT coalesce(p.revision >= $2, $2 = 0) OR p.notes > p.noted ORDER BY n`,
		names, removed, int64(largeIndex), vectors)
	if err != nil {
		return nil, 0, err
	}
	out, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (t wordTable, err error) {
		var seconds float64
		err = r.Scan(&t.name, &t.bytes, &t.index, &t.notes, &t.forgotten, &seconds)
		t.waited = time.Duration(seconds * float64(time.Second))
		return t, err
	})
	return out, removed, err
}

// wordTables names the tables that hold words or vectors of documents, and those of them with an index of vectors.
func wordTables(ctx context.Context, q querier) (names, vectors []string, err error) {
	rows, err := q.Query(ctx, "SELECT id FROM encoders")
	if err != nil {
		return nil, nil, err
	}
	names = []string{"names", "texts", "chunks", "readings", "questions", "turns", "feedback"}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	for _, id := range ids {
		chunks := fmt.Sprintf("chunk_vectors_%d", id)
		names = append(names, chunks, fmt.Sprintf("sentence_vectors_%d", id))
		vectors = append(vectors, chunks)
	}
	return names, vectors, err
}

// outlived waits until no transaction can see what is removed by now: rows that one can see are copied into the new
// file of a table. It reports whether one held on.
func outlived(ctx context.Context, conn *pgxpool.Conn) (still bool, err error) {
	var now string
	if err := conn.QueryRow(ctx, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text").Scan(&now); err != nil {
		return false, err
	}
	end := time.Now().Add(oldReaders)
	for {
		err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()
				AND greatest(age(backend_xmin), age(backend_xid)) > age($1::xid8::xid))
			OR EXISTS (SELECT 1 FROM pg_prepared_xacts WHERE database = current_database() AND age(transaction) > age($1::xid8::xid))
			OR EXISTS (SELECT 1 FROM pg_replication_slots WHERE age(xmin) > age($1::xid8::xid))`, now).Scan(&still)
		if err != nil || !still || time.Now().After(end) {
			return still, err
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return true, err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// rewrite copies what is left of a table into a new file and drops the old one. It gives up when others hold the
// table for too long.
func rewrite(ctx context.Context, conn *pgxpool.Conn, t wordTable, removed int64) (done bool, err error) {
	if _, err := conn.Exec(ctx, fmt.Sprintf("SET lock_timeout = %d", lockWait.Milliseconds())); err != nil {
		return false, err
	}
	queries := []string{"VACUUM (FULL) " + pgx.Identifier{t.name}.Sanitize()}
	if t.index != "" {
		queries = append([]string{"DROP INDEX IF EXISTS " + pgx.Identifier{t.index}.Sanitize()}, queries...)
	}
	for _, query := range queries {
		if done, err := patiently(ctx, conn, query); err != nil || !done {
			return false, err
		}
	}
	_, err = conn.Exec(ctx, `INSERT INTO purges (name, revision, at, noted) VALUES ($1, $2, now(), $3)
		ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, at = excluded.at, noted = excluded.noted`, t.name, removed, t.notes)
	return err == nil, err
}

// patiently runs a statement that locks a table, again when the lock was not to be had.
func patiently(ctx context.Context, conn *pgxpool.Conn, query string) (done bool, err error) {
	for range lockTries {
		_, err := conn.Exec(ctx, query)
		var e *pgconn.PgError
		switch {
		case err == nil:
			return true, nil
		case !errors.As(err, &e) || e.Code != lockTimeout:
			return false, fmt.Errorf("%s: %w", query, err)
		}
		if err := pause(ctx, time.Second); err != nil {
			return false, err
		}
	}
	return false, nil
}

// emptyLog makes the log of the database forget what it held: a checkpoint drops its old files, or keeps them for
// new use with what is in them, unless wal_recycle is off. Those are written over: the rest of a file is
// filled with zeros when the log goes on to the next.
func emptyLog(ctx context.Context, conn *pgxpool.Conn, removed int64) (LogState, error) {
	may, err := mayEmptyLog(ctx, conn)
	if err != nil || !may {
		return LogKept, err
	}
	var notes int64
	if err := conn.QueryRow(ctx, "SELECT coalesce(max(notes), 0) FROM purges WHERE name = ''").Scan(&notes); err != nil {
		return LogKept, err
	}
	// The file in use would outlive the checkpoint: what was written lies before where it begins.
	for _, query := range []string{"SELECT pg_switch_wal()", "CHECKPOINT"} {
		if _, err := conn.Exec(ctx, query); err != nil {
			return LogKept, err
		}
	}
	var last string
	if err := conn.QueryRow(ctx, "SELECT coalesce(max(name), '') FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'").Scan(&last); err != nil {
		return LogKept, err
	}
	for range maxOverwritten {
		// A switch does nothing in a file that was just begun: the line makes it one that was used.
		_, err := conn.Exec(ctx, `INSERT INTO purges (name, revision, at) VALUES ('', 0, clock_timestamp())
			ON CONFLICT (name) DO UPDATE SET at = excluded.at`)
		if err != nil {
			return LogKept, err
		}
		var beyond bool
		if err := conn.QueryRow(ctx, "SELECT pg_walfile_name(pg_current_wal_lsn()) > $1", last).Scan(&beyond); err != nil {
			return LogKept, err
		}
		if beyond {
			_, err := conn.Exec(ctx, "UPDATE purges SET revision = $1, noted = $2 WHERE name = ''", removed, notes)
			return LogPurged, err
		}
		if _, err := conn.Exec(ctx, "SELECT pg_switch_wal()"); err != nil {
			return LogKept, err
		}
	}
	return LogKept, nil
}

// mayEmptyLog reports whether the role has the rights: those of pg_checkpoint and pg_monitor, and EXECUTE on
// pg_switch_wal, which a superuser has.
func mayEmptyLog(ctx context.Context, q querier) (may bool, err error) {
	err = q.QueryRow(ctx, `SELECT has_function_privilege('pg_switch_wal()', 'EXECUTE') AND has_function_privilege('pg_ls_waldir()', 'EXECUTE')
		AND ((SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
			OR coalesce((SELECT pg_has_role(oid, 'USAGE') FROM pg_roles WHERE rolname = 'pg_checkpoint'), false))`).Scan(&may)
	return may, err
}
