package main

import (
	"context"
	"time"

	"rapporteur/qa"
)

const (
	// vectorPoll is how often a command that waits for vectors looks at what is left.
	vectorPoll = 300 * time.Millisecond
	// vectorPatience is how long it waits without seeing any come: whoever makes them has stopped.
	vectorPatience = 2 * time.Minute
	// watched is how many documents it looks at closely each time, the others count as not begun.
	watched = 20
)

// awaitVectors waits until every document of the library has its vectors, and shows how far they are: on a
// terminal as a bar, elsewhere as a line now and then. Documents can be asked about by their words meanwhile.
func (s *service) awaitVectors(ctx context.Context, term terminal) error {
	if s.vectors == nil {
		return nil
	}
	left, err := s.withoutVectors(ctx)
	if err != nil || left == 0 {
		return err
	}
	all, last, moved := left, left, time.Now()
	shown := newShare(term, "progress_vectors")
	defer shown.done()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(vectorPoll):
		}
		if left, err = s.withoutVectors(ctx); err != nil || left == 0 {
			return err
		}
		all = max(all, left)
		shown.at(100 - int(100*left/all))
		if left != last {
			last, moved = left, time.Now()
		} else if time.Since(moved) > vectorPatience {
			return qa.E(qa.Unavailable, "vectors_late")
		}
	}
}

// withoutVectors says how many documents lack vectors, in parts of a document.
func (s *service) withoutVectors(ctx context.Context) (float64, error) {
	ids, err := s.vectors.Unfinished(ctx)
	if err != nil {
		return 0, err
	}
	left := float64(len(ids))
	for _, id := range ids[:min(len(ids), watched)] {
		_, v, err := s.store.Version(ctx, id)
		if qa.KindOf(err) == qa.NotFound {
			continue // removed meanwhile
		}
		if err != nil {
			return 0, err
		}
		left -= v.Embedded
	}
	return left, nil
}
