package main

import (
	"context"

	"rapporteur/jobs"
	"rapporteur/qa"
	"rapporteur/store/postgres"
)

// onPostgres is a library in PostgreSQL: the database ranks by meaning, and any number of processes work
// the queue.
type onPostgres struct{ *postgres.Store }

func openPostgres(ctx context.Context, dsn string) (database, error) {
	store, err := postgres.Open(ctx, dsn, postgres.Options{})
	if err != nil {
		return nil, err
	}
	return onPostgres{store}, nil
}

func (s onPostgres) useEncoder(ctx context.Context, e qa.Encoder, rebuild bool, _ func(error)) (vectors, meaning, error) {
	open := s.UseEncoder
	if rebuild {
		open = s.Rebuild
	}
	v, err := open(ctx, e)
	if err != nil {
		return nil, nil, err
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

// tend builds the index of the vectors when they have become many.
func (onPostgres) tend(ctx context.Context, v vectors) error {
	if own, ok := v.(*postgres.Vectors); ok {
		if err := own.Tend(ctx); err != nil {
			return err
		}
	}
	return nil
}
