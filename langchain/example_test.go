package langchain_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/tmc/langchaingo/schema"
	"github.com/tmc/langchaingo/vectorstores"

	"rapporteur/encoder"
	"rapporteur/encoder/weights"
	"rapporteur/ingest"
	"rapporteur/ingest/chunk"
	"rapporteur/ingest/extract"
	"rapporteur/langchain"
	"rapporteur/qa"
	"rapporteur/retrieval/vector"
	"rapporteur/store/files"
	"rapporteur/store/sqlite"
)

// A library in one folder, with the built-in encoder, as a vector store. Nothing else is needed: no server, no
// network, no key.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "library")
	must(err)
	defer os.RemoveAll(dir)

	enc, err := encoder.Load(weights.Model(), encoder.Options{
		QueryPrefix: weights.QueryPrefix, DocumentPrefix: weights.DocumentPrefix, Fingerprint: weights.Fingerprint})
	must(err)
	library, err := sqlite.Open(ctx, filepath.Join(dir, "library.db"))
	must(err)
	defer library.Close()
	vectors, err := library.UseEncoder(ctx, qa.Encoder{Fingerprint: enc.Fingerprint(), Dimensions: enc.Dimensions()})
	must(err)
	originals, err := files.Open(filepath.Join(dir, "originals"))
	must(err)
	index := vector.New(feed{library, vectors}, vector.Options{})

	store := langchain.New(langchain.Options{
		Ingester: &ingest.Pipeline{
			Library: library, Originals: originals, Extractor: &extract.Extractor{}, Splitter: chunk.Splitter{Count: enc.Count},
			Embedder: enc, Vectors: vectors, Sentences: func(qa.Chunk) []qa.Span { return nil },
		},
		Library: library, Ranker: index, Embedder: enc, Sync: index.Sync,
	})
	_, err = store.AddDocuments(ctx, []schema.Document{
		{PageContent: "La direction emploie 212 agents.", Metadata: map[string]any{"source": "rapport-2024.pdf", "page": 12}},
		{PageContent: "La direction emploie 180 agents.", Metadata: map[string]any{"source": "rapport-2019.pdf", "page": 9}},
		{PageContent: "La cantine ouvre à midi.", Metadata: map[string]any{"source": "reglement.pdf", "page": 1}},
	})
	must(err)
	docs, err := store.SimilaritySearch(ctx, "Combien d’agents la direction emploie-t-elle ?", 3,
		vectorstores.WithFilters(map[string]any{"source": "rapport-2024.pdf"}))
	must(err)
	for _, d := range docs {
		fmt.Println(d.PageContent, d.Metadata["source"], d.Metadata["page"])
	}
	// Output: La direction emploie 212 agents. rapport-2024.pdf 12
}

// feed is what the index in memory follows: the changes of the library, and the vectors of one encoder.
type feed struct {
	*sqlite.Store
	vectors *sqlite.Vectors
}

// Vectors implements vector.Feed.
func (f feed) Vectors(ctx context.Context, id qa.VersionID) ([]qa.ChunkVector, error) {
	return f.vectors.Vectors(ctx, id)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
