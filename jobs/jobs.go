// Package jobs moves queued versions forward with River, a durable job queue that lives in the same
// database as the library. A job exists if and only if the transaction that created its version was
// committed; it ends when its version is searchable, or cannot be read. What is then left to do, vectors,
// is a job of a second kind: those wait for their turn behind the first kind, and share it in slices.
package jobs

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"rapporteur/qa"
)

const (
	// maxAttempts is how often a step is tried when the error may pass; see retry.
	maxAttempts = 3
	// maxDeaths is how many processes may die with a job in hand before its file takes the blame.
	// It is large because most deaths have other causes: a stop, a full memory, a power cut.
	maxDeaths = 25
	// fetchPoll bounds the wait of a new job; a fetch that finds nothing writes nothing.
	fetchPoll = 100 * time.Millisecond
	// fetchCooldown bounds the rate of fetches, and so of very short jobs: 100 a second and worker.
	fetchCooldown = 10 * time.Millisecond
	// waitLong is the pause before the last attempt, and that of a job while the disk is full. It stays
	// below the 5 seconds from which River leaves a job to its scheduler, which comes by every 5 seconds.
	waitLong = 4 * time.Second
	// slice is how long one version's vectors keep the others waiting.
	slice = 5 * time.Second
	// yieldPoll is how often making vectors asks whether versions still wait to become searchable.
	yieldPoll = 250 * time.Millisecond
	// fillBatch is how many lost jobs are enqueued in one transaction, so that uploads come between.
	fillBatch = 500
	// queueVectors is worked by one job at a time: an encoder uses all cores for one batch.
	queueVectors = "vectors"
	// keepFinished is how long River keeps finished jobs, which hold nothing but an id.
	keepFinished = 10 * time.Minute
)

// Advancer does the work; ingest.Pipeline is one.
type Advancer interface {
	// Advance does one durable step for a version and reports whether another is left.
	Advance(ctx context.Context, id qa.VersionID) (more bool, err error)
	// Embedding reports whether the next step of a version makes vectors, which can wait.
	Embedding(ctx context.Context, id qa.VersionID) (bool, error)
	// GiveUp ends the work on a version after an error that did not pass.
	GiveUp(ctx context.Context, id qa.VersionID, cause error) error
}

// Options are the settings of a Runner; the zero value is good.
type Options struct {
	Workers    int           // versions made searchable at the same time; 0 means 2
	Timeout    time.Duration // of one attempt; 0 means 5 minutes (readers have tighter limits of their own)
	Grace      time.Duration // that Stop gives running jobs before it cancels them; 0 means 5 seconds
	MaxWaiting int           // jobs that may wait before Enqueue says queue_full; 0 means 100,000
	// Unfinished lists the versions that need a job; Start makes sure that each has one. nil: none.
	Unfinished func(ctx context.Context) ([]qa.VersionID, error)
	Log        *slog.Logger // nil discards
}

// Runner enqueues jobs and, once started, works them. Only the holder of the Lock may start one.
type Runner struct {
	client  *river.Client[*sql.Tx]
	db      *sql.DB
	options Options
}

// NewSQLite makes a Runner on the writing connection of a library and brings River's tables up to
// date. The connection is shared: no method but Enqueue may be called inside a transaction of it.
func NewSQLite(ctx context.Context, db *sql.DB, a Advancer, o Options) (*Runner, error) {
	o.Workers = cmp.Or(o.Workers, 2)
	o.Timeout = cmp.Or(o.Timeout, 5*time.Minute)
	o.Grace = cmp.Or(o.Grace, 5*time.Second)
	o.MaxWaiting = cmp.Or(o.MaxWaiting, 100_000)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	driver := riversqlite.New(db)
	if err := migrate(ctx, driver, o.Log); err != nil {
		return nil, down(err)
	}
	h := &hand{advancer: a, log: o.Log, db: db}
	workers := river.NewWorkers()
	err := errors.Join(river.AddWorkerSafely(workers, &reader{hand: h}), river.AddWorkerSafely(workers, &embedder{hand: h}))
	if err != nil {
		return nil, down(err)
	}
	h.client, err = river.NewClient(driver, &river.Config{
		ID:                          rand.Text(),
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: o.Workers}, queueVectors: {MaxWorkers: 1}},
		Workers:                     workers,
		Logger:                      o.Log,
		MaxAttempts:                 maxAttempts,
		RetryPolicy:                 retry{},
		JobTimeout:                  o.Timeout,
		RescueStuckJobsAfter:        o.Timeout + time.Hour,
		FetchPollInterval:           fetchPoll,
		FetchCooldown:               fetchCooldown,
		PollOnly:                    true, // one process works the queue: nobody to notify
		SoftStopTimeout:             o.Grace,
		CompletedJobRetentionPeriod: keepFinished,
		CancelledJobRetentionPeriod: keepFinished,
		DiscardedJobRetentionPeriod: keepFinished,
	})
	if err != nil {
		return nil, down(err)
	}
	return &Runner{client: h.client, db: db, options: o}, nil
}

// migrate runs River's own migrations. Another process may do so at the same time; whoever comes
// second fails once and then finds the work done.
func migrate(ctx context.Context, driver *riversqlite.Driver, log *slog.Logger) error {
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

// Enqueue adds the job of a version inside the transaction that creates it. Exhausted queue_full
// when too many wait.
func (r *Runner) Enqueue(ctx context.Context, tx *sql.Tx, id qa.VersionID) error {
	var waiting int
	err := tx.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT 1 FROM river_job WHERE state = 'available' LIMIT ?)", r.options.MaxWaiting).Scan(&waiting)
	if err != nil {
		return down(err)
	}
	if waiting >= r.options.MaxWaiting {
		return qa.E(qa.Exhausted, "queue_full")
	}
	if _, err := r.client.InsertTx(ctx, tx, advance{Version: id}, nil); err != nil {
		return down(err)
	}
	return nil
}

// Start begins to work jobs: first those that a dead process left, at once. The caller holds the
// Lock until after Stop. ctx is only about starting.
func (r *Runner) Start(ctx context.Context) error {
	if err := r.reclaim(ctx); err != nil {
		return err
	}
	if r.options.Unfinished != nil {
		if err := r.fill(ctx); err != nil {
			return err
		}
	}
	return down(r.client.Start(context.WithoutCancel(ctx)))
}

// Stop takes no new jobs, gives running ones Options.Grace, then cancels them; they go on at the
// next Start.
func (r *Runner) Stop(ctx context.Context) error { return down(r.client.Stop(ctx)) }

// reclaim makes jobs available that were running, or about to be tried again, when their process
// ended. It is right only because the Lock says that no such process lives. The lease of a dead
// leader is dropped for the same reason: maintenance would wait for it to run out.
func (r *Runner) reclaim(ctx context.Context) error {
	for _, query := range []string{
		`UPDATE river_job SET state = 'available', attempt = max(attempt - 1, 0),
			metadata = jsonb_set(metadata, '$.deaths', coalesce(metadata ->> '$.deaths', 0) + 1) WHERE state = 'running'`,
		`UPDATE river_job SET state = 'available' WHERE state IN ('retryable', 'scheduled')`,
		`DELETE FROM river_leader`,
	} {
		if _, err := r.db.ExecContext(ctx, query); err != nil {
			return down(err)
		}
	}
	return nil
}

// fill enqueues versions that have no job: those that lack vectors since an encoder is used, and those
// whose job was lost to a restored backup or a fault, which would otherwise wait for ever. New uploads
// go first.
func (r *Runner) fill(ctx context.Context) error {
	ids, err := r.options.Unfinished(ctx)
	if err != nil {
		return err
	}
	known, err := r.known(ctx)
	if err != nil {
		return err
	}
	var lost []river.InsertManyParams
	for _, id := range ids {
		if !known[id] {
			lost = append(lost, river.InsertManyParams{Args: advance{Version: id}, InsertOpts: &river.InsertOpts{Priority: 2}})
		}
	}
	for batch := range slices.Chunk(lost, fillBatch) {
		if _, err := r.client.InsertMany(ctx, batch); err != nil {
			return down(err)
		}
	}
	return nil
}

// known gives the versions that have a job.
func (r *Runner) known(ctx context.Context) (map[qa.VersionID]bool, error) {
	rows, err := r.db.QueryContext(ctx, "SELECT args ->> '$.version' FROM river_job WHERE finalized_at IS NULL")
	if err != nil {
		return nil, down(err)
	}
	defer rows.Close()
	out := map[qa.VersionID]bool{}
	for rows.Next() {
		var id qa.VersionID
		if err := rows.Scan(&id); err != nil {
			return nil, down(err)
		}
		out[id] = true
	}
	return out, down(rows.Err())
}

// advance is the job of making one version searchable; it holds nothing that could be erased later.
type advance struct {
	Version qa.VersionID `json:"version"`
}

// Kind names the job in River's tables.
func (advance) Kind() string { return "advance" }

// InsertOpts collapses jobs of the same version while one waits or runs.
func (advance) InsertOpts() river.InsertOpts { return river.InsertOpts{UniqueOpts: onePerVersion()} }

// embed is the job of making the vectors of one version.
type embed struct {
	Version qa.VersionID `json:"version"`
}

// Kind names the job in River's tables.
func (embed) Kind() string { return "embed" }

// InsertOpts collapses jobs of the same version while one waits or runs.
func (embed) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queueVectors, UniqueOpts: onePerVersion()}
}

func onePerVersion() river.UniqueOpts {
	return river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
		rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}}
}

// retry waits 1 second, then waitLong: long enough for a busy database, short for who waits for a file.
type retry struct{}

// NextRetry is when a failed job is tried again.
func (retry) NextRetry(job *rivertype.JobRow) time.Time {
	if job.Attempt <= 1 {
		return time.Now().Add(time.Second)
	}
	return time.Now().Add(waitLong)
}

// down gives errors of River their kind; nil and errors that have one stay.
func down(err error) error {
	var known *qa.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return qa.E(qa.Unavailable, "store_down").Because(err)
}
