package postgres_test

import (
	"sync"
	"testing"

	testdb "rapporteur/internal/testkit/postgres"
	"rapporteur/qa"
	"rapporteur/store/postgres"
)

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	dsn := testdb.Database(t)
	s := open(t, dsn)
	if _, err := s.Pool().Exec(t.Context(), "INSERT INTO schema_versions (version, name) VALUES (9999, 'future')"); err != nil {
		t.Fatal(err)
	}
	_, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	if qa.KindOf(err) != qa.Conflict || qa.CodeOf(err) != "newer_schema" {
		t.Errorf("opened a newer library: %v, want newer_schema", err)
	}
}

// TestManyOpenTogether starts processes on an empty database at once: one makes the schema, the others find it.
func TestManyOpenTogether(t *testing.T) {
	t.Parallel()
	dsn := testdb.Database(t)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			s, err := postgres.Open(t.Context(), dsn, postgres.Options{MaxConns: 2})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := open(t, dsn).Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dsn := testdb.Database(t)
	for address, code := range map[string]string{
		"postgres://postgres@127.0.0.1:1/none": "store_down",
		"postgres://%zz":                       "database_refused",
		dsn + "_missing":                       "database_refused",
	} {
		s, err := postgres.Open(t.Context(), address, postgres.Options{})
		if qa.CodeOf(err) != code {
			t.Errorf("%s: %v, want %s", address, err, code)
		}
		if err == nil {
			s.Close()
		}
	}
}
