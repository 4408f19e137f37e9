package wire

import "rapporteur/qa"

// Feedback is what a reader thought of an answer.
type Feedback struct {
	ID          string   `json:"id"`
	Owner       string   `json:"owner" doc:"the key of who sent it; local for who asked from this machine without one"`
	At          string   `json:"at"`
	Useful      bool     `json:"useful"`
	Reasons     []string `json:"reasons" nullable:"false" doc:"what is wrong with the answer; none where it is useful"`
	Note        *string  `json:"note"`
	Collections []string `json:"collections" nullable:"false" doc:"of the documents that the answer cites, and the one that the question named"`
	Erased      bool     `json:"erased" doc:"a document that it rested on was erased since, and what rested on it went too"`
	Answer      Answer   `json:"answer" doc:"as it was shown"`
}

// NewFeedback gives the JSON object of a feedback. Where the answer is kept is for its owner alone, and is left out.
func NewFeedback(f qa.Feedback) Feedback {
	a := f.Answer
	a.Conversation, a.Turn = "", 0
	return Feedback{
		ID: string(f.ID), Owner: f.Owner, At: timestamp(f.At), Useful: f.Useful, Note: OrNull(f.Note), Erased: f.Erased,
		Reasons:     Each(f.Reasons, func(r qa.FeedbackReason) string { return string(r) }),
		Collections: Each(f.Collections, func(c qa.CollectionID) string { return string(c) }),
		Answer:      NewAnswer(a),
	}
}
