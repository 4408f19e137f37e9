package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/tmc/langchaingo/embeddings"
	"github.com/tmc/langchaingo/schema"
	"github.com/tmc/langchaingo/textsplitter"
	"github.com/tmc/langchaingo/vectorstores/pgvector"

	"rapporteur/qa"
)

// The splitter, as tutorials set it: characters of a chunk, and those it shares with the one before.
const (
	chunkSize    = 1000
	chunkOverlap = 200
)

// batch is how many chunks are added at once.
const batch = 64

// library is langchaingo's store with the texts that its chunks were cut from, to cite them. It is an eval.System.
type library struct {
	embedder embeddings.Embedder
	pool     *pgxpool.Pool // a store that is given an address shares one connection between all its callers
	store    pgvector.Store
	texts    map[qa.VersionID]qa.Text
	chunks   map[string][]schema.Document // by source
	top      int                          // chunks of an answer
	cutOff   float64                      // least score of the best chunk of an answer

	mu     sync.Mutex
	scoped map[string]pgvector.Store // stores of some documents only, by their sources
}

func open(ctx context.Context, dsn string, e embeddings.Embedder) (*library, error) {
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return nil, err
	}
	l := &library{embedder: e, pool: pool, texts: map[qa.VersionID]qa.Text{}, chunks: map[string][]schema.Document{},
		scoped: map[string]pgvector.Store{}}
	if l.store, err = pgvector.New(ctx, l.options("all")...); err != nil {
		pool.Close()
		return nil, err
	}
	return l, nil
}

// options name tables of this process, so that two runs on one database do not mix.
func (l *library) options(collection string) []pgvector.Option {
	prefix := fmt.Sprintf("rapporteur_bench_baseline_%d_", os.Getpid())
	return []pgvector.Option{
		pgvector.WithConn(l.pool), pgvector.WithEmbedder(l.embedder), pgvector.WithCollectionName(collection), pgvector.WithPreDeleteCollection(true),
		pgvector.WithEmbeddingTableName(prefix + "embedding"), pgvector.WithCollectionTableName(prefix + "collection"),
	}
}

// Close drops what was stored; it must also do so after an interruption.
func (l *library) Close(ctx context.Context) error {
	defer l.pool.Close()
	return l.store.DropTables(context.WithoutCancel(ctx))
}

// add cuts the texts, and stores their chunks with their vectors.
func (l *library) add(ctx context.Context, documents []document, log io.Writer) error {
	var all []schema.Document
	for _, d := range documents {
		cut, err := chunks(d)
		if err != nil {
			return err
		}
		l.texts[qa.VersionID(d.source)], l.chunks[d.source] = d.text, cut
		all = append(all, cut...)
	}
	fmt.Fprintf(log, "%d documents, %d chunks\n", len(documents), len(all))
	for done := 0; done < len(all); done += batch {
		if _, err := l.store.AddDocuments(ctx, all[done:min(done+batch, len(all))]); err != nil {
			return err
		}
		if done%(32*batch) == 0 && done > 0 {
			fmt.Fprintf(log, "%d of %d chunks\n", done, len(all))
		}
	}
	return nil
}

// chunks cuts a text as langchaingo does, and finds each chunk again in it: the splitter does not tell where it cut.
func chunks(d document) ([]schema.Document, error) {
	splitter := textsplitter.NewRecursiveCharacter(textsplitter.WithChunkSize(chunkSize), textsplitter.WithChunkOverlap(chunkOverlap))
	cut, err := splitter.SplitText(d.text.Content)
	if err != nil {
		return nil, err
	}
	var out []schema.Document
	from := 0
	for _, c := range cut {
		at := strings.Index(d.text.Content[from:], c)
		if at < 0 {
			return nil, fmt.Errorf("%s: a chunk that is not in its text: %.60q", d.source, c)
		}
		start := from + at
		end := start + len(c)
		out = append(out, schema.Document{PageContent: c, Metadata: map[string]any{"source": d.source, "start": start, "end": end}})
		from = max(start, shared(d.text.Content, end)) // a short first paragraph may come alone, and again with the next
	}
	return out, nil
}

// shared is the first byte that the chunk after one that ends at end may begin with.
func shared(content string, end int) int {
	tail := []rune(content[:end])
	return len(string(tail[:max(0, len(tail)-chunkOverlap)]))
}

// passage is a chunk found.
type passage struct {
	source string
	qa.Span
	score float64
}

// find gives the k chunks nearest to a question. What was asked before is put in front of a question that follows:
// without a language model nothing rewrites it.
func (l *library) find(ctx context.Context, q qa.Question, k int) ([]passage, error) {
	text := q.Text
	for _, m := range slices.Backward(q.History) {
		if m.Role == qa.RoleUser {
			text = m.Content + "\n" + text
			break
		}
	}
	store, err := l.within(ctx, q.Scope.Documents)
	if err != nil {
		return nil, err
	}
	found, err := store.SimilaritySearch(ctx, text, k)
	if err != nil {
		return nil, err
	}
	out := make([]passage, len(found))
	for i, f := range found {
		source, _ := f.Metadata["source"].(string)
		start, _ := f.Metadata["start"].(float64)
		end, ok := f.Metadata["end"].(float64)
		if !ok {
			return nil, fmt.Errorf("a chunk without its place: %v", f.Metadata)
		}
		out[i] = passage{source: source, Span: qa.Span{Start: int(start), End: int(end)}, score: float64(f.Score)}
	}
	return out, nil
}

// within gives the store that a question is asked of. One that is asked within some documents has a collection of
// them: the store's filters cannot say « one of these ».
func (l *library) within(ctx context.Context, documents []qa.DocumentID) (pgvector.Store, error) {
	if len(documents) == 0 {
		return l.store, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	key := fmt.Sprint(documents)
	if s, ok := l.scoped[key]; ok {
		return s, nil
	}
	s, err := pgvector.New(ctx, l.options(fmt.Sprint("scope ", len(l.scoped)))...)
	if err != nil {
		return pgvector.Store{}, err
	}
	l.scoped[key] = s
	for _, d := range documents {
		if len(l.chunks[string(d)]) == 0 {
			continue
		}
		if _, err := s.AddDocuments(ctx, l.chunks[string(d)]); err != nil {
			return pgvector.Store{}, err
		}
	}
	return s, nil
}
