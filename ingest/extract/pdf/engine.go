package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"rapporteur/ingest/extract/pdf/layout"
)

// fencePages is the memory, in pages of 64 KiB, that the runtime itself allows: 2 GiB. The true
// limit is kept by type memory, which sees what is refused; the runtime would refuse in silence.
const fencePages = 2 << 30 >> 16

// maxPages stops a file that claims millions of pages; the longest public reports have a few thousand.
const maxPages = 20_000

// maxText is the most text, in bytes, that one file may give: some 5,000 dense pages.
const maxText = 16 << 20

// engine is PDFium on its WebAssembly runtime. It reads one document at a time.
type engine struct {
	pool   pdfium.Pool
	memory *memory
}

// newEngine starts PDFium. The first start on a machine compiles it, which takes seconds;
// later ones load the code from cacheDir. An empty cacheDir compiles each time.
func newEngine(ctx context.Context, cacheDir string, memoryMiB int) (*engine, error) {
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
		WithMemoryLimitPages(fencePages)
	if cacheDir != "" {
		cache, err := wazero.NewCompilationCacheWithDir(cacheDir)
		if err != nil {
			return nil, fmt.Errorf("open the cache of compiled code: %w", err)
		}
		config = config.WithCompilationCache(cache)
	}
	m := &memory{limit: uint64(memoryMiB) << 20}
	pool, err := webassembly.Init(webassembly.Config{
		Context:       experimental.WithMemoryAllocator(ctx, m),
		MaxTotal:      1,
		RuntimeConfig: config,
		// Left nil, the library would mount the host's whole file system.
		FSConfig: wazero.NewFSConfig(),
		Stdout:   io.Discard,
		Stderr:   io.Discard,
	})
	if err != nil {
		return nil, fmt.Errorf("start pdfium: %w", err)
	}
	return &engine{pool: pool, memory: m}, nil
}

// open opens a PDF in a fresh instance of PDFium while use runs. Errors of the file are *failure values.
func (e *engine) open(ctx context.Context, data []byte, password string, use func(d *document) error) (err error) {
	instance, err := e.pool.GetInstance(30 * time.Second)
	if err != nil {
		return fmt.Errorf("make a pdfium instance: %w", err)
	}
	defer func() {
		if r := recover(); r != nil {
			cause, ok := r.(trap)
			if !ok {
				cause = trap{fmt.Errorf("%v", r)}
			}
			err = fail(codeDamaged, cause)
		}
		// A trap leaves the instance unusable: closing it then fails too, and must not hide the trap.
		if closing := instance.Close(); closing != nil && err == nil {
			err = fmt.Errorf("close the pdfium instance: %w", closing)
		}
		if err != nil && e.memory.refused {
			err = fail(codeLimit, err)
		}
	}()
	n, err := bind(ctx, instance, e.memory)
	if err != nil {
		return err
	}
	d, err := load(n, fromMark(data), password)
	if err != nil {
		return err
	}
	return use(d)
}

// maxPrefix is how far from its start a file may have the mark of a PDF. Readers allow 1 KiB; some
// programs put the headers of a message or a printer before it.
const maxPrefix = 64 << 10

// fromMark leaves out what stands before the mark of a PDF: offsets in the file count from the mark.
func fromMark(data []byte) []byte {
	if i := bytes.Index(data[:min(len(data), maxPrefix)], []byte("%PDF-")); i > 0 {
		return data[i:]
	}
	return data
}

// document is one open PDF.
type document struct {
	*native
	ref   pointer
	count int
}

// The errors of FPDF_GetLastError (fpdfview.h) that say how a document is encrypted.
const (
	errPassword = 4
	errSecurity = 5
)

// load opens the PDF and counts its pages. Its bytes stay in PDFium's memory as long as the instance.
func load(n *native, data []byte, password string) (*document, error) {
	d := &document{native: n}
	at := n.alloc(len(data))
	copy(n.bytes(at, len(data)), data)
	n.given([]byte(password), func(p pointer) {
		d.ref = n.object("FPDF_LoadMemDocument", arg(at), arg(len(data)), arg(p))
	})
	if d.ref == 0 {
		switch code := n.integer("FPDF_GetLastError"); {
		case code == errPassword && password != "":
			return nil, fail(codeBadPassword, errors.New("pdfium refuses the password"))
		case code == errPassword, code == errSecurity:
			return nil, fail(codeEncrypted, fmt.Errorf("pdfium error %d", code))
		default:
			return nil, fail(codeDamaged, fmt.Errorf("pdfium error %d", code))
		}
	}
	d.count = n.integer("FPDF_GetPageCount", arg(d.ref))
	switch {
	case d.count <= 0:
		return nil, fail(codeEmpty, errors.New("no pages"))
	case d.count > maxPages:
		return nil, fail(codeLimit, fmt.Errorf("%d pages", d.count))
	}
	return d, nil
}

// meta reads an entry of the information dictionary.
func (d *document) meta(tag string) (value string) {
	d.given([]byte(tag), func(p pointer) {
		value = d.wide(func(b, size uint64) uint64 { return d.call("FPDF_GetMetaText", arg(d.ref), arg(p), b, size) })
	})
	return value
}

// maxTraps is how many pages of one document may stop PDFium before the document is given up.
const maxTraps = 3

// read takes every page of the PDF. page is called before each page with its number and their
// count; its error ends the reading. A page that stops PDFium is left out, and the rest read by a
// fresh instance.
func (e *engine) read(ctx context.Context, data []byte, password string, page func(number, count int) error) (reading, error) {
	r := reading{page: page}
	for traps := 0; ; traps++ {
		err := e.open(ctx, data, password, func(d *document) error { return r.scan(ctx, d) })
		if err == nil {
			return r, nil
		}
		stopped := trap{}
		if traps == maxTraps || !r.started || !errors.As(err, &stopped) || codeOf(err) == codeLimit || ctx.Err() != nil {
			return reading{}, err
		}
		r.skip()
	}
}

// reading is a document of which some pages are read.
type reading struct {
	layout.Document
	created, modified string // as the file writes them
	page              func(number, count int) error
	started           bool
	size, unreadable  int
}

// skip keeps the page at hand without text.
func (r *reading) skip() {
	r.unreadable++
	r.Pages = append(r.Pages, layout.Sheet{Unread: codeDamaged})
}

// scan reads metadata and outline, and the pages that are not read yet.
func (r *reading) scan(ctx context.Context, d *document) error {
	if !r.started {
		r.Title, r.created, r.modified = d.meta("Title"), d.meta("CreationDate"), d.meta("ModDate")
		r.Language = d.wide(func(b, size uint64) uint64 { return d.call("FPDFCatalog_GetLanguage", arg(d.ref), b, size) })
		r.Outline = d.outline()
		r.started = true
	}
	for i := len(r.Pages); i < d.count; i++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.page(i+1, d.count); err != nil {
			return err
		}
		sh, err := d.sheet(i)
		switch {
		case codeOf(err) == codeLimit:
			return err
		case err != nil:
			// One bad page does not lose the others: it is kept, without text.
			r.skip()
			continue
		}
		for _, l := range sh.Lines {
			r.size += len(l.Text)
		}
		if r.size > maxText {
			return fail(codeLimit, fmt.Errorf("more than %d bytes of text", maxText))
		}
		r.Pages = append(r.Pages, sh)
	}
	if r.unreadable == d.count {
		return fail(codeDamaged, errors.New("no page can be read"))
	}
	return nil
}
