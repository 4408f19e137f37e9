package qa

import "time"

// The records of a library are all that a store keeps, in a form of no store: a backup is made of them, and
// a library of either database can be made of a backup.

// LibraryRecord is what belongs to no document.
type LibraryRecord struct {
	Encoder Encoder // of the live vectors; zero where there are none
	Keys    []KeyRecord
	Removed []Tombstone
}

// KeyRecord is an API key as it is kept: its secret is known by its hash alone.
type KeyRecord struct {
	Key
	Hash []byte // SHA-256 of the secret
}

// Tombstone says that a document was removed: it must not come back with an older backup.
type Tombstone struct {
	Document DocumentID
	At       time.Time
}

// DocumentRecord is a document with all its versions, oldest first.
type DocumentRecord struct {
	Document
	Titled   bool     // a user gave the title: later versions keep it
	Origins  []string // where it came from: Upload.Origin of each upload, once each and in order; nil says the same as one ""
	Versions []VersionRecord
}

// VersionRecord is one version with all that was read from it. Chunks keep their ids.
type VersionRecord struct {
	Version
	Source    string   // of this upload
	Given     string   // the title that a user gave, now or for an earlier version; "" when the text gives it
	Shown     string   // the title until the text is read
	Lives     []Period // when it was live, oldest first
	Text      *Text    // nil while nothing was read; its Reading is set on the record
	Reading   Reading
	Chunks    []Chunk
	Vectors   []ChunkVector // those of the live encoder
	Sentences []ChunkSentences
}

// Period is a time at which a version was live.
type Period struct {
	Since, Until time.Time // Until is zero while it lasts
}

// RecordWriter takes the records of a library: first what belongs to no document, then each document, then each
// conversation, then each feedback. An error of a function ends the writing.
type RecordWriter struct {
	Library      func(LibraryRecord) error
	Document     func(DocumentRecord) error
	Conversation func(ConversationRecord) error
	Feedback     func(Feedback) error
}

// RecordReader gives the records of a library one by one: documents until io.EOF, then conversations, then
// feedback.
type RecordReader struct {
	Document     func() (DocumentRecord, error)
	Conversation func() (ConversationRecord, error)
	Feedback     func() (Feedback, error)
}
