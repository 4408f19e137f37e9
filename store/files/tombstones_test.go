package files_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"rapporteur/qa"
	"rapporteur/store/files"
)

func TestTombstones(t *testing.T) {
	t.Parallel()
	s, root := newStore(t)
	if list, err := s.Buried(t.Context()); err != nil || len(list) > 0 {
		t.Fatalf("buried before any removal: %v, %v", list, err)
	}
	at := time.Date(2026, 5, 4, 3, 2, 1, 6000, time.UTC)
	want := []qa.Tombstone{{Document: "../../d1", At: at}, {Document: "d2", At: at.Add(time.Hour)}}
	for range 2 { // once more changes nothing
		if err := s.Bury(t.Context(), want...); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Bury(t.Context(), qa.Tombstone{Document: "d2", At: at.Add(9 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	hash := put(t, s, "bonjour")
	err := s.Sweep(t.Context(), func(_ context.Context, _ string, remove func() error) error { return remove() })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read(s, hash); err == nil {
		t.Error("an original outlived a sweep that drops all")
	}
	again, err := files.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	got, err := again.Buried(t.Context())
	slices.SortFunc(got, func(a, b qa.Tombstone) int { return a.At.Compare(b.At) })
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("buried %v, %v; want %v", got, err, want)
	}
	entries, err := os.ReadDir(filepath.Join(root, "removed"))
	if err != nil || len(entries) != 2 {
		t.Fatal(entries, err)
	}
	if err := os.WriteFile(filepath.Join(root, "removed", entries[0].Name()), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Buried(t.Context()); qa.CodeOf(err) != "tombstone_damaged" {
		t.Errorf("a damaged tombstone: %v", err)
	}
}
