package main

import (
	"cmp"
	"flag"
	"testing"
	"time"

	"rapporteur/internal/chaos"
	testdb "rapporteur/internal/testkit/postgres"
)

var faultsHole = flag.Duration("faults.hole", 15*time.Second, "how long TestDatabaseFaults keeps the database in a black hole")

// TestDatabaseFaults runs the service as a process while its PostgreSQL stops, slows down, falls silent or keeps its
// tables locked: every request is answered or clearly refused in time, readiness follows, all goes on soon after, and
// nothing acknowledged is lost or doubled. The full black hole: go test ./cmd/rapporteur -run TestDatabaseFaults -faults.hole 60s -v
func TestDatabaseFaults(t *testing.T) {
	t.Parallel()
	db := testdb.Start(t, "fsync=off")
	network, dsn := testdb.Behind(t, db.DSN)
	v := &victim{t: t, dir: t.TempDir(), args: []string{"--database", dsn}}
	v.start()
	t.Cleanup(v.kill)
	l := startLoad(t, v.url)
	l.recovers(time.Now())
	goroutines := 0.0 // once the first fault is over: what is made anew after one stays
	locked := make(chan struct{})
	for _, fault := range []struct {
		name       string
		start, end func()
		lasts      time.Duration
		unready    bool // for as long as it lasts
	}{
		{"stopped and started", func() { db.Stop("immediate") }, db.Start, 6 * time.Second, true},
		{"slower by 500 ms", func() { network.Delay(250*time.Millisecond, 250*time.Millisecond) }, pass(t, network), 8 * time.Second, false},
		{"slower by 500 ms each way", func() { network.Delay(500*time.Millisecond, 500*time.Millisecond) }, pass(t, network), 8 * time.Second, false},
		{"black hole", network.Hold, pass(t, network), *faultsHole, true},
		{"black hole, then all connections lost", network.Hold, func() { network.Cut(); pass(t, network)() }, 6 * time.Second, true},
		{"refused", network.Refuse, pass(t, network), 4 * time.Second, true},
		{"tables locked", func() {
			go func() {
				defer close(locked)
				db.Run("BEGIN; LOCK TABLE documents, versions, encoders IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(8); COMMIT")
			}()
		}, func() { <-locked }, 0, true},
	} {
		t.Run(fault.name, func(t *testing.T) {
			began := time.Now()
			fault.start()
			noticed := time.Duration(0)
			if fault.unready {
				noticed = l.await("ready", began, hearsWithin, func(r reply) bool { return r.code == "not_ready" })
			}
			time.Sleep(fault.lasts - time.Since(began))
			fault.end()
			ended := time.Now()
			defer func() { goroutines = cmp.Or(goroutines, figure(t, v.url, "go_goroutines")) }()
			answers := l.recovers(ended)
			works := l.works(ended, l.waiting())
			t.Logf("not ready after %v; after its end all is answered in %v, documents read in %v; %s", noticed.Round(time.Millisecond),
				answers.Round(time.Millisecond), works.Round(time.Millisecond), judge(t, l.since(began)))
		})
	}
	l.end()
	n := l.whole(5 * time.Minute)
	leftOver(t, v.url, network, goroutines)
	t.Logf("%d uploads sent, %d acknowledged, %d documents: 0 lost, 0 doubled", l.sent, len(l.acked), n)
}

func pass(t *testing.T, network *chaos.Proxy) func() {
	return func() {
		if err := network.Pass(); err != nil {
			t.Fatal(err)
		}
	}
}

// leftOver fails the test when faults left goroutines or connections behind that do not end soon.
func leftOver(t *testing.T, url string, network *chaos.Proxy, before float64) {
	t.Helper()
	const (
		moreGoroutines  = 12 // those of idle connections come and go
		mostConnections = 24 // a pool of 8 on two cores, or 4 a core, and the four that listen and show life
	)
	var goroutines float64
	var connections int
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		goroutines, connections = figure(t, url, "go_goroutines"), network.Connections()
		if goroutines <= before+moreGoroutines && connections <= mostConnections {
			t.Logf("goroutines %v after the first fault, %v after the last; %d connections", before, goroutines, connections)
			return
		}
	}
	t.Errorf("goroutines %v before, %v after; %d connections", before, goroutines, connections)
}
