// Package files keeps originals, the uploaded bytes, by their content hash in a folder of the local
// disk. What Keep has placed survives power loss: file and folders are synced.
package files

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"rapporteur/qa"
)

const (
	stageFolder = "tmp"
	// staleAfter is how long a staged file of another process may stand unchanged before Sweep
	// takes it for the leftover of a dead process. An upload that stalls longer fails, with an
	// error to its sender; nothing acknowledged is ever staged.
	staleAfter = time.Minute
)

// Store is a folder of originals: xx/yy/<hash> with the first four digits as folders, and tmp for
// what is being received. Several processes may share it.
type Store struct {
	root string

	mu     sync.Mutex
	staged map[string]bool // of this process
	synced map[string]bool // folders known to be durable
}

// Open opens the folder and makes it, readable by its owner only, if it is missing.
func Open(root string) (*Store, error) {
	if err := os.MkdirAll(filepath.Join(root, stageFolder), 0o700); err != nil {
		return nil, public(err)
	}
	// Their own entries: the folder may have been made just now, by this process or one that died since.
	data := filepath.Dir(filepath.Clean(root))
	if err := syncFolder(data); err != nil && !errors.Is(err, fs.ErrPermission) {
		return nil, public(err)
	}
	// The folder above the data is the operator's, and may be closed to us.
	_ = syncFolder(filepath.Dir(data))
	return &Store{root: root, staged: map[string]bool{}, synced: map[string]bool{}}, nil
}

// Stage writes r durably under a temporary name and gives that name, the SHA-256 of the bytes in
// hexadecimal and their number. More than limit bytes are TooLarge too_large, of which at most one
// buffer is read past the limit.
func (s *Store) Stage(ctx context.Context, r io.Reader, limit int64) (stage, hash string, size int64, err error) {
	stage = rand.Text()
	s.mark(stage, true)
	f, err := os.OpenFile(s.stagePath(stage), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		s.mark(stage, false)
		return "", "", 0, public(err)
	}
	h := sha256.New()
	size, err = copyAtMost(ctx, io.MultiWriter(f, h), r, limit)
	if err == nil {
		err = public(f.Sync())
	}
	if e := public(f.Close()); err == nil {
		err = e
	}
	if err != nil {
		s.Discard(stage)
		return "", "", 0, err
	}
	return stage, hex.EncodeToString(h.Sum(nil)), size, nil
}

// OpenStage reads what was staged.
func (s *Store) OpenStage(_ context.Context, stage string) (io.ReadSeekCloser, error) {
	f, err := os.Open(s.stagePath(stage))
	if err != nil {
		return nil, public(err)
	}
	return f, nil
}

// Keep moves what was staged to the place of its hash. When it returns nil, the original is there
// and durable, also if the same bytes were there before.
func (s *Store) Keep(ctx context.Context, stage, hash string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	from, to := s.stagePath(stage), s.path(hash)
	if to == "" {
		return qa.E(qa.Internal, "internal").Because(errors.New("files: not a hash"))
	}
	if same(from, to) {
		s.Discard(stage)
		return s.sync(to)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return public(err)
	}
	if err := os.Rename(from, to); err != nil {
		return public(err)
	}
	s.mark(stage, false)
	return s.sync(to)
}

// Discard drops what was staged; after Keep it does nothing.
func (s *Store) Discard(stage string) {
	if !s.mark(stage, false) {
		return
	}
	// What cannot be removed now is left to Sweep.
	_ = os.Remove(s.stagePath(stage))
}

// Open reads an original. NotFound original_missing when it is not there.
func (s *Store) Open(_ context.Context, hash string) (io.ReadSeekCloser, error) {
	path := s.path(hash)
	if path == "" {
		return nil, qa.E(qa.NotFound, "original_missing")
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, qa.E(qa.NotFound, "original_missing").Because(err)
	}
	if err != nil {
		return nil, public(err)
	}
	return f, nil
}

// Delete drops an original for good; one that is gone already is no error.
func (s *Store) Delete(_ context.Context, hash string) error {
	path := s.path(hash)
	if path == "" {
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return public(err)
	}
	return public(syncFolder(filepath.Dir(path)))
}

func (s *Store) stagePath(stage string) string {
	return filepath.Join(s.root, stageFolder, filepath.Base(stage))
}

// path is the place of an original, "" for what is no hash: a name never becomes a path.
func (s *Store) path(hash string) string {
	if b, err := hex.DecodeString(hash); err != nil || len(b) != sha256.Size || hex.EncodeToString(b) != hash {
		return ""
	}
	return filepath.Join(s.root, hash[:2], hash[2:4], hash)
}

// mark notes whether a stage is in use and returns whether it was.
func (s *Store) mark(stage string, used bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.staged[stage]
	if used {
		s.staged[stage] = true
	} else {
		delete(s.staged, stage)
	}
	return was
}

// sync makes the entry of the file in its folder durable, and the folders' own entries the first time.
func (s *Store) sync(path string) error {
	inner := filepath.Dir(path)
	if err := syncFolder(inner); err != nil {
		return public(err)
	}
	s.mu.Lock()
	known := s.synced[inner]
	s.mu.Unlock()
	if known {
		return nil
	}
	for _, folder := range []string{filepath.Dir(inner), s.root} {
		if err := syncFolder(folder); err != nil {
			return public(err)
		}
	}
	s.mu.Lock()
	s.synced[inner] = true
	s.mu.Unlock()
	return nil
}

// syncFolder makes the entries of a folder durable. Windows has no such call; its rename is journaled.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	err = d.Sync()
	return errors.Join(err, d.Close())
}

// same reports whether the original is there with the size of what was staged. The names are
// hashes, so another size means that the original was damaged: it is then replaced.
func same(stage, original string) bool {
	a, errA := os.Stat(stage)
	b, errB := os.Stat(original)
	return errA == nil && errB == nil && a.Size() == b.Size()
}

// copyAtMost copies until the end of r and tells errors of the sender from errors of the disk.
func copyAtMost(ctx context.Context, w io.Writer, r io.Reader, limit int64) (n int64, err error) {
	buffer := make([]byte, 64<<10)
	for {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		k, readErr := r.Read(buffer)
		n += int64(k)
		if n > limit {
			return n, qa.E(qa.TooLarge, string(qa.VerdictTooLarge))
		}
		if _, err := w.Write(buffer[:k]); err != nil {
			return n, public(err)
		}
		if errors.Is(readErr, io.EOF) {
			return n, nil
		}
		if readErr != nil {
			return n, sender(readErr)
		}
	}
}

// sender says what to tell about an error of the upload's own stream.
func sender(err error) error {
	var e *qa.Error
	if errors.As(err, &e) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return qa.E(qa.Invalid, "upload_interrupted").Because(err)
}

// windowsDiskFull is ERROR_DISK_FULL of Windows, which package syscall does not map to ENOSPC.
const windowsDiskFull = syscall.Errno(112)

// public gives errors of the disk their kind and code; nil stays nil.
func public(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT),
		runtime.GOOS == "windows" && errors.Is(err, windowsDiskFull):
		return qa.E(qa.NoSpace, "disk_full").Because(err)
	}
	return qa.E(qa.Unavailable, "store_down").Because(err)
}
