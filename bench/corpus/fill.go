package corpus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"time"

	"rapporteur/qa"
)

// Library takes documents that were read already; both stores do.
type Library interface {
	CreateExtracted(ctx context.Context, u qa.Upload, v qa.Version, t qa.Text, chunks []qa.Chunk, keep func() error) (qa.Receipt, error)
	Publish(ctx context.Context, v qa.Version) (qa.State, error)
	Chunks(ctx context.Context, version qa.VersionID) ([]qa.Chunk, error)
}

// Vectors takes the vectors of one encoder; both stores do.
type Vectors interface {
	SaveVectors(ctx context.Context, id qa.VersionID, list []qa.ChunkVector) error
	SaveSentences(ctx context.Context, id qa.VersionID, list []qa.ChunkSentences) error
}

// Document is what Put stores.
type Document struct {
	Number     int // another one for each document, from 0
	Collection qa.CollectionID
	Texts      []string    // one a chunk
	Vectors    [][]float32 // of the chunks; none leaves them without
	// Sentences gives the sentence vectors of a chunk, so that nothing of the document is left to be encoded. They
	// are made of the chunk's vector: only their number and size are real.
	Sentences func(c qa.Chunk) []qa.Span
}

// Put stores a document as a worker would: its text and chunks, then its publication, then its vectors. It gives
// the ids of the chunks in order.
func Put(ctx context.Context, l Library, v Vectors, d Document) ([]qa.ChunkID, error) {
	name := fmt.Sprintf("%026d", d.Number)
	text, chunks := read(d.Texts)
	hash := sha256.Sum256([]byte(name))
	upload := qa.Upload{Collection: d.Collection, Source: name + ".txt", Title: fmt.Sprintf("Document %d", d.Number)}
	version := qa.Version{
		ID: qa.VersionID("v" + name), Document: qa.DocumentID("d" + name), Hash: hex.EncodeToString(hash[:]), Size: int64(len(text.Content)),
		MediaType: "text/plain", State: qa.StateQueued, Title: upload.Title, Language: text.Language, Chunks: len(chunks), CreatedAt: time.Now(),
	}
	r, err := l.CreateExtracted(ctx, upload, version, text, chunks, func() error { return nil })
	if err != nil {
		return nil, err
	}
	r.Version.Verdict = qa.VerdictIngested
	if _, err := l.Publish(ctx, r.Version); err != nil {
		return nil, err
	}
	stored, err := l.Chunks(ctx, r.Version.ID)
	if err != nil {
		return nil, err
	}
	ids := make([]qa.ChunkID, len(stored))
	for i, c := range stored {
		ids[i] = c.ID
	}
	if len(d.Vectors) == 0 {
		return ids, nil
	}
	return ids, d.save(ctx, v, r.Version.ID, stored)
}

// save stores the vectors of the chunks, and of their sentences.
func (d Document) save(ctx context.Context, v Vectors, id qa.VersionID, stored []qa.Chunk) error {
	var vectors []qa.ChunkVector
	var sentences []qa.ChunkSentences
	for i, c := range stored {
		vectors = append(vectors, qa.ChunkVector{Chunk: c.ID, Vector: d.Vectors[i]})
		if d.Sentences != nil {
			sentences = append(sentences, qa.ChunkSentences{Chunk: c.ID, Sentences: rounded(d.Vectors[i], d.Sentences(c))})
		}
	}
	if err := v.SaveVectors(ctx, id, vectors); err != nil || sentences == nil {
		return err
	}
	return v.SaveSentences(ctx, id, sentences)
}

// rounded gives each span the vector in 8 bits.
func rounded(vector []float32, spans []qa.Span) []qa.SentenceVector {
	largest := 0.0
	for _, x := range vector {
		largest = max(largest, math.Abs(float64(x)))
	}
	scale := float32(largest / 127)
	codes := make([]int8, len(vector))
	for i, x := range vector {
		codes[i] = int8(math.Round(float64(x / scale)))
	}
	out := make([]qa.SentenceVector, len(spans))
	for i, s := range spans {
		out[i] = qa.SentenceVector{Span: s, Scale: scale, Codes: codes}
	}
	return out
}

// read makes a text of paragraphs, one a chunk.
func read(texts []string) (qa.Text, []qa.Chunk) {
	var content strings.Builder
	t := qa.Text{Language: "fr"}
	chunks := make([]qa.Chunk, len(texts))
	for i, text := range texts {
		if i > 0 {
			content.WriteString("\n\n")
		}
		span := qa.Span{Start: content.Len(), End: content.Len() + len(text)}
		content.WriteString(text)
		t.Blocks = append(t.Blocks, qa.Block{Span: span, Kind: qa.BlockParagraph})
		chunks[i] = qa.Chunk{Ordinal: i, Span: span, Text: text}
	}
	t.Content = content.String()
	return t, chunks
}
