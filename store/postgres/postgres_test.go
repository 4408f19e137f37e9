package postgres_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	testdb "rapporteur/internal/testkit/postgres"
	"rapporteur/qa"
	"rapporteur/store/postgres"
	"rapporteur/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, dsn string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), dsn, postgres.Options{})
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
type suite struct{ *postgres.Store }

func (s suite) UseEncoder(ctx context.Context, e qa.Encoder) (storetest.Vectors, error) {
	return s.Store.UseEncoder(ctx, e)
}

func (s suite) Rebuild(ctx context.Context, e qa.Encoder) (storetest.Vectors, error) {
	return s.Store.Rebuild(ctx, e)
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB, now func() time.Time) storetest.Store {
		s := open(t, testdb.Database(t))
		s.Now = now
		return suite{s}
	})
}

func BenchmarkConversations(b *testing.B) {
	storetest.BenchmarkConversations(b, func(t testing.TB, now func() time.Time) storetest.Store {
		s := open(t, testdb.Database(t))
		s.Now = now
		t.Cleanup(func() {
			var turns, all int64
			err := s.Pool().QueryRow(context.WithoutCancel(t.Context()), "SELECT (SELECT count(*) FROM turns), pg_total_relation_size('turns')").Scan(&turns, &all)
			t.Logf("table of %d turns with its indexes: %.1f MB, %v", turns, float64(all)/1e6, err)
		})
		return suite{s}
	})
}
