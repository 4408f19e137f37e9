package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rapporteur/qa"
)

// buriedFolder holds one file for each document that was removed.
const buriedFolder = "removed"

// tombstone is such a file: it holds no word of the document.
type tombstone struct {
	Document qa.DocumentID `json:"document"`
	At       time.Time     `json:"at"`
}

// Bury notes, durably and beside the originals, that documents were removed: a library restored from a backup
// that is older than the removal leaves them out. A document that is buried stays as it is.
func (s *Store) Bury(ctx context.Context, list ...qa.Tombstone) error {
	if len(list) == 0 {
		return nil
	}
	folder := filepath.Join(s.root, buriedFolder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return public(err)
	}
	added := false
	for _, t := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		path := filepath.Join(folder, graveOf(t.Document))
		if _, err := os.Stat(path); err == nil {
			continue
		}
		content, err := json.Marshal(tombstone{t.Document, t.At.UTC()})
		if err != nil {
			return qa.E(qa.Internal, "internal").Because(err)
		}
		if err := s.place(ctx, string(content), path); err != nil {
			return err
		}
		added = true
	}
	if !added {
		return nil
	}
	return public(errors.Join(syncFolder(folder), syncFolder(s.root)))
}

// place writes a small file whole or not at all; its entry is durable once its folder is synced.
func (s *Store) place(ctx context.Context, content, path string) error {
	stage, _, _, err := s.Stage(ctx, strings.NewReader(content), int64(len(content)))
	if err != nil {
		return err
	}
	defer s.Discard(stage)
	if err := os.Rename(s.stagePath(stage), path); err != nil {
		return public(err)
	}
	s.mark(stage, false)
	return nil
}

// graveOf names the file of a document: an id never becomes a path.
func graveOf(id qa.DocumentID) string {
	h := sha256.Sum256([]byte(id))
	return hex.EncodeToString(h[:]) + ".json"
}

// Buried lists the documents that were removed, in no order.
func (s *Store) Buried(ctx context.Context) ([]qa.Tombstone, error) {
	folder := filepath.Join(s.root, buriedFolder)
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, public(err)
	}
	var out []qa.Tombstone
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		content, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, public(err)
		}
		var t tombstone
		if err := json.Unmarshal(content, &t); err != nil || graveOf(t.Document) != e.Name() {
			return nil, qa.E(qa.Internal, "tombstone_damaged", e.Name()).Because(err)
		}
		out = append(out, qa.Tombstone(t))
	}
	return out, nil
}
