// Package pictures shows the pages of PDF originals as they were printed: it has them drawn, keeps the drawings on
// disk, and finds where a quote stands on them.
package pictures

import (
	"cmp"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"rapporteur/ingest/extract/pdf"
	"rapporteur/qa"
)

// Originals opens the bytes of an upload by their hash.
type Originals interface {
	Open(ctx context.Context, hash string) (io.ReadSeekCloser, error)
}

// Reader draws pages of PDF files and finds quotes on them, as pdf.Pool does.
type Reader interface {
	Render(ctx context.Context, f qa.File, page, dpi int) ([]byte, error)
	Locate(ctx context.Context, f qa.File, page int, before, quote string) (pdf.Place, error)
}

// Options are the settings of an Album. The zero value of a field means its default.
type Options struct {
	Bytes int64         // most that the drawings take on disk; default 256 MiB
	Age   time.Duration // a drawing that nobody looked at for so long is removed; default a week
}

// The resolutions of drawings, in dots an inch: sharp at the width of a panel, and fit to read small print. Others
// are not drawn, so that nobody fills the disk with all there are.
const (
	Plain = 110
	Fine  = 220
)

// maxPlacements is how many places of quotes are remembered; each is some hundred bytes.
const maxPlacements = 2000

// Album gives pictures of pages. It is safe for concurrent use.
type Album struct {
	originals Originals
	reader    Reader
	folder    *folder

	mu     sync.Mutex
	placed map[placeKey]qa.Placement
}

type placeKey struct {
	hash  string
	page  int
	quote qa.Quote
}

// New makes an Album that keeps its drawings under dir, which is made when the first is kept.
func New(originals Originals, reader Reader, dir string, o Options) *Album {
	o.Bytes = cmp.Or(o.Bytes, 256<<20)
	o.Age = cmp.Or(o.Age, 7*24*time.Hour)
	return &Album{originals: originals, reader: reader, folder: &folder{dir: dir, options: o}, placed: map[placeKey]qa.Placement{}}
}

// Picture gives a page, counted from 1, of the PDF of this hash as a PNG at Plain or Fine dots an inch, or at fewer
// where the page is very large. NotFound page_unknown where there is no such page; Unprocessable where the file
// cannot be drawn, as one that a password protects.
func (a *Album) Picture(ctx context.Context, hash string, page int, fine bool) ([]byte, error) {
	dpi := Plain
	if fine {
		dpi = Fine
	}
	if png, ok := a.folder.read(hash, page, dpi); ok {
		return png, nil
	}
	var png []byte
	err := a.with(ctx, hash, func(f qa.File) (err error) {
		png, err = a.reader.Render(ctx, f, page, dpi)
		return err
	})
	if err == nil {
		a.folder.keep(hash, page, dpi, png) // a full disk costs the next look its speed, nothing else
	}
	return png, err
}

// Place finds a quote on a page. Its errors are those of Picture.
func (a *Album) Place(ctx context.Context, hash string, page int, q qa.Quote) (qa.Placement, error) {
	key := placeKey{hash, page, q}
	a.mu.Lock()
	p, ok := a.placed[key]
	a.mu.Unlock()
	if ok {
		return p, nil
	}
	err := a.with(ctx, hash, func(f qa.File) error {
		found, err := a.reader.Locate(ctx, f, page, q.Before, q.Text)
		p = placement(found)
		return err
	})
	if err != nil {
		return qa.Placement{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.placed) >= maxPlacements {
		clear(a.placed)
	}
	a.placed[key] = p
	return p, nil
}

// Forget removes what is kept of an original.
func (a *Album) Forget(hash string) error {
	a.mu.Lock()
	for key := range a.placed {
		if key.hash == hash {
			delete(a.placed, key)
		}
	}
	a.mu.Unlock()
	return a.folder.forget(hash)
}

func (a *Album) with(ctx context.Context, hash string, do func(f qa.File) error) error {
	file, err := a.originals.Open(ctx, hash)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read from
	err = do(qa.File{ReadSeeker: file, MediaType: "application/pdf"})
	if errors.Is(err, pdf.ErrNoPage) {
		return qa.E(qa.NotFound, "page_unknown").Because(err)
	}
	return err
}

// placement turns boxes of a PDF, whose y grows upwards, into boxes of a picture.
func placement(p pdf.Place) qa.Placement {
	out := qa.Placement{Width: p.Width, Height: p.Height}
	for _, b := range p.Boxes {
		out.Boxes = append(out.Boxes, qa.Box{X: b.X0, Y: p.Height - b.Y1, Width: b.Width(), Height: b.Height()})
	}
	return out
}
