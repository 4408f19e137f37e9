package server

import (
	"maps"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/web"
	"rapporteur/server/wire"
)

const (
	// maxTags is how many documents, and how many versions, an address may narrow a question to on the page.
	maxTags = 20
	// chosen is the field that says that the others are all that a question is narrowed to, even where there is none.
	chosen = "scope"
)

// scopeOf reads what an address or a form narrows a question to: document= and version=, as often as wanted, year= for
// the reports whose title or file name names it, and as_of= for the versions that were in force on a day. nil when it narrows
// nothing.
func scopeOf(fields url.Values) *wire.ScopeRequest {
	s := &wire.ScopeRequest{Documents: some(fields["document"]), Versions: some(fields["version"]), Year: fields.Get("year"), AsOf: fields.Get("as_of")}
	if len(s.Documents)+len(s.Versions) == 0 && s.Year == "" && s.AsOf == "" {
		return nil
	}
	return s
}

// some are the values of a field that are not empty, each once, maxTags of them at most.
func some(values []string) (out []string) {
	for _, v := range values {
		if v != "" && len(out) < maxTags && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// narrowedTo are the fields of what the next question of a conversation is narrowed to: as the address has it, where
// something was taken away there, else as the conversation remembers it.
func narrowedTo(query url.Values, remembered qa.Narrowing) url.Values {
	if query.Has(chosen) {
		return query
	}
	fields := url.Values{chosen: {"1"}, "document": texts(remembered.Documents), "version": texts(remembered.Versions)}
	for name, value := range map[string]string{"collection": string(remembered.Collection), "year": remembered.Year, "as_of": remembered.AsOf} {
		if value != "" {
			fields.Set(name, value)
		}
	}
	return fields
}

// narrow shows what fields narrow questions to, at path; where that is nothing, the years to choose from.
func (p *pages) narrow(c *gin.Context, reader qa.Principal, view *web.AskView, path string, fields url.Values) error {
	if view.Tags = p.tags(c, view.Language, path, fields); len(view.Tags) > 0 {
		return nil
	}
	titled, err := p.Library.Titles(c.Request.Context(), reader.Read, maxTitles)
	view.Years = qa.Years(titled)
	return err
}

// tags names what fields narrow questions to, each with the address, at path, without it. What may not be read is named
// as unknown: it stays in the address, and gives no answer.
func (p *pages) tags(c *gin.Context, language, path string, fields url.Values) []web.Tag {
	scope := scopeOf(fields)
	if scope == nil {
		return nil
	}
	var out []web.Tag
	add := func(name, value, label string) {
		out = append(out, web.Tag{Name: name, Value: value, Label: label, Without: without(path, fields, name, value)})
	}
	dates := map[string]string{}
	for _, id := range scope.Documents {
		label := locale.Sentence(language, "document_unknown")
		if d, versions, err := p.Server.document(c.Request.Context(), id); err == nil {
			label = d.Title
			for _, v := range versions {
				dates[string(v.ID)] = locale.Sentence(language, "page_version_of", web.Date(language, v.CreatedAt))
			}
		}
		add("document", id, label)
	}
	for _, id := range scope.Versions {
		label, ok := dates[id]
		if !ok {
			label = locale.Sentence(language, "version_unknown")
		}
		add("version", id, label)
	}
	if scope.Year != "" {
		add("year", scope.Year, locale.Sentence(language, "page_of_year", scope.Year))
	}
	if scope.AsOf != "" {
		add("as_of", scope.AsOf, locale.Sentence(language, "page_as_of", scope.AsOf))
	}
	return out
}

// without is the address at path that narrows a question by one thing less.
func without(path string, fields url.Values, name, value string) string {
	rest := maps.Clone(fields)
	rest[name] = slices.DeleteFunc(slices.Clone(fields[name]), func(v string) bool { return v == value })
	return addressOf(path, rest)
}
