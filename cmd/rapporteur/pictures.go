package main

import (
	"context"
	"path/filepath"

	"rapporteur/pictures"
)

// picturesDir keeps the drawings of pages.
func (s *settings) picturesDir() string { return filepath.Join(s.cacheDir(), "pictures") }

// illustrated are originals whose drawings go with them.
type illustrated struct {
	originals
	album *pictures.Album
}

// Delete removes an original and what was drawn of it.
func (i illustrated) Delete(ctx context.Context, hash string) error {
	err := i.originals.Delete(ctx, hash)
	if forgotten := i.album.Forget(hash); err == nil {
		err = forgotten
	}
	return err
}
