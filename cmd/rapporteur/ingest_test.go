package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rapporteur/internal/testkit"
)

// TestIngestArchive ingests archives by command, given and in a folder: one verdict a member, and nothing
// left behind.
func TestIngestArchive(t *testing.T) {
	data, folder := t.TempDir(), t.TempDir()
	inner := testkit.Zip(t, [2]string{"c.txt", "Un fichier au fond."})
	reports := testkit.Zip(t, [2]string{"note.txt", "Le budget de la voirie est de 12 500 euros."}, [2]string{"2024/table.csv", "Service;Montant\nVoirie;12\n"}, [2]string{"dedans.zip", string(inner)})
	if err := os.WriteFile(filepath.Join(folder, "reports.zip"), reports, 0o600); err != nil {
		t.Fatal(err)
	}
	before := testkit.Entries(t, os.TempDir())
	for _, c := range []struct{ arg, prefix string }{{filepath.Join(folder, "reports.zip"), "reports.zip/"}, {folder, "reports.zip/"}} {
		code, out, errs := command(t, "", "ingest", "--json", "--data", data, "--language", "fr", c.arg)
		verdicts := map[string]string{}
		for line := range strings.Lines(out) {
			var o outcome
			if err := json.Unmarshal([]byte(line), &o); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			verdicts[o.Source] = o.Verdict
		}
		read := "ingested"
		if c.arg == folder {
			read = "unchanged"
		}
		want := map[string]string{c.prefix + "note.txt": read, c.prefix + "2024/table.csv": read, c.prefix + "dedans.zip": "unsupported_type"}
		if code != 2 || !maps.Equal(verdicts, want) {
			t.Errorf("exit %d, %v: %s", code, verdicts, errs)
		}
	}
	for _, name := range testkit.Entries(t, os.TempDir()) {
		if !slices.Contains(before, name) && (strings.Contains(name, "note") || strings.Contains(name, "excelize")) {
			t.Errorf("%s was left behind", name)
		}
	}
}

// TestPasswordFile opens protected files with the password of a file or of the standard input, which is
// nowhere to be seen after.
func TestPasswordFile(t *testing.T) {
	const secret = "pass"
	data, dir := t.TempDir(), t.TempDir()
	protected := filepath.Join(dir, "note.docx")
	if err := os.WriteFile(protected, testkit.Hostile(t, "files/ooxml/poi/bug53475-password-is-pass.docx"), 0o600); err != nil {
		t.Fatal(err)
	}
	good, bad, empty := write(t, dir, "good", secret+"\r\nautre ligne\n"), write(t, dir, "bad", "wrong-password\n"), write(t, dir, "empty", "\n")
	for _, c := range []struct {
		stdin string
		args  []string
		code  int
		want  string
	}{
		{"", nil, 2, "encrypted"},
		{"", []string{"--password-file", bad}, 2, "bad_password"},
		{"", []string{"--password-file", empty}, 2, "Le mot de passe est vide"},
		{"", []string{"--password-file", filepath.Join(dir, "absent")}, 2, "n’existe pas"},
		{secret + "\n", []string{"--password-file", "-"}, 0, "ingested"},
		{"", []string{"--password-file", good}, 0, "unchanged"},
	} {
		code, out, errs := command(t, c.stdin, append([]string{"ingest", "--data", data, "--language", "fr", protected}, c.args...)...)
		if code != c.code || !strings.Contains(out+errs, c.want) || strings.Contains(out+errs, "wrong-password") {
			t.Errorf("%v: exit %d, want %d and %s: %s%s", c.args, code, c.code, c.want, out, errs)
		}
	}
}

// TestAskWithUnread asks about what only a file that cannot be read may say.
func TestAskWithUnread(t *testing.T) {
	data, dir := t.TempDir(), t.TempDir()
	write(t, dir, "note.txt", "Le budget de la voirie est de 12 500 euros.")
	if err := os.WriteFile(filepath.Join(dir, "convention-2021.pdf"), testkit.Hostile(t, "own/files/pdf_no_text_scan.pdf"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := command(t, "", "ingest", "--ocr", "off", "--data", data, "--language", "fr", dir); code != 2 {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	code, out, errs := command(t, "", "ask", "--data", data, "Qui a signé la convention de 2021 ?")
	if code != 3 || !strings.Contains(out, "le dit peut-être") || !strings.Contains(out, "convention-2021") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if code, out, _ := command(t, "", "ask", "--data", data, "Quel est le budget de la voirie ?"); code != 0 || strings.Contains(out, "convention") {
		t.Errorf("exit %d: %s", code, out)
	}
}
