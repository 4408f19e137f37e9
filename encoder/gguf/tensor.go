package gguf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Type is how the figures of a tensor are stored, numbered as in the file (ggml_type).
type Type uint32

// The types that are read.
const (
	F32 Type = 0 // 32-bit floating point
	F16 Type = 1 // 16-bit floating point
	// Q4_0 is blocks of 32: a 16-bit scale d, then 16 bytes. Byte i holds figure i in its low half and figure
	// i+16 in its high half; a figure is (half - 8) * d.
	Q4_0 Type = 2
	// Q8_0 is blocks of 32: a 16-bit scale d, then 32 signed bytes; a figure is byte * d.
	Q8_0 Type = 8
)

// QuantBlock is the number of figures that share a scale in Q4_0 and Q8_0.
const QuantBlock = 32

// String names the type.
func (t Type) String() string {
	switch t {
	case F32:
		return "F32"
	case F16:
		return "F16"
	case Q4_0:
		return "Q4_0"
	case Q8_0:
		return "Q8_0"
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// layout gives the number of figures of a block and of its bytes, 0 for types that are not read.
func (t Type) layout() (block, bytes int) {
	switch t {
	case F32:
		return 1, 4
	case F16:
		return 1, 2
	case Q4_0:
		return QuantBlock, 2 + QuantBlock/2
	case Q8_0:
		return QuantBlock, 2 + QuantBlock
	}
	return 0, 0
}

// Tensor is a matrix of the file, in place. Cols is the contiguous dimension, Rows the product of the others
// (1 for a vector). Data is Rows rows of Cols figures as Type stores them; it may lie at any address.
type Tensor struct {
	Name       string
	Type       Type
	Cols, Rows int
	Data       []byte
}

// Tensor gives a tensor by its name. A tensor of a type that is not read is an error.
func (f *File) Tensor(name string) (Tensor, error) {
	t, ok := f.tensors[name]
	if !ok {
		return Tensor{}, &Error{Tensor: name, Err: ErrMissing}
	}
	if block, _ := t.kind.layout(); block == 0 {
		return Tensor{}, &Error{Tensor: name, Err: fmt.Errorf("is of %v, only F32, F16, Q8_0 and Q4_0 are read", t.kind)}
	}
	size, err := t.size()
	if err != nil {
		return Tensor{}, &Error{Tensor: name, Err: err}
	}
	end := t.offset + size
	return Tensor{Name: name, Type: t.kind, Cols: t.cols, Rows: t.rows, Data: f.data[t.offset:end:end]}, nil
}

// rowBytes is the number of bytes of a row.
func (t Tensor) rowBytes() int {
	block, bytes := t.Type.layout()
	return t.Cols / block * bytes
}

// Row writes the figures of row i to dst, which has room for Cols of them.
func (t Tensor) Row(dst []float32, i int) {
	n := t.rowBytes()
	t.Type.decode(dst[:t.Cols], t.Data[i*n:(i+1)*n])
}

// Floats gives all figures, row after row, as a copy.
func (t Tensor) Floats() []float32 {
	out := make([]float32, t.Cols*t.Rows)
	t.Type.decode(out, t.Data)
	return out
}

// decode writes the figures of whole blocks.
func (t Type) decode(dst []float32, raw []byte) {
	switch t {
	case F32:
		decodeFloats(dst, raw)
	case F16:
		for i := range dst {
			dst[i] = half(binary.LittleEndian.Uint16(raw[2*i:]))
		}
	case Q4_0:
		decodeQ4(dst, raw)
	case Q8_0:
		decodeQ8(dst, raw)
	}
}

func decodeFloats(dst []float32, raw []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
}

func decodeQ4(dst []float32, raw []byte) {
	for len(dst) >= QuantBlock {
		scale := half(binary.LittleEndian.Uint16(raw))
		codes := raw[2 : 2+QuantBlock/2]
		low, high := dst[:QuantBlock/2], dst[QuantBlock/2:QuantBlock]
		for i, c := range codes {
			low[i] = scale * float32(int(c&15)-8)
			high[i] = scale * float32(int(c>>4)-8)
		}
		dst, raw = dst[QuantBlock:], raw[2+QuantBlock/2:]
	}
}

func decodeQ8(dst []float32, raw []byte) {
	for len(dst) >= QuantBlock {
		scale := half(binary.LittleEndian.Uint16(raw))
		for i, c := range raw[2 : 2+QuantBlock] {
			dst[i] = scale * float32(int8(c))
		}
		dst, raw = dst[QuantBlock:], raw[2+QuantBlock:]
	}
}

// half widens a 16-bit floating-point number (IEEE 754 binary16).
func half(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exponent := uint32(h>>10) & 31
	fraction := uint32(h & 0x3ff)
	switch exponent {
	case 0: // zero, or below the least normal number: fraction * 2^-24 is exact
		x := float32(fraction) * (1.0 / (1 << 24))
		return math.Float32frombits(math.Float32bits(x) | sign)
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}

// errNotFinite is the cause that Check gives.
var errNotFinite = errors.New("a figure or scale is not a finite number")

// Check looks for figures, or scales of blocks, that are NaN or infinite. It reads the whole tensor, but of a
// quantised one only the scales.
func (t Tensor) Check() error {
	finite := true
	switch t.Type {
	case F32:
		const exponent = 0x7f800000
		for i := 0; i+4 <= len(t.Data); i += 4 {
			finite = finite && binary.LittleEndian.Uint32(t.Data[i:])&exponent != exponent
		}
	default:
		const exponent = 0x7c
		_, stride := t.Type.layout()
		for i := 1; i < len(t.Data); i += stride {
			finite = finite && t.Data[i]&exponent != exponent
		}
	}
	if !finite {
		return &Error{Tensor: t.Name, Err: errNotFinite}
	}
	return nil
}
