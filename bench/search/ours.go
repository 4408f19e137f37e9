package main

import (
	"context"
	"strconv"
	"time"

	"rapporteur/qa"
	"rapporteur/retrieval/lexical"
	"rapporteur/retrieval/vector"
)

// perDocument is how many chunks make a document of the library in memory.
const perDocument = 100

// library is the change feed of chunks or vectors held in memory; chunk i has the identifier i+1.
type library struct {
	texts   []string
	vectors [][]float32
}

func (l library) documents() int {
	return (max(len(l.texts), len(l.vectors)) + perDocument - 1) / perDocument
}

// Changes implements the feeds of both indexes: each document was published once, with its vectors.
func (l library) Changes(_ context.Context, since qa.Revision, n int) ([]qa.Change, error) {
	var out []qa.Change
	for d := int(since); d < min(int(since)+n, l.documents()); d++ {
		id := strconv.Itoa(d)
		out = append(out, qa.Change{
			Revision: qa.Revision(d + 1), Kind: qa.ChangePublished, Collection: "bench", Document: qa.DocumentID(id),
			Version: qa.VersionID(id), Language: "fr", At: time.Unix(int64(d), 0),
		})
	}
	return out, nil
}

// span gives the places of the chunks of a version.
func (l library) span(id qa.VersionID) (from, to int, err error) {
	d, err := strconv.Atoi(string(id))
	if err != nil {
		return 0, 0, err
	}
	return d * perDocument, min((d+1)*perDocument, max(len(l.texts), len(l.vectors))), nil
}

// Chunks implements lexical.Feed.
func (l library) Chunks(_ context.Context, id qa.VersionID) ([]qa.Chunk, error) {
	from, to, err := l.span(id)
	var out []qa.Chunk
	for i := from; i < to; i++ {
		out = append(out, qa.Chunk{ID: qa.ChunkID(i + 1), Version: id, Ordinal: i - from, Text: l.texts[i]})
	}
	return out, err
}

// Vectors implements vector.Feed.
func (l library) Vectors(_ context.Context, id qa.VersionID) ([]qa.ChunkVector, error) {
	from, to, err := l.span(id)
	var out []qa.ChunkVector
	for i := from; i < to; i++ {
		out = append(out, qa.ChunkVector{Chunk: qa.ChunkID(i + 1), Vector: l.vectors[i]})
	}
	return out, err
}

// ranker is an index of this module.
type ranker interface {
	Rank(ctx context.Context, q qa.Query, k int) ([]qa.Hit, error)
}

func places(ctx context.Context, r ranker, q qa.Query, k int) ([]int, error) {
	q.Scope, q.Language = qa.Scope{Everything: true}, "fr"
	found, err := r.Rank(ctx, q, k)
	out := make([]int, len(found))
	for i, h := range found {
		out[i] = int(h.Chunk) - 1
	}
	return out, err
}

// ourVectors is the vector index of this module.
type ourVectors struct{ x *vector.Index }

func (o *ourVectors) index(ctx context.Context, docs [][]float32) error {
	o.x = vector.New(library{vectors: docs}, vector.Options{})
	return o.x.Sync(ctx)
}

func (o *ourVectors) find(ctx context.Context, query []float32, k int) ([]int, error) {
	return places(ctx, o.x, qa.Query{Vector: query}, k)
}

func (o *ourVectors) close() error { return nil }

// ourWords is the lexical index of this module.
type ourWords struct{ x *lexical.Index }

func (o *ourWords) index(ctx context.Context, docs []string) error {
	o.x = lexical.New(library{texts: docs}, lexical.Options{})
	return o.x.Sync(ctx)
}

func (o *ourWords) find(ctx context.Context, query string, k int) ([]int, error) {
	return places(ctx, o.x, qa.Query{Text: query}, k)
}

func (o *ourWords) close() error { return nil }
