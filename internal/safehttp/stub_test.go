package safehttp

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"rapporteur/qa"
)

// outside is where every name of these tests lives unless a test says otherwise: a public address, whose
// connections end at the stub.
var outside = netip.MustParseAddr("93.184.216.34")

// internet is a resolver and a web server of its own: names lead where it says, and what is connected to,
// once the client has allowed it, is noted and served by the stub.
type internet struct {
	plain, secure string // addresses of the stub

	mu     sync.Mutex
	dialed []netip.AddrPort
	names  map[string][][]netip.Addr // answers of the resolver, one after the other; the last one stays
	asked  []string
}

// LookupNetIP implements resolver.
func (n *internet) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked = append(n.asked, host)
	answers, ok := n.names[host]
	switch {
	case !ok:
		return []netip.Addr{outside}, nil
	case len(answers) == 0:
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	case len(answers) > 1:
		n.names[host] = answers[1:]
	}
	return slices.Clone(answers[0]), nil
}

// connect asks the dialer as the system does just before it connects, notes the address and gives the stub.
func (n *internet) connect(ctx context.Context, d *net.Dialer, _, address string) (net.Conn, error) {
	at := netip.MustParseAddrPort(address)
	network := "tcp4"
	if at.Addr().Is6() {
		network = "tcp6"
	}
	if err := d.Control(network, address, nil); err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	n.mu.Lock()
	n.dialed = append(n.dialed, at)
	n.mu.Unlock()
	stub := n.plain
	if at.Port() == 443 {
		stub = n.secure
	}
	return new(net.Dialer).DialContext(ctx, "tcp", stub)
}

// forbidden lists the connections that must never have been made. It shares no rule with the client.
func (n *internet) forbidden() (out []netip.AddrPort) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, at := range n.dialed {
		if at.Addr() != outside || at.Port() != 80 && at.Port() != 443 {
			out = append(out, at)
		}
	}
	return out
}

// quick are limits that a test can wait for.
func quick(l limits) limits {
	l.bytes, l.whole, l.header, l.idle, l.grace = 1<<20, 20*time.Second, 4*time.Second, 2*time.Second, 300*time.Millisecond
	return l
}

// online gives a client on an internet of stubs.
func online(t testing.TB, handler http.Handler, o Options) (*Client, *internet) {
	t.Helper()
	zeros() // takes seconds under the race detector, which a client would not wait
	plain := httptest.NewServer(handler)
	t.Cleanup(plain.Close)
	secure := httptest.NewUnstartedServer(handler)
	certificate, roots := certify(t, "example.org", "*.example.org", "*.test")
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	secure.Config.ErrorLog = quiet()
	secure.StartTLS()
	t.Cleanup(secure.Close)
	n := &internet{plain: plain.Listener.Addr().String(), secure: secure.Listener.Addr().String(), names: map[string][][]netip.Addr{}}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	c.limits, c.resolver, c.connect = quick(c.limits), n, n.connect
	c.useLimits()
	for _, h := range []*http.Client{c.documents, c.other} {
		h.Transport.(*guard).next.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	t.Cleanup(func() { _ = c.Close() })
	return c, n
}

// certify makes a certificate for the names, and what trusts it.
func certify(t testing.TB, names ...string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: names, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// site is the web server behind every name of the tests, by host and path.
func site() http.Handler {
	redirects := map[string]struct {
		status int
		to     string
	}{
		"/to-loopback": {302, "http://127.0.0.1/"}, "/to-metadata": {307, "http://169.254.169.254/latest/meta-data/"},
		"/loop": {302, "/loop"}, "/to-file": {302, "file:///etc/passwd"},
		"/https-to-http": {302, "https://redir.test/down"}, "/down": {302, "http://redir.test/end"},
		"/to-inner-name": {302, "http://inner.test/"}, "/to-port": {302, "http://redir.test:6379/"},
		"/to-password": {302, "http://user:pass@redir.test/end"}, "/to-other": {302, "http://other.test/end"},
		"/up": {302, "https://redir.test/end"},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := strings.Cut(r.Host, ":")
		if to, ok := redirects[r.URL.Path]; ok && host == "redir.test" {
			http.Redirect(w, r, to.to, to.status)
			return
		}
		if n, ok := strings.CutPrefix(r.URL.Path, "/chain"); ok {
			left, _ := strconv.Atoi(n)
			to := "/end"
			if left > 1 {
				to = "/chain" + strconv.Itoa(left-1)
			}
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		serve, ok := map[string]http.HandlerFunc{
			"slow.test": slow, "endless.test": endless, "bomb.test": bomb, "lying.test": lying, "short.test": short, "broken.test": brokenGzip,
			"stalled.test": stalled, "silent.test": hang,
			"empty.test": func(http.ResponseWriter, *http.Request) {},
			"auth.test": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
				http.Error(w, "le secret", http.StatusUnauthorized)
			},
			"html-as-pdf.test": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/pdf")
				_, _ = io.WriteString(w, "<!doctype html><p>Bonjour")
			},
			"cookie.test": func(w http.ResponseWriter, r *http.Request) {
				http.SetCookie(w, &http.Cookie{Name: "a", Value: "b", Path: "/"})
				_, _ = fmt.Fprintf(w, "cookies %d", len(r.Cookies()))
			},
			"refresh.test": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Refresh", "0; url=http://127.0.0.1/")
				_, _ = io.WriteString(w, `<!doctype html><meta http-equiv="refresh" content="0; url=http://127.0.0.1/">`)
			},
			"film.test": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "video/mp4")
				_, _ = io.WriteString(w, "x")
			},
			"brotli.test": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", "br")
				_, _ = io.WriteString(w, "x")
			},
		}[host]
		if !ok {
			serve = func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprintf(w, "%s %s", r.Host, r.RequestURI) }
		}
		serve(w, r)
	})
}

func slow(w http.ResponseWriter, r *http.Request) {
	for range 200 {
		if _, err := io.WriteString(w, "x"); err != nil || r.Context().Err() != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		time.Sleep(20 * time.Millisecond)
	}
}

// hang answers nothing until the client goes away.
func hang(_ http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-time.After(30 * time.Second):
	}
}

func stalled(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, strings.Repeat("x", 4096))
	_ = http.NewResponseController(w).Flush()
	hang(w, r)
}

func endless(w http.ResponseWriter, _ *http.Request) {
	piece := make([]byte, 64<<10)
	for {
		if _, err := w.Write(piece); err != nil {
			return
		}
	}
}

// zeros are 8 MiB of them in about 8 kB.
var zeros = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(make([]byte, 8<<20))
	_ = z.Close()
	return b.Bytes()
})

func bomb(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	_, _ = w.Write(zeros())
}

// raw answers in these words and goes on as f says.
func raw(w http.ResponseWriter, head string, f func(net.Conn)) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, head)
	f(conn)
}

func lying(w http.ResponseWriter, _ *http.Request) {
	raw(w, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", func(c net.Conn) {
		_ = c.SetDeadline(time.Now().Add(2 * time.Second))
		piece := make([]byte, 64<<10)
		for range 16 << 10 {
			if _, err := c.Write(piece); err != nil {
				return
			}
		}
	})
}

func short(w http.ResponseWriter, _ *http.Request) {
	raw(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789", func(net.Conn) {})
}

func brokenGzip(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	_, _ = io.WriteString(w, "ceci n’est pas du gzip")
}

// read fetches an address to the end of its body.
func read(t testing.TB, c *Client, address string) (string, error) {
	t.Helper()
	f, err := c.Fetch(t.Context(), address, qa.Validator{})
	if err != nil {
		return "", err
	}
	defer f.Body.Close()
	content, err := io.ReadAll(f.Body)
	return string(content), err
}

// quiet drops what a server says of clients that break their connections off.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
