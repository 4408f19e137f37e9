// Package ocr recognises the text of a picture of a page with Tesseract, where that program is
// installed on the machine. It downloads nothing, writes no file and needs no library: the picture goes
// to the program's standard input, words with their boxes and confidences come back.
package ocr

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image/png"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// maxPixels is the largest picture recognised: more than A2 at 200 dpi. It takes Tesseract 280 MB.
	maxPixels = 20_000_000
	// maxPNG is the largest picture in bytes; a page of noise at maxPixels stays below.
	maxPNG = 64 << 20
	// maxOutput is the longest answer read, in bytes: ten times what a full page of small print gives.
	maxOutput = 8 << 20
	// maxErrors is how much of what the program complains about is kept for the log, in bytes.
	maxErrors = 2 << 10
	// listLimit is the longest wait for the list of languages.
	listLimit = 10 * time.Second
)

// The reasons why nothing can be recognised on this machine, and why a picture cannot be.
var (
	ErrMissing   = errors.New("tesseract is not installed")
	ErrLanguages = errors.New("tesseract has none of the languages")
	ErrTooLarge  = errors.New("the picture is too large to be recognised")
)

// Options are the settings of a Tesseract. The zero value of a field means its default.
type Options struct {
	Command   string        // name or path of the program; default "tesseract"
	Languages []string      // wanted, as Tesseract calls them; default fra and eng; those not installed are left out
	PageLimit time.Duration // most time for one page; default 60 s, thirty times what a full page takes
	Pages     int           // pages recognised at once, over all documents; default 2
	DPI       int           // of the pictures; default 200: 300 takes longer and reads no better
}

func (o Options) withDefaults() Options {
	o.Command = cmp.Or(o.Command, "tesseract")
	if len(o.Languages) == 0 {
		o.Languages = []string{"fra", "eng"}
	}
	o.PageLimit = cmp.Or(o.PageLimit, time.Minute)
	o.Pages = cmp.Or(o.Pages, 2)
	o.DPI = cmp.Or(o.DPI, 200)
	return o
}

// Tesseract recognises pages, each with a process of its own on one core. It is safe for concurrent use.
type Tesseract struct {
	options Options
	places  chan struct{} // one a page that may be recognised now

	mu        sync.Mutex
	languages []string // installed and wanted; nil until they were found
}

// New makes a Tesseract. The program is looked for when it is needed: installing it later needs no restart.
func New(o Options) *Tesseract {
	o = o.withDefaults()
	return &Tesseract{options: o, places: make(chan struct{}, o.Pages)}
}

// Ready reports whether pages can be recognised: the error is ErrMissing, ErrLanguages, or says why the
// program does not run.
func (t *Tesseract) Ready(ctx context.Context) error {
	_, err := t.Languages(ctx)
	return err
}

// Languages gives those of the wanted languages that are installed, in the order wanted. Its errors
// are those of Ready.
func (t *Tesseract) Languages(ctx context.Context) ([]string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.languages != nil {
		return t.languages, nil
	}
	ctx, cancel := context.WithTimeout(ctx, listLimit)
	defer cancel()
	out, err := t.run(ctx, nil, "--list-langs")
	if err != nil {
		return nil, err
	}
	installed := strings.Fields(string(out))
	for _, l := range t.options.Languages {
		if slices.Contains(installed, l) {
			t.languages = append(t.languages, l)
		}
	}
	if t.languages == nil {
		return nil, ErrLanguages
	}
	return t.languages, nil
}

// Recognise reads the picture of one page, a PNG. The error is ErrTooLarge, one of Ready, or says what
// went wrong; a page without any text is no error.
func (t *Tesseract) Recognise(ctx context.Context, picture []byte) (Page, error) {
	if err := Fits(picture); err != nil {
		return Page{}, err
	}
	languages, err := t.Languages(ctx)
	if err != nil {
		return Page{}, err
	}
	select {
	case t.places <- struct{}{}:
		defer func() { <-t.places }()
	case <-ctx.Done():
		return Page{}, ctx.Err()
	}
	limited, cancel := context.WithTimeout(ctx, t.options.PageLimit)
	defer cancel()
	out, err := t.run(limited, picture, "stdin", "stdout", "-l", strings.Join(languages, "+"),
		"--dpi", strconv.Itoa(t.options.DPI), "-c", "tessedit_create_tsv=1")
	switch {
	case ctx.Err() != nil:
		return Page{}, ctx.Err()
	case limited.Err() != nil:
		return Page{}, fmt.Errorf("recognise a page: more than %v", t.options.PageLimit)
	case err != nil:
		return Page{}, err
	}
	return parse(out)
}

// Fits reports whether a picture can be recognised: the error is ErrTooLarge, or says that it is no PNG.
func Fits(picture []byte) error {
	size, err := png.DecodeConfig(bytes.NewReader(picture))
	switch {
	case err != nil:
		return fmt.Errorf("recognise a page: %w", err)
	case len(picture) > maxPNG || size.Width > maxPixels/max(1, size.Height):
		return fmt.Errorf("%w: %d by %d pixels", ErrTooLarge, size.Width, size.Height)
	}
	return nil
}

// run starts the program with the picture on its standard input and gives what it prints. The program
// and all it started end with ctx.
func (t *Tesseract) run(ctx context.Context, picture []byte, args ...string) ([]byte, error) {
	path, err := exec.LookPath(t.options.Command)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	// One thread a page: several threads make a page five times slower. The language of its numbers
	// must not depend on the machine.
	cmd.Env = append(cmd.Environ(), "OMP_THREAD_LIMIT=1", "LC_ALL=C")
	cmd.Stdin = bytes.NewReader(picture)
	out, complaints := &limited{max: maxOutput}, &limited{max: maxErrors, lossy: true}
	cmd.Stdout, cmd.Stderr = out, complaints
	cmd.WaitDelay = 2 * time.Second
	ownGroup(cmd)
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("tesseract: %w: %s", err, bytes.TrimSpace(complaints.bytes))
	}
	return out.bytes, nil
}

// limited keeps at most max bytes of what is written to it. More is an error, or lost where lossy.
type limited struct {
	bytes []byte
	max   int
	lossy bool
}

// errOutput says that the program printed more than a page can hold.
var errOutput = errors.New("too much output")

// Write keeps b as long as there is room.
func (l *limited) Write(b []byte) (int, error) {
	room := l.max - len(l.bytes)
	if len(b) > room && !l.lossy {
		return 0, errOutput
	}
	l.bytes = append(l.bytes, b[:min(len(b), room)]...)
	return len(b), nil
}
