package pdf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/klippa-app/go-pdfium"
	pdfium_errors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
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

// read takes every page of the PDF through PDFium. page is called before each page with its
// number and their count; its error ends the reading. Errors of the file are *failure values.
func (e *engine) read(ctx context.Context, data []byte, page func(number, count int) error) (s layout.Document, err error) {
	instance, err := e.pool.GetInstance(30 * time.Second)
	if err != nil {
		return layout.Document{}, fmt.Errorf("make a pdfium instance: %w", err)
	}
	defer func() {
		// A trap leaves the instance unusable: closing it then fails too, and must not hide the trap.
		if closing := instance.Close(); closing != nil && err == nil {
			err = fmt.Errorf("close the pdfium instance: %w", closing)
		}
		if r := recover(); r != nil {
			err = fail(codeDamaged, fmt.Errorf("pdfium: %v", r))
		}
		if err != nil && e.memory.refused {
			err = fail(codeLimit, err)
		}
	}()
	d, err := open(instance, data)
	if err != nil {
		return layout.Document{}, err
	}
	return d.scan(ctx, page)
}

// document is one open PDF.
type document struct {
	pdfium pdfium.Pdfium
	ref    references.FPDF_DOCUMENT
	count  int
}

// open loads the PDF and counts its pages.
func open(instance pdfium.Pdfium, data []byte) (*document, error) {
	doc, err := instance.OpenDocument(&requests.OpenDocument{File: &data})
	switch {
	case errors.Is(err, pdfium_errors.ErrPassword), errors.Is(err, pdfium_errors.ErrSecurity):
		return nil, fail(codeEncrypted, err)
	case err != nil:
		return nil, fail(codeDamaged, err)
	}
	count, err := instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: doc.Document})
	switch {
	case err != nil:
		return nil, fail(codeDamaged, err)
	case count.PageCount <= 0:
		return nil, fail(codeEmpty, errors.New("no pages"))
	case count.PageCount > maxPages:
		return nil, fail(codeLimit, fmt.Errorf("%d pages", count.PageCount))
	}
	return &document{pdfium: instance, ref: doc.Document, count: count.PageCount}, nil
}

// scan reads metadata, outline and pages.
func (d *document) scan(ctx context.Context, page func(number, count int) error) (layout.Document, error) {
	var s layout.Document
	if m, err := d.pdfium.FPDF_GetMetaText(&requests.FPDF_GetMetaText{Document: d.ref, Tag: "Title"}); err == nil {
		s.Title = m.Value
	}
	if l, err := d.pdfium.FPDFCatalog_GetLanguage(&requests.FPDFCatalog_GetLanguage{Document: d.ref}); err == nil {
		s.Language = l.Language
	}
	s.Outline = d.outline()
	size, unreadable := 0, 0
	var cause error
	for i := range d.count {
		if err := ctx.Err(); err != nil {
			return layout.Document{}, err
		}
		if err := page(i+1, d.count); err != nil {
			return layout.Document{}, err
		}
		sh, err := d.sheet(i)
		if err != nil {
			if ends(err) {
				return layout.Document{}, fail(codeOf(err), err)
			}
			// One bad page does not lose the others: it is kept, without text.
			unreadable, cause = unreadable+1, err
		}
		for _, l := range sh.Lines {
			size += len(l.Text)
		}
		if size > maxText {
			return layout.Document{}, fail(codeLimit, fmt.Errorf("more than %d bytes of text", maxText))
		}
		s.Pages = append(s.Pages, sh)
	}
	if unreadable == d.count {
		return layout.Document{}, fail(codeDamaged, cause)
	}
	return s, nil
}

// ends reports an error of a page that ends the document: a limit, or a trap of PDFium, after
// which nothing more can be asked of the instance.
func ends(err error) bool {
	return codeOf(err) == codeLimit || strings.Contains(err.Error(), "wasm error")
}
