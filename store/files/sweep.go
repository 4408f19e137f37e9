package files

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Sweep drops staged files whose process is gone, then calls drop for each original: drop calls
// remove if nothing refers to the hash and must keep it so until remove returns. Uploads in
// progress are safe, also those of other processes: a staged file that still grows is not
// touched, and an original is placed under the same exclusion that drop holds.
func (s *Store) Sweep(ctx context.Context, drop func(ctx context.Context, hash string, remove func() error) error) error {
	if err := s.sweepStage(); err != nil {
		return err
	}
	return filepath.WalkDir(s.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return public(err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		hash := d.Name()
		if d.IsDir() || s.path(hash) != path {
			return nil
		}
		return drop(ctx, hash, func() error { return s.Delete(ctx, hash) })
	})
}

func (s *Store) sweepStage() error {
	folder := filepath.Join(s.root, stageFolder)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return public(err)
	}
	for _, e := range entries {
		if s.inUse(e.Name()) {
			continue
		}
		at, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && time.Since(at.ModTime()) < staleAfter {
			continue
		}
		if err == nil {
			err = os.Remove(filepath.Join(folder, e.Name()))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return public(err)
		}
	}
	return nil
}

func (s *Store) inUse(stage string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.staged[stage]
}
