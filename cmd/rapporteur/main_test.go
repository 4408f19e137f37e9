package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rapporteur/ingest/source"
	"rapporteur/qa"
	"rapporteur/server"
)

// asMain makes the test binary behave as the program: the tests start it as PDF reader, as server
// to be killed, and as command.
const asMain = "RAPPORTEUR_TEST_AS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asMain) == "1" || len(os.Args) > 1 && os.Args[1] == "pdf-reader" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := run(ctx, os.Args[1:], terminal{in: os.Stdin, out: os.Stdout, err: os.Stderr})
		stop()
		os.Exit(code)
	}
	if path := os.Getenv(asLocker); path != "" {
		os.Exit(holdLibrary(path))
	}
	// Tests are about words unless they ask for an encoder: encoding takes its time under the race detector.
	if err := os.Setenv("RAPPORTEUR_ENCODER", encoderNone); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// testSettings are the defaults on a library of the test's own, without character recognition, which
// takes seconds a page, and without an encoder; the compiled PDF reader is shared between tests, in the user's cache.
func testSettings(t testing.TB) *settings {
	t.Helper()
	return &settings{Data: t.TempDir(), Language: "fr", LogLevel: slog.LevelWarn, MaxUpload: 50, Workers: 2,
		PDFTimeout: 5 * time.Minute, PDFPage: time.Minute, PDFMemory: 256, OCR: ocrOff, OCRTimeout: 10 * time.Minute, Encoder: encoderNone, MaxQuestion: 4000, AskTimeout: 30 * time.Second}
}

// newService opens an empty library with its workers and its index running.
func newService(t testing.TB) *service {
	t.Helper()
	return newServiceOf(t, testSettings(t))
}

// newEncodingService is newService with the encoder of the binary, as users have it.
func newEncodingService(t testing.TB) *service {
	t.Helper()
	s := testSettings(t)
	s.Encoder = encoderBuiltin
	return newServiceOf(t, s)
}

func newServiceOf(t testing.TB, s *settings) *service {
	t.Helper()
	svc, err := open(context.Background(), s, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stop := svc.work(ctx)
	t.Cleanup(func() {
		cancel()
		stop()
		svc.Close()
	})
	return svc
}

// ingestAll ingests files and folders and brings the index up to date.
func ingestAll(t testing.TB, svc *service, paths ...string) []outcome {
	t.Helper()
	listing, err := source.List(paths, false)
	if err != nil {
		t.Fatal(err)
	}
	var out []outcome
	err = svc.ingest(context.Background(), qa.DefaultCollection, listing.Items, func(o outcome) error {
		out = append(out, o)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := svc.awaitVectors(context.Background(), terminal{err: t.Output(), language: "fr"}); err != nil {
		t.Fatal(err)
	}
	if err := svc.sync(context.Background()); err != nil {
		t.Fatal(err)
	}
	return out
}

// serveForTest serves the library of svc on a free port and gives its address.
func serveForTest(t testing.TB, svc *service) string {
	t.Helper()
	return serveWith(t, svc, server.Options{Listen: "127.0.0.1:0"})
}

func serveWith(t testing.TB, svc *service, o server.Options) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- svc.serve(ctx, o, func(url string) { ready <- url })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case url := <-ready:
		return url
	case err := <-done:
		done <- nil
		t.Fatal(err)
	case <-time.After(time.Minute):
		t.Fatal("the server did not start")
	}
	return ""
}

// command runs one command line in this process and gives what it printed.
func command(t testing.TB, stdin string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(context.Background(), args, terminal{in: strings.NewReader(stdin), out: &stdout, err: &stderr})
	return code, stdout.String(), stderr.String()
}

// program runs one command line in a process of its own.
func program(t testing.TB, stdin string, args ...string) (code int, out, errs string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asMain+"=1")
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

// write makes a file for a test.
func write(t testing.TB, dir, name, content string) string {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}
