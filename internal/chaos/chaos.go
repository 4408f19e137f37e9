// Package chaos puts the faults of a network between a program under test and its server: a TCP proxy on the
// loopback address that passes, delays, throttles, holds, cuts or refuses. A fault holds for connections that stand
// already as well as for new ones, until another one takes its place.
package chaos

import (
	"io"
	"net"
	"sync"
	"time"
)

const (
	// pieceSize is how much is read from a connection at a time.
	pieceSize = 16 << 10
	// piecesOnTheWay bounds what a direction of a connection holds; beyond it the sender waits, as on a network.
	piecesOnTheWay = 256
	dialTimeout    = 5 * time.Second
)

// fault is what the network does; the zero value passes everything on.
type fault struct {
	toServer, toClient time.Duration // that each byte is under way
	rate               int           // bytes a second and direction; 0 is without limit
	hold               bool          // nothing arrives
}

// Proxy passes connections on to one server. Its methods may be called at the same time.
type Proxy struct {
	target, addr string

	mu       sync.Mutex
	listener net.Listener // nil while connections are refused
	fault    fault
	changed  chan struct{} // closed when the fault changes
	links    map[*link]bool
	closed   bool
	all      sync.WaitGroup
}

// Start makes a proxy for the server at target, an address as net.Dial takes it. Close ends it.
func Start(target string) (*Proxy, error) {
	p := &Proxy{target: target, addr: "127.0.0.1:0", changed: make(chan struct{}), links: map[*link]bool{}}
	if err := p.listen(); err != nil {
		return nil, err
	}
	return p, nil
}

// Addr is where the proxy listens, host:port.
func (p *Proxy) Addr() string { return p.addr }

// Connections counts the connections that stand.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.links)
}

// Pass ends every fault. What was held arrives; where connections were refused they are taken again. The error is
// that of listening again.
func (p *Proxy) Pass() error {
	p.set(fault{})
	return p.listen()
}

// Delay makes each byte take so long to the server and to the client.
func (p *Proxy) Delay(toServer, toClient time.Duration) {
	p.set(fault{toServer: toServer, toClient: toClient})
}

// Throttle lets so many bytes a second pass, for each direction of each connection.
func (p *Proxy) Throttle(bytesPerSecond int) { p.set(fault{rate: bytesPerSecond}) }

// Hold is a black hole: connections are taken and nothing ever arrives, neither a byte nor an end.
func (p *Proxy) Hold() { p.set(fault{hold: true}) }

// Cut ends the connections that stand; new ones are served.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.end()
	}
}

// Refuse cuts all connections and takes no new ones until Pass.
func (p *Proxy) Refuse() {
	p.mu.Lock()
	l := p.listener
	p.listener = nil
	p.mu.Unlock()
	if l != nil {
		_ = l.Close() // nobody is told of an error: the port is given up either way
	}
	p.Cut()
}

// Close ends the proxy with all its connections, and returns when nothing of it runs any more.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.Refuse()
	p.all.Wait()
}

func (p *Proxy) set(f fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
	close(p.changed)
	p.changed = make(chan struct{})
}

// listen takes connections, at the address of before where there was one.
func (p *Proxy) listen() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil || p.closed {
		return nil
	}
	l, err := net.Listen("tcp", p.addr)
	if err != nil {
		return err
	}
	p.listener, p.addr = l, l.Addr().String()
	p.all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.all.Go(func() { p.serve(c) })
		}
	})
	return nil
}

// link is one connection with its continuation to the server.
type link struct {
	gone chan struct{}

	mu    sync.Mutex
	ends  []net.Conn
	ended bool
}

// add makes c part of the link; false when the link has ended.
func (l *link) add(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		_ = c.Close()
		return false
	}
	l.ends = append(l.ends, c)
	return true
}

func (l *link) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	l.ended = true
	close(l.gone)
	for _, c := range l.ends {
		_ = c.Close()
	}
}

func (p *Proxy) serve(client net.Conn) {
	l := &link{gone: make(chan struct{})}
	l.add(client)
	defer l.end()
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.links[l] = true
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.links, l)
		p.mu.Unlock()
	}()
	none := func(fault) time.Duration { return 0 }
	if !p.arrives(l, time.Now(), none) {
		return
	}
	server, err := net.DialTimeout("tcp", p.target, dialTimeout)
	if err != nil || !l.add(server) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { p.pump(l, client, server, func(f fault) time.Duration { return f.toServer }) })
	both.Go(func() { p.pump(l, server, client, func(f fault) time.Duration { return f.toClient }) })
	both.Wait()
}

// piece is what was read at a time; one without bytes is the end of the stream.
type piece struct {
	bytes []byte
	at    time.Time
}

// pump carries one direction of a link until it ends.
func (p *Proxy) pump(l *link, from, to net.Conn, delay func(fault) time.Duration) {
	way := make(chan piece, piecesOnTheWay)
	var reading sync.WaitGroup
	reading.Go(func() { read(l, from, way) })
	defer reading.Wait()
	for x := range way {
		if !p.arrives(l, x.at, delay) {
			return
		}
		if x.bytes == nil {
			closeWriting(to)
			return
		}
		if _, err := to.Write(x.bytes); err != nil {
			l.end()
			return
		}
		p.rest(l, len(x.bytes))
	}
}

// read puts on the way what comes from a connection, and its end.
func read(l *link, from net.Conn, way chan<- piece) {
	defer close(way)
	for {
		b := make([]byte, pieceSize)
		n, err := from.Read(b)
		pieces := []piece{{b[:n], time.Now()}}
		if n == 0 {
			pieces = nil
		}
		if err == io.EOF {
			pieces = append(pieces, piece{at: time.Now()})
		}
		for _, x := range pieces {
			select {
			case way <- x:
			case <-l.gone:
				return
			}
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			l.end()
			return
		}
	}
}

// closeWriting says to the other side that nothing more comes, which may still have something to say.
func closeWriting(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.CloseWrite()
	}
}

// arrives waits until what was sent at a time arrives; false when the link ended before.
func (p *Proxy) arrives(l *link, sent time.Time, delay func(fault) time.Duration) bool {
	for {
		p.mu.Lock()
		f, changed := p.fault, p.changed
		p.mu.Unlock()
		var due <-chan time.Time // never while the network holds
		if !f.hold {
			left := time.Until(sent.Add(delay(f)))
			if left <= 0 {
				return true
			}
			due = time.After(left)
		}
		select {
		case <-l.gone:
			return false
		case <-changed:
		case <-due:
		}
	}
}

// rest pauses after n bytes as long as they take at the rate that is set.
func (p *Proxy) rest(l *link, n int) {
	p.mu.Lock()
	f, changed := p.fault, p.changed
	p.mu.Unlock()
	if f.rate <= 0 {
		return
	}
	select {
	case <-l.gone:
	case <-changed:
	case <-time.After(time.Duration(n) * time.Second / time.Duration(f.rate)):
	}
}
