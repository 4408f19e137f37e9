package encoder

import (
	"errors"
	"fmt"
	"sync"

	"rapporteur/encoder/gguf"
	"rapporteur/encoder/kernel"
)

// packing is what matrices are made ready for.
type packing struct {
	level     kernel.Level
	precision Precision
}

// linear is a matrix with its bias.
type linear struct {
	weights *kernel.Weights
	bias    []float32
}

// norm are the figures of a layer normalisation.
type norm struct{ gain, bias []float32 }

// layer is one layer of the encoder.
type layer struct {
	qkv, output, up, down linear
	afterAttention, after norm
}

// model are the weights, ready for the kernels.
type model struct {
	tokens gguf.Tensor // [vocabulary][hidden], read in place
	places []float32   // [positions][hidden]: the vector of the position, that of type 0 added
	norm   norm
	layers []layer
}

// reader reads tensors and keeps the first fault.
type reader struct {
	file *gguf.File
	packing
	err error
}

// readModel reads the tensors. The layers are packed by several goroutines.
func readModel(f *gguf.File, s shape, p packing) (*model, error) {
	m := &model{layers: make([]layer, s.layers)}
	faults := make([]error, s.layers+1)
	var wait sync.WaitGroup
	turn := make(chan struct{}, maxThreads) // a model of 128 layers shall not pack them all at once
	for i := range m.layers {
		turn <- struct{}{}
		wait.Go(func() {
			defer func() { <-turn }()
			r := &reader{file: f, packing: p}
			m.layers[i] = r.layer(s, fmt.Sprintf("blk.%d.", i))
			faults[i] = r.err
		})
	}
	r := &reader{file: f, packing: p}
	r.embeddings(m, s)
	wait.Wait()
	faults[s.layers] = r.err
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return m, nil
}

// embeddings reads what makes the first vectors.
func (r *reader) embeddings(m *model, s shape) {
	m.tokens = r.tensor("token_embd.weight", s.vocabulary, s.hidden)
	m.norm = r.norm("token_embd_norm", s.hidden)
	positions := r.tensor("position_embd.weight", s.positions, s.hidden)
	types := r.tensorOfRows("token_types.weight", s.hidden)
	if r.err != nil {
		return
	}
	m.places = positions.Floats()
	first := make([]float32, s.hidden)
	types.Row(first, 0)
	for i := range m.places {
		m.places[i] += first[i%s.hidden]
	}
}

func (r *reader) layer(s shape, prefix string) layer {
	return layer{
		qkv:            r.linear(s.hidden, s.hidden, prefix+"attn_q", prefix+"attn_k", prefix+"attn_v"),
		output:         r.linear(s.hidden, s.hidden, prefix+"attn_output"),
		up:             r.linear(s.feed, s.hidden, prefix+"ffn_up"),
		down:           r.linear(s.hidden, s.feed, prefix+"ffn_down"),
		afterAttention: r.norm(prefix+"attn_output_norm", s.hidden),
		after:          r.norm(prefix+"layer_output_norm", s.hidden),
	}
}

// fail keeps the first fault.
func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// tensor reads a tensor of finite figures and that shape.
func (r *reader) tensor(name string, rows, cols int) gguf.Tensor {
	t := r.tensorOfRows(name, cols)
	if r.err == nil && t.Rows != rows {
		r.fail(&gguf.Error{Tensor: name, Err: fmt.Errorf("has %d rows, %d are needed", t.Rows, rows)})
	}
	return t
}

// tensorOfRows is tensor for any number of rows.
func (r *reader) tensorOfRows(name string, cols int) gguf.Tensor {
	t, err := r.file.Tensor(name)
	if err == nil && t.Cols != cols {
		err = &gguf.Error{Tensor: name, Err: fmt.Errorf("has rows of %d, %d are needed", t.Cols, cols)}
	}
	if err == nil {
		err = t.Check()
	}
	if err != nil {
		r.fail(err)
	}
	return t
}

func (r *reader) vector(name string, n int) []float32 {
	t := r.tensor(name, 1, n)
	if r.err != nil {
		return nil
	}
	return t.Floats()
}

func (r *reader) norm(name string, n int) norm {
	return norm{gain: r.vector(name+".weight", n), bias: r.vector(name+".bias", n)}
}

// linear reads matrices [n][k] and their biases as one, the matrices one after another.
func (r *reader) linear(n, k int, names ...string) linear {
	var l linear
	tensors := make([]gguf.Tensor, len(names))
	for i, name := range names {
		tensors[i] = r.tensor(name+".weight", n, k)
		l.bias = append(l.bias, r.vector(name+".bias", n)...)
	}
	if r.err == nil {
		l.weights = r.pack(k, tensors)
	}
	return l
}

// pack keeps quantised tensors as they are where the precision allows; they must be of one type for that.
func (r *reader) pack(k int, tensors []gguf.Tensor) *kernel.Weights {
	kind := tensors[0].Type
	blocks := make([][]byte, len(tensors))
	for i, t := range tensors {
		if t.Type != kind {
			kind = gguf.F32
		}
		blocks[i] = t.Data
	}
	switch {
	case r.precision == Quantised && kind == gguf.Q4_0:
		return kernel.PackQ4(r.level, k, blocks...)
	case r.precision == Quantised && kind == gguf.Q8_0:
		return kernel.PackQ8(r.level, k, blocks...)
	}
	figures := make([][]float32, len(tensors))
	for i, t := range tensors {
		figures[i] = t.Floats()
	}
	return kernel.PackFloat(r.level, k, figures...)
}
