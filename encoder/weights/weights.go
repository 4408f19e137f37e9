// Package weights holds the model that the binary carries: intfloat/multilingual-e5-small (Wang et al. 2024,
// arXiv 2402.05672), 12 layers, 384 dimensions, 512 positions, about 100 languages, quantised to Q4_0, as a
// GGUF file of version 3. Origin and licence are in the file NOTICE beside it.
package weights

import (
	_ "embed" // puts the model into the binary
	"unsafe"
)

// model is the file as it was committed. A string, so that it lies in the read-only part of the binary: the
// operating system maps the pages that are used and can drop them again.
//
//go:embed multilingual-e5-small-q4_0.gguf
var model string

// Fingerprint is the SHA-256 of the model file, in hexadecimal. It names the space that the vectors live in:
// vectors of models with different fingerprints must not be compared.
const Fingerprint = "1437ead2d2c8ca73ee82e62223fb2ea6bddea83d4b6df7ff2f82e67cd2a548f7"

// The words that the model was trained to see before a text: questions and documents are told apart by them.
// Source: the model card, https://huggingface.co/intfloat/multilingual-e5-small ("Each input text should start
// with "query: " or "passage: ", even for non-English texts").
const (
	QueryPrefix    = "query: "
	DocumentPrefix = "passage: "
)

// Model gives the bytes of the model file in place. They lie in read-only memory: writing to them ends the
// program.
func Model() []byte {
	return unsafe.Slice(unsafe.StringData(model), len(model))
}
