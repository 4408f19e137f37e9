package ingest_test

import (
	"context"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rapporteur/ingest"
	"rapporteur/ingest/chunk"
	"rapporteur/ingest/extract"
	"rapporteur/jobs"
	"rapporteur/qa"
	"rapporteur/store/files"
	"rapporteur/store/postgres"
	"rapporteur/store/sqlite"
)

// library is the whole of ingestion with its real parts: originals in a folder, and a database.
type library struct {
	dir       string
	store     store
	originals *files.Store
	pipeline  *ingest.Pipeline
	runner    runner
	lock      *jobs.Lock // of a SQLite library that works its jobs
	vectors   vectors    // nil until embedding

	useEncoder func(context.Context, qa.Encoder) (vectors, error)
	openJobs   func(context.Context) (int, error) // counts jobs that are not finished
	close      func() error
}

// store is what these tests ask of both databases.
type store interface {
	ingest.Library
	ingest.Earlier
	Check(ctx context.Context) error
	Unfinished(ctx context.Context) ([]qa.VersionID, error)
	Changes(ctx context.Context, since qa.Revision, n int) ([]qa.Change, error)
	Documents(ctx context.Context, s qa.Scope, after qa.DocumentID, n int) ([]qa.Listed, error)
	Text(ctx context.Context, s qa.Scope, id qa.DocumentID, version qa.VersionID) (qa.Text, qa.Version, error)
	Reading(ctx context.Context, s qa.Scope, id qa.VersionID) (qa.Reading, error)
	Passages(ctx context.Context, s qa.Scope, hits []qa.Hit) ([]qa.Passage, error)
}

type vectors interface {
	ingest.Vectors
	Unfinished(ctx context.Context) ([]qa.VersionID, error)
}

type runner interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
}

// place is where a library is: its folder, and the address of its database if that is PostgreSQL.
type place struct{ dir, dsn string }

// openLibrary opens a library without working its jobs; close it with close. die is nil, but for a process
// that is to be killed at a failpoint.
func openLibrary(ctx context.Context, at place, x ingest.Extractor, die *failpoint) (*library, error) {
	l := &library{dir: at.dir}
	var err error
	if l.originals, err = files.Open(filepath.Join(at.dir, "originals")); err != nil {
		return nil, err
	}
	l.pipeline = &ingest.Pipeline{
		Originals: l.originals, Extractor: x, Splitter: chunk.Splitter{}, Options: ingest.Options{MaxBytes: 1 << 20},
	}
	if at.dsn != "" {
		err = l.onPostgres(ctx, at.dsn, die)
	} else {
		err = l.onSQLite(ctx, die)
	}
	if err != nil {
		return nil, err
	}
	l.pipeline.Library, l.pipeline.Earlier = l.store, l.store
	return l, nil
}

func (l *library) onSQLite(ctx context.Context, die *failpoint) error {
	s, err := sqlite.Open(ctx, filepath.Join(l.dir, "library.db"))
	if err != nil {
		return err
	}
	l.store, l.close = s, s.Close
	l.useEncoder = func(ctx context.Context, e qa.Encoder) (vectors, error) { return s.UseEncoder(ctx, e) }
	l.openJobs = func(ctx context.Context) (n int, err error) {
		err = s.Writer().QueryRowContext(ctx, countJobs).Scan(&n)
		return n, err
	}
	r, err := jobs.NewSQLite(ctx, s.Writer(), die.advancer(l.pipeline), jobs.Options{Unfinished: l.unfinished, Log: die.log()})
	if err != nil {
		return err
	}
	s.OnCreate(r.Enqueue)
	l.runner = r
	return die.watchLeases(ctx, s.Writer())
}

func (l *library) onPostgres(ctx context.Context, dsn string, die *failpoint) error {
	s, err := postgres.Open(ctx, dsn, postgres.Options{})
	if err != nil {
		return err
	}
	l.store, l.close = s, s.Close
	l.useEncoder = func(ctx context.Context, e qa.Encoder) (vectors, error) { return s.UseEncoder(ctx, e) }
	l.openJobs = func(ctx context.Context) (n int, err error) {
		err = s.Pool().QueryRow(ctx, countJobs).Scan(&n)
		return n, err
	}
	pool := s.Pool()
	if die != nil {
		c := pool.Config()
		c.ConnConfig.Tracer = leases{die, s.Pool()}
		if pool, err = pgxpool.NewWithConfig(ctx, c); err != nil {
			return err
		}
	}
	r, err := jobs.NewPostgres(ctx, pool, die.advancer(l.pipeline), jobs.Options{Unfinished: l.unfinished, Log: die.log()})
	if err != nil {
		return err
	}
	s.OnCreate(r.Enqueue)
	l.runner = r
	return nil
}

const countJobs = "SELECT count(*) FROM river_job WHERE finalized_at IS NULL"

func (l *library) unfinished(ctx context.Context) ([]qa.VersionID, error) {
	if l.vectors != nil {
		return l.vectors.Unfinished(ctx)
	}
	return l.store.Unfinished(ctx)
}

// dimensions are those of the vectors of these tests.
const dimensions = 64

// lots gives every text a vector drawn by lot from its bytes: those of different texts have little in
// common, so that a vector that is not where it belongs is found out.
type lots struct{}

func (lots) EmbedDocuments(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, text := range texts {
		h := fnv.New64()
		h.Write([]byte(text))
		r := rand.New(rand.NewPCG(h.Sum64(), 0))
		out[i] = make([]float32, dimensions)
		for j := range out[i] {
			out[i][j] = float32(r.NormFloat64())
		}
	}
	return out, nil
}

// byLines are the lines of a chunk that are not empty.
func byLines(c qa.Chunk) (out []qa.Span) {
	at := 0
	for line := range strings.Lines(c.Text) {
		end := at + len(strings.TrimRight(line, "\n"))
		if end > at {
			out = append(out, qa.Span{Start: at, End: end})
		}
		at += len(line)
	}
	return out
}

// embedding makes the library have vectors of e.
func (l *library) embedding(ctx context.Context, e ingest.Embedder) (err error) {
	l.vectors, err = l.useEncoder(ctx, qa.Encoder{Fingerprint: "lots", Dimensions: dimensions})
	l.pipeline.Embedder, l.pipeline.Vectors, l.pipeline.Sentences = e, l.vectors, byLines
	return err
}

// work takes the lock, where one process at a time works the jobs, and starts them; stop ends both.
func (l *library) work(ctx context.Context) error {
	if _, any := l.store.(*postgres.Store); any {
		return l.runner.Start(ctx)
	}
	var ok bool
	var err error
	for l.lock, ok, err = jobs.TryLock(l.dir); err == nil && !ok; l.lock, ok, err = jobs.TryLock(l.dir) {
		time.Sleep(5 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	return l.runner.Start(ctx)
}

func (l *library) stop(ctx context.Context) error {
	if err := l.runner.Stop(ctx); err != nil || l.lock == nil {
		return err
	}
	return l.lock.Unlock()
}

// newLibrary opens a library in a new folder, works its jobs if asked, and closes it with the test.
func newLibrary(t *testing.T, x ingest.Extractor, working bool) *library {
	t.Helper()
	if x == nil {
		x = &extract.Extractor{}
	}
	l, err := openLibrary(t.Context(), place{dir: t.TempDir()}, x, nil)
	if err != nil {
		t.Fatal(err)
	}
	if working {
		if err := l.work(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if working {
			if err := l.stop(context.Background()); err != nil {
				t.Error(err)
			}
		}
		if err := l.close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func (l *library) accept(t *testing.T, u qa.Upload, content string) qa.Receipt {
	t.Helper()
	r, err := l.pipeline.Accept(t.Context(), u, strings.NewReader(content))
	if err != nil {
		t.Fatalf("accept %s: %v", u.Source, err)
	}
	return r
}

// wait waits until a version has reached a terminal state.
func (l *library) wait(t *testing.T, id qa.VersionID) qa.Version {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		_, v, err := l.store.Version(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if v.State != qa.StateQueued && v.State != qa.StateExtracted {
			return v
		}
		if time.Now().After(deadline) {
			t.Fatalf("version %s is still %s", id, v.State)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// finish moves a version to its end without the job queue.
func (l *library) finish(t *testing.T, id qa.VersionID) qa.Version {
	t.Helper()
	for more := true; more; {
		var err error
		if more, err = l.pipeline.Advance(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	_, v, err := l.store.Version(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// kept lists the files under originals, relative to it, but for the tombstones.
func (l *library) kept(t testing.TB) []string {
	t.Helper()
	var out []string
	root := filepath.Join(l.dir, "originals")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && path == filepath.Join(root, "removed") {
			return fs.SkipDir
		}
		if err == nil && !d.IsDir() {
			rel, e := filepath.Rel(root, path)
			out, err = append(out, rel), e
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// everyByte calls f with the content of every file of the data folder.
func (l *library) everyByte(t testing.TB, f func(name string, raw []byte)) {
	t.Helper()
	err := filepath.WalkDir(l.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		f(d.Name(), raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func everything() qa.Scope { return qa.Scope{Everything: true} }
