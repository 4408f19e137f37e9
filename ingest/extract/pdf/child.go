package pdf

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
)

// Defaults of ServeOptions.
const (
	defaultMemoryMiB = 256
	defaultMaxBytes  = 50 << 20
)

// goMemoryMiB is what the child's own code may use beside PDFium's memory before it collects
// garbage hard. Measured on 142-page reports: under 60 MiB.
const goMemoryMiB = 128

// recycleBytes is the PDFium memory above which a child asks to be replaced: the 8 reports
// measured stay under 20 MiB, and memory once touched stays with the process.
const recycleBytes = 96 << 20

// ServeOptions are the settings of a child.
type ServeOptions struct {
	CacheDir  string // folder of the compiled code; "" compiles at each start, which takes seconds
	MemoryMiB int    // most memory of PDFium, default 256; the process needs about 200 more
	MaxBytes  int64  // largest document, default 50 MiB; at least that of the parent
}

// Serve is the child's side: it reads documents from in and answers on out until in ends, ctx is
// cancelled or the parent breaks the protocol. A running document does not hold it back, so the
// process must end when Serve returns. It sets the memory limit of the whole process.
func Serve(ctx context.Context, in io.Reader, out io.Writer, o ServeOptions) error {
	o.MemoryMiB = cmp.Or(o.MemoryMiB, defaultMemoryMiB)
	o.MaxBytes = cmp.Or(o.MaxBytes, defaultMaxBytes)
	debug.SetMemoryLimit(int64(o.MemoryMiB+goMemoryMiB) << 20)

	orders := make(chan order)
	received, worked := make(chan error, 1), make(chan error, 1)
	go func() { received <- receive(ctx, in, o.MaxBytes, orders) }()
	go func() { worked <- work(ctx, out, o, orders) }()
	select {
	case err := <-received:
		return err
	case err := <-worked:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// order is a request with the document it is about.
type order struct {
	request
	data []byte
}

// receive collects requests from frames. It ends without error when the parent closes the stream.
func receive(ctx context.Context, in io.Reader, limit int64, orders chan<- order) error {
	r := bufio.NewReader(in)
	var last []byte
	for {
		f, err := readFrame(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if f.kind != frameOpen {
			return fmt.Errorf("receive a document: unexpected frame %q", f.kind)
		}
		req, err := parseRequest(f.payload, limit)
		if err != nil {
			return err
		}
		if req.Size > 0 {
			last = nil // before the next takes its place in memory
			if last, err = collect(r, req.Size); err != nil {
				return err
			}
		}
		select {
		case orders <- order{req, last}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// collect reads the frames that hold size bytes.
func collect(r io.Reader, size int64) ([]byte, error) {
	data := make([]byte, 0, size)
	for int64(len(data)) < size {
		f, err := readFrame(r)
		if err != nil {
			return nil, err
		}
		if f.kind != frameBytes || len(f.payload) == 0 || int64(len(data)+len(f.payload)) > size {
			return nil, fmt.Errorf("receive a document: unexpected frame %q of %d bytes", f.kind, len(f.payload))
		}
		data = append(data, f.payload...)
	}
	return data, nil
}

// work starts PDFium and answers each document.
func work(ctx context.Context, out io.Writer, o ServeOptions, orders <-chan order) error {
	e, err := newEngine(ctx, o.CacheDir, o.MemoryMiB)
	if err != nil {
		return err
	}
	// Compiling takes 300 MB once; they go back to the system before the first document.
	debug.FreeOSMemory()
	if err := writeFrame(out, frameReady, nil); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case o := <-orders:
			if err := e.answer(ctx, o, out); err != nil {
				return err
			}
		}
	}
}

// answer does what is asked of one document, and sends the result or what is wrong with it. Its
// error means that the parent cannot be reached, or that ctx ended.
func (e *engine) answer(ctx context.Context, o order, out io.Writer) error {
	result, err := e.do(ctx, o, func(number, count int) error {
		return writeFrame(out, framePage, pageFrame(number, count))
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r := reply{Recycle: e.memory.used > recycleBytes || len(o.data) > recycleBytes/4}
	if err != nil {
		r.Code, r.Cause = codeOf(err), err.Error()
	} else if err := writeBytes(out, frameText, result); err != nil {
		return err
	}
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return writeFrame(out, frameDone, b)
}

// do gives the bytes that answer an order.
func (e *engine) do(ctx context.Context, o order, page func(number, count int) error) (result []byte, err error) {
	if o.Task == taskText {
		s, err := e.read(ctx, o.data, o.Password, page)
		if err != nil {
			return nil, err
		}
		// Laying out what was read has the time of a page too.
		if err := page(len(s.Pages), len(s.Pages)); err != nil {
			return nil, err
		}
		return encode(arranged(s))
	}
	err = e.open(ctx, o.data, o.Password, func(d *document) error {
		if o.Page > d.count {
			return fail(codeNoPage, fmt.Errorf("page %d of %d", o.Page, d.count))
		}
		if err := page(o.Page, d.count); err != nil {
			return err
		}
		if o.Task == taskPicture {
			result, err = d.portray(o.Page-1, o.DPI)
			return err
		}
		place, err := d.locate(o.Page-1, o.Before, o.Quote)
		if err != nil {
			return err
		}
		result, err = encode(place)
		return err
	})
	return result, err
}

// encode writes a value as JSON, letters as they are.
func encode(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return b.Bytes(), err
}
