// Package storetest is the behaviour that every store of the library must show: same inputs, same
// results. Each store's own tests call Run.
package storetest

import (
	"context"
	"testing"
	"time"

	"rapporteur/qa"
)

// Store is all that the parts of the program ask of a store.
type Store interface {
	writing
	reading
	following
	sources
	keeping
	embedding
	transferring
	Rollback(ctx context.Context, s qa.Scope, d qa.DocumentID, v qa.VersionID) (qa.Document, error)
}

// writing is what package ingest needs.
type writing interface {
	ending
	CreateVersion(ctx context.Context, u qa.Upload, v qa.Version, keep func() error) (qa.Receipt, error)
	CreateExtracted(ctx context.Context, u qa.Upload, v qa.Version, t qa.Text, chunks []qa.Chunk, keep func() error) (qa.Receipt, error)
	Version(ctx context.Context, id qa.VersionID) (qa.Document, qa.Version, error)
	SaveChunks(ctx context.Context, v qa.Version, t qa.Text, chunks []qa.Chunk) error
	Publish(ctx context.Context, v qa.Version) (qa.State, error)
	Fail(ctx context.Context, v qa.Version, r qa.Reading) error
}

// ending is how work and documents end.
type ending interface {
	DeleteDocument(ctx context.Context, s qa.Scope, id qa.DocumentID) ([]string, error)
	Unreferenced(ctx context.Context, hash string, do func() error) error
	Cancel(ctx context.Context, s qa.Scope, d qa.DocumentID) (qa.VersionID, error)
}

// reading is what answers and lists need.
type reading interface {
	Passages(ctx context.Context, s qa.Scope, hits []qa.Hit) ([]qa.Passage, error)
	Collections(ctx context.Context, s qa.Scope) ([]qa.Collection, error)
	Documents(ctx context.Context, s qa.Scope, after qa.DocumentID, n int) ([]qa.Listed, error)
	Document(ctx context.Context, s qa.Scope, id qa.DocumentID) (qa.Document, []qa.Version, error)
	Reading(ctx context.Context, s qa.Scope, id qa.VersionID) (qa.Reading, error)
	Unreadable(ctx context.Context, s qa.Scope, n int) ([]qa.Listed, error)
	Text(ctx context.Context, s qa.Scope, d qa.DocumentID, v qa.VersionID) (qa.Text, qa.Version, error)
	Unfinished(ctx context.Context) ([]qa.VersionID, error)
}

// following is what search indexes need, and the choice of years.
type following interface {
	Titles(ctx context.Context, s qa.Scope, n int) ([]qa.Document, error)
	Changes(ctx context.Context, since qa.Revision, n int) ([]qa.Change, error)
	Chunks(ctx context.Context, id qa.VersionID) ([]qa.Chunk, error)
	Subscribe() <-chan struct{}
}

// sources is what re-ingestion and restoring need.
type sources interface {
	FindSource(ctx context.Context, s qa.Scope, c qa.CollectionID, source string) (qa.Document, []qa.Version, error)
	Tombstones(ctx context.Context) ([]qa.Tombstone, error)
	Recall(ctx context.Context, u qa.Upload, hash string) (qa.Receipt, bool, error)
	OnlyFrom(ctx context.Context, c qa.CollectionID, origin string) ([]qa.Listed, error)
}

// keeping is what package access and the users of the service need.
type keeping interface {
	talking
	judging
	AddKey(ctx context.Context, k qa.Key, hash []byte) error
	Keys(ctx context.Context) ([]qa.Key, error)
	KeyByHash(ctx context.Context, hash []byte) (qa.Key, error)
	RevokeKey(ctx context.Context, id string, at time.Time) error
}

// embedding is what vectors need.
type embedding interface {
	UseEncoder(ctx context.Context, e qa.Encoder) (Vectors, error)
	Rebuild(ctx context.Context, e qa.Encoder) (Vectors, error)
}

// Vectors are those of one encoder.
type Vectors interface {
	PendingChunks(ctx context.Context, id qa.VersionID, n int) ([]qa.Chunk, error)
	SaveVectors(ctx context.Context, id qa.VersionID, list []qa.ChunkVector) error
	PendingSentences(ctx context.Context, id qa.VersionID, n int) ([]qa.Chunk, error)
	SaveSentences(ctx context.Context, id qa.VersionID, list []qa.ChunkSentences) error
	Unfinished(ctx context.Context) ([]qa.VersionID, error)
	Vectors(ctx context.Context, id qa.VersionID) ([]qa.ChunkVector, error)
	Sentences(ctx context.Context, ids []qa.ChunkID) ([]qa.ChunkSentences, error)
	Flip(ctx context.Context) error
}

// Opener makes an empty store that is closed when the test ends and tells the time by now.
type Opener func(t testing.TB, now func() time.Time) Store

// Run runs the whole suite; each part has a store of its own.
func Run(t *testing.T, open Opener) {
	for _, part := range []struct {
		name string
		run  func(t *testing.T, f *fixture)
	}{
		{"Life", testLife},
		{"Uploads", testUploads},
		{"UploadsAtOnce", testUploadsAtOnce},
		{"NothingKept", testNothingKept},
		{"Stale", testStale},
		{"Late", testLate},
		{"Failed", testFailed},
		{"Titles", testTitles},
		{"Readings", testReadings},
		{"Extracted", testExtracted},
		{"Scopes", testScopes},
		{"Times", testTimes},
		{"Rollback", testRollback},
		{"Lists", testLists},
		{"Unreadable", testUnreadable},
		{"ListedTitles", testListedTitles},
		{"Delete", testDelete},
		{"Unreferenced", testUnreferenced},
		{"Feed", testFeed},
		{"ReadersDuringReplacement", testReadersDuringReplacement},
		{"Sources", testSources},
		{"Tombstones", testTombstones},
		{"Origins", testOrigins},
		{"Recall", testRecall},
		{"Cancel", testCancel},
		{"Keys", testKeys},
		{"Conversations", testConversations},
		{"ConversationOwners", testConversationOwners},
		{"ConversationErasure", testConversationErasure},
		{"ForgottenConversations", testForgottenConversations},
		{"Feedback", testFeedback},
		{"FeedbackErasure", testFeedbackErasure},
		{"ForgottenFeedback", testForgottenFeedback},
		{"Vectors", testVectors},
		{"ManyVectors", testManyVectors},
		{"VectorsBeforePublication", testVectorsBeforePublication},
		{"Encoders", testEncoders},
		{"RandomVectors", testRandomVectors},
		{"Transfer", func(t *testing.T, f *fixture) { testTransfer(t, f, open) }},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.run(t, newFixture(t, open))
		})
	}
}
