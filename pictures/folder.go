package pictures

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// folder keeps drawings on disk, those of one original together so that they go with it. Several processes may
// share it: each counts what it adds itself, and looks at the whole when that may be too much.
type folder struct {
	dir     string
	options Options

	mu    sync.Mutex
	added int64     // bytes kept since the last sweep
	swept time.Time // zero before the first
}

// name gives the path of a drawing, "" for a hash that is none: it never leads out of the folder.
func (f *folder) name(hash string, page, dpi int) string {
	if hash == "" || strings.Trim(hash, "0123456789abcdef") != "" {
		return ""
	}
	return filepath.Join(f.dir, hash, strconv.Itoa(page)+"-"+strconv.Itoa(dpi)+".png")
}

// read gives a drawing that is kept, and notes that somebody looked at it.
func (f *folder) read(hash string, page, dpi int) ([]byte, bool) {
	name := f.name(hash, page, dpi)
	if name == "" {
		return nil, false
	}
	png, err := os.ReadFile(name)
	if err != nil || len(png) == 0 {
		return nil, false
	}
	now := time.Now()
	_ = os.Chtimes(name, now, now) // where this fails the drawing only looks older
	return png, true
}

// keep writes a drawing beside its name and renames it, so that nobody reads half of one.
func (f *folder) keep(hash string, page, dpi int, png []byte) {
	name := f.name(hash, page, dpi)
	if name == "" {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return
	}
	part, err := os.CreateTemp(filepath.Dir(name), "part-*")
	if err != nil {
		return
	}
	_, err = part.Write(png)
	if closed := part.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(part.Name(), name)
	}
	if err != nil {
		_ = os.Remove(part.Name())
		return
	}
	f.added += int64(len(png))
	if f.added > f.options.Bytes/16 || time.Since(f.swept) > f.options.Age/7 {
		f.sweep()
	}
}

func (f *folder) forget(hash string) error {
	if f.name(hash, 1, Plain) == "" {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return os.RemoveAll(filepath.Join(f.dir, hash))
}

// drawing is a file of the folder.
type drawing struct {
	path string
	size int64
	seen time.Time
}

// sweep removes what nobody looked at for long, then the longest unseen until the rest fits with a sixteenth to
// spare; the caller holds mu.
func (f *folder) sweep() {
	f.added, f.swept = 0, time.Now()
	kept, sum := f.list()
	slices.SortFunc(kept, func(a, b drawing) int { return a.seen.Compare(b.seen) })
	room := f.options.Bytes - f.options.Bytes/16
	for _, d := range kept {
		if sum <= room && time.Since(d.seen) <= f.options.Age {
			break
		}
		if os.Remove(d.path) == nil {
			sum -= d.size
		}
		_ = os.Remove(filepath.Dir(d.path)) // refused while others stand in it
	}
}

// list gives all files of the folder and how many bytes they take.
func (f *folder) list() (kept []drawing, sum int64) {
	// A folder that cannot be read is listed as far as it can.
	_ = filepath.WalkDir(f.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // as far as it can
		}
		if info, err := d.Info(); err == nil {
			kept, sum = append(kept, drawing{path, info.Size(), info.ModTime()}), sum+info.Size()
		}
		return nil
	})
	return kept, sum
}
