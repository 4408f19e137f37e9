// Package live keeps the events of an answer while it is made and for a while after, so that who was cut off can go on
// from the last event received, and so that an answer nobody listens to any more is stopped.
package live

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Event is one event of a stream; Data is JSON on one line.
type Event struct {
	Name string
	Data []byte
}

// Streams are those of a server. The zero value is not ready: see New.
type Streams struct {
	leave, keep time.Duration
	newID       func() string

	mu  sync.Mutex
	all map[string]*Stream
}

// most is how many streams are kept at once; past it the oldest that have ended go.
const most = 1000

// New makes an empty set. leave is how long an answer goes on without a listener, keep how long a stream that has
// ended can still be read; newID makes identifiers that cannot be guessed.
func New(leave, keep time.Duration, newID func() string) *Streams {
	return &Streams{leave: leave, keep: keep, newID: newID, all: map[string]*Stream{}}
}

// Stream is the events of one answer. Its methods may be called at the same time.
type Stream struct {
	id, owner string
	leave     time.Duration
	stop      context.CancelFunc

	mu        sync.Mutex
	events    []Event
	bytes     int
	ended     bool
	changed   chan struct{} // closed and replaced with each event
	listeners int
	alone     *time.Timer // runs while nobody listens
	left      bool        // it was stopped because nobody did
}

// Begin opens a stream of owner. stop is called when nobody has listened for a while before its end.
func (l *Streams) Begin(owner string, stop context.CancelFunc) *Stream {
	s := &Stream{id: l.newID(), owner: owner, leave: l.leave, stop: stop, changed: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, o := range l.all {
		if len(l.all) < most {
			break
		}
		if o.isEnded() {
			delete(l.all, id)
		}
	}
	l.all[s.id] = s
	return s
}

// Find gives the stream of an event identifier and the number of that event, when owner may read it.
func (l *Streams) Find(eventID, owner string) (s *Stream, after int, ok bool) {
	id, number, found := strings.Cut(eventID, ".")
	after, err := strconv.Atoi(number)
	if !found || err != nil || after < 0 {
		return nil, 0, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s, ok = l.all[id]
	return s, after, ok && s.owner == owner
}

// End closes a stream: its events are kept for a while.
func (l *Streams) End(s *Stream) {
	s.mu.Lock()
	s.ended = true
	s.wake()
	s.mu.Unlock()
	time.AfterFunc(l.keep, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.all, s.id)
	})
}

// mostBytes is how much the events of one stream may hold together: no answer is so long, and one that nobody reads
// must not fill the memory.
const mostBytes = 4 << 20

// Send adds an event. It reports false when the stream was left, or is full: nothing was added then.
func (s *Stream) Send(e Event) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left || s.bytes+len(e.Data) > mostBytes {
		return false
	}
	s.bytes += len(e.Data)
	s.events = append(s.events, e)
	s.wake()
	return true
}

// Close adds the last event, whatever came before.
func (s *Stream) Close(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
	s.wake()
}

// Sent is how many events the stream has.
func (s *Stream) Sent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.events)
}

// wake tells the listeners; s.mu is held.
func (s *Stream) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Stream) isEnded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// Left reports whether the stream was stopped because nobody listened.
func (s *Stream) Left() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left
}

// Follow gives the events after number after, each with its identifier, until the stream ends; ctx ends it before, and
// so does an error of give.
func (s *Stream) Follow(ctx context.Context, after int, give func(id string, e Event) error) error {
	s.enter()
	defer s.exit()
	for {
		s.mu.Lock()
		fresh, ended, changed := s.events[min(after, len(s.events)):], s.ended, s.changed
		s.mu.Unlock()
		for _, e := range fresh {
			after++
			if err := give(s.id+"."+strconv.Itoa(after), e); err != nil {
				return err
			}
		}
		if ended {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Stream) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners++
	if s.alone != nil {
		s.alone.Stop()
	}
}

func (s *Stream) exit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listeners--; s.listeners > 0 || s.ended {
		return
	}
	s.alone = time.AfterFunc(s.leave, func() {
		s.mu.Lock()
		alone := s.listeners == 0 && !s.ended
		s.left = s.left || alone
		s.mu.Unlock()
		if alone {
			s.stop()
		}
	})
}
