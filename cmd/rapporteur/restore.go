package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"rapporteur/backup"
	"rapporteur/jobs"
	"rapporteur/qa"
	"rapporteur/store/postgres"
	"rapporteur/store/sqlite"
)

type restoreCommand struct {
	File    string `arg:"" placeholder:"FILE" help:"${help_restore_file}"`
	Replace bool   `help:"${help_restore_replace}"`
	Yes     bool   `short:"y" help:"${help_yes}"`
}

// restoration is a backup, where its originals go, and the removals known in that place.
type restoration struct {
	file    io.ReadSeeker
	kept    originals
	buried  []qa.Tombstone
	replace bool
}

// Run makes the library of the settings of a backup. The service must have stopped.
func (c *restoreCommand) Run(ctx context.Context, s *settings, term terminal) error {
	f, err := openBackup(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	if c.Replace && !c.Yes && !confirmed(term, "confirm_restore") {
		return nil
	}
	kept, err := openOriginals(ctx, s)
	if err != nil {
		return err
	}
	r := restoration{file: f, kept: kept, replace: c.Replace}
	if r.buried, err = kept.Buried(ctx); err != nil {
		return err
	}
	sum, err := r.run(ctx, s)
	if err != nil {
		return err
	}
	if err := kept.Bury(ctx, sum.Removed...); err != nil {
		return err
	}
	sayBackup(term, "restore_done", sum)
	if len(sum.LeftOut) > 0 {
		term.say("restore_left_out", len(sum.LeftOut))
	}
	if len(sum.Missing) > 0 {
		term.say("backup_missing", len(sum.Missing))
	}
	return nil
}

func (r restoration) run(ctx context.Context, s *settings) (backup.Summary, error) {
	if s.Database != "" {
		return r.intoPostgres(ctx, s.Database)
	}
	return r.intoFile(ctx, s.Data)
}

// replacing fills a library in PostgreSQL in the place of what it holds.
type replacing struct{ *postgres.Store }

// Import is that of an empty library.
func (s replacing) Import(ctx context.Context, l qa.LibraryRecord, from qa.RecordReader) error {
	return s.Replace(ctx, l, from)
}

func (r restoration) intoPostgres(ctx context.Context, dsn string) (sum backup.Summary, err error) {
	store, err := postgres.Open(ctx, dsn, postgres.Options{})
	if err != nil {
		return sum, err
	}
	defer store.Close()
	if _, err := (onPostgres{store}).openQueue(ctx, nil, jobs.Options{}); err != nil {
		return sum, err
	}
	stones, err := store.Tombstones(ctx)
	if err != nil {
		return sum, err
	}
	var target backup.Target = store
	if r.replace {
		target = replacing{store}
	}
	sum, err = backup.Restore(ctx, r.file, target, r.kept, r.buried, stones)
	if err != nil || sum.Encoder.Fingerprint == "" {
		return sum, err
	}
	v, err := store.UseEncoder(ctx, sum.Encoder)
	if err != nil {
		return sum, err
	}
	return sum, v.Tend(ctx)
}

// intoFile builds the library in a new file beside and gives it its name at the end: until then the old one
// stands as it is.
func (r restoration) intoFile(ctx context.Context, dir string) (sum backup.Summary, err error) {
	lock, ok, err := jobs.TryLock(dir)
	if err != nil {
		return sum, err
	}
	if !ok {
		return sum, qa.E(qa.Conflict, "library_in_use")
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	path := filepath.Join(dir, "library.db")
	stones, err := r.tombstonesOf(ctx, path)
	if err != nil {
		return sum, err
	}
	fresh := path + ".restored"
	if err := dropFile(fresh); err != nil { // of a restore that was cut short
		return sum, err
	}
	if sum, err = r.build(ctx, dir, fresh, stones); err != nil {
		return sum, errors.Join(err, dropFile(fresh))
	}
	return sum, putInPlace(fresh, path)
}

// tombstonesOf opens the library in place, makes sure that it may give way and that nobody uses it, and gives
// the removals that it knows of.
func (r restoration) tombstonesOf(ctx context.Context, path string) ([]qa.Tombstone, error) {
	old, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	stones, err := old.Tombstones(ctx)
	if err == nil && !r.replace {
		err = mustBeEmpty(ctx, old)
	}
	if err := errors.Join(err, old.Close()); err != nil {
		return nil, err
	}
	return stones, unused(path)
}

func mustBeEmpty(ctx context.Context, s *sqlite.Store) error {
	full := qa.E(qa.Conflict, "library_not_empty")
	return s.Export(ctx, qa.RecordWriter{
		Library: func(l qa.LibraryRecord) error {
			if len(l.Keys) > 0 {
				return full
			}
			return nil
		},
		Document:     func(qa.DocumentRecord) error { return full },
		Conversation: func(qa.ConversationRecord) error { return full },
	})
}

// unused makes sure that no process has the file open: the last one that closes it removes its log.
func unused(path string) error {
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		return qa.E(qa.Conflict, "library_in_use").Because(err)
	}
	return nil
}

func (r restoration) build(ctx context.Context, dir, path string, stones []qa.Tombstone) (sum backup.Summary, err error) {
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if _, err := (onSQLite{store, dir}).openQueue(ctx, nil, jobs.Options{}); err != nil {
		return sum, err
	}
	return backup.Restore(ctx, r.file, store, r.kept, r.buried, stones)
}

// dropFile removes a library with its log.
func dropFile(path string) error {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return qa.E(qa.Unavailable, "store_down").Because(err)
		}
	}
	return nil
}

// putInPlace gives a closed library its name, durably.
func putInPlace(fresh, path string) error {
	if err := errors.Join(unused(fresh), unused(path)); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return qa.E(qa.Unavailable, "store_down").Because(err)
	}
	if runtime.GOOS == "windows" {
		return nil // its rename is journaled
	}
	d, err := os.Open(filepath.Dir(path))
	if err == nil {
		err = errors.Join(d.Sync(), d.Close())
	}
	if err != nil {
		return qa.E(qa.Unavailable, "store_down").Because(err)
	}
	return nil
}
