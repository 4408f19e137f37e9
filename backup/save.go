package backup

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"rapporteur/qa"
)

// Save makes a backup in the file at path, readable by its owner only. The file is whole and durable when it gets
// its name; one that had this name before gives way then. No word of a document removed until that moment is in it.
func Save(ctx context.Context, path string, o Options, s Source, originals Originals) (Summary, error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".rapporteur-backup-*")
	if err != nil {
		return Summary{}, unwritable(err)
	}
	defer func() { discard(file) }()
	out, err := Write(ctx, file, o, s, originals)
	for err == nil && len(out.LeftOut) > 0 { // removed while it was written: without them, then
		var second *os.File
		if second, err = os.CreateTemp(filepath.Dir(path), ".rapporteur-backup-*"); err != nil {
			return out, unwritable(err)
		}
		out, err = strip(ctx, file, second, o, s, out)
		discard(file)
		file = second
	}
	if err != nil {
		return out, err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return out, unwritable(err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return out, unwritable(err)
	}
	return out, unwritable(syncFolder(filepath.Dir(path)))
}

// discard drops a file in the making; after its renaming there is nothing to drop.
func discard(f *os.File) {
	_ = f.Close()
	_ = os.Remove(f.Name())
}

// strip copies a backup without the documents in out.LeftOut, what conversations and feedback quote of them, and the originals that
// only they have.
func strip(ctx context.Context, from *os.File, to io.Writer, o Options, s Source, out Summary) (Summary, error) {
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return out, unwritable(err)
	}
	u, err := newUnpacker(ctx, from)
	if err != nil {
		return out, err
	}
	in := &reading{unpacker: u}
	l, err := in.begin()
	if err != nil {
		return out, err
	}
	job := &writing{packer: newPacker(to, out.Created), Options: o.filled(), owners: map[string][]qa.DocumentID{}, written: map[qa.DocumentID]bool{}}
	job.Summary = Summary{Created: out.Created, Program: out.Program, Missing: out.Missing}
	if err := job.addJSON(manifestName, manifest{format, out.Created, out.Program}); err != nil {
		return out, err
	}
	if err := job.library(l); err != nil {
		return out, err
	}
	if err := job.copyDocuments(in, out.LeftOut); err != nil {
		return out, err
	}
	if err := job.copyConversations(in, removedSet(out.Removed)); err != nil {
		return out, err
	}
	if err := job.copyFeedback(in, removedSet(out.Removed)); err != nil {
		return out, err
	}
	if err := job.copyOriginals(in); err != nil {
		return out, err
	}
	return job.end(ctx, s)
}

func (w *writing) copyDocuments(in *reading, without []qa.DocumentID) error {
	for {
		d, more, err := in.take()
		if err != nil || !more {
			return err
		}
		if slices.Contains(without, d.ID) {
			continue
		}
		if err := w.document(d); err != nil {
			return err
		}
	}
}

func (w *writing) copyConversations(in *reading, removed map[qa.DocumentID]bool) error {
	for {
		c, more, err := in.talk()
		if err != nil || !more {
			return err
		}
		if err := w.conversation(without(c, removed)); err != nil {
			return err
		}
	}
}

func (w *writing) copyFeedback(in *reading, removed map[qa.DocumentID]bool) error {
	for {
		f, more, err := in.feedback()
		if err != nil || !more {
			return err
		}
		if err := w.feedback(withoutFeedback(f, removed)); err != nil {
			return err
		}
	}
}

func (w *writing) copyOriginals(in *reading) error {
	for {
		hash, more, err := in.original()
		if err != nil || !more {
			return err
		}
		if w.owners[hash] != nil {
			if err := w.add(originalsPrefix+hash, in.member.Size, in.unpacker); err != nil {
				return err
			}
			w.Summary.Originals++
		}
		if err := in.unpacker.next(); err != nil {
			return err
		}
	}
}

// syncFolder makes the name of a file durable. Windows has no such call; its rename is journaled.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
