package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapporteur/eval"
)

// typed runs a command line that must end with a code, in French unless it says otherwise.
func typed(t *testing.T, want int, args ...string) (out, errs string) {
	t.Helper()
	t.Setenv("RAPPORTEUR_LANGUAGE", "fr")
	code, out, errs := command(t, "", args...)
	if code != want {
		t.Fatalf("%q ends with %d, want %d: %s%s", args, code, want, out, errs)
	}
	return out, errs
}

// scoreOf reads the lines of « eval score --json ».
func scoreOf(t *testing.T, run string, flags ...string) map[string]eval.Metric {
	t.Helper()
	out, _ := typed(t, 0, append([]string{"eval", "score", run, "--json"}, flags...)...)
	got := map[string]eval.Metric{}
	for line := range strings.Lines(out) {
		var m eval.Metric
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		got[strings.TrimSpace(m.Slice+" "+m.Name)] = m
	}
	return got
}

// evaluated is a set of two groups with its own documents, and traps.
func evaluated(t *testing.T) (set, traps string) {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range []string{"set", "traps"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, "set/queries.jsonl", `{"_id":"q1","text":"Combien de bibliothèques compte Ourve ?","intent":"ville"}
{"_id":"q2","text":"Qui a peint le plafond du théâtre ?","intent":"art"}
`)
	write(t, dir, "set/qrels.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t1\n")
	write(t, dir, "set/corpus.jsonl", `{"_id":"d1","title":"Lecture","text":"La ville d'Ourve compte douze bibliothèques publiques."}
{"_id":"d2","title":"Théâtre","text":"Le plafond du théâtre a été peint par Jeanne Aubry en 1911."}
`)
	write(t, dir, "traps/questions.jsonl", `{"_id":"m","fr":"Quand le maire d'Ourve a-t-il démissionné ?","en":"When did the mayor of Ourve resign?"}`)
	return filepath.Join(dir, "set"), filepath.Join(dir, "traps")
}

// TestEvalCommands asks a set in every way, scores and compares the runs and reports on them.
func TestEvalCommands(t *testing.T) {
	set, traps := evaluated(t)
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	data := "--data=" + filepath.Join(dir, "data")
	typed(t, 0, "eval", "run", set, data, "--arm", "lexical,hybrid", "--out", file("arms.jsonl"))
	if got := scoreOf(t, file("arms.jsonl")); got["arm=lexical ndcg@10"].Value != 100 || got["arm=hybrid recall@1"].Value != 100 {
		t.Errorf("both documents come first: %+v", got)
	}
	typed(t, 0, "eval", "run", set, data, "--stage=ask", "--traps", traps, "--out", file("asked.jsonl"))
	asked := scoreOf(t, file("asked.jsonl"), "--by=type")
	if asked["unanswerable_refused"].Value != 100 || asked["type=trap unanswerable_refused"].N != 1 || asked["quotes_valid"].Value != 100 || asked["answerable_answered"].N != 2 {
		t.Errorf("with a trap: %+v", asked)
	}
	typed(t, 0, "eval", "run", set, data, "--stage=ask", "--traps", traps, "--no-refusal", "--out", file("all.jsonl"))
	if got := scoreOf(t, file("all.jsonl")); got["answerable_answered"].Value != 100 {
		t.Errorf("without refusal: %+v", got)
	}
	if out, _ := typed(t, 0, "eval", "score", file("all.jsonl"), "--wrong"); !strings.HasPrefix(out, `{"id":"traps/m","question":"Quand le maire d'Ourve a-t-il démissionné ?"`) || strings.Count(out, "\n") != 1 {
		t.Errorf("only the trap goes wrong without refusal: %s", out)
	}
	for _, half := range []string{"even", "odd"} {
		typed(t, 0, "eval", "run", set, data, "--stage=ask", "--withhold", half, "--out", file(half+".jsonl"))
	}
	even, odd := scoreOf(t, file("even.jsonl")), scoreOf(t, file("odd.jsonl"))
	if n := even["unanswerable_refused"].N + odd["unanswerable_refused"].N; n != 2 {
		t.Errorf("the halves lose the documents of %d questions, want 2", n)
	}
	out, _ := typed(t, 0, "eval", "compare", file("asked.jsonl"), file("all.jsonl"))
	if !strings.Contains(out, "answerable_answered") || !strings.Contains(out, "Réussies par B seul") {
		t.Errorf("compared: %s", out)
	}
	if _, said := typed(t, 2, "eval", "compare", file("asked.jsonl"), file("arms.jsonl")); !strings.Contains(said, "ne se comparent pas") {
		t.Errorf("compared with another stage: %s", said)
	}
	for name, want := range map[string]string{"report.html": "<svg", "report.md": "# Evaluation report"} {
		typed(t, 0, "eval", "report", file("asked.jsonl"), file("arms.jsonl"), "--out", file(name), "--language=en")
		if page, err := os.ReadFile(file(name)); err != nil || !strings.Contains(string(page), want) || strings.Contains(string(page), dir) {
			t.Errorf("%s does not hold %q, or tells a path: %v", name, want, err)
		}
	}
	typed(t, 2, "eval", "report", file("asked.jsonl"), "--out", file("report.pdf"))
	if _, said := typed(t, 2, "eval", "run", filepath.Join(dir, "report.md"), data); !strings.Contains(said, "report.md") || !strings.Contains(said, "docs/evaluation.md") {
		t.Errorf("a set that is none: %s", said)
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); !os.IsNotExist(err) {
		t.Errorf("the library of the settings was opened for sets that bring their own documents: %v", err)
	}
}

// TestEvalScope asks each question within its own passages.
func TestEvalScope(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "queries.jsonl", `{"_id":"a","text":"Combien de bibliothèques compte la ville ?","answerable":true,"candidate_passages":["p1"]}
{"_id":"b","text":"Combien de bibliothèques compte la ville ?","answerable":false,"candidate_passages":["p2"]}
`)
	write(t, dir, "passages.jsonl", `{"_id":"p1","title":"Lecture","text":"La ville compte douze bibliothèques."}
{"_id":"p2","title":"Théâtre","text":"Le plafond du théâtre a été peint par Jeanne Aubry."}
`)
	path := filepath.Join(t.TempDir(), "run.jsonl")
	typed(t, 0, "eval", "run", dir, "--stage=ask", "--out", path)
	if got := scoreOf(t, path); got["refusal_balanced_accuracy"].Value != 100 {
		t.Errorf("one answer and one refusal: %+v", got)
	}
}

// TestEvalInit suggests a set whose evidence is what is stored, and which is not asked before someone has read it.
func TestEvalInit(t *testing.T) {
	dir := t.TempDir()
	data := "--data=" + filepath.Join(dir, "data")
	set := filepath.Join(dir, "set.jsonl")
	typed(t, 3, "eval", "init", "default", data, "--out", set)
	report := write(t, dir, "bilan.md", "# Bilan\n\nCourt.\n\n## Lecture publique\n\nLa ville compte douze bibliothèques, ouvertes six jours sur sept toute l'année.\n\n"+
		"## Théâtre\n\nLe plafond du théâtre a été peint par Jeanne Aubry en 1911. Il a été restauré par la ville et la région en 2019, puis en 2021.\n")
	typed(t, 0, "ingest", report, data)
	_, said := typed(t, 0, "eval", "init", "default", data, "--out", set, "--each=2")
	raw, err := os.ReadFile(set)
	if err != nil {
		t.Fatal(err)
	}
	questions, err := eval.Lines[eval.Question](bytes.NewReader(raw))
	if err != nil || len(questions) != 2 || !strings.Contains(said, "2 question(s)") {
		t.Fatalf("%s %s: %v", said, raw, err)
	}
	q := questions[0]
	if !q.Draft || q.Text != "Que dit le document à propos de « Lecture publique » ?" || len(q.Evidence) != 1 ||
		q.Evidence[0].Quote != "La ville compte douze bibliothèques, ouvertes six jours sur sept toute l'année." || q.Evidence[0].Doc != "bilan.md" {
		t.Errorf("suggested: %+v", q)
	}
	typed(t, 0, "eval", "init", data, "--out", set, "--each=9")
	if raw, err = os.ReadFile(set); err != nil || strings.Count(string(raw), "\n") != 3 || !strings.Contains(string(raw), `"quote":"Il a été restauré par la ville et la région en 2019, puis en 2021."`) {
		t.Errorf("three sentences are long enough: %s, %v", raw, err)
	}
	if _, said := typed(t, 2, "eval", "run", set, data); !strings.Contains(said, "pas encore relue") {
		t.Errorf("a draft is asked: %s", said)
	}
	run := filepath.Join(dir, "run.jsonl")
	typed(t, 0, "eval", "run", set, data, "--drafts", "--stage=ask", "--out", run)
	if got := scoreOf(t, run); got["quotes_valid"].Value != 100 || math.IsNaN(got["right"].Value) || got["right"].N != 3 {
		t.Errorf("scored: %+v", got)
	}
}
