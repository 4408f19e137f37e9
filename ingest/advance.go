package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"

	"rapporteur/qa"
)

// Advance does one durable step for a version, and reports whether another is left:
//
//   - queued: the file is read. One that cannot be read ends in StateFailed, which is no error;
//   - extracted: the version is published. Where it takes the place of one that answers questions with
//     vectors, it gets its own first;
//   - live: the next vectors are made, those of chunks before those of sentences.
//
// Errors are about the moment, not the file: the step can be tried again.
func (p *Pipeline) Advance(ctx context.Context, id qa.VersionID) (more bool, err error) {
	d, v, err := p.Library.Version(ctx, id)
	if err != nil {
		return false, err
	}
	switch {
	case v.State == qa.StateQueued:
		more, err = p.read(ctx, d, v)
	case p.wantsVectors(d, v):
		return p.Embed(ctx, id)
	case v.State == qa.StateExtracted:
		more, err = p.publish(ctx, d, v)
	}
	if qa.CodeOf(err) == "stale_version" {
		// Another worker did this step; what it left to do counts.
		_, v, err = p.Library.Version(ctx, id)
		return v.State.Pending(), err
	}
	return more, err
}

// Embedding reports whether the next step of a version makes vectors: a long and less urgent kind of
// step than those that make a version searchable.
func (p *Pipeline) Embedding(ctx context.Context, id qa.VersionID) (bool, error) {
	d, v, err := p.Library.Version(ctx, id)
	return err == nil && p.wantsVectors(d, v), err
}

func (p *Pipeline) wantsVectors(d qa.Document, v qa.Version) bool {
	if p.Embedder == nil || v.Embedded >= 1 {
		return false
	}
	return v.State == qa.StateLive || v.State == qa.StateExtracted && d.Live != ""
}

// GiveUp ends the work on a version after errors that did not pass; cause is for the log. A version that
// is read is searchable by its words without vectors: it stays live, or is published so.
func (p *Pipeline) GiveUp(ctx context.Context, id qa.VersionID, cause error) error {
	d, v, err := p.Library.Version(ctx, id)
	if err != nil {
		return err
	}
	p.log().ErrorContext(ctx, "ingest gave up", slog.String("version", string(id)), slog.String("state", string(v.State)), slog.Any("error", cause))
	if v.State == qa.StateExtracted {
		if _, err = p.publish(ctx, d, v); err == nil {
			return nil
		}
	}
	if !v.State.Pending() {
		return nil
	}
	return p.Library.Fail(ctx, failed(v, string(qa.VerdictGaveUp)), qa.Reading{})
}

// read extracts, splits and saves.
func (p *Pipeline) read(ctx context.Context, d qa.Document, v qa.Version) (more bool, err error) {
	e, err := p.readOriginal(ctx, v)
	v = e.counted(v)
	if err != nil && aboutTheFile(err) {
		p.log().InfoContext(ctx, "file not readable", slog.String("version", string(v.ID)), slog.Any("error", err))
		return false, p.Library.Fail(ctx, failed(v, qa.CodeOf(err)), e.text.Reading)
	}
	if err != nil {
		return false, err
	}
	v.Title = cmp.Or(v.Title, e.text.Title, nameOf(d.Source))
	if err := p.Library.SaveChunks(ctx, v, e.text, e.chunks); err != nil {
		return false, err
	}
	return true, nil
}

func (p *Pipeline) readOriginal(ctx context.Context, v qa.Version) (extracted, error) {
	f, err := p.Originals.Open(ctx, v.Hash)
	if qa.KindOf(err) == qa.NotFound {
		// Nothing but a new upload can bring the bytes back.
		return extracted{}, qa.E(qa.Unprocessable, "original_missing").Because(err)
	}
	if err != nil {
		return extracted{}, err
	}
	defer f.Close()
	return p.readFile(ctx, qa.File{ReadSeeker: f, MediaType: v.MediaType})
}

// extracted is what was read of a file.
type extracted struct {
	text   qa.Text
	chunks []qa.Chunk
}

// readFile extracts and splits a file whose media type is known. With an error that is about the file,
// the text may still have its pages and its report.
func (p *Pipeline) readFile(ctx context.Context, f qa.File) (e extracted, err error) {
	err = p.guarded("extract", f.Password, func() (err error) {
		e.text, err = p.Extractor.Extract(ctx, f)
		return err
	})
	if ctx.Err() != nil {
		// Whatever the extractor says after a stop is not about the file.
		return extracted{}, ctx.Err()
	}
	if err != nil {
		return e, err
	}
	e.text.Title = cut(strings.TrimSpace(printable(e.text.Title)), maxTitle)
	if e.chunks, err = p.split(e.text); err == nil && len(e.chunks) == 0 {
		err = qa.E(qa.Unprocessable, string(qa.VerdictNoText))
	}
	return e, err
}

// split cuts the text and checks the promises that every quote rests on: a chunk is its span, and the
// header row it repeats stands in the text.
func (p *Pipeline) split(text qa.Text) (chunks []qa.Chunk, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = qa.E(qa.Internal, "internal").Because(fmt.Errorf("split: panic: %v", r))
		}
	}()
	chunks = p.Splitter.Split(text)
	for _, c := range chunks {
		if c.Start < 0 || c.End > len(text.Content) || c.Start >= c.End || text.Content[c.Start:c.End] != c.Text {
			return nil, qa.E(qa.Internal, "internal").Because(fmt.Errorf("split: chunk %d is not its span [%d, %d)", c.Ordinal, c.Start, c.End))
		}
		if c.Header != "" && !repeats(c, text.Content) {
			return nil, qa.E(qa.Internal, "internal").Because(fmt.Errorf("split: the header of chunk %d is not that of its rows", c.Ordinal))
		}
	}
	return chunks, nil
}

// repeats reports whether the header of a chunk is the header row of rows in it, or its start.
func repeats(c qa.Chunk, content string) bool {
	return slices.ContainsFunc(c.Blocks, func(b qa.Block) bool {
		h := b.Header
		return h.Len() > 0 && h.End <= c.Start && strings.HasPrefix(content[h.Start:h.End], c.Header)
	})
}

func (p *Pipeline) publish(ctx context.Context, d qa.Document, v qa.Version) (more bool, err error) {
	switch {
	case len(v.PagesWithoutText) > 0:
		v.Verdict = qa.VerdictPartlyNoText
	case d.Live != "":
		v.Verdict = qa.VerdictNewVersion
	default:
		v.Verdict = qa.VerdictIngested
	}
	v.State, err = p.Library.Publish(ctx, v)
	return err == nil && p.wantsVectors(d, v), err
}

// guarded runs code that reads hostile bytes: a panic there says that the file is damaged. The secret,
// "" when there is none, is kept out of what is said about it.
func (p *Pipeline) guarded(what, secret string, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			said := fmt.Sprint(r)
			if secret != "" {
				said = strings.ReplaceAll(said, secret, "…")
			}
			p.log().Error("panic while reading a file", slog.String("step", what), slog.String("panic", said), slog.String("stack", string(debug.Stack())))
			err = qa.E(qa.Unprocessable, string(qa.VerdictDamaged)).Because(fmt.Errorf("%s: panic: %s", what, said))
		}
	}()
	return f()
}

// aboutTheFile tells errors that trying again cannot mend.
func aboutTheFile(err error) bool {
	var e *qa.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Kind {
	case qa.Invalid, qa.TooLarge, qa.Unsupported, qa.Unprocessable:
		return true
	}
	return false
}

func failed(v qa.Version, code string) qa.Version {
	v.Verdict, v.Failure = qa.Verdict(code), code
	return v
}

// counted fills in the figures of a version that was read.
func (e extracted) counted(v qa.Version) qa.Version {
	total := e.text.Reading.Total()
	v.Recognised, v.Hidden = total.Recognised, total.HiddenTotal()
	v.Pages, v.PagesWithoutText = pages(e.text)
	v.Language, v.Chunks = e.text.Language, len(e.chunks)
	return v
}

// pages counts the pages and names those without text. A page on which nothing is drawn lacks none,
// unless no page of the file gave any.
func pages(t qa.Text) (n int, without []int) {
	unread := map[int]string{}
	for _, p := range t.Reading.Pages {
		unread[p.Number] = p.Unread
	}
	for _, pg := range t.Pages {
		empty := pg.Len() <= 0 || pg.End > len(t.Content) || strings.TrimSpace(t.Content[pg.Start:pg.End]) == ""
		blank := unread[pg.Number] == "blank"
		if unread[pg.Number] != "" && !blank || empty && !(blank && t.Content != "") {
			without = append(without, pg.Number)
		}
	}
	return len(t.Pages), without
}
