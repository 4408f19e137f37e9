package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rapporteur/qa"
	"rapporteur/server/feedback"
	"rapporteur/server/wire"
)

func (s *Server) mountFeedback(api huma.API) {
	typed(s, api, huma.Operation{
		Method: http.MethodPost, Path: "/feedback", OperationID: "send-feedback", Summary: "Say whether an answer was useful", DefaultStatus: http.StatusCreated,
		Description: "The question, the answer as it was made and its citations are kept with it, for administrators to mend " +
			"wrong answers. Another one about the same answer takes the place of the first. An answer that no conversation " +
			"keeps is known for an hour.",
	}, s.handleFeedback)
	typed(s, api, huma.Operation{Method: http.MethodDelete, Path: "/feedback/{id}", OperationID: "withdraw-feedback",
		Summary: "Withdraw what you said of an answer", DefaultStatus: http.StatusNoContent}, s.handleWithdraw)
	typed(s, api, get("/feedback", "list-feedback", "What readers said of answers, newest first; for administrators"), s.handleFeedbackList)
}

// FeedbackRequest is the body of POST /feedback. Fields that are not known are ignored.
type FeedbackRequest struct {
	Answer       string   `json:"answer_id" minLength:"1" maxLength:"200" doc:"id of an answer that you were given"`
	Conversation string   `json:"conversation,omitempty" maxLength:"200" doc:"the conversation that keeps the answer, if one does"`
	Useful       *bool    `json:"useful"`
	Reasons      []string `json:"reasons,omitempty" enum:"wrong_figure,wrong_page,incomplete,not_said_though_it_is,off_topic,unclear,other" doc:"only of an answer that is not useful"`
	Note         string   `json:"note,omitempty" maxLength:"1000"`
}

type feedbackOutput struct{ Body wire.Feedback }

func (s *Server) handleFeedback(ctx context.Context, in *rawInput) (*feedbackOutput, error) {
	var r FeedbackRequest
	if err := s.readJSON(in.c, &r); err != nil {
		return nil, err
	}
	if r.Useful == nil {
		return nil, qa.E(qa.Invalid, "field_invalid", "useful")
	}
	f, err := s.opine(ctx, feedback.Opinion{Answer: r.Answer, Conversation: r.Conversation, Useful: *r.Useful, Reasons: r.Reasons, Note: r.Note})
	if err != nil {
		return nil, err
	}
	return &feedbackOutput{Body: wire.NewFeedback(f)}, nil
}

// opine keeps an opinion of the principal, within the limits on concurrency.
func (s *Server) opine(ctx context.Context, o feedback.Opinion) (qa.Feedback, error) {
	owner := principalOf(ctx).ID
	leave, err := s.opinions.Enter(ctx, owner)
	if err != nil {
		return qa.Feedback{}, err
	}
	defer leave()
	return s.desk.Send(ctx, owner, o)
}

func (s *Server) handleWithdraw(ctx context.Context, in *documentInput) (*struct{}, error) {
	return nil, s.withdraw(ctx, in.ID)
}

// withdraw erases an opinion of the principal, within the limits on concurrency.
func (s *Server) withdraw(ctx context.Context, id string) error {
	owner := principalOf(ctx).ID
	leave, err := s.opinions.Enter(ctx, owner)
	if err != nil {
		return err
	}
	defer leave()
	return s.desk.Withdraw(ctx, owner, id)
}

type feedbackListInput struct{ feedback.Query }

type feedbackListOutput struct {
	Body struct {
		Feedback []wire.Feedback `json:"feedback" nullable:"false"`
		Next     *string         `json:"next" doc:"value of after for the next page; null on the last one"`
	}
}

func (s *Server) handleFeedbackList(ctx context.Context, in *feedbackListInput) (*feedbackListOutput, error) {
	list, next, err := s.desk.Page(ctx, principalOf(ctx), in.Query)
	if err != nil {
		return nil, err
	}
	var out feedbackListOutput
	out.Body.Feedback, out.Body.Next = wire.Each(list, wire.NewFeedback), wire.OrNull(next)
	return &out, nil
}
