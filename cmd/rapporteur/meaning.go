package main

import (
	"context"

	"rapporteur/qa"
	"rapporteur/retrieval"
	"rapporteur/retrieval/vector"
)

// meaning ranks by vectors; one that holds them in memory is a follower too.
type meaning interface {
	retrieval.Semantic
	retrieval.Sentences
}

// inMemory is the ranking by meaning of this process, with the sentences of the library.
type inMemory struct {
	*vector.Index
	vectorStore
}

// rankHere makes an index in memory of the vectors of a library, which it follows.
func rankHere(l library, stored vectorStore, failed func(error)) meaning {
	index := vector.New(feed{l, stored}, vector.Options{Wake: l.Subscribe(), Failed: failed})
	return inMemory{index, stored}
}

// vectorStore are what a database holds for an encoder.
type vectorStore interface {
	retrieval.Sentences
	Vectors(ctx context.Context, id qa.VersionID) ([]qa.ChunkVector, error)
}

// feed is a library as an index of vectors follows it.
type feed struct {
	library
	stored vectorStore
}

// Vectors gives the vectors of a version.
func (f feed) Vectors(ctx context.Context, id qa.VersionID) ([]qa.ChunkVector, error) {
	return f.stored.Vectors(ctx, id)
}
