package pictures

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image/png"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rapporteur/examples"
	"rapporteur/ingest/extract/pdf"
	"rapporteur/qa"
)

// childEnv makes the test binary a reader of PDF files; its value is the folder of compiled code.
const childEnv = "RAPPORTEUR_TEST_PICTURES_CHILD"

func TestMain(m *testing.M) {
	dir := os.Getenv(childEnv)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := pdf.Serve(context.Background(), os.Stdin, os.Stdout, pdf.ServeOptions{CacheDir: dir}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// pool starts readers of PDF files; all tests share it, and what it compiled.
var pool = sync.OnceValue(func() *pdf.Pool {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return pdf.New(func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+filepath.Join(cache, "rapporteur", "pdf"))
		return cmd
	}, pdf.Options{Children: 2})
})

// shelf holds originals by their hash.
type shelf map[string][]byte

func (s shelf) put(data []byte) string {
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:])
	s[hash] = data
	return hash
}

func (s shelf) Open(_ context.Context, hash string) (io.ReadSeekCloser, error) {
	data, ok := s[hash]
	if !ok {
		return nil, qa.E(qa.NotFound, "document_unknown")
	}
	return file{bytes.NewReader(data)}, nil
}

type file struct{ *bytes.Reader }

func (file) Close() error { return nil }

// counting counts what is really drawn.
type counting struct {
	*pdf.Pool
	drawn int
}

func (c *counting) Render(ctx context.Context, f qa.File, page, dpi int) ([]byte, error) {
	c.drawn++
	return c.Pool.Render(ctx, f, page, dpi)
}

// report gives an example report that is a PDF.
func report(t *testing.T) []byte {
	t.Helper()
	names, err := fs.Glob(examples.Reports(), "*.pdf")
	if err != nil || len(names) == 0 {
		t.Fatal(err, names)
	}
	data, err := fs.ReadFile(examples.Reports(), names[0])
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func newAlbum(t *testing.T, o Options) (*Album, shelf, *counting) {
	t.Helper()
	s, r := shelf{}, &counting{Pool: pool()}
	return New(s, r, filepath.Join(t.TempDir(), "pictures"), o), s, r
}

func TestPictureIsDrawnOnce(t *testing.T) {
	t.Parallel()
	a, s, r := newAlbum(t, Options{})
	hash := s.put(report(t))
	var sizes []int
	for _, fine := range []bool{false, false, true, true} {
		raw, err := a.Picture(t.Context(), hash, 4, fine)
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.DecodeConfig(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, picture.Width)
	}
	if r.drawn != 2 || sizes[0] != sizes[1] || sizes[2] < 2*sizes[0]-2 {
		t.Errorf("drawn %d times, %v dots wide", r.drawn, sizes)
	}
	if err := a.Forget(hash); err != nil {
		t.Fatal(err)
	}
	if left, _ := a.folder.list(); len(left) > 0 {
		t.Errorf("left after its original: %v", left)
	}
	if _, err := a.Picture(t.Context(), hash, 4, false); err != nil || r.drawn != 3 {
		t.Errorf("after it was forgotten: drawn %d times, %v", r.drawn, err)
	}
}

func TestPictureErrors(t *testing.T) {
	t.Parallel()
	a, s, _ := newAlbum(t, Options{})
	hash := s.put(report(t))
	for name, c := range map[string]struct {
		hash string
		page int
		kind qa.Kind
		code string
	}{
		"no such page":     {hash, 900, qa.NotFound, "page_unknown"},
		"page zero":        {hash, 0, qa.NotFound, "page_unknown"},
		"no PDF":           {s.put([]byte("no PDF at all")), 1, qa.Unprocessable, "damaged"},
		"no such original": {strings.Repeat("0", 64), 1, qa.NotFound, "document_unknown"},
		"a path":           {"../../etc/passwd", 1, qa.NotFound, "document_unknown"},
	} {
		if _, err := a.Picture(t.Context(), c.hash, c.page, false); qa.KindOf(err) != c.kind || qa.CodeOf(err) != c.code {
			t.Errorf("%s: picture: %v", name, err)
		}
		if _, err := a.Place(t.Context(), c.hash, c.page, qa.Quote{Text: "quote"}); qa.KindOf(err) != c.kind || qa.CodeOf(err) != c.code {
			t.Errorf("%s: place: %v", name, err)
		}
	}
	if kept, _ := a.folder.list(); len(kept) > 0 {
		t.Errorf("an error was kept: %v", kept)
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	a, s, _ := newAlbum(t, Options{})
	hash := s.put(report(t))
	found, err := a.Place(t.Context(), hash, 1, qa.Quote{Text: "Ville de Fontbrelle-sur-Ourve"})
	if err != nil || len(found.Boxes) == 0 {
		t.Fatal(found, err)
	}
	for _, b := range found.Boxes {
		if b.Width <= 0 || b.Height <= 0 || b.X < 0 || b.Y < 0 || b.X+b.Width > found.Width || b.Y+b.Height > found.Height {
			t.Errorf("%+v is not on a page of %v by %v", b, found.Width, found.Height)
		}
	}
	again, err := a.Place(t.Context(), hash, 1, qa.Quote{Text: "Ville de Fontbrelle-sur-Ourve"})
	if err != nil || !slices.Equal(again.Boxes, found.Boxes) {
		t.Errorf("the second time: %+v, %v", again, err)
	}
	if none, err := a.Place(t.Context(), hash, 1, qa.Quote{Text: "Ces mots ne sont nulle part sur la page."}); err != nil || len(none.Boxes) != 0 || none.Width == 0 {
		t.Errorf("words that are not there: %+v, %v", none, err)
	}
}

// TestFolderStaysSmall keeps many drawings: the oldest go, what was just looked at stays.
func TestFolderStaysSmall(t *testing.T) {
	t.Parallel()
	f := &folder{dir: filepath.Join(t.TempDir(), "pictures"), options: Options{Bytes: 64_000, Age: time.Hour}}
	hash := func(i int) string { return fmt.Sprintf("%064x", i) }
	picture := bytes.Repeat([]byte{1}, 1000)
	for i := range 200 {
		f.keep(hash(i), 1, Plain, picture)
		if i > 0 {
			if _, ok := f.read(hash(0), 1, Plain); !ok {
				t.Fatalf("the drawing that is looked at all the time is gone after %d others", i)
			}
		}
		if _, sum := f.list(); sum > 64_000 {
			t.Fatalf("%d bytes after %d drawings", sum, i+1)
		}
	}
	if _, ok := f.read(hash(1), 1, Plain); ok {
		t.Error("the oldest drawing is still there")
	}
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(f.name(hash(199), 1, Plain), old, old); err != nil {
		t.Fatal(err)
	}
	f.sweep()
	if _, ok := f.read(hash(199), 1, Plain); ok {
		t.Error("a drawing that nobody looked at for long is still there")
	}
}

// TestPictureSpeed logs how long a page takes to be drawn the first time and the next.
func TestPictureSpeed(t *testing.T) {
	a, s, _ := newAlbum(t, Options{})
	hash := s.put(report(t))
	if err := pool().Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	var first, next []time.Duration
	for round := range 2 {
		for page := 1; page <= 14; page++ {
			start := time.Now()
			if _, err := a.Picture(t.Context(), hash, page, false); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); round == 0 {
				first = append(first, took)
			} else {
				next = append(next, took)
			}
		}
	}
	slices.Sort(first)
	slices.Sort(next)
	t.Logf("14 pages: p50 %v the first time, %v kept", first[7], next[7])
}
