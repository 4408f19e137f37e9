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

	"rapporteur/ingest/extract/pdf/layout"
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

	documents := make(chan []byte)
	received, worked := make(chan error, 1), make(chan error, 1)
	go func() { received <- receive(ctx, in, o.MaxBytes, documents) }()
	go func() { worked <- work(ctx, out, o, documents) }()
	select {
	case err := <-received:
		return err
	case err := <-worked:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// receive collects documents from frames. It ends without error when the parent closes the stream.
func receive(ctx context.Context, in io.Reader, limit int64, documents chan<- []byte) error {
	r := bufio.NewReader(in)
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
		size, err := parseSize(f.payload, limit)
		if err != nil {
			return err
		}
		data, err := collect(r, size)
		if err != nil {
			return err
		}
		select {
		case documents <- data:
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
func work(ctx context.Context, out io.Writer, o ServeOptions, documents <-chan []byte) error {
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
		case data := <-documents:
			if err := e.answer(ctx, data, out); err != nil {
				return err
			}
		}
	}
}

// answer reads one document and sends its text or what is wrong with it. Its error means that
// the parent cannot be reached, or that ctx ended.
func (e *engine) answer(ctx context.Context, data []byte, out io.Writer) error {
	var s layout.Document
	err := e.open(ctx, data, "", func(d *document) (err error) {
		s, err = d.scan(ctx, func(number, count int) error { return writeFrame(out, framePage, pageFrame(number, count)) })
		return err
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r := reply{Recycle: e.memory.used > recycleBytes || len(data) > recycleBytes/4}
	if err != nil {
		r.Code, r.Cause = codeOf(err), err.Error()
	} else if err := sendText(out, s); err != nil {
		return err
	}
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return writeFrame(out, frameDone, b)
}

// sendText lays the document out and sends its text.
func sendText(out io.Writer, s layout.Document) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(layout.Arrange(s)); err != nil {
		return err
	}
	return writeBytes(out, frameText, b.Bytes())
}
