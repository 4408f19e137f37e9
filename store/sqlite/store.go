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
	// busyTimeout is how long a writer waits for another process before it says store_busy.
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
	readers *sql.DB
	hook    Hook

	mu   sync.Mutex
	subs []chan struct{}
}

// Open opens the library at path and makes it, readable by its owner only, if it is missing.
// Migrations are run; a library made by a newer program is Conflict newer_schema.
func Open(ctx context.Context, path string) (*Store, error) {
	if err := create(path); err != nil {
		return nil, public(err)
	}
	s := &Store{Now: time.Now}
	var err error
	if s.writer, err = sql.Open("sqlite", dsn(path, "immediate", "journal_mode(WAL)", "synchronous(FULL)",
		"foreign_keys(ON)", "secure_delete(ON)", "temp_store(MEMORY)", "journal_size_limit(67108864)")); err != nil {
		return nil, public(err)
	}
	s.writer.SetMaxOpenConns(1)
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
	for _, db := range []*sql.DB{s.readers, s.writer} {
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
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return public(err)
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return public(err)
	}
	return public(tx.Commit())
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
