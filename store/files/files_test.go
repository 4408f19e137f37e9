package files_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapporteur/qa"
	"rapporteur/store/files"
)

func newStore(t *testing.T) (*files.Store, string) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "originals")
	s, err := files.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return s, root
}

func put(t *testing.T, s *files.Store, content string) string {
	t.Helper()
	stage, hash, size, err := s.Stage(t.Context(), strings.NewReader(content), 1<<20)
	if err != nil || size != int64(len(content)) {
		t.Fatalf("stage: %d bytes, %v", size, err)
	}
	if err := s.Keep(t.Context(), stage, hash); err != nil {
		t.Fatal(err)
	}
	s.Discard(stage)
	return hash
}

func read(s *files.Store, hash string) (string, error) {
	f, err := s.Open(context.Background(), hash)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	return string(b), err
}

func TestKeep(t *testing.T) {
	t.Parallel()
	s, root := newStore(t)
	for range 2 { // the same bytes twice are one file
		hash := put(t, s, "bonjour")
		if want := "2cb4b1431b84ec15d35ed83bb927e27e8967d75f4bcd9cc4b25c8d879ae23e18"; hash != want {
			t.Fatalf("hash %s, want %s", hash, want)
		}
		path := filepath.Join(root, hash[:2], hash[2:4], hash)
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("original %v, %v; want a file for its owner only", info, err)
		}
		if got, err := read(s, hash); err != nil || got != "bonjour" {
			t.Errorf("read %q, %v", got, err)
		}
	}
	if left, err := os.ReadDir(filepath.Join(root, "tmp")); err != nil || len(left) > 0 {
		t.Errorf("left in tmp: %v, %v", left, err)
	}
}

func TestDamagedOriginalIsReplaced(t *testing.T) {
	t.Parallel()
	s, root := newStore(t)
	hash := put(t, s, "bonjour")
	if err := os.Truncate(filepath.Join(root, hash[:2], hash[2:4], hash), 2); err != nil {
		t.Fatal(err)
	}
	put(t, s, "bonjour")
	if got, err := read(s, hash); err != nil || got != "bonjour" {
		t.Errorf("read %q, %v; want it whole again", got, err)
	}
}

func TestNamesNeverBecomePaths(t *testing.T) {
	t.Parallel()
	s, root := newStore(t)
	secret := filepath.Join(filepath.Dir(root), "secret")
	if err := os.WriteFile(secret, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "..", "../secret", "../../secret", strings.Repeat("../", 20) + "etc/passwd", strings.Repeat("A", 64), strings.Repeat("g", 64), strings.Repeat("a", 63), strings.Repeat("a", 64) + "/x"} {
		if _, err := s.Open(t.Context(), name); qa.KindOf(err) != qa.NotFound {
			t.Errorf("open %q: %v, want not found", name, err)
		}
		if err := s.Delete(t.Context(), name); err != nil {
			t.Errorf("delete %q: %v", name, err)
		}
		if err := s.Keep(t.Context(), "x", name); err == nil {
			t.Errorf("kept under %q", name)
		}
	}
	if _, err := os.Stat(secret); err != nil {
		t.Error(err)
	}
}

func TestStageErrors(t *testing.T) {
	t.Parallel()
	s, root := newStore(t)
	own := qa.E(qa.TooLarge, "body_too_large")
	for _, c := range []struct {
		what string
		r    io.Reader
		code string
	}{
		{"one byte too many", strings.NewReader("12345678901"), "too_large"},
		{"connection lost", io.MultiReader(strings.NewReader("123"), failing{io.ErrUnexpectedEOF}), "upload_interrupted"},
		{"an error that has a code", failing{own}, "body_too_large"},
		{"cancelled by the sender", failing{context.Canceled}, "canceled"},
	} {
		if _, _, _, err := s.Stage(t.Context(), c.r, 10); qa.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.what, err, c.code)
		}
	}
	if _, _, size, err := s.Stage(t.Context(), strings.NewReader("1234567890"), 10); err != nil || size != 10 {
		t.Errorf("exactly the limit: %d, %v", size, err)
	}
	if left, err := os.ReadDir(filepath.Join(root, "tmp")); err != nil || len(left) != 1 {
		t.Errorf("left in tmp: %v, %v; want only the last", left, err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestFolderThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	s, root := newStore(t)
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := s.Stage(t.Context(), strings.NewReader("x"), 10); qa.KindOf(err) != qa.Unavailable || qa.CodeOf(err) != "store_down" {
		t.Errorf("stage without a folder: %v, want store_down", err)
	}
}

func TestSweepStopsAtErrors(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	kept, dropped := put(t, s, "garde"), put(t, s, "jette")
	boom := errors.New("boom")
	err := s.Sweep(t.Context(), func(context.Context, string, func() error) error { return boom })
	if !errors.Is(err, boom) {
		t.Errorf("sweep: %v, want boom", err)
	}
	err = s.Sweep(t.Context(), func(_ context.Context, hash string, remove func() error) error {
		if hash == dropped {
			return remove()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read(s, dropped); qa.CodeOf(err) != "original_missing" {
		t.Errorf("dropped: %v", err)
	}
	if got, err := read(s, kept); err != nil || got != "garde" {
		t.Errorf("kept: %q, %v", got, err)
	}
}
