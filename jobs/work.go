package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"

	"rapporteur/qa"
)

// worker does the jobs.
type worker struct {
	river.WorkerDefaults[advance]
	advancer Advancer
	log      *slog.Logger
}

// Work moves one version forward until nothing is left to do.
func (w *worker) Work(ctx context.Context, job *river.Job[advance]) error {
	id := job.Args.Version
	if n := deaths(job.Metadata); n >= maxDeaths {
		return w.giveUp(ctx, id, fmt.Errorf("%d processes died while they worked on it", n))
	}
	for {
		state, err := w.step(ctx, id)
		if err != nil {
			return w.settle(ctx, job, err)
		}
		if !state.Pending() {
			return nil
		}
	}
}

func (w *worker) step(ctx context.Context, id qa.VersionID) (_ qa.State, err error) {
	defer func() {
		if r := recover(); r != nil {
			w.log.ErrorContext(ctx, "panic in a job", slog.String("version", string(id)), slog.Any("panic", r), slog.String("stack", string(debug.Stack())))
			err = qa.E(qa.Internal, "internal").Because(fmt.Errorf("panic: %v", r))
		}
	}()
	return w.advancer.Advance(ctx, id)
}

// settle decides what an error means for the job. What it returns is stored in River's tables and
// logged by River, so it holds codes only; the cause is logged here.
func (w *worker) settle(ctx context.Context, job *river.Job[advance], err error) error {
	id := job.Args.Version
	kind := qa.KindOf(err)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return river.JobSnooze(0) // the process stops: the next one goes on, and no attempt is spent
	case kind == qa.NotFound:
		return nil // removed in the meantime
	}
	w.log.WarnContext(ctx, "job step failed", slog.String("version", string(id)), slog.Int("attempt", job.Attempt), slog.Any("error", err))
	switch {
	case kind == qa.NoSpace:
		return river.JobSnooze(waitLong)
	case job.Attempt < maxAttempts && passing(kind):
		return errors.New(qa.CodeOf(err))
	}
	return w.giveUp(ctx, id, err)
}

// passing reports whether errors of a kind may be gone at the next attempt.
func passing(kind qa.Kind) bool {
	return kind == qa.Unavailable || kind == qa.Internal || kind == qa.Conflict || kind == qa.Canceled
}

// giveUp ends the version; when even that fails, the job stays and tries again.
func (w *worker) giveUp(ctx context.Context, id qa.VersionID, cause error) error {
	// The attempt's own time may be what ran out.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	err := w.advancer.GiveUp(ctx, id, cause)
	if err == nil || qa.KindOf(err) == qa.NotFound {
		return nil
	}
	w.log.ErrorContext(ctx, "version could not be failed", slog.String("version", string(id)), slog.Any("error", err))
	return river.JobSnooze(waitLong)
}

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
