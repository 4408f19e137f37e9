// Package sqlite is the library of one machine: documents, versions, texts, chunks, vectors,
// the change feed and API keys in one SQLite file. A transaction that returned without error survives power loss
// (write-ahead log, synchronous=FULL); readers never wait for the writer; what is deleted is
// overwritten and leaves the log too.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"rapporteur/qa"
)

const (
	// beginTimeout is how long a writer waits before it says store_busy, be it behind others of this process or behind
	// another process: less than 5 s also on a machine that has much to do.
	beginTimeout = 4500 * time.Millisecond
	// turnTimeout is how long it waits for its turn among the writers of this process; see begin.
	turnTimeout = 3500 * time.Millisecond
	// busyTimeout is how long all else waits for another process: the queue, and what migrates and compacts.
	busyTimeout = 5 * time.Second
	// maxReaders bounds the memory of the page caches: 2 MB each by SQLite's default.
	maxReaders = 8
)

// Hook is called inside the transaction that creates a version, or makes one live again that lacks
// vectors, to enqueue its job with it.
type Hook func(ctx context.Context, tx *sql.Tx, w qa.Work) error

// Store is an open library. Its methods may be called at the same time.
type Store struct {
	// Now is the clock; Open sets it to time.Now.
	Now func() time.Time

	writer  *sql.DB // one connection: writers take turns here rather than in SQLite
	late    *sql.DB // one connection for a writer whose turn does not come; see begin
	readers *sql.DB
	hook    Hook

	mu      sync.Mutex
	subs    []chan struct{}
	emptied int64 // the removal since which this process has emptied the log
}

// Open opens the library at path and makes it, readable by its owner only, if it is missing.
// Migrations are run; a library made by a newer program is Conflict newer_schema.
func Open(ctx context.Context, path string) (*Store, error) {
	if err := create(path); err != nil {
		return nil, public(err)
	}
	s := &Store{Now: time.Now}
	var err error
	for _, db := range []**sql.DB{&s.writer, &s.late} {
		if *db, err = sql.Open("sqlite", dsn(path, "immediate", "journal_mode(WAL)", "synchronous(FULL)",
			"foreign_keys(ON)", "secure_delete(ON)", "temp_store(MEMORY)", "journal_size_limit(67108864)")); err != nil {
			return nil, errors.Join(public(err), s.Close())
		}
		(*db).SetMaxOpenConns(1)
	}
	if s.readers, err = sql.Open("sqlite", dsn(path, "deferred", "query_only(ON)", "temp_store(MEMORY)")); err != nil {
		return nil, errors.Join(public(err), s.Close())
	}
	s.readers.SetMaxOpenConns(maxReaders)
	s.readers.SetMaxIdleConns(maxReaders)
	if err := migrate(ctx, s.writer, s.Now()); err != nil {
		return nil, errors.Join(public(err), s.Close())
	}
	if err := s.compact(ctx, compactFrom); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close closes the library; jobs that use Writer must have stopped.
func (s *Store) Close() error {
	var err error
	for _, db := range []*sql.DB{s.readers, s.late, s.writer} {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	return public(err)
}

// OnCreate sets what runs in the transaction of each new version. Call it before the first upload.
func (s *Store) OnCreate(h Hook) { s.hook = h }

// Writer is the one writing connection, for the job queue that shares the file. Code that runs
// inside a transaction of this Store must not use it: it would wait for itself.
func (s *Store) Writer() *sql.DB { return s.writer }

// Check reads the whole file and says whether it is whole: Internal database_damaged if not.
func (s *Store) Check(ctx context.Context) error {
	var verdict string
	if err := s.readers.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return public(err)
	}
	if verdict != "ok" {
		return qa.E(qa.Internal, "database_damaged").Because(errors.New(verdict))
	}
	return nil
}

// Subscribe gives a channel that receives after each commit of this process that changed the feed.
// It holds one signal; commits of other processes are seen by reading Changes now and then.
func (s *Store) Subscribe() <-chan struct{} {
	c := make(chan struct{}, 1)
	s.mu.Lock()
	s.subs = append(s.subs, c)
	s.mu.Unlock()
	return c
}

func (s *Store) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.subs {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// write runs f in the one writing transaction. f must use nothing but tx.
func (s *Store) write(ctx context.Context, f func(tx *sql.Tx) error) error {
	conn, tx, err := s.begin(ctx)
	if err != nil {
		return public(err)
	}
	defer conn.Close()
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return public(err)
	}
	return public(tx.Commit())
}

// begin waits for the turn of a writer, no longer than beginTimeout in all. While another process has the file, all
// those before it in this one wait for that process too; when it is only slow, the turn does not come either. SQLite
// itself tells one from the other: who has waited for long asks it on a connection of its own.
func (s *Store) begin(ctx context.Context) (*sql.Conn, *sql.Tx, error) {
	began := time.Now()
	conn, err := connWithin(ctx, s.writer, began.Add(turnTimeout))
	if qa.CodeOf(err) == "store_busy" {
		conn, err = connWithin(ctx, s.late, began.Add(beginTimeout))
	}
	if err != nil {
		return nil, nil, err
	}
	tx, err := beginWithin(ctx, conn, time.Until(began.Add(beginTimeout)))
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	return conn, tx, nil
}

// connWithin takes the connection of db; Unavailable store_busy when others have it until then.
func connWithin(ctx context.Context, db *sql.DB, until time.Time) (*sql.Conn, error) {
	waiting, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	conn, err := db.Conn(waiting)
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return nil, qa.E(qa.Unavailable, "store_busy").Because(err)
	}
	return conn, err
}

// beginWithin waits for other processes; the connection comes back with the patience that it has for all else.
func beginWithin(ctx context.Context, conn *sql.Conn, wait time.Duration) (*sql.Tx, error) {
	if err := setBusyTimeout(ctx, conn, max(wait, time.Millisecond)); err != nil {
		return nil, err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err := errors.Join(err, setBusyTimeout(context.WithoutCancel(ctx), conn, busyTimeout)); err != nil {
		if tx != nil {
			_ = tx.Rollback() // the error is told already
		}
		return nil, err
	}
	return tx, nil
}

func setBusyTimeout(ctx context.Context, conn *sql.Conn, wait time.Duration) error {
	_, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", wait.Milliseconds()))
	return err
}

// create makes the file before SQLite does, because SQLite would let others read it; the log and
// its index take the file's rights.
func create(path string) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	// SQLite syncs the folder, but not the folder's own entry. The one above is the operator's, and may be closed
	// to us; Windows has no such call.
	if above, err := os.Open(filepath.Dir(folder)); err == nil {
		_ = above.Sync()
		above.Close()
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// dsn is the address of the file for the driver, with the pragmas that every connection runs.
func dsn(path, lock string, pragmas ...string) string {
	q := url.Values{"_txlock": {lock}, "_pragma": {fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds())}}
	for _, p := range pragmas {
		q.Add("_pragma", p)
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/… on Windows
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// public gives errors of the database their kind and code; nil and errors that have one stay.
func public(err error) error {
	var known *qa.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return qa.E(qa.Unavailable, "store_down").Because(err)
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return qa.E(qa.NoSpace, "disk_full").Because(err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return qa.E(qa.Unavailable, "store_busy").Because(err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return qa.E(qa.Internal, "database_damaged").Because(err)
	case sqlite3.SQLITE_INTERRUPT:
		return context.Canceled
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PERM:
		return qa.E(qa.Unavailable, "store_down").Because(err)
	}
	return qa.E(qa.Internal, "internal").Because(err)
}

// micros is how times are stored; the zero time is NULL.
func micros(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMicro(), Valid: !t.IsZero()}
}

func fromMicros(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMicro(n.Int64).UTC()
}
