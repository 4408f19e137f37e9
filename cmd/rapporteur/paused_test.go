package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	testdb "rapporteur/internal/testkit/postgres"
	"rapporteur/server/wire"
)

// asks searches in all collections and reports whether there was an answer.
func asks(url string) bool {
	_, ok := searches(url, "Quelles données sont publiées ?", "")
	return ok
}

// searches gives what a server finds by words; false when it did not answer.
func searches(url, query, collection string) (result wire.SearchResult, ok bool) {
	body, err := json.Marshal(map[string]any{"query": query, "collection": collection, "arm": "lexical"})
	if err != nil {
		return result, false
	}
	resp, err := http.Post(url+"/search", "application/json", bytes.NewReader(body))
	if err != nil {
		return result, false
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return result, err == nil && resp.StatusCode == http.StatusOK && json.Unmarshal(raw, &result) == nil
}

// TestPausedWorker stops a worker with a document in its hands for longer than its lease, lets another one take over
// and wakes it: what it still writes changes nothing.
func TestPausedWorker(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	reports := 8 // long enough to be caught at work
	if raceDetector {
		reports = 2 // which takes as long
	}
	for _, f := range hundred(t, reports) {
		part, err := os.ReadFile(f.path)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(part)
		text.WriteString("\n\n")
	}
	file := reportFile{source: "rapport.md", path: write(t, t.TempDir(), "rapport.md", text.String())}
	t.Run("in the middle of a transaction", func(t *testing.T) {
		t.Parallel()
		want := quietly(t, newService(t), []reportFile{file})
		f := newFleet(t)
		web := f.start("web", roleWeb)
		first := f.start("worker-1", roleWorker)
		other, err := pgx.Connect(t.Context(), f.dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close(t.Context())
		tx, err := other.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), "LOCK TABLE texts IN SHARE MODE"); err != nil { // nobody writes a text
			t.Fatal(err)
		}
		if !upload(t.Context(), web.url, file) {
			t.Fatal("the upload was refused")
		}
		f.waits("SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = 'worker-1' AND wait_event_type = 'Lock' AND query LIKE 'INSERT INTO texts%')")
		f.pause(first, "advance")
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.takenOver(first, "advance")
		f.sameAs(web, want)
		f.wakes(first)
		f.sameAs(web, want)
	})
	t.Run("while it makes vectors", func(t *testing.T) {
		t.Parallel()
		alone := testSettings(t)
		alone.Encoder, alone.Database = encoderBuiltin, testdb.Database(t)
		svc := newServiceOf(t, alone)
		svc.role = roleWeb // its workers run already
		want := quietly(t, svc, []reportFile{file})
		f := newFleet(t)
		web := f.start("web", roleWeb, "--encoder", encoderNone)
		first := f.start("worker-1", roleWorker, "--encoder", encoderBuiltin)
		if !upload(t.Context(), web.url, file) {
			t.Fatal("the upload was refused")
		}
		f.waits("SELECT EXISTS (SELECT 1 FROM river_job WHERE kind = 'embed' AND state = 'running') AND NOT EXISTS (SELECT 1 FROM river_job WHERE kind = 'advance' AND state = 'running')")
		f.pause(first, "embed")
		f.takenOver(first, "embed", "--encoder", encoderBuiltin)
		f.waits("SELECT state = 'live' AND (SELECT count(*) FROM sentence_vectors_1) = chunks FROM versions")
		before, since := vectorsIn(t, f.dsn)
		f.wakes(first)
		if after, last := vectorsIn(t, f.dsn); after != before || last != since {
			t.Errorf("the vectors changed after the first one woke: %s to %s", before, after)
		}
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
			quiet, _ := vectorsIn(t, alone.Database)
			if quiet == before {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("vectors %s, of a worker that was left alone %s", before, quiet)
			}
		}
		f.sameAs(web, want)
		var chunks, vectors, counted, sentences, embedded int
		f.query(`SELECT v.chunks, (SELECT count(*) FROM chunk_vectors_1), p.chunks, (SELECT count(*) FROM sentence_vectors_1), p.sentences
			FROM versions v JOIN progress p ON p.version = v.seq`, &chunks, &vectors, &counted, &sentences, &embedded)
		if vectors != chunks || counted != chunks || sentences != chunks || embedded != chunks {
			t.Errorf("%d chunks have %d vectors, counted as %d, and sentences of %d, counted as %d", chunks, vectors, counted, sentences, embedded)
		}
	})
}

// vectorsIn stands for all vectors of chunks in a database, and for the transactions that wrote them.
func vectorsIn(t *testing.T, dsn string) (sum, written string) {
	t.Helper()
	db, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	err = db.QueryRow(t.Context(), `SELECT coalesce(md5(string_agg(c.ordinal || ' ' || embedding::text, ',' ORDER BY c.ordinal)), ''),
		coalesce(md5(string_agg(x.xmin::text, ',' ORDER BY c.ordinal)), '') FROM chunk_vectors_1 x JOIN chunks c ON c.id = x.chunk`).Scan(&sum, &written)
	if err != nil {
		t.Fatal(err)
	}
	return sum, written
}

// waits waits until a query gives true.
func (f *fleet) waits(query string) {
	f.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		var is bool
		if f.query(query, &is); is {
			return
		}
		if time.Now().After(deadline) {
			f.t.Fatalf("not within a minute: %s", query)
		}
	}
}

// pause stops a process that has a job of a kind in hand.
func (f *fleet) pause(m *member, kind string) {
	f.t.Helper()
	m.killed = time.Now() // others may take over from now on
	if err := m.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		f.t.Fatal(err)
	}
	var held int
	if f.query("SELECT count(*) FROM river_job WHERE state = 'running' AND kind = '"+kind+"'", &held); held != 1 {
		f.t.Fatalf("%d jobs of the kind %s are in hand, want 1", held, kind)
	}
}

// takenOver starts another worker and waits until it ended the job of a kind that the first one had.
func (f *fleet) takenOver(first *member, kind string, args ...string) {
	f.t.Helper()
	began := time.Now()
	f.start("worker-2", roleWorker, args...)
	f.waits("SELECT EXISTS (SELECT 1 FROM job_audit WHERE kind = '" + kind + "' AND app = 'worker-2' AND after = 'running')")
	f.t.Logf("%s taken over %v after %s was stopped", kind, time.Since(first.killed).Round(time.Millisecond), first.name)
	f.waits("SELECT NOT EXISTS (SELECT 1 FROM river_job WHERE finalized_at IS NULL)")
	f.t.Logf("done %v after worker-2 was started", time.Since(began).Round(time.Millisecond))
}

// wakes lets a process go on, and gives it time to write what it still has.
func (f *fleet) wakes(m *member) {
	f.t.Helper()
	var last int64
	f.query("SELECT max(id) FROM job_audit", &last)
	if err := m.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		f.t.Fatal(err)
	}
	wait := 4 * time.Second
	if raceDetector {
		wait = 15 * time.Second
	}
	time.Sleep(wait)
	var late int
	if f.query("SELECT count(*) FROM job_audit WHERE app = '"+m.name+"' AND id > "+strconv.FormatInt(last, 10), &late); late > 0 {
		f.t.Errorf("%s changed %d jobs after it woke", m.name, late)
	}
	f.audit()
	if err := m.cmd.Process.Signal(syscall.Signal(0)); err != nil {
		f.t.Errorf("%s did not live on: %v", m.name, err)
	}
	f.stop(m.name)
}
