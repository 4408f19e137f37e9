package main

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"rapporteur/bench/corpus"
	"rapporteur/examples"
	"rapporteur/internal/testkit/postgres"
	"rapporteur/store/sqlite"
)

// answersOf asks ten questions of the library that the flags name and gives what must not change: all but ids of
// answers and times.
func answersOf(t *testing.T, flags ...string) string {
	t.Helper()
	var in strings.Builder
	n := 0
	for line := range bytes.Lines(examples.Questions()) {
		var q struct {
			ID       string `json:"id"`
			Question string `json:"question"`
		}
		if err := json.Unmarshal(line, &q); err != nil {
			t.Fatal(err)
		}
		if n++; q.Question == "" || n > 10 {
			continue
		}
		raw, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(raw, '\n'))
	}
	code, out, errs := command(t, in.String(), append([]string{"ask", "--batch", "-"}, flags...)...)
	if code != 0 || strings.Count(out, "\n") != 10 {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	var kept strings.Builder
	for line := range strings.Lines(out) {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"id", "request_id", "timings_ms"} {
			delete(fields, name)
		}
		var confidence float64
		if err := json.Unmarshal(fields["confidence"], &confidence); err != nil {
			t.Fatal(err)
		}
		// PostgreSQL keeps vectors in half precision: a cosine differs in its fifth decimal.
		fields["confidence"] = json.RawMessage(strconv.FormatFloat(confidence, 'f', 2, 64))
		raw, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		kept.Write(append(raw, '\n'))
	}
	return kept.String()
}

// sameAnswers compares line by line and shows where the first difference is.
func sameAnswers(t *testing.T, where, before, after string) {
	t.Helper()
	old, now := strings.Split(before, "\n"), strings.Split(after, "\n")
	for i := range min(len(old), len(now)) {
		at := 0
		for at < min(len(old[i]), len(now[i])) && old[i][at] == now[i][at] {
			at++
		}
		if old[i] != now[i] {
			t.Errorf("%s: answer %d has\n…%.300s, want\n…%.300s", where, i, now[i][max(0, at-100):], old[i][max(0, at-100):])
		}
	}
}

// restored is how many chunks are backed up and restored beside those of the examples: fewer under the race detector,
// where test.sh is not alone with this test.
func restored() int {
	if raceDetector {
		return 1000
	}
	return 10_000
}

// fillUp adds documents to the library in a folder, with vectors as large as those of the encoder, about things
// that nobody asks of the examples.
func fillUp(t *testing.T, data string, chunks int) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(data, "library.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	used, err := store.Encoder(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	vectors, err := store.UseEncoder(t.Context(), used)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	const each = 250
	for n := range chunks / each {
		d := corpus.Document{Number: n, Collection: "archives"}
		for range each {
			d.Texts = append(d.Texts, invented(r, 150))
			vector := make([]float32, used.Dimensions)
			for i := range vector {
				vector[i] = float32(r.NormFloat64() / math.Sqrt(float64(len(vector))))
			}
			d.Vectors = append(d.Vectors, vector)
		}
		stored, err := corpus.Put(t.Context(), store, vectors, d)
		if err != nil {
			t.Fatal(err)
		}
		if err := corpus.PutSentences(t.Context(), vectors, d, stored); err != nil {
			t.Fatal(err)
		}
	}
}

// invented makes a text of n words of no language.
func invented(r *rand.Rand, n int) string {
	var b strings.Builder
	for i := range n {
		for range 2 + r.IntN(3) {
			b.WriteByte("bcdfgjklmnprstvxz"[r.IntN(17)])
			b.WriteByte("aeiou"[r.IntN(5)])
		}
		if i%12 == 11 {
			b.WriteByte('.')
		}
		b.WriteByte(' ')
	}
	return strings.TrimSpace(b.String()) + "."
}

// TestRestoredLibraryAnswersTheSame backs the example reports up, restores them on both databases and asks again.
func TestRestoredLibraryAnswersTheSame(t *testing.T) {
	reports, data := t.TempDir(), t.TempDir()
	if err := os.CopyFS(reports, examples.Reports()); err != nil {
		t.Fatal(err)
	}
	do := func(want int, args ...string) (out, errs string) {
		t.Helper()
		code, out, errs := command(t, "", append(args, "--language", "en")...)
		if code != want {
			t.Fatalf("%v: exit %d, want %d: %s%s", args, code, want, out, errs)
		}
		return out, errs
	}
	encoder := "--encoder=" + encoderBuiltin
	do(0, "ingest", reports, "--data", data, encoder)
	do(0, "key", "create", "Préfecture", "--data", data)
	fillUp(t, data, restored())
	before := answersOf(t, "--data", data, encoder)
	if strings.Count(before, "citations") < 5 {
		t.Fatalf("too few answers to compare: %s", before)
	}
	file := filepath.Join(t.TempDir(), "sauvegarde")
	begun := time.Now()
	if _, errs := do(0, "backup", file, "--data", data); !strings.Contains(errs, "Backup done") {
		t.Errorf("backup says %s", errs)
	}
	saved := time.Since(begun)
	if _, errs := do(0, "backup", "--verify", file); !strings.Contains(errs, "whole") {
		t.Errorf("verify says %s", errs)
	}
	piped, _ := do(0, "backup", "-", "--data", data)
	if err := os.WriteFile(file+"2", []byte(piped), 0o600); err != nil {
		t.Fatal(err)
	}
	do(0, "backup", "--verify", file+"2")
	for name, flags := range map[string][]string{
		"SQLite":     {"--data", t.TempDir()},
		"PostgreSQL": {"--data", t.TempDir(), "--database", postgres.Database(t)},
	} {
		begun := time.Now()
		do(0, append([]string{"restore", file}, flags...)...)
		took := time.Since(begun)
		t.Logf("%d chunks: backed up in %.1f s, restored into %s in %.1f s", restored(), saved.Seconds(), name, took.Seconds())
		if saved+took > time.Minute && !raceDetector {
			t.Errorf("backup and restore of %d chunks take %v, want a minute at most", restored(), saved+took)
		}
		sameAnswers(t, name, before, answersOf(t, append(flags, encoder)...))
		do(5, append([]string{"restore", file}, flags...)...)
		do(0, append([]string{"restore", file, "--replace", "--yes"}, flags...)...)
		sameAnswers(t, name+", replaced", before, answersOf(t, append(flags, encoder)...))
	}
}

// TestRestoreRefused: what is refused leaves the library as it was, and what was removed since stays away.
func TestRestoreRefused(t *testing.T) {
	data, dir := t.TempDir(), t.TempDir()
	do := func(want int, args ...string) (out string) {
		t.Helper()
		code, out, errs := command(t, "", append(args, "--data", data, "--language", "en")...)
		if code != want {
			t.Fatalf("%v: exit %d, want %d: %s%s", args, code, want, out, errs)
		}
		return out
	}
	do(0, "ingest", write(t, dir, "bilan.md", "# Bilan\n\nLe canari chante.\n"))
	do(0, "ingest", write(t, dir, "reste.md", "# Reste\n\nCela demeure.\n"))
	file := filepath.Join(dir, "sauvegarde")
	do(0, "backup", file)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	do(3, "restore", filepath.Join(dir, "absent"))
	do(2, "restore", write(t, dir, "court", string(raw[:len(raw)/2])), "--replace", "--yes")
	do(2, "backup", "--verify", write(t, dir, "long", string(raw)+"x"))
	do(6, "backup", filepath.Join(dir, "no", "folder"))
	do(0, "restore", file, "--replace") // and nobody answers the question
	id := strings.Fields(do(0, "search", "canari", "--json"))
	if len(id) == 0 {
		t.Fatal("the library is gone")
	}
	list := do(0, "documents", "list", "--json")
	var first struct {
		Document string `json:"document"`
		ID       string `json:"id"`
		Source   string `json:"source"`
	}
	for line := range strings.Lines(list) {
		if err := json.Unmarshal([]byte(line), &first); err != nil {
			t.Fatal(err)
		}
		if first.Source == "bilan.md" {
			break
		}
	}
	do(0, "documents", "remove", first.ID+first.Document, "--yes")
	do(0, "restore", file, "--replace", "--yes")
	if out := do(0, "documents", "list"); strings.Contains(out, "bilan") || !strings.Contains(out, "reste") {
		t.Errorf("restored: %s", out)
	}
	if where := findInFiles(t, data, "canari"); where != "" {
		t.Errorf("the removed words are in %s", where)
	}
}

// TestRestoreKilled kills restores at many moments: the library is then the old one or the new one, whole.
func TestRestoreKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, other, data := t.TempDir(), t.TempDir(), t.TempDir()
	for at, name := range map[string]string{data: "ancien.md", other: "nouveau.md"} {
		if code, _, errs := command(t, "", "ingest", write(t, dir, name, "# "+name+"\n\nUn texte de "+name+".\n"), "--data", at); code != 0 {
			t.Fatal(errs)
		}
	}
	file := filepath.Join(dir, "sauvegarde")
	if code, _, errs := command(t, "", "backup", file, "--data", other); code != 0 {
		t.Fatal(errs)
	}
	begun := time.Now()
	if code, _, errs := program(t, "", "restore", file, "--data", t.TempDir()); code != 0 {
		t.Fatal(errs)
	}
	whole := time.Since(begun)
	seen := map[bool]int{}
	const rounds = 16
	for round := range rounds {
		cmd := exec.Command(self, "restore", file, "--replace", "--yes", "--data", data)
		cmd.Env = append(os.Environ(), asMain+"=1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * whole * time.Duration(round) / rounds)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		code, list, errs := command(t, "", "documents", "list", "--data", data)
		isOld, isNew := strings.Contains(list, "ancien.md"), strings.Contains(list, "nouveau.md")
		if code != 0 || isOld == isNew {
			t.Fatalf("round %d: exit %d: %s%s", round, code, list, errs)
		}
		seen[isNew]++
	}
	if seen[false] == 0 || seen[true] == 0 {
		t.Errorf("old %d times, new %d times: the kills came all too early or all too late", seen[false], seen[true])
	}
}
