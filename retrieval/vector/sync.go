package vector

import (
	"context"
	"fmt"
	"slices"

	"rapporteur/qa"
	"rapporteur/retrieval/timeline"
)

// maxSegment is the number of rows past which segments are not merged. A merge copies no vectors, so
// one of this size takes some 20 ms.
const maxSegment = 1 << 17

// Sync applies all changes of the feed. Queries meanwhile are answered from the state before; an
// error leaves that state as it was.
func (x *Index) Sync(ctx context.Context) error {
	x.syncing.Lock()
	defer x.syncing.Unlock()
	current := x.current.Load()
	changes, err := timeline.Changes(ctx, x.feed, current.revision)
	if err != nil {
		return fmt.Errorf("sync vector index: %w", err)
	}
	if len(changes) == 0 {
		return nil
	}
	fresh, err := x.fetch(ctx, current, changes)
	if err != nil {
		return fmt.Errorf("sync vector index: %w", err)
	}
	d := draft{ledger: x.ledger, space: current.space}
	for _, v := range current.views {
		d.views = append(d.views, view{segment: v.segment, List: v.Shared(), codes: v.codes})
	}
	d.add(fresh)
	for _, c := range changes {
		d.ledger.Apply(c, d.list)
	}
	d.recentre()
	d.merge()
	x.current.Store(d.snapshot(changes[len(changes)-1].Revision))
	return nil
}

// fetched is what the feed holds of some versions.
type fetched struct {
	versions   []loaded
	dimensions int  // of all vectors; 0 where there are none
	anew       bool // the vectors are another encoder's: nothing of the present ones is left
}

// loaded is a version with its vectors; state is nil for one that the index holds already.
type loaded struct {
	version qa.VersionID
	state   *timeline.State
	chunks  []qa.ChunkID
	vectors []float32
}

// fetch reads the vectors that the changes speak of: those of versions published for the first time or
// without vectors so far, those of versions that got theirs, and all after a change of encoder. Versions
// that a later change removes are not read.
func (x *Index) fetch(ctx context.Context, current *snapshot, changes []qa.Change) (fetched, error) {
	wanted, anew := x.wanted(current, changes)
	out := fetched{anew: anew}
	if !anew {
		out.dimensions = current.space.dimensions
	}
	removed := timeline.Removals(changes)
	seen := map[qa.VersionID]bool{}
	for _, c := range wanted {
		gone := c.Revision < removed[c.Document]
		segment, number, held := x.ledger.Place(c.Version)
		if seen[c.Version] || gone && !held {
			continue
		}
		seen[c.Version] = true
		v := loaded{version: c.Version}
		if !held {
			v.state = timeline.NewState(c, c.Language)
		}
		if !gone {
			if err := x.load(ctx, &v, &out.dimensions); err != nil {
				return fetched{}, err
			}
		}
		if held && !anew && len(v.chunks) == 0 && len(segment.vectors[number]) == 0 {
			continue
		}
		out.versions = append(out.versions, v)
	}
	return out, nil
}

// wanted gives the changes whose versions are to be read, and whether all the library is.
func (x *Index) wanted(current *snapshot, changes []qa.Change) (wanted []qa.Change, anew bool) {
	anew = slices.ContainsFunc(changes, func(c qa.Change) bool { return c.Kind == qa.ChangeReindexed })
	if anew {
		wanted = current.held()
	}
	for _, c := range changes {
		segment, number, held := x.ledger.Place(c.Version)
		switch {
		case c.Kind == qa.ChangePublished && (!held || len(segment.vectors[number]) == 0), c.Kind == qa.ChangeEmbedded && held:
			wanted = append(wanted, c)
		}
	}
	return wanted, anew
}

// load reads the vectors of v. Their number of dimensions is that of all others, or becomes it.
func (x *Index) load(ctx context.Context, v *loaded, dimensions *int) error {
	vectors, err := x.feed.Vectors(ctx, v.version)
	if err != nil && qa.KindOf(err) != qa.NotFound {
		return err
	}
	if len(vectors) == 0 {
		return nil
	}
	if *dimensions == 0 {
		*dimensions = len(vectors[0].Vector)
	}
	v.chunks = make([]qa.ChunkID, 0, len(vectors))
	v.vectors = make([]float32, 0, len(vectors)**dimensions)
	for _, c := range vectors {
		if len(c.Vector) == 0 || len(c.Vector) != *dimensions {
			return fmt.Errorf("vector of chunk %d has %d dimensions, others have %d", c.Chunk, len(c.Vector), *dimensions)
		}
		// What is not a number would spread to the mean, and from there to every code.
		if n := dot(c.Vector, c.Vector); !(n < 2) {
			return fmt.Errorf("vector of chunk %d is not of length 1: %g", c.Chunk, n)
		}
		v.chunks = append(v.chunks, c.Chunk)
		v.vectors = append(v.vectors, c.Vector...)
	}
	return nil
}
