package jobs

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// beatEvery is how often a process says that it works, and looks for those that no longer do.
	beatEvery = 500 * time.Millisecond
	// deadWithoutLock is after how long without a beat a process is taken for dead when its connection is gone too: it
	// may have lost the connection alone, and makes another one.
	deadWithoutLock = 2 * time.Second
	// deadAnyway is after how long it is taken for dead although its connection stands: it was stopped, or the network
	// between was cut. When it wakes, its late steps change nothing: versions are compared and set.
	deadAnyway = 15 * time.Second
	// patience is how long a process waits, after it found its way back to the database or the database came up, before
	// it takes others for dead, who are on their way too: longer than one failing round and the pause after it.
	patience = 6 * time.Second
	// refillEvery is how often a process looks for versions without a job.
	refillEvery = 30 * time.Second
	// beatTimeout bounds one round of all this.
	beatTimeout = 5 * time.Second
	// leaveTimeout bounds what a process says when it ends.
	leaveTimeout = 4 * time.Second
	// lockRefill is held by the one process that looks for versions without a job.
	lockRefill = 7_240_100_102
)

// holder is who took a running job last.
const holder = "attempted_by[array_upper(attempted_by, 1)]"

// begin shows that this process works, and takes over what dead ones left, until end is called.
func (s *onPostgres) begin(ctx context.Context, refill func(context.Context) error) (end func(), err error) {
	p := &pulse{onPostgres: s}
	if err := p.round(ctx); err != nil {
		p.drop()
		return nil, err
	}
	working, stop := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { p.beat(working) })
	done.Go(func() { s.refillNowAndThen(working, refill) })
	return func() {
		stop()
		done.Wait()
	}, nil
}

// refillNowAndThen calls refill until ctx ends, unless another process does at the same time.
func (s *onPostgres) refillNowAndThen(ctx context.Context, refill func(context.Context) error) {
	ticker := time.NewTicker(refillEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			var mine bool
			err := tx.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock($1)", int64(lockRefill)).Scan(&mine)
			if err != nil || !mine {
				return err
			}
			return refill(ctx)
		})
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "versions without a job are not looked for", slog.Any("error", err))
		}
	}
}

// pulse is the connection by which others see that this process lives.
type pulse struct {
	*onPostgres
	conn  *pgx.Conn
	lock  int64     // that the connection holds
	since time.Time // when it was made again after it was lost; zero for the first one
	lost  bool
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
		had := p.conn != nil
		err := p.round(ctx)
		if err != nil && had && ctx.Err() == nil { // the connection may be all that is wrong
			p.drop()
			err = p.round(ctx)
		}
		if err != nil && ctx.Err() == nil {
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
	// The time is that of the database: no clock of a process counts.
	var quiet float64
	err := p.conn.QueryRow(ctx, `WITH before AS (SELECT seen_at FROM job_workers WHERE id = $1)
		INSERT INTO job_workers (id, lock, seen_at) VALUES ($1, $2, now())
		ON CONFLICT (id) DO UPDATE SET lock = excluded.lock, seen_at = excluded.seen_at
		RETURNING coalesce((SELECT extract(epoch FROM now() - seen_at) FROM before), 1e9)::float8`, p.id, p.lock).Scan(&quiet)
	if err != nil {
		return err
	}
	if quiet > deadWithoutLock.Seconds() {
		if err := p.letGo(ctx); err != nil {
			return err
		}
	}
	if p.since.IsZero() || time.Since(p.since) > patience {
		return p.reclaim(ctx)
	}
	return nil
}

// connect makes the connection and takes a lock with it: each time another one, because the database may keep a
// connection for hours that is lost to this side.
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
	var b [8]byte
	rand.Read(b[:])
	p.lock = int64(binary.BigEndian.Uint64(b[:]) >> 1) // not negative: pg_locks shows it in two halves
	_, err = p.conn.Exec(ctx, "SELECT pg_advisory_lock($1)", p.lock)
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

// letGo stops the work on jobs that others took while this process was taken for dead.
func (p *pulse) letGo(ctx context.Context) error {
	ids := p.leases.ids()
	if len(ids) == 0 {
		return nil
	}
	rows, err := p.conn.Query(ctx, "SELECT id FROM river_job WHERE id = ANY($1) AND state = 'running' AND "+holder+" = $2", ids, p.id)
	if err != nil {
		return err
	}
	kept, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	if n := p.leases.keep(ids, kept); n > 0 {
		p.log.WarnContext(ctx, "others took over jobs of this process, which did not answer", slog.Int("jobs", n))
	}
	return nil
}

// leave gives back what this process still holds: it ended in good order, and no file takes the blame.
func (p *pulse) leave() {
	defer p.drop()
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	var err error
	if p.conn == nil || p.conn.IsClosed() { // the driver closes a connection whose query was canceled
		p.drop()
		err = p.connect(ctx)
	}
	for _, query := range []string{
		"UPDATE river_job SET state = 'available', attempt = greatest(attempt - 1, 0) WHERE state = 'running' AND " + holder + " = $1",
		"DELETE FROM job_workers WHERE id = $1",
	} {
		if err == nil {
			_, err = p.conn.Exec(ctx, query, p.id)
		}
	}
	if err != nil {
		p.log.Warn("leaving the queue", slog.Any("error", err))
	}
}

// reclaim makes the jobs of dead processes available, and counts the death against each: a file that kills who
// reads it must not do so for ever. Who took a job a moment ago lives.
func (p *pulse) reclaim(ctx context.Context) error {
	_, err := p.conn.Exec(ctx, `WITH living AS (
			SELECT w.id FROM job_workers w WHERE w.seen_at > now() - $1::interval AND (w.seen_at > now() - $2::interval OR EXISTS (
				SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
				AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
				AND (l.classid::bigint << 32 | l.objid::bigint) = w.lock))),
		dead AS (DELETE FROM job_workers w WHERE w.seen_at < now() - interval '1 day')
		UPDATE river_job SET state = 'available', attempt = greatest(attempt - 1, 0),
			metadata = jsonb_set(metadata, '{deaths}', to_jsonb(coalesce((metadata ->> 'deaths')::int, 0) +
				CASE WHEN (metadata ->> 'deaths')::int = $4 AND (metadata ->> 'last')::bool IS NOT TRUE THEN 0 ELSE 1 END))
		WHERE state = 'running' AND attempted_at < now() - $2::interval AND pg_postmaster_start_time() < now() - $3::interval
			AND NOT EXISTS (SELECT 1 FROM living WHERE living.id = `+holder+`)`,
		deadAnyway, deadWithoutLock, patience, beforeLast)
	return err
}

// errLost is why the work on a job ends that another process took over.
var errLost = errors.New("another process took the job over")

// leases are the jobs that this process works.
type leases struct {
	mu   sync.Mutex
	held map[int64]context.CancelCauseFunc
}

// take notes that a job is worked, within the context that it gives, until release. It gives false while an earlier
// attempt at the job, which was taken over meanwhile, still ends in this process.
func (l *leases) take(ctx context.Context, job int64) (leased context.Context, release func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[job] != nil {
		return ctx, nil, false
	}
	if l.held == nil {
		l.held = map[int64]context.CancelCauseFunc{}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	l.held[job] = cancel
	return ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.held, job)
		cancel(nil)
	}, true
}

// ids lists the jobs that are worked.
func (l *leases) ids() (out []int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id := range l.held {
		out = append(out, id)
	}
	return out
}

// keep ends the work on those jobs of all that are not among kept, and gives how many those were.
func (l *leases) keep(all, kept []int64) (lost int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	mine := map[int64]bool{}
	for _, id := range kept {
		mine[id] = true
	}
	for _, id := range all {
		if cancel := l.held[id]; cancel != nil && !mine[id] {
			cancel(errLost)
			lost++
		}
	}
	return lost
}
