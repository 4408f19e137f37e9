// Package web is the look of the product: the templates, style and scripts of its pages, and the
// view structs that fill them. It knows no handler and no domain type; package server maps the
// words of the domain to these views.
package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"rapporteur/locale"
)

//go:embed templates/*.html
var templateFiles embed.FS

// Templates renders the pages, each in French or English by the Language of its Frame.
type Templates struct {
	byLanguage map[string]*template.Template
}

// New parses the embedded templates once for each language. Pages take in theme, a style sheet of the service's own,
// after ours; nil for none.
func New(theme []byte) (*Templates, error) {
	assets, err := loadAssets(theme)
	if err != nil {
		return nil, fmt.Errorf("web: read static files: %w", err)
	}
	t := &Templates{byLanguage: map[string]*template.Template{}}
	for _, language := range []string{locale.French, locale.English} {
		set, err := template.New("").Funcs(functions(language, assets)).ParseFS(templateFiles, "templates/*.html")
		if err != nil {
			return nil, fmt.Errorf("web: parse templates: %w", err)
		}
		t.byLanguage[language] = set
	}
	return t, nil
}

// functions are what templates may call, bound to one language.
func functions(language string, a *assets) template.FuncMap {
	return template.FuncMap{
		"t":       func(code string, args ...any) string { return locale.Sentence(language, code, args...) },
		"n":       func(code string, n int) string { return Count(language, code, n) },
		"number":  func(n int) string { return Number(language, n) },
		"seconds": func(d time.Duration) string { return Seconds(language, d) },
		"date":    func(t time.Time) string { return Date(language, t) },
		"other":   func() string { return other(language) },
		"named":   named,
		"asset":   a.url,
		"themed":  func() bool { return a.files[themeFile] != nil },
		"texts":   func() map[string]string { return scriptTexts(language) },
	}
}

// named puts the name of the service, where it has one of its own, at the end of a title in place of the product's.
func named(title, service string) string {
	if rest, ok := strings.CutSuffix(title, "Rapporteur"); ok && service != "" {
		return rest + service
	}
	return title
}

// About writes a page that speaks of the service.
func (t *Templates) About(w io.Writer, v AboutView) error { return t.render(w, v.Language, "about", v) }

// Ask writes the main page: the field, and the answer when a question was asked.
func (t *Templates) Ask(w io.Writer, v AskView) error { return t.render(w, v.Language, "ask", v) }

// Suggestions writes only the part of the main page that proposes questions.
func (t *Templates) Suggestions(w io.Writer, v AskView) error {
	return t.render(w, v.Language, "suggestions", v)
}

// Library writes the list of documents with the upload form.
func (t *Templates) Library(w io.Writer, v LibraryView) error {
	return t.render(w, v.Language, "library", v)
}

// Page writes one page of a document as a whole HTML page.
func (t *Templates) Page(w io.Writer, v PageView) error { return t.render(w, v.Language, "page", v) }

// PageFragment writes only the article of Page, for the proof panel.
func (t *Templates) PageFragment(w io.Writer, v PageView) error {
	return t.render(w, v.Language, "evidence", v)
}

// Reading writes the ingestion report of a document.
func (t *Templates) Reading(w io.Writer, v ReadingView) error {
	return t.render(w, v.Language, "reading", v)
}

// Failure writes a page that says what went wrong.
func (t *Templates) Failure(w io.Writer, v FailureView) error {
	return t.render(w, v.Language, "failure", v)
}

// render fills a buffer first, so that a failing template never sends half a page.
func (t *Templates) render(w io.Writer, language, name string, view any) error {
	set, ok := t.byLanguage[language]
	if !ok {
		set = t.byLanguage[locale.French]
	}
	var b bytes.Buffer
	if err := set.ExecuteTemplate(&b, name, view); err != nil {
		return fmt.Errorf("web: render %s: %w", name, err)
	}
	_, err := b.WriteTo(w)
	return err
}

func other(language string) string {
	if language == locale.English {
		return locale.French
	}
	return locale.English
}
