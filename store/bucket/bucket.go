// Package bucket keeps originals, the uploaded bytes, by their content hash in a bucket: of an object store that
// speaks the protocol of S3, or a folder. It behaves as store/files does. What Keep has placed is as durable as the
// bucket makes what it has acknowledged; in a folder, files and folders are synced.
package bucket

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob" // opens s3:// addresses
	"gocloud.dev/gcerrors"

	"rapporteur/qa"
)

const (
	originalsPrefix = "originals/"
	removedPrefix   = "removed/"
	// staleAfter is how long a staged file of another process may stand unchanged before Sweep takes it for
	// the leftover of a dead process, as in store/files.
	staleAfter = time.Minute
)

// Options are the settings of a Store.
type Options struct {
	Stage  string       // folder of this machine for what is being received; "" means one in the system's temporary folder
	Bucket *blob.Bucket // used instead of the address; nil opens the address
}

// Store is a bucket of originals. Several processes may share it.
type Store struct {
	bucket *blob.Bucket
	stage  string
	folder string // of a bucket that is one, else ""

	mu     sync.Mutex
	staged map[string]bool // of this process
}

// Open opens the bucket at an address: file:///folder, or s3://name?region=…, for another server than Amazon's with
// endpoint=https://…&use_path_style=true (https://gocloud.dev/howto/blob/#s3-compatible). The keys of an object
// store come from where its clients look for them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Invalid bucket_wrong.
func Open(ctx context.Context, address string, o Options) (*Store, error) {
	s := &Store{bucket: o.Bucket, stage: o.Stage, staged: map[string]bool{}}
	if s.stage == "" {
		s.stage = filepath.Join(os.TempDir(), "rapporteur-stage")
	}
	if err := os.MkdirAll(s.stage, 0o700); err != nil {
		return nil, public(err)
	}
	if s.bucket != nil {
		return s, nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, qa.E(qa.Invalid, "bucket_wrong") // the cause would repeat the address, which may hold a secret
	}
	if u.Scheme == fileblob.Scheme {
		return s, s.openFolder(u)
	}
	if s.bucket, err = blob.OpenBucket(ctx, address); err != nil {
		return nil, qa.E(qa.Invalid, "bucket_wrong")
	}
	return s, nil
}

func (s *Store) openFolder(u *url.URL) (err error) {
	if u.Host != "" || u.Path == "" {
		return qa.E(qa.Invalid, "bucket_wrong")
	}
	s.folder = filepath.FromSlash(u.Path)
	s.bucket, err = fileblob.OpenBucket(s.folder, &fileblob.Options{CreateDir: true, DirFileMode: 0o700, NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	return public(err)
}

// Close gives the connections of the bucket back.
func (s *Store) Close() error { return public(s.bucket.Close()) }

// Stage writes r to the folder of this machine under a temporary name and gives that name, the SHA-256 of the
// bytes in hexadecimal and their number. More than limit bytes are TooLarge too_large, of which at most one buffer
// is read past the limit.
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

// Keep uploads what was staged to the place of its hash. When it returns nil, the original is there and durable,
// also if the same bytes were there before.
func (s *Store) Keep(ctx context.Context, stage, hash string) error {
	key := keyOf(hash)
	if key == "" {
		return qa.E(qa.Internal, "internal").Because(errors.New("bucket: not a hash"))
	}
	f, err := os.Open(s.stagePath(stage))
	if err != nil {
		return public(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return public(err)
	}
	// Names are hashes, so another size means that the original was damaged: it is then replaced.
	if there, err := s.bucket.Attributes(ctx, key); err != nil || there.Size != info.Size() {
		if err := s.upload(ctx, key, f); err != nil {
			return public(err)
		}
	}
	s.Discard(stage)
	return nil
}

// upload writes an object whole or not at all.
func (s *Store) upload(ctx context.Context, key string, r io.Reader) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // before Close, it drops what was uploaded
	var file *os.File
	w, err := s.bucket.NewWriter(ctx, key, &blob.WriterOptions{ContentType: "application/octet-stream",
		BeforeWrite: func(as func(any) bool) error { as(&file); return nil }})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	if err == nil && file != nil {
		err = file.Sync()
	}
	if err != nil {
		cancel()
		return errors.Join(err, w.Close())
	}
	if err := w.Close(); err != nil {
		return err
	}
	return s.sync(key)
}

// sync makes the name of an object durable where the bucket is a folder. Windows has no such call; its rename is
// journaled.
func (s *Store) sync(key string) error {
	if s.folder == "" || runtime.GOOS == "windows" {
		return nil
	}
	for path := filepath.Join(s.folder, filepath.FromSlash(key)); path != s.folder; {
		path = filepath.Dir(path)
		d, err := os.Open(path)
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil {
			return err
		}
	}
	return nil
}

// Discard drops what was staged; after Keep it does nothing.
func (s *Store) Discard(stage string) {
	if s.mark(stage, false) {
		_ = os.Remove(s.stagePath(stage)) // what cannot be removed now is left to Sweep
	}
}

// Open reads an original. NotFound original_missing when it is not there.
func (s *Store) Open(ctx context.Context, hash string) (io.ReadSeekCloser, error) {
	key := keyOf(hash)
	if key == "" {
		return nil, qa.E(qa.NotFound, "original_missing")
	}
	r, err := s.bucket.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, qa.E(qa.NotFound, "original_missing").Because(err)
	}
	if err != nil {
		return nil, public(err)
	}
	return r, nil
}

// Delete drops an original for good; one that is gone already is no error.
func (s *Store) Delete(ctx context.Context, hash string) error {
	key := keyOf(hash)
	if key == "" {
		return nil
	}
	if err := s.bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return public(err)
	}
	return nil
}

// Sweep drops staged files whose process is gone, then calls drop for each original: drop calls remove if nothing
// refers to the hash and must keep it so until remove returns.
func (s *Store) Sweep(ctx context.Context, drop func(ctx context.Context, hash string, remove func() error) error) error {
	if err := s.sweepStage(); err != nil {
		return err
	}
	for list := s.bucket.List(&blob.ListOptions{Prefix: originalsPrefix}); ; {
		object, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return public(err)
		}
		hash := object.Key[strings.LastIndexByte(object.Key, '/')+1:]
		if keyOf(hash) != object.Key {
			continue
		}
		if err := drop(ctx, hash, func() error { return s.Delete(ctx, hash) }); err != nil {
			return err
		}
	}
}

func (s *Store) sweepStage() error {
	entries, err := os.ReadDir(s.stage)
	if err != nil {
		return public(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || s.inUse(e.Name()) || info.IsDir() || time.Since(info.ModTime()) < staleAfter {
			continue // in use, or gone meanwhile
		}
		if err := os.Remove(filepath.Join(s.stage, e.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
			return public(err)
		}
	}
	return nil
}

// tombstone is what the bucket keeps of a removed document.
type tombstone struct {
	Document qa.DocumentID `json:"document"`
	At       time.Time     `json:"at"`
}

// Bury notes that documents were removed, beside the originals: an older backup of the library leaves them out.
func (s *Store) Bury(ctx context.Context, list ...qa.Tombstone) error {
	for _, t := range list {
		h := sha256.Sum256([]byte(t.Document))
		key := removedPrefix + hex.EncodeToString(h[:]) + ".json"
		if there, err := s.bucket.Exists(ctx, key); err != nil || there {
			if err != nil {
				return public(err)
			}
			continue // it keeps its first time
		}
		raw, err := json.Marshal(tombstone{t.Document, t.At.UTC()})
		if err != nil {
			return err
		}
		if err := s.upload(ctx, key, strings.NewReader(string(raw))); err != nil {
			return public(err)
		}
	}
	return nil
}

// Buried lists the documents that were removed, in no order.
func (s *Store) Buried(ctx context.Context) ([]qa.Tombstone, error) {
	var out []qa.Tombstone
	for list := s.bucket.List(&blob.ListOptions{Prefix: removedPrefix}); ; {
		object, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, public(err)
		}
		raw, err := s.bucket.ReadAll(ctx, object.Key)
		if err != nil {
			return nil, public(err)
		}
		var t tombstone
		if err := json.Unmarshal(raw, &t); err != nil || t.Document == "" {
			return nil, qa.E(qa.Internal, "tombstone_damaged", filepath.Base(object.Key)).Because(err)
		}
		out = append(out, qa.Tombstone(t))
	}
}

func (s *Store) stagePath(stage string) string { return filepath.Join(s.stage, filepath.Base(stage)) }

// keyOf is the place of an original, "" for what is no hash: a name never becomes a key.
func keyOf(hash string) string {
	if b, err := hex.DecodeString(hash); err != nil || len(b) != sha256.Size || hex.EncodeToString(b) != hash {
		return ""
	}
	return originalsPrefix + hash[:2] + "/" + hash[2:4] + "/" + hash
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

func (s *Store) inUse(stage string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.staged[stage]
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

// public gives errors of the bucket and of the staging folder their kind and code; nil stays nil.
func public(err error) error {
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return qa.E(qa.NoSpace, "disk_full").Because(err)
	}
	return qa.E(qa.Unavailable, "store_down").Because(err)
}
