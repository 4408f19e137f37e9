package jobs

import (
	"context"
	"crypto/rand"
	"database/sql"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"rapporteur/qa"
)

// pollSQLite is how often the queue is looked at: nothing else tells of a job.
const pollSQLite = 100 * time.Millisecond

// onSQLite works on the writing connection of a library. One process at a time works the queue.
type onSQLite struct{ db *sql.DB }

// NewSQLite makes a Runner on the writing connection of a library and brings River's tables up to
// date. The connection is shared: no method but Enqueue may be called inside a transaction of it. Only the
// holder of the Lock may start it.
func NewSQLite(ctx context.Context, db *sql.DB, a Advancer, o Options) (*Runner[*sql.Tx], error) {
	o = o.filled()
	driver := riversqlite.New(db)
	if err := migrateSQLite(ctx, driver, o.Log); err != nil {
		return nil, down(err)
	}
	return newRunner(parts[*sql.Tx]{driver: driver, side: onSQLite{db}, leases: &leases{}, id: rand.Text(), poll: pollSQLite,
		pollOnly: true}, a, o) // one process works the queue: nobody to notify
}

// migrateSQLite runs River's own migrations. Another process may do so at the same time; whoever comes
// second fails once and then finds the work done.
func migrateSQLite(ctx context.Context, driver *riversqlite.Driver, log *slog.Logger) error {
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: log})
	if err != nil {
		return err
	}
	if _, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil); err == nil || ctx.Err() != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func (s onSQLite) waiting(ctx context.Context, tx *sql.Tx, collection string, limit, ownLimit int) (all, own int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM (SELECT 1 FROM river_job WHERE state = 'available' LIMIT ?)),
		(SELECT count(*) FROM (SELECT 1 FROM river_job WHERE state = 'available' AND kind = 'advance' AND args ->> '$.collection' = ? LIMIT ?))`,
		limit, collection, ownLimit).Scan(&all, &own)
	return all, own, err
}

func (s onSQLite) othersWait(ctx context.Context) (wait bool, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM river_job
		WHERE state = 'available' AND queue IN (?, ?) AND scheduled_at <= datetime('now', 'subsec'))`, river.QueueDefault, queueLarge).Scan(&wait)
	return wait, err
}

func (s onSQLite) open(ctx context.Context, only qa.VersionID) (map[int64]qa.VersionID, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT id, args ->> '$.version' FROM river_job
		WHERE (finalized_at IS NULL OR state = 'cancelled' AND ?1 = '') AND ?1 IN ('', args ->> '$.version')`, only)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[int64]qa.VersionID{}
	for rows.Next() {
		var job int64
		var id qa.VersionID
		if err := rows.Scan(&job, &id); err != nil {
			return nil, err
		}
		out[job] = id
	}
	return out, rows.Err()
}

// holds is always true: the Lock keeps others from the jobs, also while their process is stopped.
func (onSQLite) holds(context.Context, int64) (bool, error) { return true, nil }

func (s onSQLite) lastTry(ctx context.Context, job int64) error {
	_, err := s.db.ExecContext(ctx, "UPDATE river_job SET metadata = jsonb_set(metadata, '$.last', jsonb('true')) WHERE id = ?", job)
	return err
}

// begin makes jobs available that were running, or about to be tried again, when their process
// ended. It is right only because the Lock says that no such process lives. The lease of a dead
// leader is dropped for the same reason: maintenance would wait for it to run out.
func (s onSQLite) begin(ctx context.Context, _ func(context.Context) error) (end func(), err error) {
	for _, q := range []struct {
		query string
		args  []any
	}{
		{`UPDATE river_job SET state = 'available', attempt = max(attempt - 1, 0),
			metadata = jsonb_set(metadata, '$.deaths', coalesce(metadata ->> '$.deaths', 0) + 1)
			WHERE state = 'running' AND (coalesce(metadata ->> '$.deaths', 0) <> ? OR coalesce(metadata ->> '$.last', 0))`, []any{beforeLast}},
		{`UPDATE river_job SET state = 'available', attempt = max(attempt - 1, 0) WHERE state = 'running'`, nil},
		{`UPDATE river_job SET state = 'available' WHERE state IN ('retryable', 'scheduled')`, nil},
		{`DELETE FROM river_leader`, nil},
	} {
		if _, err := s.db.ExecContext(ctx, q.query, q.args...); err != nil {
			return nil, err
		}
	}
	return func() {}, nil
}
