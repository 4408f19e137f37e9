// Package langchain offers a library of Rapporteur to programs written with langchaingo, as one of its vector
// stores: chains, retrievers and agents then search documents that were read, cut and encoded by this module,
// with the scope of a collection and filters on metadata applied before the nearest are chosen.
package langchain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/tmc/langchaingo/schema"
	"github.com/tmc/langchaingo/vectorstores"

	"rapporteur/qa"
)

// Errors of calls that ask for what this store does not do.
var (
	// ErrScoreThreshold says that a threshold is no number from 0 to 1.
	ErrScoreThreshold = errors.New("langchain: the score threshold must be from 0 to 1")
	// ErrFilters says that filters are not a map[string]any of values that JSON can hold.
	ErrFilters = errors.New("langchain: filters must be a map[string]any of values that JSON can hold")
	// ErrOption says that an option has no meaning for the call, or names another embedder than the library's:
	// vectors of two encoders are never compared.
	ErrOption = errors.New("langchain: unsupported option")
	// ErrMetadata says that metadata cannot be kept: JSON cannot hold it, or it takes more than MaxMetadata bytes.
	ErrMetadata = errors.New("langchain: metadata that cannot be kept")
)

// Ingester takes texts into the library; ingest.Pipeline does.
type Ingester interface {
	// Accept stores an upload durably.
	Accept(ctx context.Context, u qa.Upload, r io.Reader) (qa.Receipt, error)
	// Advance does one step for a version, and reports whether another is left. Where workers do the steps, an
	// Advance that waits for them serves as well.
	Advance(ctx context.Context, id qa.VersionID) (more bool, err error)
}

// Library is what is read of the documents; both stores implement it.
type Library interface {
	// Version finds a version with its document.
	Version(ctx context.Context, id qa.VersionID) (qa.Document, qa.Version, error)
	// Document finds a document of the scope; NotFound document_unknown.
	Document(ctx context.Context, s qa.Scope, id qa.DocumentID) (qa.Document, []qa.Version, error)
	// Documents lists up to n documents of the scope after the given one, in the order of their ids.
	Documents(ctx context.Context, s qa.Scope, after qa.DocumentID, n int) ([]qa.Listed, error)
	// Changes gives up to n lines of the change feed after since.
	Changes(ctx context.Context, since qa.Revision, n int) ([]qa.Change, error)
	// Passages loads the chunks of hits that the scope holds, in their order.
	Passages(ctx context.Context, s qa.Scope, hits []qa.Hit) ([]qa.Passage, error)
}

// Ranker finds the chunks of a query's scope whose vectors are nearest to its own; Score is the cosine. The
// index in memory and the store on PostgreSQL do.
type Ranker interface {
	Rank(ctx context.Context, q qa.Query, k int) ([]qa.Hit, error)
}

// Embedder gives the L2-normalised vector of a question, by the encoder that made the library's vectors.
type Embedder interface {
	EmbedQuery(ctx context.Context, text string) ([]float32, error)
}

// Options are the parts of a Store. All but Collection and Sync are required.
type Options struct {
	Ingester Ingester
	Library  Library
	Ranker   Ranker
	Embedder Embedder
	// Collection is searched and added to where no name space is given; "" is qa.DefaultCollection.
	Collection qa.CollectionID
	// Sync brings Ranker up to date after documents were added: vector.Index.Sync. nil where Ranker reads the
	// database itself.
	Sync func(ctx context.Context) error
}

// Store is a library as a vectorstores.VectorStore. Its methods may be called at the same time.
type Store struct {
	o         Options
	catalogue catalogue
}

var _ vectorstores.VectorStore = (*Store)(nil)

// New makes a Store of its parts.
func New(o Options) *Store {
	o.Collection = cmp.Or(o.Collection, qa.DefaultCollection)
	return &Store{o: o, catalogue: catalogue{library: o.Library, documents: map[qa.DocumentID]entry{}}}
}

// AddDocuments takes texts with their metadata into the library and returns, when they can be found, the ids of
// their documents, one for each text that the option WithDeduplicater lets pass. The same text with the same
// metadata is one document however often it is added; with other metadata it is another one. WithNameSpace names the
// collection.
//
// Each text is stored durably before the first of them is encoded: after an error those already stored are
// searchable later, or at once when they are added again. Errors: ErrMetadata, ErrOption, those of Ingester, and the
// verdict of a text that cannot be read (empty for one of white space).
func (s *Store) AddDocuments(ctx context.Context, docs []schema.Document, options ...vectorstores.Option) ([]string, error) {
	o := apply(options)
	if o.ScoreThreshold != 0 || o.Filters != nil || o.Embedder != nil {
		return nil, ErrOption
	}
	var receipts []qa.Receipt
	for _, d := range docs {
		if o.Deduplicater != nil && o.Deduplicater(ctx, d) {
			continue
		}
		r, err := s.accept(ctx, s.collection(o), d)
		if err != nil {
			return nil, err
		}
		receipts = append(receipts, r)
	}
	ids := make([]string, len(receipts))
	for i, r := range receipts {
		if err := s.finish(ctx, r.Version.ID); err != nil {
			return nil, fmt.Errorf("langchain: document %d: %w", i, err)
		}
		ids[i] = string(r.Document.ID)
	}
	if s.o.Sync != nil && len(ids) > 0 {
		if err := s.o.Sync(ctx); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// accept stores one text.
func (s *Store) accept(ctx context.Context, c qa.CollectionID, d schema.Document) (qa.Receipt, error) {
	carried, err := pack(d)
	if err != nil {
		return qa.Receipt{}, err
	}
	title, _ := d.Metadata["title"].(string)
	return s.o.Ingester.Accept(ctx, qa.Upload{
		Collection: c, Title: title, Source: carried.source, MediaType: "text/plain", Replace: true,
	}, carried.reader())
}

// finish does the steps that are left for a version.
func (s *Store) finish(ctx context.Context, id qa.VersionID) error {
	for more := true; more; {
		var err error
		if more, err = s.o.Ingester.Advance(ctx, id); err != nil {
			return err
		}
	}
	_, v, err := s.o.Library.Version(ctx, id)
	if err == nil && v.State == qa.StateFailed {
		err = qa.E(qa.Unprocessable, v.Failure)
	}
	return err
}

// SimilaritySearch gives at most n passages of the collection whose meaning is nearest to the query, best first.
// Score is the cosine of the two vectors, from 0 to 1. A text that is longer than a chunk comes back as the chunks
// that were found. Metadata is what the text was added with, as JSON gives it back (numbers are float64); for
// documents that came into the library in another way it says where the passage stands: document, version, title,
// source, page (where there are pages), start and end, bytes of the version's text.
//
// Options: WithScoreThreshold leaves out what scores less, WithNameSpace names the collection, WithFilters takes a
// map[string]any: each of its keys must have that value in the metadata. Scores of an encoder are its own: those
// of the built-in one are seldom under 0.7, so a threshold is found by trying.
func (s *Store) SimilaritySearch(ctx context.Context, query string, n int, options ...vectorstores.Option) ([]schema.Document, error) {
	o := apply(options)
	if !(o.ScoreThreshold >= 0 && o.ScoreThreshold <= 1) {
		return nil, ErrScoreThreshold
	}
	if o.Embedder != nil || o.Deduplicater != nil {
		return nil, ErrOption
	}
	scope, any, err := s.scope(ctx, o)
	if err != nil || !any || n <= 0 {
		return nil, err
	}
	vector, err := s.o.Embedder.EmbedQuery(ctx, query)
	if err != nil {
		return nil, err
	}
	hits, err := s.o.Ranker.Rank(ctx, qa.Query{Text: query, Vector: vector, Scope: scope}, n)
	if err != nil {
		return nil, err
	}
	for i, h := range hits {
		if h.Score < float64(o.ScoreThreshold) {
			hits = hits[:i]
			break
		}
	}
	passages, err := s.o.Library.Passages(ctx, scope, hits)
	if err != nil {
		return nil, err
	}
	out := make([]schema.Document, len(passages))
	for i, p := range passages {
		out[i] = document(p)
	}
	return out, nil
}

// scope is what a search may read; any is false where the filters leave nothing.
func (s *Store) scope(ctx context.Context, o vectorstores.Options) (scope qa.Scope, any bool, err error) {
	scope = qa.Scope{Collections: []qa.CollectionID{s.collection(o)}}
	if o.Filters == nil {
		return scope, true, nil
	}
	wanted, err := filter(o.Filters)
	if err != nil || len(wanted) == 0 {
		return scope, true, err
	}
	scope.Documents, err = s.catalogue.matching(ctx, s.collection(o), wanted)
	return scope, len(scope.Documents) > 0, err
}

func (s *Store) collection(o vectorstores.Options) qa.CollectionID {
	return cmp.Or(qa.CollectionID(o.NameSpace), s.o.Collection)
}

func apply(options []vectorstores.Option) vectorstores.Options {
	var o vectorstores.Options
	for _, option := range options {
		option(&o)
	}
	return o
}

// document is a passage as langchaingo knows it.
func document(p qa.Passage) schema.Document {
	d := schema.Document{PageContent: p.Text, Score: float32(min(1, max(0, p.Score)))}
	if given, carried := unpack(p.Document.Source); carried {
		d.Metadata = given
		return d
	}
	d.Metadata = described(p.Document.ID, p.Document.Title, p.Document.Source)
	d.Metadata["version"], d.Metadata["start"], d.Metadata["end"] = string(p.Version), p.Start, p.End
	if page, ok := p.PageAt(p.Start); ok {
		d.Metadata["page"] = page.Number
	}
	return d
}
