package ingest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
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
//   - the bytes of the newest version again (of u.Document, or of u.Source with u.Replace; else,
//     without u.Origin, of any document of the collection): VerdictUnchanged and the existing version.
//     A version that failed does not count: it is tried again. Of what a folder holds, the path is the
//     identity, so that a file that moved is a document gone and another one come;
//   - u.Document, or a known source with u.Replace, or a source of which nothing could be read so
//     far: VerdictNewVersion (VerdictIngested where nothing was readable before);
//   - a known source otherwise: Conflict source_exists, with the source and the document's id;
//   - else a new document: VerdictIngested.
//
// Where r is an io.ReadSeeker, bytes that change nothing are hashed and not written anywhere.
//
// A file that comes with a password is read at once, because the password is not kept: where that
// succeeds, the version is already extracted. A file that opens without it is accepted all the same.
//
// Errors: empty, too_large, the Extractor's unsupported_type and type_mismatch, document_unknown,
// bad_collection, bad_source, disk_full; bad_password, and whatever else keeps a protected file from
// being read. After an error nothing is kept.
func (p *Pipeline) Accept(ctx context.Context, u qa.Upload, r io.Reader) (qa.Receipt, error) {
	u, err := clean(u)
	if err != nil {
		return qa.Receipt{}, err
	}
	if receipt, ok, err := p.recall(ctx, u, r); ok || err != nil {
		return receipt, err
	}
	stage, hash, size, err := p.Originals.Stage(ctx, r, cmp.Or(p.Options.MaxBytes, DefaultMaxBytes))
	if err != nil {
		return qa.Receipt{}, err
	}
	defer p.Originals.Discard(stage)
	if size == 0 {
		return qa.Receipt{}, qa.E(qa.Unprocessable, string(qa.VerdictEmpty))
	}
	opened, err := p.open(ctx, &u, stage)
	if err != nil {
		return qa.Receipt{}, err
	}
	now := p.now()
	v := qa.Version{
		ID:        qa.VersionID(newID(now)),
		Document:  qa.DocumentID(newID(now)),
		Hash:      hash,
		Size:      size,
		MediaType: u.MediaType,
		State:     qa.StateQueued,
		Title:     u.Title,
		CreatedAt: now,
	}
	keep := func() error { return p.Originals.Keep(ctx, stage, hash) }
	if opened == nil {
		return p.Library.CreateVersion(ctx, u, v, keep)
	}
	return p.Library.CreateExtracted(ctx, u, opened.counted(v), opened.text, opened.chunks, keep)
}

// recall looks whether a file that can be read twice changes nothing. Where its original is missing, the upload is
// to bring it back.
func (p *Pipeline) recall(ctx context.Context, u qa.Upload, r io.Reader) (receipt qa.Receipt, ok bool, err error) {
	file, twice := r.(io.ReadSeeker)
	if p.Earlier == nil || !twice || !u.Replace || u.Document != "" || u.Password != "" {
		return receipt, false, nil
	}
	start, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return receipt, false, nil // a pipe, for instance
	}
	sum := sha256.New()
	limit := cmp.Or(p.Options.MaxBytes, DefaultMaxBytes)
	n, err := io.Copy(sum, io.LimitReader(&untilDone{ctx, file}, limit+1))
	if err == nil && n <= limit {
		receipt, ok, err = p.Earlier.Recall(ctx, u, hex.EncodeToString(sum.Sum(nil)))
	}
	if ok && err == nil {
		ok, err = p.holds(ctx, receipt.Version.Hash)
	}
	if err == nil && !ok {
		_, err = file.Seek(start, io.SeekStart)
	}
	return receipt, ok, err
}

// holds reports whether an original is there.
func (p *Pipeline) holds(ctx context.Context, hash string) (bool, error) {
	f, err := p.Originals.Open(ctx, hash)
	if qa.KindOf(err) == qa.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, f.Close()
}

// untilDone reads until its context ends.
type untilDone struct {
	ctx context.Context
	io.Reader
}

func (r *untilDone) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(b)
}

// open finds the media type of what was staged, where the upload does not name it, and reads it at once
// where it came with a password, which it forgets. It gives nil where reading is left to Advance.
func (p *Pipeline) open(ctx context.Context, u *qa.Upload, stage string) (*extracted, error) {
	password := u.Password
	u.Password = ""
	f, err := p.Originals.OpenStage(ctx, stage)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	file := qa.File{ReadSeeker: f, Name: nameOf(u.Source), MediaType: u.MediaType}
	protected := false
	if file.MediaType == "" {
		file.MediaType, err = p.sniff(file)
		if protected = password != "" && isProtected(err); protected {
			file.Password = password
			file.MediaType, err = p.sniff(file)
		}
		if err != nil {
			return nil, discreet(err, password)
		}
		u.MediaType = file.MediaType
	}
	if password == "" {
		return nil, nil
	}
	e, err := p.readFile(ctx, file)
	if !protected && isProtected(err) {
		protected, file.Password = true, password
		e, err = p.readFile(ctx, file)
	}
	switch {
	case err == nil:
		return &e, nil
	case !protected && aboutTheFile(err):
		return nil, nil // Advance will fail it, with its report
	}
	return nil, discreet(err, password)
}

func (p *Pipeline) sniff(f qa.File) (mediaType string, err error) {
	err = p.guarded("sniff", f.Password, func() (err error) {
		mediaType, err = p.Extractor.Sniff(f)
		return err
	})
	return mediaType, err
}

func isProtected(err error) bool { return qa.CodeOf(err) == string(qa.VerdictEncrypted) }

// discreet drops the cause of an error about a file that came with a password: it might repeat it.
func discreet(err error, password string) error {
	var e *qa.Error
	if password == "" || !errors.As(err, &e) {
		return err
	}
	return qa.E(e.Kind, e.Code)
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
	u.Source = SourceOf(u.Source)
	if len(u.Source) > maxSource || strings.TrimSpace(u.Source) == "" && u.Document == "" {
		return u, qa.E(qa.Invalid, "bad_source")
	}
	u.Title = cut(strings.TrimSpace(printable(u.Title)), maxTitle)
	return u, nil
}

// SourceOf is the source under which Accept keeps what is called name.
func SourceOf(name string) string { return printable(name) }

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
