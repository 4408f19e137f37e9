package postgres

import (
	"net"
	"strings"
	"syscall"
	"time"
)

const (
	// unheard is how long bytes may stay without a receipt before their connection is given up. Where a network drops
	// packets, a statement without a deadline of its own would else wait for a quarter of an hour.
	unheard = 10 * time.Second
	// silentFor, probeEvery and probes say when a connection on which an answer is awaited is given up because the
	// other machine is gone: after 14 s.
	silentFor  = 5 * time.Second
	probeEvery = 3 * time.Second
	probes     = 3
)

// dialer makes connections that end when the other machine is gone, whoever waits for it. A server that is only
// slow acknowledges what it gets, and is left alone.
func dialer() *net.Dialer {
	return &net.Dialer{
		Timeout:         connectTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: silentFor, Interval: probeEvery, Count: probes},
		Control: func(network, _ string, c syscall.RawConn) error {
			if !strings.HasPrefix(network, "tcp") {
				return nil // a socket of this machine
			}
			var failed error
			if err := c.Control(func(fd uintptr) { failed = endUnheard(fd, unheard) }); err != nil {
				return err
			}
			return failed
		},
	}
}
