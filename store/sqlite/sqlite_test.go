package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rapporteur/qa"
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

// suite is a store as the suite asks for it: with vectors behind an interface.
type suite struct{ *sqlite.Store }

func (s suite) UseEncoder(ctx context.Context, e qa.Encoder) (storetest.Vectors, error) {
	return s.Store.UseEncoder(ctx, e)
}

func (s suite) Rebuild(ctx context.Context, e qa.Encoder) (storetest.Vectors, error) {
	return s.Store.Rebuild(ctx, e)
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB, now func() time.Time) storetest.Store {
		s := open(t, filepath.Join(t.TempDir(), "library.db"))
		s.Now = now
		return suite{s}
	})
}

func BenchmarkConversations(b *testing.B) {
	path := filepath.Join(b.TempDir(), "library.db")
	storetest.BenchmarkConversations(b, func(t testing.TB, now func() time.Time) storetest.Store {
		s := open(t, path)
		s.Now = now
		return suite{s}
	})
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("file of 50,000 turns and more: %.1f MB", float64(info.Size())/1e6)
}
