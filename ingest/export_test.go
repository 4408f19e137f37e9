package ingest

// EmbeddedText is what is embedded of a chunk, for tests.
var EmbeddedText = embeddedText
