package edge

import (
	"context"
	"sync"
	"time"

	"rapporteur/qa"
)

// Gate limits how much runs at once, in all and for one caller, so that one cannot starve the
// others. Who finds no place waits a little, then is refused.
type Gate struct {
	all    chan struct{}
	perKey int
	wait   time.Duration

	mu   sync.Mutex
	keys map[string]*lane
}

// lane is the share of one caller; it exists while someone uses or waits for it.
type lane struct {
	places chan struct{}
	users  int
}

// NewGate makes a gate with so many places in all and for one caller, and the time to wait for one.
func NewGate(all, perKey int, wait time.Duration) *Gate {
	return &Gate{all: make(chan struct{}, all), perKey: perKey, wait: wait, keys: map[string]*lane{}}
}

// Enter waits for a place; leave must be called when it gives no error. Exhausted means that the
// caller's own share is taken, Unavailable that everyone's is.
func (g *Gate) Enter(ctx context.Context, key string) (leave func(), err error) {
	l := g.join(key)
	timer := time.NewTimer(g.wait)
	defer timer.Stop()
	if err := take(ctx, l.places, timer.C, qa.E(qa.Exhausted, "too_many_requests")); err != nil {
		g.quit(key, l)
		return nil, err
	}
	if err := take(ctx, g.all, timer.C, qa.E(qa.Unavailable, "busy")); err != nil {
		<-l.places
		g.quit(key, l)
		return nil, err
	}
	return func() {
		<-g.all
		<-l.places
		g.quit(key, l)
	}, nil
}

func (g *Gate) join(key string) *lane {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.keys[key]
	if l == nil {
		l = &lane{places: make(chan struct{}, g.perKey)}
		g.keys[key] = l
	}
	l.users++
	return l
}

func (g *Gate) quit(key string, l *lane) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l.users--
	if l.users == 0 {
		delete(g.keys, key)
	}
}

func take(ctx context.Context, places chan<- struct{}, late <-chan time.Time, full error) error {
	select {
	case places <- struct{}{}:
		return nil
	default:
	}
	select {
	case places <- struct{}{}:
		return nil
	case <-late:
		return full
	case <-ctx.Done():
		return ctx.Err()
	}
}
