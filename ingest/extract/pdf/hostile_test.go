package pdf

import (
	"flag"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"rapporteur/ingest/extract/draft"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

var wholeHostile = flag.Bool("hostile", false, "read all hostile PDF files instead of a sample")

// TestHostile reads files made to break readers: each ends in a text that keeps its promises or
// in a verdict, and the parent lives on. The whole set takes minutes.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: takes half a minute")
	}
	files := hostileFiles(t)
	if !*wholeHostile {
		files = sampleOf(files, 60)
	}
	p := newPool(t, Options{PageLimit: 5 * time.Second, TotalLimit: 10 * time.Second})
	codes := map[string]int{}
	for _, file := range files {
		start := time.Now()
		text, err := extractFile(t, p, file)
		code := "text"
		switch {
		case err == nil:
			if err := draft.Check(text); err != nil {
				t.Errorf("%s: %v", file, err)
			}
			if len(text.Pages) == 0 {
				t.Errorf("%s: no pages and no error", file)
			}
		case qa.KindOf(err) == qa.Unprocessable:
			code = qa.CodeOf(err)
		default:
			t.Errorf("%s: %v", file, err)
		}
		codes[code]++
		if took := time.Since(start); took > 2*time.Second || code == codeLimit {
			t.Logf("%s: %s after %v: %v", filepath.Base(file), code, took.Round(time.Millisecond), err)
		}
	}
	t.Logf("%d files: %v, child %s", len(files), codes, peakMemory(p))
	if codes["text"] < len(files)/2 {
		t.Errorf("only %d of %d files were read", codes["text"], len(files))
	}
}

func hostileFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(testkit.Shared(t, "data/hostile/files/pdf"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".pdf" {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 800 {
		t.Fatalf("%d hostile PDF files, error %v", len(files), err)
	}
	slices.Sort(files)
	return files
}

// sampleOf takes n files spread over the list, always the ones whose outline goes in circles.
func sampleOf(files []string, n int) []string {
	var sample []string
	for i, f := range files {
		switch {
		case i%(len(files)/n) == 0:
			sample = append(sample, f)
		case filepath.Base(f) == "bookmarks_circular.pdf", filepath.Base(f) == "outlines-with-loop.pdf":
			sample = append(sample, f)
		}
	}
	return sample
}
