package sqlite

import (
	"context"
	"database/sql"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"rapporteur/qa"
	"rapporteur/store/schema"
)

// older makes a library as it was before there were reports, with one document of two pages.
func older(t *testing.T, path string) {
	t.Helper()
	all, err := schema.Steps(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", dsn(path, "immediate"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := step(t.Context(), db, all[:1], time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{
		"INSERT INTO names (id, source, title, shown) VALUES (1, 'a.pdf', '', 'a.pdf')",
		"INSERT INTO documents (seq, id, collection, source_key, name, live, created_at, updated_at) VALUES (1, 'd', 'c', 'k', 1, 1, 1, 1)",
		`INSERT INTO versions (seq, id, document, hash, size, media_type, name, state, pages, pages_without_text, chunks, created_at)
			VALUES (1, 'v', 1, 'h', 9, 'application/pdf', 1, 'live', 2, '[2]', 1, 1)`,
		`INSERT INTO texts (version, name, title, language, pages, blocks, content)
			VALUES (1, 'A', '', 'fr', '[{"s":0,"e":5,"n":1},{"s":5,"e":5,"n":2}]', '[{"s":0,"e":5,"k":"paragraph"}]', 'été')`,
		`INSERT INTO chunks (version, ordinal, start, stop, pages, section, text) VALUES (1, 0, 0, 5, '[{"s":0,"e":5,"n":1}]', '[]', 'été')`,
	} {
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOlderLibrary: what was stored before there were reports is still read, and its report says what
// its text tells.
func TestOlderLibrary(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "library.db")
	older(t, path)
	s, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	chunks, err := s.Chunks(t.Context(), "v")
	if err != nil || len(chunks) != 1 || chunks[0].Text != "été" || chunks[0].Blocks != nil || chunks[0].Header != "" {
		t.Errorf("chunks %+v, %v", chunks, err)
	}
	got, err := s.Reading(t.Context(), qa.Scope{Everything: true}, "v")
	want := qa.Reading{Pages: []qa.PageReading{{Number: 1, Characters: 3}, {Number: 2, Unread: "no_text"}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("report %+v, %v; want %+v", got, err, want)
	}
}
