package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	testdb "rapporteur/internal/testkit/postgres"
	"rapporteur/server/wire"
)

// fleet is any number of processes on one database and one folder of originals.
type fleet struct {
	t         *testing.T
	dsn       string
	originals string
	db        *pgx.Conn
	mu        sync.Mutex
	all       map[string]*member
}

// member is one process: its name is what the database calls its connections.
type member struct {
	*victim
	name   string
	killed time.Time // zero while nobody killed it
}

// newFleet makes the tables by a first start, and has the database note each change of the state of a job from then on.
func newFleet(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{t: t, dsn: testdb.Database(t), originals: t.TempDir(), all: map[string]*member{}}
	f.start("first", roleWeb)
	f.stop("first")
	var err error
	if f.db, err = pgx.Connect(t.Context(), f.dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.db.Close(context.Background()) })
	_, err = f.db.Exec(t.Context(), `
		CREATE TABLE job_audit (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz, job bigint, kind text, before text, after text, app text);
		CREATE FUNCTION job_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			INSERT INTO job_audit (at, job, kind, before, after, app)
			VALUES (clock_timestamp(), NEW.id, NEW.kind, OLD.state::text, NEW.state::text, current_setting('application_name'));
			RETURN NULL; END $$;
		CREATE TRIGGER job_audit AFTER UPDATE ON river_job FOR EACH ROW
			WHEN (OLD.state <> NEW.state OR OLD.attempted_by IS DISTINCT FROM NEW.attempted_by) EXECUTE FUNCTION job_audit()`)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// start starts a process of a role; its name becomes that of its connections.
func (f *fleet) start(name, role string, args ...string) *member {
	f.t.Helper()
	u, err := url.Parse(f.dsn)
	if err != nil {
		f.t.Fatal(err)
	}
	q := u.Query()
	q.Set("application_name", name)
	u.RawQuery = q.Encode()
	v := &victim{t: f.t, dir: f.t.TempDir(), acked: map[string]bool{},
		args: append([]string{"--database", u.String(), "--originals", f.originals, "--role", role}, args...)}
	v.start()
	m := &member{victim: v, name: name}
	f.mu.Lock()
	f.all[name] = m
	f.mu.Unlock()
	f.t.Cleanup(func() {
		_ = v.cmd.Process.Signal(syscall.SIGCONT)
		_ = v.cmd.Process.Kill()
		_ = v.cmd.Wait() // it may have ended before
	})
	return m
}

// startAll starts two servers and four workers at once.
func (f *fleet) startAll() (web [2]*member) {
	f.t.Helper()
	for i := range web {
		web[i] = f.start(fmt.Sprint("web-", i), roleWeb)
	}
	for i := range 4 {
		f.start(fmt.Sprint("worker-", i), roleWorker)
	}
	return web
}

// stop tells a process to end: with status 0, within 20 seconds.
func (f *fleet) stop(name string) {
	f.t.Helper()
	cmd := f.all[name].cmd
	began := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		f.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			f.t.Errorf("%s: %v after SIGTERM, want status 0", name, err)
		}
		f.t.Logf("%s ended %v after SIGTERM", name, time.Since(began).Round(time.Millisecond))
	case <-time.After(20 * time.Second):
		f.t.Errorf("%s runs 20 s after SIGTERM", name)
		_ = cmd.Process.Kill()
		<-ended
	}
}

// query reads the first row of a query.
func (f *fleet) query(query string, targets ...any) {
	f.t.Helper()
	if err := f.db.QueryRow(f.t.Context(), query).Scan(targets...); err != nil {
		f.t.Fatalf("%s: %v", query, err)
	}
}

// audit reads what the database noted: a job is taken only when nobody holds it, and given back, or ended, only by who
// took it, unless that one was killed before.
func (f *fleet) audit() (taken, handedOver int) {
	f.t.Helper()
	rows, err := f.db.Query(f.t.Context(), "SELECT at, job, before, after, app FROM job_audit ORDER BY id")
	if err != nil {
		f.t.Fatal(err)
	}
	defer rows.Close()
	holders := map[int64]string{}
	for rows.Next() {
		var at time.Time
		var job int64
		var before, after, app string
		if err := rows.Scan(&at, &job, &before, &after, &app); err != nil {
			f.t.Fatal(err)
		}
		holder := holders[job]
		if before == "running" && app != holder {
			m := f.all[holder]
			if m == nil || m.killed.IsZero() || at.Before(m.killed) {
				f.t.Errorf("job %d, in the hands of %q, becomes %s by %q", job, holder, after, app)
			}
			handedOver++
		}
		delete(holders, job)
		if after == "running" {
			if before == "running" {
				f.t.Errorf("job %d, in the hands of %q, is taken by %q", job, holder, app)
			}
			holders[job] = app
			taken++
		}
	}
	if err := rows.Err(); err != nil {
		f.t.Fatal(err)
	}
	return taken, handedOver
}

// hundred gives so many different files: the small reports, and as many with a line more.
func hundred(t *testing.T, n int) []reportFile {
	t.Helper()
	var small []reportFile
	for _, f := range reportFiles(t) {
		if filepath.Ext(f.path) == ".md" {
			small = append(small, f)
		}
	}
	dir := t.TempDir()
	for i := 0; len(small) < n; i++ {
		text, err := os.ReadFile(small[i].path)
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("annexe-%d.md", i)
		small = append(small, reportFile{source: name, path: write(t, dir, name, fmt.Sprintf("%s\n\nAnnexe %d du rapport.\n", text, i))})
	}
	return small[:n]
}

// uploadTwice uploads all files through each of two servers at the same time, in several hands.
func uploadTwice(t *testing.T, files []reportFile, web [2]*member) {
	t.Helper()
	var all sync.WaitGroup
	for _, w := range web {
		next := make(chan reportFile)
		for range 4 {
			all.Go(func() {
				for f := range next {
					if !upload(context.Background(), w.url, f) {
						t.Errorf("%s was refused by %s", f.source, w.name)
					}
				}
			})
		}
		all.Go(func() {
			defer close(next)
			for _, f := range files {
				next <- f
			}
		})
	}
	all.Wait()
}

// sameAs compares what a library holds with one that was left alone.
func (f *fleet) sameAs(web *member, want map[string]wire.Document) {
	f.t.Helper()
	got := web.settled()
	if len(got) != len(want) {
		f.t.Errorf("%d documents, want %d", len(got), len(want))
	}
	for source, d := range want {
		if a, b := facts(got[source]), facts(d); a != b {
			f.t.Errorf("%s: %s, want %s", source, a, b)
		}
	}
	var documents, versions, chunks, listed int
	f.query("SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM versions), (SELECT count(*) FROM chunks), (SELECT sum(chunks) FROM versions)",
		&documents, &versions, &chunks, &listed)
	if documents != len(want) || versions != len(want) || chunks != listed {
		f.t.Errorf("%d documents, %d versions, %d of %d chunks in the tables; want %d of each", documents, versions, chunks, listed, len(want))
	}
}

// TestFleet: two servers and four workers on one database, the same 100 documents uploaded to both servers at once;
// once in peace, once with a worker killed in the middle; then the servers are replaced one after the other under load.
func TestFleet(t *testing.T) {
	t.Parallel()
	files := hundred(t, 100)
	want := quietly(t, newService(t), files)
	t.Run("in peace", func(t *testing.T) {
		f := newFleet(t)
		web := f.startAll()
		uploadTwice(t, files, web)
		f.sameAs(web[0], want)
		taken, handedOver := f.audit()
		if taken < len(files) || handedOver != 0 {
			t.Errorf("%d leases, %d of them handed over; want at least %d, 0", taken, handedOver, len(files))
		}
		t.Logf("%d leases, none held twice", taken)
		f.roll(web, files)
		f.audit()
	})
	t.Run("a worker is killed", func(t *testing.T) {
		f := newFleet(t)
		web := f.startAll()
		killed := make(chan string, 1)
		go func() { killed <- f.killOne() }()
		uploadTwice(t, files, web)
		name := <-killed
		f.sameAs(web[1], want)
		taken, handedOver := f.audit()
		t.Logf("%s was killed: %d leases, %d of them handed over, none held twice", name, taken, handedOver)
		if name == "" || handedOver == 0 {
			t.Error("nobody was killed with a job in hand")
		}
		for m := range f.all {
			if m != name && m != "first" {
				f.stop(m)
			}
		}
	})
}

// quietly is what the library of svc holds, once it was left alone with the files.
func quietly(t *testing.T, svc *service, files []reportFile) map[string]wire.Document {
	t.Helper()
	v := &victim{t: t, url: serveForTest(t, svc)}
	for _, f := range files {
		if !upload(t.Context(), v.url, f) {
			t.Fatalf("%s was refused", f.source)
		}
	}
	return v.settled()
}

// killOne kills the first worker that holds a job after twenty were taken; "" when none does within a minute. The
// worker is stopped first, so that it holds the job for sure when it dies.
func (f *fleet) killOne() string {
	db, err := pgx.Connect(context.Background(), f.dsn)
	if err != nil {
		f.t.Error(err)
		return ""
	}
	defer db.Close(context.Background())
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		var name string
		err := db.QueryRow(context.Background(), `SELECT a.app FROM job_audit a JOIN river_job j ON j.id = a.job
			WHERE a.id > 40 AND a.after = 'running' AND j.state = 'running' ORDER BY a.id DESC LIMIT 1`).Scan(&name)
		if err != nil {
			continue // nobody yet
		}
		m := f.all[name]
		if m == nil {
			f.t.Errorf("a job is in the hands of %q", name)
			return ""
		}
		_ = m.cmd.Process.Signal(syscall.SIGSTOP)
		var holds bool
		err = db.QueryRow(context.Background(), `SELECT EXISTS (SELECT 1 FROM river_job j WHERE j.state = 'running'
			AND (SELECT app FROM job_audit a WHERE a.job = j.id AND a.after = 'running' ORDER BY a.id DESC LIMIT 1) = $1)`, name).Scan(&holds)
		if err == nil && holds {
			m.killed = time.Now()
			m.kill()
			return name
		}
		_ = m.cmd.Process.Signal(syscall.SIGCONT)
	}
	return ""
}

// roll replaces both servers, one after the other, while documents come in and questions are asked: who goes on
// answers them all.
func (f *fleet) roll(web [2]*member, files []reportFile) {
	f.t.Helper()
	for i := range web {
		stays := web[1-i]
		ctx, cancel := context.WithCancel(context.Background())
		var asked, refused atomic.Int64
		var load sync.WaitGroup
		for hand := range 4 {
			load.Go(func() {
				for n := hand; ctx.Err() == nil; n++ {
					ok := upload(context.Background(), stays.url, files[n%len(files)])
					ok = asks(stays.url) && ok
					asked.Add(2)
					if !ok {
						refused.Add(1)
					}
				}
			})
		}
		time.Sleep(time.Second)
		f.stop(web[i].name)
		web[i] = f.start(fmt.Sprintf("web-%d-again", i), roleWeb)
		time.Sleep(500 * time.Millisecond)
		cancel()
		load.Wait()
		if refused.Load() != 0 {
			f.t.Errorf("%d of %d requests failed at %s while %s was replaced", refused.Load(), asked.Load(), stays.name, web[i].name)
		}
		f.t.Logf("%d requests answered by %s meanwhile", asked.Load(), stays.name)
	}
}
