// Package sheet lays out one page of a document's text for reading, with a span marked on it.
package sheet

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rapporteur/qa"
	"rapporteur/server/web"
)

// URL is the address of a page of a document.
func URL(id qa.DocumentID, number int, query url.Values) string {
	address := "/documents/" + url.PathEscape(string(id)) + "/pages/" + strconv.Itoa(number)
	if len(query) == 0 {
		return address
	}
	return address + "?" + query.Encode()
}

// PictureURL is the address of the picture of a page.
func PictureURL(id qa.DocumentID, number int, query url.Values) string {
	return URL(id, number, nil) + "/picture?" + query.Encode()
}

// Sheet is the part of a text that one page shows.
type Sheet struct {
	text     qa.Text
	index    int // in text.Pages, -1 for a text without pages
	window   qa.Span
	mark     qa.Span // empty when nothing is marked
	unplaced bool    // a span was asked for and cannot be marked
}

// New finds the page of the number and checks the span of the address, ?start= and ?end=, against it; a text
// without pages has one, opened at ?from= or at the span. NotFound page_unknown where there is no such page.
func New(text qa.Text, number int, query url.Values) (Sheet, error) {
	s := Sheet{text: text, index: -1}
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
func (s Sheet) around(from string, mark qa.Span, placed bool) qa.Span {
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

// Fill puts the page's text, its place and its neighbours into the view.
func (s Sheet) Fill(v *web.PageView, id qa.DocumentID, version qa.VersionID) {
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

// Number is that of the page, 0 for a text without pages.
func (s Sheet) Number() int {
	if s.index < 0 {
		return 0
	}
	return s.text.Pages[s.index].Number
}

// Marked reports whether something is marked on the page.
func (s Sheet) Marked() bool { return s.mark.Len() > 0 }

// quoteReach is how much text before a quote tells it from the same words elsewhere on the page, in bytes.
const quoteReach = 300

// Quote is what is marked on the page, with the text before it there.
func (s Sheet) Quote() qa.Quote {
	start, end := max(s.mark.Start, s.window.Start), min(s.mark.End, s.window.End)
	if start >= end {
		return qa.Quote{}
	}
	from := max(s.window.Start, start-quoteReach)
	return qa.Quote{Before: strings.ToValidUTF8(s.text.Content[from:start], ""), Text: s.text.Content[start:end]}
}

// Recognised is the least confidence of the recognised blocks of the page, 0 when none is recognised.
func (s Sheet) Recognised() float64 {
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
func (s Sheet) turned(id qa.DocumentID, version qa.VersionID, to qa.Page) string {
	query := url.Values{"version": {string(version)}}
	if s.mark.Len() > 0 && s.mark.Overlaps(to.Span) {
		query.Set("start", strconv.Itoa(s.mark.Start))
		query.Set("end", strconv.Itoa(s.mark.End))
	}
	return URL(id, to.Number, query)
}

// neighbours are the addresses of the text before and after the window of a text without pages.
func (s Sheet) neighbours(id qa.DocumentID, version qa.VersionID) (previous, next string) {
	at := func(from int) string {
		return URL(id, 1, url.Values{"version": {string(version)}, "from": {strconv.Itoa(from)}})
	}
	if s.window.Start > 0 {
		previous = at(max(0, s.window.Start-2*windowReach))
	}
	if s.window.End < len(s.text.Content) {
		next = at(s.window.End)
	}
	return previous, next
}
