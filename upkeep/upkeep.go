// Package upkeep is what an administrator asks of a library besides answers: whether all is well with it, and whether
// what was removed has left anything. It tells what it finds as findings, one a place or property.
package upkeep

import (
	"context"
	"io"
	"strings"

	"rapporteur/qa"
)

// Library is what is looked at; both stores are, with the part of package examine that belongs to them.
type Library interface {
	Catalogue
	// Check reads the whole library; Internal database_damaged.
	Check(ctx context.Context) error
	// Health looks at the settings of the database and at how the parts of the library fit together.
	Health(ctx context.Context) ([]qa.Finding, error)
	// Residue looks for what removed documents left in the tables and in the log.
	Residue(ctx context.Context) ([]qa.Finding, error)
	// Unreferenced calls do if no version refers to the hash, and keeps it so until do returns.
	Unreferenced(ctx context.Context, hash string, do func() error) error
}

// Lister lists at most n documents of a scope, in order of their ids, those behind after.
type Lister interface {
	Documents(ctx context.Context, s qa.Scope, after qa.DocumentID, n int) ([]qa.Listed, error)
}

// Catalogue reads documents.
type Catalogue interface {
	Lister
	Document(ctx context.Context, s qa.Scope, id qa.DocumentID) (qa.Document, []qa.Version, error)
	Text(ctx context.Context, s qa.Scope, id qa.DocumentID, version qa.VersionID) (qa.Text, qa.Version, error)
	// Version finds a version; NotFound version_unknown.
	Version(ctx context.Context, id qa.VersionID) (qa.Document, qa.Version, error)
}

// Originals keeps the uploaded files.
type Originals interface {
	Open(ctx context.Context, hash string) (io.ReadSeekCloser, error)
	// Sweep calls drop for each original: drop calls remove when nothing refers to the hash.
	Sweep(ctx context.Context, drop func(ctx context.Context, hash string, remove func() error) error) error
}

// Queue knows which versions are still worked on.
type Queue interface {
	Versions(ctx context.Context) ([]qa.VersionID, error)
}

// everything is the scope of an administrator.
func everything() qa.Scope { return qa.Scope{Everything: true} }

// step is how many documents are read at a time.
const step = 200

// Each calls f for every document of a scope, in order of their ids. It stops at the first error.
func Each(ctx context.Context, l Lister, s qa.Scope, f func(d qa.Listed) error) error {
	for after := qa.DocumentID(""); ; {
		page, err := l.Documents(ctx, s, after, step)
		if err != nil {
			return err
		}
		for _, d := range page {
			after = d.ID
			if err := f(d); err != nil {
				return err
			}
		}
		if len(page) < step {
			return nil
		}
	}
}

// Examination looks at a library with its originals, its queue and its disk.
type Examination struct {
	Library   Library
	Originals Originals
	Queue     Queue
	Data      string // folder of this process on the disk that must have room
	// Report is called with each finding, in order.
	Report func(qa.Finding)
}

// leastRoom is how many free bytes are too few: the largest upload, its text and its vectors, and a library that
// is compacted, need several times the size of an upload.
const leastRoom = 512 << 20

// Run looks at everything. Errors are about the examination, not about what it finds.
func (x Examination) Run(ctx context.Context) error {
	if err := x.Library.Check(ctx); qa.CodeOf(err) == "database_damaged" {
		x.tell(false, "check_store_bad")
	} else if err != nil {
		return err
	} else {
		x.tell(true, "check_store")
	}
	for _, look := range []func(context.Context) ([]qa.Finding, error){x.Library.Health, x.Library.Residue} {
		found, err := look(ctx)
		if err != nil {
			return err
		}
		for _, f := range found {
			x.Report(f)
		}
	}
	if err := x.documents(ctx); err != nil {
		return err
	}
	if err := x.orphans(ctx); err != nil {
		return err
	}
	if free, err := roomOn(x.Data); err == nil { // not every disk tells
		code := "check_room"
		if free < leastRoom {
			code = "check_room_bad"
		}
		x.tell(free >= leastRoom, code, free>>20)
	}
	return nil
}

func (x Examination) tell(ok bool, code string, args ...any) {
	x.Report(qa.Finding{Code: code, Args: args, Bad: !ok})
}

// documents looks for the original of every version, and names what could not be read.
func (x Examination) documents(ctx context.Context) error {
	all, live, present, waiting := 0, 0, 0, 0
	var missing []string
	err := Each(ctx, x.Library, everything(), func(d qa.Listed) error {
		all++
		if d.Live != "" {
			live++
		}
		if d.Newest.Embedded < 1 {
			waiting++
		}
		if d.Newest.State == qa.StateFailed {
			x.Report(qa.Finding{Code: "check_failed", Args: []any{d.Source, d.Newest}})
		}
		ok, err := x.present(ctx, d.ID)
		if ok {
			present++
		} else {
			missing = append(missing, d.Source)
		}
		return err
	})
	if err != nil {
		return err
	}
	x.tell(true, "check_documents", all, live)
	x.tell(true, "check_originals", present)
	if waiting > 0 {
		x.tell(true, "check_vectors_late", waiting)
	}
	if len(missing) > 0 {
		x.tell(false, "check_originals_bad", len(missing), strings.Join(missing, ", "))
	}
	return nil
}

// present reports whether every version of a document has its original.
func (x Examination) present(ctx context.Context, id qa.DocumentID) (bool, error) {
	_, versions, err := x.Library.Document(ctx, everything(), id)
	if err != nil {
		return false, err
	}
	for _, v := range versions {
		f, err := x.Originals.Open(ctx, v.Hash)
		if qa.KindOf(err) == qa.NotFound {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if err := f.Close(); err != nil {
			return false, err
		}
	}
	return true, nil
}

// orphans counts originals and jobs of no document, and leaves them: an upload may be about to name them. Sweep drops
// what uploads that were cut short left behind, as at the start of a process.
func (x Examination) orphans(ctx context.Context) error {
	lost, jobs := 0, 0
	err := x.Originals.Sweep(ctx, func(ctx context.Context, hash string, _ func() error) error {
		return x.Library.Unreferenced(ctx, hash, func() error { lost++; return nil })
	})
	if err != nil {
		return err
	}
	ids, err := x.Queue.Versions(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		_, _, err := x.Library.Version(ctx, id)
		if qa.KindOf(err) == qa.NotFound {
			jobs++
		} else if err != nil {
			return err
		}
	}
	if lost > 0 {
		x.tell(false, "check_orphans_bad", lost)
	}
	if jobs > 0 {
		x.tell(true, "check_jobs", jobs) // they end at their next turn
	}
	if lost == 0 && jobs == 0 {
		x.tell(true, "check_orphans")
	}
	return nil
}
