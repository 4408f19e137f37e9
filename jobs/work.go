package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"rapporteur/qa"
)

// hand does the work of both kinds of job.
type hand[Tx any] struct {
	advancer Advancer
	client   *river.Client[Tx]
	side     side[Tx]
	leases   *leases
	log      *slog.Logger
	calm     time.Time  // from when on what others died of is taken up for the last time
	suspect  sync.Mutex // held by the job that is: one at a time, so that none takes the blame for another
}

// reader works the jobs that make versions searchable.
type reader[Tx any] struct {
	river.WorkerDefaults[advance]
	*hand[Tx]
}

// Work makes one version searchable; what then is left of it becomes a job of its own. If the process
// dies in between, this job is done again and finds nothing but that.
func (w *reader[Tx]) Work(ctx context.Context, job *river.Job[advance]) error {
	id := job.Args.Version
	return w.hold(ctx, job.JobRow, id, func(ctx context.Context) error {
		for more := true; more; {
			later, err := w.advancer.Embedding(ctx, id)
			if err == nil && later {
				_, err = w.client.Insert(ctx, embed{Version: id}, &river.InsertOpts{Priority: job.Priority})
				return down(err)
			}
			if err == nil {
				more, err = w.advancer.Advance(ctx, id)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// embedder works the jobs that make vectors.
type embedder[Tx any] struct {
	river.WorkerDefaults[embed]
	*hand[Tx]
}

// Work makes vectors of one version, for a slice of time. Versions that wait to become searchable go
// first.
func (w *embedder[Tx]) Work(ctx context.Context, job *river.Job[embed]) error {
	id, more := job.Args.Version, false
	err := w.hold(ctx, job.JobRow, id, func(ctx context.Context) (err error) {
		more, err = w.vectors(ctx, job)
		return err
	})
	if err == nil && more {
		return river.JobSnooze(0)
	}
	return err
}

// vectors makes vectors for a slice of time, and reports whether some are left to make.
func (w *embedder[Tx]) vectors(ctx context.Context, job *river.Job[embed]) (more bool, err error) {
	for end := time.Now().Add(slice); time.Now().Before(end); {
		first, err := w.othersFirst(ctx)
		if err != nil {
			return false, err
		}
		if first {
			continue
		}
		if more, err := w.advancer.Advance(ctx, job.Args.Version); err != nil || !more {
			return false, err
		}
		job.Attempt = 1 // what went well starts the counts of failures and deaths anew
		if deaths(job.Metadata) > 0 {
			return true, river.MetadataSet(ctx, "deaths", 0)
		}
	}
	return true, nil
}

// hold does the work of a job while this process holds it, unless too many died of it, and decides what its error
// means.
func (w *hand[Tx]) hold(ctx context.Context, job *rivertype.JobRow, id qa.VersionID, work func(ctx context.Context) error) error {
	ctx, release, ok := w.leases.take(ctx, job.ID)
	if !ok {
		return river.JobSnooze(time.Second)
	}
	defer release()
	n := deaths(job.Metadata)
	switch {
	case n >= maxDeaths:
		return w.giveUp(ctx, job, id, fmt.Errorf("%d processes died while they worked on it", n))
	case n == beforeLast && time.Now().Before(w.calm), n == beforeLast && !w.suspect.TryLock():
		return river.JobSnooze(time.Second)
	case n == beforeLast:
		defer w.suspect.Unlock()
		if err := w.lastTry(ctx, job.ID); err != nil {
			return w.settle(ctx, job, id, err)
		}
	}
	return w.settle(ctx, job, id, w.guarded(ctx, id, work))
}

// othersFirst pauses when versions wait to become searchable and all who could do so are busy.
func (w *hand[Tx]) othersFirst(ctx context.Context) (first bool, err error) {
	first, err = w.side.othersWait(ctx)
	if err != nil || !first {
		return false, down(err)
	}
	select {
	case <-ctx.Done():
		return true, ctx.Err()
	case <-time.After(yieldPoll):
		return true, nil
	}
}

// lastTry notes that the next death is that of this job, until its work ends.
func (w *hand[Tx]) lastTry(ctx context.Context, job int64) error {
	if err := w.side.lastTry(ctx, job); err != nil {
		return down(err)
	}
	return river.MetadataSet(ctx, "last", false)
}

// guarded does the work and makes an error of a panic.
func (w *hand[Tx]) guarded(ctx context.Context, id qa.VersionID, work func(ctx context.Context) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			w.log.ErrorContext(ctx, "panic in a job", slog.String("version", string(id)), slog.Any("panic", r), slog.String("stack", string(debug.Stack())))
			err = qa.E(qa.Internal, "internal").Because(fmt.Errorf("panic: %v", r))
		}
	}()
	return work(ctx)
}

// settle decides what an error means for the job. What it returns is stored in River's tables and
// logged by River, so it holds codes only; the cause is logged here.
func (w *hand[Tx]) settle(ctx context.Context, job *rivertype.JobRow, id qa.VersionID, err error) error {
	if err == nil {
		return nil
	}
	kind := qa.KindOf(err)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return river.JobSnooze(0) // the process stops, or lost the job: the next one goes on, and no attempt is spent
	case kind == qa.NotFound:
		return nil // removed in the meantime
	}
	w.log.WarnContext(ctx, "job step failed", slog.String("version", string(id)), slog.Int("attempt", job.Attempt), slog.Any("error", err))
	switch {
	case kind == qa.NoSpace:
		return river.JobSnooze(waitLong)
	case job.Attempt < maxAttempts && passing(kind), job.Attempt < maxOutages && ctx.Err() == nil && outage(err):
		return errors.New(qa.CodeOf(err))
	}
	return w.giveUp(ctx, job, id, err)
}

// passing reports whether errors of a kind may be gone at the next attempt.
func passing(kind qa.Kind) bool {
	return kind == qa.Unavailable || kind == qa.Internal || kind == qa.Conflict || kind == qa.Canceled
}

// outage reports whether the library did not answer.
func outage(err error) bool {
	switch qa.CodeOf(err) {
	case "store_down", "store_busy", "timeout":
		return true
	}
	return false
}

// giveUp ends the work on a version; when even that fails, the job stays and tries again.
func (w *hand[Tx]) giveUp(ctx context.Context, job *rivertype.JobRow, id qa.VersionID, cause error) error {
	// The attempt's own time may be what ran out.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	mine, err := w.side.holds(ctx, job.ID)
	if err == nil && !mine {
		return river.JobSnooze(0) // another process works on it: what failed here says nothing
	}
	if err == nil {
		err = w.advancer.GiveUp(ctx, id, cause)
	}
	switch {
	case err == nil && qa.KindOf(cause) != qa.Unavailable:
		return river.JobCancel(errors.New(qa.CodeOf(cause))) // kept for a while, see keepGivenUp
	case err == nil, qa.KindOf(err) == qa.NotFound:
		return nil
	}
	w.log.ErrorContext(ctx, "version could not be given up", slog.String("version", string(id)), slog.Any("error", err))
	return river.JobSnooze(waitLong)
}

// beforeLast is after how many deaths a job waits for its last try, alone; a death that it only stands by does not count.
const beforeLast = maxDeaths - 1

// deaths reads how many processes ended with this job in hand.
func deaths(metadata []byte) int {
	var m struct {
		Deaths int `json:"deaths"`
	}
	if err := json.Unmarshal(metadata, &m); err != nil {
		return 0
	}
	return m.Deaths
}
