package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapporteur/internal/testkit/postgres"
	"rapporteur/qa"
)

// erasedWord is a word of no language.
const erasedWord = "zébulonissime"

// erasedText is a text whose every sentence holds the erased word and is said nowhere else.
func erasedText(version int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Le rapport %s\n\n", erasedWord)
	for i := range 60 {
		fmt.Fprintf(&b, "La dépense %s numéro %d de l’édition %d a été de %d euros, et non de %d. ", erasedWord, i, version, 7*i+version, 11*i)
		if i%6 == 5 {
			b.WriteString("\n\n")
		}
	}
	return b.String()
}

// home is where a library is: the flags that say so, and its folders.
type home struct {
	t       *testing.T
	flags   []string
	folders []string
}

// do runs a command on the library.
func (h home) do(want int, args ...string) (out, errs string) {
	h.t.Helper()
	code, out, errs := command(h.t, "", append(append(args, "--language", "en"), h.flags...)...)
	if code != want {
		h.t.Fatalf("%v: exit %d, want %d: %s%s", args, code, want, out, errs)
	}
	return out, errs
}

// silent makes sure that no file holds the erased word.
func (h home) silent(when string) {
	h.t.Helper()
	for _, folder := range h.folders {
		if where := findInFiles(h.t, folder, erasedWord); where != "" {
			h.t.Errorf("%s: the words of a removed document are in %s", when, where)
		}
	}
}

// library opens the database of the library.
func (h home) library() database {
	h.t.Helper()
	var s settings
	s.Data, _ = argument(h.flags, "--data")
	s.Database, _ = argument(h.flags, "--database")
	db, err := openDatabase(h.t.Context(), &s)
	if err != nil {
		h.t.Fatal(err)
	}
	return db
}

// converse keeps a conversation in which each document of the library is quoted by a turn of its own, and what its reader
// thought of each.
func (h home) converse() {
	h.t.Helper()
	db := h.library()
	defer db.Close()
	list, err := db.Documents(h.t.Context(), scopeOf(""), "", 10)
	if err != nil || len(list) != 3 {
		h.t.Fatalf("%d documents, %v", len(list), err)
	}
	for i, d := range list {
		text, version, err := db.Text(h.t.Context(), scopeOf(""), d.ID, "")
		if err != nil {
			h.t.Fatal(err)
		}
		quote := text.Content[:min(len(text.Content), 3000)]
		turn := qa.Turn{At: time.Now().Truncate(time.Microsecond), Answer: qa.Answer{ID: "a" + itoa(i), Answered: true, Asked: "Que dit-il ?", Standalone: "Que dit " + d.Title, Text: quote + " [1]",
			Sentences: []qa.Sentence{{Text: quote + " [1]", Citations: []int{1}, Verdict: qa.SentenceSupported}},
			Citations: []qa.Citation{{Number: 1, Document: d.ID, Version: version.ID, Title: d.Title, Source: d.Source, Quote: quote}}}}
		if i == 0 {
			_, err = db.StartConversation(h.t.Context(), qa.Conversation{ID: "c", Owner: "local", Title: "Trois rapports"}, turn)
		} else {
			_, err = db.AppendTurn(h.t.Context(), "local", "c", qa.Narrowing{}, turn)
		}
		if err != nil {
			h.t.Fatal(err)
		}
		opinion := qa.Feedback{ID: qa.FeedbackID("f" + itoa(i)), Owner: "local", At: turn.At, Note: "Incomplet.", Reasons: []qa.FeedbackReason{qa.ReasonIncomplete}, Answer: turn.Answer}
		if _, err := db.SaveFeedback(h.t.Context(), opinion); err != nil {
			h.t.Fatal(err)
		}
	}
}

// conversed makes sure that of the conversation all is left but what two removed documents said.
func (h home) conversed(when string) {
	h.t.Helper()
	db := h.library()
	defer db.Close()
	c, turns, err := db.Conversation(h.t.Context(), "local", "c")
	if err != nil || c.Title != "Trois rapports" || len(turns) != 3 {
		h.t.Fatalf("%s: %+v, %d turns, %v", when, c, len(turns), err)
	}
	whole := 0
	for _, turn := range turns {
		if turn.Answer.Asked != "Que dit-il ?" {
			h.t.Errorf("%s: the question is %q", when, turn.Answer.Asked)
		}
		if !turn.Erased && strings.Contains(turn.Answer.Text, "parle des écoles") && len(turn.Answer.Citations) == 1 {
			whole++
		} else if !turn.Erased || turn.Answer.Text != "" || len(turn.Answer.Citations) > 0 {
			h.t.Errorf("%s: %+v", when, turn)
		}
	}
	if whole != 1 {
		h.t.Errorf("%s: %d turns are whole", when, whole)
	}
	opinions, err := db.Feedback(h.t.Context(), qa.FeedbackSearch{Limit: 9})
	if err != nil || len(opinions) != 3 {
		h.t.Fatalf("%s: %d opinions, %v", when, len(opinions), err)
	}
	whole = 0
	for _, f := range opinions {
		if !f.Erased && len(f.Answer.Citations) == 1 {
			whole++
		} else if !f.Erased || f.Answer.Text != "" || len(f.Answer.Citations) > 0 || len(f.Reasons) != 1 {
			h.t.Errorf("%s: %+v", when, f)
		}
	}
	if whole != 1 {
		h.t.Errorf("%s: %d opinions are whole", when, whole)
	}
}

// homes are libraries on both databases, with originals in a folder and in a bucket.
func homes(t *testing.T) map[string]home {
	t.Helper()
	server := postgres.Start(t, "fsync=off", "wal_recycle=off")
	bucket, first, second, third := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	return map[string]home{
		"SQLite":                        {t, []string{"--data", first}, []string{first}},
		"SQLite, originals in a bucket": {t, []string{"--data", second, "--originals", "file://" + filepath.ToSlash(bucket)}, []string{second, bucket}},
		"PostgreSQL":                    {t, []string{"--data", third, "--database", server.DSN}, []string{third, server.Dir}},
	}
}

// TestErase removes documents for good through the whole program, and looks into every file itself.
func TestErase(t *testing.T) {
	for name, h := range homes(t) {
		t.Run(name, func(t *testing.T) {
			h.t = t
			testErase(t, h)
		})
	}
}

func testErase(t *testing.T, h home) {
	encoder := "--encoder=" + encoderBuiltin
	if raceDetector {
		encoder = "--encoder=" + encoderNone // test.sh runs this test without the detector too
	}
	reports := t.TempDir()
	path := write(t, reports, erasedWord+".md", erasedText(1))
	write(t, reports, "page.html", "<html><body><h1>Page "+erasedWord+"</h1><p>"+strings.ReplaceAll(erasedText(3), "#", "")+"</p></body></html>")
	write(t, reports, "reste.md", "# Reste\n\nCe document demeure, et parle des écoles de la commune.\n")
	h.do(0, "ingest", reports, encoder)
	if err := os.WriteFile(path, []byte(erasedText(2)), 0o600); err != nil {
		t.Fatal(err)
	}
	h.do(0, "ingest", reports, encoder)
	if where := findInFiles(t, h.folders[len(h.folders)-1], erasedWord); where == "" {
		t.Fatal("no file holds the words before they are removed: the test sees nothing")
	}
	if _, log := h.do(0, "ask", "Quelle a été la dépense numéro 12 ?", encoder, "--log-level", "debug"); strings.Contains(log, erasedWord) {
		t.Errorf("the log holds words of documents: %s", log)
	}
	h.converse()
	before := filepath.Join(t.TempDir(), "avant")
	h.do(0, "backup", before)

	var ids []string
	list, _ := h.do(0, "documents", "list", "--json")
	for line := range strings.Lines(list) {
		var d struct{ ID, Document, Source string }
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		if d.Source != "reste.md" {
			ids = append(ids, d.ID+d.Document)
		}
	}
	if len(ids) != 2 {
		t.Fatalf("%d documents to remove: %s", len(ids), list)
	}
	stray := write(t, h.folders[0], "copie.txt", erasedText(2)+erasedText(3))
	verdicts := func(want int, args ...string) (codes map[string]bool) {
		out, _ := h.do(want, append(args, "--json")...)
		var lines []line
		if err := json.Unmarshal([]byte(out), &lines); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		codes = map[string]bool{}
		for _, l := range lines {
			codes[l.Code] = l.OK
		}
		return codes
	}
	got := verdicts(1, "erase", ids[0], "--verify", "--yes")
	if ok, told := got["erase_files_bad"]; !told || ok {
		t.Errorf("a copy in the folder of the data is not told: %v", got)
	}
	if err := os.Remove(stray); err != nil {
		t.Fatal(err)
	}
	got = verdicts(0, "erase", ids[1], "--verify", "--yes")
	for _, code := range []string{"erase_files", "erase_rows", "erase_log", "erase_tombstones", "erase_elsewhere"} {
		if !got[code] {
			t.Errorf("%s is not told: %v", code, got)
		}
	}
	h.silent("after the removal")
	h.conversed("after the removal")
	verdicts(0, "erase", "--verify")
	h.do(3, "erase", ids[0], "--yes")
	h.do(2, "erase")

	after := filepath.Join(t.TempDir(), "après")
	h.do(0, "backup", after)
	other := home{t, []string{"--data", t.TempDir()}, nil}
	other.folders = []string{other.flags[1], filepath.Dir(after)}
	other.do(0, "restore", after)
	other.silent("in a backup made afterwards")
	other.conversed("in a backup made afterwards")

	if _, errs := h.do(0, "restore", before, "--replace", "--yes"); !strings.Contains(errs, "2") {
		t.Errorf("the restore says nothing of the documents left out: %s", errs)
	}
	if out, _ := h.do(0, "documents", "list"); strings.Contains(out, erasedWord) || !strings.Contains(out, "reste.md") {
		t.Errorf("an older backup brought back: %s", out)
	}
	verdicts(0, "erase", "--verify")
	h.silent("after an older backup was restored")
	h.conversed("after an older backup was restored")
}
