package gguf_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"rapporteur/encoder/gguf"
)

// file writes GGUF files for the tests: correct ones, and ones with whatever numbers a test asks for.
type file struct {
	version       uint32
	keys, tensors uint64
	header, infos []byte
	data          []byte
	alignment     int
}

func newFile() *file { return &file{version: 3, alignment: 32} }

func text(b []byte, s string) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(len(s)))
	return append(b, s...)
}

// key adds a key with the number of its type and its raw value.
func (f *file) key(name string, kind uint32, raw []byte) *file {
	f.keys++
	f.header = text(f.header, name)
	f.header = binary.LittleEndian.AppendUint32(f.header, kind)
	f.header = append(f.header, raw...)
	return f
}

// array adds a key that is an array.
func (f *file) array(name string, element uint32, count uint64, raw []byte) *file {
	b := binary.LittleEndian.AppendUint32(nil, element)
	b = binary.LittleEndian.AppendUint64(b, count)
	return f.key(name, 9, append(b, raw...))
}

// info adds a line to the table of tensors.
func (f *file) info(name string, kind uint32, offset uint64, dims ...uint64) *file {
	f.tensors++
	f.infos = text(f.infos, name)
	f.infos = binary.LittleEndian.AppendUint32(f.infos, uint32(len(dims)))
	for _, d := range dims {
		f.infos = binary.LittleEndian.AppendUint64(f.infos, d)
	}
	f.infos = binary.LittleEndian.AppendUint32(f.infos, kind)
	f.infos = binary.LittleEndian.AppendUint64(f.infos, offset)
	return f
}

// tensor adds a tensor with its data.
func (f *file) tensor(name string, kind uint32, raw []byte, dims ...uint64) *file {
	f.pad()
	f.info(name, kind, uint64(len(f.data)), dims...)
	f.data = append(f.data, raw...)
	return f
}

func (f *file) pad() {
	for len(f.data)%f.alignment != 0 {
		f.data = append(f.data, 0)
	}
}

func (f *file) bytes() []byte {
	b := binary.LittleEndian.AppendUint32([]byte("GGUF"), f.version)
	b = binary.LittleEndian.AppendUint64(b, f.tensors)
	b = binary.LittleEndian.AppendUint64(b, f.keys)
	b = append(b, f.header...)
	b = append(b, f.infos...)
	for len(b)%f.alignment != 0 {
		b = append(b, 0)
	}
	return append(b, f.data...)
}

func u32(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }
func u64(n uint64) []byte { return binary.LittleEndian.AppendUint64(nil, n) }
func f32(xs ...float32) []byte {
	var b []byte
	for _, x := range xs {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

// whole is a small file with a value of every type and a tensor of every type that is read.
func whole() *file {
	f := newFile()
	f.key("u8", 0, []byte{200}).key("i8", 1, []byte{0xff}).key("u16", 2, []byte{1, 2}).key("i16", 3, []byte{0xfe, 0xff})
	f.key("u32", 4, u32(1<<31)).key("i32", 5, u32(math.MaxUint32)).key("f32", 6, f32(1.5)).key("bool", 7, []byte{1})
	f.key("string", 8, text(nil, "élan")).key("u64", 10, u64(1<<63)).key("i64", 11, u64(7)).key("f64", 12, u64(math.Float64bits(-2)))
	f.array("strings", 8, 3, text(text(text(nil, "a"), ""), "ccc"))
	f.array("floats", 6, 2, f32(1, -1)).array("ints", 5, 2, append(u32(3), u32(math.MaxUint32)...)).array("bytes", 0, 3, []byte{1, 2, 3})
	f.tensor("f32", 0, f32(1, 2, 3, 4, 5, 6), 3, 2)
	f.tensor("f16", 1, []byte{0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0xff, 0x7b}, 4)
	q4 := []byte{0x00, 0x38} // scale 0.5
	q8 := []byte{0x00, 0x34} // scale 0.25
	for i := range 16 {
		q4 = append(q4, byte(i|(15-i)<<4))
	}
	for i := range 32 {
		q8 = append(q8, byte(i-16))
	}
	f.tensor("q4", 2, slices.Concat(q4, q4), 32, 2)
	f.tensor("q8", 8, q8, 32)
	f.info("other", 12, uint64(len(f.data)+31)/32*32, 256)
	f.pad()
	return f
}

func parse(t *testing.T, f *file) *gguf.File {
	t.Helper()
	got, err := gguf.Parse(f.bytes())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	f := parse(t, whole())
	for key, want := range map[string]uint64{"u8": 200, "u16": 513, "u32": 1 << 31, "u64": 1 << 63, "i64": 7} {
		if got, err := f.Uint(key); err != nil || got != want {
			t.Errorf("Uint(%s) = %d, %v; want %d", key, got, err, want)
		}
	}
	for _, key := range []string{"i8", "i16", "i32"} {
		if got, err := f.Uint(key); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("Uint(%s) = %d, %v; want an error that names it", key, got, err)
		}
	}
	for key, want := range map[string]float64{"f32": 1.5, "f64": -2} {
		if got, err := f.Float(key); err != nil || got != want {
			t.Errorf("Float(%s) = %v, %v; want %v", key, got, err, want)
		}
	}
	if got, err := f.Bool("bool"); err != nil || !got {
		t.Errorf("Bool = %v, %v", got, err)
	}
	if got, err := f.String("string"); err != nil || got != "élan" {
		t.Errorf("String = %q, %v", got, err)
	}
}

func TestArrays(t *testing.T) {
	t.Parallel()
	f := parse(t, whole())
	list, err := f.Strings("strings")
	if got := slices.Collect(list.All()); err != nil || list.Len() != 3 || !slices.Equal(got, []string{"a", "", "ccc"}) {
		t.Errorf("Strings = %q (%d), %v", got, list.Len(), err)
	}
	if got, err := f.Floats("floats"); err != nil || !slices.Equal(got, []float32{1, -1}) {
		t.Errorf("Floats = %v, %v", got, err)
	}
	if got, err := f.Ints("ints"); err != nil || !slices.Equal(got, []int32{3, -1}) {
		t.Errorf("Ints = %v, %v", got, err)
	}
	if got, err := f.Bytes("bytes"); err != nil || !bytes.Equal(got, []byte{1, 2, 3}) {
		t.Errorf("Bytes = %v, %v", got, err)
	}
	if got := slices.Collect(f.Keys()); len(got) != 16 || got[0] != "u8" {
		t.Errorf("Keys = %q", got)
	}
}

// TestOtherType: a key of another type than asked for, or none, is an error that names the key.
func TestOtherType(t *testing.T) {
	t.Parallel()
	f := parse(t, whole())
	for _, key := range []string{"string", "bool", "strings", "ints", "nowhere"} {
		_, number := f.Float(key)
		_, list := f.Floats(key)
		for _, err := range []error{number, list} {
			var e *gguf.Error
			if !errors.As(err, &e) || e.Key != key || !strings.Contains(err.Error(), key) {
				t.Errorf("%s as a float: %v", key, err)
			}
			if errors.Is(err, gguf.ErrMissing) != (key == "nowhere") {
				t.Errorf("%s: %v: missing or not", key, err)
			}
		}
	}
	for _, key := range []string{"f32", "strings", "nowhere"} {
		_, e1 := f.Uint(key)
		_, e2 := f.Bool(key)
		_, e3 := f.String(key)
		_, e4 := f.Bytes(key)
		_, e5 := f.Ints(key)
		for i, err := range []error{e1, e2, e3, e4, e5} {
			if err == nil || !strings.Contains(err.Error(), key) {
				t.Errorf("%s, lookup %d: %v", key, i, err)
			}
		}
	}
	if _, err := f.Strings("ints"); err == nil {
		t.Error("ints were given as strings")
	}
}

func TestTensors(t *testing.T) {
	t.Parallel()
	f := parse(t, whole())
	q4 := make([]float32, 32)
	q8 := make([]float32, 32)
	for i := range 16 {
		q4[i], q4[i+16] = 0.5*float32(i-8), 0.5*float32(7-i)
	}
	for i := range 32 {
		q8[i] = 0.25 * float32(i-16)
	}
	tests := []struct {
		name       string
		kind       gguf.Type
		cols, rows int
		want       []float32
	}{
		{"f32", gguf.F32, 3, 2, []float32{1, 2, 3, 4, 5, 6}},
		{"f16", gguf.F16, 4, 1, []float32{1, -2, 1.0 / (1 << 24), 65504}},
		{"q4", gguf.Q4_0, 32, 2, slices.Concat(q4, q4)},
		{"q8", gguf.Q8_0, 32, 1, q8},
	}
	for _, tt := range tests {
		got, err := f.Tensor(tt.name)
		if err != nil {
			t.Fatal(err)
		}
		if got.Name != tt.name || got.Type != tt.kind || got.Cols != tt.cols || got.Rows != tt.rows {
			t.Errorf("%s is %v, %d x %d", tt.name, got.Type, got.Cols, got.Rows)
		}
		if floats := got.Floats(); !slices.Equal(floats, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, floats, tt.want)
		}
		row := make([]float32, tt.cols)
		for i := range tt.rows {
			if got.Row(row, i); !slices.Equal(row, tt.want[i*tt.cols:(i+1)*tt.cols]) {
				t.Errorf("%s, row %d: %v", tt.name, i, row)
			}
		}
		if err := got.Check(); err != nil {
			t.Error(err)
		}
	}
	if _, err := f.Tensor("other"); err == nil || !strings.Contains(err.Error(), `"other"`) || !strings.Contains(err.Error(), "type 12") {
		t.Errorf("a tensor of another type: %v", err)
	}
	if _, err := f.Tensor("nowhere"); !errors.Is(err, gguf.ErrMissing) {
		t.Errorf("a tensor that is not there: %v", err)
	}
	if got := slices.Collect(f.Tensors()); !slices.Equal(got, []string{"f32", "f16", "q4", "q8", "other"}) {
		t.Errorf("Tensors = %q", got)
	}
}

// TestCheck: a figure or scale that is not finite is found wherever it stands.
func TestCheck(t *testing.T) {
	t.Parallel()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	q := func(n int, scale uint16) []byte {
		b := make([]byte, 2*n)
		binary.LittleEndian.PutUint16(b[n:], scale)
		return b
	}
	tests := map[string]struct {
		kind uint32
		raw  []byte
		dims []uint64
	}{
		"f32 NaN":       {0, f32(1, nan, 2), []uint64{3}},
		"f32 infinite":  {0, f32(1, 2, -inf), []uint64{3}},
		"f16 NaN":       {1, []byte{0, 0, 1, 0x7e}, []uint64{2}},
		"f16 infinite":  {1, []byte{0, 0xfc, 0, 0}, []uint64{2}},
		"q4 NaN scale":  {2, q(18, 0xfe00), []uint64{32, 2}},
		"q8 infinite":   {8, q(34, 0x7c00), []uint64{64}},
		"q4 fine":       {2, q(18, 0x7bff), []uint64{32, 2}},
		"f32 fine":      {0, f32(math.MaxFloat32), []uint64{1}},
		"q8 fine codes": {8, append([]byte{0, 0}, bytes.Repeat([]byte{0xff}, 32)...), []uint64{32}},
	}
	for name, tt := range tests {
		tensor, err := parse(t, newFile().tensor(name, tt.kind, tt.raw, tt.dims...)).Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		err = tensor.Check()
		var e *gguf.Error
		if strings.Contains(name, "fine") {
			if err != nil {
				t.Error(err)
			}
		} else if !errors.As(err, &e) || e.Tensor != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMalformed: each fault is an error, and one that names the key or tensor at fault.
func TestMalformed(t *testing.T) {
	t.Parallel()
	one := f32(1)
	version := func(v uint32) *file { f := newFile(); f.version = v; return f }
	counts := func(tensors, keys uint64) *file { f := newFile(); f.tensors, f.keys = tensors, keys; return f }
	tests := []struct {
		name string
		file *file
		want string // in the message
	}{
		{"version 2", version(2), "version 2"},
		{"big-endian", version(3 << 24), "big-endian"},
		{"many tensors", counts(1<<60, 0), "tensors"},
		{"many keys", counts(0, 1<<60), "keys"},
		{"key twice", newFile().key("k", 7, []byte{1}).key("k", 7, []byte{1}), `"k"`},
		{"empty key", newFile().key("", 7, []byte{1}), "key 0"},
		{"unknown value", newFile().key("k", 13, nil), `"k"`},
		{"array of arrays", newFile().array("k", 9, 1, nil), `"k"`},
		{"long array", newFile().array("k", 4, 1<<62, nil), `"k"`},
		{"long array of strings", newFile().array("k", 8, 1<<61, nil), `"k"`},
		{"long string", newFile().key("k", 8, u64(1<<63)), `"k"`},
		{"string past the end", newFile().array("k", 8, 2, text(u64(1000), "x")), `"k"`},
		{"alignment 0", newFile().key("general.alignment", 4, u32(0)), `"general.alignment"`},
		{"alignment 24", newFile().key("general.alignment", 4, u32(24)), `"general.alignment"`},
		{"alignment text", newFile().key("general.alignment", 8, text(nil, "32")), `"general.alignment"`},
		{"tensor twice", newFile().tensor("t", 0, one, 1).tensor("t", 0, one, 1), `"t"`},
		{"empty name", newFile().tensor("", 0, one, 1), "tensor 0"},
		{"no dimensions", newFile().tensor("t", 0, one), `"t"`},
		{"five dimensions", newFile().tensor("t", 0, one, 1, 1, 1, 1, 1), `"t"`},
		{"dimension 0", newFile().tensor("t", 0, one, 0), `"t"`},
		{"dimensions overflow", newFile().tensor("t", 0, one, 1<<32, 1<<32), `"t"`},
		{"dimensions wrap", newFile().tensor("t", 0, one, 1, 1<<63, 2), `"t"`},
		{"dimensions wrap to 0", newFile().tensor("t", 0, one, 4, 1<<62), `"t"`},
		{"too many rows", newFile().tensor("t", 0, one, 1, 2), `"t"`},
		{"part of a block", newFile().tensor("t", 2, make([]byte, 18), 16), `"t"`},
		{"misaligned", newFile().info("t", 0, 4, 1), `"t"`},
		{"offset past the end", newFile().info("t", 0, 1<<40, 1), `"t"`},
		{"offset wraps", newFile().info("t", 0, math.MaxUint64-31, 1), `"t"`},
		{"other type past the end", newFile().info("t", 12, 1<<40, 1), `"t"`},
		{"shared bytes", newFile().tensor("s", 0, f32(1, 2), 2).info("t", 0, 0, 1), `"t"`},
		{"no data", newFile().info("t", 0, 0, 1), `"t"`},
	}
	for _, tt := range tests {
		f, err := gguf.Parse(tt.file.bytes())
		if err == nil {
			t.Errorf("%s: accepted, keys %q", tt.name, slices.Collect(f.Keys()))
		} else if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s in it", tt.name, err, tt.want)
		}
	}
	for _, data := range [][]byte{nil, []byte("GGU"), []byte("PK\x03\x04 and more")} {
		if _, err := gguf.Parse(data); err == nil {
			t.Errorf("%q was accepted", data)
		}
	}
}

// TestCutShort: a file that ends anywhere too early is an error.
func TestCutShort(t *testing.T) {
	t.Parallel()
	data := newFile().key("k", 8, text(nil, "value")).array("l", 8, 1, text(nil, "x")).tensor("t", 0, f32(1, 2, 3), 3).bytes()
	if _, err := gguf.Parse(data); err != nil {
		t.Fatal(err)
	}
	for n := range data {
		if _, err := gguf.Parse(data[:n]); err == nil {
			t.Errorf("cut at %d of %d bytes: accepted", n, len(data))
		}
	}
}

// TestAlignment: the tensors start at the boundary that the file names.
func TestAlignment(t *testing.T) {
	t.Parallel()
	f := newFile()
	f.alignment = 128
	f.key("general.alignment", 4, u32(128)).tensor("a", 0, f32(1), 1).tensor("b", 0, f32(2), 1)
	b, err := parse(t, f).Tensor("b")
	if err != nil || b.Floats()[0] != 2 {
		t.Errorf("b = %v, %v", b.Floats(), err)
	}
}

// TestInPlace: neither large arrays nor tensors are copied by Parse.
func TestInPlace(t *testing.T) {
	const n = 100_000
	var list []byte
	for range n {
		list = text(list, "piece")
	}
	data := newFile().array("list", 8, n, list).tensor("t", 0, make([]byte, 4<<20), 1<<20).bytes()
	allocs := testing.AllocsPerRun(3, func() {
		f, err := gguf.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		strings, err := f.Strings("list")
		if err != nil {
			t.Fatal(err)
		}
		for s := range strings.All() {
			if s != "piece" {
				t.Fatal(s)
			}
		}
	})
	if allocs > 50 {
		t.Errorf("%v allocations for a list of %d strings", allocs, n)
	}
}

// FuzzParse: no file makes the reader panic, and what Parse accepts can be read to the end.
func FuzzParse(f *testing.F) {
	f.Add(whole().bytes())
	f.Add(newFile().bytes())
	f.Add(newFile().tensor("t", 2, make([]byte, 36), 32, 2).bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := gguf.Parse(data)
		if err != nil {
			return
		}
		for key := range file.Keys() {
			readAll(t, file, key)
		}
		for name := range file.Tensors() {
			tensor, err := file.Tensor(name)
			if err != nil {
				continue
			}
			if got := len(tensor.Floats()); got != tensor.Cols*tensor.Rows || got == 0 {
				t.Errorf("%q has %d figures for %d x %d", name, got, tensor.Cols, tensor.Rows)
			}
			tensor.Row(make([]float32, tensor.Cols), tensor.Rows-1)
			_ = tensor.Check() // may well find fault; it must not panic
		}
	})
}

// readAll asks for a key in every way; one of them must fit.
func readAll(t *testing.T, f *gguf.File, key string) {
	t.Helper()
	_, e1 := f.Uint(key)
	x, e2 := f.Float(key)
	_, e3 := f.Bool(key)
	_, e4 := f.String(key)
	_, e5 := f.Floats(key)
	_, e6 := f.Ints(key)
	_, e7 := f.Bytes(key)
	list, e8 := f.Strings(key)
	n := 0
	for range list.All() {
		n++
	}
	if n != list.Len() {
		t.Errorf("%q has %d strings, %d were given", key, list.Len(), n)
	}
	if e2 == nil && (math.IsNaN(x) || math.IsInf(x, 0)) {
		t.Errorf("%q is %v", key, x)
	}
	fits := 0
	for _, err := range []error{e1, e2, e3, e4, e5, e6, e7, e8} {
		if err == nil {
			fits++
		}
		if errors.Is(err, gguf.ErrMissing) {
			t.Errorf("%q is listed and missing", key)
		}
	}
	if fits > 1 {
		t.Errorf("%q fits %d types", key, fits)
	}
}
