package corpus

import (
	"context"
	"path/filepath"
	"testing"

	"rapporteur/qa"
	"rapporteur/store/sqlite"
)

// TestPut puts a document into a real library: it is live, whole, and every chunk has its text and vector.
func TestPut(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	store, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "library.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	vectors, err := store.UseEncoder(ctx, qa.Encoder{Fingerprint: "f", Dimensions: 2})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		d := Document{Number: n, Collection: "c", Texts: []string{"Un congé.", "Une prime. De mille euros."}, Vectors: [][]float32{{1, 0}, {0.6, -0.8}}}
		stored, err := Put(ctx, store, vectors, d)
		if err != nil || len(stored) != 2 {
			t.Fatalf("%v, %v", stored, err)
		}
		if err := PutSentences(ctx, vectors, d, stored); err != nil {
			t.Fatal(err)
		}
		ids := []qa.ChunkID{stored[0].ID, stored[1].ID}
		passages, err := store.Passages(ctx, qa.Scope{Everything: true}, []qa.Hit{{Chunk: ids[1], Score: 1}})
		if err != nil || len(passages) != 1 || passages[0].Text != d.Texts[1] || passages[0].Document.Collection != "c" {
			t.Fatalf("%v, %v", passages, err)
		}
		_, v, err := store.Version(ctx, passages[0].Version)
		if err != nil || v.State != qa.StateLive || v.Embedded != 1 {
			t.Errorf("the version is %s, embedded %v, %v", v.State, v.Embedded, err)
		}
		sentences, err := vectors.Sentences(ctx, ids[1:])
		if err != nil || len(sentences) != 1 || len(sentences[0].Sentences) != 2 || sentences[0].Sentences[1].Codes[1] != -127 {
			t.Errorf("sentences %v, %v", sentences, err)
		}
	}
}
