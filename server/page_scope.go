package server

import (
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"rapporteur/locale"
	"rapporteur/server/web"
)

// maxTags is how many documents an address may narrow a question to on the page.
const maxTags = 20

// scopeOf reads what an address narrows a question to: ?document=, as often as wanted, and ?as_of= for the versions
// that were in force on a day. nil when it narrows nothing.
func scopeOf(query url.Values) *ScopeRequest {
	s := &ScopeRequest{AsOf: query.Get("as_of")}
	for _, id := range query["document"] {
		if id != "" && len(s.Documents) < maxTags && !slices.Contains(s.Documents, id) {
			s.Documents = append(s.Documents, id)
		}
	}
	if s.AsOf == "" && len(s.Documents) == 0 {
		return nil
	}
	return s
}

// tags names what the address narrows questions to, each with the address without it. A document that may not be
// read is named as unknown: it stays in the address, and gives no answer.
func (p *pages) tags(c *gin.Context, language string) []web.Tag {
	query := c.Request.URL.Query()
	scope := scopeOf(query)
	if scope == nil {
		return nil
	}
	var out []web.Tag
	for _, id := range scope.Documents {
		label := locale.Sentence(language, "document_unknown")
		if d, _, err := p.Server.document(c.Request.Context(), id); err == nil {
			label = d.Title
		}
		out = append(out, web.Tag{Name: "document", Value: id, Label: label, Without: without(query, "document", id)})
	}
	if scope.AsOf != "" {
		out = append(out, web.Tag{
			Name: "as_of", Value: scope.AsOf, Label: locale.Sentence(language, "page_as_of", scope.AsOf),
			Without: without(query, "as_of", scope.AsOf),
		})
	}
	return out
}

// without is the address of the main page that narrows a question by one thing less.
func without(query url.Values, name, value string) string {
	rest := url.Values{}
	for key, values := range query {
		for _, v := range values {
			if key != name || v != value {
				rest.Add(key, v)
			}
		}
	}
	return addressOf("/", rest)
}
