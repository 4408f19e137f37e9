package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"rapporteur/qa"
	"rapporteur/store/sqlite"
)

func TestOpenOddPaths(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"library.db", "avec espace.db", "été.db", "100%.db", "a%20b.db", "quoi?mode=memory.db", "a#b.db", "a&_pragma=x.db", "sub/folder/library.db"} {
		path := filepath.Join(t.TempDir(), filepath.FromSlash(name))
		open(t, path)
		info, err := os.Stat(path)
		if err != nil || info.Size() == 0 {
			t.Errorf("%q: %v; want a file of that name that is not empty", name, err)
			continue
		}
		if runtime.GOOS == "windows" {
			continue
		}
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if info, err := os.Stat(path + suffix); err == nil && info.Mode().Perm() != 0o600 {
				t.Errorf("%q%s can be read by others: %v", name, suffix, info.Mode())
			}
		}
	}
}

func TestDurableSettings(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "library.db"))
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1", "busy_timeout": "5000"} {
		var got string
		if err := s.Writer().QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", pragma, got, err, want)
		}
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "library.db")
	s := open(t, path)
	if _, err := s.Writer().ExecContext(t.Context(), "INSERT INTO schema_versions (version, name, applied_at) VALUES (9999, 'future', 0)"); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.Open(t.Context(), path)
	if qa.KindOf(err) != qa.Conflict || qa.CodeOf(err) != "newer_schema" {
		t.Errorf("opened a newer library: %v, want newer_schema", err)
	}
}

func TestManyOpenTogether(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "library.db")
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			s, err := sqlite.Open(t.Context(), path)
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
	s := open(t, path)
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func upload(s *sqlite.Store, source, hash string) (qa.Receipt, error) {
	v := qa.Version{ID: qa.VersionID("v-" + source), Document: qa.DocumentID("d-" + source), Hash: hash, CreatedAt: time.Now()}
	return s.CreateVersion(context.Background(), qa.Upload{Collection: "c", Source: source}, v, func() error { return nil })
}

func TestHookIsPartOfTheUpload(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "library.db"))
	boom := errors.New("boom")
	fail := true
	var hooked []qa.VersionID
	s.OnCreate(func(ctx context.Context, tx *sql.Tx, w qa.Work) error {
		hooked = append(hooked, w.Version)
		if fail {
			return boom
		}
		var n int
		return tx.QueryRowContext(ctx, "SELECT 1 FROM versions WHERE id = ?", w.Version).Scan(&n)
	})
	if _, err := upload(s, "a", "h"); !errors.Is(err, boom) {
		t.Errorf("upload without its job: %v", err)
	}
	if _, _, err := s.Version(t.Context(), "v-a"); qa.CodeOf(err) != "version_unknown" {
		t.Errorf("version without a job: %v", err)
	}
	fail = false
	for range 2 {
		if _, err := upload(s, "a", "h"); err != nil {
			t.Fatal(err)
		}
	}
	if len(hooked) != 2 {
		t.Errorf("hook ran for %v; want the failed and the new version, not the unchanged one", hooked)
	}
}

// TestLockedByAnotherProcess holds the write lock from outside: reading goes on, writing says so in
// time and works again afterwards.
func TestLockedByAnotherProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "library.db")
	s := open(t, path)
	other := open(t, path)
	tx, err := other.Writer().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Collections(t.Context(), qa.Scope{Everything: true}); err != nil {
		t.Errorf("reading while another process writes: %v", err)
	}
	if _, err := upload(s, "a", "h"); qa.KindOf(err) != qa.Unavailable || qa.CodeOf(err) != "store_busy" {
		t.Errorf("writing while another process writes: %v, want store_busy", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if _, err := upload(s, "a", "h"); err != nil {
		t.Errorf("writing afterwards: %v", err)
	}
}

func TestDamagedFileIsTold(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "library.db")
	if err := os.WriteFile(path, []byte("this is no database, but it is long enough to be taken for one by its first page, or so one hopes"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), path); qa.CodeOf(err) != "database_damaged" {
		t.Errorf("opened a damaged file: %v, want database_damaged", err)
	}
}

func TestFullDiskIsTold(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "library.db"))
	r, err := upload(s, "a", "h")
	if err != nil {
		t.Fatal(err)
	}
	var pages int
	if err := s.Writer().QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Writer().ExecContext(t.Context(), "PRAGMA max_page_count = 40"); err != nil {
		t.Fatal(err)
	}
	text := qa.Text{Content: string(make([]byte, 1<<20))}
	if err := s.SaveChunks(t.Context(), r.Version, text, nil); qa.KindOf(err) != qa.NoSpace || qa.CodeOf(err) != "disk_full" {
		t.Errorf("saving to a full file of %d pages: %v, want disk_full", pages, err)
	}
	if _, v, err := s.Version(t.Context(), r.Version.ID); err != nil || v.State != qa.StateQueued || v.Rev != r.Version.Rev {
		t.Errorf("after the failure: %+v, %v; want it unchanged", v, err)
	}
}

// TestOriginsOfBefore: of documents that an earlier program took, nobody knows where they came from: no folder owns
// them.
func TestOriginsOfBefore(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "library.db")
	s := open(t, path)
	v := qa.Version{ID: "v", Document: "d", Hash: "h", Size: 1, MediaType: "text/plain", CreatedAt: time.Now()}
	if _, err := s.CreateVersion(ctx, qa.Upload{Collection: "c", Source: "a", Origin: "A"}, v, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{"DROP TABLE origins", "DROP TABLE conversations", "DROP TABLE questions", "DROP TABLE turns", "DROP TABLE turn_documents",
		"DROP TABLE feedback", "DROP TABLE feedback_words", "DROP TABLE feedback_documents", "ALTER TABLE keys DROP COLUMN admin",
		"ALTER TABLE room DROP COLUMN turns", "ALTER TABLE room DROP COLUMN forgotten", "DELETE FROM schema_versions WHERE name >= '0006'"} {
		if _, err := s.Writer().ExecContext(ctx, query); err != nil {
			t.Fatal(err)
		}
	}
	s = open(t, path)
	for origin, want := range map[string]int{"": 1, "A": 0} {
		if list, err := s.OnlyFrom(ctx, "c", origin); err != nil || len(list) != want {
			t.Errorf("%q: %d documents, %v; want %d", origin, len(list), err, want)
		}
	}
}
