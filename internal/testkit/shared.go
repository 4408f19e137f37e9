// Package testkit holds what several packages' tests need: the place of the shared data and small samples.
package testkit

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Root is the folder of the repository.
func Root(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("testkit: the place of the source files is unknown")
	}
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// Shared gives the path of a file or folder of the data that stands beside the repository
// (../shared). Where it is missing the test fails in CI and is skipped elsewhere.
func Shared(t testing.TB, path string) string {
	t.Helper()
	p := filepath.Join(Root(t), "..", "shared", filepath.FromSlash(path))
	if _, err := os.Stat(p); err == nil {
		return p
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("../shared/%s is missing, and CI needs it", path)
	}
	t.Skipf("skipped: ../shared/%s is not on this machine", path)
	return ""
}
