package pdf

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"sync"
	"time"
)

// child is a running child process as the parent sees it.
type child struct {
	cmd       *exec.Cmd
	in        io.WriteCloser
	frames    chan frame    // closed when the child's output ends
	stopped   chan struct{} // closed by kill, so that nobody waits to hand over a frame
	exited    chan struct{} // closed when the process is gone
	once      sync.Once
	errors    *tail
	documents int
	last      [sha256.Size]byte // of the document it was sent last, which it keeps
}

// crashError says that a child ended in the middle of its work.
type crashError struct{ said string }

// Error gives the last words of the child, for the log.
func (e *crashError) Error() string { return "the PDF reader stopped: " + e.said }

// start runs the command and waits until the child is ready.
func start(ctx context.Context, cmd *exec.Cmd, limit time.Duration) (*child, error) {
	c := &child{cmd: cmd, frames: make(chan frame), stopped: make(chan struct{}), exited: make(chan struct{}), errors: &tail{}}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.in, cmd.Stderr, cmd.WaitDelay = in, c.errors, time.Second
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go c.pump(out)

	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case f, ok := <-c.frames:
		if ok && f.kind == frameReady {
			return c, nil
		}
		<-c.exited
		err = fmt.Errorf("it stopped: %s", c.errors.String())
	case <-timer.C:
		err = fmt.Errorf("not ready after %v", limit)
	case <-ctx.Done():
		err = ctx.Err()
	}
	c.kill()
	return nil, err
}

// pump hands over the frames of the child until its output ends, then waits for the process.
func (c *child) pump(out io.Reader) {
	r := bufio.NewReaderSize(out, 64<<10)
	for {
		f, err := readFrame(r)
		if err != nil {
			break
		}
		select {
		case c.frames <- f:
			continue
		case <-c.stopped:
		}
		break
	}
	close(c.frames)
	// The exit status of a child that is killed as a rule says nothing; its death is seen by the closed frames.
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
	close(c.exited)
}

// dead reports that the process is gone or going.
func (c *child) dead() bool {
	select {
	case <-c.exited:
		return true
	case <-c.stopped:
		return true
	default:
		return false
	}
}

// kill ends the process and waits until it is gone.
func (c *child) kill() {
	c.once.Do(func() {
		close(c.stopped)
		_ = c.cmd.Process.Kill() // fails only where the process is gone already
	})
	<-c.exited
}

// run sends a request with its document and hands the answer to accept. fit is false where the
// child must not be used again.
func (c *child) run(ctx context.Context, in io.Reader, r request, o Options, accept func(body []byte) error) (fit bool, err error) {
	s := &sending{done: make(chan struct{})}
	go func() {
		defer close(s.done)
		s.err = c.send(in, r)
	}()
	fit, err = c.receive(ctx, s, o, accept)
	if !fit {
		c.kill() // also frees a sender that a stuck child does not read
	}
	<-s.done
	if errors.Is(s.err, errSource) {
		return false, s.err
	}
	return fit, err
}

// sending is a document on its way to the child; err is set before done is closed.
type sending struct {
	done chan struct{}
	err  error
}

// errSource marks a document that cannot be read where it is stored.
var errSource = errors.New("read the PDF")

// send copies the request and its document to the child.
func (c *child) send(in io.Reader, r request) error {
	open, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := writeFrame(c.in, frameOpen, open); err != nil {
		return err
	}
	buffer := make([]byte, 256<<10)
	for size := r.Size; size > 0; {
		n, err := io.ReadFull(in, buffer[:min(int64(len(buffer)), size)])
		if err != nil {
			// The child waits for bytes that do not come: end it, so that receive ends too.
			_ = c.cmd.Process.Kill()
			return fmt.Errorf("%w: %w", errSource, noEOF(err))
		}
		if err := writeFrame(c.in, frameBytes, buffer[:n]); err != nil {
			return err
		}
		size -= int64(n)
	}
	return nil
}

// receive waits for the answer, within the limits of time.
func (c *child) receive(ctx context.Context, s *sending, o Options, accept func(body []byte) error) (fit bool, err error) {
	total, page := time.NewTimer(o.TotalLimit), time.NewTimer(o.PageLimit)
	defer total.Stop()
	defer page.Stop()
	var body []byte
	for {
		select {
		case f, ok := <-c.frames:
			switch {
			case !ok:
				<-c.exited
				return false, &crashError{said: c.errors.String()}
			case f.kind == framePage:
				page.Reset(o.PageLimit)
			case f.kind == frameText && len(body)+len(f.payload) <= maxReply:
				body = append(body, f.payload...)
			case f.kind == frameDone && s.ended():
				return finish(f.payload, body, accept)
			default:
				return false, &crashError{said: fmt.Sprintf("unexpected frame %q", f.kind)}
			}
		case <-page.C:
			return false, verdict(codeLimit, fmt.Errorf("a page took more than %v", o.PageLimit))
		case <-total.C:
			return false, verdict(codeLimit, fmt.Errorf("the document took more than %v", o.TotalLimit))
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// ended reports that the document was sent: an answer before that breaks the protocol. The last
// write may still be returning while the child answers, hence the moment of grace.
func (s *sending) ended() bool {
	select {
	case <-s.done:
		return s.err == nil
	case <-time.After(time.Second):
		return false
	}
}

// finish reads the last frame of an answer.
func finish(payload, body []byte, accept func(body []byte) error) (fit bool, err error) {
	var r reply
	if err := json.Unmarshal(payload, &r); err != nil {
		return false, &crashError{said: err.Error()}
	}
	if r.Code != "" {
		// After a fault of PDFium the child is replaced: nothing of a hostile file must meet the next.
		fit := !r.Recycle && slices.Contains(harmless, r.Code)
		return fit, verdict(r.Code, errors.New(r.Cause))
	}
	if err := accept(body); err != nil {
		return false, &crashError{said: err.Error()}
	}
	return !r.Recycle, nil
}

// harmless are the codes that say nothing against the child.
var harmless = []string{codeEncrypted, codeBadPassword, codeEmpty, codeNoPage}

// tailBytes is how much of a child's error output is kept.
const tailBytes = 4 << 10

// tail keeps the last bytes written to it.
type tail struct {
	mu   sync.Mutex
	last []byte
}

// Write keeps the end of what was written so far. It never fails.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, b...)
	if extra := len(t.last) - tailBytes; extra > 0 {
		t.last = append(t.last[:0], t.last[extra:]...)
	}
	return len(b), nil
}

// String gives the last bytes.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.last)
}
