package pdf

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"unicode/utf16"

	"github.com/klippa-app/go-pdfium"
)

// native calls the functions of PDFium (fpdfview.h, fpdf_text.h, fpdf_edit.h, fpdf_structtree.h)
// in its WebAssembly instance.
//
// The methods of the library cost too much for a page's characters and drawings: each asks for
// memory for its results, and names every object it ever gave until the document closes. Its
// GetImplementation leads to the functions themselves; where a release hides them,
// opening a document fails with an error that says so.
//
// A method panics with a trap where PDFium stopped: engine.with turns that into an error. After
// a trap the instance must not be used again.
type native struct {
	ctx       context.Context
	find      func(name string) function
	functions map[string]function
	memory    *memory
	stack     [16]uint64
	room      pointer // memory of PDFium for results, roomBytes long
	broken    bool    // it stopped once
}

// roomBytes holds the results of any function called here but texts.
const roomBytes = 64

// function is one function of the WebAssembly module: arguments and result stand in the stack.
type function interface {
	CallWithStack(ctx context.Context, stack []uint64) error
}

// pointer is an address in PDFium's memory; 0 is none.
type pointer uint32

// trap is what a native panics with.
type trap struct{ error }

// bind finds the functions of an instance.
func bind(ctx context.Context, instance pdfium.Pdfium, m *memory) (*native, error) {
	lookup := reflect.ValueOf(instance.GetImplementation()).MethodByName("Fn")
	if !lookup.IsValid() {
		return nil, errors.New("bind pdfium: the library hides its functions")
	}
	n := &native{ctx: ctx, functions: map[string]function{}, memory: m}
	n.find = func(name string) function {
		f, _ := lookup.Call([]reflect.Value{reflect.ValueOf(name)})[0].Interface().(function)
		return f
	}
	for _, name := range []string{"malloc", "free", "FPDF_LoadMemDocument", "FPDFText_GetTextObject", "FPDFPageObj_SetIsActive"} {
		if n.find(name) == nil {
			return nil, fmt.Errorf("bind pdfium: no function %s", name)
		}
	}
	n.room = n.alloc(roomBytes)
	return n, nil
}

// call runs a function of PDFium and gives its result, 0 where it has none.
func (n *native) call(name string, args ...uint64) uint64 {
	if n.broken {
		panic(trap{errors.New("pdfium stopped before")})
	}
	f := n.functions[name]
	if f == nil {
		if f = n.find(name); f == nil {
			panic(trap{fmt.Errorf("pdfium has no function %s", name)})
		}
		n.functions[name] = f
	}
	clear(n.stack[:])
	copy(n.stack[:], args)
	if err := f.CallWithStack(n.ctx, n.stack[:]); err != nil {
		n.broken = true
		panic(trap{err})
	}
	return n.stack[0]
}

// object runs a function that gives an object, 0 for none.
func (n *native) object(name string, args ...uint64) pointer { return pointer(n.call(name, args...)) }

// integer runs a function that gives an int.
func (n *native) integer(name string, args ...uint64) int { return int(int32(n.call(name, args...))) }

// float runs a function that gives a float.
func (n *native) float(name string, args ...uint64) float64 {
	return finite(float64(math.Float32frombits(uint32(n.call(name, args...)))))
}

// double runs a function that gives a double.
func (n *native) double(name string, args ...uint64) float64 {
	return finite(math.Float64frombits(n.call(name, args...)))
}

// finite makes a number that a file has broken 0.
func finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return x
}

// arg is the argument for a pointer or an int.
func arg[T ~int | ~uint32](v T) uint64 { return uint64(uint32(v)) }

// alloc asks PDFium for memory.
func (n *native) alloc(size int) pointer {
	p := n.object("malloc", arg(size))
	if p == 0 {
		n.memory.refused = true
		panic(trap{fmt.Errorf("pdfium has no %d bytes", size)})
	}
	return p
}

// free gives memory back.
func (n *native) free(p pointer) { n.call("free", arg(p)) }

// bytes is a view of PDFium's memory, good until the next call.
func (n *native) bytes(p pointer, size int) []byte {
	b := n.memory.current()
	if size < 0 || uint64(p)+uint64(size) > uint64(len(b)) {
		panic(trap{fmt.Errorf("%d bytes at %d are not in pdfium's memory", size, p)})
	}
	return b[p : int(p)+size]
}

// out is the address of result i of a function, each stride bytes long.
func (n *native) out(i, stride int) uint64 { return arg(n.room + pointer(i*stride)) }

// float32At is the float result i.
func (n *native) float32At(i int) float64 {
	return finite(float64(math.Float32frombits(binary.LittleEndian.Uint32(n.bytes(n.room+pointer(4*i), 4)))))
}

// float64At is the double result i.
func (n *native) float64At(i int) float64 {
	return finite(math.Float64frombits(binary.LittleEndian.Uint64(n.bytes(n.room+pointer(8*i), 8))))
}

// uint32At is the integer result i.
func (n *native) uint32At(i int) uint32 {
	return binary.LittleEndian.Uint32(n.bytes(n.room+pointer(4*i), 4))
}

// given puts bytes, and a zero after them, into PDFium's memory while use runs.
func (n *native) given(b []byte, use func(p pointer)) {
	p := n.alloc(len(b) + 1)
	defer n.free(p)
	m := n.bytes(p, len(b)+1)
	m[copy(m, b)] = 0
	use(p)
}

// maxString is the longest text, in bytes, taken from a document's properties.
const maxString = 64 << 10

// text reads a text that PDFium writes to a buffer: fill gets the buffer and its size and gives
// the number of bytes the text takes, its closing zero included.
func (n *native) text(fill func(p, size uint64) uint64) []byte {
	size := int(int32(fill(0, 0)))
	if size <= 0 || size > maxString {
		return nil
	}
	p := n.alloc(size)
	defer n.free(p)
	if wrote := int(int32(fill(arg(p), arg(size)))); wrote < size {
		size = max(wrote, 0)
	}
	return append([]byte(nil), n.bytes(p, size)...)
}

// wide reads a text in UTF-16.
func (n *native) wide(fill func(p, size uint64) uint64) string {
	b := n.text(fill)
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		u := binary.LittleEndian.Uint16(b)
		if u == 0 {
			break
		}
		units = append(units, u)
	}
	return string(utf16.Decode(units))
}

// narrow reads a text in bytes.
func (n *native) narrow(fill func(p, size uint64) uint64) string {
	b := n.text(fill)
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
