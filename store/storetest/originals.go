package storetest

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"rapporteur/qa"
)

// Originals are what every store of original files must do.
type Originals interface {
	Stage(ctx context.Context, r io.Reader, limit int64) (stage, hash string, size int64, err error)
	OpenStage(ctx context.Context, stage string) (io.ReadSeekCloser, error)
	Keep(ctx context.Context, stage, hash string) error
	Discard(stage string)
	Open(ctx context.Context, hash string) (io.ReadSeekCloser, error)
	Delete(ctx context.Context, hash string) error
	Sweep(ctx context.Context, drop func(ctx context.Context, hash string, remove func() error) error) error
}

// Graveyard keeps the removals beside the originals.
type Graveyard interface {
	Bury(ctx context.Context, list ...qa.Tombstone) error
	Buried(ctx context.Context) ([]qa.Tombstone, error)
}

// OriginalsStore is both.
type OriginalsStore interface {
	Originals
	Graveyard
}

// RunOriginals runs the suite on stores that open makes: empty ones.
func RunOriginals(t *testing.T, open func(t testing.TB) OriginalsStore) {
	for name, run := range map[string]func(t *testing.T, s OriginalsStore){
		"Keep": testKeepOriginals, "Names": testOriginalNames, "StageErrors": testStageErrors, "Sweep": testSweepOriginals, "Graves": testGraves,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, open(t))
		})
	}
}

func putOriginal(t testing.TB, s Originals, content string) string {
	t.Helper()
	stage, hash, size, err := s.Stage(t.Context(), strings.NewReader(content), 1<<20)
	if err != nil || size != int64(len(content)) || hash != hashOf(content) {
		t.Fatalf("stage: %s, %d bytes, %v", hash, size, err)
	}
	f, err := s.OpenStage(t.Context(), stage)
	if got, err := readAll(f, err); err != nil || got != content {
		t.Errorf("staged %q, %v", got, err)
	}
	if err := s.Keep(t.Context(), stage, hash); err != nil {
		t.Fatal(err)
	}
	s.Discard(stage)
	return hash
}

func readAll(f io.ReadCloser, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer f.Close()
	raw, err := io.ReadAll(f)
	return string(raw), err
}

func testKeepOriginals(t *testing.T, s OriginalsStore) {
	for range 2 { // the same bytes twice are one original
		f, err := s.Open(t.Context(), putOriginal(t, s, "bonjour"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Seek(3, io.SeekStart); err != nil {
			t.Error(err)
		}
		if got, err := readAll(f, nil); err != nil || got != "jour" {
			t.Errorf("read %q, %v", got, err)
		}
	}
	hash := hashOf("bonjour")
	for range 2 { // what is gone already is no error
		if err := s.Delete(t.Context(), hash); err != nil {
			t.Error(err)
		}
	}
	_, err := s.Open(t.Context(), hash)
	wantCode(t, "open after deletion", err, qa.NotFound, "original_missing")
}

func testOriginalNames(t *testing.T, s OriginalsStore) {
	for _, name := range []string{"", "..", "../secret", strings.Repeat("A", 64), strings.Repeat("g", 64), strings.Repeat("a", 63), strings.Repeat("a", 64) + "/x"} {
		_, err := s.Open(t.Context(), name)
		wantCode(t, "open "+name, err, qa.NotFound, "original_missing")
		if err := s.Delete(t.Context(), name); err != nil {
			t.Errorf("delete %q: %v", name, err)
		}
		if err := s.Keep(t.Context(), "x", name); err == nil {
			t.Errorf("kept under %q", name)
		}
	}
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

func testStageErrors(t *testing.T, s OriginalsStore) {
	for what, c := range map[string]struct {
		r    io.Reader
		kind qa.Kind
		code string
	}{
		"one byte too many":          {strings.NewReader("12345678901"), qa.TooLarge, "too_large"},
		"connection lost":            {io.MultiReader(strings.NewReader("123"), failingReader{io.ErrUnexpectedEOF}), qa.Invalid, "upload_interrupted"},
		"an error that has a code":   {failingReader{qa.E(qa.TooLarge, "body_too_large")}, qa.TooLarge, "body_too_large"},
		"given up by who sent it":    {failingReader{context.Canceled}, qa.Canceled, "canceled"},
		"nothing is wrong but empty": {failingReader{qa.E(qa.Unprocessable, "empty")}, qa.Unprocessable, "empty"},
	} {
		_, _, _, err := s.Stage(t.Context(), c.r, 10)
		wantCode(t, what, err, c.kind, c.code)
	}
	stage, _, size, err := s.Stage(t.Context(), strings.NewReader("1234567890"), 10)
	if err != nil || size != 10 {
		t.Errorf("exactly the limit: %d, %v", size, err)
	}
	s.Discard(stage)
	if f, err := s.OpenStage(t.Context(), stage); err == nil {
		t.Errorf("%v is staged although it was dropped", f.Close())
	}
}

func testSweepOriginals(t *testing.T, s OriginalsStore) {
	kept, dropped := putOriginal(t, s, "garde"), putOriginal(t, s, "jette")
	boom := errors.New("boom")
	if err := s.Sweep(t.Context(), func(context.Context, string, func() error) error { return boom }); !errors.Is(err, boom) {
		t.Errorf("sweep: %v, want boom", err)
	}
	var seen []string
	err := s.Sweep(t.Context(), func(_ context.Context, hash string, remove func() error) error {
		seen = append(seen, hash)
		if hash == dropped {
			return remove()
		}
		return nil
	})
	if err != nil || len(seen) != 2 {
		t.Fatalf("swept %v, %v", seen, err)
	}
	_, err = s.Open(t.Context(), dropped)
	wantCode(t, "dropped", err, qa.NotFound, "original_missing")
	f, err := s.Open(t.Context(), kept)
	if got, err := readAll(f, err); err != nil || got != "garde" {
		t.Errorf("kept: %q, %v", got, err)
	}
}

func testGraves(t *testing.T, s OriginalsStore) {
	if list, err := s.Buried(t.Context()); err != nil || len(list) > 0 {
		t.Errorf("buried %v, %v", list, err)
	}
	at := time.Date(2024, 2, 3, 4, 5, 6, 789000, time.UTC)
	want := []qa.Tombstone{{Document: "../a", At: at}, {Document: "b", At: at.Add(time.Hour)}}
	for range 2 {
		if err := s.Bury(t.Context(), want...); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Bury(t.Context(), qa.Tombstone{Document: "b", At: at}); err != nil { // it keeps its first time
		t.Fatal(err)
	}
	got, err := s.Buried(t.Context())
	slices.SortFunc(got, func(a, b qa.Tombstone) int { return strings.Compare(string(a.Document), string(b.Document)) })
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("buried %v, %v; want %v", got, err, want)
	}
}
