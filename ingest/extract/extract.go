// Package extract turns the bytes of a file into qa.Text: normalised UTF-8 with its structure.
// It reads PDF (through a PDFReader), DOCX, ODT, HTML, Markdown and plain text, and tells the type
// by content, never by name. It opens no file, follows no link and keeps nothing: what it cannot
// read ends in a *qa.Error whose code is a verdict of an ingestion.
package extract

import (
	"bytes"
	"cmp"
	"context"
	"io"

	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// The media types that are read.
const (
	MediaPDF      = "application/pdf"
	MediaDOCX     = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	MediaODT      = "application/vnd.oasis.opendocument.text"
	MediaHTML     = "text/html"
	MediaMarkdown = "text/markdown"
	MediaText     = "text/plain"
)

// PDFReader reads the text, pages and blocks of a PDF; pdf.Pool is one.
type PDFReader interface {
	Extract(ctx context.Context, r io.ReadSeeker) (qa.Text, error)
}

// Options are the limits that keep a hostile file from taking the service down. A zero field means
// its default.
type Options struct {
	// MaxInput is the largest HTML, Markdown or text file read, in bytes: 50 MiB. They are read whole
	// into memory; the other formats are streamed.
	MaxInput int64
	// MaxMarkup is the largest HTML file parsed, in bytes: 16 MiB. The parser needs up to twenty times
	// the size of the file.
	MaxMarkup int64
	// MaxTags is the largest count of '<' in an HTML file: 300,000, at most 60 MB once parsed. Each tag
	// may cost the parser a walk over 512 open elements.
	MaxTags int
	// MaxEntries is the largest count of entries in an archive (DOCX, ODT): 4,096.
	MaxEntries int
	// MaxPart is the largest unpacked size of one part of an archive, in bytes: 40 MiB, some 10,000
	// pages of DOCX.
	MaxPart int64
	// MaxUnpacked is the largest unpacked size of all parts read from an archive, in bytes: 200 MiB.
	MaxUnpacked int64
	// MaxRatio is the largest compression ratio of a part of more than 4 MiB: 200. Real text parts
	// stay under 60; deflate itself cannot pass 1,032.
	MaxRatio int64
	// MaxDepth is the deepest nesting of elements or blocks: 256. A real DOCX stays under 60.
	MaxDepth int
	// MaxText is the longest text kept, in bytes: 32 MiB.
	MaxText int
	// MaxBlocks is the largest count of blocks of a text: 500,000.
	MaxBlocks int
}

func (o Options) withDefaults() Options {
	o.MaxInput = cmp.Or(o.MaxInput, 50<<20)
	o.MaxMarkup = cmp.Or(o.MaxMarkup, 16<<20)
	o.MaxTags = cmp.Or(o.MaxTags, 300_000)
	o.MaxEntries = cmp.Or(o.MaxEntries, 4096)
	o.MaxPart = cmp.Or(o.MaxPart, 40<<20)
	o.MaxUnpacked = cmp.Or(o.MaxUnpacked, 200<<20)
	o.MaxRatio = cmp.Or(o.MaxRatio, 200)
	o.MaxDepth = cmp.Or(o.MaxDepth, 256)
	o.MaxText = cmp.Or(o.MaxText, 32<<20)
	o.MaxBlocks = cmp.Or(o.MaxBlocks, 500_000)
	return o
}

// archive gives the limits on what is unpacked.
func (o Options) archive() raw.Limits {
	return raw.Limits{MaxEntries: o.MaxEntries, MaxPart: o.MaxPart, MaxUnpacked: o.MaxUnpacked, MaxRatio: o.MaxRatio, MaxDepth: o.MaxDepth}
}

// Extractor reads files of all types. PDF may be nil: PDF files are then an unsupported type.
// Its methods may be called from several goroutines at once, each with a reader of its own.
type Extractor struct {
	PDF PDFReader
	Options
}

// Extract reads the text of a file whose media type Sniff found. Its errors are *qa.Error with the
// codes empty, damaged, encrypted, too_large, too_large_unpacked, unsupported_type, resource_limit
// and no_text, or the error of ctx. With no_text the Text still has its Pages, so that they can be
// counted.
func (x *Extractor) Extract(ctx context.Context, mediaType string, r io.ReadSeeker) (qa.Text, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return qa.Text{}, raw.AsVerdict(err)
	}
	o := x.withDefaults()
	var t qa.Text
	var err error
	switch mediaType {
	case MediaPDF:
		t, err = x.readPDF(ctx, r)
	case MediaDOCX:
		t, err = readDOCX(ctx, o, r)
	case MediaODT:
		t, err = readODT(ctx, o, r)
	case MediaHTML:
		t, err = readHTML(ctx, o, r)
	case MediaMarkdown:
		t, err = readMarkdown(ctx, o, r)
	case MediaText:
		t, err = readText(o, r)
	default:
		err = raw.UnsupportedType()
	}
	if err != nil {
		return t, err
	}
	return finish(t)
}

func (x *Extractor) readPDF(ctx context.Context, r io.ReadSeeker) (qa.Text, error) {
	if x.PDF == nil {
		return qa.Text{}, raw.UnsupportedType()
	}
	t, err := x.PDF.Extract(ctx, r)
	if err != nil {
		return t, err
	}
	return cleanText(t), nil
}

// finish adds what all formats share: the title on one line, the language, and the refusal of a
// text that says nothing.
func finish(t qa.Text) (qa.Text, error) {
	t.Title = cleanTitle(t.Title)
	t.Language = languageOf(t.Content)
	if len(t.Blocks) == 0 {
		return qa.Text{Title: t.Title, Pages: t.Pages}, raw.NoText()
	}
	return t, nil
}

// readAll reads a whole file of at most limit bytes.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, raw.AsVerdict(err)
	case int64(len(data)) > limit:
		return nil, raw.TooLarge()
	case len(bytes.TrimSpace(data)) == 0:
		return nil, raw.Empty()
	}
	return data, nil
}
