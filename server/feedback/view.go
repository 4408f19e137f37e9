package feedback

import (
	"slices"

	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/web"
)

// View is the buttons and the form under an answer, with what its reader sent about it, nil for nothing. The zero
// Answer gives those that a script fills in.
func View(language string, a qa.Answer, sent *qa.Feedback) *web.VoteView {
	v := &web.VoteView{Answer: a.ID, Conversation: string(a.Conversation), Turn: a.Turn}
	if sent == nil {
		sent = &qa.Feedback{}
	}
	v.ID, v.Useful, v.Note = string(sent.ID), sent.Useful, sent.Note
	for _, r := range qa.FeedbackReasons() {
		v.Reasons = append(v.Reasons, web.VoteReason{
			Code: string(r), Label: locale.Sentence(language, "vote_reason_"+string(r)), Given: slices.Contains(sent.Reasons, r)})
	}
	return v
}

// Offered reports whether readers are asked what they think of an answer: not of one that only asks them to be
// precise.
func Offered(a qa.Answer) bool {
	return a.ID != "" && (a.Refusal == nil || a.Refusal.Reason != qa.NeedsPrecision)
}
