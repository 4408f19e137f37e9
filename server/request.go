package server

import (
	"context"
	"strings"
	"unicode/utf8"

	"rapporteur/qa"
	"rapporteur/server/wire"
)

// AskRequest is the body of POST /ask. Fields that are not known are ignored.
type AskRequest struct {
	Question   string             `json:"question" minLength:"1" maxLength:"4000"`
	Collection string             `json:"collection,omitempty"`
	Scope      *wire.ScopeRequest `json:"scope,omitempty"`
	History    []Message          `json:"history,omitempty" maxItems:"50" doc:"what was said before, oldest first"`
	// What was said before is then in the conversation: no history goes with it.
	Conversation string `json:"conversation,omitempty" doc:"identifier of the conversation that the question goes on, or new to begin one: the answer is kept there. Without collection and scope the question is searched where the last one was; scope {} is everywhere"`
	Language     string `json:"language,omitempty" enum:"fr,en" doc:"of the answer; by default that of the question"`
	Mode         string `json:"mode,omitempty" enum:"auto,extractive,generated"`
	Limit        int    `json:"limit,omitempty" minimum:"1" maximum:"100" doc:"passages to read"`
}

// Message is one turn of a conversation.
type Message struct {
	Role    string `json:"role" enum:"user,assistant"`
	Content string `json:"content"`
}

// SearchRequest is the body of POST /search. Fields that are not known are ignored.
type SearchRequest struct {
	Query      string             `json:"query" minLength:"1" maxLength:"4000"`
	Collection string             `json:"collection,omitempty"`
	Scope      *wire.ScopeRequest `json:"scope,omitempty"`
	Limit      int                `json:"limit,omitempty" minimum:"1" maximum:"100" default:"10"`
	Arm        string             `json:"arm,omitempty" enum:"hybrid,lexical,semantic"`
}

// AddRequest is the body of POST /documents for a document on the web. Fields that are not known are ignored.
type AddRequest struct {
	URL        string `json:"url" format:"uri" minLength:"1" maxLength:"1024" doc:"http or https, on a public host; it becomes the source of the document"`
	Collection string `json:"collection,omitempty" doc:"“default” by default"`
	Title      string `json:"title,omitempty" doc:"by default the title found in the document"`
	Replace    bool   `json:"replace,omitempty" doc:"taken as true: the same address with other bytes is a new version"`
}

// Bounds of the passages and hits that a request wants.
const (
	maxLimit     = 100
	defaultLimit = 10
)

// question checks a request and narrows the principal's scope by it.
func (s *Server) question(ctx context.Context, p qa.Principal, r AskRequest) (qa.Question, error) {
	text, err := s.questionText(r.Question)
	if err != nil {
		return qa.Question{}, err
	}
	history, err := s.history(r.History)
	if err != nil {
		return qa.Question{}, err
	}
	switch {
	case r.Language != "" && r.Language != "fr" && r.Language != "en":
		return qa.Question{}, qa.E(qa.Invalid, "field_invalid", "language")
	case r.Limit < 0 || r.Limit > maxLimit:
		return qa.Question{}, qa.E(qa.Invalid, "field_invalid", "limit")
	}
	mode, err := modeOf(r.Mode)
	if err != nil {
		return qa.Question{}, err
	}
	scope, err := s.scope(ctx, p, r.Collection, r.Scope)
	if err != nil {
		return qa.Question{}, err
	}
	return qa.Question{Text: text, History: history, Scope: scope, Language: r.Language, Mode: mode, Limit: r.Limit}, nil
}

// searchQuestion checks a search and narrows the principal's scope by it.
func (s *Server) searchQuestion(ctx context.Context, p qa.Principal, r SearchRequest) (qa.Question, error) {
	text, err := s.questionText(r.Query)
	if err != nil {
		return qa.Question{}, err
	}
	if r.Limit < 0 || r.Limit > maxLimit {
		return qa.Question{}, qa.E(qa.Invalid, "field_invalid", "limit")
	}
	limit := r.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	arm := qa.Arm(r.Arm)
	switch arm {
	case "", qa.ArmHybrid, qa.ArmLexical, qa.ArmSemantic:
	default:
		return qa.Question{}, qa.E(qa.Invalid, "field_invalid", "arm")
	}
	scope, err := s.scope(ctx, p, r.Collection, r.Scope)
	if err != nil {
		return qa.Question{}, err
	}
	return qa.Question{Text: text, Scope: scope, Limit: limit, Arm: arm}, nil
}

func (s *Server) questionText(text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", qa.E(qa.Invalid, "question_empty")
	}
	if n := utf8.RuneCountInString(text); n > s.MaxQuestion {
		return "", qa.E(qa.Invalid, "question_too_long", s.MaxQuestion, n)
	}
	return text, nil
}

func (s *Server) history(in []Message) ([]qa.Message, error) {
	if len(in) > s.MaxHistory {
		return nil, qa.E(qa.Invalid, "history_too_long", s.MaxHistory)
	}
	var bytes int
	out := make([]qa.Message, 0, len(in))
	for _, m := range in {
		role := qa.Role(m.Role)
		if role != qa.RoleUser && role != qa.RoleAssistant {
			return nil, qa.E(qa.Invalid, "field_invalid", "history.role")
		}
		bytes += len(m.Content)
		out = append(out, qa.Message{Role: role, Content: m.Content})
	}
	if bytes > maxHistoryBytes {
		return nil, qa.E(qa.Invalid, "history_too_long", s.MaxHistory)
	}
	return out, nil
}

func modeOf(name string) (qa.Mode, error) {
	switch m := qa.Mode(name); m {
	case "":
		return qa.ModeAuto, nil
	case qa.ModeAuto, qa.ModeExtractive, qa.ModeGenerated:
		return m, nil
	}
	return "", qa.E(qa.Invalid, "field_invalid", "mode")
}
