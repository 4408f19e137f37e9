package server

import (
	"io"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/reply"
	"rapporteur/server/sheet"
	"rapporteur/server/web"
)

// document shows one page of a document's text with a span marked: ?version=&start=&end=. With
// ?fragment=1 it gives only the article, for the proof panel.
func (p *pages) document(c *gin.Context) {
	reader, err := p.principal(c)
	if err != nil {
		p.fail(c, err)
		return
	}
	view, err := p.pageView(c, reader)
	if err != nil {
		p.fail(c, err)
		return
	}
	if c.Query("fragment") != "" {
		p.send(c, 200, func(w io.Writer) error { return p.templates.PageFragment(w, view) })
		return
	}
	language := view.Language
	if view.Frame, err = p.frame(c, reader, web.PlaceDocument); err != nil {
		p.fail(c, err)
		return
	}
	view.Title = locale.Sentence(language, "page_title_question", view.Name)
	p.send(c, 200, func(w io.Writer) error { return p.templates.Page(w, view) })
}

// pageView reads the version and lays out the page that the address names.
func (p *pages) pageView(c *gin.Context, reader qa.Principal) (web.PageView, error) {
	ctx := c.Request.Context()
	number, err := strconv.Atoi(c.Param("n"))
	if err != nil {
		return web.PageView{}, qa.E(qa.NotFound, "page_unknown").Because(err)
	}
	doc, versions, err := p.Server.document(ctx, c.Param("id"))
	if err != nil {
		return web.PageView{}, err
	}
	text, version, err := p.Library.Text(ctx, reader.Read, doc.ID, qa.VersionID(c.Query("version")))
	if err != nil {
		return web.PageView{}, unknownDocument(err)
	}
	view := web.PageView{
		Name: doc.Title, Source: doc.Source, Date: version.CreatedAt,
		TextLang: version.Language, Pages: len(text.Pages),
		Original: addressOf("/documents/"+url.PathEscape(string(doc.ID))+"/original", url.Values{"version": {string(version.ID)}}),
	}
	view.Language = exchangeOf(ctx).language
	view.Report = reply.ReportURL(doc.ID, version.ID)
	view.Ask = addressOf("/", url.Values{"document": {string(doc.ID)}})
	leaf, err := sheet.New(text, number, c.Request.URL.Query())
	if err != nil {
		return web.PageView{}, err
	}
	leaf.Fill(&view, doc.ID, version.ID)
	p.illustrate(c, &view, version, leaf)
	if sure := leaf.Recognised(); sure > 0 {
		view.Recognised = locale.Sentence(view.Language, "page_recognised", reply.Percent(sure))
	}
	if version.ID != doc.Live && doc.Live != "" {
		view.Superseded, view.LiveURL = true, livePage(doc, versions, number)
		view.Ask = addressOf("/", url.Values{"document": {string(doc.ID)}, "version": {string(version.ID)}})
	}
	return view, nil
}

// livePage is the same page of the live version, or its first when it is shorter.
func livePage(doc qa.Document, versions []qa.Version, number int) string {
	i := slices.IndexFunc(versions, func(v qa.Version) bool { return v.ID == doc.Live })
	if i < 0 || number > max(1, versions[i].Pages) {
		number = 1
	}
	return sheet.URL(doc.ID, number, nil)
}
