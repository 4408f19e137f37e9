package server

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/reply"
	"rapporteur/server/sheet"
	"rapporteur/server/shelf"
	"rapporteur/server/web"
)

// libraryLength is how many documents one page of the list shows. Each costs one more read, for
// its versions.
const libraryLength = 50

// library lists the documents, with the form to add one.
func (p *pages) library(c *gin.Context) {
	reader, err := p.principal(c)
	if err != nil {
		p.fail(c, err)
		return
	}
	p.showLibrary(c, reader, http.StatusOK, func(v *web.LibraryView) { v.Notice = noticeOf(c, v.Language) })
}

// noticeOf says what was just done, from the address that add and remove redirect to.
func noticeOf(c *gin.Context, language string) string {
	switch c.Query("notice") {
	case "added":
		return locale.Sentence(language, "page_added")
	case "known":
		return locale.Sentence(language, "page_added_known")
	case "removed":
		return locale.Sentence(language, "page_removed")
	case "restored":
		return locale.Sentence(language, "page_restored")
	}
	return ""
}

// showLibrary renders the list; tell adds what the reader must know first.
func (p *pages) showLibrary(c *gin.Context, reader qa.Principal, status int, tell func(*web.LibraryView)) {
	ctx := c.Request.Context()
	frame, err := p.frame(c, reader, web.PlaceLibrary)
	if err != nil {
		p.fail(c, err)
		return
	}
	view := web.LibraryView{
		Frame: frame, Limit: bytesView(frame.Language, p.MaxUpload),
		ReadOnly: !reader.Write.Everything && len(reader.Write.Collections) == 0,
	}
	view.Title = locale.Sentence(view.Language, "page_title_library")
	tell(&view)
	listed, err := p.listed(c, reader, &view)
	if err != nil {
		p.fail(c, err)
		return
	}
	for _, d := range listed {
		_, versions, err := p.Library.Document(ctx, reader.Read, d.ID)
		if qa.KindOf(err) == qa.NotFound && err != nil {
			continue // removed meanwhile
		}
		if err != nil {
			p.fail(c, err)
			return
		}
		item := documentView(view.Language, d, versions)
		view.Pending = view.Pending || item.Tone == web.ToneWait
		view.Items = append(view.Items, item)
	}
	p.send(c, status, func(w io.Writer) error { return p.templates.Library(w, view) })
}

// listed gives a page of the list as the address asks for it, and puts what leads to the others into the view.
func (p *pages) listed(c *gin.Context, reader qa.Principal, view *web.LibraryView) ([]qa.Listed, error) {
	ctx := c.Request.Context()
	list := func(ctx context.Context, after qa.DocumentID, n int) ([]qa.Listed, error) {
		return p.Library.Documents(ctx, reader.Read, after, n)
	}
	a := shelf.Parse(c.Request.URL.Query())
	view.Filter, view.Order = a.Words, a.Order
	for _, order := range shelf.Orders() {
		view.Orders = append(view.Orders, web.Choice{Value: order, Label: locale.Sentence(view.Language, "page_sort_"+order)})
	}
	if a.Plain() {
		listed, err := list(ctx, qa.DocumentID(c.Query("after")), libraryLength+1)
		if len(listed) > libraryLength {
			listed = listed[:libraryLength]
			view.Next = addressOf("/library", url.Values{"after": {string(listed[libraryLength-1].ID)}})
		}
		return listed, err
	}
	listed, total, err := a.Read(ctx, list, libraryLength, attention)
	view.Found = web.Count(view.Language, "page_found", total)
	if a.From > 0 {
		view.Previous = addressOf("/library", a.Query(max(0, a.From-libraryLength)))
	}
	if a.From+len(listed) < total {
		view.Next = addressOf("/library", a.Query(a.From+libraryLength))
	}
	return listed, err
}

// attention orders documents by how much they want to be looked at.
func attention(d qa.Listed) int {
	tone, _ := stateView(locale.French, d)
	return slices.Index([]web.Tone{web.ToneWarn, web.ToneWait, web.ToneGood}, tone)
}

// documentView is one line of the list.
func documentView(language string, d qa.Listed, versions []qa.Version) web.DocumentView {
	v := d.Newest
	view := web.DocumentView{
		ID: string(d.ID), Title: d.Title, Source: d.Source, Date: v.CreatedAt,
		Pages: v.Pages, Versions: len(versions),
	}
	if d.Collection != qa.DefaultCollection {
		view.Collection = string(d.Collection)
	}
	if d.Live != "" {
		view.URL = sheet.URL(d.ID, 1, nil)
	}
	if !v.State.Pending() {
		view.Report, view.Unread = reply.ReportURL(d.ID, v.ID), len(v.PagesWithoutText)
	}
	view.Tone, view.State = stateView(language, d)
	if v.Verdict != "" && !wholeVerdict(v.Verdict) {
		view.Verdict = locale.Verdict(language, string(v.Verdict), v.Pages, v.PagesWithoutText)
	} else if v.State == qa.StateFailed && locale.Known(v.Failure) {
		view.Verdict = locale.Sentence(language, v.Failure)
	}
	return view
}

// wholeVerdict reports whether all is well, and the state says enough.
func wholeVerdict(v qa.Verdict) bool {
	return v == qa.VerdictIngested || v == qa.VerdictUnchanged || v == qa.VerdictNewVersion
}

// stateView says in two words how a document is; an older version that answers while a newer one
// is read, or could not be, is said too.
func stateView(language string, d qa.Listed) (web.Tone, string) {
	say := func(code string, args ...any) string { return locale.Sentence(language, "page_state_"+code, args...) }
	v := d.Newest
	older := d.Live != "" && d.Live != v.ID
	switch {
	case v.State == qa.StateFailed && older:
		return web.ToneWarn, say("failed_newer")
	case v.State == qa.StateFailed:
		return web.ToneWarn, say("failed")
	case older && v.State.Pending():
		return web.ToneWait, say("newer")
	case v.State.Pending():
		return web.ToneWait, say(string(v.State))
	case v.Embedded < 1:
		return web.ToneWait, say("partial", web.Number(language, int(v.Embedded*100)))
	case !v.Verdict.Readable() && v.Verdict != "":
		return web.ToneWarn, say("failed")
	case v.Verdict == qa.VerdictPartlyNoText:
		return web.ToneWarn, say("partly")
	}
	return web.ToneGood, say("live")
}

// add takes one file from the form of the page; without scripts the form is all there is.
func (p *pages) add(c *gin.Context) {
	receipt, err := p.receive(c, "")
	if err == nil {
		notice := "added"
		if receipt.Outcome == qa.VerdictUnchanged {
			notice = "known"
		}
		c.Redirect(http.StatusSeeOther, "/library?notice="+notice)
		return
	}
	reader, unknown := p.principal(c)
	if unknown != nil {
		p.fail(c, unknown)
		return
	}
	problem := p.problem(c.Request.Context(), err)
	p.showLibrary(c, reader, problem.Status, func(v *web.LibraryView) {
		v.Problem = problem.Detail
		v.Replace = problem.Code == "source_exists"
	})
}

// remove erases a document for good; the form of the page asked before.
func (p *pages) remove(c *gin.Context) {
	owner, err := p.principal(c)
	if err != nil {
		p.fail(c, err)
		return
	}
	ctx := c.Request.Context()
	d, _, err := p.Server.document(ctx, c.Param("id"))
	if err == nil && !mayWrite(owner, d) {
		err = qa.E(qa.Forbidden, "read_only_key")
	}
	if err == nil {
		err = p.Ingester.Remove(ctx, owner.Write, d.ID)
	}
	if err != nil {
		p.fail(c, unknownDocument(err))
		return
	}
	c.Redirect(http.StatusSeeOther, "/library?notice=removed")
}

// bytesView writes a size as people read it, in whole units.
func bytesView(language string, n int64) string {
	unit := "Mo"
	if language == locale.English {
		unit = "MB"
	}
	return fmt.Sprintf("%s\u00a0%s", web.Number(language, int(n>>20)), unit)
}
