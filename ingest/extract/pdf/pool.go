package pdf

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"

	"rapporteur/ingest/extract/pdf/layout"
	"rapporteur/qa"
)

// Options are the settings of a Pool. The zero value of a field means its default.
type Options struct {
	Children   int           // documents read at once, each by a child process; default 1
	MaxBytes   int64         // largest PDF, in bytes; default 50 MiB
	PageLimit  time.Duration // most time for one page, and for what precedes the first; default 10 s
	TotalLimit time.Duration // most time for one document; default 120 s
	StartLimit time.Duration // most time for a child to start, the first compiles PDFium; default 90 s
	Documents  int           // tasks done by a child before it is replaced; default 50
	Idle       time.Duration // a child without work is stopped after this time; default 60 s
}

func (o Options) withDefaults() Options {
	o.Children = cmp.Or(o.Children, 1)
	o.MaxBytes = cmp.Or(o.MaxBytes, defaultMaxBytes)
	o.PageLimit = cmp.Or(o.PageLimit, 10*time.Second)
	o.TotalLimit = cmp.Or(o.TotalLimit, 120*time.Second)
	o.StartLimit = cmp.Or(o.StartLimit, 90*time.Second)
	o.Documents = cmp.Or(o.Documents, 50)
	o.Idle = cmp.Or(o.Idle, 60*time.Second)
	return o
}

// Pool reads PDF files in child processes. It is safe for concurrent use.
type Pool struct {
	command func(ctx context.Context) *exec.Cmd
	options Options
	free    chan *slot
	slots   []*slot
	ctx     context.Context // lives until Close
	cancel  context.CancelFunc
	closing sync.Once
}

// New makes a Pool. command gives the command that starts this same program as a child, one that
// calls Serve on its standard input and output; the context it receives ends with the pool.
// No child starts before Warm or the first Extract.
func New(command func(ctx context.Context) *exec.Cmd, o Options) *Pool {
	o = o.withDefaults()
	p := &Pool{command: command, options: o, free: make(chan *slot, o.Children)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	for range o.Children {
		s := &slot{}
		p.slots = append(p.slots, s)
		p.free <- s
	}
	return p
}

// slot is the place of one child, which may not run at the moment.
type slot struct {
	mu    sync.Mutex
	busy  bool
	child *child
	idle  *time.Timer
}

// drop ends the slot's child.
func (s *slot) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
}

// dropIdle ends the slot's child unless it works.
func (s *slot) dropIdle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.busy {
		s.end()
	}
}

// end ends the child; the caller holds mu.
func (s *slot) end() {
	if s.child != nil {
		s.child.kill()
		s.child = nil
	}
}

// errClosed is what a Pool answers after Close.
var errClosed = errors.New("pdf: the pool is closed")

// Warm starts a child ahead of the first document. On a machine where PDFium is not compiled yet
// that takes seconds, and writes the cache that makes later starts quick.
func (p *Pool) Warm(ctx context.Context) error {
	s, err := p.take(ctx)
	if err != nil {
		return err
	}
	defer p.give(s)
	if _, err = p.running(ctx, s); err != nil && p.ctx.Err() != nil {
		return errClosed
	}
	return err
}

// Extract reads one PDF from its start. What is wrong with the file is a *qa.Error with code
// empty, encrypted, bad_password, damaged, resource_limit or too_large; any other error is of the
// machine or of ctx. A page without text has an empty span; a file without any is not an error.
func (p *Pool) Extract(ctx context.Context, f qa.File) (qa.Text, error) {
	var text qa.Text
	err := p.ask(ctx, f, request{Task: taskText}, func(body []byte) (err error) {
		text, err = parseText(body)
		return err
	})
	return text, err
}

// Render draws a page, counted from 1, as a PNG of about dpi dots an inch: in colour, or in grey and
// with fewer dots where the page is very large. Its errors are those of Extract, and ErrNoPage.
func (p *Pool) Render(ctx context.Context, f qa.File, page, dpi int) (picture []byte, err error) {
	if page < 1 || page > maxPages {
		return nil, ErrNoPage
	}
	dpi = min(max(dpi, minDPI), maxDPI)
	err = p.ask(ctx, f, request{Task: taskPicture, Page: page, DPI: dpi}, func(body []byte) error {
		if !bytes.HasPrefix(body, []byte("\x89PNG")) {
			return errors.New("the picture is no PNG")
		}
		picture = body
		return nil
	})
	return picture, err
}

// The resolutions of pictures: from a thumbnail to what a scanner gives.
const (
	minDPI = 10
	maxDPI = 600
)

// Place is where a quote stands on a page as shown, in points; y grows upwards from the lower edge.
type Place struct {
	Boxes         []layout.Box // one for each line or cell; none where the quote was not found
	Width, Height float64      // of the page
}

// maxQuote is the longest quote, in bytes, that is looked for.
const maxQuote = 64 << 10

// Locate finds a quote of the text that Extract gave on its page, counted from 1. before is some text
// that stands before it, to choose among several occurrences. Its errors are those of Render.
func (p *Pool) Locate(ctx context.Context, f qa.File, page int, before, quote string) (Place, error) {
	if page < 1 || page > maxPages {
		return Place{}, ErrNoPage
	}
	var place Place
	r := request{Task: taskPlace, Page: page, Before: before[max(0, len(before)-maxQuote):], Quote: quote[:min(len(quote), maxQuote)]}
	err := p.ask(ctx, f, r, func(body []byte) error { return json.Unmarshal(body, &place) })
	return place, err
}

// ask has a child do one task; accept reads the answer.
func (p *Pool) ask(ctx context.Context, f qa.File, r request, accept func(body []byte) error) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("measure the PDF: %w", err)
	}
	switch {
	case size == 0:
		return verdict(codeEmpty, errors.New("no bytes"))
	case size > p.options.MaxBytes:
		return qa.E(qa.TooLarge, codeTooLarge).Because(fmt.Errorf("%d bytes, the limit is %d", size, p.options.MaxBytes))
	}
	r.Size, r.Password = size, f.Password
	s, err := p.take(ctx)
	if err != nil {
		return err
	}
	defer p.give(s)
	err = p.once(ctx, s, f, r, accept)
	var crash *crashError
	if errors.As(err, &crash) && p.ctx.Err() == nil {
		// A child can die for reasons of its own; a file that kills a fresh one too is at fault.
		if err = p.once(ctx, s, f, r, accept); errors.As(err, &crash) {
			err = verdict(codeDamaged, err)
		}
	}
	if p.ctx.Err() != nil && err != nil {
		return errClosed
	}
	return err
}

// once has the slot's child do the task, and ends the child where it must not go on.
func (p *Pool) once(ctx context.Context, s *slot, in io.ReadSeeker, r request, accept func(body []byte) error) error {
	c, err := p.running(ctx, s)
	if err != nil {
		return err
	}
	key, err := keyOf(in)
	if err != nil {
		return err
	}
	if c.last == key {
		r.Size = 0
	}
	c.last = key
	fit, err := c.run(ctx, in, r, p.options, accept)
	if c.documents++; !fit || c.documents >= p.options.Documents {
		s.drop()
	}
	return err
}

// keyOf tells documents apart, and leaves the file at its start.
func keyOf(in io.ReadSeeker) (key [sha256.Size]byte, err error) {
	h := sha256.New()
	if _, err = in.Seek(0, io.SeekStart); err == nil {
		_, err = io.Copy(h, in)
	}
	if err == nil {
		_, err = in.Seek(0, io.SeekStart)
	}
	if err != nil {
		return key, fmt.Errorf("%w: %w", errSource, err)
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

// take waits for a free slot.
func (p *Pool) take(ctx context.Context) (*slot, error) {
	select {
	case s := <-p.free:
		s.mu.Lock()
		s.busy = true
		s.mu.Unlock()
		return s, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.ctx.Done():
		return nil, errClosed
	}
}

// give hands a slot back and sets the clock that ends its idle child.
func (p *Pool) give(s *slot) {
	s.mu.Lock()
	s.busy = false
	if s.idle != nil {
		s.idle.Stop()
	}
	if p.ctx.Err() == nil {
		s.idle = time.AfterFunc(p.options.Idle, s.dropIdle)
	}
	s.mu.Unlock()
	p.free <- s
}

// running gives the slot's child, started if there is none or if it died meanwhile.
func (p *Pool) running(ctx context.Context, s *slot) (*child, error) {
	s.mu.Lock()
	c := s.child
	s.mu.Unlock()
	if c != nil && !c.dead() {
		return c, nil
	}
	s.drop()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(p.ctx, stop)()
	c, err := start(ctx, p.command(p.ctx), p.options.StartLimit)
	if err != nil {
		return nil, fmt.Errorf("start the PDF reader: %w", err)
	}
	s.mu.Lock()
	s.child = c
	s.mu.Unlock()
	return c, nil
}

// Close ends all children, those at work too, and waits until their processes are gone.
func (p *Pool) Close() error {
	p.closing.Do(func() {
		p.cancel()
		for _, s := range p.slots {
			s.drop()
		}
		// What was at work now ends, and hands its slot back.
		for range p.slots {
			s := <-p.free
			s.drop()
		}
	})
	return nil
}
