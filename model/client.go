package model

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"rapporteur/qa"
)

// maxRetries is how often a call is made again.
const maxRetries = 3

// firstBackoff is the wait before the first retry, about; each further one is twice as long.
const firstBackoff = 200 * time.Millisecond

// errTooSlow is the cause with which a call is given up.
var errTooSlow = errors.New("the model is out of time")

// clock is time as the package sees it.
type clock struct {
	now   func() time.Time
	sleep func(ctx context.Context, d time.Duration) error
}

func realClock() clock { return clock{time.Now, sleep} }

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// client makes the calls of one model: no more at once than there are places, none while the breaker is open, and
// again where that may help.
type client struct {
	clock
	server    Server
	transport *transport
	http      *http.Client // langchaingo's
	breaker   *breaker
	places    chan struct{}
	wait      time.Duration
	refused   atomic.Bool // the last call was refused for its key, its model or its form
}

func newClient(s Server, outside *http.Client, places int, wait time.Duration) *client {
	c := &client{clock: realClock(), server: s, places: make(chan struct{}, places), wait: wait}
	now := func() time.Time { return c.now() }
	next := outside.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	c.transport = &transport{next: next, kind: s.Kind, key: s.Key, now: now}
	c.http = &http.Client{Transport: c.transport, CheckRedirect: outside.CheckRedirect}
	c.breaker = &breaker{now: now}
	return c
}

// do makes a call, and up to retries others as long as it may be made again, and judges the server by it. try makes
// one call, which must end by deadline as far as it has not begun to be answered.
func (c *client) do(ctx context.Context, retries int, deadline time.Time, try func() *failure) error {
	leave, err := c.breaker.enter()
	if err != nil {
		return err
	}
	free, err := c.place(ctx)
	if err != nil {
		leave(unknown)
		return err
	}
	defer free()
	var last *failure
	for n := 0; ; n++ {
		f := try()
		if err := ctx.Err(); err != nil {
			leave(unknown)
			return err
		}
		if f != nil && last != nil && f.told.Code == "model_slow" && !f.begun {
			f = last // what took the time, rather than that there was none left
		}
		if f == nil || !f.again || n == retries || c.now().After(deadline) {
			return c.result(f, leave)
		}
		last = f
		wait := c.backoff(n, f)
		if f.after > 0 && wait >= deadline.Sub(c.now()) {
			c.breaker.pause(f.after, f.told)
		}
		if wait >= deadline.Sub(c.now()) {
			return c.result(f, leave)
		}
		if err := c.sleep(ctx, wait); err != nil {
			leave(unknown)
			return err
		}
	}
}

// result judges the server by a call and gives what the caller gets.
func (c *client) result(f *failure, leave func(outcome)) error {
	leave(f.outcome())
	c.refused.Store(f != nil && f.told.Code == "model_refused")
	if f == nil {
		return nil // and no *failure that is nil
	}
	return f.told
}

func (c *client) state(used qa.TokenUsage) qa.ModelState {
	s := qa.ModelState{Breaker: c.breaker.state(), Usage: used}
	s.Degraded = s.Breaker != qa.BreakerClosed || c.refused.Load() || used.Limit > 0 && used.Total() >= used.Limit
	return s
}

// backoff is how long to wait before the n-th retry. The half of it is left to chance, so that many callers do not
// come back at the same moment. What a server asks for is obeyed up to maxPause, and no more than obeyed.
func (c *client) backoff(n int, f *failure) time.Duration {
	if f.plain {
		return 0
	}
	d := firstBackoff << n
	d = d/2 + rand.N(d)
	if f.after > 0 {
		d = f.after + d/4
	}
	return d
}

// place waits for a free place: model_busy when none becomes free in time.
func (c *client) place(ctx context.Context) (free func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.wait, errTooSlow)
	defer cancel()
	select {
	case c.places <- struct{}{}:
		return func() { <-c.places }, nil
	case <-ctx.Done():
		if context.Cause(ctx) == errTooSlow {
			return nil, qa.E(qa.Exhausted, "model_busy")
		}
		return nil, ctx.Err()
	}
}

// outcome says what a failure tells of the server: it works well where only the prompt, the answer or the budget is
// at fault.
func (f *failure) outcome() outcome {
	if f == nil {
		return good
	}
	switch f.told.Code {
	case "model_down", "model_slow", "model_broken", "model_refused":
		return bad
	}
	return good
}
