package wire

import "rapporteur/qa"

// Conversation is one line of the list of conversations.
type Conversation struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	Questions int    `json:"questions"`
	CreatedAt string `json:"created_at"`
	UpdatedAt string `json:"updated_at" doc:"time of the newest question"`
}

// NewConversation gives the JSON object of a conversation.
func NewConversation(c qa.Conversation) Conversation {
	return Conversation{ID: string(c.ID), Title: c.Title, Questions: c.Turns, CreatedAt: timestamp(c.CreatedAt), UpdatedAt: timestamp(c.UpdatedAt)}
}

// ConversationDetail is a conversation with all its turns.
type ConversationDetail struct {
	Conversation
	Scope ConversationScope `json:"scope"`
	Turns []Turn            `json:"turns" nullable:"false"`
}

// ConversationScope is where the next question is searched unless it says otherwise.
type ConversationScope struct {
	Collection *string  `json:"collection" doc:"null for all that can be read"`
	Documents  []string `json:"documents" nullable:"false"`
	Versions   []string `json:"versions" nullable:"false"`
	Year       *string  `json:"year" doc:"that the titles or file names of documents must name"`
	AsOf       *string  `json:"as_of"`
}

// Turn is one question of a conversation with its answer as it was shown.
type Turn struct {
	Number  int    `json:"number"`
	At      string `json:"at"`
	Partial bool   `json:"partial" doc:"the answer was cut off before its end"`
	Erased  bool   `json:"erased" doc:"a document that it cited was erased since, and what rested on it went too"`
	Answer  Answer `json:"answer"`
}

// NewConversationDetail gives the JSON object of a conversation with its turns, given oldest first.
func NewConversationDetail(c qa.Conversation, turns []qa.Turn) ConversationDetail {
	return ConversationDetail{
		Conversation: NewConversation(c), Turns: Each(turns, newTurn),
		Scope: ConversationScope{
			Collection: OrNull(string(c.Scope.Collection)), Year: OrNull(c.Scope.Year), AsOf: OrNull(c.Scope.AsOf),
			Documents: Each(c.Scope.Documents, func(id qa.DocumentID) string { return string(id) }),
			Versions:  Each(c.Scope.Versions, func(id qa.VersionID) string { return string(id) }),
		},
	}
}

func newTurn(t qa.Turn) Turn {
	return Turn{Number: t.Number, At: timestamp(t.At), Partial: t.Partial, Erased: t.Erased, Answer: NewAnswer(t.Answer)}
}
