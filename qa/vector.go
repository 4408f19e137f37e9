package qa

// Encoder names what made the vectors of a library: vectors of two encoders are never compared.
type Encoder struct {
	Fingerprint string // of its weights and of how it is used
	Dimensions  int    // of its vectors
}

// ChunkVector is the embedding of a chunk: [Dimensions]float32, L2-normalised.
type ChunkVector struct {
	Chunk  ChunkID
	Vector []float32
}

// SentenceVector is the embedding of one sentence of a chunk, encoded on its own and kept in 8 bits: the
// vector, L2-normalised, is Scale × Codes.
type SentenceVector struct {
	Span  // bytes of the chunk's Text
	Scale float32
	Codes []int8 // [Dimensions]
}

// ChunkSentences are the vectors of the sentences of a chunk, in order; none for a chunk without any.
type ChunkSentences struct {
	Chunk     ChunkID
	Sentences []SentenceVector
}

// SentenceScore says how near the meaning of a sentence is to that of the question.
type SentenceScore struct {
	Span           // bytes of the passage's Text
	Cosine float64 // of the two vectors, -1 to 1
}
