package server

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/feedback"
	"rapporteur/server/reply"
	"rapporteur/server/suggest"
	"rapporteur/server/web"
)

// pages serves the chat page: it asks the same parts as the API and draws with package web.
type pages struct {
	*Server
	templates *web.Templates
	suggester *suggest.Suggester
}

// mountPages adds the routes of the chat page.
func (s *Server) mountPages(r *gin.Engine) error {
	if len(s.Theme) > web.MaxTheme {
		return qa.E(qa.TooLarge, "theme_too_large", web.MaxTheme>>10)
	}
	templates, err := web.New(s.Theme)
	if err != nil {
		return err
	}
	static, err := web.Handler(s.Theme)
	if err != nil {
		return err
	}
	p := &pages{Server: s, templates: templates, suggester: &suggest.Suggester{Library: s.Library, Asker: s.Asker, Now: time.Now}}
	r.GET(web.StaticPath+"*file", gin.WrapH(static))
	r.GET("/", p.inLanguage, p.ask)
	r.GET("/suggestions", p.suggestions)
	r.GET("/library", p.inLanguage, p.library)
	r.POST("/library", p.add)
	r.POST("/library/:id/remove", p.remove)
	r.POST("/library/:id/rollback", p.rollback)
	r.GET("/library/:id", p.inLanguage, p.report)
	r.GET("/documents/:id/pages/:n", p.inLanguage, p.document)
	p.mountConversations(r)
	r.POST("/feedback/form", p.sendFeedback)
	r.GET("/documents/:id/pages/:n/picture", p.picture)
	r.GET("/accessibility", p.inLanguage, p.accessibility)
	r.GET("/legal", p.inLanguage, p.legal)
	return nil
}

// languageYears is how long the choice of a language is remembered, in seconds.
const languageYears = 365 * 24 * 3600

// inLanguage remembers the language chosen by ?lang= and goes on at the same address without it.
func (p *pages) inLanguage(c *gin.Context) {
	query := c.Request.URL.Query()
	chosen := query.Get("lang")
	if chosen != locale.French && chosen != locale.English {
		return
	}
	http.SetCookie(c.Writer, &http.Cookie{
		Name: languageCookie, Value: chosen, Path: "/", MaxAge: languageYears,
		HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
	query.Del("lang")
	c.Redirect(http.StatusSeeOther, addressOf(c.Request.URL.EscapedPath(), query))
	c.Abort()
}

func addressOf(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// shelfLength is how many documents the rail names.
const shelfLength = 8

// frame is what surrounds the page: the address in the other language and a few documents.
func (p *pages) frame(c *gin.Context, reader qa.Principal, place web.Place) (web.Frame, error) {
	ctx := c.Request.Context()
	f := web.Frame{Language: exchangeOf(ctx).language, Place: place, Service: p.Name, Kept: p.Conversations != nil}
	query := url.Values{}
	path := "/library"
	if c.Request.Method == http.MethodGet {
		path, query = c.Request.URL.EscapedPath(), c.Request.URL.Query()
	}
	query.Set("lang", otherLanguage(f.Language))
	f.Switch = addressOf(path, query)
	listed, err := p.Library.Documents(ctx, reader.Read, "", shelfLength+1)
	if err != nil {
		return f, err
	}
	f.More = len(listed) > shelfLength
	for _, d := range listed[:min(len(listed), shelfLength)] {
		f.Documents = append(f.Documents, reply.DocumentLink(f.Language, d, qa.DocumentID(c.Param("id"))))
	}
	return f, nil
}

func otherLanguage(language string) string {
	if language == locale.English {
		return locale.French
	}
	return locale.English
}

// send renders a page whole before its status is written, so that a failing template is an
// ordinary error.
func (p *pages) send(c *gin.Context, status int, render func(io.Writer) error) {
	var b bytes.Buffer
	if err := render(&b); err != nil {
		p.Server.fail(c, err)
		return
	}
	c.Data(status, "text/html; charset=utf-8", b.Bytes())
}

// fail says on a page of its own what went wrong.
func (p *pages) fail(c *gin.Context, err error) {
	problem := p.problem(c.Request.Context(), err)
	language := exchangeOf(c.Request.Context()).language
	view := web.FailureView{
		Frame: web.Frame{
			Language: language, Title: locale.Sentence(language, "page_title_failure"), Service: p.Name,
			Place: web.PlaceAbout, Kept: p.Conversations != nil, // without documents, which may be what failed
			Switch: "/?lang=" + otherLanguage(language),
		},
		Problem: web.Problem{Detail: problem.Detail},
	}
	c.Abort()
	for name, values := range problem.GetHeaders() {
		c.Writer.Header()[name] = values
	}
	if problem.Status == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", `Basic realm="Rapporteur", charset="UTF-8"`) // the browser asks for the key
	}
	p.send(c, problem.Status, func(w io.Writer) error { return p.templates.Failure(w, view) })
}

// ask shows the field, and the answer when the address holds a question: the page works without
// scripts, and a link to an answer can be sent.
func (p *pages) ask(c *gin.Context) {
	view, reader, err := p.askView(c)
	if err != nil {
		p.fail(c, err)
		return
	}
	view.Collection = c.Query("collection")
	if !view.Empty() {
		view.Suggestions = p.Suggestions
	}
	if err := p.narrow(c, reader, &view, "/", c.Request.URL.Query()); err != nil {
		p.fail(c, err)
		return
	}
	status := http.StatusOK
	if question := strings.TrimSpace(c.Query("q")); question != "" {
		status = p.answer(c, reader, question, &view)
		view.Talk = web.TalkView{} // what an address asks is kept nowhere, nor what follows up on it
	}
	p.send(c, status, func(w io.Writer) error { return p.templates.Ask(w, view) })
}

// askView is the field with nothing asked yet.
func (p *pages) askView(c *gin.Context) (view web.AskView, reader qa.Principal, err error) {
	if reader, err = p.principal(c); err != nil {
		return view, reader, err
	}
	if view.Frame, err = p.frame(c, reader, web.PlaceAsk); err != nil {
		return view, reader, err
	}
	view.Talk, view.Title = p.newTalk(), locale.Sentence(view.Language, "page_title_ask")
	if p.desk != nil {
		view.Vote = feedback.View(view.Language, qa.Answer{}, nil)
	}
	view.Collections, err = p.collections(c, reader)
	return view, reader, err
}

// suggestionsTime is how long questions are tried before those that were answered by then are proposed.
const suggestionsTime = 3 * time.Second

// suggestions gives the part of the page that proposes questions: asked for once the page is there, because each is
// tried before it is shown.
func (p *pages) suggestions(c *gin.Context) {
	reader, err := p.principal(c)
	if err != nil {
		p.fail(c, err)
		return
	}
	ctx := c.Request.Context()
	view := web.AskView{Frame: web.Frame{Language: exchangeOf(ctx).language}}
	err = p.limited(ctx, func(ctx context.Context) (err error) {
		ctx, cancel := context.WithTimeout(ctx, suggestionsTime)
		defer cancel()
		view.Suggestions, err = p.suggester.For(ctx, suggest.Reader{
			ID: reader.ID, Language: view.Language, Scope: reader.Read,
			Phrase: func(heading string) string { return locale.Sentence(view.Language, "page_suggest", heading) },
		})
		return err
	})
	if err != nil {
		p.fail(c, err)
		return
	}
	p.send(c, http.StatusOK, func(w io.Writer) error { return p.templates.Suggestions(w, view) })
}

// answer asks and puts the answer or the problem into the view; it gives the status of the page.
func (p *pages) answer(c *gin.Context, reader qa.Principal, question string, view *web.AskView) int {
	ctx := c.Request.Context()
	view.Title = locale.Sentence(view.Language, "page_title_question", question)
	exchangeOf(ctx).asked = question
	request := AskRequest{Question: question, Collection: view.Collection, Scope: scopeOf(c.Request.URL.Query())}
	if previous := c.Query("previous"); previous != "" {
		request.History = []Message{{Role: string(qa.RoleUser), Content: previous}}
	}
	q, err := p.question(ctx, reader, request)
	var a qa.Answer
	if err == nil {
		a, err = p.Server.ask(ctx, q, nil)
	}
	if err != nil {
		problem := p.problem(ctx, err)
		view.Problem = &web.Problem{Question: question, Detail: problem.Detail}
		if problem.Status >= http.StatusTooManyRequests {
			view.Problem.Retry = addressOf("/", c.Request.URL.Query())
		}
		return problem.Status
	}
	view.Answer = reply.View(view.Language, a)
	view.Answer.Vote = p.vote(view.Language, a, nil)
	if view.Previous = a.Standalone; view.Answer.Plain == "" {
		view.Previous = c.Query("previous")
	}
	return http.StatusOK
}

// collections are the names to choose from, none when there is no choice.
func (p *pages) collections(c *gin.Context, reader qa.Principal) ([]string, error) {
	found, err := p.Library.Collections(c.Request.Context(), reader.Read)
	if err != nil || len(found) < 2 {
		return nil, err
	}
	var names []string
	for _, f := range found {
		names = append(names, string(f.ID))
	}
	return names, nil
}
