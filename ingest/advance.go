package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"runtime/debug"
	"slices"
	"strings"

	"rapporteur/qa"
)

// Advance does one durable step for a version and returns the state reached; terminal states
// return at once. A file that cannot be read ends in StateFailed, which is no error. Errors are
// about the moment, not the file: the step can be tried again.
func (p *Pipeline) Advance(ctx context.Context, id qa.VersionID) (qa.State, error) {
	d, v, err := p.Library.Version(ctx, id)
	if err != nil {
		return "", err
	}
	var state qa.State
	switch v.State {
	case qa.StateQueued:
		state, err = p.read(ctx, d, v)
	case qa.StateExtracted:
		state, err = p.publish(ctx, d, v)
	default:
		return v.State, nil
	}
	if qa.CodeOf(err) == "stale_version" {
		// Another worker did this step; its state counts.
		_, v, err = p.Library.Version(ctx, id)
		return v.State, err
	}
	return state, err
}

// GiveUp fails a version after errors that did not pass; cause gives the code.
func (p *Pipeline) GiveUp(ctx context.Context, id qa.VersionID, cause error) error {
	_, v, err := p.Library.Version(ctx, id)
	if err != nil {
		return err
	}
	if !v.State.Pending() {
		return nil
	}
	p.log().ErrorContext(ctx, "ingest gave up", slog.String("version", string(id)), slog.Any("error", cause))
	return p.Library.Fail(ctx, failed(v, "internal"), qa.Reading{})
}

// read extracts, splits and saves.
func (p *Pipeline) read(ctx context.Context, d qa.Document, v qa.Version) (qa.State, error) {
	e, err := p.readOriginal(ctx, v)
	v = e.counted(v)
	if err != nil && aboutTheFile(err) {
		p.log().InfoContext(ctx, "file not readable", slog.String("version", string(v.ID)), slog.Any("error", err))
		if err := p.Library.Fail(ctx, failed(v, qa.CodeOf(err)), e.text.Reading); err != nil {
			return "", err
		}
		return qa.StateFailed, nil
	}
	if err != nil {
		return "", err
	}
	v.Title = cmp.Or(v.Title, e.text.Title, path.Base(d.Source))
	if err := p.Library.SaveChunks(ctx, v, e.text, e.chunks); err != nil {
		return "", err
	}
	return qa.StateExtracted, nil
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

func (p *Pipeline) publish(ctx context.Context, d qa.Document, v qa.Version) (qa.State, error) {
	switch {
	case len(v.PagesWithoutText) > 0:
		v.Verdict = qa.VerdictPartlyNoText
	case d.Live != "":
		v.Verdict = qa.VerdictNewVersion
	default:
		v.Verdict = qa.VerdictIngested
	}
	return p.Library.Publish(ctx, v)
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
