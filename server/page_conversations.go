package server

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/edge"
	"rapporteur/server/reply"
	"rapporteur/server/web"
	"rapporteur/server/wire"
)

// maxFields bounds a form of the page without files, in bytes.
const maxFields = 64 << 10

// mountConversations adds the pages of conversations. Two of them stand at addresses of the API: a browser, which
// asks for HTML, gets the page.
func (p *pages) mountConversations(engine *gin.Engine) {
	engine.POST("/conversations", p.askInConversation)
	engine.POST("/conversations/:id", p.askInConversation)
	engine.POST("/conversations/:id/rename", p.changeConversation(p.renameConversation))
	engine.POST("/conversations/:id/delete", p.changeConversation(func(c *gin.Context, _ url.Values) (string, error) {
		_, err := p.handleForget(c.Request.Context(), &documentInput{ID: c.Param("id")})
		return "deleted", err
	}))
	engine.POST("/conversations/delete", p.changeConversation(func(c *gin.Context, _ url.Values) (string, error) {
		_, err := p.handleForgetAll(c.Request.Context(), nil)
		return "all_deleted", err
	}))
	engine.Use(p.conversationPages)
}

// conversationPages answers browsers where others get JSON.
func (p *pages) conversationPages(c *gin.Context) {
	show, ok := map[string]func(*gin.Context){"/conversations": p.conversations, "/conversations/:id": p.showConversation}[c.FullPath()]
	if !ok {
		return
	}
	c.Writer.Header().Add("Vary", "Accept")
	if c.Request.Method != http.MethodGet || !strings.Contains(c.GetHeader("Accept"), "text/html") {
		return
	}
	if p.inLanguage(c); !c.IsAborted() {
		show(c)
	}
	c.Abort()
}

// conversations lists those of the reader.
func (p *pages) conversations(c *gin.Context) {
	reader, err := p.principal(c)
	if err != nil {
		p.fail(c, err)
		return
	}
	words := strings.TrimSpace(c.Query("q"))
	list, next, err := p.listConversations(c.Request.Context(), words, c.Query("after"), defaultConversations)
	if err != nil {
		p.fail(c, err)
		return
	}
	frame, err := p.frame(c, reader, web.PlaceConversations)
	if err != nil {
		p.fail(c, err)
		return
	}
	view := web.ConversationsView{Frame: frame, Words: words}
	view.Title = locale.Sentence(frame.Language, "talk_title")
	if code := "talk_" + c.Query("notice"); code == "talk_renamed" || code == "talk_deleted" || code == "talk_all_deleted" {
		view.Notice = locale.Sentence(frame.Language, code)
	}
	for _, x := range list {
		view.Items = append(view.Items, web.ConversationView{
			ID: string(x.ID), Title: x.Title, URL: conversationURL(x.ID), Date: x.UpdatedAt, Questions: x.Turns})
	}
	if next != "" {
		query := url.Values{"after": {next}}
		if words != "" {
			query.Set("q", words)
		}
		view.Next = addressOf("/conversations", query)
	}
	p.send(c, http.StatusOK, func(w io.Writer) error { return p.templates.Conversations(w, view) })
}

func conversationURL(id qa.ConversationID) string {
	return "/conversations/" + url.PathEscape(string(id))
}

// showConversation shows a conversation with the field to go on.
func (p *pages) showConversation(c *gin.Context) { p.talkPage(c, http.StatusOK, nil) }

// talkPage shows the conversation of the address, or a new one, with a problem that came up in it.
func (p *pages) talkPage(c *gin.Context, status int, problem *web.Problem) {
	view, reader, err := p.askView(c)
	if err != nil {
		p.fail(c, err)
		return
	}
	view.Problem = problem
	path, fields := "/", url.Values{}
	if id := c.Param("id"); id != "" {
		talk, turns, err := p.conversation(c.Request.Context(), id)
		if err != nil {
			p.fail(c, err)
			return
		}
		view.Title = locale.Sentence(view.Language, "page_title_question", talk.Title)
		path, fields = conversationURL(talk.ID), narrowedTo(c.Request.URL.Query(), talk.Scope)
		view.Collection = fields.Get("collection")
		view.Talk = talkView(view.Language, talk, turns)
		p.noteReplaced(c.Request.Context(), view.Language, turns, view.Talk.Turns)
		if err := p.votes(c.Request.Context(), view.Language, turns, view.Talk.Turns); err != nil {
			p.fail(c, err)
			return
		}
		view.Switch = addressOf(conversationURL(talk.ID), url.Values{"lang": {otherLanguage(view.Language)}})
	}
	if err := p.narrow(c, reader, &view, path, fields); err != nil {
		p.fail(c, err)
		return
	}
	p.send(c, status, func(w io.Writer) error { return p.templates.Ask(w, view) })
}

// newTalk is a conversation that the next question begins; none where none are kept.
func (p *pages) newTalk() web.TalkView {
	if p.Conversations == nil {
		return web.TalkView{}
	}
	return web.TalkView{ID: newConversation, Action: "/conversations"}
}

func talkView(language string, talk qa.Conversation, turns []qa.Turn) web.TalkView {
	v := web.TalkView{ID: string(talk.ID), Action: conversationURL(talk.ID), Title: talk.Title}
	for _, t := range turns {
		a := reply.View(language, t.Answer)
		a.Number = t.Number
		if t.Partial {
			a.Notes = append(a.Notes, locale.Sentence(language, "talk_partial"))
		}
		if t.Erased {
			a.Notes = append(a.Notes, locale.Sentence(language, "talk_erased"))
		}
		v.Turns = append(v.Turns, a)
	}
	return v
}

// noteReplaced says of each turn that cites a version of a report which is no longer the one in force, that asking again
// may give another answer. What cannot be read any more is left alone: the proof says so.
func (p *pages) noteReplaced(ctx context.Context, language string, turns []qa.Turn, views []*web.AnswerView) {
	live := map[qa.DocumentID]qa.VersionID{}
	for i, t := range turns {
		var titles []string
		for _, x := range t.Answer.Citations {
			current, known := live[x.Document]
			if !known {
				if d, _, err := p.Server.document(ctx, string(x.Document)); err == nil {
					current = d.Live
				}
				live[x.Document] = current
			}
			if title := locale.Sentence(language, "quoted_title", x.Title); current != "" && current != x.Version && !slices.Contains(titles, title) {
				titles = append(titles, title)
			}
		}
		if len(titles) > 0 {
			views[i].Notes = append(views[i].Notes, locale.Sentence(language, "talk_replaced", strings.Join(titles, ", ")))
		}
	}
}

// askInConversation answers the question of the form, and leads to its turn: a reload of that page asks nothing.
func (p *pages) askInConversation(c *gin.Context) {
	reader, err := p.principal(c)
	if err != nil {
		p.fail(c, err)
		return
	}
	fields, err := p.fields(c)
	if err != nil {
		p.fail(c, err)
		return
	}
	ctx := c.Request.Context()
	request := AskRequest{Question: fields.Get("q"), Collection: fields.Get("collection"), Scope: scopeOf(fields), Conversation: newConversation}
	if request.Scope == nil {
		request.Scope = &wire.ScopeRequest{} // what was taken away is not remembered
	}
	if id := c.Param("id"); id != "" {
		request.Conversation = id
	}
	exchangeOf(ctx).asked = request.Question
	if err := p.converse(ctx, &request); err != nil {
		p.fail(c, err)
		return
	}
	q, err := p.question(ctx, reader, request)
	var a qa.Answer
	if err == nil {
		a, err = p.Server.ask(ctx, q, nil)
	}
	if err == nil && a.Conversation == "" {
		err = qa.E(qa.Unavailable, "conversation_not_kept")
	}
	if err != nil {
		problem := p.problem(ctx, err)
		p.talkPage(c, problem.Status, &web.Problem{Question: request.Question, Detail: problem.Detail})
		return
	}
	c.Redirect(http.StatusSeeOther, conversationURL(a.Conversation)+"#turn-"+strconv.Itoa(a.Turn))
}

// fields reads the form of the page.
func (p *pages) fields(c *gin.Context) (url.Values, error) {
	return edge.ReadFields(c.Writer, c.Request, edge.BodyLimits{Bytes: maxFields, Idle: p.ReadTimeout})
}

// changeConversation does what a form of the list asks for and shows the list again, with what was done.
func (p *pages) changeConversation(change func(c *gin.Context, fields url.Values) (notice string, err error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		if _, err := p.principal(c); err != nil {
			p.fail(c, err)
			return
		}
		fields, err := p.fields(c)
		if err != nil {
			p.fail(c, err)
			return
		}
		notice, err := change(c, fields)
		if err != nil {
			p.fail(c, err)
			return
		}
		c.Redirect(http.StatusSeeOther, "/conversations?notice="+notice)
	}
}

func (p *pages) renameConversation(c *gin.Context, fields url.Values) (string, error) {
	return "renamed", p.rename(c.Request.Context(), c.Param("id"), fields.Get("title"))
}
