package encoder_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"rapporteur/encoder"
	"rapporteur/encoder/gguf"
	"rapporteur/encoder/kernel"
)

// TestTinyModels: every type of tensor, pooling and level agrees with a plain forward pass in float64.
func TestTinyModels(t *testing.T) {
	t.Parallel()
	for _, kind := range []gguf.Type{gguf.F32, gguf.F16, gguf.Q8_0, gguf.Q4_0} {
		for _, heads := range []int{2, 8, 16} { // of 32, 8 and 4 figures
			for pooling := 1; pooling <= 2; pooling++ {
				t.Run(fmt.Sprint(kind, "/", heads, " heads/pooling ", pooling), func(t *testing.T) {
					t.Parallel()
					m := newTiny(kind)
					m.heads = heads
					m.fill()
					m.set(number("bert.pooling_type", pooling))
					checkTiny(t, m, pooling == 2)
				})
			}
		}
	}
}

func checkTiny(t *testing.T, m *tiny, cls bool) {
	texts := []string{"", "la relation", "le pré", strings.Repeat("tirelire ", 30)}
	var exactly [][]float32
	for _, precision := range []encoder.Precision{encoder.Float32, encoder.Quantised} {
		for _, level := range kernel.Levels() {
			e, err := encoder.Load(m.bytes(), encoder.Options{Precision: precision, Level: &level, Threads: 2})
			if err != nil {
				t.Fatal(err)
			}
			got, err := e.EmbedDocuments(context.Background(), texts)
			if err != nil {
				t.Fatal(err)
			}
			least := 0.999999
			switch {
			case precision == encoder.Quantised && (m.kind == gguf.Q4_0 || m.kind == gguf.Q8_0):
				least = 0.999 // activations in 8 bits
			case precision == encoder.Quantised:
				least = 0.9999 // attention in 16 bits
			}
			for i, text := range texts {
				if len(exactly) <= i {
					exactly = append(exactly, m.exactly(m.cut(e.Tokens(text)), cls))
				}
				if c := cosine(got[i], exactly[i]); !(c >= least) {
					t.Errorf("%v, precision %d, %.20q: cosine %.7f, want at least %v", level, precision, text, c, least)
				}
			}
		}
	}
}

// TestBadModels: what is wrong with a model is named.
func TestBadModels(t *testing.T) {
	t.Parallel()
	nan := encoded(float32(math.NaN()))
	for _, test := range []struct {
		name   string
		spoil  func(m *tiny)
		named  string // the key or tensor
		reason string
	}{
		{"architecture", func(m *tiny) { m.set(text("general.architecture", "llama")) }, "general.architecture", "llama"},
		{"no architecture", func(m *tiny) { m.drop("general.architecture") }, "general.architecture", "missing"},
		{"tokenizer", func(m *tiny) { m.set(text("tokenizer.ggml.model", "bert")) }, "tokenizer.ggml.model", "bert"},
		{"pooling", func(m *tiny) { m.set(number("bert.pooling_type", 3)) }, "bert.pooling_type", "3"},
		{"causal", func(m *tiny) { m.set(key{"bert.attention.causal", kindBool, []byte{1}}) }, "bert.attention.causal", "true"},
		{"no positions", func(m *tiny) { m.set(number("bert.context_length", 2)) }, "bert.context_length", "2"},
		{"many positions", func(m *tiny) { m.set(number("bert.context_length", 41)) }, "position_embd.weight", "41"},
		{"many layers", func(m *tiny) { m.set(number("bert.block_count", 1<<30)) }, "bert.block_count", "128"},
		{"one more layer", func(m *tiny) { m.set(number("bert.block_count", 3)) }, "blk.2.attn_q.weight", "missing"},
		{"heads", func(m *tiny) { m.set(number("bert.attention.head_count", 3)) }, "bert.attention.head_count", "divide"},
		{"no heads", func(m *tiny) { m.set(number("bert.attention.head_count", 0)) }, "bert.attention.head_count", "0"},
		{"odd width", func(m *tiny) { m.set(number("bert.embedding_length", 63)) }, "bert.embedding_length", "multiple"},
		{"other width", func(m *tiny) { m.set(number("bert.embedding_length", 32)) }, "token_embd.weight", "64"},
		{"feed", func(m *tiny) { m.set(number("bert.feed_forward_length", 128)) }, "blk.0.ffn_up.weight", "96"},
		{"epsilon", func(m *tiny) { m.set(key{"bert.attention.layer_norm_epsilon", kindFloat, nan}) }, "bert.attention.layer_norm_epsilon", "NaN"},
		{"eos", func(m *tiny) { m.set(number("tokenizer.ggml.eos_token_id", 1000)) }, "tokenizer.ggml.eos_token_id", "1000"},
		{"no eos", func(m *tiny) { m.set(key{"tokenizer.ggml.add_eos_token", kindBool, []byte{0}}) }, "tokenizer.ggml.add_eos_token", "false"},
		{"scores", func(m *tiny) { m.set(array("tokenizer.ggml.scores", kindFloat, 1, make([]byte, 4))) }, "tokenizer.ggml.scores", "1"},
		{"kind", func(m *tiny) { m.set(text("bert.block_count", "two")) }, "bert.block_count", "string"},
		{"no tensor", func(m *tiny) { m.drop("blk.1.ffn_down.weight") }, "blk.1.ffn_down.weight", "missing"},
		{"NaN norm", func(m *tiny) { copy(m.tensor("blk.1.layer_output_norm.weight").raw[8:], nan) }, "blk.1.layer_output_norm.weight", "finite"},
		{"NaN bias", func(m *tiny) { copy(m.tensor("blk.0.attn_k.bias").raw, nan) }, "blk.0.attn_k.bias", "finite"},
		{"infinite scale", func(m *tiny) {
			binary.LittleEndian.PutUint16(m.tensor("blk.1.attn_v.weight").raw[18*3:], 0x7c00)
		}, "blk.1.attn_v.weight", "finite"},
		{"NaN embedding", func(m *tiny) {
			binary.LittleEndian.PutUint16(m.tensor("token_embd.weight").raw[18*5:], 0xfe00)
		}, "token_embd.weight", "finite"},
		{"short bias", func(m *tiny) { s := m.tensor("blk.0.ffn_up.bias"); s.cols--; s.raw = s.raw[4:] }, "blk.0.ffn_up.bias", "95"},
		{"unread type", func(m *tiny) { m.tensor("blk.0.ffn_up.weight").kind = 12 }, "blk.0.ffn_up.weight", "12"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := newTiny(gguf.Q4_0)
			test.spoil(m)
			_, err := encoder.Load(m.bytes(), encoder.Options{})
			if err == nil || !strings.Contains(err.Error(), test.named) || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("error %v, want one that names %s and says %s", err, test.named, test.reason)
			}
		})
	}
}

// TestCutModels: a file that ends too early is an error wherever it ends.
func TestCutModels(t *testing.T) {
	t.Parallel()
	whole := newTiny(gguf.Q8_0).bytes()
	for n := 0; n < len(whole)-1024; n += 1 + n/16 {
		if _, err := encoder.Load(whole[:n], encoder.Options{}); err == nil {
			t.Fatalf("the first %d of %d bytes load", n, len(whole))
		}
	}
}

// TestHugeFigures: finite weights whose products are not give an error, never NaN.
func TestHugeFigures(t *testing.T) {
	t.Parallel()
	m := newTiny(gguf.F32)
	s := m.tensor("blk.1.layer_output_norm.weight")
	for i := range s.cols {
		copy(s.raw[4*i:], encoded(float32(3e38)))
	}
	e, err := encoder.Load(m.bytes(), encoder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := e.EmbedQuery(context.Background(), "la"); !errors.Is(err, encoder.ErrNotFinite) {
		t.Errorf("%v, error %v", v, err)
	}
}

// FuzzLoad: no model makes Load or a first text panic.
func FuzzLoad(f *testing.F) {
	for _, kind := range []gguf.Type{gguf.F32, gguf.Q8_0, gguf.Q4_0} {
		m := newTiny(kind)
		m.hidden, m.feed, m.layers, m.positions = 32, 32, 1, 8
		whole := m.fill().bytes()
		f.Add(whole)
		f.Add(whole[:len(whole)/2])
	}
	level := kernel.Generic
	f.Fuzz(func(t *testing.T, model []byte) {
		e, err := encoder.Load(slices.Clone(model), encoder.Options{Threads: 1, Level: &level})
		if err != nil {
			return
		}
		v, err := e.EmbedQuery(context.Background(), "la relation é\xff")
		if err == nil && !(math.Abs(cosine(v, v)-1) < 1e-3) {
			t.Errorf("not a sound vector: %v", v)
		}
	})
}
