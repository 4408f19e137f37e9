// Package backup puts a library, with the original files, into one file, and makes a library of it again: on
// either database, with the same chunks, times, keys and vectors, so that questions get the same answers.
//
// The file is a gzip of a tar archive, so that it can be opened without this program:
//
//	backup.json                 format, time, program
//	library.json                the encoder, the keys (by the hash of their secret), the removed documents
//	documents/00000001.json     a document with all its versions, texts and chunks (qa.DocumentRecord)
//	documents/00000001.vectors  their vectors, if there are any; vectors.go describes it
//	conversations/00000001.json a conversation with its turns (qa.ConversationRecord)
//	feedback/00000001.json      what a reader thought of an answer (qa.Feedback)
//	originals/<SHA-256>         an original file
//	removed.json                the documents that were removed until the backup ended
//	sums.txt                    the SHA-256 of every member, as sha256sum prints it, and of all those lines
//
// What a removal promises: a document of which the removal was acknowledged before the backup ended is not in the
// file that Save leaves, neither its words, be it in a conversation or in a feedback, nor its original. A backup ends when it asks for the removed documents
// for the last time, just before it puts its file in place. One removed later stays in the file, but Restore does
// not bring it back where the place it restores to knows of the removal.
package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"rapporteur/qa"
)

// format is the version of the format; a reader knows those up to its own. Version 2 says where documents came
// from, version 3 has conversations, version 4 feedback and keys of administrators.
const format = 4

// The members, in their order.
const (
	manifestName    = "backup.json"
	libraryName     = "library.json"
	documentsPrefix = "documents/"
	talksPrefix     = "conversations/"
	feedbackPrefix  = "feedback/"
	originalsPrefix = "originals/"
	removedName     = "removed.json"
	sumsName        = "sums.txt"
)

// maxMember bounds the memory for one member that is read whole: a document, or its vectors.
const maxMember = 1 << 30

// Source is a library to be backed up.
type Source interface {
	// Export gives all records of one moment.
	Export(ctx context.Context, to qa.RecordWriter) error
	// Tombstones lists the documents removed until now.
	Tombstones(ctx context.Context) ([]qa.Tombstone, error)
}

// Target is an empty library to be filled, all or nothing.
type Target interface {
	Import(ctx context.Context, l qa.LibraryRecord, from qa.RecordReader) error
}

// Originals are the original files that are backed up.
type Originals interface {
	// Open reads one; NotFound when it is not there.
	Open(ctx context.Context, hash string) (io.ReadSeekCloser, error)
}

// Keeper is where restored originals go.
type Keeper interface {
	Stage(ctx context.Context, r io.Reader, limit int64) (stage, hash string, size int64, err error)
	Keep(ctx context.Context, stage, hash string) error
	Discard(stage string)
}

// Options of a backup.
type Options struct {
	Program  string           // the version that makes it
	Now      func() time.Time // nil means time.Now
	Progress func(Summary)    // told after each member; may be nil
}

func (o Options) filled() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Progress == nil {
		o.Progress = func(Summary) {}
	}
	return o
}

// Summary says what a backup holds, or what was restored of it.
type Summary struct {
	Created       time.Time
	Program       string
	Encoder       qa.Encoder
	Documents     int
	Versions      int
	Chunks        int
	Vectors       int // chunks that have one
	Conversations int
	Feedback      int
	Originals     int
	Bytes         int64           // of all members
	Removed       []qa.Tombstone  // the removals it knows of
	LeftOut       []qa.DocumentID // documents that were removed and are therefore not restored
	Missing       []string        // hashes of originals that were not there, or damaged, when it was made
}

func (s *Summary) count(d qa.DocumentRecord) {
	s.Documents++
	s.Versions += len(d.Versions)
	for _, v := range d.Versions {
		s.Chunks += len(v.Chunks)
		s.Vectors += len(v.Vectors)
	}
}

// manifest is the first member.
type manifest struct {
	Format  int
	Created time.Time
	Program string
}

// ending is what is known when a backup ends.
type ending struct {
	Removed []qa.Tombstone
	Missing []string
}

// removedSet tells of each document whether it was removed.
func removedSet(lists ...[]qa.Tombstone) map[qa.DocumentID]bool {
	set := map[qa.DocumentID]bool{}
	for _, list := range lists {
		for _, t := range list {
			set[t.Document] = true
		}
	}
	return set
}

// without takes the words of removed documents out of a conversation.
func without(c qa.ConversationRecord, removed map[qa.DocumentID]bool) qa.ConversationRecord {
	turns := make([]qa.Turn, len(c.History))
	borrowed := false
	for i, t := range c.History {
		var cited bool
		turns[i], cited = t.Without(func(id qa.DocumentID) bool { return removed[id] })
		if borrowed = borrowed || cited; borrowed { // a question may borrow from the answers before it
			turns[i].Answer.Standalone = t.Answer.Asked
		}
	}
	c.History = turns
	return c
}

// withoutFeedback takes the words of removed documents out of a feedback.
func withoutFeedback(f qa.Feedback, removed map[qa.DocumentID]bool) qa.Feedback {
	f, _ = f.Without(func(id qa.DocumentID) bool { return removed[id] })
	return f
}

// merged are the tombstones of all lists, each document once, with its first time.
func merged(lists ...[]qa.Tombstone) []qa.Tombstone {
	var out []qa.Tombstone
	at := map[qa.DocumentID]int{}
	for _, list := range lists {
		for _, t := range list {
			i, known := at[t.Document]
			if !known {
				at[t.Document] = len(out)
				out = append(out, t)
			} else if t.At.Before(out[i].At) {
				out[i].At = t.At
			}
		}
	}
	return out
}

func documentName(number int) string { return fmt.Sprintf("%s%08d.json", documentsPrefix, number) }

func talkName(number int) string { return fmt.Sprintf("%s%08d.json", talksPrefix, number) }

func feedbackName(number int) string { return fmt.Sprintf("%s%08d.json", feedbackPrefix, number) }

func vectorsName(document string) string { return strings.TrimSuffix(document, ".json") + ".vectors" }

// isHash reports whether a name is that of an original: nothing else ever becomes one.
func isHash(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size && hex.EncodeToString(b) == s
}

// damaged says that a file is no whole backup; what the reader itself was told stays as it is.
func damaged(err error) error {
	var known *qa.Error
	if errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return qa.E(qa.Unprocessable, "backup_damaged").Because(err)
}

// unwritable gives errors of the place where a backup is written their code; nil stays nil.
func unwritable(err error) error {
	var known *qa.Error
	switch {
	case err == nil, errors.As(err, &known), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return qa.E(qa.NoSpace, "disk_full").Because(err)
	}
	return qa.E(qa.Unavailable, "backup_unwritable").Because(err)
}
