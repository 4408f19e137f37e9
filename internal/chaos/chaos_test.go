package chaos

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo is a server that sends back what it gets.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

func start(t *testing.T) *Proxy {
	t.Helper()
	p, err := Start(echo(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func dial(t *testing.T, p *Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// say sends bytes and waits so long for their echo.
func say(c net.Conn, what []byte, within time.Duration) (took time.Duration, err error) {
	began := time.Now()
	if err := c.SetDeadline(began.Add(within)); err != nil {
		return 0, err
	}
	if _, err := c.Write(what); err != nil {
		return 0, err
	}
	got := make([]byte, len(what))
	_, err = io.ReadFull(c, got)
	if err == nil && !bytes.Equal(got, what) {
		err = errors.New("other bytes came back")
	}
	return time.Since(began), err
}

func TestPassesBytesAndTheirEnd(t *testing.T) {
	t.Parallel()
	p := start(t)
	c := dial(t, p)
	if _, err := say(c, bytes.Repeat([]byte("octets "), 100_000), 20*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(c); err != nil || len(rest) > 0 {
		t.Errorf("after the end: %d bytes, %v", len(rest), err)
	}
	for p.Connections() > 0 {
		time.Sleep(time.Millisecond)
	}
}

func TestDelaysEachDirection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name               string
		toServer, toClient time.Duration
	}{
		{"to the server", 150 * time.Millisecond, 0},
		{"to the client", 0, 150 * time.Millisecond},
		{"both", 80 * time.Millisecond, 80 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			before, want := dial(t, p), c.toServer+c.toClient
			p.Delay(c.toServer, c.toClient)
			for _, conn := range []net.Conn{before, dial(t, p)} {
				if took, err := say(conn, []byte("bonjour"), 10*time.Second); err != nil || took < want {
					t.Errorf("took %v, want %v: %v", took, want, err)
				}
			}
		})
	}
}

func TestThrottles(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.Throttle(100_000)
	// 60 kB in pieces: all but the last one must have had their time.
	if took, err := say(dial(t, p), make([]byte, 60_000), 20*time.Second); err != nil || took < 400*time.Millisecond {
		t.Errorf("took %v: %v", took, err)
	}
}

func TestHoldsUntilItPasses(t *testing.T) {
	t.Parallel()
	p := start(t)
	old := dial(t, p)
	if _, err := say(old, []byte("avant"), 10*time.Second); err != nil {
		t.Fatal(err)
	}
	p.Hold()
	fresh := dial(t, p)
	for _, c := range []net.Conn{old, fresh} {
		if _, err := say(c, []byte("pendant"), 100*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("while it holds: %v", err)
		}
	}
	if err := p.Pass(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []net.Conn{old, fresh} {
		if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len("pendant"))
		if _, err := io.ReadFull(c, got); err != nil || string(got) != "pendant" {
			t.Errorf("what was held: %q, %v", got, err)
		}
	}
}

func TestCutsAndRefuses(t *testing.T) {
	t.Parallel()
	p := start(t)
	c := dial(t, p)
	if _, err := say(c, []byte("un"), 10*time.Second); err != nil {
		t.Fatal(err)
	}
	p.Cut()
	if _, err := say(c, []byte("deux"), 10*time.Second); err == nil {
		t.Error("a cut connection stands")
	}
	if _, err := say(dial(t, p), []byte("trois"), 10*time.Second); err != nil {
		t.Errorf("after the cut: %v", err)
	}
	p.Refuse()
	if _, err := net.Dial("tcp", p.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("while it refuses: %v", err)
	}
	if err := p.Pass(); err != nil {
		t.Fatal(err)
	}
	if _, err := say(dial(t, p), []byte("quatre"), 10*time.Second); err != nil {
		t.Errorf("after it refused: %v", err)
	}
}

// TestCloseEndsWhatIsHeld: nothing waits for a network that holds for ever.
func TestCloseEndsWhatIsHeld(t *testing.T) {
	t.Parallel()
	p := start(t)
	old := dial(t, p)
	p.Hold()
	dial(t, p)
	if _, err := old.Write(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	p.Close()
	if n := p.Connections(); n != 0 {
		t.Errorf("%d connections after the end", n)
	}
}
