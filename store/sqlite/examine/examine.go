// Package examine looks at a library in an SQLite file as an administrator does: whether its settings keep what was
// acknowledged, whether its parts fit together, and whether removed documents left anything.
package examine

import (
	"context"
	"database/sql"
	"errors"

	"rapporteur/qa"
)

// counted is a number that should be zero, with the code of what it counts.
type counted struct{ code, query string }

// Health looks at the settings of the writing connection and at parts that lack their other half.
func Health(ctx context.Context, db *sql.DB) ([]qa.Finding, error) {
	var out []qa.Finding
	safe := true
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "secure_delete": "1", "foreign_keys": "1"} {
		var got string
		if err := db.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil {
			return nil, err
		}
		if got != want {
			safe = false
			out = append(out, qa.Finding{Code: "check_setting_bad", Args: []any{pragma, got, want}, Bad: true})
		}
	}
	if safe {
		out = append(out, qa.Finding{Code: "check_settings"})
	}
	var version string
	var schema int
	err := db.QueryRowContext(ctx, "SELECT sqlite_version(), (SELECT max(version) FROM schema_versions)").Scan(&version, &schema)
	if err != nil {
		return nil, err
	}
	out = append(out, qa.Finding{Code: "check_versions", Args: []any{"SQLite " + version, schema}})
	halves, err := zero(ctx, db, "check_parts", []counted{
		{"check_live_bad", `SELECT count(*) FROM versions v WHERE v.state = 'live'
			AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.live = v.seq AND d.seq = v.document)`},
		{"check_text_bad", `SELECT count(*) FROM versions v WHERE v.state IN ('extracted', 'live', 'superseded')
			AND NOT EXISTS (SELECT 1 FROM texts t WHERE t.version = v.seq AND t.content != '')`},
		{"check_chunks_bad", `SELECT count(*) FROM versions v WHERE v.chunks != (SELECT count(*) FROM chunks c WHERE c.version = v.seq AND c.text != '')`},
		{"check_vectors_bad", `SELECT count(*) FROM chunk_vectors x WHERE length(x.vector) > 0
			AND NOT EXISTS (SELECT 1 FROM chunks c WHERE c.id = x.chunk AND c.text != '')`},
	})
	return append(out, halves...), err
}

// zero runs queries that should give 0: one finding for each that does not, else the one that all is well.
func zero(ctx context.Context, db *sql.DB, well string, list []counted) ([]qa.Finding, error) {
	var out []qa.Finding
	for _, c := range list {
		var n int64
		if err := db.QueryRowContext(ctx, c.query).Scan(&n); err != nil {
			return nil, err
		}
		if n > 0 {
			out = append(out, qa.Finding{Code: c.code, Args: []any{n}, Bad: true})
		}
	}
	if len(out) == 0 {
		out = append(out, qa.Finding{Code: well})
	}
	return out, nil
}

// Residue looks for what removed documents left: rows that name them, words and vectors in rows of nobody, and a
// log that was not emptied.
func Residue(ctx context.Context, db *sql.DB) ([]qa.Finding, error) {
	var removed int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM changes WHERE kind = 'removed'").Scan(&removed); err != nil {
		return nil, err
	}
	out := []qa.Finding{{Code: "erase_tombstones", Args: []any{removed}}}
	rows, err := zero(ctx, db, "erase_rows", []counted{
		{"erase_rows_bad", `SELECT count(*) FROM documents WHERE id IN (SELECT document FROM changes WHERE kind = 'removed')`},
		{"erase_rows_bad", `SELECT count(*) FROM changes WHERE kind != 'removed' AND document IN (SELECT document FROM changes WHERE kind = 'removed')`},
		{"erase_names_bad", `SELECT count(*) FROM names WHERE source || title || shown || etag || modified != ''
			AND id NOT IN (SELECT name FROM versions UNION SELECT name FROM documents)`},
		{"erase_texts_bad", "SELECT count(*) FROM texts WHERE content || title || name || blocks != '' AND version NOT IN (SELECT seq FROM versions)"},
		{"erase_texts_bad", "SELECT count(*) FROM chunks WHERE text || section || blocks || header != '' AND version NOT IN (SELECT seq FROM versions)"},
		{"erase_texts_bad", "SELECT count(*) FROM readings WHERE report != '' AND version NOT IN (SELECT seq FROM versions)"},
		{"erase_rows_bad", "SELECT count(*) FROM turn_documents WHERE document IN (SELECT document FROM changes WHERE kind = 'removed')"},
		{"erase_texts_bad", "SELECT count(*) FROM questions WHERE text != '' AND conversation NOT IN (SELECT seq FROM conversations)"},
		{"erase_texts_bad", "SELECT count(*) FROM turns WHERE answer != '' AND conversation NOT IN (SELECT seq FROM conversations)"},
		{"erase_rows_bad", "SELECT count(*) FROM feedback_documents WHERE document IN (SELECT document FROM changes WHERE kind = 'removed')"},
		{"erase_texts_bad", "SELECT count(*) FROM feedback_words WHERE words != '' AND feedback NOT IN (SELECT seq FROM feedback)"},
		{"erase_vectors_bad", "SELECT count(*) FROM chunk_vectors WHERE length(vector) > 0 AND chunk NOT IN (SELECT id FROM chunks WHERE text != '')"},
		{"erase_vectors_bad", "SELECT count(*) FROM sentence_vectors WHERE length(vector) > 0 AND chunk NOT IN (SELECT id FROM chunks WHERE text != '')"},
	})
	if err != nil {
		return nil, err
	}
	out = append(out, rows...)
	var busy, log, moved sql.NullInt64
	err = db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if busy.Int64 != 0 {
		return append(out, qa.Finding{Code: "erase_log_busy", Bad: true}), nil
	}
	return append(out, qa.Finding{Code: "erase_log"}), nil
}
