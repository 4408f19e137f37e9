package server

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"rapporteur/qa"
)

// AskRequest is the body of POST /ask. Fields that are not known are ignored.
type AskRequest struct {
	Question   string        `json:"question" minLength:"1" maxLength:"4000"`
	Collection string        `json:"collection,omitempty"`
	Scope      *ScopeRequest `json:"scope,omitempty"`
	History    []Message     `json:"history,omitempty" maxItems:"50" doc:"what was said before, oldest first"`
	Language   string        `json:"language,omitempty" enum:"fr,en" doc:"of the answer; by default that of the question"`
	Mode       string        `json:"mode,omitempty" enum:"auto,extractive,generated"`
	Limit      int           `json:"limit,omitempty" minimum:"1" maximum:"100" doc:"passages to read"`
}

// Message is one turn of a conversation.
type Message struct {
	Role    string `json:"role" enum:"user,assistant"`
	Content string `json:"content"`
}

// SearchRequest is the body of POST /search. Fields that are not known are ignored.
type SearchRequest struct {
	Query      string        `json:"query" minLength:"1" maxLength:"4000"`
	Collection string        `json:"collection,omitempty"`
	Scope      *ScopeRequest `json:"scope,omitempty"`
	Limit      int           `json:"limit,omitempty" minimum:"1" maximum:"100" default:"10"`
	Arm        string        `json:"arm,omitempty" enum:"hybrid,lexical,semantic"`
}

// Bounds of the requests: passages, hits by default, and nesting of a body (ours needs 4).
const (
	maxLimit     = 100
	defaultLimit = 10
	maxDepth     = 32
)

// question checks a request and narrows the principal's scope by it.
func (s *Server) question(p qa.Principal, r AskRequest) (qa.Question, error) {
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
	scope, err := narrow(p.Read, r.Collection, r.Scope)
	if err != nil {
		return qa.Question{}, err
	}
	return qa.Question{Text: text, History: history, Scope: scope, Language: r.Language, Mode: mode, Limit: r.Limit}, nil
}

// searchQuestion checks a search and narrows the principal's scope by it.
func (s *Server) searchQuestion(p qa.Principal, r SearchRequest) (qa.Question, error) {
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
	scope, err := narrow(p.Read, r.Collection, r.Scope)
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

// readJSON reads the body of c into dst. Only application/json is taken: a form of another web
// site cannot send that without asking first.
func (s *Server) readJSON(c *gin.Context, dst any) error {
	kind, params, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	charset := params["charset"]
	if err != nil || kind != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return qa.E(qa.Unsupported, "content_type_unsupported", "application/json")
	}
	if c.Request.ContentLength > s.MaxBody {
		return qa.E(qa.TooLarge, "body_too_large", s.MaxBody)
	}
	body := newSteadyBody(c.Writer, http.MaxBytesReader(c.Writer, c.Request.Body, s.MaxBody), s.ReadTimeout)
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	return decodeJSON(raw, dst)
}

// decodeJSON is strict on the form of JSON (RFC 8259, UTF-8) and lenient on unknown fields.
func decodeJSON(raw []byte, dst any) error {
	if !utf8.Valid(raw) {
		return qa.E(qa.Invalid, "json_invalid")
	}
	if deeperThan(raw, maxDepth) {
		return qa.E(qa.Invalid, "json_too_deep", maxDepth)
	}
	err := json.Unmarshal(raw, dst)
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrongType) && wrongType.Field != "":
		return qa.E(qa.Invalid, "field_invalid", wrongType.Field).Because(err)
	}
	return qa.E(qa.Invalid, "json_invalid").Because(err)
}

// deeperThan reports whether arrays and objects nest deeper than limit, before anything recurses.
func deeperThan(raw []byte, limit int) bool {
	var depth int
	var inString, escaped bool
	for _, b := range raw {
		switch {
		case escaped:
			escaped = false
		case inString:
			escaped, inString = b == '\\', b != '"'
		case b == '"':
			inString = true
		case b == '[' || b == '{':
			depth++
		case b == ']' || b == '}':
			depth--
		}
		if depth > limit {
			return true
		}
	}
	return false
}
