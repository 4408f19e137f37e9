// Package migrations brings the schema of a library in PostgreSQL to its newest step: NNNN_name.sql, with the numbers
// and names of those of SQLite.
package migrations

import (
	"context"
	"embed"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rapporteur/qa"
	"rapporteur/store/schema"
)

//go:embed *.sql
var scripts embed.FS

const (
	// oldestServer is the first PostgreSQL that the schema was made for, as server_version_num.
	oldestServer = 140000
	// oldestVector is the first pgvector with iterative scans: a filtered search loses hits without them.
	oldestVector = "0.8.0"
	// migrateTimeout is how long a process waits for another one that migrates, and its own work may take.
	migrateTimeout = time.Minute
)

// Lock is the number of the advisory lock of who makes or changes tables.
const Lock = 7_240_100_001

// Run makes the tables of a library, or brings them to their newest step, on a connection of its own. Processes that
// start together wait for each other: one does the work, the others find it done. Conflict newer_schema when a newer
// program did it; Unavailable pgvector_missing, pgvector_old, postgres_old; else the errors of the driver.
func Run(ctx context.Context, config *pgx.ConnConfig) error {
	ctx, cancel := context.WithTimeout(ctx, migrateTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, config.Copy())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := oldEnough(ctx, conn); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(Lock)); err != nil {
		return err
	}
	if err := extension(ctx, conn); err != nil {
		return err
	}
	all, err := schema.Steps(scripts, ".")
	if err != nil {
		return err
	}
	for done := false; !done; {
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) (err error) {
			done, err = step(ctx, tx, all)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func oldEnough(ctx context.Context, conn *pgx.Conn) error {
	var version int
	if err := conn.QueryRow(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return err
	}
	if version < oldestServer {
		return qa.E(qa.Unavailable, "postgres_old", oldestServer/10000)
	}
	return nil
}

// extension makes sure that pgvector is there and new enough.
func extension(ctx context.Context, conn *pgx.Conn) error {
	var known, recent bool
	err := conn.QueryRow(ctx, `SELECT count(*) > 0, coalesce(bool_and(string_to_array(regexp_replace(extversion, '[^0-9.].*', ''), '.')::int[]
		>= string_to_array($1, '.')::int[]), false) FROM pg_extension WHERE extname = 'vector'`, oldestVector).Scan(&known, &recent)
	if err != nil {
		return err
	}
	if !known {
		if _, err := conn.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS vector"); err != nil {
			return qa.E(qa.Unavailable, "pgvector_missing").Because(err)
		}
		return extension(ctx, conn)
	}
	if !recent {
		return qa.E(qa.Unavailable, "pgvector_old", oldestVector)
	}
	return nil
}

// step runs the first step that is missing, or says that none is.
func step(ctx context.Context, tx pgx.Tx, all []schema.Step) (done bool, err error) {
	_, err = tx.Exec(ctx, `CREATE TABLE IF NOT EXISTS schema_versions (
		version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`)
	if err != nil {
		return false, err
	}
	var at int
	if err := tx.QueryRow(ctx, "SELECT coalesce(max(version), 0) FROM schema_versions").Scan(&at); err != nil {
		return false, err
	}
	if at > len(all) {
		return false, qa.E(qa.Conflict, "newer_schema")
	}
	if at == len(all) {
		return true, nil
	}
	m := all[at]
	if _, err := tx.Exec(ctx, m.Script); err != nil {
		return false, fmt.Errorf("migration %s: %w", m.Name, err)
	}
	_, err = tx.Exec(ctx, "INSERT INTO schema_versions (version, name) VALUES ($1, $2)", m.Version, m.Name)
	return false, err
}
