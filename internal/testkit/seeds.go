package testkit

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// largestSeed is the largest file that a fuzzer starts from, in bytes: larger ones make it slow.
const largestSeed = 16 << 10

// Seeds gives the small files of the hostile collection that have one of the extensions, none where the
// collection is not beside the repository: a fuzzer runs without it too.
func Seeds(t testing.TB, extensions ...string) []string {
	t.Helper()
	var seeds []string
	root := filepath.Join(Root(t), "..", "shared", "data", "hostile")
	// What cannot be walked or read is no seed.
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !slices.Contains(extensions, strings.ToLower(filepath.Ext(path))) {
			return nil
		}
		if info, err := d.Info(); err != nil || info.Size() > largestSeed {
			return nil
		}
		if data, err := os.ReadFile(path); err == nil {
			seeds = append(seeds, string(data))
		}
		return nil
	})
	return seeds
}
