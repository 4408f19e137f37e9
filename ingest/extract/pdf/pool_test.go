package pdf

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"rapporteur/qa"
)

func TestExtractVerdicts(t *testing.T) {
	t.Parallel()
	p := newPool(t, Options{MaxBytes: 2000})
	for _, c := range []struct {
		name, bytes, code string
		kind              qa.Kind
	}{
		{"no bytes", "", codeEmpty, qa.Unprocessable},
		{"not a PDF", "hello", codeDamaged, qa.Unprocessable},
		{"cut short", "%PDF-1.7\n1 0 obj", codeDamaged, qa.Unprocessable},
		{"too large", strings.Repeat("x", 2001), codeTooLarge, qa.TooLarge},
	} {
		_, err := p.Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader(c.bytes)})
		if qa.CodeOf(err) != c.code || qa.KindOf(err) != c.kind {
			t.Errorf("%s: %v, want code %s", c.name, err, c.code)
		}
	}
}

func TestExtractKeepsTheChildOfGoodFiles(t *testing.T) {
	t.Parallel()
	p := newPool(t, Options{Documents: 3})
	var pids []int
	for range 4 {
		text, err := p.Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader(samplePDF("Bonjour"))})
		if err != nil || text.Content != "Bonjour" {
			t.Fatalf("text %q, error %v", text.Content, err)
		}
		pids = append(pids, childPID(p))
	}
	if pids[0] == 0 || pids[0] != pids[1] || pids[2] != 0 || pids[3] == 0 || pids[3] == pids[0] {
		t.Errorf("children %v: want one for three documents, none after the third, then another", pids)
	}
}

// childPID is the process of the only child, 0 where there is none.
func childPID(p *Pool) int {
	s := p.slots[0]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child == nil {
		return 0
	}
	return s.child.cmd.Process.Pid
}

func TestIdleChildStops(t *testing.T) {
	t.Parallel()
	p := newPool(t, Options{Idle: 50 * time.Millisecond})
	if err := p.Warm(context.Background()); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if childPID(p) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the child still runs two seconds after its idle time")
}

func TestBadChildren(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ mode, code string }{
		{"crash", codeDamaged},
		{"babble", codeDamaged},
		{"early", codeDamaged},
		{"hang", codeLimit},
		{"slow", codeLimit},
		{"refuse", "internal"},
		{"silent", "internal"},
	} {
		t.Run(c.mode, func(t *testing.T) {
			t.Parallel()
			o := Options{PageLimit: 300 * time.Millisecond, TotalLimit: time.Second, StartLimit: 3 * time.Second}
			p := poolOf(t, c.mode, o)
			_, err := p.Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader(strings.Repeat("x", 300_000))})
			if qa.CodeOf(err) != c.code {
				t.Errorf("error %v, want code %s", err, c.code)
			}
			if childPID(p) != 0 {
				t.Error("the child is still kept")
			}
		})
	}
}

func TestCrashIsTriedOnceMore(t *testing.T) {
	t.Parallel()
	flag := filepath.Join(t.TempDir(), "flag")
	if err := os.WriteFile(flag, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p := poolOf(t, "crash-once "+flag, Options{})
	text, err := p.Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader("hello")})
	if err != nil || text.Content != "hello" {
		t.Errorf("text %q, error %v, want the text of the second child", text.Content, err)
	}
}

func TestCancelEndsTheChild(t *testing.T) {
	t.Parallel()
	p := poolOf(t, "hang", Options{})
	if err := p.Warm(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := p.Extract(ctx, qa.File{ReadSeeker: strings.NewReader("hello")})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the context's", err)
	}
	if childPID(p) != 0 {
		t.Error("the child is still kept")
	}
}

func TestCloseEndsWorkAndRefusesMore(t *testing.T) {
	t.Parallel()
	p := poolOf(t, "hang", Options{})
	ended := make(chan error, 1)
	go func() {
		_, err := p.Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader("hello")})
		ended <- err
	}()
	for childPID(p) == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, errClosed) {
		t.Errorf("the running extraction: %v, want %v", err, errClosed)
	}
	if _, err := p.Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader("hello")}); !errors.Is(err, errClosed) {
		t.Errorf("after Close: %v, want %v", err, errClosed)
	}
}

func TestUnreadableSourceIsNotTheFilesFault(t *testing.T) {
	t.Parallel()
	p := newPool(t, Options{})
	_, err := p.Extract(context.Background(), qa.File{ReadSeeker: brokenSource{}})
	if !errors.Is(err, io.ErrClosedPipe) || qa.KindOf(err) != qa.Internal {
		t.Errorf("error %v, want the reader's", err)
	}
}

// brokenSource has a size and no bytes.
type brokenSource struct{}

func (brokenSource) Read([]byte) (int, error) {
	return iotest.ErrReader(io.ErrClosedPipe).Read(nil)
}
func (brokenSource) Seek(int64, int) (int64, error) { return 100, nil }

func TestChildEndsWithItsParent(t *testing.T) {
	t.Parallel()
	cmd := command(t, "serve")(context.Background())
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Errorf("the child ended with %v", exit)
		}
	case <-time.After(10 * time.Second):
		t.Error("the child outlives its parent")
		_ = cmd.Process.Kill()
	}
}
