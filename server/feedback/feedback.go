// Package feedback takes what readers think of answers. The answer that is kept with an opinion is the one that this
// server made, never what a client says that it was: what administrators read, and mend answers by, is true.
package feedback

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"rapporteur/qa"
)

// Journal keeps feedback; the stores implement it. SaveFeedback gives the id under which it is kept. What is another's is
// NotFound feedback_unknown, like what does not exist.
type Journal interface {
	SaveFeedback(ctx context.Context, f qa.Feedback) (qa.FeedbackID, error)
	WithdrawFeedback(ctx context.Context, owner string, id qa.FeedbackID) error
	FeedbackOn(ctx context.Context, owner string, answers []string) ([]qa.Feedback, error)
	Feedback(ctx context.Context, search qa.FeedbackSearch) ([]qa.Feedback, error)
}

// Conversations finds a conversation of an owner with its turns, oldest first; NotFound conversation_unknown.
type Conversations interface {
	Conversation(ctx context.Context, owner string, id qa.ConversationID) (qa.Conversation, []qa.Turn, error)
}

// maxID bounds identifiers that clients send, in bytes.
const maxID = 200

// sound reports whether a text can be an identifier, or the name of a collection, in every database.
func sound(id string) bool {
	return len(id) <= maxID && utf8.ValidString(id) && !strings.ContainsRune(id, 0)
}

// Desk receives opinions. Its methods may be called at the same time; see New.
type Desk struct {
	journal       Journal
	conversations Conversations // nil where none are kept
	now           func() time.Time
	newID         func() string
	held          held
}

// New makes a desk; nil, which holds nothing and takes no opinion, without a journal. conversations may be nil.
func New(j Journal, conversations Conversations, now func() time.Time, newID func() string) *Desk {
	if j == nil {
		return nil
	}
	return &Desk{journal: j, conversations: conversations, now: now, newID: newID}
}

// Hold remembers an answer for a while, so that its reader can say what they think of it. One that is kept in a
// conversation is remembered by its place there.
func (d *Desk) Hold(owner string, q qa.Question, a qa.Answer) {
	if d == nil {
		return
	}
	h := holding{answer: a.Judged()}
	if len(q.Scope.Collections) == 1 {
		h.collections = q.Scope.Collections
	}
	if a.Conversation != "" {
		h.answer = qa.Answer{Conversation: a.Conversation}
	} else if len(q.History) > 0 {
		h.answer.Standalone = a.Asked // it borrows from documents that nobody knows any more
	}
	d.held.add(owner, a.ID, h, d.now())
}

// Opinion is what a reader thinks of an answer that they got.
type Opinion struct {
	Answer       string // its identifier
	Conversation string // where it is kept; "" where that is not known
	Useful       bool
	Reasons      []string
	Note         string
}

// Send keeps an opinion of the principal, in the place of an earlier one about the same answer. NotFound answer_unknown
// when the server does not know the answer, any more or at all: an opinion about it could mend nothing. NotFound
// feedback_off; Invalid field_invalid, note_too_long.
func (d *Desk) Send(ctx context.Context, owner string, o Opinion) (qa.Feedback, error) {
	if d == nil {
		return qa.Feedback{}, qa.E(qa.NotFound, "feedback_off")
	}
	reasons, note, err := o.check()
	if err != nil {
		return qa.Feedback{}, err
	}
	f, err := d.about(ctx, owner, o)
	if err != nil {
		return qa.Feedback{}, err
	}
	f.ID, f.Owner, f.At = qa.FeedbackID(d.newID()), owner, d.now().UTC().Truncate(time.Microsecond)
	f.Useful, f.Reasons, f.Note = o.Useful, reasons, note
	f.ID, err = d.journal.SaveFeedback(ctx, f)
	return f, err
}

// check gives the reasons, each once and in their order, and the note as it is kept.
func (o Opinion) check() (reasons []qa.FeedbackReason, note string, err error) {
	if o.Answer == "" || !sound(o.Answer) {
		return nil, "", qa.E(qa.Invalid, "field_invalid", "answer_id")
	}
	if !sound(o.Conversation) {
		return nil, "", qa.E(qa.Invalid, "field_invalid", "conversation")
	}
	known := qa.FeedbackReasons()
	for _, r := range o.Reasons {
		if o.Useful || !slices.Contains(known, qa.FeedbackReason(r)) {
			return nil, "", qa.E(qa.Invalid, "field_invalid", "reasons")
		}
	}
	for _, r := range known {
		if slices.Contains(o.Reasons, string(r)) {
			reasons = append(reasons, r)
		}
	}
	note = plain(o.Note)
	if n := utf8.RuneCountInString(note); n > qa.MaxNote {
		return nil, "", qa.E(qa.Invalid, "note_too_long", qa.MaxNote, n)
	}
	return reasons, note, nil
}

// plain is a note without what is no text: it is read in terminals and spreadsheets too.
func plain(note string) string {
	note = strings.ReplaceAll(strings.ToValidUTF8(note, ""), "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, note))
}

// about finds the answer of an opinion: in its conversation, among those made lately, or in an earlier opinion.
func (d *Desk) about(ctx context.Context, owner string, o Opinion) (qa.Feedback, error) {
	h, ok := d.held.find(owner, o.Answer, d.now())
	if id := cmp.Or(h.answer.Conversation, qa.ConversationID(o.Conversation)); id != "" && d.conversations != nil {
		f, err := d.inConversation(ctx, owner, id, o.Answer)
		if err == nil || qa.KindOf(err) != qa.NotFound {
			return f, err
		}
	}
	if ok && h.answer.Conversation == "" {
		return qa.Feedback{Answer: h.answer, Collections: h.collections}, nil
	}
	earlier, err := d.journal.FeedbackOn(ctx, owner, []string{o.Answer})
	if err == nil && len(earlier) == 0 {
		err = qa.E(qa.NotFound, "answer_unknown")
	}
	if err != nil {
		return qa.Feedback{}, err
	}
	return earlier[0], nil
}

func (d *Desk) inConversation(ctx context.Context, owner string, id qa.ConversationID, answer string) (f qa.Feedback, err error) {
	c, turns, err := d.conversations.Conversation(ctx, owner, id)
	if err != nil {
		return f, err
	}
	if c.Scope.Collection != "" {
		f.Collections = []qa.CollectionID{c.Scope.Collection}
	}
	for _, t := range turns {
		if t.Answer.ID == answer {
			f.Answer, f.Erased = t.Answer.Judged(), t.Erased
			return f, nil
		}
		f.Behind = append(f.Behind, t.Documents()...)
	}
	return f, qa.E(qa.NotFound, "answer_unknown")
}

// Withdraw erases an opinion of the owner. NotFound feedback_unknown, feedback_off.
func (d *Desk) Withdraw(ctx context.Context, owner, id string) error {
	switch {
	case d == nil:
		return qa.E(qa.NotFound, "feedback_off")
	case !sound(id):
		return qa.E(qa.NotFound, "feedback_unknown")
	}
	return d.journal.WithdrawFeedback(ctx, owner, qa.FeedbackID(id))
}

// On gives what the owner thinks of these answers, by their identifiers; nothing without a journal.
func (d *Desk) On(ctx context.Context, owner string, answers []string) (map[string]qa.Feedback, error) {
	if d == nil || len(answers) == 0 {
		return nil, nil
	}
	list, err := d.journal.FeedbackOn(ctx, owner, answers)
	out := map[string]qa.Feedback{}
	for _, f := range list {
		out[f.Answer.ID] = f
	}
	return out, err
}
