package extract

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/ocr"
	"rapporteur/qa"
)

const (
	// recognitionDPI is how fine pages are drawn to be recognised: at 300 dpi Tesseract takes longer and
	// reads no better.
	recognitionDPI = 200
	// coarseDPI is how fine pages are drawn that are too large otherwise, such as posters.
	coarseDPI = 100
	// recognitionTime is the longest that recognising one document may take: some 300 pages.
	recognitionTime = 10 * time.Minute
	// recognitionAtOnce is how many pages of a document are recognised at once.
	recognitionAtOnce = 2
	// maxFailures is how many pages in a row may fail before the rest of the document is left alone.
	maxFailures = 5
)

// Recogniser reads the text of a picture of a page, a PNG; ocr.Tesseract is one. Ready gives an error
// where nothing can be recognised on this machine.
type Recogniser interface {
	Ready(ctx context.Context) error
	Recognise(ctx context.Context, picture []byte) (ocr.Page, error)
}

// Renderer draws a page of a PDF, counted from 1, as a PNG of about dpi dots an inch, fewer where the page
// is very large; pdf.Pool is one.
type Renderer interface {
	Render(ctx context.Context, f qa.File, page, dpi int) ([]byte, error)
}

// Recognition gives a text to the pages of a PDF that are pictures. What it cannot do is no error: the
// pages keep the reason why they were not read.
type Recognition struct {
	Renderer   Renderer
	Recogniser Recogniser
	Time       time.Duration             // most time for one document; 0 means 10 minutes
	Failed     func(page int, err error) // told of pages that could not be recognised; may be nil
}

// complete recognises the pages of t that have no text and puts what was found in their places. The
// error is that of ctx.
func (r *Recognition) complete(ctx context.Context, f qa.File, t qa.Text) (qa.Text, error) {
	draft.Tally(&t)
	wanted := picturePages(t)
	if r == nil || len(wanted) == 0 || r.Recogniser.Ready(ctx) != nil {
		return t, ctx.Err()
	}
	limited, cancel := context.WithTimeout(ctx, cmp.Or(r.Time, recognitionTime))
	defer cancel()
	pages := r.recognise(limited, f, t, wanted)
	if ctx.Err() != nil {
		return t, ctx.Err()
	}
	return splice(t, pages), nil
}

// picturePages are the indexes of the pages whose text is missing.
func picturePages(t qa.Text) []int {
	var pages []int
	for i := range t.Pages {
		if t.Reading.Pages[i].Unread == "no_text" {
			pages = append(pages, i)
		}
	}
	return pages
}

// picture is a page drawn to be recognised.
type picture struct {
	index int // of the page
	png   []byte
	err   error
}

// recognise draws one page after the other, because they share one reader, and recognises those that
// are drawn several at a time. Pages that failed, or were not reached before ctx ended, are not in the
// result.
func (r *Recognition) recognise(ctx context.Context, f qa.File, t qa.Text, wanted []int) []recognised {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var (
		drawn = make(chan picture)
		work  sync.WaitGroup
		mu    sync.Mutex // guards what follows
		found []recognised
		fails int
	)
	work.Go(func() {
		defer close(drawn)
		for _, i := range wanted {
			select {
			case drawn <- r.draw(ctx, f, t.Pages[i].Number, i):
			case <-ctx.Done():
				return
			}
		}
	})
	for range recognitionAtOnce {
		work.Go(func() {
			for p := range drawn {
				page, err := r.read(ctx, p)
				mu.Lock()
				if err == nil {
					found, fails = append(found, recognised{p.index, paragraphsOf(page)}), 0
				} else if ctx.Err() == nil {
					r.failed(t.Pages[p.index].Number, err)
					if fails++; fails == maxFailures {
						stop()
					}
				}
				mu.Unlock()
			}
		})
	}
	work.Wait()
	return found
}

func (r *Recognition) draw(ctx context.Context, f qa.File, page, index int) picture {
	png, err := r.Renderer.Render(ctx, f, page, recognitionDPI)
	if err == nil && errors.Is(ocr.Fits(png), ocr.ErrTooLarge) {
		png, err = r.Renderer.Render(ctx, f, page, coarseDPI)
	}
	return picture{index, png, err}
}

func (r *Recognition) read(ctx context.Context, p picture) (ocr.Page, error) {
	if p.err != nil {
		return ocr.Page{}, fmt.Errorf("draw the page: %w", p.err)
	}
	return r.Recogniser.Recognise(ctx, p.png)
}

func (r *Recognition) failed(page int, err error) {
	if r.Failed != nil {
		r.Failed(page, err)
	}
}
