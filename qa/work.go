package qa

// Work is what the queue knows of a version that still needs steps: enough to order it among the others,
// and no word of a document.
type Work struct {
	Version    VersionID
	Collection CollectionID
	Size       int64 // bytes of the original
}
