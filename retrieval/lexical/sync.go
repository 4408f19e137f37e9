package lexical

import (
	"context"
	"fmt"
	"slices"

	"rapporteur/qa"
)

const (
	// changesAtOnce bounds one reading of the feed.
	changesAtOnce = 1000
	// maxSegment is the number of chunks past which segments are not merged: a merge of so many takes
	// some tenths of a second, and a publication may have to wait for it.
	maxSegment = 32768
)

// Sync applies all changes of the feed. Questions meanwhile are answered from the state before; an
// error leaves that state as it was.
func (x *Index) Sync(ctx context.Context) error {
	x.syncing.Lock()
	defer x.syncing.Unlock()
	current := x.current.Load()
	changes, err := x.changes(ctx, current.revision)
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
	d := draft{ledger: x.ledger, views: slices.Clone(current.views), owned: map[*segment]bool{}}
	for _, v := range fresh {
		d.add(v)
	}
	for _, c := range changes {
		d.apply(c)
	}
	d.merge()
	x.current.Store(newSnapshot(changes[len(changes)-1].Revision, d.views))
	return nil
}

func (x *Index) changes(ctx context.Context, since qa.Revision) ([]qa.Change, error) {
	var all []qa.Change
	for {
		some, err := x.feed.Changes(ctx, since, changesAtOnce)
		if err != nil || len(some) == 0 {
			return all, err
		}
		all = append(all, some...)
		since = some[len(some)-1].Revision
	}
}

// fetch reads and analyses the versions that the changes publish for the first time, except those
// that a later change removes.
func (x *Index) fetch(ctx context.Context, changes []qa.Change) ([]view, error) {
	removed := map[qa.DocumentID]qa.Revision{}
	for _, c := range changes {
		if c.Kind == qa.ChangeRemoved {
			removed[c.Document] = c.Revision
		}
	}
	var out []view
	b, seen := newBuilder(), map[qa.VersionID]bool{}
	for _, c := range changes {
		if c.Kind != qa.ChangePublished || seen[c.Version] || c.Revision < removed[c.Document] {
			continue
		}
		seen[c.Version] = true
		if _, held := x.ledger.version[c.Version]; held {
			continue
		}
		chunks, err := x.feed.Chunks(ctx, c.Version)
		if err != nil && qa.KindOf(err) != qa.NotFound {
			return nil, err
		}
		b.add(newState(c, chunks), c.Title, chunks)
		if len(b.chunks) >= maxSegment {
			out = append(out, view{segment: b.segment(), states: b.states})
			b = newBuilder()
		}
	}
	if len(b.states) > 0 {
		out = append(out, view{segment: b.segment(), states: b.states})
	}
	return out, nil
}

func newState(c qa.Change, chunks []qa.Chunk) *state {
	sample := c.Title
	if len(chunks) > 0 {
		sample = chunks[0].Text
	}
	return &state{version: c.Version, document: c.Document, collection: c.Collection, language: stemming(c.Language, sample)}
}

// ledger locates what the index holds, for the synchronisation alone.
type ledger struct {
	version  map[qa.VersionID]location
	document map[qa.DocumentID][]qa.VersionID
}

// location is the number of a version in a segment.
type location struct {
	segment *segment
	number  int
}

func newLedger() ledger {
	return ledger{version: map[qa.VersionID]location{}, document: map[qa.DocumentID][]qa.VersionID{}}
}

// draft is the next snapshot in the making. Nothing in it can fail.
type draft struct {
	ledger ledger
	views  []view
	owned  map[*segment]bool // views whose states are no longer shared with the present snapshot
}

func (d *draft) add(v view) {
	d.views = append(d.views, v)
	d.owned[v.segment] = true
	for i, s := range v.states {
		d.ledger.version[s.version] = location{v.segment, i}
		d.ledger.document[s.document] = append(d.ledger.document[s.document], s.version)
	}
}

func (d *draft) apply(c qa.Change) {
	switch c.Kind {
	case qa.ChangePublished:
		// A document has one live version, whichever of its two changes comes first.
		for _, id := range d.ledger.document[c.Document] {
			if id != c.Version {
				d.set(id, func(s *state) *state { return s.superseded(c.At) })
			}
		}
		d.set(c.Version, func(s *state) *state { return s.published(c.At) })
	case qa.ChangeSuperseded:
		d.set(c.Version, func(s *state) *state { return s.superseded(c.At) })
	case qa.ChangeRemoved:
		d.remove(c.Document)
	}
}

// remove drops the versions of a document, but not those that a later change of the same
// synchronisation publishes.
func (d *draft) remove(id qa.DocumentID) {
	d.ledger.document[id] = slices.DeleteFunc(d.ledger.document[id], func(v qa.VersionID) bool {
		published := false
		d.set(v, func(s *state) *state {
			if published = len(s.lives) > 0; published {
				return s.gone()
			}
			return s
		})
		if published {
			delete(d.ledger.version, v)
		}
		return published
	})
	if len(d.ledger.document[id]) == 0 {
		delete(d.ledger.document, id)
	}
}

// set replaces the state of a version, if the index holds it.
func (d *draft) set(id qa.VersionID, change func(*state) *state) {
	at, held := d.ledger.version[id]
	if !held {
		return
	}
	v := &d.views[slices.IndexFunc(d.views, func(v view) bool { return v.segment == at.segment })]
	if !d.owned[v.segment] {
		v.states = slices.Clone(v.states)
		d.owned[v.segment] = true
	}
	s := change(v.states[at.number])
	if s.removed && !v.states[at.number].removed {
		v.gone++
	}
	v.states[at.number] = s
}

// merge keeps the segments few, each at least twice as large as the next, and rewrites those where a
// quarter of the versions is gone.
func (d *draft) merge() {
	slices.SortStableFunc(d.views, func(a, b view) int { return len(b.chunks) - len(a.chunks) })
	last, total := len(d.views), 0
	for last > 0 {
		size := len(d.views[last-1].chunks)
		if total > 0 && (size >= 2*total || size+total > maxSegment) {
			break
		}
		total += size
		last--
	}
	kept := d.views[:0:0]
	for _, v := range d.views[:last] {
		if v.gone*4 > len(v.states) {
			kept = d.rewrite(kept, v)
		} else {
			kept = append(kept, v)
		}
	}
	if tail := d.views[last:]; len(tail) == 1 && tail[0].gone*4 <= len(tail[0].states) {
		kept = append(kept, tail[0])
	} else {
		kept = d.rewrite(kept, tail...)
	}
	d.views = kept
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
	v := view{segment: b.segment(), states: b.states}
	for i, s := range v.states {
		d.ledger.version[s.version] = location{v.segment, i}
	}
	return append(kept, v)
}
