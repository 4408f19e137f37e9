// Package vector ranks chunks by their meaning: an in-memory index of their embeddings that follows the
// change feed of a library. A query is compared with all codes of its scope, one bit a dimension; of the
// nearest the cosine is estimated, and of the best of those it is computed. A small scope is computed
// whole. Readers work on an immutable
// snapshot behind an atomic pointer and never lock.
package vector

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"rapporteur/qa"
	"rapporteur/retrieval/timeline"
)

// Feed is what the index follows: the changes of a library in order, and the vectors of a version.
type Feed interface {
	// Changes gives at most n changes after since, in order of Revision.
	Changes(ctx context.Context, since qa.Revision, n int) ([]qa.Change, error)
	// Vectors gives the vectors of the chunks of a version that there are, all of one dimension; none,
	// or an error of kind NotFound, when the version was removed meanwhile.
	Vectors(ctx context.Context, id qa.VersionID) ([]qa.ChunkVector, error)
}

// Options tune an Index. Zero values take the defaults.
type Options struct {
	// Oversample is how many of the vectors that look nearest are scored before it is known how near the hits
	// are; at least five times the hits asked for are. The default is 100.
	Oversample int
	Poll       time.Duration   // Follow looks for changes this often; 250 ms
	Wake       <-chan struct{} // each value makes Follow look at once; may be nil
	Failed     func(error)     // told of each failed synchronisation of Follow, which tries again; may be nil
}

// Index ranks the chunks of a library. Its methods may be called at the same time.
type Index struct {
	feed    Feed
	options Options
	exact   int        // rows up to which all are scored; exactRows but in tests
	syncing sync.Mutex // one synchronisation at a time; guards ledger
	ledger  *timeline.Ledger[*segment]
	current atomic.Pointer[snapshot]
	scratch sync.Pool // of *search, so that a query allocates little
}

// New makes an empty index; Sync or Follow fill it.
func New(feed Feed, o Options) *Index {
	o.Poll = cmp.Or(o.Poll, 250*time.Millisecond)
	x := &Index{feed: feed, options: o, exact: exactRows, ledger: timeline.NewLedger[*segment]()}
	x.scratch.New = func() any { return new(search) }
	x.current.Store(&snapshot{})
	return x
}

// Revision is the last change that Rank takes into account.
func (x *Index) Revision() qa.Revision { return x.current.Load().revision }

// Follow synchronises until ctx ends, at each poll and whenever Options.Wake delivers. A failed
// synchronisation is reported to Options.Failed and tried again at the next one.
func (x *Index) Follow(ctx context.Context) error {
	f := timeline.Follower{Poll: x.options.Poll, Wake: x.options.Wake, Failed: x.options.Failed}
	return f.Follow(ctx, x.Sync)
}
