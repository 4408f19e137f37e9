package encoder_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"rapporteur/encoder/gguf"
	"rapporteur/encoder/unigram"
)

// tiny is a small BERT in the making: tests change what they want to be wrong, then write it.
type tiny struct {
	hidden, feed, layers, heads, positions int

	kind    gguf.Type // of the matrices
	keys    []key
	tensors []tensor
	random  *rand.Rand
}

// key is a key of the file, with its type and the bytes of its value.
type key struct {
	name string
	kind uint32
	raw  []byte
}

type tensor struct {
	name       string
	kind       gguf.Type
	rows, cols int
	raw        []byte
}

// The types of values in GGUF.
const (
	kindUint32 = 4
	kindInt32  = 5
	kindFloat  = 6
	kindBool   = 7
	kindString = 8
	kindArray  = 9
)

func newTiny(kind gguf.Type) *tiny {
	t := &tiny{hidden: 64, feed: 96, layers: 2, heads: 2, positions: 40, kind: kind, random: rand.New(rand.NewPCG(1, 2))}
	return t.fill()
}

// fill makes keys and tensors of the sizes.
func (t *tiny) fill() *tiny {
	pieces := tinyPieces()
	scores, types := make([]float32, len(pieces)), make([]int32, len(pieces))
	for i, p := range pieces {
		scores[i], types[i] = -10+float32(len(p)), 1
		if strings.HasPrefix(p, "<") {
			types[i] = 3
		}
	}
	types[3] = 2
	t.keys = []key{
		text("general.architecture", "bert"),
		number("bert.context_length", t.positions),
		number("bert.embedding_length", t.hidden),
		number("bert.feed_forward_length", t.feed),
		number("bert.block_count", t.layers),
		number("bert.attention.head_count", t.heads),
		{"bert.attention.layer_norm_epsilon", kindFloat, encoded(float32(1e-12))},
		{"bert.attention.causal", kindBool, []byte{0}},
		number("bert.pooling_type", 1),
		text("tokenizer.ggml.model", "t5"),
		array("tokenizer.ggml.tokens", kindString, len(pieces), joined(pieces)),
		array("tokenizer.ggml.scores", kindFloat, len(scores), encoded(scores)),
		array("tokenizer.ggml.token_type", kindInt32, len(types), encoded(types)),
		number("tokenizer.ggml.bos_token_id", 0),
		number("tokenizer.ggml.eos_token_id", 2),
		number("tokenizer.ggml.unknown_token_id", 3),
	}
	t.tensors = nil
	t.matrix("token_embd.weight", len(pieces), t.hidden)
	t.floats("position_embd.weight", t.positions, t.hidden, 0)
	t.floats("token_types.weight", 2, t.hidden, 0)
	t.norm("token_embd_norm")
	for i := range t.layers {
		p := fmt.Sprintf("blk.%d.", i)
		for _, name := range []string{"attn_q", "attn_k", "attn_v", "attn_output"} {
			t.linear(p+name, t.hidden, t.hidden)
		}
		t.norm(p + "attn_output_norm")
		t.linear(p+"ffn_up", t.feed, t.hidden)
		t.linear(p+"ffn_down", t.hidden, t.feed)
		t.norm(p + "layer_output_norm")
	}
	return t
}

func tinyPieces() []string {
	pieces := []string{"<s>", "<pad>", "</s>", "<unk>", "▁", "▁la", "▁le", "en", "ti", "▁re", "on", "é"}
	for c := 'a'; c <= 'z'; c++ {
		pieces = append(pieces, string(c))
	}
	return pieces
}

func (t *tiny) linear(name string, n, k int) {
	t.matrix(name+".weight", n, k)
	t.floats(name+".bias", 1, n, 0)
}

func (t *tiny) norm(name string) {
	t.floats(name+".weight", 1, t.hidden, 1)
	t.floats(name+".bias", 1, t.hidden, 0)
}

// floats adds an F32 tensor of figures around the middle.
func (t *tiny) floats(name string, rows, cols int, middle float32) {
	v := make([]float32, rows*cols)
	for i := range v {
		v[i] = middle + float32(t.random.NormFloat64())/8
	}
	t.tensors = append(t.tensors, tensor{name, gguf.F32, rows, cols, encoded(v)})
}

// matrix adds a tensor of the kind of the model's matrices.
func (t *tiny) matrix(name string, rows, cols int) {
	if t.kind == gguf.F32 {
		t.floats(name, rows, cols, 0)
		return
	}
	var raw []byte
	codes := 16 // bytes of the codes of a block
	if t.kind == gguf.Q8_0 {
		codes = 32
	}
	for range rows * cols / 32 {
		if t.kind == gguf.F16 {
			for range 32 { // ± 2^-3 to 2^-1
				raw = binary.LittleEndian.AppendUint16(raw, uint16(t.random.IntN(2)<<15|(12+t.random.IntN(2))<<10|t.random.IntN(1024)))
			}
			continue
		}
		scale := (8+t.random.IntN(2))<<10 | t.random.IntN(1024) // 2^-7 to 2^-5
		if t.kind == gguf.Q8_0 {
			scale -= 4 << 10
		}
		raw = binary.LittleEndian.AppendUint16(raw, uint16(scale))
		for range codes {
			raw = append(raw, byte(t.random.IntN(256)))
		}
	}
	t.tensors = append(t.tensors, tensor{name, t.kind, rows, cols, raw})
}

// set puts a key in the place of that with its name, or at the end.
func (t *tiny) set(k key) {
	for i := range t.keys {
		if t.keys[i].name == k.name {
			t.keys[i] = k
			return
		}
	}
	t.keys = append(t.keys, k)
}

// drop removes the key or tensor of that name.
func (t *tiny) drop(name string) {
	for i, k := range t.keys {
		if k.name == name {
			t.keys = append(t.keys[:i:i], t.keys[i+1:]...)
		}
	}
	for i, s := range t.tensors {
		if s.name == name {
			t.tensors = append(t.tensors[:i:i], t.tensors[i+1:]...)
		}
	}
}

// tensor gives the tensor of that name, to be changed.
func (t *tiny) tensor(name string) *tensor {
	for i := range t.tensors {
		if t.tensors[i].name == name {
			return &t.tensors[i]
		}
	}
	panic("no tensor " + name)
}

// bytes writes the file.
func (t *tiny) bytes() []byte {
	out := []byte("GGUF")
	out = append(out, encoded([]uint32{3})...)
	out = append(out, encoded([]uint64{uint64(len(t.tensors)), uint64(len(t.keys))})...)
	for _, k := range t.keys {
		out = append(append(append(out, joined([]string{k.name})...), encoded(k.kind)...), k.raw...)
	}
	var figures []byte
	for _, s := range t.tensors {
		out = append(append(out, joined([]string{s.name})...), encoded(uint32(2))...)
		out = append(out, encoded([]uint64{uint64(s.cols), uint64(s.rows)})...)
		out = append(append(out, encoded(uint32(s.kind))...), encoded(uint64(len(figures)))...)
		figures = aligned(append(figures, s.raw...))
	}
	return append(aligned(out), figures...)
}

func aligned(b []byte) []byte { return append(b, make([]byte, (32-len(b)%32)%32)...) }

func encoded(v any) []byte {
	var b bytes.Buffer
	if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func joined(texts []string) []byte {
	var b []byte
	for _, s := range texts {
		b = append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
	}
	return b
}

func text(name, v string) key       { return key{name, kindString, joined([]string{v})} }
func number(name string, v int) key { return key{name, kindUint32, encoded(uint32(v))} }

func array(name string, kind uint32, n int, raw []byte) key {
	return key{name, kindArray, append(append(encoded(kind), encoded(uint64(n))...), raw...)}
}

// cut gives the ids that the model reads: special ones around what there is room for.
func (t *tiny) cut(tokens []unigram.Token) []int32 {
	ids := []int32{0}
	for _, token := range tokens[:min(len(tokens), t.positions-2)] {
		ids = append(ids, token.ID)
	}
	return append(ids, 2)
}

// exactly embeds tokens, special ones included, in float64 as the paper has it, reading the file once more.
func (t *tiny) exactly(ids []int32, cls bool) []float32 {
	f, err := gguf.Parse(t.bytes())
	if err != nil {
		panic(err)
	}
	p := &exact{file: f, hidden: t.hidden, heads: t.heads}
	words, _ := p.figures("token_embd.weight")
	places, _ := p.figures("position_embd.weight")
	types, _ := p.figures("token_types.weight")
	x := make([][]float64, len(ids))
	for i, id := range ids {
		x[i] = make([]float64, t.hidden)
		for j := range x[i] {
			x[i][j] = float64(words[int(id)*t.hidden+j]) + float64(places[i*t.hidden+j]) + float64(types[j])
		}
	}
	p.normalise("token_embd_norm", x)
	for l := range t.layers {
		b := fmt.Sprintf("blk.%d.", l)
		a := p.multiply(b+"attn_output", p.attend(p.multiply(b+"attn_q", x), p.multiply(b+"attn_k", x), p.multiply(b+"attn_v", x)))
		p.add(a, x)
		p.normalise(b+"attn_output_norm", a)
		wide := p.multiply(b+"ffn_up", a)
		for _, row := range wide {
			for j, v := range row {
				row[j] = v / 2 * (1 + math.Erf(v/math.Sqrt2))
			}
		}
		x = p.multiply(b+"ffn_down", wide)
		p.add(x, a)
		p.normalise(b+"layer_output_norm", x)
	}
	if cls {
		x = x[:1]
	}
	out := make([]float32, t.hidden)
	for _, row := range x {
		for j, v := range row {
			out[j] += float32(v)
		}
	}
	return out
}

// exact reads figures of a file and computes with them in float64.
type exact struct {
	file          *gguf.File
	hidden, heads int
}

// figures gives a tensor and the length of its rows.
func (p *exact) figures(name string) ([]float32, int) {
	t, err := p.file.Tensor(name)
	if err != nil {
		panic(err)
	}
	return t.Floats(), t.Cols
}

func (p *exact) multiply(name string, x [][]float64) [][]float64 {
	w, cols := p.figures(name + ".weight")
	bias, _ := p.figures(name + ".bias")
	out := make([][]float64, len(x))
	for i := range x {
		out[i] = make([]float64, len(bias))
		for j := range bias {
			sum := float64(bias[j])
			for k, v := range w[j*cols : (j+1)*cols] {
				sum += x[i][k] * float64(v)
			}
			out[i][j] = sum
		}
	}
	return out
}

func (p *exact) attend(q, k, v [][]float64) [][]float64 {
	out := make([][]float64, len(q))
	dim := p.hidden / p.heads
	for i := range q {
		out[i] = make([]float64, p.hidden)
		for h := range p.heads {
			at := h * dim
			weights, sum := make([]float64, len(k)), 0.0
			for j := range k {
				for d := at; d < at+dim; d++ {
					weights[j] += q[i][d] * k[j][d]
				}
				weights[j] = math.Exp(weights[j] / math.Sqrt(float64(dim)))
				sum += weights[j]
			}
			for j := range k {
				for d := at; d < at+dim; d++ {
					out[i][d] += weights[j] / sum * v[j][d]
				}
			}
		}
	}
	return out
}

func (p *exact) add(x, y [][]float64) {
	for i := range x {
		for j := range x[i] {
			x[i][j] += y[i][j]
		}
	}
}

func (p *exact) normalise(name string, x [][]float64) {
	gain, _ := p.figures(name + ".weight")
	bias, _ := p.figures(name + ".bias")
	for _, row := range x {
		var mean, square float64
		for _, v := range row {
			mean += v / float64(len(row))
		}
		for _, v := range row {
			square += (v - mean) * (v - mean) / float64(len(row))
		}
		for j, v := range row {
			row[j] = (v-mean)/math.Sqrt(square+1e-12)*float64(gain[j]) + float64(bias[j])
		}
	}
}
