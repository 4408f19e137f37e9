package timeline

import (
	"cmp"
	"context"
	"slices"
	"time"

	"rapporteur/qa"
)

// changesAtOnce bounds one reading of the feed.
const changesAtOnce = 1000

// Feed gives the changes of a library.
type Feed interface {
	// Changes gives at most n changes after since, in order of Revision.
	Changes(ctx context.Context, since qa.Revision, n int) ([]qa.Change, error)
}

// Changes reads all changes after since.
func Changes(ctx context.Context, feed Feed, since qa.Revision) ([]qa.Change, error) {
	var all []qa.Change
	for {
		some, err := feed.Changes(ctx, since, changesAtOnce)
		if err != nil || len(some) == 0 {
			return all, err
		}
		all = append(all, some...)
		since = some[len(some)-1].Revision
	}
}

// Removals gives the revision of the last removal of each document that the changes remove: what an
// earlier change says of it need not be read any more.
func Removals(changes []qa.Change) map[qa.DocumentID]qa.Revision {
	removed := map[qa.DocumentID]qa.Revision{}
	for _, c := range changes {
		if c.Kind == qa.ChangeRemoved {
			removed[c.Document] = c.Revision
		}
	}
	return removed
}

// Split sorts the views of an index, largest first, and parts them in two so that segments stay few:
// each of kept is at least twice as large as all after it, and the tail is to be merged into one. A
// merge never passes limit, which bounds the time that a synchronisation takes.
func Split[V any](views []V, size func(V) int, limit int) (kept, tail []V) {
	slices.SortStableFunc(views, func(a, b V) int { return cmp.Compare(size(b), size(a)) })
	last, total := len(views), 0
	for last > 0 {
		n := size(views[last-1])
		if total > 0 && (n >= 2*total || n+total > limit) {
			break
		}
		total += n
		last--
	}
	return views[:last], views[last:]
}

// Merge gives the views of an index after those that Split parts are merged, and those where much is gone
// rewritten. rewrite appends to kept one view with all that is still held of some, or nothing when nothing is.
func Merge[V any, P interface {
	*V
	Stale() bool
}](views []V, size func(V) int, limit int, rewrite func(kept []V, some ...V) []V) []V {
	large, tail := Split(views, size, limit)
	kept := views[:0:0]
	for i, v := range large {
		if P(&large[i]).Stale() {
			kept = rewrite(kept, v)
		} else {
			kept = append(kept, v)
		}
	}
	if len(tail) == 1 && !P(&tail[0]).Stale() {
		return append(kept, tail[0])
	}
	return rewrite(kept, tail...)
}

// Follower synchronises an index again and again.
type Follower struct {
	Poll   time.Duration   // it looks for changes this often
	Wake   <-chan struct{} // each value makes it look at once; may be nil
	Failed func(error)     // told of each failed synchronisation, which is tried again at the next one; may be nil
}

// Follow calls sync until ctx ends, at each poll and whenever Wake delivers.
func (f Follower) Follow(ctx context.Context, sync func(context.Context) error) error {
	tick := time.NewTicker(f.Poll)
	defer tick.Stop()
	wake := f.Wake
	for {
		if err := sync(ctx); err != nil && ctx.Err() == nil && f.Failed != nil {
			f.Failed(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		case _, open := <-wake:
			if !open {
				wake = nil
			}
		}
	}
}
