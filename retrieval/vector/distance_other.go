//go:build !amd64

package vector

// distances sets dst[i] to the number of bits in which blocks[i] and code differ.
func distances(dst []uint16, blocks []block, code *block) { distancesTwin(dst, blocks, code) }
