package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"rapporteur/bench/corpus"
	"rapporteur/qa"
	"rapporteur/retrieval/vector"
	"rapporteur/store/postgres"
)

// ours is the store of this module.
type ours struct {
	rows    rows
	store   *postgres.Store
	vectors *postgres.Vectors
	places  map[qa.ChunkID]int
}

func openOurs(ctx context.Context, dsn string, r rows) (*ours, error) {
	store, err := postgres.Open(ctx, dsn, postgres.Options{WriteTimeout: time.Hour})
	if err != nil {
		return nil, err
	}
	o := &ours{rows: r, store: store, places: map[qa.ChunkID]int{}}
	e, err := corpus.Encoder() // as the service names it, which opens this library in the part ask
	if err == nil {
		o.vectors, err = store.UseEncoder(ctx, qa.Encoder{Fingerprint: e.Fingerprint(), Dimensions: e.Dimensions()})
	}
	if err != nil {
		_ = store.Close() // the error before is worth telling
		return nil, err
	}
	return o, nil
}

func (o *ours) document(n int) corpus.Document {
	from, to := o.rows.span(n)
	return corpus.Document{Number: n, Collection: qa.CollectionID(collection(n)), Texts: o.rows.texts[from:to], Vectors: o.rows.vectors[from:to]}
}

// load stores all documents, one after the other, as a worker does.
func (o *ours) load(ctx context.Context) error {
	for n := range o.rows.documents() {
		if _, err := corpus.Put(ctx, o.store, o.vectors, o.document(n)); err != nil {
			return err
		}
	}
	return nil
}

// here is an index of the vectors in the memory of this process, as a server holds it, filled from the
// database.
func (o *ours) here(ctx context.Context) (*vector.Index, error) {
	index := vector.New(feed{o.store, o.vectors}, vector.Options{})
	_, err := timed("ours reads all vectors into memory", func() error { return index.Sync(ctx) })
	return index, err
}

type feed struct {
	*postgres.Store
	vectors *postgres.Vectors
}

// Vectors gives the vectors of a version.
func (f feed) Vectors(ctx context.Context, id qa.VersionID) ([]qa.ChunkVector, error) {
	return f.vectors.Vectors(ctx, id)
}

// loadSentences adds the vectors of sentences, so that the service has nothing left to encode.
func (o *ours) loadSentences(ctx context.Context) error {
	for n := range o.rows.documents() {
		d := o.document(n)
		stored, err := o.store.Chunks(ctx, d.Version())
		if err != nil {
			return err
		}
		if err := corpus.PutSentences(ctx, o.vectors, d, stored); err != nil {
			return err
		}
	}
	return nil
}

// know learns which row a chunk is.
func (o *ours) know(ctx context.Context) error {
	for n := range o.rows.documents() {
		stored, err := o.store.Chunks(ctx, o.document(n).Version())
		if err != nil {
			return err
		}
		from, to := o.rows.span(n)
		if len(stored) != to-from {
			return fmt.Errorf("document %d has %d chunks, not %d: the part load was run with other rows", n, len(stored), to-from)
		}
		for i, c := range stored {
			o.places[c.ID] = from + i
		}
	}
	return nil
}

// ranker is what ranks by vectors: the database, or an index in memory.
type ranker interface {
	Rank(ctx context.Context, q qa.Query, k int) ([]qa.Hit, error)
}

// rank gives the rows nearest to a question within a scope.
func (o *ours) rank(by ranker, scope qa.Scope) func(ctx context.Context, question int) ([]int, error) {
	return func(ctx context.Context, question int) ([]int, error) {
		found, err := by.Rank(ctx, qa.Query{Vector: o.rows.queries[question], Scope: scope}, hits)
		out := make([]int, len(found))
		for i, h := range found {
			out[i] = o.places[h.Chunk]
		}
		return out, err
	}
}

// passages is rank of all with the texts, as langchaingo's store gives them.
func (o *ours) passages(by ranker) func(ctx context.Context, question int) ([]int, error) {
	return func(ctx context.Context, question int) ([]int, error) {
		found, err := by.Rank(ctx, qa.Query{Vector: o.rows.queries[question], Scope: everything}, hits)
		if err != nil {
			return nil, err
		}
		read, err := o.store.Passages(ctx, everything, found)
		out := make([]int, len(read))
		for i, p := range read {
			out[i] = o.places[p.Chunk.ID]
		}
		return out, err
	}
}

var everything = qa.Scope{Everything: true}

func (s settings) loadOurs(ctx context.Context, r rows) (plain, index time.Duration, err error) {
	dsn, err := s.fresh(ctx, "ours")
	if err != nil {
		return 0, 0, err
	}
	conn, err := pool(ctx, dsn) // makes the extension
	if err != nil {
		return 0, 0, err
	}
	defer conn.Close()
	if err := conn.Ping(ctx); err != nil {
		return 0, 0, err
	}
	o, err := openOurs(ctx, dsn, r)
	if err != nil {
		return 0, 0, err
	}
	defer o.store.Close()
	if plain, err = timed("ours loads", func() error { return o.load(ctx) }); err != nil {
		return 0, 0, err
	}
	if index, err = timed("ours makes the index", func() error { return o.vectors.Tend(ctx) }); err != nil {
		return 0, 0, err
	}
	_, err = timed("vectors of sentences", func() error { return o.loadSentences(ctx) })
	return plain, index, err
}

// search puts the questions to ours, to pgx on the index that ours made, and to langchaingo's store.
func (s settings) search(ctx context.Context, out io.Writer, r rows) error {
	dsn, err := s.address("ours")
	if err != nil {
		return err
	}
	o, err := openOurs(ctx, dsn, r)
	if err != nil {
		return err
	}
	defer o.store.Close()
	if err := o.know(ctx); err != nil {
		return err
	}
	same, err := openSame(ctx, dsn, o)
	if err != nil {
		return err
	}
	defer same.close()
	other, err := s.address("langchaingo")
	if err != nil {
		return err
	}
	p, err := s.openPeer(ctx, other, r, false)
	if err != nil {
		return err
	}
	defer p.pool.Close()
	here, err := o.here(ctx)
	if err != nil {
		return err
	}
	slow := max(1, len(r.queries)/s.slow)
	all := []*entrant{
		{name: "ours, in the server's memory, ids", every: 1, find: o.rank(here, everything)},
		{name: "ours, in the server's memory, passages", every: 1, find: o.passages(here)},
		{name: "ours, in the database, ids", every: 1, find: o.rank(o.vectors, everything)},
		{name: "ours, in the database, passages", every: 1, find: o.passages(o.vectors)},
		{name: "bare pgx on the same index, ids", every: 1, find: same.ids},
		{name: "bare pgx on the same index, texts", every: 1, find: same.texts},
		{name: "langchaingo " + version(peerModule), every: slow, find: p.find},
	}
	if err := race(ctx, out, "Search, all rows", all, r, nil); err != nil {
		return err
	}
	collection := qa.Scope{Collections: []qa.CollectionID{filtered}}
	one := []*entrant{
		{name: "ours, in the database, ids", every: 1, find: o.rank(o.vectors, collection)},
		{name: "ours, in the server's memory, ids", every: 1, find: o.rank(here, collection)},
		{name: "bare pgx on the same index, relaxed order", every: 1, find: same.filtered},
		{name: "langchaingo, filter on metadata", every: slow, find: p.findFiltered},
	}
	return race(ctx, out, fmt.Sprintf("Search, one collection of %d: %d %% of the rows", collections, 100/collections), one, r, inFiltered)
}

func race(ctx context.Context, out io.Writer, title string, entrants []*entrant, r rows, keep func(int) bool) error {
	fmt.Fprintf(out, "%s\n\n", title)
	if err := ask(ctx, entrants, len(r.queries)); err != nil {
		return err
	}
	return report(out, entrants, r, corpus.Exact(r.vectors, r.queries, hits, keep))
}

// place is the row of a chunk.
func (o *ours) place(chunk int64) int { return o.places[qa.ChunkID(chunk)] }
