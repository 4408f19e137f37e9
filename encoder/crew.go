package encoder

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// crew shares the items of one stage of the computation after another among the goroutine of a call and its
// helpers. Stages last a tenth of a millisecond, less than waking a goroutine can take: helpers that are awake
// take items, and the caller never waits for one that is not, it does the work itself.
type crew struct {
	do func(worker, item int) // computes an item of the stage; worker is 0 for the caller
	// polite makes the workers step back between items, for calls of other goroutines: used where items are long.
	polite bool

	state    atomic.Uint64 // stage number, items of the stage, next item; see pack
	finished atomic.Int64  // items of the stage that are done
	sleeping atomic.Int64  // helpers that wait for the bell
	waiting  atomic.Bool   // the caller waits for the last item
	bell     chan struct{}
	last     chan struct{}
	helpers  []func() // made once: starting them allocates nothing
	away     sync.WaitGroup
	stage    uint64
}

// The state is one word, so that taking an item and checking the stage are one step.
const (
	itemBits = 20
	maxItems = 1<<itemBits - 1
	quit     = 0 // no stage: helpers leave
)

// patience is how many times a worker looks for work before it sleeps: some 20 µs.
const patience = 20000

func newCrew(threads int, do func(worker, item int)) *crew {
	c := &crew{do: do, bell: make(chan struct{}, threads), last: make(chan struct{}, 1)}
	for i := 1; i < threads; i++ {
		c.helpers = append(c.helpers, func() { c.help(i) })
	}
	return c
}

// start calls the helpers; stop must follow.
func (c *crew) start(helpers int) {
	c.begin(0)
	for _, help := range c.helpers[:min(helpers, len(c.helpers))] {
		c.away.Add(1)
		go help()
	}
}

// stop returns when all helpers have left.
func (c *crew) stop() {
	c.state.Store(quit)
	c.ring()
	c.away.Wait()
}

// begin makes the items of a new stage known.
func (c *crew) begin(n int) {
	if c.stage++; c.stage == 1<<(64-2*itemBits) {
		c.stage = 1
	}
	c.finished.Store(0)
	c.state.Store(c.stage<<(2*itemBits) | uint64(n)<<itemBits)
}

// run computes the items [0, n) of a stage, n ≤ maxItems, and returns when all are done.
func (c *crew) run(n int) {
	c.begin(n)
	if n > 1 {
		c.ring()
	}
	for c.take(0) {
	}
	for i := 0; c.finished.Load() < int64(n); i++ {
		if i < patience {
			continue
		}
		c.waiting.Store(true)
		if c.finished.Load() == int64(n) && c.waiting.CompareAndSwap(true, false) {
			return
		}
		<-c.last
		return
	}
}

// take computes the next item, if there is one.
func (c *crew) take(worker int) bool {
	const mask = 1<<itemBits - 1
	for {
		s := c.state.Load()
		item, n := s&mask, s>>itemBits&mask
		if item >= n {
			return false
		}
		if !c.state.CompareAndSwap(s, s+1) {
			continue
		}
		c.do(worker, int(item))
		if c.finished.Add(1) == int64(n) && c.waiting.CompareAndSwap(true, false) {
			c.last <- struct{}{}
		}
		if c.polite {
			runtime.Gosched()
		}
		return true
	}
}

// help takes items until the crew is stopped.
func (c *crew) help(worker int) {
	defer c.away.Done()
	for idle := 0; c.state.Load() != quit; idle++ {
		if c.take(worker) {
			idle = 0
		} else if idle > patience {
			c.sleep()
			idle = 0
		}
	}
}

// sleep returns when there may be work. The state is looked at once more after saying so: either that sees the
// work, or ring sees the sleeper.
func (c *crew) sleep() {
	c.sleeping.Add(1)
	s := c.state.Load()
	if s != quit && s&maxItems >= s>>itemBits&maxItems {
		<-c.bell
	}
	c.sleeping.Add(-1)
}

// ring wakes the sleepers. A bell that rings too often only makes a helper look twice.
func (c *crew) ring() {
	for range c.sleeping.Load() {
		select {
		case c.bell <- struct{}{}:
		default:
			return
		}
	}
}
