// Package postgres gives tests a real PostgreSQL with pgvector: a database of their own on the server that
// .ci/postgres started, or a whole server that they may stop, kill and look into.
package postgres

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Database makes an empty database and gives its DSN; it is dropped when the test ends. Without the
// variable RAPPORTEUR_TEST_DSN the test fails in CI and is skipped elsewhere.
func Database(t testing.TB) string {
	t.Helper()
	server := os.Getenv("RAPPORTEUR_TEST_DSN")
	if server == "" {
		missing(t, "RAPPORTEUR_TEST_DSN names no PostgreSQL with pgvector: eval \"$(.ci/postgres)\" starts one")
	}
	name := "rapporteur_test_" + strings.ToLower(rand.Text())
	run(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { run(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	return inDatabase(t, server, name)
}

func missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	t.Skip("skipped: " + why)
}

// inDatabase gives the DSN of another database of the same server.
func inDatabase(t testing.TB, dsn, name string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatalf("RAPPORTEUR_TEST_DSN is no address: %v", err)
	}
	u.Path = "/" + name
	return u.String()
}

// run sends one statement. The test's own context may have ended: it is used in cleanups.
func run(t testing.TB, dsn, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatalf("connecting to PostgreSQL: %v", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
