//go:build linux

package files_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rapporteur/qa"
	"rapporteur/store/files"
)

// tracedFolder is set in the process whose system calls are recorded.
const tracedFolder = "RAPPORTEUR_FILES_TEST_FOLDER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(tracedFolder); dir != "" {
		if err := traced(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// traced keeps an original, buries a document and drops the original, and says so after each.
func traced(dir string) error {
	ctx := context.Background()
	s, err := files.Open(filepath.Join(dir, "data", "originals"))
	if err != nil {
		return err
	}
	stage, hash, _, err := s.Stage(ctx, strings.NewReader("bonjour"), 100)
	if err != nil {
		return err
	}
	if err := s.Keep(ctx, stage, hash); err != nil {
		return err
	}
	fmt.Println("kept")
	if err := s.Bury(ctx, qa.Tombstone{Document: "d1", At: time.Unix(0, 0)}); err != nil {
		return err
	}
	fmt.Println("buried")
	if err := s.Delete(ctx, hash); err != nil {
		return err
	}
	fmt.Println("deleted")
	return nil
}

var (
	synced  = regexp.MustCompile(`fsync\(\d+<([^>]*)>`)
	renamed = regexp.MustCompile(`rename(?:at2?)?\(.*"([^"]*)".*"([^"]*)"`)
	removed = regexp.MustCompile(`unlink(?:at)?\(.*"([^"]*)"`)
	said    = regexp.MustCompile(`write\(1<[^>]*>, "(\w+)`)
)

// TestDurableBeforeSaid records the system calls of a process: what a power loss must not undo is synced before the
// process says that it is done, the bytes of a file before it gets its name, and the folder of a name after.
func TestDurableBeforeSaid(t *testing.T) {
	t.Parallel()
	calls, dir := trace(t)
	data := filepath.Join(dir, "data")
	originals := filepath.Join(data, "originals")
	hash := "2cb4b1431b84ec15d35ed83bb927e27e8967d75f4bcd9cc4b25c8d879ae23e18"
	middle := filepath.Join(originals, hash[:2])
	inner := filepath.Join(middle, hash[2:4])
	buried := filepath.Join(originals, "removed")
	for _, c := range []struct {
		said  string
		order []string // in which these calls come, among others
	}{
		{"kept", []string{"sync " + data, "sync " + dir, "sync " + filepath.Join(originals, "tmp"), "rename " + filepath.Join(inner, hash), "sync " + inner}},
		{"kept", []string{"rename " + filepath.Join(inner, hash), "sync " + middle, "sync " + originals}},
		{"buried", []string{"said kept", "sync " + filepath.Join(originals, "tmp"), "rename " + buried, "sync " + buried, "sync " + originals}},
		{"deleted", []string{"said buried", "remove " + filepath.Join(inner, hash), "sync " + inner}},
	} {
		rest := calls
		for _, want := range append(c.order, "said "+c.said) {
			i := slices.IndexFunc(rest, func(call string) bool { return is(call, want) })
			if i < 0 {
				t.Errorf("before %q is said: no %q in its place in %q", c.said, want, calls)
				break
			}
			rest = rest[i+1:]
		}
	}
}

// is reports whether a call is the one wanted; of files whose names are drawn by lot only the folder is.
func is(call, want string) bool {
	drawn := strings.HasSuffix(want, "/tmp") || strings.HasPrefix(want, "rename ") && strings.HasSuffix(want, "/removed")
	return call == want || drawn && filepath.Dir(call) == want
}

// trace runs traced under strace, and gives its calls in order.
func trace(t *testing.T) (calls []string, dir string) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		const why = "strace (Debian package strace) records the system calls"
		if os.Getenv("CI") != "" {
			t.Fatal(why)
		}
		t.Skip("skipped: " + why)
	}
	dir, err = filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	record := filepath.Join(t.TempDir(), "calls")
	cmd := exec.CommandContext(t.Context(), strace, "-f", "-y", "-s", "4096", "-o", record,
		"-e", "trace=fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,write", exe)
	cmd.Env = append(os.Environ(), tracedFolder+"="+dir)
	out, err := cmd.CombinedOutput()
	raw, _ := os.ReadFile(record) // empty when no process could be traced
	if err != nil && len(raw) == 0 && os.Getenv("CI") == "" {
		t.Skipf("skipped: strace may not trace here: %v %s", err, out)
	}
	if err != nil {
		t.Fatalf("%v %s", err, out)
	}
	for line := range strings.Lines(string(raw)) {
		if m := synced.FindStringSubmatch(line); m != nil {
			calls = append(calls, "sync "+m[1])
		} else if m := renamed.FindStringSubmatch(line); m != nil {
			calls = append(calls, "rename "+m[2])
		} else if m := removed.FindStringSubmatch(line); m != nil {
			calls = append(calls, "remove "+m[1])
		} else if m := said.FindStringSubmatch(line); m != nil {
			calls = append(calls, "said "+m[1])
		}
	}
	return calls, dir
}
