package unigram_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"testing"

	"rapporteur/encoder/gguf"
	"rapporteur/encoder/unigram"
	"rapporteur/encoder/weights"
	"rapporteur/internal/testkit"
)

// vocabulary reads the vocabulary of the built-in model.
func vocabulary(t testing.TB) unigram.Vocabulary {
	t.Helper()
	f, err := gguf.Parse(weights.Model())
	if err != nil {
		t.Fatal(err)
	}
	pieces, e1 := f.Strings("tokenizer.ggml.tokens")
	scores, e2 := f.Floats("tokenizer.ggml.scores")
	kinds, e3 := f.Ints("tokenizer.ggml.token_type")
	unknown, e4 := f.Uint("tokenizer.ggml.unknown_token_id")
	rules, e5 := f.Bytes("tokenizer.ggml.precompiled_charsmap")
	if err := errors.Join(e1, e2, e3, e4, e5); err != nil {
		t.Fatal(err)
	}
	return unigram.Vocabulary{
		Pieces: pieces.All(), Scores: scores, Types: kinds, Unknown: int32(unknown), CharsMap: rules,
		AddSpacePrefix: true, RemoveExtraWhitespaces: true,
	}
}

// builtIn is the tokenizer of the built-in model.
func builtIn(t testing.TB) *unigram.Tokenizer {
	t.Helper()
	tok, err := unigram.New(vocabulary(t))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// line is a line of the reference: a text and the ids that the sentencepiece library gives for it.
type line struct {
	Text string  `json:"text"`
	IDs  []int32 `json:"ids"`
}

func reference(t testing.TB) []line {
	t.Helper()
	f, err := os.Open(testkit.Shared(t, "model/reference/tokens.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []line
	for d := json.NewDecoder(bufio.NewReader(f)); ; {
		var l line
		if err := d.Decode(&l); err == io.EOF {
			return lines
		} else if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
}

// TestReference: the same ids as the sentencepiece library, on every line.
func TestReference(t *testing.T) {
	t.Parallel()
	tok := builtIn(t)
	lines, equal := reference(t), 0
	var tokens []unigram.Token
	for i, l := range lines {
		tokens = tok.Append(tokens[:0], l.Text)
		got := []int32{0} // <s>
		for _, token := range tokens {
			got = append(got, token.ID)
		}
		got = append(got, 2) // </s>
		if slices.Equal(got, l.IDs) {
			equal++
		} else {
			t.Errorf("line %d, %.60q:\n got %v\nwant %v", i+1, l.Text, got, l.IDs)
		}
		if n := tok.Count(l.Text); n != len(tokens) {
			t.Errorf("line %d: Count %d, %d tokens", i+1, n, len(tokens))
		}
	}
	t.Logf("%d of %d lines equal", equal, len(lines))
	if len(lines) != 681 {
		t.Errorf("%d lines, the reference had 681", len(lines))
	}
}

func BenchmarkNew(b *testing.B) {
	v := vocabulary(b)
	for b.Loop() {
		if _, err := unigram.New(v); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppend tokenises the reference texts, which are mostly French, one after another.
func BenchmarkAppend(b *testing.B) {
	tok := builtIn(b)
	lines, size := reference(b), 0
	for _, l := range lines {
		size += len(l.Text)
	}
	var tokens []unigram.Token
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, l := range lines {
			tokens = tok.Append(tokens[:0], l.Text)
		}
	}
}
