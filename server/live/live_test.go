package live

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func collect(ctx context.Context, s *Stream, after int) (string, error) {
	var b strings.Builder
	err := s.Follow(ctx, after, func(id string, e Event) error { b.WriteString(id + "=" + e.Name + " "); return nil })
	return strings.TrimSpace(b.String()), err
}

func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(500*time.Millisecond, time.Minute, func() string { return "s" })
		stopped := false
		s := l.Begin("me", func() { stopped = true })
		ctx, cut := context.WithCancel(t.Context())
		go func() {
			s.Send(Event{Name: "a"})
			time.Sleep(100 * time.Millisecond)
			s.Send(Event{Name: "b"})
			cut()
			time.Sleep(300 * time.Millisecond) // the reader comes back in time
			s.Send(Event{Name: "c"})
			l.End(s)
		}()
		got, err := collect(ctx, s, 0)
		if !strings.HasPrefix(got, "s.1=a") || !errors.Is(err, context.Canceled) {
			t.Errorf("%q, %v", got, err)
		}
		if _, _, ok := l.Find("s.1", "another"); ok {
			t.Error("another owner finds the stream")
		}
		for _, bad := range []string{"s", "s.", "s.x", "s.-1", "x.1", ""} {
			if _, _, ok := l.Find(bad, "me"); ok {
				t.Errorf("%q is found", bad)
			}
		}
		again, after, ok := l.Find("s.1", "me")
		if !ok {
			t.Fatal("not found")
		}
		if got, err := collect(t.Context(), again, after); got != "s.2=b s.3=c" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		if stopped || s.Left() {
			t.Error("stopped although a reader came back")
		}
		time.Sleep(2 * time.Minute)
		if _, _, ok := l.Find("s.1", "me"); ok {
			t.Error("still there after its time")
		}
	})
}

func TestLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(500*time.Millisecond, time.Minute, func() string { return "s" })
		start := time.Now()
		var after atomic.Int64
		s := l.Begin("me", func() { after.Store(int64(time.Since(start))) })
		ctx, cut := context.WithCancel(t.Context())
		cut()
		if _, err := collect(ctx, s, 0); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		time.Sleep(time.Second)
		if time.Duration(after.Load()) != 500*time.Millisecond || !s.Left() {
			t.Errorf("stopped after %v", time.Duration(after.Load()))
		}
		l.End(s)
	})
}
