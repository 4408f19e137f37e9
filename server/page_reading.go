package server

import (
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/sheet"
	"rapporteur/server/web"
	"rapporteur/server/wire"
)

// report shows the ingestion report of a document: what was read on each page, and what was not.
func (p *pages) report(c *gin.Context) {
	reader, err := p.principal(c)
	if err != nil {
		p.fail(c, err)
		return
	}
	ctx := c.Request.Context()
	d, v, reading, err := p.Server.reading(ctx, c.Param("id"), c.Query("version"))
	if err != nil {
		p.fail(c, err)
		return
	}
	text, err := p.readText(c, reader, d, v)
	if err != nil {
		p.fail(c, err)
		return
	}
	frame, err := p.frame(c, reader, web.PlaceLibrary)
	if err != nil {
		p.fail(c, err)
		return
	}
	view := readingView(frame.Language, d, v, reading, text.Pages)
	view.Frame, view.Notice = frame, noticeOf(c, frame.Language)
	_, versions, err := p.Server.document(ctx, c.Param("id"))
	if err != nil {
		p.fail(c, err)
		return
	}
	view.ID = string(d.ID)
	view.Versions = versionViews(frame.Language, d, versions, v.ID, mayWrite(reader, d))
	view.Title = locale.Sentence(frame.Language, "reading_title", d.Title)
	p.send(c, http.StatusOK, func(w io.Writer) error { return p.templates.Reading(w, view) })
}

// readText is the text of a version, empty where nothing could be read.
func (p *pages) readText(c *gin.Context, reader qa.Principal, d qa.Document, v qa.Version) (qa.Text, error) {
	text, _, err := p.Library.Text(c.Request.Context(), reader.Read, d.ID, v.ID)
	if err != nil && qa.KindOf(err) == qa.NotFound {
		return qa.Text{}, nil
	}
	return text, err
}

func readingView(language string, d qa.Document, v qa.Version, r qa.Reading, pages []qa.Page) web.ReadingView {
	total := r.Total()
	view := web.ReadingView{
		Name: d.Title, Source: d.Source, Date: v.CreatedAt, TextLanguage: web.LanguageName(language, v.Language),
		Verdict: locale.Verdict(language, string(v.Verdict), v.Pages, v.PagesWithoutText),
		Unread:  locale.Pages(r.Unread()), Created: r.Created, Modified: r.Modified, Attachments: r.Attachments,
		Hidden: locale.Hidden(language, wire.HiddenCounts(total)), Total: readingLine(total), Unit: "page",
	}
	if len(pages) > 0 && pages[0].Unit != qa.UnitPage {
		view.Unit = string(pages[0].Unit)
	}
	if len(pages) > 0 {
		view.URL = documentURL(d.ID, v.ID, 1)
	}
	for i, p := range r.Pages {
		if p.Number == 0 {
			break // the format has no pages: the total says all
		}
		line := readingLine(p)
		if i < len(pages) && pages[i].Label != strconv.Itoa(p.Number) {
			line.Label = pages[i].Label
		}
		if view.URL != "" {
			line.URL = documentURL(d.ID, v.ID, p.Number)
		}
		view.Paged, view.Pages = true, append(view.Pages, line)
	}
	return view
}

func documentURL(id qa.DocumentID, version qa.VersionID, page int) string {
	return sheet.URL(id, page, url.Values{"version": {string(version)}})
}

func readingLine(p qa.PageReading) web.ReadingLine {
	line := web.ReadingLine{
		Number: p.Number, Characters: p.Characters, Tables: p.Tables, Images: p.Images, Recognised: p.Recognised,
		Confidence: int(math.Round(100 * p.Confidence)), Hidden: p.HiddenTotal(), Repeated: p.Repeated, State: "ok",
	}
	switch {
	case p.Unread != "":
		line.State = p.Unread
	case p.Recognised > 0:
		line.State = "is_recognised"
	}
	return line
}
