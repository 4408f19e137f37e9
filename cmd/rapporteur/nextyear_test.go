package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rapporteur/examples"
	"rapporteur/ingest"
	"rapporteur/ingest/source"
	"rapporteur/internal/testkit/postgres"
	"rapporteur/qa"
	"rapporteur/server/wire"
)

// fiftyReports writes 50 small reports below dir, made of the paragraphs of an example: three of them are long, the
// others a paragraph each.
func fiftyReports(t *testing.T, dir string) (text string) {
	t.Helper()
	raw, err := fs.ReadFile(examples.Reports(), "dinum-2023-2024.md")
	if err != nil {
		t.Fatal(err)
	}
	var paragraphs []string
	for p := range strings.SplitSeq(string(raw), "\n\n") {
		if len(p) > 100 {
			paragraphs = append(paragraphs, p)
		}
	}
	for i := range 50 {
		folder := fmt.Sprintf("%d", 2020+i%4)
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
		body := paragraphs[i%len(paragraphs)]
		if i < 3 {
			body = string(raw)
		}
		write(t, filepath.Join(dir, folder), fmt.Sprintf("commune-%02d.md", i), fmt.Sprintf("# Commune %02d\n\nLa commune %02d compte %d habitants.\n\n%s\n", i, i, 1000+i*7, body))
	}
	return string(raw)
}

// edit replaces a text in a file.
func edit(t *testing.T, file, old, replacement string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(raw), old) {
		t.Fatalf("%s does not hold %q: %v", file, old, err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(raw), old, replacement, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// outcomes are the lines of ingest --json, by source.
func outcomes(t *testing.T, out string) map[string]outcome {
	t.Helper()
	all := map[string]outcome{}
	for line := range strings.Lines(out) {
		var o outcome
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all[o.Source] = o
	}
	return all
}

// tally counts the verdicts.
func tally(all map[string]outcome) string {
	n := map[string]int{}
	for _, o := range all {
		n[o.Verdict]++
	}
	var parts []string
	for _, verdict := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, fmt.Sprintf("%d %s", n[verdict], verdict))
	}
	return strings.Join(parts, ", ")
}

// watchful is the encoder of the binary, which remembers what it was asked and looks around each time.
type watchful struct {
	ingest.Embedder
	mu    sync.Mutex
	asked []string
	look  func()
}

func (w *watchful) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, texts...)
	w.look()
	return w.Embedder.EmbedDocuments(ctx, texts)
}

// onBothDatabases runs a test with the flags that name an empty library.
func onBothDatabases(t *testing.T, run func(t *testing.T, data, database string)) {
	t.Run("SQLite", func(t *testing.T) { run(t, t.TempDir(), "") })
	t.Run("PostgreSQL", func(t *testing.T) { run(t, t.TempDir(), postgres.Database(t)) })
}

// TestNextYear ingests a folder of 50 reports, and again when 3 changed, 1 went and 1 came: what is unchanged costs
// nothing, unchanged chunks keep their vectors, the old versions answer until the new ones are whole, and
// each step can be taken back.
func TestNextYear(t *testing.T) {
	if raceDetector {
		t.Skip("skipped: the race detector makes encoding take minutes; test.sh runs it without")
	}
	onBothDatabases(t, func(t *testing.T, data, database string) {
		y := &nextYear{t: t, data: data, database: database, reports: t.TempDir()}
		fiftyReports(t, y.reports)
		first := y.ingest(0, "50 ingested", encoding()...)
		if again := y.ingest(0, "50 unchanged", encoding()...); again["2020/commune-00.md"].Version != first["2020/commune-00.md"].Version {
			t.Error("an unchanged file has another version")
		}
		y.change()
		y.again(first)
		// By another way, one document that looks as if it came from the folder, and one of another folder.
		y.do(0, "ingest", write(t, t.TempDir(), "déposé.md", "# Déposé\n\nUn document donné seul.\n"))
		y.do(0, "ingest", filepath.Dir(write(t, t.TempDir(), "ailleurs.md", "# Ailleurs\n\nUn document d’un autre dossier.\n")))
		y.ingest(0, "1 gone, 50 unchanged")
		y.versions(first)
		y.pruned(first)
	})
}

// nextYear is the library and the folder of TestNextYear.
type nextYear struct {
	t                       *testing.T
	data, database, reports string
}

// do runs a command in a process of its own, without an encoder unless the flags say so: loading it takes a while.
func (y *nextYear) do(want int, args ...string) (out, errs string) {
	y.t.Helper()
	args = append(args, "--data", y.data, "--language", "fr", "--ocr", ocrOff)
	if y.database != "" {
		args = append(args, "--database", y.database)
	}
	code, out, errs := program(y.t, "", args...)
	if code != want {
		y.t.Fatalf("%v: exit %d, want %d: %s%s", args, code, want, out, errs)
	}
	return out, errs
}

// encoding are the flags of commands that need vectors.
func encoding(args ...string) []string { return append(args, "--encoder", encoderBuiltin) }

func (y *nextYear) ingest(code int, want string, flags ...string) map[string]outcome {
	y.t.Helper()
	out, errs := y.do(code, append([]string{"ingest", y.reports, "--json"}, flags...)...)
	all := outcomes(y.t, out)
	if got := tally(all); got != want {
		y.t.Errorf("ingest %v: %s, want %s: %s", flags, got, want, errs)
	}
	return all
}

const (
	changedPassage = "Les effectifs de la commune atteignent 418 agents depuis la réorganisation."
	goneSource     = "2023/commune-03.md"
)

// change makes it next year: in three reports a sentence changes, one report goes, one comes.
func (y *nextYear) change() {
	y.t.Helper()
	for i := range 3 {
		edit(y.t, filepath.Join(y.reports, fmt.Sprint(2020+i), fmt.Sprintf("commune-%02d.md", i)),
			fmt.Sprintf("La commune %02d compte %d habitants.", i, 1000+i*7), changedPassage)
	}
	if err := os.Remove(filepath.Join(y.reports, goneSource)); err != nil {
		y.t.Fatal(err)
	}
	write(y.t, filepath.Join(y.reports, "2023"), "nouvelle.md", "# Commune nouvelle\n\nLa commune nouvelle est née en 2024.\n")
}

// again ingests the folder in this process, where it can be seen what the encoder is asked and what answers
// meanwhile.
func (y *nextYear) again(first map[string]outcome) {
	t := y.t
	t.Helper()
	s := testSettings(t)
	s.Data, s.Database, s.Encoder = y.data, y.database, encoderBuiltin
	svc, err := open(t.Context(), s, logger(s, terminal{err: t.Output()}))
	if err != nil {
		t.Fatal(err)
	}
	defer svc.Close()
	old := first["2020/commune-00.md"]
	var shares []float64
	encoder := &watchful{Embedder: svc.pipeline.Embedder, look: func() {
		d, versions, err := svc.store.Document(t.Context(), scopeOf(""), qa.DocumentID(old.Document))
		if err != nil {
			t.Error(err)
			return
		}
		if v := versions[0]; v.State == qa.StateExtracted {
			shares = append(shares, v.Embedded)
			if string(d.Live) != old.Version || versions[1].Embedded != 1 {
				t.Errorf("while the new version is at %v, %s answers at %v; want %s", v.Embedded, d.Live, versions[1].Embedded, old.Version)
			}
		}
	}}
	svc.pipeline.Embedder = encoder
	stop := svc.work(t.Context())
	defer stop()
	listing, err := source.List([]string{y.reports}, false)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]outcome{}
	keep := func(o outcome) error { all[o.Source] = o; return nil }
	if err := svc.ingest(t.Context(), qa.DefaultCollection, listing.Items, keep); err != nil {
		t.Fatal(err)
	}
	term := terminal{err: t.Output(), language: "fr"}
	if err := svc.awaitVectors(t.Context(), term); err != nil {
		t.Fatal(err)
	}
	gone := absence{svc: svc, collection: qa.DefaultCollection}
	if err := gone.tell(t.Context(), listing, term, keep); err != nil {
		t.Fatal(err)
	}
	if got := tally(all); got != "1 gone, 1 ingested, 3 new_version, 46 unchanged" || all[goneSource].Verdict != "gone" {
		t.Errorf("next year: %s", got)
	}
	y.reused(encoder.asked, all)
	if len(shares) == 0 || slices.Max(shares) <= 0 || slices.Min(shares) > 0.99 {
		t.Errorf("shares of the new version's vectors while they were made: %v", shares)
	}
}

// reused checks that of the three changed reports, only what changed was encoded.
func (y *nextYear) reused(asked []string, all map[string]outcome) {
	y.t.Helper()
	chunks, changed, fresh := 0, 0, 0
	for i := range 3 {
		chunks += all[fmt.Sprintf("%d/commune-%02d.md", 2020+i, i)].Chunks
	}
	for _, text := range asked {
		switch {
		case strings.Contains(text, "nouvelle"):
			fresh++
		case strings.HasPrefix(text, "Commune 0") && strings.Contains(text, changedPassage):
			changed++
		}
	}
	y.t.Logf("reused: of %d chunks of 3 changed reports, %d were encoded; %d texts in all, %d of them of a new report", chunks, changed, len(asked), fresh)
	if chunks < 9 || changed != 3 {
		y.t.Errorf("%d of %d chunks were encoded, want the 3 that changed", changed, chunks)
	}
	for _, text := range asked {
		if strings.Contains(text, "\n") && !strings.Contains(text, changedPassage) && !strings.Contains(text, "nouvelle") {
			y.t.Errorf("encoded although it did not change: %.200q", text)
		}
	}
}

// versions looks at the versions of a changed report and goes back to the first and forth again.
func (y *nextYear) versions(first map[string]outcome) {
	t := y.t
	t.Helper()
	old := first["2020/commune-00.md"]
	var d wire.DocumentDetail
	out, _ := y.do(0, "documents", "show", old.Document, "--json")
	if err := json.Unmarshal([]byte(out), &d); err != nil || len(d.Versions) != 2 || d.Embedded != 1 || d.State != "live" {
		t.Fatalf("%v: %s", err, out)
	}
	out, _ = y.do(0, "documents", "show", old.Document)
	today := regexp.QuoteMeta(time.Now().Format("2006-01-02"))
	for version, force := range map[string]string{d.Versions[0].Version: "en vigueur depuis le " + today, old.Version: "en vigueur du " + today + ".* au " + today} {
		if !regexp.MustCompile(version + ".*" + force).MatchString(out) {
			t.Errorf("want %s %s in %s", version, force, out)
		}
	}
	found := func(what string, want, not string) {
		t.Helper()
		for _, arm := range []string{"semantic", "lexical"} {
			out, _ := y.do(0, encoding("search", "commune 00 habitants effectifs agents", "--arm", arm, "--limit", "60", "--json")...)
			if !strings.Contains(out, want) || strings.Contains(out, not) {
				t.Errorf("%s, %s: want %q and not %q", what, arm, want, not)
			}
		}
	}
	const before = "La commune 00 compte 1000 habitants."
	y.do(0, "documents", "rollback", old.Document, old.Version)
	found("after the rollback", before, "\"version\":\""+d.Versions[0].Version)
	y.ingest(0, "1 gone, 50 unchanged")
	found("a rollback outlives the next ingestion of the same bytes", before, "\"version\":\""+d.Versions[0].Version)
	y.do(0, "documents", "rollback", old.Document, d.Versions[0].Version)
	found("forth again", changedPassage, before)
}

// pruned removes what is gone, and nothing else, and never where that could be a mistake.
func (y *nextYear) pruned(first map[string]outcome) {
	t := y.t
	t.Helper()
	moved := y.reports + "-ailleurs"
	if err := os.Rename(y.reports, moved); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(y.reports, 0o755); err != nil {
		t.Fatal(err)
	}
	if all := y.ingest(2, "51 gone", "--prune"); all[goneSource].Document != first[goneSource].Document {
		t.Errorf("an empty folder: %+v", all[goneSource])
	}
	if err := os.Remove(y.reports); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(moved, y.reports); err != nil {
		t.Fatal(err)
	}
	broken := write(t, y.reports, "cassée.zip", "pas une archive")
	if _, errs := y.do(2, "ingest", y.reports, "--prune"); !strings.Contains(errs, "rien n’a été retiré") {
		t.Errorf("a folder that could not be listed whole: %s", errs)
	}
	y.do(0, "documents", "show", first[goneSource].Document)
	if err := os.Remove(broken); err != nil {
		t.Fatal(err)
	}
	// A file that moves is a document gone and another one come.
	if err := os.Rename(filepath.Join(y.reports, "2020/commune-04.md"), filepath.Join(y.reports, "commune-04.md")); err != nil {
		t.Fatal(err)
	}
	all := y.ingest(0, "1 ingested, 2 removed, 49 unchanged", "--prune")
	if all["commune-04.md"].Verdict != "ingested" || all["2020/commune-04.md"].Verdict != "removed" || all[goneSource].Verdict != "removed" {
		t.Errorf("pruned: %+v, %+v, %+v", all["commune-04.md"], all["2020/commune-04.md"], all[goneSource])
	}
	y.do(3, "documents", "show", first[goneSource].Document)
	y.ingest(0, "50 unchanged", "--prune")
	out, _ := y.do(0, "documents", "list")
	for _, kept := range []string{"déposé.md", "ailleurs.md", "nouvelle.md"} {
		if !strings.Contains(out, kept) {
			t.Errorf("%s was removed: %s", kept, out)
		}
	}
	if strings.Count(strings.TrimSpace(out), "\n") != 51 {
		t.Errorf("want 52 documents: %s", out)
	}
}
