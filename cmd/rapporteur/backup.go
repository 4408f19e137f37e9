package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"time"

	"rapporteur/backup"
	"rapporteur/qa"
)

type backupCommand struct {
	File   string `arg:"" placeholder:"FILE" help:"${help_backup_file}"`
	Verify bool   `help:"${help_backup_verify}"`
}

// Run makes a backup beside a working server, or checks one.
func (c *backupCommand) Run(ctx context.Context, s *settings, term terminal) error {
	if c.Verify {
		return c.verify(ctx, term)
	}
	db, err := openDatabase(ctx, s)
	if err != nil {
		return err
	}
	defer db.Close()
	kept, err := openOriginals(ctx, s)
	if err != nil {
		return err
	}
	o := backup.Options{Program: fullVersion(), Progress: told(term)}
	sum, err := c.save(ctx, term.out, o, db, kept)
	if err != nil {
		return err
	}
	sayBackup(term, "backup_done", sum)
	if len(sum.Missing) > 0 {
		term.say("backup_missing", len(sum.Missing))
	}
	return nil
}

// save writes to the file, or for "-" to out: also then a whole file is made first, because what is removed
// meanwhile is taken out again.
func (c *backupCommand) save(ctx context.Context, out io.Writer, o backup.Options, s backup.Source, kept backup.Originals) (sum backup.Summary, err error) {
	if c.File != "-" {
		return backup.Save(ctx, c.File, o, s, kept)
	}
	dir, err := os.MkdirTemp("", "rapporteur-backup-*")
	if err != nil {
		return sum, qa.E(qa.Unavailable, "backup_unwritable").Because(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "backup")
	if sum, err = backup.Save(ctx, path, o, s, kept); err != nil {
		return sum, err
	}
	f, err := os.Open(path)
	if err == nil {
		defer f.Close()
		_, err = io.Copy(out, f)
	}
	if err != nil {
		err = qa.E(qa.Unavailable, "backup_unwritable").Because(err)
	}
	return sum, err
}

func (c *backupCommand) verify(ctx context.Context, term terminal) error {
	f, err := openBackup(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	sum, err := backup.Verify(ctx, f)
	if err != nil {
		return err
	}
	sayBackup(term, "backup_sound", sum, sum.Created.Local().Format("2006-01-02 15:04"))
	if len(sum.Missing) > 0 {
		term.say("backup_missing", len(sum.Missing))
	}
	return nil
}

func openBackup(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, qa.E(qa.NotFound, "backup_unreadable", filepath.Base(path)).Because(err)
	}
	return f, nil
}

// sayBackup tells what a backup holds, after what comes first.
func sayBackup(term terminal, code string, s backup.Summary, first ...any) {
	term.say(code, append(first, s.Documents, s.Versions, s.Chunks, s.Vectors, s.Originals, float64(s.Bytes)/1e6)...)
}

// toldEvery is the pause between two lines of progress.
const toldEvery = 2 * time.Second

// told tells now and then how far a backup is.
func told(term terminal) func(backup.Summary) {
	last := time.Now()
	return func(s backup.Summary) {
		if time.Since(last) >= toldEvery {
			last = time.Now()
			term.say("backup_progress", s.Documents, s.Originals)
		}
	}
}
