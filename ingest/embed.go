package ingest

import (
	"context"
	"errors"
	"fmt"
	"math"

	"rapporteur/qa"
)

const (
	// chunksAtOnce and sentencesAtOnce are the chunks of one step. On two cores without AVX-512, at 1,450
	// tokens a second, 32 chunks of 300 tokens take 7 s.
	chunksAtOnce    = 32
	sentencesAtOnce = 16
	// maxCode is the largest 8-bit code of a sentence vector, as large below zero as above.
	maxCode = 127
)

// Embed makes the next vectors that a version lacks, whatever its state, and reports whether it may lack
// more: first it takes over those that an earlier version has of the same text, then it makes the vectors of
// chunks, then those of the sentences of chunks.
func (p *Pipeline) Embed(ctx context.Context, id qa.VersionID) (more bool, err error) {
	if p.Embedder == nil {
		return false, nil
	}
	_, v, err := p.Library.Version(ctx, id)
	if err != nil {
		return false, err
	}
	if v.Embedded == 0 {
		if reused, err := p.reuse(ctx, v); err != nil || reused {
			return err == nil, err
		}
	}
	chunks, err := p.Vectors.PendingChunks(ctx, id, chunksAtOnce)
	if err != nil {
		return false, err
	}
	if len(chunks) > 0 {
		err := p.embedChunks(ctx, v, chunks)
		return err == nil, err
	}
	chunks, err = p.Vectors.PendingSentences(ctx, id, sentencesAtOnce)
	if err != nil || len(chunks) == 0 {
		return false, err
	}
	err = p.embedSentences(ctx, v, chunks)
	return err == nil, err
}

func (p *Pipeline) embedChunks(ctx context.Context, v qa.Version, chunks []qa.Chunk) error {
	texts := make([]string, len(chunks))
	for i, c := range chunks {
		texts[i] = embeddedText(v.Title, c)
	}
	vectors, err := p.vectors(ctx, texts)
	if err != nil {
		return err
	}
	out := make([]qa.ChunkVector, len(chunks))
	for i, c := range chunks {
		out[i] = qa.ChunkVector{Chunk: c.ID, Vector: vectors[i]}
	}
	return p.Vectors.SaveVectors(ctx, v.ID, out)
}

// embedSentences encodes each sentence on its own: what it says is then compared with the question, and
// not what stands around it.
func (p *Pipeline) embedSentences(ctx context.Context, v qa.Version, chunks []qa.Chunk) error {
	var texts []string
	out := make([]qa.ChunkSentences, len(chunks))
	for i, c := range chunks {
		out[i].Chunk = c.ID
		end := 0
		for _, s := range p.Sentences(c) {
			if s.Start < end || s.End <= s.Start || s.End > len(c.Text) {
				return unsound(fmt.Errorf("sentence [%d, %d) of chunk %d", s.Start, s.End, c.ID))
			}
			end = s.End
			out[i].Sentences = append(out[i].Sentences, qa.SentenceVector{Span: s})
			texts = append(texts, c.Text[s.Start:s.End])
		}
	}
	vectors, err := p.vectors(ctx, texts)
	if err != nil {
		return err
	}
	for _, c := range out {
		for i := range c.Sentences {
			c.Sentences[i].Scale, c.Sentences[i].Codes = quantise(vectors[0])
			vectors = vectors[1:]
		}
	}
	return p.Vectors.SaveSentences(ctx, v.ID, out)
}

// vectors asks for the vectors of texts and makes sure that they are some: one each, all of the same
// length, of finite numbers, and L2-normalised.
func (p *Pipeline) vectors(ctx context.Context, texts []string) ([][]float32, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	out, err := p.Embedder.EmbedDocuments(ctx, texts)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	if len(out) != len(texts) {
		return nil, unsound(fmt.Errorf("%d vectors for %d texts", len(out), len(texts)))
	}
	for _, v := range out {
		if len(v) != len(out[0]) {
			return nil, unsound(errors.New("vectors of several lengths"))
		}
		if !normalise(v) {
			return nil, unsound(errors.New("a vector has no direction"))
		}
	}
	return out, nil
}

func unsound(cause error) error { return qa.E(qa.Internal, "internal").Because(cause) }

// normalise scales v to length 1; it gives false where that cannot be done: v is zero, or holds what is
// no number.
func normalise(v []float32) bool {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	length := math.Sqrt(sum)
	if !(length > 0) || math.IsInf(length, 0) {
		return false
	}
	for i, x := range v {
		v[i] = float32(float64(x) / length)
	}
	return true
}

// quantise rounds a vector to scale × codes.
func quantise(v []float32) (scale float32, codes []int8) {
	var largest float32
	for _, x := range v {
		largest = max(largest, x, -x)
	}
	scale = largest / maxCode
	codes = make([]int8, len(v))
	for i, x := range v {
		codes[i] = int8(math.RoundToEven(float64(x) / float64(scale)))
	}
	return scale, codes
}
