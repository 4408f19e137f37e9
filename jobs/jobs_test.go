package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapporteur/jobs"
	"rapporteur/qa"
)

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

func start(t *testing.T, r runner) {
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
func enqueue(t *testing.T, r runner, ids ...qa.VersionID) {
	t.Helper()
	var list []qa.Work
	for _, id := range ids {
		list = append(list, qa.Work{Version: id})
	}
	if err := r.in(t.Context(), false, list...); err != nil {
		t.Fatal(err)
	}
}

// open counts the jobs that are not finished.
func open(t testing.TB, db database) (n int) {
	t.Helper()
	db.scan(t, "SELECT count(*) FROM river_job WHERE finalized_at IS NULL", &n)
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
	each(t, func(t *testing.T, db database) {
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
		r := db.runner(t, a, jobs.Options{})
		start(t, r)
		if err := r.in(t.Context(), true, qa.Work{Version: "rolled back"}); err != nil {
			t.Fatal(err)
		}
		enqueue(t, r, "a", "b", "a", "c")
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
	})
}

func TestErrors(t *testing.T) {
	always := []error{errors.New("x"), errors.New("x"), errors.New("x"), errors.New("x")}
	cases := map[qa.VersionID]struct {
		errs    []error // of the steps, in order, nil for a panic; then it ends well
		steps   int
		gaveUp  int
		atLeast time.Duration
	}{
		"passes after two": {[]error{qa.E(qa.Unavailable, "store_busy"), errors.New("secret words")}, 3, 0, 4500 * time.Millisecond},
		"does not pass":    {always, 3, 1, 4500 * time.Millisecond},
		"no answer for long": {[]error{qa.E(qa.Unavailable, "store_down"), qa.E(qa.Unavailable, "store_busy"),
			qa.E(qa.Unavailable, "store_down"), context.DeadlineExceeded}, 5, 0, 12 * time.Second},
		"removed":                {[]error{qa.E(qa.NotFound, "version_unknown")}, 1, 0, 0},
		"not allowed":            {[]error{qa.E(qa.Forbidden, "read_only_key")}, 1, 1, 0},
		"disk full":              {[]error{qa.E(qa.NoSpace, "disk_full")}, 2, 0, 3500 * time.Millisecond},
		"panic":                  {[]error{nil, nil}, 3, 0, 4500 * time.Millisecond},
		"panics again and again": {[]error{nil, nil, nil, nil}, 3, 1, 4500 * time.Millisecond},
	}
	each(t, func(t *testing.T, db database) {
		var mu sync.Mutex
		steps, gaveUp, last := map[qa.VersionID]int{}, map[qa.VersionID]int{}, map[qa.VersionID]time.Time{}
		a := &scripted{
			advance: func(_ context.Context, id qa.VersionID) (bool, error) {
				mu.Lock()
				defer mu.Unlock()
				steps[id]++
				last[id] = time.Now()
				c, n := cases[id], steps[id]
				if n > len(c.errs) {
					return false, nil
				}
				if c.errs[n-1] == nil {
					panic("bug")
				}
				return false, c.errs[n-1]
			},
			giveUp: func(_ context.Context, id qa.VersionID, _ error) error {
				mu.Lock()
				defer mu.Unlock()
				gaveUp[id]++
				return nil
			},
		}
		r := db.runner(t, a, jobs.Options{Workers: 1})
		start(t, r)
		began := time.Now()
		for id := range cases {
			enqueue(t, r, id)
		}
		enqueue(t, r, "good")
		within(t, 4*time.Second, "the good one, between their tries", func() bool { mu.Lock(); defer mu.Unlock(); return steps["good"] == 1 })
		within(t, 2*time.Minute, "end", func() bool { return open(t, db) == 0 })
		for id, c := range cases {
			if steps[id] != c.steps || gaveUp[id] != c.gaveUp {
				t.Errorf("%s: %d steps, gave up %d times; want %d, %d", id, steps[id], gaveUp[id], c.steps, c.gaveUp)
			}
			if d := last[id].Sub(began); d < c.atLeast {
				t.Errorf("%s: over after %v: no pause between attempts", id, d)
			}
		}
		var stored int
		if db.scan(t, "SELECT count(*) FROM river_job WHERE CAST(errors AS text) LIKE '%secret%'", &stored); stored != 0 {
			t.Error("the words of an error are stored with the job")
		}
	})
}

func TestGiveUpIsTriedUntilItWorks(t *testing.T) {
	each(t, func(t *testing.T, db database) {
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
		r := db.runner(t, a, jobs.Options{})
		start(t, r)
		enqueue(t, r, "a")
		within(t, 15*time.Second, "given up", func() bool { return open(t, db) == 0 })
		if tries.Load() != 2 {
			t.Errorf("gave up %d times, want 2", tries.Load())
		}
	})
}

// TestStopHandsOver stops a runner in the middle of a step: the next one goes on at once and no
// attempt is lost.
func TestStopHandsOver(t *testing.T) {
	each(t, func(t *testing.T, db database) {
		entered := make(chan struct{}, 1)
		slow := &scripted{advance: func(ctx context.Context, _ qa.VersionID) (bool, error) {
			entered <- struct{}{}
			<-ctx.Done()
			return false, ctx.Err()
		}}
		first := db.runner(t, slow, jobs.Options{Grace: 50 * time.Millisecond})
		if err := first.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		enqueue(t, first, "a")
		<-entered
		began := time.Now()
		if err := first.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(began); d > 5*time.Second {
			t.Errorf("stopped after %v", d)
		}
		second := db.runner(t, &scripted{advance: done}, jobs.Options{})
		start(t, second)
		within(t, 5*time.Second, "the next runner goes on", func() bool { return open(t, db) == 0 })
	})
}

// TestDeadProcess leaves jobs as a killed process does: running, with a leader's lease.
func TestDeadProcess(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what          string
		deaths        int
		steps, gaveUp int64
		atLeast       time.Duration
	}{
		{"first death", 0, 1, 0, 0},
		{"second death", 1, 1, 0, time.Second}, // not before the process has lived for a while
		{"stood by a third death", 2, 1, 0, time.Second},
		{"third death", 3, 0, 1, 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			each(t, func(t *testing.T, db database) {
				var steps, gaveUp atomic.Int64
				a := &scripted{
					advance: func(context.Context, qa.VersionID) (bool, error) { steps.Add(1); return false, nil },
					giveUp:  func(context.Context, qa.VersionID, error) error { gaveUp.Add(1); return nil },
				}
				began := time.Now()
				r := db.runner(t, a, jobs.Options{Calm: 2 * time.Second})
				enqueue(t, r, "a")
				db.exec(t, "UPDATE river_job SET state = 'running', attempt = 3, attempted_at = "+db.now("-60"))
				db.exec(t, "INSERT INTO river_leader (elected_at, expires_at, leader_id, name) VALUES ("+db.now("0")+", "+db.now("3600")+", 'dead', 'default')")
				switch db.(type) {
				case onSQLite:
					db.exec(t, "UPDATE river_job SET metadata = jsonb_set(metadata, '$.deaths', ?)", c.deaths)
				case onPostgres:
					db.exec(t, "UPDATE river_job SET attempted_by = '{dead}', metadata = jsonb_set(metadata, '{deaths}', to_jsonb($1::int))", c.deaths)
				}
				start(t, r)
				within(t, 10*time.Second, "the job goes on", func() bool { return open(t, db) == 0 })
				if steps.Load() != c.steps || gaveUp.Load() != c.gaveUp {
					t.Errorf("%d steps, gave up %d times; want %d, %d", steps.Load(), gaveUp.Load(), c.steps, c.gaveUp)
				}
				if d := time.Since(began); d < c.atLeast {
					t.Errorf("over after %v, want the last try later than %v", d, c.atLeast)
				}
			})
		})
	}
}

// TestProgressForgetsDeaths: vectors of a long document outlive many processes; each step starts the count anew.
func TestProgressForgetsDeaths(t *testing.T) {
	each(t, func(t *testing.T, db database) {
		v := &versions{read: map[qa.VersionID]bool{"long": true}, left: map[qa.VersionID]int{"long": 3}}
		r := db.runner(t, v, jobs.Options{Calm: time.Millisecond})
		start(t, r)
		within(t, 5*time.Second, "calm", func() bool { time.Sleep(10 * time.Millisecond); return true })
		switch db.(type) {
		case onSQLite:
			db.exec(t, "CREATE TRIGGER blame AFTER INSERT ON river_job WHEN NEW.kind = 'embed' BEGIN UPDATE river_job SET metadata = jsonb_set(metadata, '$.deaths', 2) WHERE id = NEW.id; END")
		case onPostgres:
			db.exec(t, `CREATE FUNCTION blame() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.metadata = jsonb_set(NEW.metadata, '{deaths}', '2'); RETURN NEW; END $$`)
			db.exec(t, "CREATE TRIGGER blame BEFORE INSERT ON river_job FOR EACH ROW WHEN (NEW.kind = 'embed') EXECUTE FUNCTION blame()")
		}
		enqueue(t, r, "long")
		within(t, 20*time.Second, "end", func() bool { return open(t, db) == 0 })
		var left string
		db.scan(t, "SELECT CAST(metadata ->> 'deaths' AS text) FROM river_job WHERE kind = 'embed'", &left)
		if left != "0" || v.left["long"] != 0 {
			t.Errorf("%s deaths are held against the job, %d steps are left", left, v.left["long"])
		}
	})
}

// TestCancel ends what waits and what is worked on.
func TestCancel(t *testing.T) {
	each(t, func(t *testing.T, db database) {
		entered, left := make(chan struct{}), make(chan struct{})
		a := &scripted{advance: func(ctx context.Context, id qa.VersionID) (bool, error) {
			if id != "slow" {
				return false, errors.New("was canceled before")
			}
			close(entered)
			<-ctx.Done()
			close(left)
			return false, ctx.Err()
		}}
		r := db.runner(t, a, jobs.Options{Workers: 1})
		start(t, r)
		enqueue(t, r, "slow")
		<-entered
		enqueue(t, r, "waits")
		for _, id := range []qa.VersionID{"waits", "slow", "unknown"} {
			if err := r.Cancel(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case <-left:
		case <-time.After(10 * time.Second):
			t.Fatal("the work goes on")
		}
		within(t, 10*time.Second, "no job is left", func() bool { return open(t, db) == 0 })
		var canceled int
		if db.scan(t, "SELECT count(*) FROM river_job WHERE state = 'cancelled'", &canceled); canceled != 2 {
			t.Errorf("%d jobs are canceled, want 2", canceled)
		}
	})
}

func TestLostJobsComeBack(t *testing.T) {
	each(t, func(t *testing.T, db database) {
		var worked sync.Map
		a := &scripted{advance: func(_ context.Context, id qa.VersionID) (bool, error) {
			worked.Store(id, true)
			return false, nil
		}}
		r := db.runner(t, a, jobs.Options{Unfinished: func(context.Context) ([]qa.VersionID, error) { return []qa.VersionID{"has one", "has none"}, nil }})
		enqueue(t, r, "has one")
		start(t, r)
		within(t, 5*time.Second, "both done", func() bool {
			_, a := worked.Load(qa.VersionID("has one"))
			_, b := worked.Load(qa.VersionID("has none"))
			return a && b && open(t, db) == 0
		})
		var n int
		if db.scan(t, "SELECT count(*) FROM river_job", &n); n != 2 {
			t.Errorf("%d jobs, want 2: the one that was there is not doubled", n)
		}
	})
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
	each(t, func(t *testing.T, db database) {
		v := &versions{read: map[qa.VersionID]bool{}, left: map[qa.VersionID]int{"long": 80, "short": 1}, pause: 100 * time.Millisecond}
		r := db.runner(t, v, jobs.Options{Workers: 1})
		start(t, r)
		enqueue(t, r, "long")
		within(t, 5*time.Second, "vectors of the long one", func() bool { v.mu.Lock(); defer v.mu.Unlock(); return len(v.order) > 0 })
		many := []qa.VersionID{"short"}
		for i := range 60 {
			many = append(many, qa.VersionID(fmt.Sprint("new ", i)))
		}
		enqueue(t, r, many...)
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
	})
}

// TestFailuresBetweenSuccesses: three failures end a job only when nothing went well between them.
func TestFailuresBetweenSuccesses(t *testing.T) {
	each(t, func(t *testing.T, db database) {
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
		r := db.runner(t, a, jobs.Options{})
		start(t, r)
		enqueue(t, r, "a")
		within(t, 2*time.Minute, "end", func() bool { return open(t, db) == 0 })
		if steps.Load() != 10 || gaveUp.Load() != 0 {
			t.Errorf("%d steps, gave up %d times; want 10, 0", steps.Load(), gaveUp.Load())
		}
	})
}

// TestVectorsAreTriedAndGivenUp: what cannot be embedded is told so after three failures.
func TestVectorsAreTriedAndGivenUp(t *testing.T) {
	each(t, func(t *testing.T, db database) {
		var steps, gaveUp atomic.Int64
		a := &scripted{
			advance: func(context.Context, qa.VersionID) (bool, error) {
				steps.Add(1)
				return false, qa.E(qa.Internal, "internal")
			},
			embedding: func(context.Context, qa.VersionID) (bool, error) { return true, nil },
			giveUp:    func(context.Context, qa.VersionID, error) error { gaveUp.Add(1); return nil },
		}
		r := db.runner(t, a, jobs.Options{})
		start(t, r)
		enqueue(t, r, "a")
		within(t, 30*time.Second, "end", func() bool { return open(t, db) == 0 })
		if steps.Load() != 3 || gaveUp.Load() != 1 {
			t.Errorf("%d steps, gave up %d times; want 3, 1", steps.Load(), gaveUp.Load())
		}
	})
}

// TestGivenUpStaysSo: what was given up is not begun anew at the next start, though it is unfinished.
func TestGivenUpStaysSo(t *testing.T) {
	each(t, func(t *testing.T, db database) {
		var steps atomic.Int64
		a := &scripted{
			advance:   func(context.Context, qa.VersionID) (bool, error) { steps.Add(1); return false, qa.E(qa.Forbidden, "x") },
			embedding: func(context.Context, qa.VersionID) (bool, error) { return true, nil },
			giveUp:    func(context.Context, qa.VersionID, error) error { return nil },
		}
		o := jobs.Options{Unfinished: func(context.Context) ([]qa.VersionID, error) { return []qa.VersionID{"a"}, nil }}
		for range 2 {
			r := db.runner(t, a, o)
			if err := r.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			within(t, 10*time.Second, "end", func() bool { return open(t, db) == 0 })
			if err := r.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if steps.Load() != 1 {
			t.Errorf("%d steps, want 1", steps.Load())
		}
	})
}

func TestQueueFull(t *testing.T) {
	each(t, func(t *testing.T, db database) {
		r := db.runner(t, &scripted{}, jobs.Options{MaxWaiting: 2})
		enqueue(t, r, "a", "b")
		if err := r.in(t.Context(), false, qa.Work{Version: "c"}); qa.KindOf(err) != qa.Exhausted || qa.CodeOf(err) != "queue_full" {
			t.Errorf("third job of two: %v, want queue_full", err)
		}
	})
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
	each(t, func(t *testing.T, db database) {
		var out bytes.Buffer
		var mu sync.Mutex
		log := slog.New(slog.NewTextHandler(writerFunc(func(b []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			return out.Write(b)
		}), &slog.HandlerOptions{Level: slog.LevelDebug}))
		r := db.runner(t, &scripted{advance: done}, jobs.Options{Log: log})
		start(t, r)
		within(t, 5*time.Second, "a line of the log", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return bytes.Contains(out.Bytes(), []byte("River client"))
		})
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
