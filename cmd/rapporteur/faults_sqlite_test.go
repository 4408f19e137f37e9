package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

var faultsLock = flag.Duration("faults.lock", 8*time.Second, "how long TestLockedByAnotherProcess locks the library")

// asLocker makes the test binary hold the write lock of the SQLite file that it names, until its input ends.
const asLocker = "RAPPORTEUR_TEST_AS_LOCKER"

func holdLibrary(path string) (code int) {
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(10000)")
	if err == nil {
		defer db.Close()
		_, err = db.BeginTx(context.Background(), nil)
	}
	if err == nil {
		fmt.Println("locked")
		_, err = io.Copy(io.Discard, os.Stdin)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// lockLibrary has another process hold the write lock of a library until release is called.
func lockLibrary(t *testing.T, dir string) (release func()) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env, cmd.Stderr = append(os.Environ(), asLocker+"="+filepath.Join(dir, "library.db")), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatalf("the library could not be locked: %v", err)
	}
	return func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
}

// TestLockedByAnotherProcess: while another process keeps the write lock of the SQLite file, questions are answered and
// uploads refused within 5 seconds; then all goes on by itself. Longer: go test ./cmd/rapporteur -run TestLockedByAnotherProcess -faults.lock 30s -v
func TestLockedByAnotherProcess(t *testing.T) {
	t.Parallel()
	const refusedWithin = 5 * time.Second
	v := &victim{t: t, dir: t.TempDir()}
	v.start()
	t.Cleanup(v.kill)
	l := startLoad(t, v.url)
	l.recovers(time.Now())
	release := lockLibrary(t, v.dir)
	began := time.Now()
	time.Sleep(*faultsLock)
	during := l.since(began)
	release()
	ended := time.Now()
	answers := l.recovers(ended)
	works := l.works(ended, l.waiting())
	worst, refused := time.Duration(0), 0
	for _, r := range during {
		switch {
		case r.what != "upload":
			if r.status != 200 || r.what == "ask" && !r.answered {
				t.Errorf("%s after %v: %d %s", r.what, r.took, r.status, r.code)
			}
		case r.code != "store_busy":
			t.Errorf("an upload while the library is locked: %d %s", r.status, r.code)
		default:
			worst, refused = max(worst, r.took), refused+1
		}
	}
	if refused == 0 || worst > refusedWithin {
		t.Errorf("%d uploads refused, the slowest after %v", refused, worst)
	}
	t.Logf("locked for %v: %s; uploads refused: %d, the slowest after %v", *faultsLock, judge(t, during), refused, worst.Round(time.Millisecond))
	l.end()
	n := l.whole(5 * time.Minute)
	t.Logf("after its end all is answered in %v, documents read in %v; %d uploads sent, %d acknowledged, %d documents: 0 lost, 0 doubled",
		answers.Round(time.Millisecond), works.Round(time.Millisecond), l.sent, len(l.acked), n)
}
