package ingest

import (
	"context"
	"log/slog"
	"slices"

	"rapporteur/qa"
)

// lookBack is how many earlier versions of a document are searched for vectors: the one in force, then the newest.
// What next year's report repeats stands in this year's; one that was rolled back stands beside it.
const lookBack = 3

// reuse gives a version that has no vectors yet those that earlier versions of its document have of the same
// texts: of a chunk, where the encoder would read the same (see embeddedText); of the sentences of a chunk,
// where its own text is the same, because each is encoded alone. It is one step, and the first: a crash in it
// costs no more than encoding.
func (p *Pipeline) reuse(ctx context.Context, v qa.Version) (reused bool, err error) {
	earlier, err := p.earlier(ctx, v)
	if err != nil || len(earlier) == 0 {
		return false, err
	}
	own, err := p.Earlier.Chunks(ctx, v.ID)
	if err != nil {
		return false, err
	}
	var vectors []qa.ChunkVector
	var sentences []qa.ChunkSentences
	whole, cut := own, own // those that lack a vector, and those of which the sentences lack theirs
	for _, e := range earlier {
		known, err := p.known(ctx, e)
		if err != nil {
			return false, err
		}
		var found []qa.ChunkVector
		found, whole = known.vectorsOf(v.Title, whole)
		vectors = append(vectors, found...)
		var more []qa.ChunkSentences
		if more, cut, err = p.sentencesOf(ctx, known, cut); err != nil {
			return false, err
		}
		sentences = append(sentences, more...)
		if len(whole)+len(cut) == 0 {
			break
		}
	}
	if len(vectors) > 0 {
		err = p.Vectors.SaveVectors(ctx, v.ID, vectors)
	}
	if err == nil && len(sentences) > 0 {
		err = p.Vectors.SaveSentences(ctx, v.ID, sentences)
	}
	if err == nil {
		p.log().DebugContext(ctx, "vectors taken over", slog.String("version", string(v.ID)), slog.Int("chunks", len(own)),
			slog.Int("vectors", len(vectors)), slog.Int("sentences", len(sentences)))
	}
	return len(vectors)+len(sentences) > 0, err
}

// earlier lists the other versions of the document of v that were read and are kept, the one in force first,
// then the newest; none where Earlier is nil.
func (p *Pipeline) earlier(ctx context.Context, v qa.Version) ([]qa.Version, error) {
	if p.Earlier == nil {
		return nil, nil
	}
	_, versions, err := p.Earlier.Document(ctx, qa.Scope{Everything: true}, v.Document)
	if qa.KindOf(err) == qa.NotFound {
		return nil, nil // removed meanwhile: the next step finds out
	}
	if err != nil {
		return nil, err
	}
	versions = slices.DeleteFunc(versions, func(o qa.Version) bool {
		return o.ID == v.ID || o.State != qa.StateLive && o.State != qa.StateSuperseded || o.Embedded == 0
	})
	slices.SortStableFunc(versions, func(a, b qa.Version) int {
		switch {
		case a.State == b.State:
			return 0
		case a.State == qa.StateLive:
			return -1
		}
		return 1
	})
	return versions[:min(len(versions), lookBack)], nil
}

// knownVersion is what an earlier version has, by text.
type knownVersion struct {
	vectors map[string][]float32  // by what the encoder read
	chunks  map[string]qa.ChunkID // by the text of the chunk
}

func (p *Pipeline) known(ctx context.Context, v qa.Version) (knownVersion, error) {
	k := knownVersion{vectors: map[string][]float32{}, chunks: map[string]qa.ChunkID{}}
	chunks, err := p.Earlier.Chunks(ctx, v.ID)
	if err != nil {
		return k, err
	}
	list, err := p.Vectors.Vectors(ctx, v.ID)
	if err != nil {
		return k, err
	}
	stored := make(map[qa.ChunkID][]float32, len(list))
	for _, x := range list {
		stored[x.Chunk] = x.Vector
	}
	for _, c := range chunks {
		if x, ok := stored[c.ID]; ok {
			k.vectors[embeddedText(v.Title, c)] = x
		}
		k.chunks[c.Text] = c.ID
	}
	return k, nil
}

// vectorsOf gives the vectors that are known of chunks, and the chunks of which none is.
func (k knownVersion) vectorsOf(title string, chunks []qa.Chunk) (out []qa.ChunkVector, left []qa.Chunk) {
	for _, c := range chunks {
		if x, ok := k.vectors[embeddedText(title, c)]; ok {
			out = append(out, qa.ChunkVector{Chunk: c.ID, Vector: x})
		} else {
			left = append(left, c)
		}
	}
	return out, left
}

// sentencesOf gives the vectors that are known of the sentences of chunks, where the chunk would be cut as it was,
// and the chunks of which none are.
func (p *Pipeline) sentencesOf(ctx context.Context, k knownVersion, chunks []qa.Chunk) (out []qa.ChunkSentences, left []qa.Chunk, err error) {
	var ids []qa.ChunkID
	for _, c := range chunks {
		if id, ok := k.chunks[c.Text]; ok {
			ids = append(ids, id)
		}
	}
	list, err := p.Vectors.Sentences(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	stored := make(map[qa.ChunkID][]qa.SentenceVector, len(list))
	for _, x := range list {
		stored[x.Chunk] = x.Sentences
	}
	for _, c := range chunks {
		x, ok := stored[k.chunks[c.Text]]
		if ok && slices.EqualFunc(x, p.Sentences(c), func(a qa.SentenceVector, s qa.Span) bool { return a.Span == s }) {
			out = append(out, qa.ChunkSentences{Chunk: c.ID, Sentences: x})
		} else {
			left = append(left, c)
		}
	}
	return out, left, nil
}
