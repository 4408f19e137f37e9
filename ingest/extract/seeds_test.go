package extract

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rapporteur/internal/testkit"
)

// largestSeed is the largest file that a fuzzer starts from, in bytes: larger ones make it slow.
const largestSeed = 64 << 10

// hostileSeeds gives the small files of the hostile collection that have one of the extensions, none
// where the collection is not beside the repository: a fuzzer runs without it too.
func hostileSeeds(f *testing.F, extensions ...string) [][]byte {
	f.Helper()
	var seeds [][]byte
	root := filepath.Join(testkit.Root(f), "..", "shared", "data", "hostile")
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !slices.Contains(extensions, strings.ToLower(filepath.Ext(path))) {
			return nil
		}
		if info, err := d.Info(); err != nil || info.Size() > largestSeed {
			return nil
		}
		if data, err := os.ReadFile(path); err == nil {
			seeds = append(seeds, data)
		}
		return nil
	})
	return seeds
}
