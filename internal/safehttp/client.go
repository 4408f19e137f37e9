// Package safehttp is the one way out: the HTTP client that fetches what users name, and that every other
// call to another machine goes through. It reaches public addresses only, and what the operator allows
// besides; the address is checked when it is connected to, so that neither a name nor a redirect can lead
// inside.
package safehttp

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"rapporteur/qa"
)

// Options are the settings of a Client; the zero value is good.
type Options struct {
	// Allow lists what may be called although it is private or at an unusual port: name, name:port,
	// address, address:port or network. Without a port, 80 and 443 are meant. Addresses of clouds'
	// metadata and link-local ones must be named themselves.
	Allow    []string
	MaxBytes int64 // largest body that Fetch gives, unpacked; 0 means 50 MiB
}

// Client calls other machines. It is safe for concurrent use.
type Client struct {
	rules     *rules
	limits    limits
	resolver  resolver
	connect   func(ctx context.Context, d *net.Dialer, network, address string) (net.Conn, error)
	documents *http.Client // whose answers must begin soon
	other     *http.Client
}

// limits keep a server from holding the service.
type limits struct {
	bytes   int64         // of a body, unpacked
	whole   time.Duration // of a fetch, to the end of its body
	dial    time.Duration // to find and connect to a host
	connect time.Duration // to connect to one of its addresses
	tls     time.Duration
	header  time.Duration // from the request to the head of the answer
	idle    time.Duration // from one piece of a body to the next
	grace   time.Duration // after which a body must have come at rate
	rate    int64         // bytes a second
}

const (
	maxRedirects  = 5
	maxHeader     = 64 << 10 // bytes of the head of an answer
	maxAddresses  = 8        // of one host, tried in turn
	idleConnLimit = 30 * time.Second
	userAgent     = "Rapporteur"
)

// resolver finds the addresses of a name; net.Resolver does.
type resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// New makes a client; Invalid allow_hosts_invalid.
func New(o Options) (*Client, error) {
	r, err := newRules(o.Allow)
	if err != nil {
		return nil, err
	}
	c := &Client{
		rules:    r,
		resolver: net.DefaultResolver,
		limits: limits{
			bytes: cmp.Or(o.MaxBytes, 50<<20), whole: time.Minute,
			dial: 15 * time.Second, connect: 5 * time.Second, tls: 10 * time.Second, header: 30 * time.Second,
			idle: 15 * time.Second, grace: 10 * time.Second, rate: 1024,
		},
		connect: func(ctx context.Context, d *net.Dialer, network, address string) (net.Conn, error) {
			return d.DialContext(ctx, network, address)
		},
	}
	c.useLimits()
	return c, nil
}

// useLimits makes the HTTP clients. Each fetch of a document has a connection of its own, so that what a
// server sends beyond its answer is never read as the next one, nor logged.
func (c *Client) useLimits() {
	c.documents, c.other = c.client(c.limits.header, false), c.client(0, true)
}

// HTTP gives the client for calls whose answers may take long, as those of a model. It follows the same
// rules, and redirects of GET and HEAD only; what an answer may take of time and memory is up to the
// caller. A refusal is a *qa.Error within the *url.Error.
func (c *Client) HTTP() *http.Client { return c.other }

// Close drops the connections that are kept for reuse.
func (c *Client) Close() error {
	c.documents.CloseIdleConnections()
	c.other.CloseIdleConnections()
	return nil
}

// client makes a client that keeps no cookies and asks no proxy: a proxy would be the address that is
// checked. It speaks HTTP/1 alone, where a connection serves the one host that it was made for.
func (c *Client) client(header time.Duration, keep bool) *http.Client {
	return &http.Client{
		CheckRedirect: c.follow,
		Transport: &guard{rules: c.rules, next: &http.Transport{
			Proxy:                  nil,
			DialContext:            c.dial,
			TLSHandshakeTimeout:    c.limits.tls,
			ResponseHeaderTimeout:  header,
			MaxResponseHeaderBytes: maxHeader,
			IdleConnTimeout:        idleConnLimit,
			MaxIdleConnsPerHost:    2,
			DisableKeepAlives:      !keep,
		}},
	}
}

// guard judges the address of each request, redirects included, and sends it in the spelling it judged.
type guard struct {
	rules *rules
	next  *http.Transport
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	u, err := g.rules.normal(r.URL)
	if err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // as a RoundTripper must; the refusal tells more
		}
		return nil, err
	}
	judged := *r
	judged.URL = u
	return g.next.RoundTrip(&judged)
}

// CloseIdleConnections is called by http.Client.
func (g *guard) CloseIdleConnections() { g.next.CloseIdleConnections() }

// dial connects to a host. All its addresses must be permitted, since one that has an inner address beside
// a public one tries to be called at the inner one; the dialer checks the one it connects to once more.
func (c *Client) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.limits.dial)
	defer cancel()
	ips, err := c.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, ip := range ips {
		if err := c.rules.permit(host, netip.AddrPortFrom(ip, uint16(port))); err != nil {
			return nil, err
		}
	}
	d := c.dialer(host)
	err = errors.New("no address")
	for _, ip := range ips[:min(len(ips), maxAddresses)] {
		var conn net.Conn
		if conn, err = c.connect(ctx, d, "tcp", netip.AddrPortFrom(ip, uint16(port)).String()); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// addresses finds those of a host. IPv4 ones that are written as IPv6 are taken for what they are.
func (c *Client) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip.Unmap()}, nil
	}
	ips, err := c.resolver.LookupNetIP(ctx, "ip", host)
	for i := range ips {
		ips[i] = ips[i].Unmap()
	}
	return ips, err
}

// dialer refuses to connect to what the rules do not permit for the host.
func (c *Client) dialer(host string) *net.Dialer {
	return &net.Dialer{
		Timeout: c.limits.connect,
		Control: func(network, address string, _ syscall.RawConn) error { return c.rules.control(host, network, address) },
	}
}

// follow judges a redirect by what it is; guard judges where it leads. Only what tells nothing of the caller goes along to another host.
func (c *Client) follow(r *http.Request, via []*http.Request) error {
	switch {
	case len(via) > maxRedirects:
		return qa.E(qa.Unprocessable, "url_redirects", maxRedirects)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return redirected(errors.New("a redirect would take the body of the request elsewhere"))
	case via[len(via)-1].URL.Scheme == "https" && r.URL.Scheme != "https":
		return redirected(errors.New("a redirect from https"))
	}
	r.Header.Del("Referer")
	for _, hop := range append(via[1:], r) { // net/http starts from the first request's fields at each hop
		if hop.URL.Scheme != via[0].URL.Scheme || hop.URL.Host != via[0].URL.Host {
			r.Header = harmless(r.Header)
			break
		}
	}
	return nil
}

// harmless keeps the fields of a request that any host may read.
func harmless(h http.Header) http.Header {
	kept := http.Header{}
	for _, name := range []string{"Accept", "Accept-Language", "User-Agent", "If-None-Match", "If-Modified-Since"} {
		if v := h.Values(name); len(v) > 0 {
			kept[name] = v
		}
	}
	return kept
}

// redirected is the refusal of a redirect; its cause is for the log.
func redirected(cause error) error { return qa.E(qa.Unprocessable, "url_redirect").Because(cause) }
