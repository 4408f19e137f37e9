package ingest

// EmbeddedText is what is embedded of a chunk.
var EmbeddedText = embeddedText

// The chunks of one step.
const (
	ChunksAtOnce    = chunksAtOnce
	SentencesAtOnce = sentencesAtOnce
)
