package server

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/feedback"
	"rapporteur/server/web"
)

// vote is what the reader can say of an answer, nil where opinions are not taken or the answer is none to judge.
func (p *pages) vote(language string, a qa.Answer, sent map[string]qa.Feedback) *web.VoteView {
	if p.desk == nil || !feedback.Offered(a) {
		return nil
	}
	if f, ok := sent[a.ID]; ok {
		return feedback.View(language, a, &f)
	}
	return feedback.View(language, a, nil)
}

// votes puts under the turns of a conversation what its owner can say of them, and said.
func (p *pages) votes(ctx context.Context, language string, turns []qa.Turn, views []*web.AnswerView) error {
	var ids []string
	for _, t := range turns {
		ids = append(ids, t.Answer.ID)
	}
	sent, err := p.desk.On(ctx, principalOf(ctx).ID, ids)
	if err != nil {
		return err
	}
	for i, t := range turns {
		if !t.Erased {
			views[i].Vote = p.vote(language, t.Answer, sent)
		}
	}
	return nil
}

// sendFeedback takes the form under an answer, where scripts do not.
func (p *pages) sendFeedback(c *gin.Context) {
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
	f, err := p.takeFeedback(c.Request.Context(), fields)
	if err != nil {
		p.fail(c, err)
		return
	}
	if id := fields.Get("conversation"); id != "" {
		address := conversationURL(qa.ConversationID(id))
		if turn, err := strconv.Atoi(fields.Get("turn")); err == nil && turn > 0 {
			address += "#turn-" + strconv.Itoa(turn)
		}
		c.Redirect(http.StatusSeeOther, address)
		return
	}
	p.feedbackSent(c, reader, f)
}

// takeFeedback does what the form asks for; the zero Feedback when that was to withdraw.
func (p *pages) takeFeedback(ctx context.Context, fields url.Values) (qa.Feedback, error) {
	if fields.Has("undo") {
		return qa.Feedback{}, p.withdraw(ctx, fields.Get("id"))
	}
	o := feedback.Opinion{Answer: fields.Get("answer"), Conversation: fields.Get("conversation"), Useful: fields.Get("useful") == "yes"}
	if !o.Useful {
		o.Reasons, o.Note = fields["reason"], fields.Get("note")
	}
	return p.opine(ctx, o)
}

// feedbackSent says what was done on a page of its own: the answer was kept nowhere to go back to.
func (p *pages) feedbackSent(c *gin.Context, reader qa.Principal, f qa.Feedback) {
	frame, err := p.frame(c, reader, web.PlaceAbout)
	if err != nil {
		p.fail(c, err)
		return
	}
	view := web.VoteSentView{Frame: frame, Heading: locale.Sentence(frame.Language, "vote_undone")}
	view.Switch = "/?lang=" + otherLanguage(frame.Language)
	if f.ID != "" {
		view.Heading, view.Question = locale.Sentence(frame.Language, "vote_sent"), f.Answer.Asked
		view.Vote = feedback.View(frame.Language, f.Answer, &f)
	}
	view.Title = locale.Sentence(frame.Language, "page_title_question", view.Heading)
	p.send(c, http.StatusOK, func(w io.Writer) error { return p.templates.VoteSent(w, view) })
}
