package server

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"rapporteur/qa"
)

// drawings draws blank pages of A4, and places the quotes it knows.
type drawings struct {
	mu    sync.Mutex
	fine  []bool
	known map[string]qa.Box
}

func (d *drawings) Picture(_ context.Context, hash string, page int, fine bool) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fine = append(d.fine, fine)
	if hash == "protected" {
		return nil, qa.E(qa.Unprocessable, "encrypted")
	}
	if page > 3 {
		return nil, qa.E(qa.NotFound, "page_unknown")
	}
	sheet := image.NewGray(image.Rect(0, 0, 595, 842))
	for i := range sheet.Pix {
		sheet.Pix[i] = 255
	}
	for y := 100; y < 740; y += 20 { // lines of text, from afar
		for x := 70; x < 525; x++ {
			sheet.SetGray(x, y, color.Gray{Y: 90})
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, sheet)
	return b.Bytes(), err
}

func (d *drawings) Place(_ context.Context, hash string, _ int, q qa.Quote) (qa.Placement, error) {
	if hash == "protected" {
		return qa.Placement{}, qa.E(qa.Unprocessable, "encrypted")
	}
	p := qa.Placement{Width: 595, Height: 842}
	if box, ok := d.known[q.Text]; ok {
		p.Boxes = []qa.Box{box}
	}
	return p, nil
}

// printedLibrary is the sample library whose report is a PDF, its first version a protected one.
func printedLibrary() *pageLibrary {
	l := reportLibrary()
	report := &l.docs[3]
	report.versions[0].MediaType, report.versions[0].Hash = mediaPDF, "printed"
	report.versions[1].MediaType, report.versions[1].Hash = mediaPDF, "protected"
	return l
}

func withDrawings() (*drawings, func(*Server)) {
	d := &drawings{known: map[string]qa.Box{quoteAgents: {X: 70, Y: 290, Width: 200, Height: 14}, quotePublic: {X: 70, Y: 700, Width: 400, Height: 14}}}
	return d, func(s *Server) { s.Pictures = d }
}

func TestPictureView(t *testing.T) {
	t.Parallel()
	_, drawn := withDrawings()
	server := pageServer(t, reportAsker(t), printedLibrary(), drawn)
	mark, none := spanOf(t, reportText(), quoteAgents), spanOf(t, reportText(), "Conseiller les ministères")
	at := func(s qa.Span) string { return fmt.Sprintf("&start=%d&end=%d", s.Start, s.End) }
	page := "/documents/d-rapport/pages/2?version=v-2"
	for name, c := range map[string]struct {
		path        string
		has, hasNot []string
	}{
		"text first":       {page + at(mark), []string{"<mark", "view=picture", "inline=1#page=2"}, []string{"<img"}},
		"picture":          {page + at(mark) + "&view=picture", []string{`<rect id="mark" x="69.0" y="289.0" width="202.0" height="16.0"`, `width="595" height="842"`, "zoom=150"}, []string{"<mark", "fine=1", "style="}},
		"larger":           {page + at(mark) + "&view=picture&zoom=200", []string{"fine=1", "zoom-200", "zoom=150", "zoom=300", "pages/3?version=v-2&amp;view=picture&amp;zoom=200"}, nil},
		"no such zoom":     {page + "&view=picture&zoom=100000", []string{"zoom-100"}, []string{"<rect id", "n’a pas pu être situé"}},
		"words not placed": {page + at(none) + "&view=picture", []string{"n’a pas pu être situé sur l’image", "<img"}, []string{"<rect id"}},
		"protected":        {"/documents/d-rapport/pages/2?version=v-1&view=picture", []string{"ne peut pas être montrée"}, []string{"<img"}},
		"no PDF":           {"/documents/d-long/pages/1?view=picture", []string{quoteAgents}, []string{"<img", "view=picture"}},
	} {
		status, body := getPage(t, server.Client(), server.URL+c.path)
		if status != http.StatusOK {
			t.Errorf("%s: status %d", name, status)
		}
		for _, want := range c.has {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %q is missing", name, want)
			}
		}
		for _, unwanted := range c.hasNot {
			if _, main, _ := strings.Cut(body, "<main"); strings.Contains(main, unwanted) {
				t.Errorf("%s: %q should not be there", name, unwanted)
			}
		}
	}
}

func TestPicture(t *testing.T) {
	t.Parallel()
	d, drawn := withDrawings()
	server := pageServer(t, reportAsker(t), printedLibrary(), drawn)
	get := func(path, etag string) *http.Response {
		r, err := http.NewRequest(http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("If-None-Match", etag)
		resp, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp
	}
	first := get("/documents/d-rapport/pages/2/picture?version=v-2&fine=1", "")
	if first.StatusCode != 200 || first.Header.Get("Content-Type") != "image/png" || !strings.Contains(first.Header.Get("Cache-Control"), "private") {
		t.Errorf("%d %v", first.StatusCode, first.Header)
	}
	if again := get("/documents/d-rapport/pages/2/picture?version=v-2&fine=1", first.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("a picture that is known: %d", again.StatusCode)
	}
	if other := get("/documents/d-rapport/pages/2/picture?version=v-2", first.Header.Get("ETag")); other.StatusCode != 200 {
		t.Errorf("a coarser picture has the tag of the finer: %d", other.StatusCode)
	}
	if len(d.fine) == 0 || !d.fine[0] {
		t.Error("a fine picture was asked for")
	}
	for path, want := range map[string]int{
		"/documents/d-rapport/pages/9/picture":                404,
		"/documents/d-rapport/pages/x/picture":                404,
		"/documents/d-rapport/pages/1/picture?version=v-1":    422,
		"/documents/d-rapport/pages/1/picture?version=v-none": 404,
		"/documents/d-long/pages/1/picture":                   404,
		"/documents/d-none/pages/1/picture":                   404,
	} {
		if got := get(path, "").StatusCode; got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

// TestPageProof goes through the proof as a reader does: text, picture, zoom, the other citations, without losing
// the keyboard.
func TestPageProof(t *testing.T) {
	_, drawn := withDrawings()
	b := openTab(t, pageServer(t, reportAsker(t), printedLibrary(), drawn))
	b.visit("/")
	b.ask("Combien d’agents ?")
	b.run(click(`.chip[data-n="1"]`))
	b.wait(`document.querySelector("#proof mark")`)
	b.run(click(`#proof [data-view=picture]`))
	b.wait(`(i => i?.complete && i.naturalWidth === 595)(document.querySelector("#proof .printed img"))`)
	b.wait(`document.activeElement.dataset.view === "picture"`)
	off := eval[float64](b, `(() => {
	  const i = document.querySelector("#proof .printed img").getBoundingClientRect(), m = document.querySelector("#mark").getBoundingClientRect();
	  return Math.max(Math.abs((m.left - i.left) / i.width - 69 / 595), Math.abs((m.top - i.top) / i.height - 289 / 842), Math.abs(m.width / i.width - 202 / 595));
	})()`)
	if off > 0.005 {
		t.Errorf("the box is off by %.1f %% of the page", 100*off)
	}
	b.shotAll("picture")
	b.run(click(`#proof [data-keep=larger]`))
	b.wait(`document.querySelector("#proof .zoom-150") && document.activeElement.dataset.keep === "larger"`)
	b.shotAll("zoom")
	eval[bool](b, `document.activeElement.blur(), true`)
	b.run(chromedp.KeyEvent("]"))
	b.wait(`document.querySelector("#proof-count").textContent.includes("2") && document.querySelector("#proof .printed #mark")?.getAttribute("y") === "699.0"`)
	b.run(chromedp.KeyEvent("["))
	b.wait(`document.querySelector("#proof .printed #mark")?.getAttribute("y") === "289.0"`)
	b.run(click(`#proof [data-view=text]`))
	b.wait(`document.querySelector("#proof mark")`)
}
