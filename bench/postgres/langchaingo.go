package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/tmc/langchaingo/schema"
	"github.com/tmc/langchaingo/vectorstores"
	"github.com/tmc/langchaingo/vectorstores/pgvector"
)

// peer is langchaingo's store on pgvector, as shipped.
type peer struct {
	rows rows
	pool *pgxpool.Pool // a store that is given an address shares one connection between all its callers
	pgvector.Store
}

// known is an embedder of the texts and questions of a run: encoding is in no time that is measured.
type known map[string][]float32

func (r rows) known() known {
	out := make(known, len(r.texts)+len(r.questions))
	for i, t := range r.texts {
		out[t] = r.vectors[i]
	}
	for i, q := range r.questions {
		out[q] = r.queries[i]
	}
	return out
}

// EmbedDocuments implements embeddings.Embedder.
func (k known) EmbedDocuments(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, t := range texts {
		if out[i] = k[t]; out[i] == nil {
			return nil, fmt.Errorf("a text without a vector: %.40q", t)
		}
	}
	return out, nil
}

// EmbedQuery implements embeddings.Embedder.
func (k known) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	out, err := k.EmbedDocuments(ctx, []string{text})
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// openPeer opens the peer on an empty database, with the index of its own option if wanted.
func (s settings) openPeer(ctx context.Context, dsn string, r rows, index bool) (*peer, error) {
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return nil, err
	}
	options := []pgvector.Option{
		pgvector.WithConn(pool), pgvector.WithEmbedder(r.known()), pgvector.WithVectorDimensions(len(r.vectors[0])),
	}
	if index {
		options = append(options, pgvector.WithHNSWIndex(s.m, s.construction, "vector_cosine_ops"))
	}
	store, err := pgvector.New(ctx, options...)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &peer{rows: r, pool: pool, Store: store}, nil
}

// load adds all rows.
func (p *peer) load(ctx context.Context) error {
	docs := make([]schema.Document, 0, batch)
	for i, text := range p.rows.texts {
		docs = append(docs, schema.Document{PageContent: text, Metadata: map[string]any{"chunk": i, "collection": collection(i / perDocument)}})
		if len(docs) == batch || i == len(p.rows.texts)-1 {
			if _, err := p.AddDocuments(ctx, docs); err != nil {
				return err
			}
			docs = docs[:0]
		}
	}
	return nil
}

// find gives the chunks nearest to a question.
func (p *peer) find(ctx context.Context, question int) ([]int, error) {
	return places(p.SimilaritySearch(ctx, p.rows.questions[question], hits))
}

// findFiltered is find among the chunks of one collection.
func (p *peer) findFiltered(ctx context.Context, question int) ([]int, error) {
	filter := vectorstores.WithFilters(map[string]any{"collection": filtered})
	return places(p.SimilaritySearch(ctx, p.rows.questions[question], hits, filter))
}

func places(docs []schema.Document, err error) ([]int, error) {
	out := make([]int, len(docs))
	for i, d := range docs {
		n, ok := d.Metadata["chunk"].(float64)
		if !ok {
			return nil, fmt.Errorf("a hit without its chunk: %v", d.Metadata)
		}
		out[i] = int(n)
	}
	return out, err
}
