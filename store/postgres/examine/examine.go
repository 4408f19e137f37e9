// Package examine looks at a library in PostgreSQL as an administrator does: whether the server's settings keep
// what was acknowledged, whether the parts of the library fit together, and whether removed documents left anything
// that can be seen from here.
package examine

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rapporteur/qa"
)

// clockDrift is by how much the clocks of this machine and of the server may differ without doubt about which of two
// versions is the newer one.
const clockDrift = 2 * time.Second

// Health looks at the settings of the server and at parts that lack their other half. connections is how many this
// process may open.
func Health(ctx context.Context, db *pgxpool.Pool, connections int) ([]qa.Finding, error) {
	var out []qa.Finding
	for _, look := range []func(context.Context, *pgxpool.Pool) ([]qa.Finding, error){
		versions, durability, func(ctx context.Context, db *pgxpool.Pool) ([]qa.Finding, error) { return room(ctx, db, connections) }, vectors,
	} {
		more, err := look(ctx, db)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

func versions(ctx context.Context, db *pgxpool.Pool) ([]qa.Finding, error) {
	var server, vector string
	var schema int
	var drift float64
	err := db.QueryRow(ctx, `SELECT current_setting('server_version'), (SELECT extversion FROM pg_extension WHERE extname = 'vector'),
		(SELECT max(version) FROM schema_versions)`).Scan(&server, &vector, &schema)
	if err != nil {
		return nil, err
	}
	out := []qa.Finding{{Code: "check_versions", Args: []any{"PostgreSQL " + server + ", pgvector " + vector, schema}}}
	// Times of versions come from the processes, those of the queue from the server.
	err = db.QueryRow(ctx, "SELECT abs(extract(epoch FROM clock_timestamp() - $1::timestamptz))::float8", time.Now()).Scan(&drift)
	if err == nil && drift > clockDrift.Seconds() {
		out = append(out, qa.Finding{Code: "check_clock_bad", Args: []any{int(drift)}, Bad: true})
	}
	return out, err
}

// durability looks at what a commit means on this server.
func durability(ctx context.Context, db *pgxpool.Pool) ([]qa.Finding, error) {
	var out []qa.Finding
	for _, s := range []struct{ name, bad, want string }{
		{"fsync", "off", "on"}, {"full_page_writes", "off", "on"}, {"synchronous_commit", "off", "on"},
	} {
		var got string
		if err := db.QueryRow(ctx, "SELECT current_setting($1)", s.name).Scan(&got); err != nil {
			return nil, err
		}
		if got == s.bad {
			out = append(out, qa.Finding{Code: "check_setting_bad", Args: []any{s.name, got, s.want}, Bad: true})
		}
	}
	if len(out) == 0 {
		out = append(out, qa.Finding{Code: "check_settings"})
	}
	return out, nil
}

// room looks at whether the server has the connections and the memory that this program asks of it.
func room(ctx context.Context, db *pgxpool.Pool, connections int) ([]qa.Finding, error) {
	var most, used int
	var buffers, index int64
	err := db.QueryRow(ctx, `SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
		(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
		pg_size_bytes(current_setting('shared_buffers')),
		coalesce((SELECT sum(pg_relation_size(indexrelid)) FROM pg_stat_user_indexes WHERE indexrelname LIKE 'chunk\_vectors\_%\_hnsw'), 0)::bigint`).
		Scan(&most, &used, &buffers, &index)
	if err != nil {
		return nil, err
	}
	connected := qa.Finding{Code: "check_connections", Args: []any{used, most, connections}}
	if most < 2*connections {
		connected = qa.Finding{Code: "check_connections_bad", Args: []any{most, connections, 2 * connections}, Bad: true}
	}
	out := []qa.Finding{connected}
	const mb = 1 << 20
	if index > buffers {
		out = append(out, qa.Finding{Code: "check_buffers_bad", Args: []any{buffers / mb, index / mb}, Bad: true})
	}
	return out, nil
}

// vectors looks at the tables and indexes of the vectors.
func vectors(ctx context.Context, db *pgxpool.Pool) ([]qa.Finding, error) {
	var breadth, useless, indexes int
	err := db.QueryRow(ctx, `SELECT current_setting('hnsw.ef_search')::int,
		count(*) FILTER (WHERE NOT i.indisvalid), count(*) FILTER (WHERE i.indisvalid)
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname LIKE 'chunk\_vectors\_%\_hnsw' AND c.relnamespace = current_schema()::regnamespace`).
		Scan(&breadth, &useless, &indexes)
	if err != nil {
		return nil, err
	}
	if useless > 0 {
		return []qa.Finding{{Code: "check_index_bad", Bad: true}}, nil
	}
	if indexes == 0 {
		return []qa.Finding{{Code: "check_index_none"}}, nil
	}
	return []qa.Finding{{Code: "check_index", Args: []any{breadth}}}, nil
}

// Residue looks for what removed documents left: rows that name them, rows of nobody, tables that were not written
// anew since, samples of the planner, and settings that let words leave the library for good.
func Residue(ctx context.Context, db *pgxpool.Pool) ([]qa.Finding, error) {
	var removed int
	if err := db.QueryRow(ctx, "SELECT count(*) FROM changes WHERE kind = 'removed'").Scan(&removed); err != nil {
		return nil, err
	}
	out := []qa.Finding{{Code: "erase_tombstones", Args: []any{removed}}}
	clean := true
	for _, c := range []struct{ code, query string }{
		{"erase_rows_bad", "SELECT count(*) FROM documents WHERE id IN (SELECT document FROM changes WHERE kind = 'removed')"},
		{"erase_rows_bad", "SELECT count(*) FROM changes WHERE kind <> 'removed' AND document IN (SELECT document FROM changes WHERE kind = 'removed')"},
		{"erase_rows_bad", "SELECT count(*) FROM turn_documents WHERE document IN (SELECT document FROM changes WHERE kind = 'removed')"},
		{"erase_rows_bad", "SELECT count(*) FROM feedback_documents WHERE document IN (SELECT document FROM changes WHERE kind = 'removed')"},
		{"erase_names_bad", "SELECT count(*) FROM names WHERE id NOT IN (SELECT name FROM versions UNION SELECT name FROM documents)"},
		{"erase_samples_bad", `SELECT count(*) FROM pg_stats WHERE schemaname = current_schema() AND (most_common_vals IS NOT NULL OR histogram_bounds IS NOT NULL)
			AND (tablename, attname) IN (VALUES ('names', 'source'), ('names', 'title'), ('names', 'shown'), ('texts', 'name'), ('texts', 'title'),
			('texts', 'content'), ('chunks', 'section'), ('chunks', 'text'), ('chunks', 'header'), ('readings', 'report'), ('questions', 'text'), ('turns', 'answer'), ('feedback', 'words'))`},
	} {
		var n int64
		if err := db.QueryRow(ctx, c.query).Scan(&n); err != nil {
			return nil, err
		}
		if n > 0 {
			clean = false
			out = append(out, qa.Finding{Code: c.code, Args: []any{n}, Bad: true})
		}
	}
	if clean {
		out = append(out, qa.Finding{Code: "erase_rows"})
	}
	away, err := beyond(ctx, db)
	return append(out, away...), err
}

// beyond looks at the ways by which words leave the library for places that it cannot look into.
func beyond(ctx context.Context, db *pgxpool.Pool) ([]qa.Finding, error) {
	var replicas, slots int
	var archive, statements, duration, parameters string
	err := db.QueryRow(ctx, `SELECT (SELECT count(*) FROM pg_stat_replication), (SELECT count(*) FROM pg_replication_slots),
		current_setting('archive_mode'), current_setting('log_statement'), current_setting('log_min_duration_statement'),
		current_setting('log_parameter_max_length')`).Scan(&replicas, &slots, &archive, &statements, &duration, &parameters)
	if err != nil {
		return nil, err
	}
	var out []qa.Finding
	if replicas+slots > 0 {
		out = append(out, qa.Finding{Code: "erase_replicas", Args: []any{replicas, slots}})
	}
	if archive != "off" {
		out = append(out, qa.Finding{Code: "erase_archive"})
	}
	slow, err := strconv.Atoi(stripUnit(duration))
	if err != nil {
		return nil, fmt.Errorf("log_min_duration_statement: %w", err)
	}
	if (statements != "none" && statements != "ddl" || slow >= 0) && parameters != "0" {
		out = append(out, qa.Finding{Code: "erase_server_log", Args: []any{statements, duration}, Bad: true})
	}
	return out, nil
}

// stripUnit gives the number of a setting such as « 250ms ».
func stripUnit(setting string) string {
	for i, r := range setting {
		if (r < '0' || r > '9') && (r != '-' || i > 0) {
			return setting[:i]
		}
	}
	return setting
}
