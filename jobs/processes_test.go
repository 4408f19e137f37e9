package jobs_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	testdb "rapporteur/internal/testkit/postgres"
	"rapporteur/jobs"
	"rapporteur/qa"
)

// asWorker names the database of which the test binary works the queue.
const asWorker = "RAPPORTEUR_TEST_AS_WORKER"

// TestWorkerProcess is no test but the process that others start: it works a queue until it is told to stop. The
// version « poison » kills it, « long » takes 1 minute; what it does it writes into the table of marks.
func TestWorkerProcess(t *testing.T) {
	address := os.Getenv(asWorker)
	if address == "" {
		t.Skip("a process that other tests start")
	}
	ctx, stop := signal.NotifyContext(t.Context(), syscall.SIGTERM)
	defer stop()
	var db database
	if strings.HasPrefix(address, "postgres") {
		db = openPostgres(t, address)
	} else {
		db = openSQLite(t, address)
		lock, ok, err := jobs.TryLock(filepath.Dir(address))
		if err != nil || !ok {
			t.Fatalf("the lock: %v, %v", ok, err)
		}
		defer lock.Unlock()
	}
	mark := func(id qa.VersionID, what string) {
		mark(context.Background(), t, db, id, what)
	}
	a := &scripted{
		advance: func(ctx context.Context, id qa.VersionID) (bool, error) {
			mark(id, "begins")
			switch id {
			case "poison":
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			case "long":
				select {
				case <-ctx.Done():
					mark(id, "stopped")
					return false, ctx.Err()
				case <-time.After(time.Minute):
				}
			}
			mark(id, "done")
			return false, nil
		},
		giveUp: func(_ context.Context, id qa.VersionID, _ error) error { mark(id, "given up"); return nil },
	}
	r := db.runner(t, a, jobs.Options{Calm: time.Second, Grace: 100 * time.Millisecond})
	if err := r.Start(ctx); err != nil {
		t.Fatal(err)
	}
	mark("", "started")
	<-ctx.Done()
	if err := r.Stop(context.WithoutCancel(ctx)); err != nil {
		t.Fatal(err)
	}
}

func mark(_ context.Context, t testing.TB, db database, id qa.VersionID, what string) {
	query := fmt.Sprintf("INSERT INTO marks (version, what, pid) VALUES ('%s', '%s', %d)", id, what, os.Getpid())
	switch db := db.(type) {
	case onSQLite:
		if _, err := db.db.ExecContext(context.Background(), query); err != nil {
			t.Error(err)
		}
	case onPostgres:
		if _, err := db.pool.Exec(context.Background(), query); err != nil {
			t.Error(err)
		}
	}
}

// worker starts a process that works the queue of a database.
func worker(t *testing.T, db database) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestWorkerProcess$", "-test.timeout=5m")
	cmd.Env = append(os.Environ(), asWorker+"="+db.address())
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it may have ended before
	})
	return cmd
}

// marks counts what processes did.
func marks(t testing.TB, db database, id qa.VersionID, what string) (n int) {
	t.Helper()
	db.scan(t, fmt.Sprintf("SELECT count(*) FROM marks WHERE version = '%s' AND what = '%s'", id, what), &n)
	return n
}

// TestPoisonKills: a version that kills who works on it is given up after three processes, and keeps nobody from
// the others.
func TestPoisonKills(t *testing.T) {
	each(t, func(t *testing.T, db database) {
		db.exec(t, "CREATE TABLE marks (version text, what text, pid int)")
		r := db.runner(t, &scripted{}, jobs.Options{})
		many := []qa.VersionID{"poison"}
		for i := range 20 {
			many = append(many, qa.VersionID(fmt.Sprint("good ", i)))
		}
		enqueue(t, r, many...)
		died := 0
		for ; died < 5; died++ {
			cmd := worker(t, db)
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			for over := false; !over; {
				select {
				case <-ended:
					over = true
				case <-time.After(50 * time.Millisecond):
				}
				if !over && open(t, db) == 0 {
					_ = cmd.Process.Signal(syscall.SIGTERM)
					if err := <-ended; err != nil {
						t.Errorf("the last process: %v", err)
					}
					if died != 3 || marks(t, db, "poison", "begins") != 3 || marks(t, db, "poison", "given up") != 1 {
						t.Errorf("%d processes died, %d began it, given up %d times; want 3, 3, 1", died,
							marks(t, db, "poison", "begins"), marks(t, db, "poison", "given up"))
					}
					for _, id := range many[1:] {
						if marks(t, db, id, "done") == 0 || marks(t, db, id, "given up") != 0 {
							t.Errorf("%s is not done", id)
						}
					}
					return
				}
			}
		}
		t.Errorf("%d processes died", died)
	})
}

// onlyPostgres gives a database that several processes work.
func onlyPostgres(t *testing.T) onPostgres {
	t.Parallel()
	db := openPostgres(t, testdb.Database(t))
	db.exec(t, "CREATE TABLE marks (version text, what text, pid int)")
	return db
}

// TestStopGivesBackAtOnce: who is told to stop leaves no lease, and blames no file for it.
func TestStopGivesBackAtOnce(t *testing.T) {
	db := onlyPostgres(t)
	enqueue(t, db.runner(t, &scripted{}, jobs.Options{}), "long")
	first := worker(t, db)
	within(t, 20*time.Second, "the first one begins", func() bool { return marks(t, db, "long", "begins") == 1 })
	second := worker(t, db)
	within(t, 20*time.Second, "the second one waits", func() bool { return marks(t, db, "", "started") == 2 })
	began := time.Now()
	if err := first.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	within(t, 4*time.Second, "the second one goes on", func() bool { return marks(t, db, "long", "begins") == 2 })
	t.Logf("handed over %v after the signal", time.Since(began).Round(time.Millisecond))
	var blamed bool
	if db.scan(t, "SELECT metadata ? 'deaths' FROM river_job", &blamed); blamed {
		t.Error("a stop was counted as a death")
	}
	_ = second
}

// TestWakesLate stops a process for longer than its lease, and wakes it while another one works: it ends nothing that
// the other one holds, and stops working on it.
func TestWakesLate(t *testing.T) {
	db := onlyPostgres(t)
	enqueue(t, db.runner(t, &scripted{}, jobs.Options{}), "long")
	first := worker(t, db)
	within(t, 20*time.Second, "the first one begins", func() bool { return marks(t, db, "long", "begins") == 1 })
	if err := first.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	second := worker(t, db)
	within(t, 40*time.Second, "the second one takes over", func() bool { return marks(t, db, "long", "begins") == 2 })
	if err := first.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	within(t, 10*time.Second, "the first one stops its work", func() bool { return marks(t, db, "long", "stopped") == 1 })
	time.Sleep(2 * time.Second) // time enough to end a job, or to take it back
	var state string
	var tries, holders int
	db.scan(t, "SELECT state::text, attempt, array_length(attempted_by, 1) FROM river_job", &state, &tries, &holders)
	if state != "running" || holders != 2 {
		t.Errorf("the job is %s, taken %d times, by %d; want running in the hands of the second one", state, tries, holders)
	}
	for _, p := range []*exec.Cmd{second, first} {
		if err := p.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
	}
}

// cut ends connections of a runner as a network does; only that by which it shows that it lives where pulse is set.
func cut(t *testing.T, db onPostgres, pulse bool) {
	t.Helper()
	query := "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
	if pulse {
		query += " AND pid IN (SELECT l.pid FROM pg_locks l JOIN job_workers w ON (l.classid::bigint << 32 | l.objid::bigint) = w.lock WHERE l.locktype = 'advisory' AND l.granted)"
	}
	conn, err := pgx.Connect(t.Context(), db.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

// TestLostConnections cuts the connections of a process again and again while another one looks for the dead: nobody
// takes its job over.
func TestLostConnections(t *testing.T) {
	db := onlyPostgres(t)
	var begun, ended atomic.Int64
	a := &scripted{advance: func(ctx context.Context, _ qa.VersionID) (bool, error) {
		begun.Add(1)
		defer ended.Add(1)
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(8 * time.Second):
			return false, nil
		}
	}}
	start(t, db.runner(t, a, jobs.Options{}))
	other := openPostgres(t, db.dsn)
	start(t, other.runner(t, a, jobs.Options{}))
	enqueue(t, other.runner(t, a, jobs.Options{}), "a")
	within(t, 10*time.Second, "the job begins", func() bool { return begun.Load() == 1 })
	for _, pulse := range []bool{true, false, true} {
		cut(t, db, pulse)
		time.Sleep(1500 * time.Millisecond)
	}
	query := "SELECT count(*) FROM river_job WHERE finalized_at IS NULL"
	within(t, 30*time.Second, "the job ends", func() bool {
		var n int
		return db.pool.QueryRow(t.Context(), query).Scan(&n) == nil && n == 0
	})
	if begun.Load() != 1 || ended.Load() != 1 {
		t.Errorf("begun %d times, want once", begun.Load())
	}
}

// TestGhostConnection: the database still keeps the connection of a process that made another one. It goes on to
// count as alive, though the old lock is held.
func TestGhostConnection(t *testing.T) {
	db := onlyPostgres(t)
	entered := make(chan struct{}, 10)
	a := &scripted{advance: func(ctx context.Context, _ qa.VersionID) (bool, error) {
		entered <- struct{}{}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(8 * time.Second):
			return false, nil
		}
	}}
	start(t, db.runner(t, a, jobs.Options{}))
	ghost, err := pgx.Connect(t.Context(), db.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer ghost.Close(context.Background())
	var lock int64
	db.scan(t, "SELECT lock FROM job_workers", &lock)
	taken := make(chan error, 1)
	go func() { // it gets the lock when the connection is cut, before the process can
		_, err := ghost.Exec(t.Context(), "SELECT pg_advisory_lock($1)", lock)
		taken <- err
	}()
	within(t, 10*time.Second, "the ghost waits", func() bool {
		var n int
		db.scan(t, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())", &n)
		return n == 1
	})
	enqueue(t, db.runner(t, a, jobs.Options{}), "a")
	<-entered
	cut(t, db, true)
	if err := <-taken; err != nil {
		t.Fatal(err)
	}
	var before time.Time
	db.scan(t, "SELECT now()", &before)
	within(t, 5*time.Second, "it is seen again", func() bool {
		var seen bool
		db.scan(t, "SELECT bool_or(seen_at > '"+before.UTC().Format(time.RFC3339Nano)+"'::timestamptz + interval '1 second') FROM job_workers", &seen)
		return seen
	})
}

// TestDatabaseStops stops the server for longer than it takes to be taken for dead: who comes back goes on, and
// nobody takes its job over, not even who starts just then.
func TestDatabaseStops(t *testing.T) {
	t.Parallel()
	server := testdb.Start(t, "fsync=off")
	db := openPostgres(t, server.DSN)
	db.exec(t, "CREATE EXTENSION vector")
	var begun atomic.Int64
	a := &scripted{advance: func(ctx context.Context, _ qa.VersionID) (bool, error) {
		begun.Add(1)
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(22 * time.Second):
			return false, nil
		}
	}}
	first := db.runner(t, a, jobs.Options{})
	start(t, first)
	enqueue(t, first, "a")
	within(t, 10*time.Second, "the job begins", func() bool { return begun.Load() == 1 })
	server.Stop("immediate")
	time.Sleep(16 * time.Second) // longer than deadAnyway
	server.Start()
	other := openPostgres(t, server.DSN)
	start(t, other.runner(t, a, jobs.Options{}))
	within(t, 40*time.Second, "the job ends", func() bool {
		var n int
		return other.pool.QueryRow(t.Context(), "SELECT count(*) FROM river_job WHERE state = 'completed'").Scan(&n) == nil && n == 1
	})
	if begun.Load() != 1 {
		t.Errorf("begun %d times, want once", begun.Load())
	}
}

// TestStartTogether starts many processes on an empty database at once.
func TestStartTogether(t *testing.T) {
	db := onlyPostgres(t)
	var started []*exec.Cmd
	for range 4 {
		started = append(started, worker(t, db))
	}
	within(t, 30*time.Second, "all work", func() bool { return marks(t, db, "", "started") == len(started) })
	var many []qa.VersionID
	for i := range 100 {
		many = append(many, qa.VersionID(fmt.Sprint("good ", i)))
	}
	r := db.runner(t, &scripted{}, jobs.Options{})
	enqueue(t, r, many...)
	within(t, 30*time.Second, "all jobs done", func() bool { return open(t, db) == 0 })
	var done, twice int
	db.scan(t, "SELECT count(*) FILTER (WHERE what = 'done'), count(*) - count(DISTINCT (version, what)) FROM marks WHERE version <> ''", &done, &twice)
	if done != len(many) || twice != 0 {
		t.Errorf("%d versions done, %d marks twice; want %d, 0", done, twice, len(many))
	}
	slices.Reverse(started)
	for _, p := range started {
		if err := p.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
	}
	within(t, 15*time.Second, "nobody is left in the table of workers", func() bool {
		var n int
		db.scan(t, "SELECT count(*) FROM job_workers", &n)
		return n == 0
	})
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
