package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"rapporteur/bench/corpus"
	"rapporteur/eval"
	"rapporteur/internal/testkit"
	"rapporteur/internal/testkit/postgres"
	"rapporteur/qa"
)

// TestMain lets the test binary be the reader of PDF files that it starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == readerTask {
		exit(serveReader(context.Background(), os.Args[2]))
		return
	}
	os.Exit(m.Run())
}

func TestChunksAreFoundAgain(t *testing.T) {
	t.Parallel()
	var numbered strings.Builder
	for i := range 900 {
		fmt.Fprintf(&numbered, "phrase numéro %d ;%s", i, []string{" ", "\n", "\n\n"}[i%3])
	}
	for name, content := range map[string]string{
		"numbered": numbered.String(),
		"repeated": strings.Repeat("Néant. Sans objet.\n", 400),
		"one word": strings.Repeat("é", 3500),
		"title":    "Royaume\n\n" + strings.Repeat("a", 992),
		"short":    "Une seule phrase.",
		"blank":    " \n\n ",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := chunks(document{source: "x", text: qa.Text{Content: content}})
			if err != nil {
				t.Fatal(err)
			}
			last := 0
			for i, c := range got {
				start, end := c.Metadata["start"].(int), c.Metadata["end"].(int)
				if content[start:end] != c.PageContent {
					t.Errorf("chunk %d is not what stands at %d:%d", i, start, end)
				}
				if gap := strings.TrimSpace(content[min(last, start):start]); gap != "" {
					t.Errorf("chunk %d leaves %q out", i, gap)
				}
				last = end
			}
			if rest := strings.TrimSpace(content[last:]); rest != "" {
				t.Errorf("no chunk holds the end, %d bytes", len(rest))
			}
		})
	}
}

func TestFavourable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		yes, no        []float64
		cutOff, equals float64
	}{
		{"told apart", []float64{.9, .88}, []float64{.8, .85}, .88, 1},
		{"one of each on the wrong side", []float64{.9, .88, .8, .87}, []float64{.7, .89}, .8, .75},
		{"the wrong way round", []float64{.7}, []float64{.9}, 0, .5},
		{"all answerable", []float64{.7, .9}, nil, 0, .5},
		{"none answerable", nil, []float64{.7, .9}, 0, .5},
	} {
		var all []scored
		for _, s := range c.yes {
			all = append(all, scored{score: s, answerable: true})
		}
		for _, s := range c.no {
			all = append(all, scored{score: s})
		}
		got := favourable(all)
		if got != c.cutOff || math.Abs(balanced(all, got)-c.equals) > 1e-9 {
			t.Errorf("%s: cut-off %v with balanced accuracy %v, want %v with %v", c.name, got, balanced(all, got), c.cutOff, c.equals)
		}
	}
}

// TestRun asks the example questions of the example reports, from the flags to the score.
func TestRun(t *testing.T) {
	t.Parallel()
	dsn := postgres.Database(t)
	root := testkit.Root(t)
	out := filepath.Join(t.TempDir(), "run.jsonl")
	s := settings{dsn: dsn, cache: t.TempDir(), out: out, stage: string(eval.StageAsk), top: 4, cutOff: bestCutOff,
		compiled: filepath.Join(os.TempDir(), "rapporteur-test-pdfium"), // kept between runs, as those of ingest/extract/pdf
		set:      filepath.Join(root, "examples/questions.jsonl"), reports: filepath.Join(root, "examples/reports")}
	if err := s.run(t.Context(), t.Output()); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	header, results, err := eval.ReadRun(f)
	if err != nil {
		t.Fatal(err)
	}
	if header.Stage != eval.StageAsk || len(results) != 60 {
		t.Fatalf("a run of stage %q with %d results, want ask with 60", header.Stage, len(results))
	}
	answered := checkResults(t, results)
	if answered < 20 || answered == len(results) {
		t.Errorf("%d of %d questions are answered: the cut-off is none", answered, len(results))
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var left int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d tables are left behind, %v", left, err)
	}
}

// checkResults verifies what each answer must be, and counts those that are no refusal.
func checkResults(t *testing.T, results []eval.Result) (answered int) {
	t.Helper()
	least, most := 1.0, 0.0
	for _, r := range results {
		if r.Answered != (len(r.Citations) == 4) {
			t.Errorf("%s: answered %v with %d chunks", r.ID, r.Answered, len(r.Citations))
		}
		for _, c := range r.Citations {
			if !c.Valid || !c.PageValid || len([]rune(c.Quote)) > chunkSize+chunkOverlap {
				t.Errorf("%s: a chunk that is not in its text, not on its page or too long: %+v", r.ID, c)
			}
		}
		if r.Answered {
			answered++
			least = min(least, r.Confidence)
		} else {
			most = max(most, r.Confidence)
		}
	}
	if least < most {
		t.Errorf("a question with score %v is answered, and one with %v is not", least, most)
	}
	return answered
}

// TestWithin asks a question within two documents of three.
func TestWithin(t *testing.T) {
	t.Parallel()
	encoder, err := corpus.Encoder()
	if err != nil {
		t.Fatal(err)
	}
	l, err := open(t.Context(), postgres.Database(t), encoder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	texts := fromRecords([]eval.Record{
		{ID: "a", Title: "Piscine", Text: "La piscine ouvre à 9 heures."},
		{ID: "b", Title: "Mairie", Text: "La mairie ouvre à 8 heures."},
		{ID: "c", Title: "Marché", Text: "Le marché se tient le samedi."},
	})
	if err := l.add(t.Context(), texts, t.Output()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		within  []qa.DocumentID
		history []qa.Message
		text    string
		want    string
		found   int
	}{
		{nil, nil, "À quelle heure ouvre la piscine ?", "a", 3},
		{[]qa.DocumentID{"b", "c"}, nil, "À quelle heure ouvre la piscine ?", "b", 2},
		{nil, []qa.Message{{Role: qa.RoleUser, Content: "Quel jour a lieu le marché ?"}, {Role: qa.RoleAssistant, Content: "Le samedi."}}, "Où ça ?", "c", 3},
	} {
		q := qa.Question{Text: c.text, History: c.history, Scope: qa.Scope{Documents: c.within}}
		for range 2 { // the second time from the collection that the first one made
			found, err := l.find(t.Context(), q, 4)
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != c.found || found[0].source != c.want || !slices.IsSortedFunc(found, func(a, b passage) int { return int(math.Copysign(1, b.score-a.score)) }) {
				t.Errorf("%s within %v: %+v, want %d chunks, the best of %s", c.text, c.within, found, c.found, c.want)
			}
		}
	}
}

// TestRunWithin asks a question within one report, and one of another set that nothing answers.
func TestRunWithin(t *testing.T) {
	t.Parallel()
	dsn, dir := postgres.Database(t), t.TempDir()
	write := func(name, content string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	s := settings{dsn: dsn, cache: t.TempDir(), out: filepath.Join(dir, "run.jsonl"), stage: string(eval.StageAsk), top: 4,
		language: "fr", set: write("set.jsonl", `{"id":"1","question":"Qui préside ?","answerable":true,"answers":["Thomas Guérineau"],"scope":["plan-sobriete-2023-2026.docx"]}`),
		traps: write("traps.jsonl", `{"id":"1","question":"Qui a peint la Joconde ?","answerable":true,"answers":["Léonard de Vinci"]}`),
		reports: strings.Join([]string{
			filepath.Join(testkit.Root(t), "examples/reports/plan-sobriete-2023-2026.docx"),
			filepath.Join(testkit.Root(t), "examples/reports/dinum-2023-2024.md")}, ",")}
	if err := s.run(t.Context(), t.Output()); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(s.out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	header, results, err := eval.ReadRun(f)
	if err != nil {
		t.Fatal(err)
	}
	if !header.NoRefusal || len(header.Traps) != 1 || len(results) != 2 || results[1].ID != "traps.jsonl/1" {
		t.Fatalf("%+v, %d results: want one question and one trap, without refusals", header, len(results))
	}
	for _, c := range results[0].Citations {
		if c.Doc != "plan-sobriete-2023-2026.docx" {
			t.Errorf("a chunk of %s, outside what was asked", c.Doc)
		}
	}
	if len(results[0].Citations) != 4 || !results[1].Answered {
		t.Errorf("%d chunks within the report, the trap answered %v: want 4, and no refusal", len(results[0].Citations), results[1].Answered)
	}
}
