package jobs

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"rapporteur/qa"
)

const (
	// askTimeout bounds one question about the queue; a job would else wait its whole time for a database that is gone.
	askTimeout = 5 * time.Second
	// lockMigration keeps processes that start together from migrating River's tables together.
	lockMigration = 7_240_100_101
	// pollPostgres is how often the queue is looked at beside what the database tells: a job that was put off.
	pollPostgres = 500 * time.Millisecond
)

// onPostgres works in the database of a library, beside any number of other processes. A process shows that it
// lives by a lock that its connection holds, which the database drops when the process dies, and by a row that
// it renews, which goes stale when it hangs.
type onPostgres struct {
	pool   *pgxpool.Pool
	id     string // of this process
	leases *leases
	log    *slog.Logger
}

// NewPostgres makes a Runner in the database of a library and brings River's tables up to date.
func NewPostgres(ctx context.Context, pool *pgxpool.Pool, a Advancer, o Options) (*Runner[pgx.Tx], error) {
	o = o.filled()
	driver := riverpgxv5.New(pool)
	if err := migratePostgres(ctx, pool, driver, o.Log); err != nil {
		return nil, down(err)
	}
	s := &onPostgres{pool: pool, id: rand.Text(), leases: &leases{}, log: o.Log}
	return newRunner(parts[pgx.Tx]{driver: fenced{driver, s.id}, side: s, leases: s.leases, id: s.id, poll: pollPostgres}, a, o)
}

func migratePostgres(ctx context.Context, pool *pgxpool.Pool, driver *riverpgxv5.Driver, log *slog.Logger) error {
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: log})
	if err != nil {
		return err
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	// The lock goes with the connection, whatever happens.
	own := conn.Hijack()
	defer own.Close(context.WithoutCancel(ctx))
	if _, err := own.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(lockMigration)); err != nil {
		return err
	}
	if _, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	_, err = own.Exec(ctx, "CREATE TABLE IF NOT EXISTS job_workers (id text PRIMARY KEY, lock bigint NOT NULL, seen_at timestamptz NOT NULL)")
	return err
}

func (s *onPostgres) waiting(ctx context.Context, tx pgx.Tx, collection string, limit, ownLimit int) (all, own int, err error) {
	err = tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM (SELECT 1 FROM river_job WHERE state = 'available' LIMIT $1) a),
		(SELECT count(*) FROM (SELECT 1 FROM river_job WHERE state = 'available' AND kind = 'advance' AND args ->> 'collection' = $2 LIMIT $3) b)`,
		limit, collection, ownLimit).Scan(&all, &own)
	return all, own, err
}

func (s *onPostgres) othersWait(ctx context.Context) (wait bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	err = s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM river_job
		WHERE state = 'available' AND queue IN ($1, $2) AND scheduled_at <= now())`, river.QueueDefault, queueLarge).Scan(&wait)
	return wait, err
}

func (s *onPostgres) open(ctx context.Context, only qa.VersionID) (map[int64]qa.VersionID, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	rows, err := s.pool.Query(ctx, `SELECT id, coalesce(args ->> 'version', '') FROM river_job
		WHERE (finalized_at IS NULL OR state = 'cancelled' AND $1 = '') AND ($1 = '' OR args ->> 'version' = $1)`, string(only))
	if err != nil {
		return nil, err
	}
	out := map[int64]qa.VersionID{}
	var job int64
	var id qa.VersionID
	_, err = pgx.ForEachRow(rows, []any{&job, &id}, func() error {
		out[job] = id
		return nil
	})
	return out, err
}

func (s *onPostgres) lastTry(ctx context.Context, job int64) error {
	_, err := s.pool.Exec(ctx, `UPDATE river_job SET metadata = jsonb_set(metadata, '{last}', 'true') WHERE id = $1 AND state = 'running' AND `+holder+" = $2", job, s.id)
	return err
}

func (s *onPostgres) holds(ctx context.Context, job int64) (mine bool, err error) {
	err = s.pool.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM river_job WHERE id = $1 AND state = 'running' AND "+holder+" = $2)", job, s.id).Scan(&mine)
	return mine, err
}
