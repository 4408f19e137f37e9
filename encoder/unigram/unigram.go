// Package unigram cuts texts into the pieces of a sentencepiece unigram model (Kudo 2018, arXiv 1804.10959), as
// XLM-RoBERTa and the models after it do, and tells where in the text each piece comes from.
//
// A text is normalised by the character map of the model, its spaces become U+2581, and the most likely sequence
// of pieces is found by Viterbi over a double-array trie. The work is done in a small window that moves over the
// text, so a text of any length takes little memory.
package unigram

import (
	"errors"
	"fmt"
	"iter"
	"math"
)

// The kinds of pieces, as `tokenizer.ggml.token_type` numbers them. Pieces of kinds that are not named here,
// control and byte pieces, are never found in a text.
const (
	Normal      int32 = 1
	UserDefined int32 = 4
)

// Vocabulary is what a model file says of its tokenizer. The names of the GGUF keys stand beside the fields;
// errors name them.
type Vocabulary struct {
	Pieces                 iter.Seq[string] // tokenizer.ggml.tokens, in the order of the ids
	Scores                 []float32        // tokenizer.ggml.scores: the logarithm of each piece's likelihood
	Types                  []int32          // tokenizer.ggml.token_type; nil: all Normal but Unknown
	Unknown                int32            // tokenizer.ggml.unknown_token_id: the piece for what no piece covers
	CharsMap               []byte           // tokenizer.ggml.precompiled_charsmap; empty: texts are taken as they are
	AddSpacePrefix         bool             // tokenizer.ggml.add_space_prefix
	RemoveExtraWhitespaces bool             // tokenizer.ggml.remove_extra_whitespaces
}

// The keys that errors name.
const (
	keyPieces   = "tokenizer.ggml.tokens"
	keyScores   = "tokenizer.ggml.scores"
	keyTypes    = "tokenizer.ggml.token_type"
	keyUnknown  = "tokenizer.ggml.unknown_token_id"
	keyCharsMap = "tokenizer.ggml.precompiled_charsmap"
)

// Error is a fault of a vocabulary. It names the key of the model file.
type Error struct {
	Key string
	Err error
}

// Error gives the fault in one line.
func (e *Error) Error() string { return fmt.Sprintf("unigram: key %q: %v", e.Key, e.Err) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// fault makes the error for a key.
func fault(key, format string, args ...any) error {
	return &Error{Key: key, Err: fmt.Errorf(format, args...)}
}

// unknownPenalty is how much less likely an unknown character is than the least likely piece (sentencepiece,
// kUnkPenalty).
const unknownPenalty = 10

// Token is a piece found in a text: its id and the bytes of the source text that it comes from. Characters that
// normalisation removes belong to the token before them, or to none. Where normalisation makes several pieces of
// one character, the last of them has its bytes and the others have none.
type Token struct {
	ID         int32
	Start, End int
}

// Tokenizer cuts texts into pieces. It is safe for concurrent use.
type Tokenizer struct {
	rules       *charsMap
	trie        *trie
	scores      []float32
	unknown     int32
	penalty     float32 // the score of an unknown character
	lookahead   int     // bytes that the longest piece takes
	spacePrefix bool
	trim        bool
	userDefined []bool       // by id; nil where the vocabulary has none
	idle        chan *window // for the next texts
}

// New prepares a tokenizer. It copies what it needs. A fault of the vocabulary is an *Error.
func New(v Vocabulary) (*Tokenizer, error) {
	rules, err := newCharsMap(v.CharsMap)
	if err != nil {
		return nil, err
	}
	t := &Tokenizer{
		rules: rules, scores: make([]float32, len(v.Scores)), unknown: v.Unknown,
		spacePrefix: v.AddSpacePrefix, trim: v.RemoveExtraWhitespaces,
	}
	if err := t.check(v); err != nil {
		return nil, err
	}
	if err := t.setScores(v); err != nil {
		return nil, err
	}
	list, err := readPieces(v)
	if err != nil {
		return nil, err
	}
	t.lookahead = max(list.longest, 4)
	if t.trie, err = newTrie(list); err != nil {
		return nil, err
	}
	t.idle = make(chan *window, maxIdle)
	return t, nil
}

// check looks at the lengths and ids.
func (t *Tokenizer) check(v Vocabulary) error {
	switch {
	case v.Pieces == nil || len(v.Scores) == 0:
		return fault(keyPieces, "no pieces or no scores")
	case len(v.Scores) > maxPieces:
		return fault(keyPieces, "%d pieces, at most %d are read", len(v.Scores), maxPieces)
	case v.Types != nil && len(v.Types) != len(v.Scores):
		return fault(keyTypes, "%d kinds for %d scores", len(v.Types), len(v.Scores))
	case v.Unknown < 0 || int(v.Unknown) >= len(v.Scores):
		return fault(keyUnknown, "%d is not a piece, there are %d", v.Unknown, len(v.Scores))
	}
	return nil
}

// kind is the kind of a piece.
func (v *Vocabulary) kind(id int) int32 {
	if v.Types != nil {
		return v.Types[id]
	}
	if id == int(v.Unknown) {
		return 0
	}
	return Normal
}

// setScores takes the scores over and derives those of unknown characters and of pieces that users defined.
func (t *Tokenizer) setScores(v Vocabulary) error {
	least, most := float32(math.MaxFloat32), float32(-math.MaxFloat32)
	normal := 0
	for id, score := range v.Scores {
		if math.IsNaN(float64(score)) || math.IsInf(float64(score), 0) {
			return fault(keyScores, "the score of piece %d is %v", id, score)
		}
		switch v.kind(id) {
		case Normal:
			least, most = min(least, score), max(most, score)
			normal++
		case UserDefined:
			if t.userDefined == nil {
				t.userDefined = make([]bool, len(v.Scores))
			}
			t.userDefined[id] = true
		}
	}
	if normal == 0 {
		return fault(keyTypes, "no piece is a normal one")
	}
	copy(t.scores, v.Scores)
	t.penalty = least - unknownPenalty
	if t.userDefined == nil {
		return nil
	}
	id := 0
	for piece := range v.Pieces {
		if id < len(t.userDefined) && t.userDefined[id] {
			// Longer than any sequence of other pieces is likely: such a piece is always chosen (sentencepiece).
			t.scores[id] = float32(len([]rune(piece)))*most - 0.1
		}
		id++
	}
	return nil
}

// Append adds the tokens of a text to dst, without special ones. It allocates nothing but what dst grows by.
func (t *Tokenizer) Append(dst []Token, text string) []Token {
	s := sink{tokens: dst, keep: true}
	t.run(&s, text)
	return s.tokens
}

// AppendFirst adds the first tokens of a text, at most n of them, and reads little more of the text than they
// cover.
func (t *Tokenizer) AppendFirst(dst []Token, text string, n int) []Token {
	s := sink{tokens: dst, keep: true, limit: n, limited: true}
	t.run(&s, text)
	return s.tokens
}

// Count is the number of tokens that Append would add.
func (t *Tokenizer) Count(text string) int {
	var s sink
	t.run(&s, text)
	return s.count
}

// sink takes the tokens as they are found.
type sink struct {
	tokens  []Token
	keep    bool // tokens are wanted, not only their number
	count   int
	unknown bool // the last token is the unknown piece
	limited bool // no more than limit tokens are wanted
	limit   int
}

// done tells whether nothing of what follows is wanted.
func (s *sink) done() bool { return s.limited && s.count >= s.limit && !s.unknown }

// add takes one token. Unknown characters that follow one another become one token (sentencepiece).
func (s *sink) add(token Token, unknown bool) {
	if unknown && s.unknown {
		if s.keep {
			s.tokens[len(s.tokens)-1].End = token.End
		}
		return
	}
	if s.limited && s.count >= s.limit {
		s.unknown = false // what follows is not merged into the last token that is wanted
		return
	}
	s.unknown = unknown
	s.count++
	if s.keep {
		s.tokens = append(s.tokens, token)
	}
}

// errEmptyPiece is the cause for a piece without a byte.
var errEmptyPiece = errors.New("is empty")
