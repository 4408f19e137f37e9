package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"rapporteur/internal/testkit"
	pgtest "rapporteur/internal/testkit/postgres"
	"rapporteur/server/wire"
)

var (
	killRounds = flag.Int("kill.rounds", 10, "kills of TestKill, on each database")
	killSeed   = flag.Uint64("kill.seed", 1, "seed of the times of TestKill")
)

// killsPerLibrary is how often the server of one library is killed before all is checked.
const killsPerLibrary = 10

// TestKill kills a real server at random times while the reports are uploaded to it and read, and
// starts it again: what was acknowledged must be there, once and whole, and reading must go on
// within 5 seconds. Run more with: go test ./cmd/rapporteur -run 'TestKill$' -v -kill.rounds 60 -timeout 60m
func TestKill(t *testing.T) {
	files := reportFiles(t)
	want := reference(t)
	for _, db := range []struct {
		name string
		dsn  func(testing.TB) string
	}{
		{"sqlite", func(testing.TB) string { return "" }},
		{"postgres", pgtest.Database},
	} {
		t.Run(db.name, func(t *testing.T) { killAtRandom(t, db.dsn, slices.Clone(files), want) })
	}
}

func killAtRandom(t *testing.T, dsn func(testing.TB) string, files []reportFile, want map[string]wire.Document) {
	rng := rand.New(rand.NewPCG(*killSeed, 0))
	var resumed []time.Duration
	for round := 0; round < *killRounds; {
		v := &victim{t: t, dir: t.TempDir(), dsn: dsn(t), acked: map[string]bool{}}
		v.start()
		rng.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
		for range killsPerLibrary {
			if round == *killRounds {
				break
			}
			round++
			after := time.Duration(rng.Int64N(int64(1500 * time.Millisecond)))
			v.uploadAndKill(files, after)
			v.start()
			if took, waited := v.resumes(); waited {
				resumed = append(resumed, took)
			}
		}
		v.check(want)
		v.kill()
	}
	slices.Sort(resumed)
	if n := len(resumed); n > 0 {
		t.Logf("%d kills, seed %d: 0 acknowledged documents lost, doubled or mixed; work went on after %v (median), %v (most), %d times with work left",
			*killRounds, *killSeed, resumed[n/2].Round(time.Millisecond), resumed[n-1].Round(time.Millisecond), n)
	}
}

// TestKillWhileEmbedding kills the server while it computes vectors: every document has all of them in the
// end, and the search by meaning finds what it finds in a library that was left alone.
func TestKillWhileEmbedding(t *testing.T) {
	rng := rand.New(rand.NewPCG(*killSeed, 1))
	var files []reportFile
	for _, f := range reportFiles(t) {
		if info, err := os.Stat(f.path); err == nil && filepath.Ext(f.path) == ".md" && info.Size() < 20_000 && len(files) < 8 {
			files = append(files, f)
		}
	}
	if len(files) < 4 {
		t.Fatalf("only %d small reports", len(files))
	}
	svc := newEncodingService(t)
	quiet := &victim{t: t, url: serveForTest(t, svc)}
	for _, f := range files {
		if !upload(context.Background(), quiet.url, f) {
			t.Fatalf("%s was refused", f.source)
		}
	}
	want := quiet.meaning("Quels engagements pour réduire l’empreinte du numérique ?", len(files))

	v := &victim{t: t, dir: t.TempDir(), acked: map[string]bool{}, args: []string{"--encoder", encoderBuiltin}}
	v.start()
	for range 8 {
		v.uploadAndKill(files, time.Duration(rng.Int64N(int64(time.Second))))
		v.start()
	}
	for _, f := range files {
		if !upload(context.Background(), v.url, f) {
			t.Fatalf("%s was refused", f.source)
		}
	}
	if got := v.meaning("Quels engagements pour réduire l’empreinte du numérique ?", len(files)); !slices.Equal(got, want) {
		t.Errorf("found %v\nwant  %v", got, want)
	}
	v.kill()
}

// meaning waits until n documents have all their vectors, and gives the passages that come first by meaning.
func (v *victim) meaning(question string, n int) (found []string) {
	v.t.Helper()
	whole := func(d wire.Document) bool { return d.State == "live" && d.Embedded == 1 }
	for deadline := time.Now().Add(10 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		docs := v.documents()
		if len(docs) == n && !slices.ContainsFunc(docs, func(d wire.Document) bool { return !whole(d) }) {
			break
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("no vectors after 10 minutes: %+v", docs)
		}
	}
	time.Sleep(time.Second) // the index reads the feed four times a second
	body, err := json.Marshal(map[string]any{"query": question, "arm": "semantic", "limit": 10})
	if err != nil {
		v.t.Fatal(err)
	}
	resp, err := http.Post(v.url+"/search", "application/json", bytes.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	var result wire.SearchResult
	if err := json.NewDecoder(resp.Body).Decode(&result); err != nil || result.Degraded || len(result.Hits) == 0 {
		v.t.Fatalf("%v: %+v", err, result)
	}
	for _, h := range result.Hits {
		found = append(found, fmt.Sprintf("%s [%d, %d) %.3f", h.Document.Source, h.Start, h.End, h.Scores.Semantic))
	}
	return found
}

// reportFile is one file: its path relative to the reports is its source.
type reportFile struct{ source, path string }

func reportFiles(t *testing.T) []reportFile {
	t.Helper()
	root := testkit.Shared(t, "data/reports")
	var out []reportFile
	err := fs.WalkDir(os.DirFS(root), ".", func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			out = append(out, reportFile{source: p, path: filepath.Join(root, p)})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// reference is what an undisturbed library holds: source → hash, chunks and state.
func reference(t *testing.T) map[string]wire.Document {
	t.Helper()
	svc := newService(t)
	url := serveForTest(t, svc)
	for _, f := range reportFiles(t) {
		if !upload(context.Background(), url, f) {
			t.Fatalf("%s was refused", f.source)
		}
	}
	v := &victim{t: t, url: url}
	return v.settled()
}

// victim is a server in a process of its own.
type victim struct {
	t     *testing.T
	dir   string
	dsn   string // of PostgreSQL, or ""
	url   string
	cmd   *exec.Cmd
	args  []string // more of them, for serve
	born  time.Time
	mu    sync.Mutex
	acked map[string]bool // sources whose upload was acknowledged
}

var servingAt = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

func (v *victim) start() {
	v.t.Helper()
	self, err := os.Executable()
	if err != nil {
		v.t.Fatal(err)
	}
	args := []string{"serve", "--data", v.dir, "--listen", "127.0.0.1:0", "--ocr", "off", "--log-level", "error"}
	v.cmd = exec.Command(self, append(args, v.args...)...)
	v.cmd.Env = append(os.Environ(), asMain+"=1", "RAPPORTEUR_DATABASE="+v.dsn)
	stderr, err := v.cmd.StderrPipe()
	if err != nil {
		v.t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	v.born = time.Now()
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if url := servingAt.FindString(lines.Text()); url != "" {
			v.url = url
			go io.Copy(io.Discard, stderr)
			return
		}
		v.t.Log(lines.Text())
	}
	v.t.Fatal("the server did not start")
}

func (v *victim) kill() {
	_ = v.cmd.Process.Kill()
	_ = v.cmd.Wait() // killed: the status says so
}

// uploadAndKill uploads what is not acknowledged yet and kills the server after a while.
func (v *victim) uploadAndKill(files []reportFile, after time.Duration) {
	ctx, cancel := context.WithCancel(context.Background())
	var uploading sync.WaitGroup
	uploading.Go(func() {
		for _, f := range files {
			if v.acked[f.source] || ctx.Err() != nil {
				continue
			}
			if upload(ctx, v.url, f) {
				v.mu.Lock()
				v.acked[f.source] = true
				v.mu.Unlock()
			}
		}
	})
	time.Sleep(after)
	v.kill()
	cancel()
	uploading.Wait()
}

// upload posts one file and reports whether it was acknowledged.
func upload(ctx context.Context, url string, f reportFile) bool {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if form.WriteField("source", f.source) != nil {
		return false
	}
	part, err := form.CreateFormFile("file", filepath.Base(f.path))
	if err != nil {
		return false
	}
	raw, err := os.ReadFile(f.path)
	if err != nil {
		return false
	}
	if _, err := part.Write(raw); err != nil || form.Close() != nil {
		return false
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/documents", &body)
	if err != nil {
		return false
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err == nil && (resp.StatusCode == http.StatusAccepted || resp.StatusCode == http.StatusOK)
}

// resumes measures how long after its start the server takes up a job again; false when nothing was left.
func (v *victim) resumes() (time.Duration, bool) {
	v.t.Helper()
	driver, address, since, born := "sqlite", "file:"+filepath.Join(v.dir, "library.db")+"?_pragma=busy_timeout(5000)", "?", any(v.born.UTC().Format("2006-01-02 15:04:05.000"))
	if v.dsn != "" {
		driver, address, since, born = "pgx", v.dsn, "$1", v.born
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		v.t.Fatal(err)
	}
	defer db.Close()
	count := func(query string, args ...any) int {
		var n int
		if err := db.QueryRow(query, args...).Scan(&n); err != nil {
			v.t.Fatal(err)
		}
		return n
	}
	for {
		left := count(`SELECT count(*) FROM versions WHERE state IN ('queued', 'extracted')`)
		if left == 0 {
			return 0, false
		}
		if count(`SELECT count(*) FROM river_job WHERE attempted_at >= `+since, born) > 0 {
			return time.Since(v.born), true
		}
		if time.Since(v.born) > 5*time.Second {
			v.t.Fatalf("5 s after the restart no job is taken up; %d versions wait", left)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// settled waits until all documents reached their last state and gives them by source.
func (v *victim) settled() map[string]wire.Document {
	v.t.Helper()
	for deadline := time.Now().Add(10 * time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		docs := v.documents()
		if !slices.ContainsFunc(docs, func(d wire.Document) bool { return d.State == "queued" || d.State == "extracted" }) {
			out := map[string]wire.Document{}
			for _, d := range docs {
				if _, twice := out[d.Source]; twice {
					v.t.Errorf("%s is there twice", d.Source)
				}
				out[d.Source] = d
			}
			return out
		}
	}
	v.t.Fatal("the documents did not settle in 10 minutes")
	return nil
}

func (v *victim) documents() []wire.Document {
	v.t.Helper()
	resp, err := http.Get(v.url + "/documents?limit=200")
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	var list struct {
		Documents []wire.Document `json:"documents"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		v.t.Fatal(err)
	}
	return list.Documents
}

// check compares what the library holds with the undisturbed one.
func (v *victim) check(want map[string]wire.Document) {
	v.t.Helper()
	got := v.settled()
	for source := range v.acked {
		d, ok := got[source]
		if !ok {
			v.t.Errorf("%s was acknowledged and is lost", source)
			continue
		}
		if a, b := facts(d), facts(want[source]); a != b {
			v.t.Errorf("%s is not whole: %s, want %s", source, a, b)
		}
	}
}

func facts(d wire.Document) string {
	return fmt.Sprintf("state %s, hash %.12s, %d pages, %d chunks", d.State, d.Hash, d.Pages, d.Chunks)
}
