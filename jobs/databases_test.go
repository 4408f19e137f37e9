package jobs_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	testdb "rapporteur/internal/testkit/postgres"
	"rapporteur/jobs"
	"rapporteur/qa"
	"rapporteur/store/sqlite"
)

// runner is a jobs.Runner of either database.
type runner interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	Cancel(ctx context.Context, id qa.VersionID) error
	// in enqueues work in one transaction, which is rolled back when asked.
	in(ctx context.Context, rollback bool, list ...qa.Work) error
}

// database is one of those that a queue lives in.
type database interface {
	runner(t testing.TB, a jobs.Advancer, o jobs.Options) runner
	exec(t testing.TB, query string, args ...any)
	// scan reads the first row of a query.
	scan(t testing.TB, query string, targets ...any)
	// address is how another process opens it.
	address() string
	// now is the time in words of its own, so many seconds away.
	now(seconds string) string
}

// each runs a test on both databases.
func each(t *testing.T, test func(t *testing.T, db database)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, openSQLite(t, filepath.Join(t.TempDir(), "library.db")))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, openPostgres(t, testdb.Database(t)))
	})
}

type onSQLite struct {
	db   *sql.DB
	path string
}

func openSQLite(t testing.TB, path string) onSQLite {
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
	return onSQLite{s.Writer(), path}
}

func (d onSQLite) runner(t testing.TB, a jobs.Advancer, o jobs.Options) runner {
	t.Helper()
	r, err := jobs.NewSQLite(t.Context(), d.db, a, o)
	if err != nil {
		t.Fatal(err)
	}
	return sqliteRunner{r, d.db}
}

func (d onSQLite) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := d.db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func (d onSQLite) scan(t testing.TB, query string, targets ...any) {
	t.Helper()
	if err := d.db.QueryRowContext(t.Context(), query).Scan(targets...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func (d onSQLite) address() string         { return d.path }
func (onSQLite) now(seconds string) string { return "datetime('now', '" + seconds + " seconds')" }

type sqliteRunner struct {
	*jobs.Runner[*sql.Tx]
	db *sql.DB
}

func (r sqliteRunner) in(ctx context.Context, rollback bool, list ...qa.Work) error {
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, w := range list {
		if err := r.Enqueue(ctx, tx, w); err != nil {
			return err
		}
	}
	if rollback {
		return nil
	}
	return tx.Commit()
}

type onPostgres struct {
	pool *pgxpool.Pool
	dsn  string
}

func openPostgres(t testing.TB, dsn string) onPostgres {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return onPostgres{pool, dsn}
}

func (d onPostgres) runner(t testing.TB, a jobs.Advancer, o jobs.Options) runner {
	t.Helper()
	r, err := jobs.NewPostgres(t.Context(), d.pool, a, o)
	if err != nil {
		t.Fatal(err)
	}
	return postgresRunner{r, d.pool}
}

func (d onPostgres) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := d.pool.Exec(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func (d onPostgres) scan(t testing.TB, query string, targets ...any) {
	t.Helper()
	if err := d.pool.QueryRow(t.Context(), query).Scan(targets...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func (d onPostgres) address() string         { return d.dsn }
func (onPostgres) now(seconds string) string { return "now() + interval '" + seconds + " seconds'" }

type postgresRunner struct {
	*jobs.Runner[pgx.Tx]
	pool *pgxpool.Pool
}

func (r postgresRunner) in(ctx context.Context, rollback bool, list ...qa.Work) error {
	tx, err := r.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx)
	for _, w := range list {
		if err := r.Enqueue(ctx, tx, w); err != nil {
			return err
		}
	}
	if rollback {
		return nil
	}
	return tx.Commit(ctx)
}
