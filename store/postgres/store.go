// Package postgres is the library of many servers: documents, versions, texts, chunks, vectors, the change
// feed and API keys in one PostgreSQL database with pgvector. It answers as store/sqlite does. What differs is
// how: rows are locked instead of the whole library, vectors are ranked by the database, and the feed wakes
// every process.
package postgres

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rapporteur/qa"
	"rapporteur/store/postgres/migrations"
	"rapporteur/store/postgres/purge"
	"rapporteur/store/postgres/talk"
)

// The numbers of advisory locks that processes of a library exclude each other with, beside those of migrations and
// purge; keys of documents are hashed into another number space (see lockKeys).
const (
	lockFeed  = 7_240_100_002
	lockIndex = 7_240_100_003
)

// Options are the settings of a Store; the zero value is good.
type Options struct {
	// MaxConns bounds the connections of this process; 0 means 4 for each core, at least 8: more only add
	// waiting, as the database has few cores too.
	MaxConns     int
	ReadTimeout  time.Duration // of one read; 0 means 4 s, so that a question fails within 10 s when the database is gone
	WriteTimeout time.Duration // of one transaction that writes; 0 means 60 s
	// AskedTimeout is that of a transaction for which somebody waits, as who uploads does; 0 means 7.5 s: it
	// takes some 13 journeys to the database, and must end within 10 s with the reads before it.
	AskedTimeout time.Duration
}

const (
	// connectTimeout bounds the wait for a connection, new or from the pool's server.
	connectTimeout = 3 * time.Second
	// idleTime is after how long a connection that nobody uses is closed.
	idleTime = 5 * time.Minute
	// tries is how often a transaction is tried that another one made impossible.
	tries = 5
)

// Hook is called inside the transaction that creates a version, or makes one live again that lacks
// vectors, to enqueue its job with it.
type Hook func(ctx context.Context, tx pgx.Tx, w qa.Work) error

// Store is an open library. Its methods may be called at the same time.
type Store struct {
	*talk.Store // what it keeps of conversations

	// Now is the clock; Open sets it to time.Now.
	Now func() time.Time

	pool    *pgxpool.Pool
	options Options
	hook    Hook

	mu       sync.Mutex
	subs     []chan struct{}
	stop     context.CancelFunc // of the listener; nil until the first Subscribe
	listener sync.WaitGroup
	sizes    sizes
}

// Open opens the library in the database that dsn names and makes its tables if they are missing. Migrations
// are run; a library made by a newer program is Conflict newer_schema. Unavailable database_refused, store_down,
// pgvector_missing, pgvector_old, postgres_old.
func Open(ctx context.Context, dsn string, o Options) (*Store, error) {
	o.MaxConns = cmp.Or(o.MaxConns, max(8, 4*runtime.GOMAXPROCS(0)))
	o.ReadTimeout = cmp.Or(o.ReadTimeout, 4*time.Second)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, time.Minute)
	o.AskedTimeout = cmp.Or(o.AskedTimeout, 7500*time.Millisecond)
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, qa.E(qa.Invalid, "database_refused") // the cause would repeat the address, and its password
	}
	config.MaxConns = int32(o.MaxConns)
	config.MaxConnIdleTime = idleTime
	config.HealthCheckPeriod = 5 * time.Second
	config.ConnConfig.ConnectTimeout = connectTimeout
	config.ConnConfig.DialFunc = dialer().DialContext
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "rapporteur"
	}
	s := &Store{Now: time.Now, options: o}
	s.Store = &talk.Store{Write: s.write, WriteAsked: s.writeAsked,
		Read: func(ctx context.Context, f func(context.Context, talk.Querier) error) error {
			return s.read(ctx, func(ctx context.Context, q querier) error { return f(ctx, q) })
		}}
	if err := migrations.Run(ctx, config.ConnConfig); err != nil {
		return nil, public(err)
	}
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		// The pool connects in the background, without the deadline of who waits.
		ctx, cancel := context.WithTimeout(ctx, connectTimeout)
		defer cancel()
		return ready(ctx, conn)
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, public(err)
	}
	return s, nil
}

// Close closes the library; jobs that use Pool must have stopped.
func (s *Store) Close() error {
	s.mu.Lock()
	stop := s.stop
	s.mu.Unlock()
	if stop != nil {
		stop()
	}
	s.listener.Wait()
	s.pool.Close()
	return nil
}

// OnCreate sets what runs in the transaction of each new version. Call it before the first upload.
func (s *Store) OnCreate(h Hook) { s.hook = h }

// Pool is the connections of the library, for the job queue that shares the database.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// querier is the pool or a transaction.
type querier interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
}

// reading bounds the time of a read.
func (s *Store) reading(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.options.ReadTimeout)
}

// read runs f, which only reads, within the time of a read.
func (s *Store) read(ctx context.Context, f func(ctx context.Context, q querier) error) error {
	limited, cancel := s.reading(ctx)
	defer cancel()
	return s.late(ctx, f(limited, s.pool))
}

// late tells a read that took too long from one that its caller gave up.
func (s *Store) late(ctx context.Context, err error) error {
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return qa.E(qa.Unavailable, "store_down").Because(err)
	}
	return public(err)
}

// write runs f in a transaction, again when another transaction made it impossible.
func (s *Store) write(ctx context.Context, f func(ctx context.Context, tx pgx.Tx) error) error {
	return s.writeWithin(ctx, s.options.WriteTimeout, f)
}

// writeAsked is write for somebody who waits.
func (s *Store) writeAsked(ctx context.Context, f func(ctx context.Context, tx pgx.Tx) error) error {
	return s.writeWithin(ctx, s.options.AskedTimeout, f)
}

func (s *Store) writeWithin(ctx context.Context, limit time.Duration, f func(ctx context.Context, tx pgx.Tx) error) error {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for try := 1; ; try++ {
		err := pgx.BeginFunc(limited, s.pool, func(tx pgx.Tx) error { return f(limited, tx) })
		if try < tries && repeatable(err) {
			continue
		}
		return s.late(ctx, err)
	}
}

// PurgeDue reports whether a removal left something that Purge takes away.
func (s *Store) PurgeDue(ctx context.Context) (due bool, err error) {
	err = s.read(ctx, func(ctx context.Context, q querier) (err error) {
		due, err = purge.Due(ctx, q)
		return err
	})
	return due, err
}

// Purge takes what removed documents left out of the files of the database; package purge says how, and what all is.
func (s *Store) Purge(ctx context.Context, all bool) (purge.Report, error) {
	r, err := purge.Run(ctx, s.pool, all)
	return r, public(err)
}

// args collects the arguments of a query whose conditions vary.
type args []any

// add takes an argument and gives its place in the query.
func (a *args) add(v any) string {
	*a = append(*a, v)
	return "$" + strconv.Itoa(len(*a))
}
