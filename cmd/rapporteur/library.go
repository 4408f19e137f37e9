package main

import (
	"cmp"
	"context"
	"path/filepath"
	"strings"
	"time"

	"rapporteur/access"
	"rapporteur/answer/unread"
	"rapporteur/backup"
	"rapporteur/ingest"
	"rapporteur/jobs"
	"rapporteur/qa"
	"rapporteur/retrieval"
	"rapporteur/retrieval/lexical"
	"rapporteur/server"
	"rapporteur/server/feedback"
	"rapporteur/store/bucket"
	"rapporteur/store/files"
)

// library is what the parts of the program ask of a store, whatever its database.
type library interface {
	ingest.Library
	retrieval.Passages
	lexical.Feed
	access.Keys
	server.Library
	// Subscribe gives a channel that receives when the feed may have moved.
	Subscribe() <-chan struct{}
	Encoder(ctx context.Context) (qa.Encoder, error)
	records
}

// records are what single commands ask of a store.
type records interface {
	unread.Library
	OnlyFrom(ctx context.Context, c qa.CollectionID, origin string) ([]qa.Listed, error)
	Rollback(ctx context.Context, s qa.Scope, d qa.DocumentID, v qa.VersionID) (qa.Document, error)
	Unfinished(ctx context.Context) ([]qa.VersionID, error)
	Cancel(ctx context.Context, s qa.Scope, d qa.DocumentID) (qa.VersionID, error)
	Check(ctx context.Context) error
	Close() error
}

// database is a library with what is done differently on each database.
type database interface {
	library
	ingest.Earlier
	backup.Source
	// useEncoder gives the vectors of an encoder and the ranking by them.
	useEncoder(ctx context.Context, u encoderUse) (vectors, meaning, error)
	// openQueue makes the queue that new versions enter from now on.
	openQueue(ctx context.Context, a jobs.Advancer, o jobs.Options) (queue, error)
	// mayWork waits until this process may work the queue; release gives the right back.
	mayWork(ctx context.Context) (release func() error, err error)
	tended
	talking
}

// judging keeps feedback.
type judging interface {
	feedback.Journal
	// ForgetFeedback erases what was sent before a time, whoever sent it.
	ForgetFeedback(ctx context.Context, since time.Time) (int, error)
}

// talking keeps conversations, and what readers thought of answers.
type talking interface {
	server.Conversations
	judging
	// ForgetConversations erases those that got no turn since a time, whoever owns them.
	ForgetConversations(ctx context.Context, since time.Time) (int, error)
}

// tended is what an administrator asks of a library, and what keeps it in order.
type tended interface {
	// tend does what is due from time to time, beside the queue: v may be nil.
	tend(ctx context.Context, v vectors) error
	// Purge takes what removed documents left out of the files of the database, whatever it costs if all is set,
	// and tells what it had to leave.
	Purge(ctx context.Context, all bool) ([]qa.Finding, error)
	// Residue looks for what removed documents left.
	Residue(ctx context.Context) ([]qa.Finding, error)
	// Health looks at the settings of the database and at how the parts of the library fit together.
	Health(ctx context.Context) ([]qa.Finding, error)
	// Files is the folder of the database's own files where this process can read it, else "".
	Files(ctx context.Context) string
}

// encoderUse says what is wanted of the vectors of an encoder.
type encoderUse struct {
	qa.Encoder
	rebuild bool        // they are made beside those in use, which may be another encoder's
	index   string      // where those of PostgreSQL are compared: indexAuto (also ""), indexMemory or indexDatabase
	failed  func(error) // told of each failed synchronisation of an index in memory; may be nil
}

// vectors are those of one encoder.
type vectors interface {
	ingest.Vectors
	Unfinished(ctx context.Context) ([]qa.VersionID, error)
	Flip(ctx context.Context) error
}

// follower is an index of this process that follows the feed of the library.
type follower interface {
	Sync(ctx context.Context) error
	Follow(ctx context.Context) error
}

// queue moves versions forward.
type queue interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	// Versions lists those that have a job that is not finished.
	Versions(ctx context.Context) ([]qa.VersionID, error)
	Cancel(ctx context.Context, id qa.VersionID) error
}

// openDatabase opens the library of the settings: PostgreSQL where one is named, else the file in the
// folder of the data.
func openDatabase(ctx context.Context, s *settings) (database, error) {
	if s.Database != "" {
		return openPostgres(ctx, s.Database)
	}
	return openSQLite(ctx, s.Data)
}

// tendEvery is the pause between two rounds of tend.
const tendEvery = 20 * time.Second

// originals keep the uploaded files, in a folder or in a bucket.
type originals interface {
	ingest.Originals
	server.Originals
	// Buried lists the documents that were removed.
	Buried(ctx context.Context) ([]qa.Tombstone, error)
}

// openOriginals opens the folder, or the bucket, of the settings.
func openOriginals(ctx context.Context, s *settings) (originals, error) {
	where := cmp.Or(s.Originals, filepath.Join(s.Data, "originals"))
	if strings.Contains(where, "://") {
		return bucket.Open(ctx, where, bucket.Options{Stage: filepath.Join(s.Data, "stage")})
	}
	return files.Open(where)
}
