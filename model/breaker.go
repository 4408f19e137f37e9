package model

import (
	"sync"
	"time"

	"rapporteur/qa"
)

// The breaker opens after maxFailures in a row, for breakerOpen; then one call tries.
const (
	maxFailures = 5
	breakerOpen = 30 * time.Second
)

// maxPause is the longest that a server's Retry-After is obeyed.
const maxPause = 30 * time.Second

// outcome is what a call says of its server.
type outcome int

const (
	unknown outcome = iota // the caller left, or never called
	good
	bad
)

// breaker leaves a server alone that keeps failing, or that asks for it.
type breaker struct {
	now func() time.Time

	mu       sync.Mutex
	failures int // in a row
	until    time.Time
	probing  bool
	paused   *qa.Error // while the server wants to be left alone, until rest
	rest     time.Time
}

// enter permits a call, or says why not: model_paused, or what the server asked to be left alone with. leave must be
// called with what came of it.
func (b *breaker) enter() (leave func(outcome), err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if b.paused != nil && now.Before(b.rest) {
		return nil, b.paused
	}
	b.paused = nil
	probe := b.failures >= maxFailures
	if probe && (b.probing || now.Before(b.until)) {
		return nil, qa.E(qa.Unavailable, "model_paused")
	}
	b.probing = b.probing || probe
	return func(o outcome) { b.leave(o, probe) }, nil
}

func (b *breaker) leave(o outcome, probe bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if probe {
		b.probing = false
	}
	switch o {
	case good:
		b.failures = 0
	case bad:
		b.failures++
		b.until = b.now().Add(breakerOpen)
	}
}

// pause leaves the server alone for d, at most maxPause; calls get err meanwhile.
func (b *breaker) pause(d time.Duration, err *qa.Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paused, b.rest = err, b.now().Add(min(d, maxPause))
}

// state is one of those that qa names.
func (b *breaker) state() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.failures < maxFailures:
		return qa.BreakerClosed
	case b.probing || !b.now().Before(b.until):
		return qa.BreakerHalfOpen
	}
	return qa.BreakerOpen
}
