package ingest

import (
	"cmp"
	"context"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/qa"
)

const (
	maxCollection = 100  // bytes, as qa.CollectionID says
	maxSource     = 1024 // bytes; longer than any path that common systems make
	maxTitle      = 500  // bytes; longer ones are cut
)

// Accept stores an upload and queues it. When it returns without error, the bytes, the rows and
// the job are on disk. What the upload is follows from its bytes and its source:
//
//   - the bytes of the newest version again (of u.Document, or of u.Source with u.Replace; else of
//     any document of the collection): VerdictUnchanged and the existing version. A version that
//     failed does not count: it is tried again;
//   - u.Document, or a known source with u.Replace, or a source of which nothing could be read so
//     far: VerdictNewVersion (VerdictIngested where nothing was readable before);
//   - a known source otherwise: Conflict source_exists, with the source and the document's id;
//   - else a new document: VerdictIngested.
//
// Errors: empty, too_large, the Extractor's unsupported_type and type_mismatch, document_unknown,
// bad_collection, bad_source, disk_full. After an error nothing is kept.
func (p *Pipeline) Accept(ctx context.Context, u qa.Upload, r io.Reader) (qa.Receipt, error) {
	u, err := clean(u)
	if err != nil {
		return qa.Receipt{}, err
	}
	stage, hash, size, err := p.Originals.Stage(ctx, r, cmp.Or(p.Options.MaxBytes, DefaultMaxBytes))
	if err != nil {
		return qa.Receipt{}, err
	}
	defer p.Originals.Discard(stage)
	if size == 0 {
		return qa.Receipt{}, qa.E(qa.Unprocessable, string(qa.VerdictEmpty))
	}
	mediaType := u.MediaType
	if mediaType == "" {
		if mediaType, err = p.sniff(ctx, u.Source, stage); err != nil {
			return qa.Receipt{}, err
		}
	}
	now := p.now()
	v := qa.Version{
		ID:        qa.VersionID(newID(now)),
		Document:  qa.DocumentID(newID(now)),
		Hash:      hash,
		Size:      size,
		MediaType: mediaType,
		State:     qa.StateQueued,
		Title:     u.Title,
		CreatedAt: now,
	}
	return p.Library.CreateVersion(ctx, u, v, func() error { return p.Originals.Keep(ctx, stage, hash) })
}

func (p *Pipeline) sniff(ctx context.Context, name, stage string) (mediaType string, err error) {
	f, err := p.Originals.OpenStage(ctx, stage)
	if err != nil {
		return "", err
	}
	defer f.Close()
	err = p.guarded("sniff", func() (err error) {
		mediaType, err = p.Extractor.Sniff(qa.File{ReadSeeker: f, Name: name})
		return err
	})
	return mediaType, err
}

// clean checks and normalises what came with the bytes.
func clean(u qa.Upload) (qa.Upload, error) {
	if u.Collection == "" && u.Document == "" {
		u.Collection = qa.DefaultCollection
	}
	c := string(u.Collection)
	if len(c) > maxCollection || c != printable(c) || c != strings.TrimSpace(c) {
		return u, qa.E(qa.Invalid, "bad_collection")
	}
	u.Source = printable(u.Source)
	if len(u.Source) > maxSource || strings.TrimSpace(u.Source) == "" && u.Document == "" {
		return u, qa.E(qa.Invalid, "bad_source")
	}
	u.Title = cut(strings.TrimSpace(printable(u.Title)), maxTitle)
	return u, nil
}

// printable drops what is not UTF-8 and control and format characters, which could make a name
// read as another one.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.C, r) && r != '\u200d' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// cut shortens s to at most n bytes, between two characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
