// Package jobs moves queued versions forward with River, a durable job queue that lives in the same
// database as the library. A job exists if and only if the transaction that created its version was
// committed; it ends when its version is searchable, or cannot be read. What is then left to do, vectors,
// is a job of a second kind: those wait for their turn behind the first kind, and share it in slices.
// On SQLite one process works the queue; on PostgreSQL any number do. A job holds no word of a document.
package jobs

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"rapporteur/qa"
)

const (
	// maxAttempts is how often a step is tried when the error may pass; see retry.
	maxAttempts = 3
	// maxOutages is how often a step is tried while the library does not answer: that says nothing about its document.
	maxOutages = 25
	// maxDeaths is how many processes may die with a job in hand before its file takes the blame; see Options.Calm.
	maxDeaths = 3
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
	// queueLarge is for files of largeFile bytes or more, one at a time, so that they never keep all workers from
	// the others: a PDF of that size takes a minute.
	queueLarge = "large"
	largeFile  = 16 << 20
	// keepFinished is how long River keeps finished jobs, which hold nothing but an id.
	keepFinished = 10 * time.Minute
	// keepGivenUp is how long it keeps those that were given up: so long nobody begins them anew of their own accord.
	keepGivenUp = time.Hour
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
	// Calm is how long a process must have lived before it takes up a job that others died of, for the last time: who
	// is killed again and again for another reason blames no file. 0 means 20 seconds.
	Calm time.Duration
	// Unfinished lists the versions that need a job; Start makes sure that each has one. nil: none.
	Unfinished func(ctx context.Context) ([]qa.VersionID, error)
	Log        *slog.Logger // nil discards
}

// Runner enqueues jobs and, once started, works them. Tx is a transaction of the library's database.
type Runner[Tx any] struct {
	client  *river.Client[Tx]
	side    side[Tx]
	options Options
	end     func() // of what Start began
}

// side is what is done differently on each database.
type side[Tx any] interface {
	// waiting counts, inside a transaction, the jobs that can be worked now, and those of one collection among
	// them; both up to a limit.
	waiting(ctx context.Context, tx Tx, collection string, limit, ownLimit int) (all, own int, err error)
	// othersWait reports whether versions wait to become searchable.
	othersWait(ctx context.Context) (bool, error)
	// open gives the unfinished jobs and the versions that they are about; only those of one version if it is not "",
	// else with them those that were given up.
	open(ctx context.Context, only qa.VersionID) (map[int64]qa.VersionID, error)
	// holds reports whether a job is still in the hands of this process.
	holds(ctx context.Context, job int64) (bool, error)
	// lastTry notes with a job that it is in its last try: only then does a last death count.
	lastTry(ctx context.Context, job int64) error
	// begin makes jobs available that dead processes left, at once and until end is called. refill is to be called
	// now and then while it goes on.
	begin(ctx context.Context, refill func(ctx context.Context) error) (end func(), err error)
}

// parts are what a Runner is made of on each database.
type parts[Tx any] struct {
	driver riverdriver.Driver[Tx]
	side   side[Tx]
	leases *leases
	id     string // of this process, in the table of jobs
	// poll bounds the wait of a job of which nothing tells; a fetch that finds nothing writes nothing.
	poll     time.Duration
	pollOnly bool
}

// newRunner joins the parts of a Runner.
func newRunner[Tx any](p parts[Tx], a Advancer, o Options) (*Runner[Tx], error) {
	h := &hand[Tx]{advancer: a, log: o.Log, side: p.side, leases: p.leases, calm: time.Now().Add(o.Calm)}
	workers := river.NewWorkers()
	err := errors.Join(river.AddWorkerSafely(workers, &reader[Tx]{hand: h}), river.AddWorkerSafely(workers, &embedder[Tx]{hand: h}))
	if err != nil {
		return nil, down(err)
	}
	h.client, err = river.NewClient(p.driver, &river.Config{
		ID: p.id,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: o.Workers},
			queueLarge: {MaxWorkers: 1}, queueVectors: {MaxWorkers: 1}},
		Workers:                     workers,
		Logger:                      o.Log,
		MaxAttempts:                 maxOutages,
		RetryPolicy:                 retry{},
		JobTimeout:                  o.Timeout,
		RescueStuckJobsAfter:        o.Timeout + time.Hour,
		FetchPollInterval:           p.poll,
		FetchCooldown:               fetchCooldown,
		PollOnly:                    p.pollOnly,
		SoftStopTimeout:             o.Grace,
		CompletedJobRetentionPeriod: keepFinished,
		CancelledJobRetentionPeriod: keepGivenUp,
		DiscardedJobRetentionPeriod: keepFinished,
	})
	if err != nil {
		return nil, down(err)
	}
	return &Runner[Tx]{client: h.client, side: p.side, options: o}, nil
}

// filled puts the defaults in.
func (o Options) filled() Options {
	o.Workers = cmp.Or(o.Workers, 2)
	o.Timeout = cmp.Or(o.Timeout, 5*time.Minute)
	o.Grace = cmp.Or(o.Grace, 5*time.Second)
	o.MaxWaiting = cmp.Or(o.MaxWaiting, 100_000)
	o.Calm = cmp.Or(o.Calm, 20*time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Enqueue adds the job of a version inside the transaction that creates it. Exhausted queue_full
// when too many wait; other errors are as the database gave them, for the store whose transaction it is to tell a full
// disk from a lost connection.
func (r *Runner[Tx]) Enqueue(ctx context.Context, tx Tx, w qa.Work) error {
	collection := mark(w.Collection)
	all, own, err := r.side.waiting(ctx, tx, collection, r.options.MaxWaiting, lastStep)
	if err != nil {
		return err
	}
	if all >= r.options.MaxWaiting {
		return qa.E(qa.Exhausted, "queue_full")
	}
	o := &river.InsertOpts{Priority: priority(own), Queue: river.QueueDefault}
	if w.Size >= largeFile {
		o.Queue = queueLarge
	}
	_, err = r.client.InsertTx(ctx, tx, advance{Version: w.Version, Collection: collection}, o)
	return err
}

// lastStep is from how many waiting jobs of its collection on a further one has the last priority.
const lastStep = 500

// priority orders a job by how many of its collection wait already: a collection that loads a thousand documents
// lets those go first of which little waits. River knows the priorities 1, first, to 4.
func priority(own int) int {
	switch {
	case own < 5:
		return 1
	case own < 50:
		return 2
	case own < lastStep:
		return 3
	}
	return 4
}

// mark stands for a collection in the table of jobs, where its name would outlive it.
func mark(c qa.CollectionID) string {
	h := sha256.Sum256([]byte(c))
	return hex.EncodeToString(h[:8])
}

// Start begins to work jobs: first those that a dead process left, at once. ctx is only about starting. On SQLite
// the caller holds the Lock until after Stop.
func (r *Runner[Tx]) Start(ctx context.Context) error {
	end, err := r.side.begin(ctx, r.fill)
	if err != nil {
		return down(err)
	}
	if err := r.fill(ctx); err != nil {
		end()
		return err
	}
	if err := r.client.Start(context.WithoutCancel(ctx)); err != nil {
		end()
		return down(err)
	}
	r.end = end
	return nil
}

// Stop takes no new jobs, gives running ones Options.Grace, then cancels them; they go on at the
// next Start.
func (r *Runner[Tx]) Stop(ctx context.Context) error {
	err := r.client.Stop(ctx)
	if r.end != nil {
		r.end()
		r.end = nil
	}
	return down(err)
}

// Versions lists the versions that a job is about which is not done, or was cancelled a short while ago.
func (r *Runner[Tx]) Versions(ctx context.Context) ([]qa.VersionID, error) {
	jobs, err := r.side.open(ctx, "")
	if err != nil {
		return nil, down(err)
	}
	ids := slices.Sorted(maps.Values(jobs))
	return slices.Compact(ids), nil
}

// Cancel ends the jobs of a version, also one that is worked on.
func (r *Runner[Tx]) Cancel(ctx context.Context, id qa.VersionID) error {
	jobs, err := r.side.open(ctx, id)
	if err != nil {
		return down(err)
	}
	for job := range jobs {
		if _, err := r.client.JobCancel(ctx, job); err != nil && !errors.Is(err, rivertype.ErrNotFound) {
			return down(err)
		}
	}
	return nil
}

// fill enqueues versions that have no job: those that lack vectors since an encoder is used, and those
// whose job was lost to a restored backup or a fault, which would otherwise wait for ever. New uploads
// go first.
func (r *Runner[Tx]) fill(ctx context.Context) error {
	if r.options.Unfinished == nil {
		return nil
	}
	ids, err := r.options.Unfinished(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	jobs, err := r.side.open(ctx, "")
	if err != nil {
		return down(err)
	}
	known := make(map[qa.VersionID]bool, len(jobs))
	for _, id := range jobs {
		known[id] = true
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

// advance is the job of making one version searchable; it holds nothing that could be erased later.
type advance struct {
	Version    qa.VersionID `json:"version" river:"unique"`
	Collection string       `json:"collection,omitempty"` // see mark; "" where it is not known
}

// Kind names the job in River's tables.
func (advance) Kind() string { return "advance" }

// InsertOpts collapses jobs of the same version while one waits or runs.
func (advance) InsertOpts() river.InsertOpts { return river.InsertOpts{UniqueOpts: onePerVersion()} }

// embed is the job of making the vectors of one version.
type embed struct {
	Version qa.VersionID `json:"version" river:"unique"`
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
