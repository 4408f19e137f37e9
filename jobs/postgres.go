package jobs

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"rapporteur/qa"
)

const (
	// beatEvery is how often a process says that it works, and looks for those that no longer do.
	beatEvery = 500 * time.Millisecond
	// deadWithoutLock is after how long without a beat a process is taken for dead when its connection is gone too: it
	// may have lost the connection alone, and makes another one.
	deadWithoutLock = 1500 * time.Millisecond
	// deadAnyway is after how long it is taken for dead although its connection stands: it was stopped, or the network
	// between was cut. When it wakes, its late steps change nothing: versions are compared and set.
	deadAnyway = 15 * time.Second
	// patience is how long a process that found its way back to the database waits before it takes others for dead,
	// who are on their way too.
	patience = 4 * time.Second
	// refillEvery is how often a process looks for versions without a job.
	refillEvery = 30 * time.Second
	// beatTimeout bounds one round of all this.
	beatTimeout = 5 * time.Second
	// askTimeout bounds one question about the queue; a job would else wait its whole time for a database that is gone.
	askTimeout = 5 * time.Second
	// lockMigration keeps processes that start together from migrating River's tables together.
	lockMigration = 7_240_100_101
)

// onPostgres works in the database of a library, beside any number of other processes. A process shows that it
// lives by a lock that its connection holds, which the database drops when the process dies, and by a row that
// it renews, which goes stale when it hangs.
type onPostgres struct {
	pool *pgxpool.Pool
	id   string // of this process
	log  *slog.Logger
}

// NewPostgres makes a Runner in the database of a library and brings River's tables up to date.
func NewPostgres(ctx context.Context, pool *pgxpool.Pool, a Advancer, o Options) (*Runner[pgx.Tx], error) {
	o = o.filled()
	driver := riverpgxv5.New(pool)
	if err := migratePostgres(ctx, pool, driver, o.Log); err != nil {
		return nil, down(err)
	}
	s := &onPostgres{pool: pool, id: rand.Text(), log: o.Log}
	return newRunner(driver, s, s.id, false, a, o)
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
		WHERE finalized_at IS NULL AND ($1 = '' OR args ->> 'version' = $1)`, string(only))
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

// begin shows that this process works, and takes over what dead ones left, until end is called.
func (s *onPostgres) begin(ctx context.Context, refill func(context.Context) error) (end func(), err error) {
	p := &pulse{onPostgres: s, refill: refill, refilled: time.Now()}
	if err := p.round(ctx); err != nil {
		p.drop()
		return nil, err
	}
	beating, stop := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { p.beat(beating) })
	return func() {
		stop()
		done.Wait()
	}, nil
}

// pulse is the connection by which others see that this process lives.
type pulse struct {
	*onPostgres
	conn     *pgx.Conn
	since    time.Time // when it was made again after it was lost; zero for the first one
	lost     bool
	refill   func(context.Context) error
	refilled time.Time
}

// beat beats until ctx ends, and leaves no trace of this process then.
func (p *pulse) beat(ctx context.Context) {
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			p.leave()
			return
		case <-ticker.C:
		}
		if err := p.round(ctx); err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "the queue does not answer", slog.Any("error", err))
			p.drop()
		}
	}
}

// round shows that this process lives, and takes over what dead ones left.
func (p *pulse) round(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	if p.conn == nil {
		if err := p.connect(ctx); err != nil {
			return err
		}
	}
	_, err := p.conn.Exec(ctx, `INSERT INTO job_workers (id, lock, seen_at) VALUES ($1, $2, now())
		ON CONFLICT (id) DO UPDATE SET seen_at = now()`, p.id, lockOf(p.id))
	if err != nil {
		return err
	}
	if p.since.IsZero() || time.Since(p.since) > patience {
		if err := p.reclaim(ctx); err != nil {
			return err
		}
	}
	if time.Since(p.refilled) < refillEvery {
		return nil
	}
	p.refilled = time.Now()
	return p.refill(ctx)
}

func (p *pulse) connect(ctx context.Context) error {
	pooled, err := p.pool.Acquire(ctx)
	if err != nil {
		p.lost = true
		return err
	}
	p.conn = pooled.Hijack()
	if p.lost {
		p.since = time.Now()
	}
	_, err = p.conn.Exec(ctx, "SELECT pg_advisory_lock($1)", lockOf(p.id))
	return err
}

// drop gives the connection up; the next round makes another one.
func (p *pulse) drop() {
	p.lost = true
	if p.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = p.conn.Close(ctx) // it is of no use any more, closed well or not
	p.conn = nil
}

func (p *pulse) leave() {
	if p.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := p.conn.Exec(ctx, "DELETE FROM job_workers WHERE id = $1", p.id); err != nil {
			p.log.Warn("leaving the queue", slog.Any("error", err))
		}
	}
	p.drop()
}

// lockOf is the number of the lock that a process holds.
func lockOf(id string) int64 {
	h := sha256.Sum256([]byte("worker " + id))
	return int64(binary.BigEndian.Uint64(h[:]) >> 1) // not negative: pg_locks shows it in two halves
}

// reclaim makes the jobs of dead processes available, and counts the death against each: a file that kills who
// reads it must not do so for ever.
func (p *pulse) reclaim(ctx context.Context) error {
	_, err := p.conn.Exec(ctx, `WITH living AS (
			SELECT w.id FROM job_workers w WHERE w.seen_at > now() - $1::interval AND (w.seen_at > now() - $2::interval OR EXISTS (
				SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
				AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
				AND (l.classid::bigint << 32 | l.objid::bigint) = w.lock))),
		dead AS (DELETE FROM job_workers w WHERE w.seen_at < now() - interval '1 day')
		UPDATE river_job SET state = 'available', attempt = greatest(attempt - 1, 0),
			metadata = jsonb_set(metadata, '{deaths}', to_jsonb(coalesce((metadata ->> 'deaths')::int, 0) + 1))
		WHERE state = 'running' AND NOT EXISTS (SELECT 1 FROM living WHERE living.id = attempted_by[array_upper(attempted_by, 1)])`,
		deadAnyway, deadWithoutLock)
	return err
}
