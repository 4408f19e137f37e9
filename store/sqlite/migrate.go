package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"rapporteur/qa"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migration is one step of the schema: the file NNNN_name.sql.
type migration struct {
	version int
	name    string
	script  string
}

// steps reads the embedded migrations, which must be numbered 1, 2, 3, …
func steps() ([]migration, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	var out []migration
	for i, file := range names {
		name := strings.TrimSuffix(strings.TrimPrefix(file, "migrations/"), ".sql")
		number, _, _ := strings.Cut(name, "_")
		n, err := strconv.Atoi(number)
		if err != nil || n != i+1 {
			return nil, fmt.Errorf("migration %s is not number %d", file, i+1)
		}
		script, err := migrations.ReadFile(file)
		if err != nil {
			return nil, err
		}
		out = append(out, migration{version: n, name: name, script: string(script)})
	}
	return out, nil
}

// migrate brings the schema to the newest step, each in a transaction of its own. Two processes may
// call it together: one does the work, the other waits and finds it done.
func migrate(ctx context.Context, db *sql.DB, now time.Time) error {
	all, err := steps()
	if err != nil {
		return err
	}
	for {
		done, err := step(ctx, db, all, now)
		if err != nil || done {
			return err
		}
	}
}

// step runs the first step that is missing, or says that none is.
func step(ctx context.Context, db *sql.DB, all []migration, now time.Time) (done bool, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	_, err = tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS schema_versions (
		version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL)`)
	if err != nil {
		return false, err
	}
	var at int
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM schema_versions").Scan(&at); err != nil {
		return false, err
	}
	if at > len(all) {
		return false, qa.E(qa.Conflict, "newer_schema")
	}
	if at == len(all) {
		return true, tx.Commit()
	}
	m := all[at]
	if _, err := tx.ExecContext(ctx, m.script); err != nil {
		return false, fmt.Errorf("migration %s: %w", m.name, err)
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO schema_versions (version, name, applied_at) VALUES (?, ?, ?)", m.version, m.name, micros(now))
	if err != nil {
		return false, err
	}
	return false, tx.Commit()
}
