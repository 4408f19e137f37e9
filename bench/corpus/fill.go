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
}

// Version is the id of its only version.
func (d Document) Version() qa.VersionID { return qa.VersionID("v" + d.name()) }

func (d Document) name() string { return fmt.Sprintf("%026d", d.Number) }

// Put stores a document as a worker would: its text and chunks, then its publication, then its vectors. It gives
// the chunks as they are stored.
func Put(ctx context.Context, l Library, v Vectors, d Document) ([]qa.Chunk, error) {
	text, chunks := read(d.Texts)
	hash := sha256.Sum256([]byte(d.name()))
	upload := qa.Upload{Collection: d.Collection, Source: d.name() + ".txt", Title: fmt.Sprintf("Document %d", d.Number)}
	version := qa.Version{
		ID: d.Version(), Document: qa.DocumentID("d" + d.name()), Hash: hex.EncodeToString(hash[:]), Size: int64(len(text.Content)),
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
	if err != nil || len(d.Vectors) == 0 {
		return stored, err
	}
	vectors := make([]qa.ChunkVector, len(stored))
	for i, c := range stored {
		vectors[i] = qa.ChunkVector{Chunk: c.ID, Vector: d.Vectors[i]}
	}
	return stored, v.SaveVectors(ctx, r.Version.ID, vectors)
}

// PutSentences stores a vector for each sentence of the chunks of d, so that nothing of it is left to be encoded.
// They are made of the chunk's vector: only their number and their size are real.
func PutSentences(ctx context.Context, v Vectors, d Document, stored []qa.Chunk) error {
	sentences := make([]qa.ChunkSentences, len(stored))
	for i, c := range stored {
		sentences[i] = qa.ChunkSentences{Chunk: c.ID, Sentences: rounded(d.Vectors[i], spans(c.Text))}
	}
	return v.SaveSentences(ctx, d.Version(), sentences)
}

// spans are the sentences of a text, as Sentences cuts it.
func spans(text string) []qa.Span {
	var out []qa.Span
	for at := 0; at < len(text); {
		end := len(text)
		if n := strings.Index(text[at:], ". "); n >= 0 {
			end = at + n + 1
		}
		out = append(out, qa.Span{Start: at, End: end})
		at = end + 1
	}
	return out
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
