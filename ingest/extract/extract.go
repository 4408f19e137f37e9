// Package extract turns the bytes of a file into qa.Text: normalised UTF-8 with its structure.
// It reads PDF (through a PDFReader), DOCX, ODT, PPTX, XLSX, CSV, HTML, EPUB, Markdown, RTF, messages and plain
// text, Office files under a password too, and tells the type by content, never by name. It opens no file,
// follows no link and keeps nothing: what it cannot read ends in a *qa.Error whose code is a verdict of an
// ingestion.
package extract

import (
	"cmp"
	"context"
	"errors"
	"io"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/mail"
	"rapporteur/ingest/extract/office"
	"rapporteur/ingest/extract/plain"
	"rapporteur/ingest/extract/raw"
	"rapporteur/ingest/extract/rtf"
	"rapporteur/ingest/extract/sheet"
	"rapporteur/ingest/extract/web"
	"rapporteur/qa"
)

// PDFReader reads the text, pages and blocks of a PDF; pdf.Pool is one. It opens protected files with
// the password of the File.
type PDFReader interface {
	Extract(ctx context.Context, f qa.File) (qa.Text, error)
}

// Extractor reads files of all types. PDF may be nil: PDF files are then an unsupported type.
// Its methods may be called from several goroutines at once, each with a reader of its own.
type Extractor struct {
	PDF         PDFReader
	Recognition *Recognition // of the pages of a PDF that are pictures; nil leaves them without text
	raw.Limits
}

// Extract reads the text of a file whose media type Sniff found. Its errors are *qa.Error with the
// codes empty, damaged, encrypted, bad_password, too_large, too_large_unpacked, unsupported_type,
// resource_limit and no_text, or the error of ctx. With no_text the Text still has its Pages and its
// Reading, so that they can be reported.
func (x *Extractor) Extract(ctx context.Context, f qa.File) (qa.Text, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return qa.Text{}, raw.AsVerdict(err)
	}
	if f.MediaType == raw.MediaPDF {
		return x.readPDF(ctx, f)
	}
	o := x.WithDefaults()
	limited, cancel := context.WithTimeout(ctx, o.Time)
	defer cancel()
	f, err := opened(o, f)
	if err != nil {
		return qa.Text{}, raw.AsVerdict(err)
	}
	t, err := byType(limited, o, f)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return qa.Text{}, raw.ResourceLimit().Because(err)
	}
	if err != nil {
		return t, err
	}
	return finish(t)
}

// byType calls the reader of the type.
func byType(ctx context.Context, o raw.Limits, f qa.File) (qa.Text, error) {
	switch f.MediaType {
	case raw.MediaDOCX:
		return office.ReadDOCX(ctx, o, f)
	case raw.MediaODT:
		return office.ReadODT(ctx, o, f)
	case raw.MediaPPTX:
		return office.ReadPPTX(ctx, o, f)
	case raw.MediaHTML:
		return web.ReadHTML(ctx, o, f)
	case raw.MediaEPUB:
		return web.ReadEPUB(ctx, o, f)
	case raw.MediaMarkdown:
		return web.ReadMarkdown(ctx, o, f)
	case raw.MediaText:
		return plain.Read(o, f)
	case raw.MediaXLSX:
		return sheet.ReadXLSX(ctx, o, f)
	case raw.MediaCSV:
		t, err := sheet.ReadCSV(ctx, o, f)
		if errors.Is(err, sheet.ErrNoTable) {
			return readPlain(o, f)
		}
		return t, err
	case raw.MediaEML:
		return mail.ReadEML(ctx, o, f)
	case raw.MediaRTF:
		return rtf.Read(ctx, o, f)
	}
	return qa.Text{}, raw.UnsupportedType()
}

// readPlain reads a file from its start as plain text.
func readPlain(o raw.Limits, f qa.File) (qa.Text, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return qa.Text{}, err
	}
	return plain.Read(o, f)
}

func (x *Extractor) readPDF(ctx context.Context, f qa.File) (qa.Text, error) {
	if x.PDF == nil {
		return qa.Text{}, raw.UnsupportedType()
	}
	t, err := x.PDF.Extract(ctx, f)
	if err != nil {
		return t, err
	}
	t, err = x.Recognition.complete(ctx, f, draft.CleanText(t))
	if err != nil {
		return t, err
	}
	return finish(t)
}

// finish adds what all formats share: the title on one line, the language, and the refusal of a
// text that says nothing.
func finish(t qa.Text) (qa.Text, error) {
	t.Title = draft.CleanTitle(t.Title)
	t.Language = cmp.Or(languageOf(t.Content), t.Language)
	draft.Tally(&t)
	if len(t.Blocks) == 0 {
		return qa.Text{Title: t.Title, Pages: t.Pages, Reading: t.Reading}, raw.NoText()
	}
	return t, nil
}
