package encoder

import (
	"fmt"

	"rapporteur/encoder/gguf"
	"rapporteur/encoder/unigram"
)

// The bounds of what is read, some times above the largest BERT models. They keep the room for one text of a
// hostile file small.
const (
	maxPositions = 8192
	maxHidden    = 4096
	maxFeed      = 16384
	maxLayers    = 128
	maxHeads     = 128
)

// unit is what the widths of matrices are multiples of: the figures that share a scale.
const unit = gguf.QuantBlock

// The values of bert.pooling_type (llama.cpp, LLAMA_POOLING_TYPE).
const (
	poolingMean = 1
	poolingCLS  = 2
)

// shape is the size of a model and how it is used.
type shape struct {
	vocabulary, positions int
	hidden, feed, layers  int
	heads                 int
	epsilon               float32
	cls                   bool // pooling takes the first token, not the mean
	begin, end            int32
}

// keyError is a fault of a key.
func keyError(key, format string, args ...any) error {
	return &gguf.Error{Key: key, Err: fmt.Errorf(format, args...)}
}

// number reads a whole number between 1 and most.
func number(f *gguf.File, key string, most int) (int, error) {
	n, err := f.Uint(key)
	if err != nil {
		return 0, err
	}
	if n == 0 || n > uint64(most) {
		return 0, keyError(key, "is %d, 1 to %d are read", n, most)
	}
	return int(n), nil
}

func readShape(f *gguf.File) (shape, error) {
	var s shape
	for _, want := range [][2]string{{"general.architecture", "bert"}, {"tokenizer.ggml.model", "t5"}} {
		if got, err := f.String(want[0]); err != nil {
			return s, err
		} else if got != want[1] {
			return s, keyError(want[0], "is %.40q, only %q is read", got, want[1])
		}
	}
	for _, n := range []struct {
		key  string
		most int
		to   *int
	}{
		{"bert.context_length", maxPositions, &s.positions},
		{"bert.embedding_length", maxHidden, &s.hidden},
		{"bert.feed_forward_length", maxFeed, &s.feed},
		{"bert.block_count", maxLayers, &s.layers},
		{"bert.attention.head_count", maxHeads, &s.heads},
	} {
		var err error
		if *n.to, err = number(f, n.key, n.most); err != nil {
			return s, err
		}
	}
	if err := s.check(); err != nil {
		return s, err
	}
	if err := s.readUse(f); err != nil {
		return s, err
	}
	return s, s.readSpecial(f)
}

// check looks at how the sizes fit one another.
func (s *shape) check() error {
	switch {
	case s.positions < 3:
		return keyError("bert.context_length", "is %d, no room for a text", s.positions)
	case s.hidden%unit != 0:
		return keyError("bert.embedding_length", "is %d, not a multiple of %d", s.hidden, unit)
	case s.feed%unit != 0:
		return keyError("bert.feed_forward_length", "is %d, not a multiple of %d", s.feed, unit)
	case s.hidden%s.heads != 0:
		return keyError("bert.attention.head_count", "is %d, which does not divide %d", s.heads, s.hidden)
	}
	return nil
}

// readUse reads how the layers and the result are computed.
func (s *shape) readUse(f *gguf.File) error {
	const epsilon, causal, pooling = "bert.attention.layer_norm_epsilon", "bert.attention.causal", "bert.pooling_type"
	e, err := f.Float(epsilon)
	if err != nil {
		return err
	}
	if s.epsilon = float32(e); s.epsilon <= 0 || s.epsilon > 0.1 {
		return keyError(epsilon, "is %v", e)
	}
	if f.Has(causal) {
		if is, err := f.Bool(causal); err != nil {
			return err
		} else if is {
			return keyError(causal, "is true, only encoders are read")
		}
	}
	p, err := f.Uint(pooling)
	if err != nil {
		return err
	}
	if p != poolingMean && p != poolingCLS {
		return keyError(pooling, "is %d, %d (mean) and %d (CLS) are read", p, poolingMean, poolingCLS)
	}
	s.cls = p == poolingCLS
	return nil
}

// readSpecial reads the tokens that stand around every text.
func (s *shape) readSpecial(f *gguf.File) error {
	tokens, err := f.Strings("tokenizer.ggml.tokens")
	if err != nil {
		return err
	}
	s.vocabulary = tokens.Len()
	for _, t := range []struct {
		id, add string
		to      *int32
	}{
		{"tokenizer.ggml.bos_token_id", "tokenizer.ggml.add_bos_token", &s.begin},
		{"tokenizer.ggml.eos_token_id", "tokenizer.ggml.add_eos_token", &s.end},
	} {
		id, err := f.Uint(t.id)
		if err != nil {
			return err
		}
		if id >= uint64(s.vocabulary) {
			return keyError(t.id, "is %d of %d tokens", id, s.vocabulary)
		}
		*t.to = int32(id)
		if add, err := boolOr(f, t.add, true); err != nil {
			return err
		} else if !add {
			return keyError(t.add, "is false, only models with both special tokens are read")
		}
	}
	return nil
}

// boolOr reads a key that may be absent.
func boolOr(f *gguf.File, key string, otherwise bool) (bool, error) {
	if !f.Has(key) {
		return otherwise, nil
	}
	return f.Bool(key)
}

func readTokenizer(f *gguf.File) (*unigram.Tokenizer, error) {
	const types, unknown, charsMap = "tokenizer.ggml.token_type", "tokenizer.ggml.unknown_token_id", "tokenizer.ggml.precompiled_charsmap"
	tokens, err := f.Strings("tokenizer.ggml.tokens")
	if err != nil {
		return nil, err
	}
	v := unigram.Vocabulary{Pieces: tokens.All()}
	if v.Scores, err = f.Floats("tokenizer.ggml.scores"); err != nil {
		return nil, err
	}
	if len(v.Scores) != tokens.Len() {
		return nil, keyError("tokenizer.ggml.scores", "has %d figures for %d tokens", len(v.Scores), tokens.Len())
	}
	if f.Has(types) {
		if v.Types, err = f.Ints(types); err != nil {
			return nil, err
		}
	}
	id, err := f.Uint(unknown)
	if err != nil {
		return nil, err
	}
	if id >= uint64(tokens.Len()) {
		return nil, keyError(unknown, "is %d of %d tokens", id, tokens.Len())
	}
	v.Unknown = int32(id)
	if f.Has(charsMap) {
		if v.CharsMap, err = f.Bytes(charsMap); err != nil {
			return nil, err
		}
	}
	if v.AddSpacePrefix, err = boolOr(f, "tokenizer.ggml.add_space_prefix", true); err != nil {
		return nil, err
	}
	if v.RemoveExtraWhitespaces, err = boolOr(f, "tokenizer.ggml.remove_extra_whitespaces", true); err != nil {
		return nil, err
	}
	return unigram.New(v)
}
