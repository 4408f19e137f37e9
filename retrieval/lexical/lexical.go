// Package lexical ranks chunks by their words: an in-memory BM25 index that follows the change feed
// of a library. Readers work on an immutable snapshot behind an atomic pointer and never lock; a
// synchronisation adds segments, marks what was superseded or removed, and swaps the pointer.
package lexical

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"rapporteur/qa"
	"rapporteur/retrieval/timeline"
)

// Feed is what the index follows: the changes of a library in order, and the chunks of a version.
type Feed interface {
	// Changes gives at most n changes after since, in order of Revision.
	Changes(ctx context.Context, since qa.Revision, n int) ([]qa.Change, error)
	// Chunks gives the chunks of a version in order; none, or an error of kind NotFound, when the
	// version was removed meanwhile.
	Chunks(ctx context.Context, id qa.VersionID) ([]qa.Chunk, error)
}

// Options tune an Index. Zero values take the defaults, which were measured on the development
// halves of PIAF and droit-travail (TestAblations prints the table).
type Options struct {
	K1      float64         // saturation of repeated words
	B       float64         // length normalisation, 0 to 1
	Variant float64         // weight of another form of the word asked for (agents for agent); exact forms weigh 1
	Title   float64         // weight of a word in the document's title against one in the text
	Heading float64         // the same for the headings above the chunk
	Near    float64         // weight of a word one slip from a mistyped one; its square at two
	Numeral float64         // weight of a number written in another way (XIXe for 19e, trois for 3)
	Acronym float64         // weight of the name that an acronym stands for, and of the acronym of a name
	Poll    time.Duration   // Follow looks for changes this often; 250 ms
	Wake    <-chan struct{} // each value makes Follow look at once; may be nil
	Failed  func(error)     // told of each failed synchronisation of Follow, which tries again; may be nil
}

func (o Options) withDefaults() Options {
	o.K1 = cmp.Or(o.K1, 1.2)
	o.B = cmp.Or(o.B, 0.75)
	o.Variant = cmp.Or(o.Variant, 0.5)
	o.Title = cmp.Or(o.Title, 0.75)
	o.Heading = cmp.Or(o.Heading, 0.3)
	o.Near = cmp.Or(o.Near, 0.7)
	o.Numeral = cmp.Or(o.Numeral, 0.5)
	o.Acronym = cmp.Or(o.Acronym, 0.5)
	o.Poll = cmp.Or(o.Poll, 250*time.Millisecond)
	return o
}

// Index ranks the chunks of a library. Its methods may be called at the same time.
type Index struct {
	feed    Feed
	options Options
	syncing sync.Mutex // one synchronisation at a time; guards ledger
	ledger  *timeline.Ledger[*segment]
	current atomic.Pointer[snapshot]
	scratch sync.Pool // of *scores, so that a query allocates little
}

// New makes an empty index; Sync or Follow fill it.
func New(feed Feed, o Options) *Index {
	x := &Index{feed: feed, options: o.withDefaults(), ledger: timeline.NewLedger[*segment]()}
	x.scratch.New = func() any { return new(scores) }
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
