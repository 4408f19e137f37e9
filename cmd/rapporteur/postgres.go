package main

import (
	"context"
	"os"
	"strings"

	"rapporteur/jobs"
	"rapporteur/qa"
	"rapporteur/store/postgres"
	"rapporteur/store/postgres/examine"
	"rapporteur/store/postgres/purge"
)

// onPostgres is a library in PostgreSQL: any number of processes answer from it and work the
// queue.
type onPostgres struct{ *postgres.Store }

func openPostgres(ctx context.Context, dsn string) (database, error) {
	store, err := postgres.Open(ctx, dsn, postgres.Options{})
	if err != nil {
		return nil, err
	}
	return onPostgres{store}, nil
}

// The values of the setting vector-index.
const (
	indexAuto     = "auto"     // in memory up to mostHere vectors, as they are counted at the start
	indexMemory   = "memory"   // in the memory of each server, where comparing them finds all of the nearest
	indexDatabase = "database" // by the database, with HNSW where they are many
)

// mostHere is up to how many vectors a server holds them itself: some 300 MB of 384 dimensions.
const mostHere = 200_000

func (s onPostgres) useEncoder(ctx context.Context, u encoderUse) (vectors, meaning, error) {
	open := s.UseEncoder
	if u.rebuild {
		open = s.Rebuild
	}
	v, err := open(ctx, u.Encoder)
	if err != nil {
		return nil, nil, err
	}
	here := u.index == indexMemory
	if u.index == indexAuto || u.index == "" {
		n, err := v.Stored(ctx)
		if err != nil {
			return nil, nil, err
		}
		here = n <= mostHere
	}
	if here {
		return v, rankHere(s, v, u.failed), nil
	}
	return v, v, nil
}

func (s onPostgres) openQueue(ctx context.Context, a jobs.Advancer, o jobs.Options) (queue, error) {
	runner, err := jobs.NewPostgres(ctx, s.Pool(), a, o)
	if err != nil {
		return nil, err
	}
	s.OnCreate(runner.Enqueue)
	return runner, nil
}

func (onPostgres) mayWork(context.Context) (release func() error, err error) {
	return func() error { return nil }, nil
}

// tend builds the index of the vectors when they have become many, and purges after removals.
func (s onPostgres) tend(ctx context.Context, v vectors) error {
	if own, ok := v.(*postgres.Vectors); ok {
		if err := own.Tend(ctx); err != nil {
			return err
		}
	}
	due, err := s.PurgeDue(ctx)
	if err != nil || !due {
		return err
	}
	_, err = s.Store.Purge(ctx, false)
	return err
}

func (s onPostgres) Purge(ctx context.Context, all bool) (out []qa.Finding, err error) {
	r, err := s.Store.Purge(ctx, all)
	if err != nil {
		return nil, err
	}
	if len(r.Rewritten) > 0 {
		out = append(out, qa.Finding{Code: "erase_rewritten", Args: []any{strings.Join(r.Rewritten, ", ")}})
	}
	if len(r.Waiting) > 0 && r.Readers {
		out = append(out, qa.Finding{Code: "erase_readers", Args: []any{strings.Join(r.Waiting, ", ")}, Bad: true})
	} else if len(r.Waiting) > 0 {
		out = append(out, qa.Finding{Code: "erase_waiting", Args: []any{strings.Join(r.Waiting, ", ")}, Bad: true})
	}
	switch r.Log {
	case purge.LogPurged:
		out = append(out, qa.Finding{Code: "erase_log"})
	case purge.LogKept:
		out = append(out, qa.Finding{Code: "erase_log_kept", Bad: true})
	}
	return out, nil
}

func (s onPostgres) Residue(ctx context.Context) ([]qa.Finding, error) {
	found, err := examine.Residue(ctx, s.Pool())
	if err != nil {
		return nil, err
	}
	due, err := s.PurgeDue(ctx)
	if err == nil && due {
		found = append(found, qa.Finding{Code: "erase_due", Bad: true})
	}
	return found, err
}

func (s onPostgres) Health(ctx context.Context) ([]qa.Finding, error) {
	return examine.Health(ctx, s.Pool(), int(s.Pool().Config().MaxConns))
}

// Files asks the server where its files are, which it tells an administrator alone; they are looked into where they
// are on this machine and this user may read them.
func (s onPostgres) Files(ctx context.Context) string {
	var dir string
	if err := s.Pool().QueryRow(ctx, "SHOW data_directory").Scan(&dir); err != nil {
		return ""
	}
	if _, err := os.ReadDir(dir); err != nil {
		return ""
	}
	return dir
}
