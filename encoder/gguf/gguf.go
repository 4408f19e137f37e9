// Package gguf reads model files in the GGUF format, version 3, in place.
//
// Parse walks the header once, checks every length against the bytes that are there and keeps views: neither
// tensor data nor large arrays are copied. The bytes handed to Parse must not change while the File is in use,
// and what the views give must not be written to.
//
// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
package gguf

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math/bits"
	"slices"
)

// Bounds of what is accepted. Real models stay far below; a hostile header must not make the tables larger
// than a small part of what the file itself takes.
const (
	maxKeys       = 1 << 16
	maxTensors    = 1 << 16
	maxName       = 1 << 16 // bytes of a key or tensor name; the format allows 2^16-1 for keys
	maxDimensions = 4       // GGML_MAX_DIMS
	maxAlignment  = 1 << 20
)

// defaultAlignment of the tensor data, in bytes, where `general.alignment` is absent (GGUF specification).
const defaultAlignment = 32

// ErrMissing is wrapped by the error for a key or tensor that the file does not have.
var ErrMissing = errors.New("missing")

// Error is a fault of a model file. It names the key or the tensor at fault; both are empty where the fault
// lies in the file as a whole.
type Error struct {
	Key, Tensor string
	Err         error
}

// Error gives the fault in one line.
func (e *Error) Error() string {
	switch {
	case e.Key != "":
		return fmt.Sprintf("gguf: key %.80q: %v", e.Key, e.Err)
	case e.Tensor != "":
		return fmt.Sprintf("gguf: tensor %.80q: %v", e.Tensor, e.Err)
	}
	return fmt.Sprintf("gguf: %v", e.Err)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// File is a parsed model file. It is safe for concurrent use.
type File struct {
	values  map[string]value
	keys    []string
	tensors map[string]info
	names   []string
	data    []byte // the part of the file that holds the tensors
}

// Parse reads the header of a GGUF file of version 3, little-endian. It reads data in place.
func Parse(data []byte) (*File, error) {
	f := &File{values: map[string]value{}, tensors: map[string]info{}}
	r := &reader{data: data}
	tensors, keys, err := header(r)
	if err != nil {
		return nil, &Error{Err: err}
	}
	for range keys {
		if err := f.readKey(r); err != nil {
			return nil, err
		}
	}
	alignment, err := f.alignment()
	if err != nil {
		return nil, err
	}
	for range tensors {
		if err := f.readInfo(r, alignment); err != nil {
			return nil, err
		}
	}
	if len(f.names) > 0 {
		start := (r.at + alignment - 1) / alignment * alignment
		if start > len(data) {
			return nil, &Error{Err: fmt.Errorf("the file ends before the tensor data: %d of %d bytes", len(data), start)}
		}
		f.data = data[start:]
	}
	if err := f.placeTensors(); err != nil {
		return nil, err
	}
	return f, nil
}

// header reads the fixed part: the counts of tensors and of keys.
func header(r *reader) (tensors, keys int, err error) {
	magic, err := r.bytes(4)
	if err != nil || string(magic) != "GGUF" {
		return 0, 0, errors.New("not a GGUF file")
	}
	version, err := r.uint32()
	if err != nil {
		return 0, 0, err
	}
	if version != 3 && bits.ReverseBytes32(version) <= 3 {
		return 0, 0, errors.New("the file is big-endian, only little-endian files are read")
	}
	if version != 3 {
		return 0, 0, fmt.Errorf("version %d, only version 3 is read", version)
	}
	// 8+1+4+1 bytes is the least that a key takes, 8+1+4+4+8 a tensor.
	if tensors, err = r.count("tensors", maxTensors, 25); err != nil {
		return 0, 0, err
	}
	keys, err = r.count("keys", maxKeys, 14)
	return tensors, keys, err
}

// alignment gives the boundary that tensor data lies on, in bytes.
func (f *File) alignment() (int, error) {
	const key = "general.alignment"
	if !f.Has(key) {
		return defaultAlignment, nil
	}
	n, err := f.Uint(key)
	if err != nil {
		return 0, err
	}
	if n == 0 || n > maxAlignment || n&(n-1) != 0 {
		return 0, &Error{Key: key, Err: fmt.Errorf("%d is not a power of two of at most %d", n, maxAlignment)}
	}
	return int(n), nil
}

// Keys gives the keys in the order of the file.
func (f *File) Keys() iter.Seq[string] { return slices.Values(f.keys) }

// Tensors gives the names of the tensors in the order of the file.
func (f *File) Tensors() iter.Seq[string] { return slices.Values(f.names) }

// info is what the header says of a tensor.
type info struct {
	kind       Type
	cols, rows int
	offset     uint64 // from the start of the tensor data
}

// readInfo reads one entry of the table of tensors.
func (f *File) readInfo(r *reader, alignment int) error {
	name, err := r.name()
	if err != nil {
		return &Error{Err: fmt.Errorf("tensor %d: name: %w", len(f.names), err)}
	}
	fail := func(err error) error { return &Error{Tensor: name, Err: err} }
	if _, twice := f.tensors[name]; twice {
		return fail(errors.New("listed twice"))
	}
	t := info{}
	if t.cols, t.rows, err = dimensions(r); err != nil {
		return fail(err)
	}
	kind, err := r.uint32()
	if err != nil {
		return fail(err)
	}
	t.kind = Type(kind)
	if t.offset, err = r.uint64(); err != nil {
		return fail(err)
	}
	if t.offset%uint64(alignment) != 0 {
		return fail(fmt.Errorf("offset %d is not a multiple of the alignment %d", t.offset, alignment))
	}
	f.tensors[name] = t
	f.names = append(f.names, name)
	return nil
}

// dimensions reads the shape of a tensor as a matrix: the contiguous dimension and the product of the others.
func dimensions(r *reader) (cols, rows int, err error) {
	n, err := r.uint32()
	if err != nil {
		return 0, 0, err
	}
	if n == 0 || n > maxDimensions {
		return 0, 0, fmt.Errorf("%d dimensions, 1 to %d are read", n, maxDimensions)
	}
	cols, rows = 1, 1
	for i := range n {
		d, err := r.uint64()
		if err != nil {
			return 0, 0, err
		}
		// 2^40 elements are more than any file holds, and leave room to count their bytes.
		high, product := bits.Mul64(uint64(cols)*uint64(rows), d)
		if d == 0 || high != 0 || product > 1<<40 {
			return 0, 0, fmt.Errorf("dimension %d is %d", i, d)
		}
		if i == 0 {
			cols = int(d)
		} else {
			rows *= int(d)
		}
	}
	return cols, rows, nil
}

// placeTensors checks that the data of each tensor lies in the file and that no two share bytes. Of a tensor
// of a type that is not read only the start is known; asking for it is an error later.
func (f *File) placeTensors() error {
	order := slices.Clone(f.names)
	slices.SortStableFunc(order, func(a, b string) int {
		return cmp.Compare(f.tensors[a].offset, f.tensors[b].offset)
	})
	end, last := uint64(0), ""
	for _, name := range order {
		t := f.tensors[name]
		size, err := t.size()
		if err != nil {
			return &Error{Tensor: name, Err: err}
		}
		if t.offset > uint64(len(f.data)) || size > uint64(len(f.data))-t.offset {
			return &Error{Tensor: name, Err: fmt.Errorf("%d bytes at %d, the file has %d bytes of tensors", size, t.offset, len(f.data))}
		}
		if t.offset < end {
			return &Error{Tensor: name, Err: fmt.Errorf("shares bytes with tensor %.80q", last)}
		}
		end, last = t.offset+size, name
	}
	return nil
}

// size is the number of bytes that the tensor takes, 0 for a type that is not read.
func (t info) size() (uint64, error) {
	block, bytes := t.kind.layout()
	if block == 0 {
		return 0, nil
	}
	if t.cols%block != 0 {
		return 0, fmt.Errorf("rows of %d are not whole blocks of %d (%v)", t.cols, block, t.kind)
	}
	return uint64(t.cols/block) * uint64(t.rows) * uint64(bytes), nil
}

// reader walks over the header. Each method checks what it reads against the bytes that are left.
type reader struct {
	data []byte
	at   int
}

// errShort says that the file ends too early.
var errShort = errors.New("the file is cut short")

func (r *reader) bytes(n uint64) ([]byte, error) {
	if n > uint64(len(r.data)-r.at) {
		return nil, errShort
	}
	b := r.data[r.at : r.at+int(n) : r.at+int(n)]
	r.at += int(n)
	return b, nil
}

func (r *reader) uint32() (uint32, error) {
	b, err := r.bytes(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (r *reader) uint64() (uint64, error) {
	b, err := r.bytes(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// text reads a string with its length in front.
func (r *reader) text() ([]byte, error) {
	n, err := r.uint64()
	if err != nil {
		return nil, err
	}
	return r.bytes(n)
}

// name reads a key or the name of a tensor.
func (r *reader) name() (string, error) {
	b, err := r.text()
	if err != nil {
		return "", err
	}
	if len(b) == 0 || len(b) >= maxName {
		return "", fmt.Errorf("%d bytes long", len(b))
	}
	return string(b), nil
}

// count reads how many entries follow; least is the number of bytes that one takes at least.
func (r *reader) count(what string, most, least int) (int, error) {
	n, err := r.uint64()
	if err != nil {
		return 0, err
	}
	if n > uint64(most) || n > uint64(len(r.data)-r.at)/uint64(least) {
		return 0, fmt.Errorf("%d %s are announced, more than the file can hold", n, what)
	}
	return int(n), nil
}
