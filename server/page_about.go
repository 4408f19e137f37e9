package server

import (
	"cmp"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"rapporteur/locale"
	"rapporteur/server/web"
)

// statement is the accessibility statement: codes of headings, each with the codes of its paragraphs and of its list.
var statement = [...]struct {
	heading           string
	paragraphs, items []string
}{
	{heading: "a11y_state", paragraphs: []string{"a11y_state_text"}},
	{heading: "a11y_results", items: []string{"a11y_result_axe", "a11y_result_keys", "a11y_result_zoom", "a11y_result_js"}},
	{heading: "a11y_gaps", items: []string{"a11y_gap_picture", "a11y_gap_original", "a11y_gap_reading", "a11y_gap_listen"}},
	{heading: "a11y_made", paragraphs: []string{"a11y_made_text"}},
	{heading: "a11y_contact", paragraphs: []string{"a11y_contact_text"}},
	{heading: "a11y_recourse", paragraphs: []string{"a11y_recourse_text"}},
}

// accessibility shows the accessibility statement. It needs no key: who cannot use the service must be able to read it.
func (p *pages) accessibility(c *gin.Context) {
	view := p.about(c, "a11y_title")
	say := func(code string) string { return locale.Sentence(view.Language, code) }
	view.Lede = locale.Sentence(view.Language, "a11y_engagement", cmp.Or(view.Service, "Rapporteur"))
	for _, s := range statement {
		section := web.Section{Heading: say(s.heading)}
		for _, code := range s.paragraphs {
			section.Paragraphs = append(section.Paragraphs, say(code))
		}
		for _, code := range s.items {
			section.Items = append(section.Items, say(code))
		}
		view.Sections = append(view.Sections, section)
	}
	p.send(c, http.StatusOK, func(w io.Writer) error { return p.templates.About(w, view) })
}

// legal shows the legal notice of the settings, or says that there is none yet.
func (p *pages) legal(c *gin.Context) {
	view := p.about(c, "legal_title")
	if strings.TrimSpace(p.Legal) == "" {
		view.Lede = locale.Sentence(view.Language, "legal_none")
		view.Sections = []web.Section{{Paragraphs: []string{locale.Sentence(view.Language, "legal_how")}}}
	} else {
		view.Sections = sections(p.Legal)
	}
	p.send(c, http.StatusOK, func(w io.Writer) error { return p.templates.About(w, view) })
}

// about is a page without documents beside it.
func (p *pages) about(c *gin.Context, title string) web.AboutView {
	language := exchangeOf(c.Request.Context()).language
	heading := locale.Sentence(language, title)
	return web.AboutView{Heading: heading, Frame: web.Frame{
		Language: language, Title: locale.Sentence(language, "page_title_question", heading), Service: p.Name,
		Place: web.PlaceAbout, Switch: c.Request.URL.EscapedPath() + "?lang=" + otherLanguage(language),
	}}
}

// sections reads plain text: an empty line ends a paragraph, and one that begins with # is a heading.
func sections(text string) []web.Section {
	out := []web.Section{{}}
	for _, paragraph := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		paragraph = strings.TrimSpace(paragraph)
		last := &out[len(out)-1]
		switch heading, rest, _ := strings.Cut(paragraph, "\n"); {
		case paragraph == "":
		case strings.HasPrefix(heading, "#"):
			out = append(out, web.Section{Heading: strings.TrimSpace(strings.TrimLeft(heading, "#"))})
			if rest = strings.TrimSpace(rest); rest != "" {
				out[len(out)-1].Paragraphs = []string{rest}
			}
		default:
			last.Paragraphs = append(last.Paragraphs, paragraph)
		}
	}
	return out
}
