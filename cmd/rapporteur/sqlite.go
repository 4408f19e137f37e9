package main

import (
	"context"
	"path/filepath"
	"time"

	"rapporteur/jobs"
	"rapporteur/qa"
	"rapporteur/store/sqlite"
	"rapporteur/store/sqlite/examine"
)

// onSQLite is a library in one file: indexes are in memory, one process at a time works the queue.
type onSQLite struct {
	*sqlite.Store
	dir string
}

func openSQLite(ctx context.Context, dir string) (database, error) {
	store, err := sqlite.Open(ctx, filepath.Join(dir, "library.db"))
	if err != nil {
		return nil, err
	}
	return onSQLite{store, dir}, nil
}

func (s onSQLite) useEncoder(ctx context.Context, u encoderUse) (vectors, meaning, error) {
	open := s.UseEncoder
	if u.rebuild {
		open = s.Rebuild
	}
	v, err := open(ctx, u.Encoder)
	if err != nil {
		return nil, nil, err
	}
	return v, rankHere(s, v, u.failed), nil
}

func (s onSQLite) openQueue(ctx context.Context, a jobs.Advancer, o jobs.Options) (queue, error) {
	runner, err := jobs.NewSQLite(ctx, s.Writer(), a, o)
	if err != nil {
		return nil, err
	}
	s.OnCreate(runner.Enqueue)
	return runner, nil
}

// lockPoll is how often a process asks for the right to work while another one has it.
const lockPoll = 300 * time.Millisecond

func (s onSQLite) mayWork(ctx context.Context) (release func() error, err error) {
	for {
		lock, ok, err := jobs.TryLock(s.dir)
		if err != nil {
			return nil, err
		}
		if ok {
			return lock.Unlock, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lockPoll):
		}
	}
}

// tend makes up for removals that were cut short.
func (s onSQLite) tend(ctx context.Context, _ vectors) error { return s.Tend(ctx) }

// Purge has nothing to do: words are overwritten where they stand when a document is removed.
func (onSQLite) Purge(context.Context, bool) ([]qa.Finding, error) { return nil, nil }

func (s onSQLite) Residue(ctx context.Context) ([]qa.Finding, error) {
	return examine.Residue(ctx, s.Writer())
}

func (s onSQLite) Health(ctx context.Context) ([]qa.Finding, error) {
	return examine.Health(ctx, s.Writer())
}

func (onSQLite) Files(context.Context) string { return "" } // they stand in the folder of the data
