package ingest_test

import (
	"context"
	"database/sql"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapporteur/ingest"
	"rapporteur/ingest/chunk"
	"rapporteur/ingest/extract"
	"rapporteur/jobs"
	"rapporteur/qa"
	"rapporteur/store/files"
	"rapporteur/store/sqlite"
)

// library is the whole of ingestion with its real parts, in a folder.
type library struct {
	dir       string
	store     *sqlite.Store
	originals *files.Store
	pipeline  *ingest.Pipeline
	runner    *jobs.Runner[*sql.Tx]
	lock      *jobs.Lock
	vectors   *sqlite.Vectors // nil until embedding
}

// openLibrary opens a library without working its jobs; close it with close.
func openLibrary(ctx context.Context, dir string, x ingest.Extractor) (*library, error) {
	l := &library{dir: dir}
	var err error
	if l.store, err = sqlite.Open(ctx, filepath.Join(dir, "library.db")); err != nil {
		return nil, err
	}
	if l.originals, err = files.Open(filepath.Join(dir, "originals")); err != nil {
		return nil, err
	}
	l.pipeline = &ingest.Pipeline{
		Library: l.store, Originals: l.originals, Extractor: x, Splitter: chunk.Splitter{}, Earlier: l.store,
		Options: ingest.Options{MaxBytes: 1 << 20},
	}
	l.runner, err = jobs.NewSQLite(ctx, l.store.Writer(), l.pipeline, jobs.Options{Unfinished: l.unfinished})
	if err != nil {
		return nil, err
	}
	l.store.OnCreate(l.runner.Enqueue)
	return l, nil
}

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
	l.vectors, err = l.store.UseEncoder(ctx, qa.Encoder{Fingerprint: "lots", Dimensions: dimensions})
	l.pipeline.Embedder, l.pipeline.Vectors, l.pipeline.Sentences = e, l.vectors, byLines
	return err
}

// work takes the lock and starts the jobs; stop ends both.
func (l *library) work(ctx context.Context) error {
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
	if err := l.runner.Stop(ctx); err != nil {
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
	l, err := openLibrary(t.Context(), t.TempDir(), x)
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
		if err := l.store.Close(); err != nil {
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
