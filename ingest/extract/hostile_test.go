package extract

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// slowest is how long one file may take, with a wide margin for a machine under load; most take
// milliseconds.
const slowest = 10 * time.Second

// TestHostileFiles reads every hostile file that is not a PDF: each ends in a text that keeps the
// invariants or in a verdict, and none takes long.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"own/files", "files/ooxml", "files/html", "files/text", "files/xml", "files/archive", "files/mail"} {
		root := testkit.Shared(t, "data/hostile/"+folder)
		t.Run(strings.ReplaceAll(folder, "/", "_"), func(t *testing.T) {
			t.Parallel()
			outcomes := map[string]int{}
			for _, file := range filesUnder(t, root) {
				outcomes[hostile(t, file)]++
			}
			t.Log(outcomes)
		})
	}
}

func filesUnder(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatal(err, len(files))
	}
	return files
}

// hostile reads one file and gives its outcome: a media type or the code of a verdict.
func hostile(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	media, text, err := read(&Extractor{}, file, data)
	if took := time.Since(start); took > slowest {
		t.Errorf("%s took %v", filepath.Base(file), took)
	}
	if err == nil {
		checkText(t, text)
		return media
	}
	code := qa.CodeOf(err)
	if !verdict(code) || qa.KindOf(err) == qa.Internal {
		t.Errorf("%s: %v is no verdict", filepath.Base(file), err)
	}
	return code
}

func verdict(code string) bool {
	switch qa.Verdict(code) {
	case qa.VerdictEmpty, qa.VerdictDamaged, qa.VerdictEncrypted, qa.VerdictTooLarge, qa.VerdictTooLargeUnpacked,
		qa.VerdictUnsupportedType, qa.VerdictTypeMismatch, qa.VerdictResourceLimit, qa.VerdictNoText:
		return true
	}
	return false
}
