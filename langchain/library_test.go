package langchain_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"rapporteur/answer"
	"rapporteur/encoder"
	"rapporteur/encoder/weights"
	"rapporteur/ingest"
	"rapporteur/ingest/chunk"
	"rapporteur/ingest/extract"
	"rapporteur/langchain"
	"rapporteur/qa"
	"rapporteur/retrieval/vector"
	"rapporteur/store/files"
	"rapporteur/store/postgres"
	"rapporteur/store/sqlite"
)

// builtin loads the encoder once for all tests.
var builtin = sync.OnceValues(func() (*encoder.Encoder, error) {
	return encoder.Load(weights.Model(), encoder.Options{
		QueryPrefix: weights.QueryPrefix, DocumentPrefix: weights.DocumentPrefix, Fingerprint: weights.Fingerprint})
})

// library is a whole library without workers and without a service around it.
type library struct {
	*ingest.Pipeline
	langchain.Options
}

// open opens what is at a place, or makes it.
type opener func(t testing.TB, place string) library

// onSQLite opens a library in a folder.
func onSQLite(t testing.TB, dir string) library {
	ctx := context.Background()
	store, err := sqlite.Open(ctx, filepath.Join(dir, "library.db"))
	check(t, err)
	t.Cleanup(func() { check(t, store.Close()) })
	vectors, err := store.UseEncoder(ctx, used(t))
	check(t, err)
	index := vector.New(feed{store, vectors}, vector.Options{})
	check(t, index.Sync(ctx))
	return join(t, dir, store, vectors, langchain.Options{Library: store, Ranker: index, Sync: index.Sync})
}

// join makes the parts that do not depend on the database.
func join(t testing.TB, dir string, store ingest.Library, vectors ingest.Vectors, o langchain.Options) library {
	enc, err := builtin()
	check(t, err)
	originals, err := files.Open(filepath.Join(dir, "originals"))
	check(t, err)
	p := &ingest.Pipeline{
		Library: store, Originals: originals, Extractor: &extract.Extractor{}, Splitter: chunk.Splitter{Count: enc.Count},
		Embedder: enc, Vectors: vectors, Sentences: answer.Sentences,
	}
	o.Ingester, o.Embedder = p, enc
	return library{p, o}
}

func used(t testing.TB) qa.Encoder {
	enc, err := builtin()
	check(t, err)
	return qa.Encoder{Fingerprint: enc.Fingerprint(), Dimensions: enc.Dimensions()}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// onPostgres opens a library in the database of an address; the originals are in a folder of the test.
func onPostgres(t testing.TB, dsn string) library {
	ctx := context.Background()
	store, err := postgres.Open(ctx, dsn, postgres.Options{MaxConns: 4})
	check(t, err)
	t.Cleanup(func() { check(t, store.Close()) })
	vectors, err := store.UseEncoder(ctx, used(t))
	check(t, err)
	return join(t, t.TempDir(), store, vectors, langchain.Options{Library: store, Ranker: vectors})
}
