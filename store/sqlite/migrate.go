package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"time"

	"rapporteur/qa"
	"rapporteur/store/schema"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema to the newest step, each in a transaction of its own. Two processes may
// call it together: one does the work, the other waits and finds it done.
func migrate(ctx context.Context, db *sql.DB, now time.Time) error {
	all, err := schema.Steps(migrations, "migrations")
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
func step(ctx context.Context, db *sql.DB, all []schema.Step, now time.Time) (done bool, err error) {
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
	if _, err := tx.ExecContext(ctx, m.Script); err != nil {
		return false, fmt.Errorf("migration %s: %w", m.Name, err)
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO schema_versions (version, name, applied_at) VALUES (?, ?, ?)", m.Version, m.Name, micros(now))
	if err != nil {
		return false, err
	}
	return false, tx.Commit()
}
