package main

import (
	"encoding/json"
	"flag"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"rapporteur/internal/config"
	"rapporteur/internal/testkit"
	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/wire"
)

var update = flag.Bool("update", false, "write golden files")

func TestExitCodes(t *testing.T) {
	for _, k := range qa.Kinds() {
		code := exitCode(k)
		if (code == 1) != (k == qa.Internal) || code == 0 {
			t.Errorf("kind %d has exit code %d", k, code)
		}
	}
}

// TestSettingsReference holds docs/settings.md to the settings that there are.
func TestSettingsReference(t *testing.T) {
	var line commandLine
	k, err := newParser(&line, nil, terminal{in: os.Stdin, out: os.Stdout, err: os.Stderr, language: locale.English})
	if err != nil {
		t.Fatal(err)
	}
	page := settingsPage(k)
	path := filepath.Join(testkit.Root(t), "docs", "settings.md")
	if *update {
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != page {
		t.Errorf("docs/settings.md is not what the settings are: go test ./cmd/rapporteur -run SettingsReference -update")
	}
}

func settingsPage(k *kong.Kong) string {
	return "# Settings\n\nThe order is default < file < environment < flag. The file is `rapporteur.toml` in the working folder, or what\n" +
		"`--config` or `RAPPORTEUR_CONFIG` names; a key that is not in this table is refused.\n\n" +
		config.Reference(k.Model) + "\nExample:\n```toml\ndata = \"/var/lib/rapporteur\"\nlisten = \"0.0.0.0:8080\"\npublic_hosts = [\"rapports.example.org\"]\n\n[models.default] # writes answers\nkind = \"albert\"\nmodel = \"openweight-medium\"\nkey_file = \"/run/secrets/albert\" # or the variable RAPPORTEUR_MODEL_KEY\n```\n" +
		"A key stands in a file or in the environment, never in this file. `rapporteur models check` tests the model.\n"
}

func TestHelp(t *testing.T) {
	for language, want := range map[string][]string{"fr": {"Utilisation :", "Pose une question."}, "en": {"Usage:", "Ask a question."}} {
		t.Run(language, func(t *testing.T) {
			// kong ends the process on --help: the program is run in a process of its own.
			code, out, _ := program(t, "", "--language", language, "--help")
			for _, w := range want {
				if code != 0 || !strings.Contains(out, w) {
					t.Errorf("exit %d, %q is not in the help:\n%s", code, w, out)
				}
			}
		})
	}
}

func TestRefusedCommandLines(t *testing.T) {
	dir := t.TempDir()
	toml := write(t, dir, "bad.toml", "nothing = 1\n")
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"unknown command", []string{"dance"}, 2, "Commande incomprise"},
		{"unknown flag", []string{"ask", "--fast", "x"}, 2, "Commande incomprise"},
		{"unknown setting", []string{"--config", toml, "version"}, 2, "nothing"},
		{"missing settings file", []string{"--config", filepath.Join(dir, "absent.toml"), "version"}, 2, "Réglages refusés"},
		{"web address of this machine", []string{"ingest", "http://127.0.0.1/a.pdf", "--data", dir}, 2, "url_refused"},
		{"allowed host that is none", []string{"documents", "list", "--allow-hosts", "10.0.0.0/8,http://x", "--data", dir}, 2, "http://x"},
		{"nothing to prune from", []string{"ingest", toml, "--prune", "--data", dir}, 2, "--prune"},
		{"missing file", []string{"ingest", filepath.Join(dir, "absent.pdf"), "--data", dir}, 2, "n’existe pas"},
		{"no question", []string{"ask", "--data", dir}, 2, "Indiquez une question"},
		{"unknown document", []string{"documents", "show", "nope", "--data", dir}, 3, ""},
		{"listen beyond this machine without a key", []string{"serve", "--listen", "0.0.0.0:0", "--data", dir}, 2, "clé"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, errs := command(t, "", append([]string{"--language", "fr"}, c.args...)...)
			if code != c.code || !strings.Contains(out+errs, c.says) {
				t.Errorf("exit %d, want %d with %q: %s%s", code, c.code, c.says, out, errs)
			}
		})
	}
}

// TestIngestAddress fetches a page of a server on this machine, which the administrator allows.
func TestIngestAddress(t *testing.T) {
	version, gone := "1", false
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gone {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", `"`+version+`"`)
		http.ServeContent(w, r, "bilan.txt", time.Time{}, strings.NewReader("Le bilan "+version+" compte douze pages."))
	}))
	defer site.Close()
	data, address := t.TempDir(), site.URL+"/bilan.txt"
	for _, step := range []struct {
		version string
		gone    bool
		verdict string
		code    int
	}{{"1", false, "ingested", 0}, {"1", false, "unchanged", 0}, {"2", false, "new_version", 0}, {"2", true, "url_status", 2}} {
		version, gone = step.version, step.gone
		code, out, errs := command(t, "", "ingest", address, "--data", data, "--allow-hosts", strings.TrimPrefix(site.URL, "http://"), "--json")
		if code != step.code || !strings.Contains(out, `"verdict":"`+step.verdict+`"`) {
			t.Errorf("version %s: exit %d, want %d and %s: %s%s", version, code, step.code, step.verdict, out, errs)
		}
	}
	if _, out, _ := command(t, "", "ask", "Combien de pages compte le bilan ?", "--data", data); !strings.Contains(out, "bilan 2") {
		t.Errorf("the answer is not of the newest version: %s", out)
	}
}

// TestLifeOfADocument goes through ingest, ask, search, re-ingest, rollback and removal by command.
func TestLifeOfADocument(t *testing.T) {
	data, reports := t.TempDir(), t.TempDir()
	do := func(code int, args ...string) string {
		t.Helper()
		got, out, errs := command(t, "", append(args, "--data", data, "--language", "fr")...)
		if got != code {
			t.Fatalf("%v: exit %d, want %d: %s%s", args, got, code, out, errs)
		}
		return out
	}
	line := func(out string) outcome {
		t.Helper()
		var o outcome
		if err := json.Unmarshal([]byte(out), &o); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return o
	}
	write(t, reports, "bilan.md", "# Bilan 2023\n\nLa bibliothèque municipale a accueilli 41 200 visiteurs en 2023.\n")
	first := line(do(0, "ingest", reports, "--json"))
	if first.Verdict != "ingested" || first.State != "live" || first.Source != "bilan.md" || first.Chunks == 0 {
		t.Fatalf("first ingestion: %+v", first)
	}
	if again := line(do(0, "ingest", reports, "--json")); again.Verdict != "unchanged" || again.Version != first.Version {
		t.Errorf("same bytes: %+v", again)
	}
	var a wire.Answer
	if err := json.Unmarshal([]byte(do(0, "ask", "Combien de visiteurs à la bibliothèque ?", "--json")), &a); err != nil {
		t.Fatal(err)
	}
	if !a.Answered || !strings.Contains(a.Text, "41 200") || len(a.Citations) == 0 {
		t.Errorf("answer: %+v", a)
	}
	do(3, "ask", "Quel est le prix du pain ?")
	write(t, reports, "bilan.md", "# Bilan 2024\n\nLa bibliothèque municipale a accueilli 43 750 visiteurs en 2024.\n")
	second := line(do(0, "ingest", reports, "--json"))
	if second.Verdict != "new_version" || second.Document != first.Document {
		t.Errorf("other bytes: %+v", second)
	}
	if out := do(0, "search", "visiteurs bibliothèque"); !strings.Contains(out, "43 750") || strings.Contains(out, "41 200") {
		t.Errorf("the live version alone must be found: %s", out)
	}
	for version, force := range map[string]string{first.Version: "en vigueur du ", second.Version: "en vigueur depuis le "} {
		if out := do(0, "documents", "show", first.Document); !regexp.MustCompile(version + ".*" + force + time.Now().Format("2006-01-02")).MatchString(out) {
			t.Errorf("want %s %s in %s", version, force, out)
		}
	}
	do(0, "documents", "rollback", first.Document, first.Version)
	if out := do(0, "search", "visiteurs bibliothèque"); !strings.Contains(out, "41 200") {
		t.Errorf("after the rollback: %s", out)
	}
	if out := do(0, "documents", "list"); !strings.Contains(out, "bilan.md") {
		t.Errorf("list: %s", out)
	}
	do(0, "doctor")
	do(0, "documents", "remove", first.Document, "--yes")
	do(3, "documents", "show", first.Document)
	do(3, "ask", "Combien de visiteurs à la bibliothèque ?")
	for _, word := range []string{"43 750", "41 200"} {
		if where := findInFiles(t, data, word); where != "" {
			t.Errorf("%q is still in %s after the removal", word, where)
		}
	}
}

// findInFiles names the first file below dir that holds the bytes of word.
func findInFiles(t *testing.T, dir, word string) string {
	t.Helper()
	found := ""
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(p)
		if strings.Contains(string(raw), word) {
			found = d.Name()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestBatch(t *testing.T) {
	data := t.TempDir()
	file := write(t, t.TempDir(), "gare.md", "# Gare\n\nLa gare ouvre à 5 h 30. Elle ferme à 23 h.\n")
	if code, _, errs := command(t, "", "ingest", file, "--data", data); code != 0 {
		t.Fatal(errs)
	}
	in := `{"id":"a","question":"À quelle heure ouvre la gare ?"}` + "\n\n" +
		`{"id":"b","question":"Et elle ferme ?","history":[{"role":"user","content":"À quelle heure ouvre la gare ?"}]}` + "\n"
	code, out, errs := command(t, in, "ask", "--batch", "-", "--data", data)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || len(lines) != 2 || !strings.HasPrefix(lines[0], `{"id":"a"`) || !strings.HasPrefix(lines[1], `{"id":"b"`) {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	if !strings.Contains(lines[0], "5 h 30") {
		t.Errorf("first answer: %s", lines[0])
	}
	code, out, _ = command(t, `{"_id":"q1","text":"gare"}`+"\n", "search", "--batch", "-", "--data", data)
	if code != 0 || !strings.HasPrefix(out, `{"id":"q1"`) {
		t.Errorf("search: exit %d: %s", code, out)
	}
	if code, _, errs := command(t, "not json\n", "ask", "--batch", "-", "--data", data, "--language", "fr"); code != 2 || !strings.Contains(errs, "Ligne 1") {
		t.Errorf("a broken line: exit %d: %s", code, errs)
	}
}

func TestKeys(t *testing.T) {
	data := t.TempDir()
	code, secret, _ := command(t, "", "key", "create", "Préfecture", "--data", data)
	secret = strings.TrimSpace(secret)
	if code != 0 || len(secret) < 30 {
		t.Fatalf("exit %d, secret %q", code, secret)
	}
	_, list, _ := command(t, "", "key", "list", "--data", data)
	if !strings.Contains(list, "Préfecture") || strings.Contains(list, secret) {
		t.Errorf("list: %s", list)
	}
	id := strings.Fields(list)[0]
	if code, _, errs := command(t, "", "key", "revoke", id, "--data", data); code != 0 {
		t.Errorf("revoke: %s", errs)
	}
	if where := findInFiles(t, data, secret); where != "" {
		t.Errorf("the secret stands in %s", where)
	}
}

func TestJSONLines(t *testing.T) {
	data := t.TempDir()
	file := write(t, t.TempDir(), "corpus.jsonl", `{"_id":"d1","title":"Un","text":"# Ce dièse reste\n<b>tel quel</b>"}`+"\n"+`{"_id":"d2","title":"Deux","text":"Autre texte."}`+"\n")
	code, out, errs := command(t, "", "ingest", file, "--format", "jsonl", "--json", "--data", data)
	if code != 0 || strings.Count(out, `"verdict":"ingested"`) != 2 || !strings.Contains(out, `"source":"d1"`) {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	if _, out, _ := command(t, "", "search", "dièse", "--json", "--data", data); !strings.Contains(out, `\u003cb\u003e`) && !strings.Contains(out, "<b>") {
		t.Errorf("the text was read as markup: %s", out)
	}
}

// TestVerdictLanguage: the verdict on a file is in the language of the other messages.
func TestVerdictLanguage(t *testing.T) {
	file := write(t, t.TempDir(), "empty.txt", "")
	for language, want := range map[string]string{"fr": locale.Sentence("fr", "empty"), "en": locale.Sentence("en", "empty")} {
		if code, out, _ := command(t, "", "ingest", file, "--data", t.TempDir(), "--language", language); code != 2 || !strings.Contains(out, want) {
			t.Errorf("%s: exit %d: %s", language, code, out)
		}
	}
}

// TestAddressInUse: a busy address ends serve and demo with a sentence; demo once waited for ever.
func TestAddressInUse(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for _, name := range []string{"serve", "demo"} {
		done := make(chan int, 1)
		go func() {
			code, _, _ := command(t, "", name, "--listen", busy.Addr().String(), "--data", t.TempDir())
			done <- code
		}()
		select {
		case code := <-done:
			if code != 6 {
				t.Errorf("%s: exit %d, want 6", name, code)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("%s does not end", name)
		}
	}
}
