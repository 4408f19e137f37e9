// Package encoder turns texts into vectors with BERT-family encoders, in pure Go with assembly kernels: two
// texts of like meaning have vectors of a high cosine. It reads a GGUF file of version 3 (architecture "bert",
// learned positions, sentencepiece unigram tokenizer, mean or CLS pooling, tensors F32, F16, Q8_0 or Q4_0), and
// nothing else than that file is needed.
//
// The forward pass is that of BERT (Devlin et al. 2019, arXiv 1810.04805): normalisation after each residual,
// GELU with the error function. Texts are computed side by side without padding.
package encoder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"rapporteur/encoder/gguf"
	"rapporteur/encoder/kernel"
	"rapporteur/encoder/unigram"
)

// ErrNotFinite says that the figures of a text left the range of 32-bit floating point: no sound model does
// that to any text.
var ErrNotFinite = errors.New("encoder: the model gives figures that are not finite")

// Precision is how exactly products are computed.
type Precision uint8

const (
	// Quantised multiplies weights of Q4_0 and Q8_0 as they are with activations in 8 bits, and attention may use
	// 16 bits. The cosine with the exact vector is above 0.999.
	Quantised Precision = iota
	// Float32 computes everything in 32-bit floating point, some times slower and with 8 times the memory.
	Float32
)

// Options are how an encoder is used. The zero Options are sound.
type Options struct {
	QueryPrefix    string // stands before the text of EmbedQuery; the model's card tells which
	DocumentPrefix string // stands before the texts of EmbedDocuments
	Precision      Precision
	Threads        int           // goroutines that compute for one call; 0: GOMAXPROCS
	Level          *kernel.Level // instruction set, for tests; nil: the best of the machine
	Fingerprint    string        // SHA-256 of the model in hexadecimal where known; empty: computed when asked for
}

// Encoder computes the vectors of texts. It is safe for concurrent use, and calls do not wait for one another.
type Encoder struct {
	options   Options
	level     kernel.Level
	shape     shape
	model     *model
	tokenizer *unigram.Tokenizer
	idle      idle
	hash      func() string
}

// maxThreads bounds what one call may start.
const maxThreads = 64

// Load prepares an encoder of a model file. It reads model in place: the bytes must not change while the
// encoder is in use. Faults of the file are a *gguf.Error or *unigram.Error, which name the key or tensor.
func Load(model []byte, o Options) (*Encoder, error) {
	file, err := gguf.Parse(model)
	if err != nil {
		return nil, fmt.Errorf("encoder: %w", err)
	}
	e := &Encoder{options: o, level: kernel.Best()}
	if o.Level != nil {
		e.level = *o.Level
	}
	if e.options.Threads <= 0 {
		e.options.Threads = runtime.GOMAXPROCS(0)
	}
	e.options.Threads = min(e.options.Threads, maxThreads)
	if e.shape, err = readShape(file); err != nil {
		return nil, fmt.Errorf("encoder: %w", err)
	}
	// The tokenizer and the layers are prepared side by side: both take longer than the rest.
	var wait sync.WaitGroup
	var tokenizerErr error
	wait.Go(func() { e.tokenizer, tokenizerErr = readTokenizer(file) })
	e.model, err = readModel(file, e.shape, packing{e.level, o.Precision})
	wait.Wait()
	if err := errors.Join(err, tokenizerErr); err != nil {
		return nil, fmt.Errorf("encoder: %w", err)
	}
	e.hash = sync.OnceValue(func() string {
		if o.Fingerprint != "" {
			return o.Fingerprint
		}
		sum := sha256.Sum256(model)
		return hex.EncodeToString(sum[:])
	})
	return e, nil
}

// EmbedDocuments gives the vector of every text, in order: [Dimensions]float32 of length 1. What goes beyond
// the model's positions is left out. The errors are ErrNotFinite and those of ctx, which is looked at between
// layers.
func (e *Encoder) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	if err := e.embed(ctx, vectors, e.options.DocumentPrefix, texts); err != nil {
		return nil, err
	}
	return vectors, nil
}

// EmbedQuery is EmbedDocuments for one text, with the prefix of questions.
func (e *Encoder) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	var vector [1][]float32
	if err := e.embed(ctx, vector[:], e.options.QueryPrefix, []string{text}); err != nil {
		return nil, err
	}
	return vector[0], nil
}

// Fingerprint names the space of the vectors: those of encoders with different fingerprints are never compared.
// It covers the model's bytes and the prefixes, but not Precision, whose vectors are alike.
func (e *Encoder) Fingerprint() string {
	prefixes := sha256.Sum256(fmt.Appendf(nil, "%q %q", e.options.QueryPrefix, e.options.DocumentPrefix))
	return e.hash() + "/" + hex.EncodeToString(prefixes[:4])
}

// Dimensions is the length of the vectors.
func (e *Encoder) Dimensions() int { return e.shape.hidden }

// Longest is how many tokens of a text, its prefix included, are read.
func (e *Encoder) Longest() int { return e.shape.positions - 2 }

// Count is the number of tokens of a text, without prefix and special tokens.
func (e *Encoder) Count(text string) int { return e.tokenizer.Count(text) }

// Tokens are the tokens of a text, without prefix and special tokens, with their places in it.
func (e *Encoder) Tokens(text string) []unigram.Token { return e.tokenizer.Append(nil, text) }
