package pdf

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapporteur/qa"
)

// childEnv makes the test binary a child of the pool: its value is what the child does.
const childEnv = "RAPPORTEUR_TEST_PDF_CHILD"

// cacheEnv is the folder of compiled code of such a child.
const cacheEnv = "RAPPORTEUR_TEST_PDF_CACHE"

func TestMain(m *testing.M) {
	switch mode := os.Getenv(childEnv); {
	case mode == "":
		flag.Parse()
		code := m.Run()
		os.Exit(code)
	case mode == "serve":
		err := Serve(context.Background(), os.Stdin, os.Stdout, ServeOptions{CacheDir: os.Getenv(cacheEnv)})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		misbehave(mode)
	}
}

// misbehave is a child that does not do its work.
func misbehave(mode string) {
	name, arg, _ := strings.Cut(mode, " ")
	switch name {
	case "silent":
		time.Sleep(time.Minute)
	case "refuse":
		fmt.Fprintln(os.Stderr, "no room")
		os.Exit(3)
	}
	_ = writeFrame(os.Stdout, frameReady, nil)
	_, _ = readFrame(os.Stdin)
	switch name {
	case "crash":
		fmt.Fprintln(os.Stderr, "out of luck")
		os.Exit(3)
	case "crash-once":
		if os.Remove(arg) == nil {
			os.Exit(3)
		}
	case "hang":
		_ = writeFrame(os.Stdout, framePage, pageFrame(1, 1))
		time.Sleep(time.Minute)
	case "slow":
		for i := range 100 {
			_ = writeFrame(os.Stdout, framePage, pageFrame(i+1, 100))
			time.Sleep(20 * time.Millisecond)
		}
	case "babble":
		_, _ = os.Stdout.Write(bytes.Repeat([]byte{0xff}, 64))
		time.Sleep(time.Minute)
	case "early":
		_ = writeFrame(os.Stdout, frameDone, []byte("{}"))
		time.Sleep(time.Minute)
	}
	f, _ := readFrame(os.Stdin)
	_ = writeBytes(os.Stdout, frameText, []byte(`{"Content":"`+string(f.payload)+`","Blocks":[{"End":`+fmt.Sprint(len(f.payload))+`}]}`))
	_ = writeFrame(os.Stdout, frameDone, []byte("{}"))
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// cacheDir is shared by all tests and runs: compiling takes seconds.
func cacheDir(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(os.TempDir(), "rapporteur-test-pdfium")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// command starts the test binary as a child that does what mode says.
func command(t testing.TB, mode string) func(context.Context) *exec.Cmd {
	cache := cacheDir(t)
	return func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+mode, cacheEnv+"="+cache)
		return cmd
	}
}

// newPool makes a pool of real children that ends with the test.
func newPool(t testing.TB, o Options) *Pool {
	t.Helper()
	return poolOf(t, "serve", o)
}

func poolOf(t testing.TB, mode string, o Options) *Pool {
	t.Helper()
	p := New(command(t, mode), o)
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// extractFile reads one file through the pool.
func extractFile(t testing.TB, p *Pool, path string) (qa.Text, error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return p.Extract(context.Background(), qa.File{ReadSeeker: f})
}
