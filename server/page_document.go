package server

import (
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"rapporteur/locale"
	"rapporteur/qa"
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
	view.Report = reportURL(doc.ID, version.ID)
	sheet, err := newSheet(text, number, c.Request.URL.Query())
	if err != nil {
		return web.PageView{}, err
	}
	sheet.fill(&view, doc.ID, version.ID)
	if sure := sheet.recognised(); sure > 0 {
		view.Recognised = locale.Sentence(view.Language, "page_recognised", percent(sure))
	}
	if version.ID != doc.Live && doc.Live != "" {
		view.Superseded, view.LiveURL = true, livePage(doc, versions, number)
	}
	return view, nil
}

// livePage is the same page of the live version, or its first when it is shorter.
func livePage(doc qa.Document, versions []qa.Version, number int) string {
	i := slices.IndexFunc(versions, func(v qa.Version) bool { return v.ID == doc.Live })
	if i < 0 || number > max(1, versions[i].Pages) {
		number = 1
	}
	return pageURL(doc.ID, number, nil)
}

// sheet is the part of a text that one page shows.
type sheet struct {
	text     qa.Text
	index    int // in text.Pages, -1 for a text without pages
	window   qa.Span
	mark     qa.Span // empty when nothing is marked
	unplaced bool    // a span was asked for and cannot be marked
}

// newSheet finds the page of the number and checks the span of the address against it.
func newSheet(text qa.Text, number int, query url.Values) (sheet, error) {
	s := sheet{text: text, index: -1}
	asked := query.Get("start") != "" || query.Get("end") != ""
	start, errStart := strconv.Atoi(query.Get("start"))
	end, errEnd := strconv.Atoi(query.Get("end"))
	mark := qa.Span{Start: start, End: end}
	placed := asked && errStart == nil && errEnd == nil && validSpan(text.Content, mark)

	if len(text.Pages) > 0 {
		s.index = slices.IndexFunc(text.Pages, func(p qa.Page) bool { return p.Number == number })
		if s.index < 0 {
			return s, qa.E(qa.NotFound, "page_unknown")
		}
		s.window = text.Pages[s.index].Span
	} else {
		if number != 1 {
			return s, qa.E(qa.NotFound, "page_unknown")
		}
		s.window = windowAround(text, s.around(query.Get("from"), mark, placed))
	}
	placed = placed && mark.Overlaps(s.window)
	if placed {
		s.mark = mark
	}
	s.unplaced = asked && !placed
	return s, nil
}

// around is the place that a text without pages is opened at: the mark, else ?from=, else its start.
func (s sheet) around(from string, mark qa.Span, placed bool) qa.Span {
	if placed {
		return mark
	}
	at, err := strconv.Atoi(from)
	if err != nil || at < 0 || at > len(s.text.Content) {
		at = 0
	}
	at = min(len(s.text.Content), at+windowReach)
	return qa.Span{Start: at, End: at}
}

// fill puts the page's text, its place and its neighbours into the view.
func (s sheet) fill(v *web.PageView, id qa.DocumentID, version qa.VersionID) {
	v.Blocks = blockViews(s.text.Content, draw(s.text, s.window, s.mark))
	v.Unplaced, v.Marked = s.unplaced, s.mark.Len() > 0
	at := s.window.Start
	if v.Marked {
		at = max(at, s.mark.Start)
	}
	v.Section = slices.DeleteFunc(sectionAt(s.text, at), func(h string) bool { return beginsWith(v.Name, h) })
	if v.TextLang == "" {
		v.TextLang = s.text.Language
	}
	if s.index < 0 {
		v.Previous, v.Next = s.neighbours(id, version)
		return
	}
	page := s.text.Pages[s.index]
	v.Number = page.Number
	if page.Label != strconv.Itoa(page.Number) {
		v.Label = page.Label
	}
	if s.index > 0 {
		v.Previous = s.turned(id, version, s.text.Pages[s.index-1])
	}
	if s.index+1 < len(s.text.Pages) {
		v.Next = s.turned(id, version, s.text.Pages[s.index+1])
	}
}

// recognised is the least confidence of the recognised blocks of the page, 0 when none is recognised.
func (s sheet) recognised() float64 {
	least := 0.0
	for _, b := range s.text.Blocks {
		if b.Recognised > 0 && b.Overlaps(s.window) && (least == 0 || b.Recognised < least) {
			least = b.Recognised
		}
	}
	return least
}

// beginsWith reports whether a title begins with a heading, which then says nothing more.
func beginsWith(title, heading string) bool {
	words := strings.Fields(title)
	start := strings.Fields(heading)
	return len(start) <= len(words) && slices.Equal(words[:len(start)], start)
}

// turned is the address of a neighbouring page; a mark that goes on there is kept.
func (s sheet) turned(id qa.DocumentID, version qa.VersionID, to qa.Page) string {
	query := url.Values{"version": {string(version)}}
	if s.mark.Len() > 0 && s.mark.Overlaps(to.Span) {
		query.Set("start", strconv.Itoa(s.mark.Start))
		query.Set("end", strconv.Itoa(s.mark.End))
	}
	return pageURL(id, to.Number, query)
}

// neighbours are the addresses of the text before and after the window of a text without pages.
func (s sheet) neighbours(id qa.DocumentID, version qa.VersionID) (previous, next string) {
	at := func(from int) string {
		return pageURL(id, 1, url.Values{"version": {string(version)}, "from": {strconv.Itoa(from)}})
	}
	if s.window.Start > 0 {
		previous = at(max(0, s.window.Start-2*windowReach))
	}
	if s.window.End < len(s.text.Content) {
		next = at(s.window.End)
	}
	return previous, next
}
