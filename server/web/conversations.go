package web

import (
	"io"
	"time"
)

// PlaceConversations is the list of conversations in the navigation.
const PlaceConversations Place = "conversations"

// ConversationsView is the list of conversations that are kept.
type ConversationsView struct {
	Frame
	Words  string // that were searched, "" for none
	Items  []ConversationView
	Next   string // address of the next page of the list
	Notice string // what was just done
}

// ConversationView is one line of the list.
type ConversationView struct {
	ID        string
	Title     string
	URL       string
	Date      time.Time // of the newest question
	Questions int
}

// TalkView is the conversation that the main page goes on; the zero value is none.
type TalkView struct {
	ID     string // "new" before its first question, "" where none is kept
	Action string // address that the form is sent to
	Title  string
	Turns  []*AnswerView
}

// Conversations writes the list of conversations.
func (t *Templates) Conversations(w io.Writer, v ConversationsView) error {
	return t.render(w, v.Language, "conversations", v)
}
