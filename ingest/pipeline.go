// Package ingest takes uploads into the library: it stores the bytes, then moves each version
// forward by small durable steps until it can be asked about.
package ingest

import (
	"context"
	"io"
	"log/slog"
	"time"

	"rapporteur/qa"
)

// Library keeps documents, versions and their text; the stores implement it. All methods are
// atomic, and writers of a version compare and set on its Rev (Conflict stale_version).
type Library interface {
	Removal
	// CreateVersion decides what the upload is (see Pipeline.Accept) and writes it, with the job
	// that will advance it, in one transaction. v.Document is the id to use if the upload is a new
	// document. keep is called inside the transaction, just before it commits, also when the
	// version exists already: what it stores cannot be dropped by Unreferenced in between.
	CreateVersion(ctx context.Context, u qa.Upload, v qa.Version, keep func() error) (qa.Receipt, error)
	// CreateExtracted is CreateVersion for a file that was read already: the version is extracted, with
	// all that SaveChunks stores, in the same transaction. A queued version of the same bytes is made
	// extracted too. The version is called v.Title, else t.Title, else as the last part of its source.
	CreateExtracted(ctx context.Context, u qa.Upload, v qa.Version, t qa.Text, chunks []qa.Chunk, keep func() error) (qa.Receipt, error)
	// Version finds a version by id; NotFound version_unknown when it is gone.
	Version(ctx context.Context, id qa.VersionID) (qa.Document, qa.Version, error)
	// SaveChunks makes a queued version extracted, with its text, its report, chunks and the figures of v.
	SaveChunks(ctx context.Context, v qa.Version, t qa.Text, chunks []qa.Chunk) error
	// Publish makes an extracted version live with v.Verdict, and the live one superseded. A version
	// older than the live one becomes superseded at once; the state reached is returned.
	Publish(ctx context.Context, v qa.Version) (qa.State, error)
	// Fail ends a version that is not live with v.Verdict, v.Failure and its page figures, and keeps
	// the report of what was found in its file; an empty one leaves the report it had.
	Fail(ctx context.Context, v qa.Version, r qa.Reading) error
}

// Removal is how a Library lets go of documents.
type Removal interface {
	// DeleteDocument erases a document with all that was read from it, and returns the hashes of
	// its originals. NotFound document_unknown when the scope does not hold it.
	DeleteDocument(ctx context.Context, s qa.Scope, id qa.DocumentID) ([]string, error)
	// Unreferenced calls do if no version refers to the hash, and keeps it so until do returns.
	Unreferenced(ctx context.Context, hash string, do func() error) error
	// Tombstones lists the documents that were removed.
	Tombstones(ctx context.Context) ([]qa.Tombstone, error)
}

// Originals keeps the uploaded bytes by content hash; store/files implements it.
type Originals interface {
	// Stage writes r durably to a temporary place. It reads at most a little past limit bytes
	// before it gives up (TooLarge too_large).
	Stage(ctx context.Context, r io.Reader, limit int64) (stage, hash string, size int64, err error)
	// OpenStage reads what was staged.
	OpenStage(ctx context.Context, stage string) (io.ReadSeekCloser, error)
	// Keep moves what was staged to its place for good; it is durable when Keep returns.
	Keep(ctx context.Context, stage, hash string) error
	// Discard drops what was staged; after Keep it does nothing.
	Discard(stage string)
	// Open reads an original; NotFound original_missing.
	Open(ctx context.Context, hash string) (io.ReadSeekCloser, error)
	// Delete drops an original; it is no error when it is gone already.
	Delete(ctx context.Context, hash string) error
	// Sweep drops leftovers of dead processes, and calls drop for each original: drop calls remove
	// when nothing refers to the hash.
	Sweep(ctx context.Context, drop func(ctx context.Context, hash string, remove func() error) error) error
	// Bury notes durably that documents were removed; those that it knows stay as they are.
	Bury(ctx context.Context, list ...qa.Tombstone) error
}

// Extractor finds the type of a file by its content and reads its text. Errors that are about the
// file carry a verdict as code (encrypted, damaged, no_text, unsupported_type, …); with them, the
// Pages and the Reading of the Text may still be filled.
type Extractor interface {
	Sniff(f qa.File) (mediaType string, err error)
	Extract(ctx context.Context, f qa.File) (qa.Text, error)
}

// Splitter cuts a text into chunks, in order, each with its exact span.
type Splitter interface {
	Split(t qa.Text) []qa.Chunk
}

// Vectors keeps the embeddings that one encoder makes; the stores implement it. Saving anything once
// more is harmless. Errors: version_unknown when the version is gone, encoder_mismatch once the library
// holds another encoder's vectors instead.
type Vectors interface {
	// PendingChunks gives up to n chunks of a version that have no vector, in order.
	PendingChunks(ctx context.Context, id qa.VersionID, n int) ([]qa.Chunk, error)
	SaveVectors(ctx context.Context, id qa.VersionID, list []qa.ChunkVector) error
	// PendingSentences gives up to n chunks of a version whose sentences have no vectors, in order.
	PendingSentences(ctx context.Context, id qa.VersionID, n int) ([]qa.Chunk, error)
	SaveSentences(ctx context.Context, id qa.VersionID, list []qa.ChunkSentences) error
	// Vectors gives the stored vectors of the chunks of a version, and Sentences those of the sentences of
	// chunks; none unless this encoder's are the ones that search reads.
	Vectors(ctx context.Context, id qa.VersionID) ([]qa.ChunkVector, error)
	Sentences(ctx context.Context, ids []qa.ChunkID) ([]qa.ChunkSentences, error)
}

// Earlier reads what the library holds already of something that comes again; the stores implement it.
type Earlier interface {
	// Recall tells what CreateVersion would say of an upload that changes nothing, without writing: the bytes
	// with this hash are those of the newest version of the source that it replaces, and came from u.Origin
	// before. false where it cannot tell.
	Recall(ctx context.Context, u qa.Upload, hash string) (qa.Receipt, bool, error)
	// FindSource finds the document of a collection that came from a source, with its versions, newest first;
	// NotFound document_unknown.
	FindSource(ctx context.Context, s qa.Scope, c qa.CollectionID, source string) (qa.Document, []qa.Version, error)
	// Document gives a document of the scope with its versions, newest first; NotFound document_unknown.
	Document(ctx context.Context, s qa.Scope, id qa.DocumentID) (qa.Document, []qa.Version, error)
	// Chunks gives the chunks of a version in order; none once it is gone.
	Chunks(ctx context.Context, id qa.VersionID) ([]qa.Chunk, error)
}

// Embedder gives texts their vectors, one each in the same order: encoder.Encoder, and every embedder of
// langchaingo.
type Embedder interface {
	EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error)
}

// Pipeline is the one way into the library. Library, Originals, Extractor and Splitter are required.
type Pipeline struct {
	Library   Library
	Originals Originals
	Extractor Extractor
	Splitter  Splitter
	// Earlier spares what was done before; nil does all of it again.
	Earlier Earlier
	// Embedder makes the vectors; nil makes none. Vectors and Sentences are required with it.
	Embedder Embedder
	Vectors  Vectors
	// Sentences cuts the text of a chunk: spans of bytes of c.Text, in order, none of them empty.
	Sentences func(c qa.Chunk) []qa.Span
	// Fetcher is required by AcceptURL alone, which then needs Earlier too.
	Fetcher Fetcher
	Options Options
}

// Options are the settings of a Pipeline; the zero value is good.
type Options struct {
	MaxBytes int64            // largest upload in bytes; 0 means DefaultMaxBytes
	Now      func() time.Time // nil means time.Now
	Log      *slog.Logger     // nil discards
}

// DefaultMaxBytes is the largest upload, 50 MiB: twice the largest report seen in the trial data.
const DefaultMaxBytes = 50 << 20

func (p *Pipeline) now() time.Time {
	if p.Options.Now != nil {
		return p.Options.Now()
	}
	return time.Now()
}

func (p *Pipeline) log() *slog.Logger {
	if p.Options.Log != nil {
		return p.Options.Log
	}
	return slog.New(slog.DiscardHandler)
}
