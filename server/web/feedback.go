package web

import "io"

// VoteView is what a reader can say of an answer, and what they said.
type VoteView struct {
	Answer       string // its identifier
	Conversation string // where it is kept, "" for nowhere
	Turn         int    // its number there
	ID           string // of what was sent, "" for nothing
	Useful       bool   // what was sent
	Reasons      []VoteReason
	Note         string
}

// VoteReason is one thing that may be wrong with an answer.
type VoteReason struct {
	Code, Label string
	Given       bool
}

// Pressed reports whether this was sent.
func (v VoteView) Pressed(useful bool) bool { return v.ID != "" && v.Useful == useful }

// VoteSentView says that an opinion was kept, or withdrawn, where there is no conversation to go back to.
type VoteSentView struct {
	Frame
	Heading  string
	Question string
	Vote     *VoteView // nil once it is withdrawn
}

// VoteSent writes the page that follows an opinion sent without scripts.
func (t *Templates) VoteSent(w io.Writer, v VoteSentView) error {
	return t.render(w, v.Language, "vote-sent", v)
}
