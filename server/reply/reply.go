// Package reply turns an answer into what the page shows of it.
package reply

import (
	"cmp"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/sheet"
	"rapporteur/server/web"
	"rapporteur/server/wire"
)

// View is what the page shows of an answer, in words of a language.
func View(language string, a qa.Answer) *web.AnswerView {
	v := &web.AnswerView{
		Question: a.Asked, Plain: a.Text, Language: a.Language,
		Extractive: cmp.Or(a.Mode, qa.ModeExtractive) == qa.ModeExtractive,
		Documents:  a.Documents, Passages: a.Passages, Duration: a.Timings.Total,
	}
	if a.Standalone != a.Asked {
		v.Standalone = a.Standalone
	}
	if a.Degraded {
		v.Degraded = locale.Sentence(language, degradation(a))
	}
	if a.Dropped > 0 {
		v.Notes = append(v.Notes, locale.Sentence(language, "page_dropped", a.Dropped))
	}
	if !a.Answered {
		v.Refusal = refusalView(language, a)
		if v.Refusal.Gentle {
			v.Plain, v.Standalone = "", ""
		}
		return v
	}
	cited := map[qa.DocumentID]bool{}
	for _, c := range a.Citations {
		v.Citations = append(v.Citations, citationView(language, c))
		cited[c.Document] = true
	}
	v.Cited = len(cited)
	v.Sentences = len(a.Sentences)
	for _, s := range a.Sentences {
		if s.Verdict == qa.SentenceSupported {
			v.Verified++
		}
	}
	v.Paragraphs = paragraphs(language, a)
	for _, c := range a.Choices() {
		v.Choices = append(v.Choices, web.DocumentLink{Title: c.Title, URL: "/?" + url.Values{"q": {a.Standalone}, "document": {string(c.Document)}}.Encode()})
	}
	return v
}

// degradation is the code of the sentence that says why an answer is not all it could be.
func degradation(a qa.Answer) string {
	if a.Partial {
		return "page_partial"
	}
	if code := "page_degraded_" + a.DegradedReason; locale.Known(code) {
		return code
	}
	return "page_degraded"
}

func citationView(language string, c qa.Citation) web.CitationView {
	v := web.CitationView{
		Number: c.Number, Title: c.Title, Page: c.Page, Place: Place(language, c),
		Header: c.Header, Quote: c.Quote, URL: wire.CitationURL(c),
	}
	if c.Recognised > 0 {
		v.Doubt = locale.Sentence(language, "page_recognised_short", Percent(c.Recognised))
	}
	return v
}

// sameWords compares without regard to the kind of spaces: a title and a heading often differ in them.
func sameWords(a, b string) bool { return slices.Equal(strings.Fields(a), strings.Fields(b)) }

func refusalView(language string, a qa.Answer) *web.RefusalView {
	reason, nearest := qa.NotInDocuments, []qa.Citation(nil)
	if a.Refusal != nil {
		reason, nearest = a.Refusal.Reason, a.Refusal.Nearest
	}
	code := "page_refused_" + string(reason)
	if !locale.Known(code) {
		code = "page_refused_" + string(qa.NotInDocuments)
	}
	v := &web.RefusalView{Heading: locale.Sentence(cmp.Or(a.Language, language), code), Add: reason == qa.NoDocuments}
	v.Text = strings.TrimSpace(strings.TrimPrefix(a.Text, v.Heading))
	if reason == qa.NeedsPrecision { // a greeting gets its answer, not a title, and no follow-up leans on it
		v.Heading, v.Gentle = "", true
	}
	for _, c := range nearest {
		v.Nearest = append(v.Nearest, citationView(language, c))
	}
	if a.Refusal != nil {
		for _, l := range a.Refusal.Unreadable {
			link := DocumentLink(language, l, "")
			link.URL, link.Note = ReportURL(l.ID, l.Newest.ID), locale.Sentence(language, "page_state_failed")
			if n := len(l.Newest.PagesWithoutText); n > 0 {
				link.Note = web.Count(language, "page_unread", n)
			}
			v.Unreadable = append(v.Unreadable, link)
		}
	}
	return v
}

// insertion is a chip or a verdict that stands in the text of an answer in place of [start, end);
// with neither, the words are left out because a chip says the same.
type insertion struct {
	qa.Span
	number  int                // of a citation, 0 for none
	verdict qa.SentenceVerdict // of the sentence before it, "" for none
}

var citationMark = regexp.MustCompile(`\[([1-9]\d{0,3})\]`)

// insertions finds where the chips and verdicts of an answer stand, in order. A mark inside a quote
// is the document's own; a citation whose mark is missing stands at the end of its sentence.
func insertions(a qa.Answer) []insertion {
	known := map[int]string{}
	var quotes []qa.Span
	for _, c := range a.Citations {
		known[c.Number] = c.Quote
		if i := strings.Index(a.Text, c.Quote); i >= 0 {
			quotes = append(quotes, qa.Span{Start: i, End: i + len(c.Quote)})
		}
	}
	var found []insertion
	for _, m := range citationMark.FindAllStringSubmatchIndex(a.Text, -1) {
		n, err := strconv.Atoi(a.Text[m[2]:m[3]])
		at := qa.Span{Start: m[0], End: m[1]}
		if _, ok := known[n]; err == nil && ok && !slices.ContainsFunc(quotes, at.Overlaps) {
			found = append(found, insertion{Span: at, number: n})
		}
	}
	marks := found
	var from int
	for _, s := range a.Sentences {
		i := strings.Index(a.Text[from:], s.Text)
		if i < 0 {
			continue
		}
		sentence := qa.Span{Start: from + i, End: from + i + len(s.Text)}
		from = sentence.End
		end := qa.Span{Start: from, End: from}
		for _, n := range s.Citations {
			marked := slices.ContainsFunc(marks, func(m insertion) bool { return m.number == n && m.Overlaps(sentence) })
			if _, ok := known[n]; ok && !marked {
				found = append(found, insertion{Span: end, number: n})
			}
		}
		if a.Mode == qa.ModeExtractive && len(s.Citations) == 1 {
			found = append(found, insertion{Span: qa.Span{Start: sentence.Start, End: sentence.Start + attribution(s.Text, known[s.Citations[0]])}})
		}
		found = append(found, insertion{Span: end, verdict: s.Verdict})
	}
	slices.SortStableFunc(found, func(x, y insertion) int { return cmp.Compare(x.Start, y.Start) })
	return found
}

// attribution is the length of what stands before the opening mark of a quote in its sentence, as
// « D’après « Bilan 2024 », p. 12 : ». It is 0 when the sentence does not open the quote by a mark.
func attribution(sentence, quote string) int {
	i := strings.Index(sentence, quote)
	if i < 0 || quote == "" {
		return 0
	}
	before := strings.TrimRight(sentence[:i], "\u00a0\u202f ")
	for _, mark := range []string{"«", "“"} {
		if rest, ok := strings.CutSuffix(before, mark); ok {
			return len(rest)
		}
	}
	return 0
}

// paragraphs is the text of an answer with its chips; every line break begins a paragraph.
func paragraphs(language string, a qa.Answer) []web.Paragraph {
	w := paragraphWriter{}
	citations := map[int]qa.Citation{}
	for _, c := range a.Citations {
		citations[c.Number] = c
	}
	var at int
	for _, in := range insertions(a) {
		w.text(a.Text[at:max(at, in.Start)])
		at = max(at, in.End)
		switch {
		case in.number > 0:
			w.chip(citationView(language, citations[in.number]), citations[in.number].Document)
		case in.verdict == qa.SentenceSupported:
			w.piece(web.Piece{Sure: true})
		case in.verdict != "":
			w.piece(web.Piece{Warning: "page_doubt_" + string(in.verdict)})
		}
	}
	w.text(a.Text[at:])
	return w.done()
}

// paragraphWriter gathers the pieces of an answer into paragraphs.
type paragraphWriter struct {
	out     []web.Paragraph
	current web.Paragraph
	before  qa.DocumentID // of the chip just written, "" after words
}

func (w *paragraphWriter) text(s string) {
	s = w.punctuate(s)
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			w.end()
		}
		if line != "" {
			w.current.Pieces = append(w.current.Pieces, web.Piece{Text: line})
		}
		if i > 0 || strings.TrimSpace(line) != "" {
			w.before = ""
		}
	}
}

// punctuate puts the full stop or comma that follows chips before them: a line never begins with it. It gives the
// rest of the text.
func (w *paragraphWriter) punctuate(s string) string {
	rest := strings.TrimLeft(s, ".,…")
	last := len(w.current.Pieces) - 1
	if len(rest) == len(s) || last < 0 || w.current.Pieces[last].Chip == nil {
		return s
	}
	for last >= 0 && (w.current.Pieces[last].Chip != nil || strings.TrimSpace(w.current.Pieces[last].Text) == "") {
		last--
	}
	if last < 0 || w.current.Pieces[last].Text == "" {
		return s
	}
	words := &w.current.Pieces[last].Text
	*words = strings.TrimRight(*words, " ") + s[:len(s)-len(rest)] + " "
	return rest
}

func (w *paragraphWriter) chip(c web.CitationView, document qa.DocumentID) {
	if p := w.current.Pieces; len(p) > 0 && p[len(p)-1].Chip == nil && !strings.HasSuffix(p[len(p)-1].Text, " ") {
		w.piece(web.Piece{Text: " "})
	}
	w.piece(web.Piece{Chip: &web.Chip{CitationView: c, Same: c.Place != "" && w.before == document}})
	w.before = document
}

func (w *paragraphWriter) piece(p web.Piece) { w.current.Pieces = append(w.current.Pieces, p) }

func (w *paragraphWriter) end() {
	if len(w.current.Pieces) > 0 {
		w.out = append(w.out, w.current)
	}
	w.current, w.before = web.Paragraph{}, ""
}

func (w *paragraphWriter) done() []web.Paragraph {
	w.end()
	return w.out
}

// Place says where a citation stands: its page, slide or sheet, and the cells where there are any.
func Place(language string, c qa.Citation) string {
	place := ""
	switch {
	case c.PageUnit == qa.UnitSheet && c.Place != "":
		return c.Place // names its sheet
	case c.PageUnit == qa.UnitSheet && c.PageLabel != "":
		place = locale.Sentence(language, "place_sheet", c.PageLabel)
	case c.PageUnit == qa.UnitSlide:
		place = locale.Sentence(language, "place_slide", c.Page)
	case c.Page > 0:
		place = locale.Sentence(language, "page_short", c.Page)
	case c.Place != "":
		place = c.Place
	case len(c.Section) > 0 && !sameWords(c.Section[len(c.Section)-1], c.Title):
		place = c.Section[len(c.Section)-1]
	}
	return place
}

// Percent writes a share between 0 and 1.
func Percent(x float64) string { return strconv.Itoa(int(math.Round(100 * x))) }

// DocumentLink is a document in the rail, with its pages or its trouble.
func DocumentLink(language string, d qa.Listed, open qa.DocumentID) web.DocumentLink {
	link := web.DocumentLink{Title: d.Title, URL: "/library", Current: d.ID == open}
	if d.Live != "" {
		link.URL = sheet.URL(d.ID, 1, nil)
	}
	switch v := d.Newest; {
	case v.State == qa.StateFailed:
		link.Note = locale.Sentence(language, "page_state_failed")
	case v.State.Pending():
		link.Note = locale.Sentence(language, "page_state_"+string(v.State))
	case len(v.PagesWithoutText) > 0:
		link.Note = web.Count(language, "page_missing", len(v.PagesWithoutText))
	case v.Pages > 0:
		link.Note = web.Count(language, "page_pages", v.Pages)
	}
	return link
}

// ReportURL is the address of the ingestion report of a version.
func ReportURL(id qa.DocumentID, version qa.VersionID) string {
	return "/library/" + url.PathEscape(string(id)) + "?version=" + url.QueryEscape(string(version))
}
