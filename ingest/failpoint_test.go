package ingest_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"modernc.org/sqlite"

	"rapporteur/ingest"
	"rapporteur/jobs"
	"rapporteur/qa"
)

// failpoints are the steps before and after which a process is killed. The parts of ingestion are wrapped for
// it: nothing in the program itself knows of failpoints.
var failpoints = []string{
	"file save",           // the upload goes from its temporary place to that of its hash
	"row insert",          // document, version and job, in one transaction
	"lease",               // a job is taken
	"extraction",          // the file is read
	"chunk write",         // text and chunks
	"vector write",        // vectors of chunks or sentences
	"flip",                // the version is published, the one before superseded
	"old-version removal", // a document with its versions, texts and vectors is erased
	"original removal",    // and the files that were uploaded
	"burial",              // and its tombstone is written
	"acknowledgement",     // the job is finished
	"answer",              // who uploaded is told
}

// failpoint is the one at which this process dies, when it comes there for the n-th time; nil where it does
// not.
type failpoint struct {
	name string // "before …" or "after …"
	left atomic.Int32
}

// hit kills the process if this is the point; the system does so, as it would at any other moment.
func (f *failpoint) hit(name string) {
	if f == nil || name != f.name || f.left.Add(-1) > 0 {
		return
	}
	fmt.Println("point", strings.ReplaceAll(name, " ", "-"), 0)
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {}
}

// around hits the points before and after a step that goes well.
func (f *failpoint) around(name string, step func() error) error {
	f.hit("before " + name)
	err := step()
	if err == nil {
		f.hit("after " + name)
	}
	return err
}

// watch wraps the parts of a pipeline.
func (f *failpoint) watch(p *ingest.Pipeline) {
	if f != nil {
		p.Library, p.Originals = watchedLibrary{p.Library, f}, watchedOriginals{p.Originals, f}
		p.Extractor, p.Vectors = watchedExtractor{p.Extractor, f}, watchedVectors{p.Vectors, f}
	}
}

type watchedLibrary struct {
	ingest.Library
	die *failpoint
}

func (l watchedLibrary) CreateVersion(ctx context.Context, u qa.Upload, v qa.Version, keep func() error) (r qa.Receipt, err error) {
	err = l.die.around("row insert", func() error {
		r, err = l.Library.CreateVersion(ctx, u, v, keep)
		return err
	})
	return r, err
}

func (l watchedLibrary) SaveChunks(ctx context.Context, v qa.Version, t qa.Text, chunks []qa.Chunk) error {
	return l.die.around("chunk write", func() error { return l.Library.SaveChunks(ctx, v, t, chunks) })
}

func (l watchedLibrary) Publish(ctx context.Context, v qa.Version) (s qa.State, err error) {
	err = l.die.around("flip", func() error {
		s, err = l.Library.Publish(ctx, v)
		return err
	})
	return s, err
}

func (l watchedLibrary) DeleteDocument(ctx context.Context, s qa.Scope, id qa.DocumentID) (hashes []string, err error) {
	err = l.die.around("old-version removal", func() error {
		hashes, err = l.Library.DeleteDocument(ctx, s, id)
		return err
	})
	return hashes, err
}

type watchedOriginals struct {
	ingest.Originals
	die *failpoint
}

func (o watchedOriginals) Keep(ctx context.Context, stage, hash string) error {
	return o.die.around("file save", func() error { return o.Originals.Keep(ctx, stage, hash) })
}

func (o watchedOriginals) Delete(ctx context.Context, hash string) error {
	return o.die.around("original removal", func() error { return o.Originals.Delete(ctx, hash) })
}

func (o watchedOriginals) Bury(ctx context.Context, list ...qa.Tombstone) error {
	if len(list) == 0 {
		return nil
	}
	return o.die.around("burial", func() error { return o.Originals.Bury(ctx, list...) })
}

type watchedExtractor struct {
	ingest.Extractor
	die *failpoint
}

func (x watchedExtractor) Extract(ctx context.Context, f qa.File) (t qa.Text, err error) {
	err = x.die.around("extraction", func() error {
		t, err = x.Extractor.Extract(ctx, f)
		return err
	})
	return t, err
}

// storedVectors is ingest.Vectors under a name that none of its methods has.
type storedVectors = ingest.Vectors

type watchedVectors struct {
	storedVectors
	die *failpoint
}

func (v watchedVectors) SaveVectors(ctx context.Context, id qa.VersionID, list []qa.ChunkVector) error {
	return v.die.around("vector write", func() error { return v.storedVectors.SaveVectors(ctx, id, list) })
}

func (v watchedVectors) SaveSentences(ctx context.Context, id qa.VersionID, list []qa.ChunkSentences) error {
	return v.die.around("vector write", func() error { return v.storedVectors.SaveSentences(ctx, id, list) })
}

// advancer wraps what the jobs call: first of all Embedding, as soon as a job is taken.
func (f *failpoint) advancer(p *ingest.Pipeline) jobs.Advancer {
	if f == nil {
		return p
	}
	return watchedAdvancer{p, f}
}

type watchedAdvancer struct {
	*ingest.Pipeline
	die *failpoint
}

func (a watchedAdvancer) Embedding(ctx context.Context, id qa.VersionID) (bool, error) {
	a.die.hit("after lease")
	return a.Pipeline.Embedding(ctx, id)
}

// log hears from the queue that a job is about to be finished, and that it is.
func (f *failpoint) log() *slog.Logger {
	if f == nil {
		return nil
	}
	return slog.New(heard{slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelDebug}), f})
}

type heard struct {
	slog.Handler
	die *failpoint
}

func (h heard) Handle(_ context.Context, r slog.Record) error {
	switch {
	case strings.HasSuffix(r.Message, "Completing batch of job(s)"):
		h.die.hit("before acknowledgement")
	case strings.HasSuffix(r.Message, "Completed sub-batch of job(s)"):
		h.die.hit("after acknowledgement")
	}
	return nil
}

func (h heard) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h heard) WithGroup(string) slog.Handler      { return h }

// callable makes the failpoint a function of SQLite, in connections that are opened from now on.
func (f *failpoint) callable() error {
	return sqlite.RegisterScalarFunction("before_lease", 0, func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
		f.hit("before lease")
		return int64(0), nil
	})
}

// watchLeases lets SQLite call when a job is about to be taken.
func (f *failpoint) watchLeases(ctx context.Context, db *sql.DB) error {
	if f == nil || f.name != "before lease" {
		return nil
	}
	_, err := db.ExecContext(ctx, `CREATE TEMP TRIGGER before_lease BEFORE UPDATE OF state ON main.river_job
		WHEN NEW.state = 'running' BEGIN SELECT before_lease(); END`)
	return err
}

// leases sees the queries by which PostgreSQL is asked for jobs.
type leases struct {
	die  *failpoint
	pool *pgxpool.Pool // another one than that of the queue
}

func (l leases) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	if l.die.name != "before lease" || !strings.Contains(q.SQL, "-- name: JobGetAvailable ") {
		return ctx
	}
	var waiting bool
	err := l.pool.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM river_job WHERE state = 'available')").Scan(&waiting)
	if err == nil && waiting {
		l.die.hit("before lease")
	}
	return ctx
}

func (l leases) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
