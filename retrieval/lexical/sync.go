package lexical

import (
	"context"
	"fmt"
	"slices"

	"rapporteur/qa"
	"rapporteur/retrieval/timeline"
)

// maxSegment is the number of chunks past which segments are not merged: a merge of so many takes
// some tenths of a second, and a publication may have to wait for it.
const maxSegment = 32768

// Sync applies all changes of the feed. Questions meanwhile are answered from the state before; an
// error leaves that state as it was.
func (x *Index) Sync(ctx context.Context) error {
	x.syncing.Lock()
	defer x.syncing.Unlock()
	current := x.current.Load()
	changes, err := timeline.Changes(ctx, x.feed, current.revision)
	if err != nil {
		return fmt.Errorf("sync lexical index: %w", err)
	}
	if len(changes) == 0 {
		return nil
	}
	fresh, err := x.fetch(ctx, changes)
	if err != nil {
		return fmt.Errorf("sync lexical index: %w", err)
	}
	d := draft{ledger: x.ledger}
	for _, v := range current.views {
		d.views = append(d.views, view{segment: v.segment, List: v.Shared()})
	}
	for _, v := range fresh {
		d.add(v)
	}
	for _, c := range changes {
		d.ledger.Apply(c, d.list)
	}
	d.merge()
	x.current.Store(newSnapshot(changes[len(changes)-1].Revision, d.views))
	return nil
}

// fetch reads and analyses the versions that the changes publish for the first time, except those
// that a later change removes.
func (x *Index) fetch(ctx context.Context, changes []qa.Change) ([]view, error) {
	removed := timeline.Removals(changes)
	var out []view
	b, seen := newBuilder(), map[qa.VersionID]bool{}
	for _, c := range changes {
		if c.Kind != qa.ChangePublished || seen[c.Version] || c.Revision < removed[c.Document] {
			continue
		}
		seen[c.Version] = true
		if _, _, held := x.ledger.Place(c.Version); held {
			continue
		}
		chunks, err := x.feed.Chunks(ctx, c.Version)
		if err != nil && qa.KindOf(err) != qa.NotFound {
			return nil, err
		}
		b.add(newState(c, chunks), c.Title, chunks)
		if len(b.chunks) >= maxSegment {
			out = append(out, b.view())
			b = newBuilder()
		}
	}
	if len(b.states) > 0 {
		out = append(out, b.view())
	}
	return out, nil
}

func newState(c qa.Change, chunks []qa.Chunk) *timeline.State {
	sample := c.Title
	if len(chunks) > 0 {
		sample = chunks[0].Text
	}
	return timeline.NewState(c, stemming(c.Language, sample))
}

// draft is the next snapshot in the making. Nothing in it can fail.
type draft struct {
	ledger *timeline.Ledger[*segment]
	views  []view
}

func (d *draft) add(v view) {
	d.views = append(d.views, v)
	d.ledger.Put(v.segment, v.States)
}

func (d *draft) list(s *segment) *timeline.List {
	return &d.views[slices.IndexFunc(d.views, func(v view) bool { return v.segment == s })].List
}

// merge keeps the segments few, and rewrites those where much is gone.
func (d *draft) merge() {
	d.views = timeline.Merge(d.views, func(v view) int { return len(v.chunks) }, maxSegment, d.rewrite)
}

// rewrite appends one segment with all that is held of views, or nothing when nothing is.
func (d *draft) rewrite(kept []view, views ...view) []view {
	b := newBuilder()
	for _, v := range views {
		b.addSegment(v)
	}
	if len(b.states) == 0 {
		return kept
	}
	v := b.view()
	d.ledger.Put(v.segment, v.States)
	return append(kept, v)
}
