package jobs_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapporteur/jobs"
	"rapporteur/qa"
	"rapporteur/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scripted is an Advancer made of functions.
type scripted struct {
	advance   func(ctx context.Context, id qa.VersionID) (more bool, err error)
	embedding func(ctx context.Context, id qa.VersionID) (bool, error) // nil: never
	giveUp    func(ctx context.Context, id qa.VersionID, cause error) error
}

func (s *scripted) Advance(ctx context.Context, id qa.VersionID) (bool, error) {
	return s.advance(ctx, id)
}

func (s *scripted) Embedding(ctx context.Context, id qa.VersionID) (bool, error) {
	if s.embedding == nil {
		return false, nil
	}
	return s.embedding(ctx, id)
}

func done(context.Context, qa.VersionID) (bool, error) { return false, nil }

func (s *scripted) GiveUp(ctx context.Context, id qa.VersionID, cause error) error {
	return s.giveUp(ctx, id, cause)
}

func library(t *testing.T) *sql.DB {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "library.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s.Writer()
}

func runner(t *testing.T, db *sql.DB, a jobs.Advancer, o jobs.Options) *jobs.Runner[*sql.Tx] {
	t.Helper()
	r, err := jobs.NewSQLite(t.Context(), db, a, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func start(t *testing.T, r *jobs.Runner[*sql.Tx]) {
	t.Helper()
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// enqueue adds jobs in one transaction.
func enqueue(t *testing.T, db *sql.DB, r *jobs.Runner[*sql.Tx], ids ...qa.VersionID) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for _, id := range ids {
		if err := r.Enqueue(t.Context(), tx, qa.Work{Version: id}); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// open counts the jobs that are not finished.
func open(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM river_job WHERE finalized_at IS NULL").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func within(t *testing.T, d time.Duration, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(d); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, d)
		}
	}
}

func TestJobsAreTiedToTheirTransaction(t *testing.T) {
	t.Parallel()
	db := library(t)
	var steps sync.Map
	a := &scripted{advance: func(_ context.Context, id qa.VersionID) (bool, error) {
		n, _ := steps.LoadOrStore(id, new(atomic.Int64))
		switch n.(*atomic.Int64).Add(1) {
		case 1:
			return true, nil
		default:
			return false, nil
		}
	}}
	r := runner(t, db, a, jobs.Options{})
	start(t, r)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Enqueue(t.Context(), tx, qa.Work{Version: "rolled back"}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	enqueue(t, db, r, "a", "b", "a", "c")
	within(t, 5*time.Second, "all jobs done", func() bool { return open(t, db) == 0 })
	if _, ok := steps.Load(qa.VersionID("rolled back")); ok {
		t.Error("worked a job whose transaction was rolled back")
	}
	for _, id := range []qa.VersionID{"a", "b", "c"} {
		n, ok := steps.Load(id)
		if !ok || n.(*atomic.Int64).Load() != 2 {
			t.Errorf("version %s had %v steps, want 2", id, n)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what    string
		errs    []error // of the steps, in order; then it ends well
		steps   int64
		gaveUp  int64
		atLeast time.Duration
	}{
		{"passes after two", []error{qa.E(qa.Unavailable, "store_busy"), errors.New("secret words")}, 3, 0, 4500 * time.Millisecond},
		{"does not pass", []error{errors.New("x"), errors.New("x"), errors.New("x"), errors.New("x")}, 3, 1, 4500 * time.Millisecond},
		{"the library does not answer for long", []error{qa.E(qa.Unavailable, "store_down"), qa.E(qa.Unavailable, "store_busy"),
			qa.E(qa.Unavailable, "store_down"), context.DeadlineExceeded}, 5, 0, 12 * time.Second},
		{"removed", []error{qa.E(qa.NotFound, "version_unknown")}, 1, 0, 0},
		{"not allowed", []error{qa.E(qa.Forbidden, "read_only_key")}, 1, 1, 0},
		{"disk full", []error{qa.E(qa.NoSpace, "disk_full")}, 2, 0, 3500 * time.Millisecond},
		{"panic", []error{nil, nil}, 3, 0, 4500 * time.Millisecond},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			db := library(t)
			var steps, gaveUp atomic.Int64
			a := &scripted{
				advance: func(context.Context, qa.VersionID) (bool, error) {
					n := int(steps.Add(1))
					if n > len(c.errs) {
						return false, nil
					}
					if c.errs[n-1] == nil {
						panic("bug")
					}
					return false, c.errs[n-1]
				},
				giveUp: func(context.Context, qa.VersionID, error) error { gaveUp.Add(1); return nil },
			}
			r := runner(t, db, a, jobs.Options{})
			start(t, r)
			began := time.Now()
			enqueue(t, db, r, "a")
			within(t, 2*time.Minute, "end", func() bool { return open(t, db) == 0 })
			if steps.Load() != c.steps || gaveUp.Load() != c.gaveUp {
				t.Errorf("%d steps, gave up %d times; want %d, %d", steps.Load(), gaveUp.Load(), c.steps, c.gaveUp)
			}
			if d := time.Since(began); d < c.atLeast {
				t.Errorf("over after %v: no pause between attempts", d)
			}
			var stored []byte
			if err := db.QueryRowContext(t.Context(), "SELECT coalesce(errors, '') FROM river_job").Scan(&stored); err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(stored, []byte("secret")) {
				t.Errorf("the words of an error are stored with the job: %s", stored)
			}
		})
	}
}

func TestGiveUpIsTriedUntilItWorks(t *testing.T) {
	t.Parallel()
	db := library(t)
	var tries atomic.Int64
	a := &scripted{
		advance: func(context.Context, qa.VersionID) (bool, error) { return false, qa.E(qa.Forbidden, "x") },
		giveUp: func(context.Context, qa.VersionID, error) error {
			if tries.Add(1) == 1 {
				return qa.E(qa.NoSpace, "disk_full")
			}
			return nil
		},
	}
	r := runner(t, db, a, jobs.Options{})
	start(t, r)
	enqueue(t, db, r, "a")
	within(t, 15*time.Second, "given up", func() bool { return open(t, db) == 0 })
	if tries.Load() != 2 {
		t.Errorf("gave up %d times, want 2", tries.Load())
	}
}

// TestStopHandsOver stops a runner in the middle of a step: the next one goes on at once and no
// attempt is lost.
func TestStopHandsOver(t *testing.T) {
	t.Parallel()
	db := library(t)
	entered := make(chan struct{}, 1)
	slow := &scripted{advance: func(ctx context.Context, _ qa.VersionID) (bool, error) {
		entered <- struct{}{}
		<-ctx.Done()
		return false, ctx.Err()
	}}
	first := runner(t, db, slow, jobs.Options{Grace: 50 * time.Millisecond})
	if err := first.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	enqueue(t, db, first, "a")
	<-entered
	began := time.Now()
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("stopped after %v", d)
	}
	second := runner(t, db, &scripted{advance: done}, jobs.Options{})
	start(t, second)
	within(t, 5*time.Second, "the next runner goes on", func() bool { return open(t, db) == 0 })
}

// TestDeadProcess leaves jobs as a killed process does: running, with a leader's lease.
func TestDeadProcess(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what   string
		deaths int
		gaveUp bool
	}{{"first death", 0, false}, {"many deaths", 30, true}} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			db := library(t)
			var steps, gaveUp atomic.Int64
			a := &scripted{
				advance: func(context.Context, qa.VersionID) (bool, error) { steps.Add(1); return false, nil },
				giveUp:  func(context.Context, qa.VersionID, error) error { gaveUp.Add(1); return nil },
			}
			r := runner(t, db, a, jobs.Options{})
			enqueue(t, db, r, "a")
			for _, q := range []string{
				"UPDATE river_job SET state = 'running', attempt = 3, attempted_at = datetime('now')",
				"INSERT INTO river_leader (elected_at, expires_at, leader_id, name) VALUES (datetime('now'), datetime('now', '+1 hour'), 'dead', 'default')",
			} {
				if _, err := db.ExecContext(t.Context(), q); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := db.ExecContext(t.Context(), "UPDATE river_job SET metadata = jsonb_set(metadata, '$.deaths', ?)", c.deaths); err != nil {
				t.Fatal(err)
			}
			start(t, r)
			within(t, 5*time.Second, "the job goes on", func() bool { return open(t, db) == 0 })
			if (gaveUp.Load() == 1) != c.gaveUp || (steps.Load() == 1) == c.gaveUp {
				t.Errorf("%d steps, gave up %d times", steps.Load(), gaveUp.Load())
			}
		})
	}
}

func TestLostJobsComeBack(t *testing.T) {
	t.Parallel()
	db := library(t)
	var worked sync.Map
	a := &scripted{advance: func(_ context.Context, id qa.VersionID) (bool, error) {
		worked.Store(id, true)
		return false, nil
	}}
	r := runner(t, db, a, jobs.Options{Unfinished: func(context.Context) ([]qa.VersionID, error) { return []qa.VersionID{"has one", "has none"}, nil }})
	enqueue(t, db, r, "has one")
	start(t, r)
	within(t, 5*time.Second, "both done", func() bool {
		_, a := worked.Load(qa.VersionID("has one"))
		_, b := worked.Load(qa.VersionID("has none"))
		return a && b && open(t, db) == 0
	})
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM river_job").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d jobs, %v; want 2: the one that was there is not doubled", n, err)
	}
}

// versions play the life of versions: reading once, then embedding as often as told.
type versions struct {
	mu       sync.Mutex
	read     map[qa.VersionID]bool
	left     map[qa.VersionID]int
	order    []qa.VersionID // of the steps that make vectors
	readLast int            // how many of those came before the last reading
	pause    time.Duration  // of a step that makes vectors
}

func (v *versions) Advance(ctx context.Context, id qa.VersionID) (more bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.read[id] {
		v.read[id] = true
		v.readLast = len(v.order)
		return v.left[id] > 0, nil
	}
	if v.left[id] == 0 {
		return false, nil
	}
	v.order = append(v.order, id)
	v.left[id]--
	v.mu.Unlock()
	time.Sleep(v.pause)
	v.mu.Lock()
	return v.left[id] > 0, nil
}

func (v *versions) Embedding(_ context.Context, id qa.VersionID) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.read[id] && v.left[id] > 0, nil
}

func (v *versions) GiveUp(context.Context, qa.VersionID, error) error { return errors.New("gave up") }

// TestVectorsWait: all that wait to become searchable are, before the vectors of a long version are
// whole; and the vectors of another one come before the long one's last.
func TestVectorsWait(t *testing.T) {
	t.Parallel()
	db := library(t)
	v := &versions{read: map[qa.VersionID]bool{}, left: map[qa.VersionID]int{"long": 80, "short": 1}, pause: 100 * time.Millisecond}
	r := runner(t, db, v, jobs.Options{Workers: 1})
	start(t, r)
	enqueue(t, db, r, "long")
	within(t, 5*time.Second, "vectors of the long one", func() bool { v.mu.Lock(); defer v.mu.Unlock(); return len(v.order) > 0 })
	many := []qa.VersionID{"short"}
	for i := range 60 {
		many = append(many, qa.VersionID(fmt.Sprint("new ", i)))
	}
	enqueue(t, db, r, many...)
	within(t, 60*time.Second, "all jobs done", func() bool { return open(t, db) == 0 })
	if len(v.order) != 81 || v.left["long"] != 0 || v.left["short"] != 0 || len(v.read) != 62 {
		t.Fatalf("%d steps, left %v, read %d", len(v.order), v.left, len(v.read))
	}
	if v.readLast > 40 {
		t.Errorf("the last new version was read after %d steps of the long one's vectors", v.readLast)
	}
	if at := slices.Index(v.order, "short"); at == len(v.order)-1 {
		t.Error("the short one's vectors waited for all of the long one's")
	}
}

// TestFailuresBetweenSuccesses: three failures end a job only when nothing went well between them.
func TestFailuresBetweenSuccesses(t *testing.T) {
	t.Parallel()
	db := library(t)
	var steps, gaveUp atomic.Int64
	a := &scripted{
		advance: func(context.Context, qa.VersionID) (bool, error) {
			n := steps.Add(1)
			if n%2 == 0 && n < 10 {
				return false, qa.E(qa.Unavailable, "store_busy")
			}
			return n < 10, nil
		},
		embedding: func(context.Context, qa.VersionID) (bool, error) { return true, nil },
		giveUp:    func(context.Context, qa.VersionID, error) error { gaveUp.Add(1); return nil },
	}
	r := runner(t, db, a, jobs.Options{})
	start(t, r)
	enqueue(t, db, r, "a")
	within(t, 60*time.Second, "end", func() bool { return open(t, db) == 0 })
	if steps.Load() != 10 || gaveUp.Load() != 0 {
		t.Errorf("%d steps, gave up %d times; want 10, 0", steps.Load(), gaveUp.Load())
	}
}

// TestVectorsAreTriedAndGivenUp: what cannot be embedded is told so after three failures.
func TestVectorsAreTriedAndGivenUp(t *testing.T) {
	t.Parallel()
	db := library(t)
	var steps, gaveUp atomic.Int64
	a := &scripted{
		advance: func(context.Context, qa.VersionID) (bool, error) {
			steps.Add(1)
			return false, qa.E(qa.Internal, "internal")
		},
		embedding: func(context.Context, qa.VersionID) (bool, error) { return true, nil },
		giveUp:    func(context.Context, qa.VersionID, error) error { gaveUp.Add(1); return nil },
	}
	r := runner(t, db, a, jobs.Options{})
	start(t, r)
	enqueue(t, db, r, "a")
	within(t, 2*time.Minute, "end", func() bool { return open(t, db) == 0 })
	if steps.Load() != 3 || gaveUp.Load() != 1 {
		t.Errorf("%d steps, gave up %d times; want 3, 1", steps.Load(), gaveUp.Load())
	}
}

func TestQueueFull(t *testing.T) {
	t.Parallel()
	db := library(t)
	r := runner(t, db, &scripted{}, jobs.Options{MaxWaiting: 2})
	enqueue(t, db, r, "a", "b")
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if err := r.Enqueue(t.Context(), tx, qa.Work{Version: "c"}); qa.KindOf(err) != qa.Exhausted || qa.CodeOf(err) != "queue_full" {
		t.Errorf("third job of two: %v, want queue_full", err)
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	first, ok, err := jobs.TryLock(dir)
	if err != nil || !ok {
		t.Fatalf("first: %v, %v", ok, err)
	}
	if _, ok, err := jobs.TryLock(dir); err != nil || ok {
		t.Errorf("second holder: %v, %v", ok, err)
	}
	if err := first.Unlock(); err != nil {
		t.Fatal(err)
	}
	again, ok, err := jobs.TryLock(dir)
	if err != nil || !ok {
		t.Fatalf("after unlock: %v, %v", ok, err)
	}
	if err := again.Unlock(); err != nil {
		t.Fatal(err)
	}
}

// TestLogger checks that what River says goes where the options say.
func TestLogger(t *testing.T) {
	t.Parallel()
	db := library(t)
	var out bytes.Buffer
	var mu sync.Mutex
	log := slog.New(slog.NewTextHandler(writerFunc(func(b []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return out.Write(b)
	}), &slog.HandlerOptions{Level: slog.LevelDebug}))
	r := runner(t, db, &scripted{advance: done}, jobs.Options{Log: log})
	start(t, r)
	within(t, 5*time.Second, "a line of the log", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return bytes.Contains(out.Bytes(), []byte("River client"))
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
