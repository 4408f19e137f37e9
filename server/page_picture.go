package server

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/sheet"
	"rapporteur/server/web"
)

// Pictures shows the pages of PDF files, given by the hash of their bytes, as they were printed. Picture gives a
// page as a PNG, Place where a quote stands on it. NotFound page_unknown; Unprocessable where a file cannot be drawn.
type Pictures interface {
	Picture(ctx context.Context, hash string, page int, fine bool) ([]byte, error)
	Place(ctx context.Context, hash string, page int, q qa.Quote) (qa.Placement, error)
}

// viewPicture is the value of ?view= that shows a page as it was printed, and not its text.
const viewPicture = "picture"

// zooms are the sizes of a picture, in per cent of the room it has; the first is the usual one.
var zooms = [...]int{100, 150, 200, 300}

// picture gives the picture of a page: GET /documents/{id}/pages/{n}/picture?version=&fine=.
func (p *pages) picture(c *gin.Context) {
	v, number, err := p.printed(c)
	if err != nil {
		p.Server.fail(c, err)
		return
	}
	var png []byte
	err = p.limited(c.Request.Context(), func(ctx context.Context) (err error) {
		png, err = p.Pictures.Picture(ctx, v.Hash, number, c.Query("fine") != "")
		return err
	})
	if err != nil {
		p.Server.fail(c, err)
		return
	}
	h := c.Writer.Header()
	h.Set("ETag", strconv.Quote(v.Hash[:min(16, len(v.Hash))]+"-"+strconv.Itoa(number)+"-"+c.Query("fine")))
	h.Set("Cache-Control", "private, no-cache") // kept by the browser, and shown again only to who may still read it
	if c.GetHeader("If-None-Match") == h.Get("ETag") {
		c.Status(http.StatusNotModified)
		return
	}
	c.Data(http.StatusOK, "image/png", png)
}

// printed finds the version whose page the address names; NotFound where it was never a printed page.
func (p *pages) printed(c *gin.Context) (qa.Version, int, error) {
	if _, err := p.principal(c); err != nil {
		return qa.Version{}, 0, err
	}
	number, err := strconv.Atoi(c.Param("n"))
	if err != nil {
		return qa.Version{}, 0, qa.E(qa.NotFound, "page_unknown").Because(err)
	}
	d, versions, err := p.Server.document(c.Request.Context(), c.Param("id"))
	if err != nil {
		return qa.Version{}, 0, err
	}
	v, ok := d.Choose(versions, qa.VersionID(c.Query("version")))
	if !ok {
		return v, 0, qa.E(qa.NotFound, "version_unknown")
	}
	if p.Pictures == nil || v.MediaType != mediaPDF {
		return v, 0, qa.E(qa.NotFound, "page_unknown")
	}
	return v, number, nil
}

const mediaPDF = "application/pdf"

// illustrate adds what a page can show beside its text: the addresses of both views, and the picture when it is asked for.
func (p *pages) illustrate(c *gin.Context, view *web.PageView, v qa.Version, leaf sheet.Sheet) {
	if p.Pictures == nil || v.MediaType != mediaPDF || view.Number == 0 {
		return
	}
	view.Original += "&inline=1#page=" + strconv.Itoa(view.Number)
	view.OpensOriginal = true
	text, zoom := viewAddress(c, 0), cmp.Or(zoomOf(c.Query("zoom")), zooms[0])
	view.TextURL, view.PictureURL = text, viewAddress(c, zoom)
	if c.Query("view") != viewPicture {
		return
	}
	query := url.Values{"version": {string(v.ID)}}
	if zoom > zooms[0] {
		query.Set("fine", "1")
	}
	picture := &web.PictureView{
		URL:  sheet.PictureURL(v.Document, view.Number, query),
		Zoom: zoom,
	}
	at := slices.Index(zooms[:], zoom)
	if at > 0 {
		picture.Smaller = viewAddress(c, zooms[at-1])
	}
	if at+1 < len(zooms) {
		picture.Larger = viewAddress(c, zooms[at+1])
	}
	p.place(c.Request.Context(), picture, v, leaf)
	view.Picture = picture
	view.Previous, view.Next = turnView(view.Previous, zoom), turnView(view.Next, zoom)
}

// place puts the boxes around the marked words, or says that they could not be placed; nothing is marked then.
func (p *pages) place(ctx context.Context, picture *web.PictureView, v qa.Version, leaf sheet.Sheet) {
	language := exchangeOf(ctx).language
	var placed qa.Placement
	err := p.limited(ctx, func(ctx context.Context) (err error) {
		placed, err = p.Pictures.Place(ctx, v.Hash, leaf.Number(), leaf.Quote())
		return err
	})
	if err != nil {
		picture.Problem = p.problem(ctx, err).Detail
		return
	}
	picture.Width, picture.Height = int(placed.Width+0.5), int(placed.Height+0.5)
	for _, b := range placed.Boxes {
		picture.Boxes = append(picture.Boxes, web.Box{X: b.X - 1, Y: b.Y - 1, Width: b.Width + 2, Height: b.Height + 2})
	}
	if leaf.Marked() && len(placed.Boxes) == 0 {
		picture.Unplaced = locale.Sentence(language, "page_picture_unplaced")
	}
}

func zoomOf(asked string) int {
	n, err := strconv.Atoi(asked)
	if err != nil || !slices.Contains(zooms[:], n) {
		return 0
	}
	return n
}

// viewAddress is this page as a picture of that zoom, or as text for 0.
func viewAddress(c *gin.Context, zoom int) string {
	query := c.Request.URL.Query()
	for _, own := range []string{"view", "zoom", "fragment"} {
		query.Del(own)
	}
	address := addressOf(c.Request.URL.EscapedPath(), query)
	if zoom == 0 {
		return address
	}
	return turnView(address, zoom)
}

// turnView is the address of a page, as a picture of that zoom.
func turnView(address string, zoom int) string {
	if address == "" {
		return ""
	}
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	address += separator + "view=" + viewPicture
	if zoom != zooms[0] {
		address += "&zoom=" + strconv.Itoa(zoom)
	}
	return address
}
