package gguf_test

import (
	"testing"

	"rapporteur/encoder/gguf"
	"rapporteur/encoder/weights"
)

// TestBuiltIn reads the built-in model: its figures are finite and its tensors are as its README has them.
func TestBuiltIn(t *testing.T) {
	t.Parallel()
	f, err := gguf.Parse(weights.Model())
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for name := range f.Tensors() {
		tensor, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := tensor.Check(); err != nil {
			t.Error(err)
		}
		count++
	}
	if count != 197 {
		t.Errorf("%d tensors, the model has 197", count)
	}
	embedding, err := f.Tensor("token_embd.weight")
	if err != nil || embedding.Type != gguf.Q4_0 || embedding.Cols != 384 || embedding.Rows != 250_002 {
		t.Errorf("token_embd.weight is %v, %d x %d, %v", embedding.Type, embedding.Cols, embedding.Rows, err)
	}
	if pieces, err := f.Strings("tokenizer.ggml.tokens"); err != nil || pieces.Len() != 250_002 {
		t.Errorf("%d pieces, %v", pieces.Len(), err)
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := gguf.Parse(weights.Model()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCheck looks through the largest tensor of the built-in model, three million scales.
func BenchmarkCheck(b *testing.B) {
	f, err := gguf.Parse(weights.Model())
	if err != nil {
		b.Fatal(err)
	}
	t, err := f.Tensor("token_embd.weight")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(t.Data)))
	for b.Loop() {
		if err := t.Check(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRow(b *testing.B) {
	f, err := gguf.Parse(weights.Model())
	if err != nil {
		b.Fatal(err)
	}
	t, err := f.Tensor("token_embd.weight")
	if err != nil {
		b.Fatal(err)
	}
	row, i := make([]float32, t.Cols), 0
	for b.Loop() {
		t.Row(row, i)
		i = (i + 7919) % t.Rows
	}
}
