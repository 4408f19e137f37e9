package upkeep

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"rapporteur/qa"
)

const (
	// pieceBytes is how long a piece of text is, in bytes: long enough to stand in no other text by chance, short
	// enough to lie whole on one page of a database.
	pieceBytes = 40
	// perText bounds the pieces of one text, taken at equal distances: a text leaves all of itself or, page by
	// page, parts of several kilobytes.
	perText = 64
	// maxPieces bounds those of all documents.
	maxPieces = 4096
	// vectorFrom and vectorBytes are where a piece of a vector is taken, in bytes: whole vectors are split
	// between pages of a database, and their first bytes say only how long they are.
	vectorFrom, vectorBytes = 128, 64
	// blockBytes is how much of a file is looked at in one go.
	blockBytes = 1 << 20
)

// Traces remember what would betray a document, before it is removed, to look for it in files afterwards: pieces of its
// text and of its vectors, as the stores write them. The zero value has none.
type Traces struct {
	pieces [][]byte
}

// AddText remembers pieces of a text: sentences, a title, the name of a file. Texts of fewer than 12 bytes are left
// out: they stand everywhere.
func (t *Traces) AddText(text string) {
	const least = 12
	if len(text) < least {
		return
	}
	step := max(pieceBytes, len(text)/perText)
	for at := 0; at < len(text) && len(t.pieces) < maxPieces; at += step {
		for back := 1; back < utf8.UTFMax && at > 0 && !utf8.RuneStart(text[at]); back++ {
			at-- // no further than a letter: what is no UTF-8 would lead back to the start
		}
		end := min(at+pieceBytes, len(text))
		for end < len(text) && !utf8.RuneStart(text[end]) {
			end++
		}
		piece := strings.TrimSpace(text[at:end])
		if len(piece) >= least && !t.has([]byte(piece)) {
			t.pieces = append(t.pieces, []byte(piece))
		}
	}
}

// AddVector remembers a piece of a vector, as it is stored.
func (t *Traces) AddVector(stored []byte) {
	if len(stored) < vectorFrom+vectorBytes || len(t.pieces) >= maxPieces {
		return
	}
	piece := stored[vectorFrom : vectorFrom+vectorBytes]
	if bytes.Count(piece, piece[:1]) < vectorBytes { // zeros stand everywhere
		t.pieces = append(t.pieces, slices.Clone(piece))
	}
}

func (t *Traces) has(piece []byte) bool {
	return slices.ContainsFunc(t.pieces, func(p []byte) bool { return bytes.Equal(p, piece) })
}

// Len is how many pieces are remembered.
func (t *Traces) Len() int { return len(t.pieces) }

// Forget drops the pieces that a text which stays holds too: they betray nothing.
func (t *Traces) Forget(text string) {
	kept := []byte(text)
	t.pieces = slices.DeleteFunc(t.pieces, func(p []byte) bool { return bytes.Contains(kept, p) })
}

// Search is what was looked at, and where something was found.
type Search struct {
	Files  int
	Bytes  int64
	Found  []string // paths of files that hold a piece
	Closed []string // paths that could not be read
}

// Below looks into every file below a folder, or into one file, and adds what it finds to s. Files that go away
// meanwhile are passed over, as is a folder that is not there.
func (t *Traces) Below(ctx context.Context, root string, s *Search) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			s.Closed = append(s.Closed, path)
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		return t.file(ctx, path, s)
	})
}

func (t *Traces) file(ctx context.Context, path string, s *Search) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		s.Closed = append(s.Closed, path)
		return nil
	}
	defer f.Close()
	n, found, err := t.in(ctx, f)
	s.Files++
	s.Bytes += n
	if found {
		s.Found = append(s.Found, path)
	}
	if err != nil && ctx.Err() == nil {
		s.Closed = append(s.Closed, path)
		return nil
	}
	return ctx.Err()
}

// in reports whether r holds a piece. Blocks overlap, so that none is missed between two.
func (t *Traces) in(ctx context.Context, r io.Reader) (n int64, found bool, err error) {
	longest := 0
	for _, p := range t.pieces {
		longest = max(longest, len(p))
	}
	if longest == 0 {
		return 0, false, nil
	}
	block, kept := make([]byte, blockBytes+longest-1), 0
	for ctx.Err() == nil {
		read, err := io.ReadFull(r, block[kept:])
		n += int64(read)
		seen := block[:kept+read]
		for _, p := range t.pieces {
			if bytes.Contains(seen, p) {
				return n, true, nil
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return n, false, nil
		}
		if err != nil {
			return n, false, err
		}
		kept = copy(block, seen[len(seen)-longest+1:])
	}
	return n, false, ctx.Err()
}

// Vectors reads the stored vectors of a version.
type Vectors interface {
	Vectors(ctx context.Context, id qa.VersionID) ([]qa.ChunkVector, error)
}

// Remember notes what would betray a document: pieces of its texts, of its names, and of its vectors as pack writes
// them. v is nil where the library has none.
func (t *Traces) Remember(ctx context.Context, l Catalogue, v Vectors, id qa.DocumentID, pack func([]float32) []byte) error {
	d, versions, err := l.Document(ctx, everything(), id)
	if err != nil {
		return err
	}
	t.AddText(d.Title)
	t.AddText(d.Source)
	for _, version := range versions {
		text, _, err := l.Text(ctx, everything(), d.ID, version.ID)
		if qa.KindOf(err) == qa.NotFound {
			continue // it was not read
		}
		if err != nil {
			return err
		}
		t.AddText(text.Content)
		if v == nil {
			continue
		}
		list, err := v.Vectors(ctx, version.ID)
		if err != nil {
			return err
		}
		for _, c := range list {
			t.AddVector(pack(c.Vector))
		}
	}
	return nil
}

// ForgetKept drops the traces that documents of the library hold too.
func (t *Traces) ForgetKept(ctx context.Context, l Catalogue) error {
	return Each(ctx, l, everything(), func(d qa.Listed) error {
		t.Forget(d.Title + "\n" + d.Source)
		_, versions, err := l.Document(ctx, everything(), d.ID)
		if err != nil {
			return err
		}
		for _, v := range versions {
			text, _, err := l.Text(ctx, everything(), d.ID, v.ID)
			if qa.KindOf(err) == qa.NotFound {
				continue
			}
			if err != nil {
				return err
			}
			t.Forget(text.Content)
		}
		return nil
	})
}

// Look searches the files below each place, and tells what it found there.
func (t *Traces) Look(ctx context.Context, places []string) (out []qa.Finding, err error) {
	for _, place := range slices.Compact(places) {
		var s Search
		if err := t.Below(ctx, place, &s); err != nil {
			return nil, err
		}
		switch {
		case len(s.Found) > 0:
			out = append(out, qa.Finding{Code: "erase_files_bad", Args: []any{place, len(s.Found), strings.Join(names(s.Found), ", ")}, Bad: true})
		case s.Files > 0 || len(s.Closed) == 0:
			out = append(out, qa.Finding{Code: "erase_files", Args: []any{place, s.Files, float64(s.Bytes) / 1e6}})
		}
		if len(s.Closed) > 0 {
			out = append(out, qa.Finding{Code: "erase_closed", Args: []any{place, len(s.Closed)}})
		}
	}
	return append(out, qa.Finding{Code: "erase_elsewhere"}), nil
}

// names are the last parts of the first paths.
func names(paths []string) (out []string) {
	const shown = 5
	for _, p := range paths[:min(shown, len(paths))] {
		out = append(out, filepath.Base(p))
	}
	return out
}
