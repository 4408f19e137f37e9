package encoder

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

// TestCrew: every item of every stage is computed once, and no stage begins before the one before has ended.
func TestCrew(t *testing.T) {
	t.Parallel()
	for _, threads := range []int{1, 2, 3, 8} {
		t.Run(fmt.Sprint(threads), func(t *testing.T) {
			t.Parallel()
			var done [40]atomic.Int64
			var pause time.Duration
			c := newCrew(threads, func(worker, item int) {
				if worker >= threads {
					t.Errorf("worker %d of %d", worker, threads)
				}
				time.Sleep(pause)
				done[item].Add(1)
			})
			stages := int64(0)
			for call := range 20 {
				pause = 0
				if call%10 == 9 {
					pause = 100 * time.Microsecond // long enough for helpers and the caller to sleep
				}
				c.polite = call%2 == 0
				c.start(threads - 1)
				for range 50 {
					c.run(len(done))
					stages++
					for i := range done {
						if n := done[i].Load(); n != stages {
							t.Fatalf("item %d computed %d times after %d stages", i, n, stages)
						}
					}
				}
				c.stop()
			}
		})
	}
}

// TestCrewCounts: the number of stages may run over the bits that it has.
func TestCrewCounts(t *testing.T) {
	t.Parallel()
	n := 0
	c := newCrew(1, func(int, int) { n++ })
	c.stage = 1<<(64-2*itemBits) - 2
	c.start(0)
	defer c.stop()
	for range 5 {
		c.run(3)
	}
	if n != 15 {
		t.Errorf("%d items, want 15", n)
	}
}

// TestCrewLeaves: after a call no goroutine of the crew is left.
func TestCrewLeaves(t *testing.T) {
	t.Parallel()
	c := newCrew(4, func(int, int) {})
	c.start(3)
	c.run(10)
	c.stop()
	if c.sleeping.Load() != 0 {
		t.Errorf("%d helpers sleep", c.sleeping.Load())
	}
}
