//go:build linux

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	testdb "rapporteur/internal/testkit/postgres"
)

// full is how long TestDiskFull keeps the disk full.
const full = 8 * time.Second

// smallDisk gives a file system of its own with so many bytes. Without the right to mount one the test fails in CI
// and is skipped elsewhere.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rapporteur-disk-") // not TempDir: its parents are closed to the user of PostgreSQL
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(dir) })
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=755,size="+size); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("a small file system cannot be mounted: %v", err)
		}
		t.Skipf("skipped: a small file system cannot be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmounting the small disk: %v", err)
		}
	})
	return dir
}

// fill takes all room that is left on a disk, in blocks that get smaller, until room is called.
func fill(t *testing.T, disk string) (room func()) {
	t.Helper()
	f, err := os.Create(filepath.Join(disk, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size >= 4096; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
	return func() {
		if err := os.Remove(f.Name()); err != nil {
			t.Fatal(err)
		}
	}
}

// long is a text of many chunks, so that reading it takes room in the database.
func long(n int) string {
	return note(n) + strings.Repeat("\n## Partie\n\nLe conseil a délibéré sur les affaires du canton et sur le budget.\n", 2000)
}

// TestDiskFull fills the disk of the library, and that of PostgreSQL, while documents are uploaded and read: uploads
// are refused with 507, questions are answered, what was acknowledged waits, and all goes on by itself once there is room.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	t.Run("SQLite and originals", func(t *testing.T) {
		t.Parallel()
		disk := smallDisk(t, "64m")
		dir := filepath.Join(disk, "data")
		diskFull(t, disk, dir)
		wellBut(t, []string{"check_room_bad"}, "--data", dir)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		disk := smallDisk(t, "160m")
		db := testdb.StartIn(t, disk, "fsync=off", "max_wal_size=64MB", "min_wal_size=64MB")
		dir := t.TempDir()
		diskFull(t, disk, dir, "--database", db.DSN)
		wellBut(t, []string{"check_setting_bad"}, "--data", dir, "--database", db.DSN) // fsync is off
	})
}

func diskFull(t *testing.T, disk, dir string, args ...string) {
	t.Helper()
	v := &victim{t: t, dir: dir, args: args}
	v.start()
	t.Cleanup(v.kill)
	l := startLoad(t, v.url)
	l.recovers(time.Now())
	for n := range 6 { // some of these wait when the disk is full
		if !acknowledged(t, v.url, n) {
			t.Fatal("an upload was refused before the disk was full")
		}
		l.mu.Lock()
		l.acked[longName(n)] = n
		l.mu.Unlock()
	}
	room := fill(t, disk)
	began := time.Now()
	refused := l.await("upload", began, hearsWithin, func(r reply) bool { return r.code == "disk_full" && r.status == 507 })
	time.Sleep(full - time.Since(began))
	during, waiting := l.since(began), l.waiting()
	room()
	ended := time.Now()
	works, answers := l.works(ended, waiting), l.recovers(ended)
	for _, r := range during {
		if r.what == "ask" && !r.answered || r.what == "ready" && r.status != 200 || r.what == "upload" && r.status >= 300 && r.code != "disk_full" {
			t.Errorf("%s while the disk is full: %d %s", r.what, r.status, r.code)
		}
	}
	if len(waiting) == 0 {
		t.Log("nothing waited for room this time")
	}
	t.Logf("full for %v: %s; the first upload refused after %v; %d documents waited", full, judge(t, during), refused.Round(time.Millisecond), len(waiting))
	l.end()
	n := l.whole(5 * time.Minute)
	t.Logf("with room again all is answered in %v, the first of them read in %v; %d uploads sent, %d acknowledged, %d documents: 0 lost, 0 doubled",
		answers.Round(time.Millisecond), works.Round(time.Millisecond), l.sent, len(l.acked), n)
	v.kill()
	v.start() // an upload that the kill cut short may have left its file, until the service starts
	v.kill()
}

func longName(n int) string { return "long-" + itoa(n) + ".md" }

func acknowledged(t *testing.T, url string, n int) bool {
	t.Helper()
	return upload(context.Background(), url, reportFile{source: longName(n), path: write(t, t.TempDir(), longName(n), long(n))})
}
