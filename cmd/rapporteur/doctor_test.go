package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	testdb "rapporteur/internal/testkit/postgres"
	"rapporteur/store/files"
	"rapporteur/store/postgres"
	"rapporteur/store/sqlite"
)

// wellBut makes sure that the doctor finds these faults of a library, and no other.
func wellBut(t *testing.T, faults []string, flags ...string) {
	t.Helper()
	code, out, errs := program(t, "", append([]string{"doctor", "--json"}, flags...)...)
	var lines []line
	if err := json.Unmarshal([]byte(out), &lines); err != nil {
		t.Fatalf("%v: %s%s", err, out, errs)
	}
	var found []string
	for _, l := range lines {
		if !l.OK {
			found = append(found, l.Code)
		}
		if l.Text == "" || strings.Contains(l.Text, "%!") {
			t.Errorf("%s is told as %q", l.Code, l.Text)
		}
	}
	slices.Sort(found)
	slices.Sort(faults)
	want := 0
	if len(faults) > 0 {
		want = 1
	}
	if !slices.Equal(found, faults) || code != want {
		t.Errorf("the doctor finds %v, want %v; exit %d: %s", found, faults, code, out)
	}
}

// TestDoctor plants faults in a library, one after the other.
func TestDoctor(t *testing.T) {
	data, reports := t.TempDir(), t.TempDir()
	write(t, reports, "bilan.md", "# Bilan\n\nLa commune a dépensé douze euros.\n")
	write(t, reports, "plan.md", "# Plan\n\nLa commune dépensera treize euros.\n")
	if code, _, errs := command(t, "", "ingest", reports, "--data", data); code != 0 {
		t.Fatal(errs)
	}
	wellBut(t, nil, "--data", data)

	kept, err := files.Open(filepath.Join(data, "originals"))
	if err != nil {
		t.Fatal(err)
	}
	stage, hash, _, err := kept.Stage(t.Context(), strings.NewReader("de personne"), 100)
	if err != nil {
		t.Fatal(err)
	}
	if err := kept.Keep(t.Context(), stage, hash); err != nil {
		t.Fatal(err)
	}
	wellBut(t, []string{"check_orphans_bad"}, "--data", data)
	if err := kept.Delete(t.Context(), hash); err != nil {
		t.Fatal(err)
	}

	alter := func(query string) {
		t.Helper()
		s, err := sqlite.Open(t.Context(), filepath.Join(data, "library.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if _, err := s.Writer().ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	alter("INSERT INTO names (source, title, shown) VALUES ('retiré.pdf', '', '')")
	wellBut(t, []string{"erase_names_bad"}, "--data", data)
	alter("DELETE FROM names WHERE source = 'retiré.pdf'")
	alter("UPDATE chunks SET text = '' WHERE id = (SELECT min(id) FROM chunks)")
	wellBut(t, []string{"check_chunks_bad"}, "--data", data)

	err = filepath.WalkDir(filepath.Join(data, "originals"), func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			err = os.Remove(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	wellBut(t, []string{"check_chunks_bad", "check_originals_bad"}, "--data", data)
}

// TestDoctorOfPostgreSQL plants faults in a database and its server.
func TestDoctorOfPostgreSQL(t *testing.T) {
	server := testdb.Start(t, "max_connections=20", "log_statement=all", "synchronous_commit=off")
	data := t.TempDir()
	flags := []string{"--data", data, "--database", server.DSN}
	report := write(t, t.TempDir(), "bilan.md", "# Bilan\n\nLa commune a dépensé douze euros.\n")
	if code, _, errs := command(t, "", append([]string{"ingest", report}, flags...)...); code != 0 {
		t.Fatal(errs)
	}
	faults := []string{"check_setting_bad", "erase_server_log"}
	wellBut(t, faults, flags...)
	s, err := postgres.Open(t.Context(), server.DSN, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Pool().Exec(t.Context(), "INSERT INTO names (source, title, shown) VALUES ('retiré.pdf', '', '')"); err != nil {
		t.Fatal(err)
	}
	wellBut(t, append(faults, "erase_names_bad"), flags...)
}
