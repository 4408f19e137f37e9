package gguf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"unsafe"
)

// kind is the type of a value as the file numbers it (GGUF specification, gguf_metadata_value_type).
type kind uint32

const (
	kindUint8 kind = iota
	kindInt8
	kindUint16
	kindInt16
	kindUint32
	kindInt32
	kindFloat32
	kindBool
	kindString
	kindArray
	kindUint64
	kindInt64
	kindFloat64
)

// String names the type as messages show it.
func (k kind) String() string {
	names := [...]string{"uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "bool", "string", "array",
		"uint64", "int64", "float64"}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("type %d", uint32(k))
}

// size is the number of bytes of a value of fixed size, 0 for the other types.
func (k kind) size() int {
	switch k {
	case kindUint8, kindInt8, kindBool:
		return 1
	case kindUint16, kindInt16:
		return 2
	case kindUint32, kindInt32, kindFloat32:
		return 4
	case kindUint64, kindInt64, kindFloat64:
		return 8
	}
	return 0
}

// value is a view of the bytes of one value: of a number its bytes, of a string its text, of an array its
// elements one after another.
type value struct {
	kind    kind
	element kind // of an array
	count   int  // of an array
	raw     []byte
}

// readKey reads one key with its value.
func (f *File) readKey(r *reader) error {
	key, err := r.name()
	if err != nil {
		return &Error{Err: fmt.Errorf("key %d: name: %w", len(f.keys), err)}
	}
	if f.Has(key) {
		return &Error{Key: key, Err: errors.New("listed twice")}
	}
	v, err := readValue(r)
	if err != nil {
		return &Error{Key: key, Err: err}
	}
	f.values[key] = v
	f.keys = append(f.keys, key)
	return nil
}

func readValue(r *reader) (value, error) {
	n, err := r.uint32()
	if err != nil {
		return value{}, err
	}
	v := value{kind: kind(n)}
	switch {
	case v.kind == kindString:
		v.raw, err = r.text()
	case v.kind == kindArray:
		err = v.readArray(r)
	case v.kind.size() > 0:
		v.raw, err = r.bytes(uint64(v.kind.size()))
	default:
		err = fmt.Errorf("unknown %v", v.kind)
	}
	return v, err
}

// readArray takes the elements of an array as one run of bytes. Strings are walked over once, so that a view
// of them needs no checks.
func (v *value) readArray(r *reader) error {
	n, err := r.uint32()
	if err != nil {
		return err
	}
	v.element = kind(n)
	least := v.element.size()
	if v.element == kindString {
		least = 8
	}
	if least == 0 {
		return fmt.Errorf("an array of %v is not read", v.element)
	}
	if v.count, err = r.count("elements", math.MaxInt32, least); err != nil {
		return err
	}
	start := r.at
	if v.element == kindString {
		for range v.count {
			if _, err := r.text(); err != nil {
				return err
			}
		}
	} else if _, err := r.bytes(uint64(v.count) * uint64(least)); err != nil {
		return err
	}
	v.raw = r.data[start:r.at:r.at]
	return nil
}

// Has tells whether the file has the key.
func (f *File) Has(key string) bool {
	_, ok := f.values[key]
	return ok
}

// value gives the value of a key, or an error that wraps ErrMissing.
func (f *File) value(key string) (value, error) {
	v, ok := f.values[key]
	if !ok {
		return value{}, &Error{Key: key, Err: ErrMissing}
	}
	return v, nil
}

// wrong says that a key is of another type than the one asked for.
func (v value) wrong(key, want string) error {
	is := v.kind.String()
	if v.kind == kindArray {
		is = "array of " + v.element.String()
	}
	return &Error{Key: key, Err: fmt.Errorf("is %s, %s is needed", is, want)}
}

// String gives the text of a key, in place.
func (f *File) String(key string) (string, error) {
	v, err := f.value(key)
	if err != nil {
		return "", err
	}
	if v.kind != kindString {
		return "", v.wrong(key, "string")
	}
	return inPlace(v.raw), nil
}

// Bool gives a key that is true or false.
func (f *File) Bool(key string) (bool, error) {
	v, err := f.value(key)
	if err != nil {
		return false, err
	}
	if v.kind != kindBool || v.raw[0] > 1 {
		return false, v.wrong(key, "bool")
	}
	return v.raw[0] == 1, nil
}

// Uint gives a key that holds a whole number of any width; a negative one is an error.
func (f *File) Uint(key string) (uint64, error) {
	v, err := f.value(key)
	if err != nil {
		return 0, err
	}
	if !v.kind.whole() {
		return 0, v.wrong(key, "a whole number")
	}
	n, signed := v.integer()
	if signed && int64(n) < 0 {
		return 0, &Error{Key: key, Err: fmt.Errorf("is %d, below zero", int64(n))}
	}
	return n, nil
}

// whole tells whether the type is one of whole numbers.
func (k kind) whole() bool {
	return k <= kindInt32 || k == kindUint64 || k == kindInt64
}

// integer gives a whole number, extended by its sign to 64 bits where the type has one.
func (v value) integer() (n uint64, signed bool) {
	switch v.kind {
	case kindUint8:
		return uint64(v.raw[0]), false
	case kindInt8:
		return uint64(int8(v.raw[0])), true
	case kindUint16:
		return uint64(binary.LittleEndian.Uint16(v.raw)), false
	case kindInt16:
		return uint64(int16(binary.LittleEndian.Uint16(v.raw))), true
	case kindUint32:
		return uint64(binary.LittleEndian.Uint32(v.raw)), false
	case kindInt32:
		return uint64(int32(binary.LittleEndian.Uint32(v.raw))), true
	case kindUint64:
		return binary.LittleEndian.Uint64(v.raw), false
	case kindInt64:
		return binary.LittleEndian.Uint64(v.raw), true
	}
	return 0, false
}

// Float gives a key that holds a finite floating-point number.
func (f *File) Float(key string) (float64, error) {
	v, err := f.value(key)
	if err != nil {
		return 0, err
	}
	var x float64
	switch v.kind {
	case kindFloat32:
		x = float64(math.Float32frombits(binary.LittleEndian.Uint32(v.raw)))
	case kindFloat64:
		x = math.Float64frombits(binary.LittleEndian.Uint64(v.raw))
	default:
		return 0, v.wrong(key, "a floating-point number")
	}
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, &Error{Key: key, Err: fmt.Errorf("is %v", x)}
	}
	return x, nil
}

// array gives the value of a key that is an array of one of the types.
func (f *File) array(key, want string, elements ...kind) (value, error) {
	v, err := f.value(key)
	if err != nil {
		return value{}, err
	}
	for _, e := range elements {
		if v.kind == kindArray && v.element == e {
			return v, nil
		}
	}
	return value{}, v.wrong(key, want)
}

// Bytes gives an array of bytes, in place.
func (f *File) Bytes(key string) ([]byte, error) {
	v, err := f.array(key, "array of uint8", kindUint8, kindInt8)
	return v.raw, err
}

// Floats gives an array of 32-bit floating-point numbers, as a copy. They may be NaN.
func (f *File) Floats(key string) ([]float32, error) {
	v, err := f.array(key, "array of float32", kindFloat32)
	if err != nil {
		return nil, err
	}
	out := make([]float32, v.count)
	decodeFloats(out, v.raw)
	return out, nil
}

// Ints gives an array of 32-bit whole numbers, as a copy.
func (f *File) Ints(key string) ([]int32, error) {
	v, err := f.array(key, "array of int32", kindInt32, kindUint32)
	if err != nil {
		return nil, err
	}
	out := make([]int32, v.count)
	for i := range out {
		out[i] = int32(binary.LittleEndian.Uint32(v.raw[4*i:]))
	}
	return out, nil
}

// Strings gives a view of an array of strings.
func (f *File) Strings(key string) (Strings, error) {
	v, err := f.array(key, "array of string", kindString)
	if err != nil {
		return Strings{}, err
	}
	return Strings{raw: v.raw, count: v.count}, nil
}

// Strings is an array of strings in place: nothing is allocated for them until they are walked over.
type Strings struct {
	raw   []byte
	count int
}

// Len is the number of strings.
func (s Strings) Len() int { return s.count }

// All gives the strings in order. They are views of the file.
func (s Strings) All() iter.Seq[string] {
	return func(yield func(string) bool) {
		// Parse has walked over the lengths, they are known to fit.
		for raw := s.raw; len(raw) > 0; {
			n := binary.LittleEndian.Uint64(raw)
			if !yield(inPlace(raw[8 : 8+n])) {
				return
			}
			raw = raw[8+n:]
		}
	}
}

// inPlace gives bytes of the file as a string without a copy; Parse asks that the file does not change.
func inPlace(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}
