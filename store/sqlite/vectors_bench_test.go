package sqlite

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"rapporteur/qa"
)

// benchLibrary has one version of n chunks with vectors of 384 dimensions and 8 sentences each.
func benchLibrary(b *testing.B, n int) (*Vectors, []qa.ChunkID) {
	b.Helper()
	ctx := b.Context()
	s, err := Open(ctx, filepath.Join(b.TempDir(), "library.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	v := qa.Version{ID: "v", Document: "d", Hash: "h", CreatedAt: time.Now()}
	r, err := s.CreateVersion(ctx, qa.Upload{Collection: "c", Source: "s"}, v, func() error { return nil })
	if err != nil {
		b.Fatal(err)
	}
	chunks := make([]qa.Chunk, n)
	for i := range chunks {
		chunks[i] = qa.Chunk{Ordinal: i, Text: fmt.Sprintf("morceau %d", i)}
	}
	if err := s.SaveChunks(ctx, r.Version, qa.Text{Content: "morceau"}, chunks); err != nil {
		b.Fatal(err)
	}
	vectors, err := s.UseEncoder(ctx, qa.Encoder{Fingerprint: "e", Dimensions: canaryDimensions})
	if err != nil {
		b.Fatal(err)
	}
	pending, err := vectors.PendingChunks(ctx, "v", n)
	if err != nil {
		b.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	var list []qa.ChunkVector
	var sentences []qa.ChunkSentences
	var ids []qa.ChunkID
	for _, c := range pending {
		x := make([]float32, canaryDimensions)
		for i := range x {
			x[i] = float32(rnd.NormFloat64()) / 20
		}
		of := qa.ChunkSentences{Chunk: c.ID}
		for range 8 {
			of.Sentences = append(of.Sentences, qa.SentenceVector{Scale: 1, Codes: make([]int8, canaryDimensions)})
		}
		list, sentences, ids = append(list, qa.ChunkVector{Chunk: c.ID, Vector: x}), append(sentences, of), append(ids, c.ID)
	}
	if err := vectors.SaveVectors(ctx, "v", list); err != nil {
		b.Fatal(err)
	}
	if err := vectors.SaveSentences(ctx, "v", sentences); err != nil {
		b.Fatal(err)
	}
	return vectors, ids
}

// BenchmarkVectors loads the vectors of 5,000 chunks, as an index does.
func BenchmarkVectors(b *testing.B) {
	v, ids := benchLibrary(b, 5000)
	for b.Loop() {
		if got, err := v.Vectors(b.Context(), "v"); err != nil || len(got) != len(ids) {
			b.Fatal(len(got), err)
		}
	}
}

// BenchmarkSentences loads the vectors of the sentences of 30 chunks, as an answer does.
func BenchmarkSentences(b *testing.B) {
	v, ids := benchLibrary(b, 5000)
	rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	for b.Loop() {
		if got, err := v.Sentences(b.Context(), ids[:30]); err != nil || len(got) != 30 {
			b.Fatal(len(got), err)
		}
	}
}
