package qa

import (
	"slices"
	"time"
)

// FeedbackID identifies what a reader thought of an answer.
type FeedbackID string

// FeedbackReason is the stable code of what is wrong with an answer.
type FeedbackReason string

// The reasons, in the order in which they are offered.
const (
	ReasonWrongFigure FeedbackReason = "wrong_figure"
	ReasonWrongPage   FeedbackReason = "wrong_page"
	ReasonIncomplete  FeedbackReason = "incomplete"
	ReasonNotSaid     FeedbackReason = "not_said_though_it_is" // the answer is a refusal, and the documents do say it
	ReasonOffTopic    FeedbackReason = "off_topic"
	ReasonUnclear     FeedbackReason = "unclear"
	ReasonOther       FeedbackReason = "other"
)

// FeedbackReasons lists all reasons, in the order in which they are offered.
func FeedbackReasons() []FeedbackReason {
	return []FeedbackReason{ReasonWrongFigure, ReasonWrongPage, ReasonIncomplete, ReasonNotSaid, ReasonOffTopic, ReasonUnclear, ReasonOther}
}

// MaxNote bounds the note of a feedback, in characters.
const MaxNote = 1000

// Feedback is what a reader thought of an answer, with what is needed to mend that answer and nothing else. There is
// one for each answer and owner: a later one takes the place of an earlier one.
type Feedback struct {
	ID      FeedbackID
	Owner   string // Principal.ID of who was answered and sent it
	At      time.Time
	Useful  bool
	Reasons []FeedbackReason // none where Useful
	Note    string           // "" for none; at most MaxNote characters
	// Collections are those of the documents that the answer cites, and the one that the question named.
	Collections []CollectionID
	Answer      Answer // as it was shown; Asked is the question
	// Behind are the documents cited earlier in the conversation: the question, as it was searched, may borrow from them.
	Behind []DocumentID
	Erased bool // a document that it rested on was erased since, and what rested on it went too
}

// FeedbackMark is a place in a list of feedback, newest first.
type FeedbackMark struct {
	At time.Time
	ID FeedbackID
}

// Mark is the place of a feedback in the list.
func (f Feedback) Mark() FeedbackMark { return FeedbackMark{f.At, f.ID} }

// FeedbackSearch says which feedback is wanted.
type FeedbackSearch struct {
	Useful     *bool        // nil is either
	Collection CollectionID // "" is every one
	Since      time.Time    // not before; the zero time is for ever
	After      FeedbackMark // only those behind it; the zero mark stands before the first
	Limit      int          // at most so many
}

// Judged is the answer as a feedback keeps it: without what says nothing about whether it is right.
func (a Answer) Judged() Answer {
	a.Timings = Timings{}
	if a.Refusal != nil {
		r := *a.Refusal
		r.Unreadable = nil
		a.Refusal = &r
	}
	return a
}

// Documents are those whose words the feedback may hold, each once.
func (f Feedback) Documents() []DocumentID {
	out := slices.Concat(Turn{Answer: f.Answer}.Documents(), f.Behind)
	slices.Sort(out)
	return slices.Compact(out)
}

// Without takes the words of erased documents out of a feedback, as Turn.Without does, with the note where the answer
// cited one: it may repeat it. The opinion, its reasons and the question as it was asked stay. It reports whether
// anything had to go, and then the feedback is Erased.
func (f Feedback) Without(erased func(DocumentID) bool) (Feedback, bool) {
	t, cited := Turn{Answer: f.Answer}.Without(erased)
	behind := slices.ContainsFunc(f.Behind, erased)
	if !cited && !behind {
		return f, false
	}
	f.Answer, f.Behind = t.Answer, slices.DeleteFunc(slices.Clone(f.Behind), erased)
	if len(f.Behind) == 0 {
		f.Behind = nil
	}
	f.Answer.Standalone = f.Answer.Asked
	if cited {
		f.Note = ""
	}
	f.Erased = true
	return f, true
}
