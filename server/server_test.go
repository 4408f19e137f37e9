package server

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapporteur/qa"
)

// listen runs s behind a real connection and stops it at the end of the test, when nothing of it
// may be left running. Tests that use it do not run in parallel with others.
func listen(t *testing.T, s *Server, adjust ...func(*http.Server)) (addr string, server *http.Server) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, err = s.HTTPServer(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range adjust {
		f(server)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			t.Errorf("stop: %v", err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
		goleak.VerifyNone(t, before)
	})
	return l.Addr().String(), server
}

// dial sends raw bytes and gives the connection.
func dial(t *testing.T, addr, raw string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil { // a hang fails the test
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, raw); err != nil {
		t.Fatal(err)
	}
	return c
}

func rawAsk(addr, headers string) string {
	return fmt.Sprintf("POST /ask HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s",
		addr, len(askBody), headers, askBody)
}

func readStatus(t *testing.T, c net.Conn) (int, string) {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestServerLimits(t *testing.T) {
	addr, server := listen(t, newServer(nil))
	if server.ReadHeaderTimeout != 5*time.Second || server.IdleTimeout != 2*time.Minute || server.MaxHeaderBytes != 64<<10 ||
		server.ReadTimeout != 0 || server.WriteTimeout != 0 || server.Addr != addr {
		t.Errorf("limits of the server: %+v", server)
	}
	for name, head := range map[string]string{
		"headers": "X-Long: " + strings.Repeat("x", 70_000) + "\r\n",
		"many":    strings.Repeat("X-Many: x\r\n", 10_000),
	} {
		c := dial(t, addr, "GET /healthz HTTP/1.1\r\nHost: "+addr+"\r\n"+head+"\r\n")
		if status, _ := readStatus(t, c); status != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%s: status %d", name, status)
		}
	}
	if status, _ := readStatus(t, dial(t, addr, rawAsk(addr, ""))); status != http.StatusOK {
		t.Errorf("ask: %d", status)
	}
	if status, body := readStatus(t, dial(t, addr, rawAsk("evil.example", ""))); status != http.StatusMisdirectedRequest {
		t.Errorf("foreign host: %d %s", status, body)
	}
}

func TestASlowHeaderIsCut(t *testing.T) {
	addr, _ := listen(t, newServer(nil), func(h *http.Server) { h.ReadHeaderTimeout = 100 * time.Millisecond })
	c := dial(t, addr, "GET /healthz HTTP/1.1\r\nHost: ")
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the connection lives: %v", err)
	}
}

// The deadline for reading the body must not end the answering.
func TestALongAnswerOutlivesTheReadTimeout(t *testing.T) {
	s := newServer(&parts{answer: func(ctx context.Context, _ qa.Question, _ func(qa.Event) error) (qa.Answer, error) {
		select {
		case <-time.After(400 * time.Millisecond):
			return sampleAnswer(), nil
		case <-ctx.Done():
			return qa.Answer{}, ctx.Err()
		}
	}})
	s.ReadTimeout = 100 * time.Millisecond
	addr, _ := listen(t, s)
	if status, body := readStatus(t, dial(t, addr, rawAsk(addr, ""))); status != http.StatusOK {
		t.Errorf("status %d: %s", status, body)
	}
}

func TestAStalledBodyIsCut(t *testing.T) {
	s := newServer(nil)
	s.ReadTimeout = 100 * time.Millisecond
	addr, _ := listen(t, s)
	for _, head := range []string{
		"POST /ask HTTP/1.1\r\nContent-Type: application/json\r\n",
		"POST /documents HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\n",
	} {
		c := dial(t, addr, head+"Host: "+addr+"\r\nContent-Length: 1000\r\n\r\n--b\r\n")
		if status, body := readStatus(t, c); status != http.StatusBadRequest || !strings.Contains(body, "body_incomplete") {
			t.Errorf("status %d: %s", status, body)
		}
	}
}

func TestAClientThatGoesAwayEndsItsAnswer(t *testing.T) {
	started, ended := make(chan struct{}), make(chan error, 1)
	s := newServer(&parts{answer: func(ctx context.Context, _ qa.Question, _ func(qa.Event) error) (qa.Answer, error) {
		close(started)
		<-ctx.Done()
		ended <- ctx.Err()
		return qa.Answer{}, ctx.Err()
	}})
	addr, _ := listen(t, s)
	c := dial(t, addr, rawAsk(addr, ""))
	<-started
	_ = c.Close()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the answer goes on")
	}
}

func TestAClientThatNeverReadsIsDropped(t *testing.T) {
	ended := make(chan error, 1)
	s := newServer(&parts{answer: func(_ context.Context, _ qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
		for {
			err := emit(qa.Event{Sentence: &qa.SentenceEvent{Sentence: qa.Sentence{Text: strings.Repeat("x", 100_000)}}})
			if err != nil {
				ended <- err
				return qa.Answer{}, err
			}
		}
	}})
	s.WriteTimeout = 200 * time.Millisecond
	addr, _ := listen(t, s)
	dial(t, addr, rawAsk(addr, "Accept: text/event-stream\r\n"))
	select {
	case err := <-ended:
		if qa.KindOf(err) != qa.Canceled {
			t.Error(err)
		}
	case <-time.After(15 * time.Second):
		t.Fatal("the stream goes on")
	}
}

// A response without flushes has the same limit: here 32 MiB that nobody reads.
func TestADownloadThatIsNotReadIsDropped(t *testing.T) {
	closed := make(chan struct{})
	s := newServer(nil)
	s.Originals = largeOriginal{closed}
	s.WriteTimeout = 200 * time.Millisecond
	addr, _ := listen(t, s)
	dial(t, addr, "GET /documents/d1/original HTTP/1.1\r\nHost: "+addr+"\r\n\r\n")
	select {
	case <-closed:
	case <-time.After(15 * time.Second):
		t.Fatal("the download goes on")
	}
}

type largeOriginal struct{ closed chan struct{} }

func (o largeOriginal) Open(context.Context, string) (io.ReadSeekCloser, error) {
	return largeFile{bytes.NewReader(make([]byte, 32<<20)), o.closed}, nil
}

type largeFile struct {
	*bytes.Reader
	closed chan struct{}
}

func (f largeFile) Close() error {
	close(f.closed)
	return nil
}

// Events leave as they are made, not when the answer is whole.
func TestEventsLeaveAtOnce(t *testing.T) {
	seen := make(chan struct{})
	s := newServer(&parts{answer: func(ctx context.Context, _ qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
		if err := emit(qa.Event{Step: &qa.Step{Code: "searching"}}); err != nil {
			return qa.Answer{}, err
		}
		select {
		case <-seen:
			return sampleAnswer(), nil
		case <-ctx.Done():
			return qa.Answer{}, ctx.Err()
		}
	}})
	addr, _ := listen(t, s)
	c := dial(t, addr, rawAsk(addr, "Accept: text/event-stream\r\n"))
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	var names []string
	for lines.Scan() {
		name, ok := strings.CutPrefix(lines.Text(), "event: ")
		if !ok {
			continue
		}
		names = append(names, name)
		if name == "step" {
			close(seen)
		}
	}
	if got := strings.Join(names, " "); got != "step done" {
		t.Errorf("events %s (%v)", got, lines.Err())
	}
}
