// Package qa holds the words of the domain: documents and their versions, chunks,
// questions, answers and errors. It imports only the standard library; every other
// package of Rapporteur talks in these words.
package qa

import (
	"slices"
	"time"
)

// Identifiers are typed so that a call cannot be read wrongly.
type (
	// CollectionID is the name of a collection: 1 to 100 bytes of NFC text, unique in a library.
	CollectionID string
	// DocumentID identifies a document for its whole life, across versions.
	DocumentID string
	// VersionID identifies one upload of a document.
	VersionID string
	// ChunkID identifies a chunk; it is unique in a library and never reused.
	ChunkID int64
	// Revision is a position in the change feed of a library; it only grows.
	Revision int64
)

// DefaultCollection receives documents that name no collection.
const DefaultCollection CollectionID = "default"

// Collection is a named set of documents that can be searched alone.
type Collection struct {
	ID        CollectionID
	Documents int // documents that have a live version
}

// Document is one source of knowledge, for instance a yearly report. Its bytes are in its versions.
type Document struct {
	ID         DocumentID
	Collection CollectionID
	Title      string
	Source     string // where it came from: file name or relative path; unique in its collection
	Live       VersionID
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Choose finds the wanted version among those of the document, newest first; "" means the live one, or
// the newest where none is live. It gives false where there is no such version.
func (d Document) Choose(versions []Version, want VersionID) (Version, bool) {
	if want == "" && d.Live == "" && len(versions) > 0 {
		return versions[0], true
	}
	if want == "" {
		want = d.Live
	}
	i := slices.IndexFunc(versions, func(v Version) bool { return v.ID == want })
	if i < 0 {
		return Version{}, false
	}
	return versions[i], true
}

// State is the place of a version in its life: queued → extracted → live → superseded, or failed.
type State string

// The states of a version.
const (
	StateQueued     State = "queued"     // stored and acknowledged, not yet read
	StateExtracted  State = "extracted"  // text and chunks saved, not yet searchable
	StateLive       State = "live"       // answers questions
	StateSuperseded State = "superseded" // a later version took its place
	StateFailed     State = "failed"     // could not be read; Verdict and Failure say why
)

// Pending reports whether work on the version is still to be done; the other states are the last ones,
// but for a superseded version that is made live again.
func (s State) Pending() bool { return s == StateQueued || s == StateExtracted }

// Verdict is the stable code that says what became of one file.
type Verdict string

// The verdicts of an ingestion, as docs and scripts know them.
const (
	VerdictIngested         Verdict = "ingested"
	VerdictUnchanged        Verdict = "unchanged"
	VerdictNewVersion       Verdict = "new_version"
	VerdictNoText           Verdict = "no_text"
	VerdictPartlyNoText     Verdict = "partly_no_text"
	VerdictEncrypted        Verdict = "encrypted"
	VerdictDamaged          Verdict = "damaged"
	VerdictTooLarge         Verdict = "too_large"
	VerdictTooLargeUnpacked Verdict = "too_large_unpacked"
	VerdictUnsupportedType  Verdict = "unsupported_type"
	VerdictTypeMismatch     Verdict = "type_mismatch"
	VerdictResourceLimit    Verdict = "resource_limit"
	VerdictEmpty            Verdict = "empty"
	VerdictBadPassword      Verdict = "bad_password"
	VerdictGaveUp           Verdict = "gave_up"  // reading it failed again and again, for no reason that is known of the file
	VerdictCanceled         Verdict = "canceled" // stopped by a user before it could be asked about
	VerdictGone             Verdict = "gone"     // no longer in the folder that it came from
	VerdictRemoved          Verdict = "removed"  // gone, and erased for that
)

// Readable reports whether the file behind the verdict can be asked about.
func (v Verdict) Readable() bool {
	switch v {
	case VerdictIngested, VerdictUnchanged, VerdictNewVersion, VerdictPartlyNoText:
		return true
	}
	return false
}

// Version is one upload of a document.
type Version struct {
	ID               VersionID
	Document         DocumentID
	Hash             string // SHA-256 of the original, lower-case hexadecimal
	Validator        Validator
	Size             int64  // bytes of the original
	MediaType        string // found by content
	State            State
	Rev              int64  // grows with each change; writers compare and set on it
	Title            string // what the document is called once this version is live; "" until known
	Verdict          Verdict
	Failure          string // stable error code when State is failed
	Language         string // BCP 47, "" when unknown
	Pages            int    // physical pages; 0 where the format has none
	PagesWithoutText []int  // 1-based physical page numbers
	Recognised       int    // characters that optical recognition gave
	Hidden           int    // characters left out because a reader cannot see them
	Chunks           int
	Embedded         float64 // share of the wanted vectors that are stored, 0 to 1; 1 where none are wanted
	CreatedAt        time.Time
	PublishedAt      time.Time // zero until live
	SupersededAt     time.Time // zero until superseded
}

// Validator is what a web server said of the bytes that it gave, by which it can tell whether they changed
// since (RFC 9110, section 8.8). Both are "" for what came by another way.
type Validator struct {
	ETag     string
	Modified string // the Last-Modified field as it was sent
}

// ChangeKind says what happened to a version in the change feed.
type ChangeKind string

// The kinds of change.
const (
	ChangePublished  ChangeKind = "published"  // Version became live
	ChangeSuperseded ChangeKind = "superseded" // Version stopped being live and is kept
	ChangeRemoved    ChangeKind = "removed"    // Document and all its versions are gone
	ChangeEmbedded   ChangeKind = "embedded"   // all chunks of Version have their vectors
	ChangeReindexed  ChangeKind = "reindexed"  // all vectors were replaced by those of another encoder; names no document
)

// Change is one line of the feed that search indexes follow.
type Change struct {
	Revision   Revision
	Kind       ChangeKind
	Collection CollectionID
	Document   DocumentID
	Version    VersionID // "" when Kind is removed
	Title      string    // of the document, for the title field of an index
	Language   string    // of the version, BCP 47, "" when unknown
	At         time.Time
}

// Scope says which passages may be read. The zero Scope reads nothing.
type Scope struct {
	Everything  bool           // all collections; the other fields still narrow it
	Collections []CollectionID // any of these
	Documents   []DocumentID   // when not empty, only these documents
	Versions    []VersionID    // when not empty, these versions instead of the live ones
	AsOf        time.Time      // when not zero, the versions that were live at that time
}

// Holds reports whether the scope covers documents of the collection.
func (s Scope) Holds(c CollectionID) bool {
	if s.Everything {
		return true
	}
	for _, id := range s.Collections {
		if id == c {
			return true
		}
	}
	return false
}

// Principal is who asks, and what they may read and write.
type Principal struct {
	ID    string
	Read  Scope
	Write Scope
	Admin bool
}
