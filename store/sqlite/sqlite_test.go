package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"rapporteur/store/sqlite"
	"rapporteur/store/storetest"
)

func open(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB, now func() time.Time) storetest.Store {
		s := open(t, filepath.Join(t.TempDir(), "library.db"))
		s.Now = now
		return s
	})
}
