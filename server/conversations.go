package server

import (
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"rapporteur/qa"
	"rapporteur/server/edge"
	"rapporteur/server/export"
	"rapporteur/server/reply"
	"rapporteur/server/wire"
)

// Conversations keeps conversations, each for its owner alone: what is another's is NotFound conversation_unknown,
// like what does not exist. Turns give their number.
type Conversations interface {
	StartConversation(ctx context.Context, c qa.Conversation, first qa.Turn) (int, error)
	AppendTurn(ctx context.Context, owner string, id qa.ConversationID, scope qa.Narrowing, t qa.Turn) (int, error)
	Conversations(ctx context.Context, owner string, search qa.ConversationSearch) ([]qa.Conversation, error)
	Conversation(ctx context.Context, owner string, id qa.ConversationID) (qa.Conversation, []qa.Turn, error)
	RenameConversation(ctx context.Context, owner string, id qa.ConversationID, title string) error
	DeleteConversation(ctx context.Context, owner string, id qa.ConversationID) error
	DeleteConversations(ctx context.Context, owner string) (int, error)
}

// Titler gives a title to a conversation that begins with a question.
type Titler interface {
	Title(ctx context.Context, question string) string
}

const (
	// newConversation is what a request gives in place of an identifier to begin a conversation.
	newConversation = "new"
	// remembered is how many turns a follow-up is understood by.
	remembered = 6
	// keepTimeout bounds the keeping of a turn, which goes on when its client is gone.
	keepTimeout = 5 * time.Second
	// titleTimeout bounds the naming of a conversation, which nobody waits for.
	titleTimeout = 10 * time.Second
	// maxTitle bounds the title of a conversation, in characters.
	maxTitle = 200
)

// Bounds of a page of the list of conversations.
const (
	defaultConversations = 50
	maxConversations     = 1000
)

// talk is the conversation of a question that is being answered.
type talk struct {
	qa.Conversation
	fresh bool // its first turn begins it
}

// converse finds the conversation that a request names, and gives the request its history and, where it names none,
// its scope. The turn is kept when there is an answer.
func (s *Server) converse(ctx context.Context, r *AskRequest) error {
	if r.Conversation == "" {
		return nil
	}
	if len(r.History) > 0 {
		return qa.E(qa.Invalid, "conversation_and_history")
	}
	asked, err := narrowing(*r)
	if err != nil {
		return err
	}
	x := exchangeOf(ctx)
	if r.Conversation == newConversation {
		if s.Conversations == nil {
			return qa.E(qa.NotFound, "conversations_off")
		}
		x.talk = &talk{fresh: true, Conversation: qa.Conversation{
			ID: qa.ConversationID(rand.Text()), Owner: principalOf(ctx).ID, Title: qa.TitleOf(storable(r.Question)), Scope: asked}}
		return nil
	}
	c, turns, err := s.conversation(ctx, r.Conversation)
	if err != nil {
		return err
	}
	if r.Collection == "" && r.Scope == nil {
		r.Collection = string(c.Scope.Collection)
		r.Scope = &wire.ScopeRequest{Documents: texts(c.Scope.Documents), Versions: texts(c.Scope.Versions), Year: c.Scope.Year, AsOf: c.Scope.AsOf}
	} else {
		c.Scope = asked
	}
	r.History = historyOf(turns)
	x.talk = &talk{Conversation: c}
	return nil
}

// narrowing is what a request asks about, before the rights of its principal narrow it.
func narrowing(r AskRequest) (n qa.Narrowing, err error) {
	n.Collection = qa.CollectionID(r.Collection)
	names := []string{r.Collection}
	if r.Scope != nil {
		n.Documents, n.Versions = ids[qa.DocumentID](r.Scope.Documents), ids[qa.VersionID](r.Scope.Versions)
		n.Year, n.AsOf = r.Scope.Year, r.Scope.AsOf
		names = slices.Concat(names, r.Scope.Documents, r.Scope.Versions)
	}
	if slices.ContainsFunc(names, func(name string) bool { return len(name) > maxID }) {
		err = qa.E(qa.Invalid, "field_invalid", "scope")
	}
	return n, err
}

func ids[ID ~string](in []string) (out []ID) {
	for _, id := range in {
		out = append(out, ID(id))
	}
	return out
}

func texts[ID ~string](in []ID) (out []string) {
	for _, id := range in {
		out = append(out, string(id))
	}
	return out
}

// historyOf is what the newest turns say to a follow-up, within the bounds of a history.
func historyOf(turns []qa.Turn) (out []Message) {
	size := 0
	for _, t := range slices.Backward(turns[max(0, len(turns)-remembered):]) {
		if size += len(t.Answer.Standalone) + len(t.Answer.Text); size > maxHistoryBytes {
			break
		}
		out = append(out, Message{Role: string(qa.RoleAssistant), Content: t.Answer.Text}, Message{Role: string(qa.RoleUser), Content: t.Answer.Standalone})
	}
	slices.Reverse(out)
	return out
}

// keeper listens to an answer as it is made, to keep it as it was shown.
type keeper struct {
	server *Server
	talk   *talk // nil: nothing is kept
	emit   func(qa.Event) error
	shown  []qa.SentenceEvent
}

// keeper makes the keeper of the question of a request; emit may be nil.
func (s *Server) keeper(ctx context.Context, emit func(qa.Event) error) *keeper {
	return &keeper{server: s, talk: exchangeOf(ctx).talk, emit: emit}
}

// listen passes an event on.
func (k *keeper) listen(e qa.Event) error {
	if k.emit != nil {
		if err := k.emit(e); err != nil {
			return err
		}
	}
	if e.Sentence != nil {
		k.shown = append(k.shown, *e.Sentence)
	}
	return nil
}

// keep keeps an answer in its conversation, also what was shown of one that was cut off, and tells the answer where.
// One that cannot be kept is given all the same, as one that is not kept.
func (k *keeper) keep(ctx context.Context, a qa.Answer, cause error) (qa.Answer, error) {
	if k.talk == nil || cause != nil && len(k.shown) == 0 {
		return a, cause
	}
	turn := qa.Turn{At: time.Now().UTC().Truncate(time.Microsecond), Answer: a}
	if cause != nil {
		turn.Answer, turn.Partial = a.Shown(k.shown), true
	}
	turn.Answer.Asked = storable(turn.Answer.Asked)
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTimeout)
	defer cancel()
	var number int
	var err error
	if t := k.talk; t.fresh {
		number, err = k.server.Conversations.StartConversation(within, t.Conversation, turn)
	} else {
		number, err = k.server.Conversations.AppendTurn(within, t.Owner, t.ID, t.Scope, turn)
	}
	if err != nil {
		k.server.Log.Error("answer not kept", "request_id", exchangeOf(ctx).id, "error", err)
		return a, cause
	}
	a.Conversation, a.Turn = k.talk.ID, number
	if k.talk.fresh && k.server.Titler != nil && turn.Answer.Answered {
		go k.server.entitle(context.WithoutCancel(ctx), k.talk.Conversation, turn.Answer.Standalone)
	}
	return a, cause
}

// entitle gives a conversation that has just begun a better title than the start of its question, unless its owner
// named it meanwhile.
func (s *Server) entitle(ctx context.Context, c qa.Conversation, question string) {
	ctx, cancel := context.WithTimeout(ctx, titleTimeout)
	defer cancel()
	title := s.Titler.Title(ctx, question)
	now, _, err := s.Conversations.Conversation(ctx, c.Owner, c.ID)
	if err != nil || title == c.Title || now.Title != c.Title {
		return
	}
	if err := s.Conversations.RenameConversation(ctx, c.Owner, c.ID, title); err != nil && qa.KindOf(err) != qa.NotFound {
		s.Log.Error("conversation not named", "error", err)
	}
}

// storable is a text as every database takes it.
func storable(s string) string { return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "") }

// conversation finds one of the principal's.
func (s *Server) conversation(ctx context.Context, id string) (qa.Conversation, []qa.Turn, error) {
	if err := s.mayKeep(id); err != nil {
		return qa.Conversation{}, nil, err
	}
	return s.Conversations.Conversation(ctx, principalOf(ctx).ID, qa.ConversationID(id))
}

// mayKeep refuses what is asked of conversations where none are kept, and identifiers that none has.
func (s *Server) mayKeep(id string) error {
	if s.Conversations == nil {
		return qa.E(qa.NotFound, "conversations_off")
	}
	if len(id) > maxID {
		return qa.E(qa.NotFound, "conversation_unknown")
	}
	return nil
}

func (s *Server) mountConversations(known gin.IRoutes, api huma.API) {
	typed(s, api, get("/conversations", "list-conversations", "Your conversations that are kept, newest first"), s.handleConversations)
	typed(s, api, get("/conversations/{id}", "show-conversation", "One conversation with its turns"), s.handleConversation)
	typed(s, api, conversationOperation(http.MethodPatch, "/conversations/{id}", "rename-conversation", "Give a conversation another title"), s.handleRename)
	typed(s, api, conversationOperation(http.MethodDelete, "/conversations/{id}", "delete-conversation", "Erase a conversation"), s.handleForget)
	typed(s, api, conversationOperation(http.MethodDelete, "/conversations", "delete-conversations", "Erase all your conversations"), s.handleForgetAll)
	known.GET("/conversations/:id/export", s.handleExport)
}

func conversationOperation(method, path, id, summary string) huma.Operation {
	return huma.Operation{Method: method, Path: path, OperationID: id, Summary: summary, DefaultStatus: http.StatusOK}
}

type conversationsInput struct {
	Words string `query:"q" doc:"words that stand in the title or in a question, whatever their case and accents"`
	After string `query:"after" doc:"value of next of the page before"`
	Limit string `query:"limit" doc:"conversations wanted, 1 to 1000; 50 by default"`
}

type conversationsOutput struct {
	Body struct {
		Conversations []wire.Conversation `json:"conversations" nullable:"false"`
		Next          *string             `json:"next" doc:"value of after for the next page; null on the last one"`
	}
}

func (s *Server) handleConversations(ctx context.Context, in *conversationsInput) (*conversationsOutput, error) {
	n := defaultConversations
	if in.Limit != "" {
		var err error
		if n, err = strconv.Atoi(in.Limit); err != nil || n < 1 || n > maxConversations {
			return nil, qa.E(qa.Invalid, "field_invalid", "limit")
		}
	}
	list, next, err := s.listConversations(ctx, in.Words, in.After, n)
	if err != nil {
		return nil, err
	}
	var out conversationsOutput
	out.Body.Conversations, out.Body.Next = wire.Each(list, wire.NewConversation), wire.OrNull(next)
	return &out, nil
}

// listConversations gives a page of the principal's conversations and where the next begins, "" on the last.
func (s *Server) listConversations(ctx context.Context, words, after string, n int) (list []qa.Conversation, next string, err error) {
	if err := s.mayKeep(""); err != nil {
		return nil, "", err
	}
	if utf8.RuneCountInString(words) > maxTitle {
		return nil, "", qa.E(qa.Invalid, "field_invalid", "q")
	}
	mark, err := markOf(after)
	if err != nil {
		return nil, "", err
	}
	list, err = s.Conversations.Conversations(ctx, principalOf(ctx).ID, qa.ConversationSearch{Words: words, After: mark, Limit: n + 1})
	if len(list) > n { // one more told that a page follows
		list = list[:n]
		last := list[n-1]
		next = strconv.FormatInt(last.UpdatedAt.UnixMicro(), 10) + "." + string(last.ID)
	}
	return list, next, err
}

// markOf reads where a page of the list begins.
func markOf(after string) (m qa.ConversationMark, err error) {
	if after == "" {
		return m, nil
	}
	micros, id, _ := strings.Cut(after, ".")
	at, err := strconv.ParseInt(micros, 10, 64)
	if err != nil || id == "" || len(id) > maxID {
		return m, qa.E(qa.Invalid, "field_invalid", "after")
	}
	return qa.ConversationMark{UpdatedAt: time.UnixMicro(at).UTC(), ID: qa.ConversationID(id)}, nil
}

type conversationOutput struct{ Body wire.ConversationDetail }

func (s *Server) handleConversation(ctx context.Context, in *documentInput) (*conversationOutput, error) {
	c, turns, err := s.conversation(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &conversationOutput{Body: wire.NewConversationDetail(c, turns)}, nil
}

// RenameRequest is the body of PATCH /conversations/{id}.
type RenameRequest struct {
	Title string `json:"title" minLength:"1" maxLength:"200"`
}

func (s *Server) handleRename(ctx context.Context, in *changeInput) (*conversationOutput, error) {
	var r RenameRequest
	if err := s.readJSON(in.c, &r); err != nil {
		return nil, err
	}
	if err := s.rename(ctx, in.ID, r.Title); err != nil {
		return nil, err
	}
	return s.handleConversation(ctx, &documentInput{ID: in.ID})
}

func (s *Server) rename(ctx context.Context, id, title string) error {
	if err := s.mayKeep(id); err != nil {
		return err
	}
	title = strings.Join(strings.Fields(title), " ")
	if title == "" || utf8.RuneCountInString(title) > maxTitle || !utf8.ValidString(title) || strings.ContainsRune(title, 0) {
		return qa.E(qa.Invalid, "field_invalid", "title")
	}
	return s.Conversations.RenameConversation(ctx, principalOf(ctx).ID, qa.ConversationID(id), title)
}

type deletedOutput struct {
	Body struct {
		Deleted int `json:"deleted" doc:"conversations erased"`
	}
}

func (s *Server) handleForget(ctx context.Context, in *documentInput) (*deletedOutput, error) {
	if err := s.mayKeep(in.ID); err != nil {
		return nil, err
	}
	if err := s.Conversations.DeleteConversation(ctx, principalOf(ctx).ID, qa.ConversationID(in.ID)); err != nil {
		return nil, err
	}
	var out deletedOutput
	out.Body.Deleted = 1
	return &out, nil
}

func (s *Server) handleForgetAll(ctx context.Context, _ *struct{}) (out *deletedOutput, err error) {
	if err := s.mayKeep(""); err != nil {
		return nil, err
	}
	out = &deletedOutput{}
	out.Body.Deleted, err = s.Conversations.DeleteConversations(ctx, principalOf(ctx).ID)
	return out, err
}

// handleExport gives a conversation as a file to keep elsewhere.
func (s *Server) handleExport(c *gin.Context) {
	ctx := c.Request.Context()
	talk, turns, err := s.conversation(ctx, c.Param("id"))
	if err != nil {
		s.fail(c, err)
		return
	}
	language := exchangeOf(ctx).language
	file := export.Conversation{Language: language, Conversation: talk, Turns: turns, Place: func(x qa.Citation) string { return reply.Place(language, x) }}
	var body []byte
	var kind, extension string
	switch c.DefaultQuery("format", "md") {
	case "md":
		body, kind, extension = file.Markdown(), "text/markdown; charset=utf-8", ".md"
	case "html":
		kind, extension = "text/html; charset=utf-8", ".html"
		body, err = file.HTML()
	case "json":
		kind, extension = "application/json", ".json"
		body, err = encodeJSON(wire.NewConversationDetail(talk, turns))
	default:
		err = qa.E(qa.Invalid, "field_invalid", "format")
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	h := c.Writer.Header()
	h.Set("Content-Disposition", edge.Attachment(talk.Title+extension))
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox")
	c.Data(http.StatusOK, kind, body)
}
