package server

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"rapporteur/qa"
	"rapporteur/server/edge"
	"rapporteur/server/live"
	"rapporteur/server/wire"
)

// rawInput hands the gin request to a typed operation that reads its body itself, within our
// limits and with our errors.
type rawInput struct{ c *gin.Context }

// Resolve implements huma.Resolver.
func (in *rawInput) Resolve(ctx huma.Context) []error {
	in.c = humagin.Unwrap(ctx)
	return nil
}

// readJSON reads the body of c within the limits of the settings.
func (s *Server) readJSON(c *gin.Context, dst any) error {
	return edge.ReadJSON(c.Writer, c.Request, edge.BodyLimits{Bytes: s.MaxBody, Idle: s.ReadTimeout}, dst)
}

// handleAsk answers a question as JSON, or as events where the client accepts them.
func (s *Server) handleAsk(ctx context.Context, in *rawInput) (*huma.StreamResponse, error) {
	var r AskRequest
	if err := s.readJSON(in.c, &r); err != nil {
		return nil, err
	}
	exchangeOf(ctx).asked = r.Question
	if err := s.converse(ctx, &r); err != nil {
		return nil, err
	}
	q, err := s.question(ctx, principalOf(ctx), r)
	if err != nil {
		return nil, err
	}
	if acceptsEvents(in.c.Request) {
		return &huma.StreamResponse{Body: func(huma.Context) { s.streamAnswer(in.c, q) }}, nil
	}
	a, err := s.ask(ctx, q, nil)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(huma.Context) { writeJSON(in.c, http.StatusOK, wire.NewAnswer(a)) }}, nil
}

// ask answers within the limits on concurrency and time, and keeps the answer in its conversation. emit may be nil.
func (s *Server) ask(ctx context.Context, q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
	keeper := s.keeper(ctx, emit)
	var a qa.Answer
	err := s.limited(ctx, func(ctx context.Context) error {
		start := time.Now()
		var err error
		a, err = s.Asker.Answer(ctx, q, keeper.listen)
		outcome := "refused"
		switch {
		case err != nil:
			outcome = qa.CodeOf(err)
		case a.Answered:
			outcome = "answered"
		}
		s.metrics.question("ask", outcome, time.Since(start))
		return err
	})
	a.ID = cmp.Or(a.ID, exchangeOf(ctx).id)
	a.Asked = cmp.Or(a.Asked, q.Text)
	a.Standalone = cmp.Or(a.Standalone, q.Text)
	if a, err = keeper.keep(ctx, a, err); err == nil {
		s.desk.Hold(principalOf(ctx).ID, q, a)
	}
	return a, err
}

// limited runs f when the caller has a free place, and ends it when the time is up.
func (s *Server) limited(ctx context.Context, f func(context.Context) error) error {
	leave, err := s.questions.Enter(ctx, principalOf(ctx).ID)
	if err != nil {
		return err
	}
	defer leave()
	within, cancel := context.WithTimeout(ctx, s.AskTimeout)
	defer cancel()
	err = f(within)
	if err != nil && ctx.Err() == nil && errors.Is(within.Err(), context.DeadlineExceeded) {
		return qa.E(qa.Unavailable, "timeout").Because(err)
	}
	return err
}

// searchOutput is a typed response of huma.
type searchOutput struct{ Body wire.SearchResult }

// handleSearch finds passages.
func (s *Server) handleSearch(ctx context.Context, in *rawInput) (*searchOutput, error) {
	var r SearchRequest
	if err := s.readJSON(in.c, &r); err != nil {
		return nil, err
	}
	exchangeOf(ctx).asked = r.Query
	q, err := s.searchQuestion(ctx, principalOf(ctx), r)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	var e qa.Evidence
	err = s.limited(ctx, func(ctx context.Context) error {
		var err error
		e, err = s.Searcher.Retrieve(ctx, q)
		outcome := "found"
		if err != nil {
			outcome = qa.CodeOf(err)
		}
		s.metrics.question("search", outcome, time.Since(start))
		return err
	})
	if err != nil {
		return nil, err
	}
	e.Query = cmp.Or(e.Query, q.Text)
	return &searchOutput{Body: wire.NewSearchResult(exchangeOf(ctx).id, e, time.Since(start))}, nil
}

// acceptsEvents reports whether the client wants the answer as events.
func acceptsEvents(r *http.Request) bool {
	for _, h := range r.Header.Values("Accept") {
		if strings.Contains(strings.ToLower(h), "text/event-stream") {
			return true
		}
	}
	return false
}

// StepEvent is the event "step": what is being done now.
type StepEvent struct {
	Code  string `json:"code"`
	Count int    `json:"count"`
}

// SentenceEvent is the event "sentence": one checked sentence, with its citations whole in sources.
type SentenceEvent struct {
	wire.Sentence
	Sources []wire.Citation `json:"sources" nullable:"false"`
}

// The life of a stream of events: how long an answer is made on for a client that left, and how long one that was cut
// off may still read what it missed.
const (
	leaveAfter = 600 * time.Millisecond
	keepFor    = 5 * time.Minute
)

// streamAnswer answers q as events: step and sentence as they come, then done or error. A client that sends the
// identifier of the last event it got goes on from there; one that left for longer than leaveAfter ends the work.
func (s *Server) streamAnswer(c *gin.Context, q qa.Question) {
	ctx := c.Request.Context()
	owner := principalOf(ctx).ID
	stream, after, ok := s.live.Find(c.GetHeader("Last-Event-ID"), owner)
	var failed chan error
	if !ok {
		stream, after, failed = s.begin(ctx, owner, q)
	}
	if err := stream.Follow(ctx, after, events{c: c}.send); err != nil {
		exchangeOf(ctx).err = qa.E(qa.Canceled, "canceled").Because(err)
		return
	}
	if failed == nil {
		return
	}
	err := <-failed
	if err != nil && !c.Writer.Written() { // what fails before the first event is an ordinary error
		s.fail(c, err)
		return
	}
	exchangeOf(ctx).err = err
}

// begin makes the answer beside the request, which may end before it. failed gives how that ended.
func (s *Server) begin(ctx context.Context, owner string, q qa.Question) (stream *live.Stream, after int, failed chan error) {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	stream, failed = s.live.Begin(owner, stop), make(chan error, 1)
	x := exchangeOf(ctx)
	language, id := x.language, x.id
	go func() {
		defer stop()
		defer s.live.End(stream)
		a, err := s.askSafely(work, q, func(e qa.Event) error { return sendEvent(stream, e) })
		switch {
		case err == nil, a.Partial && stream.Left():
			err = closeJSON(stream, "done", wire.NewAnswer(a))
		case stream.Sent() > 0:
			_ = closeJSON(stream, "error", edge.NewProblem(err, language, id)) // strings and numbers always marshal
		}
		failed <- err
	}()
	return stream, 0, failed
}

// askSafely turns a panic into an error: outside the goroutine of a request it would end the process.
func (s *Server) askSafely(ctx context.Context, q qa.Question, emit func(qa.Event) error) (a qa.Answer, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			s.Log.Error("panic", "request_id", exchangeOf(ctx).id, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			err = qa.E(qa.Internal, "internal")
		}
	}()
	return s.ask(ctx, q, emit)
}

// sendEvent adds a step or a sentence to a stream.
func sendEvent(stream *live.Stream, ev qa.Event) error {
	switch {
	case ev.Step != nil:
		return sendJSON(stream, "step", StepEvent{Code: ev.Step.Code, Count: ev.Step.Count})
	case ev.Sentence != nil:
		return sendJSON(stream, "sentence", SentenceEvent{
			Sentence: wire.NewSentence(ev.Sentence.Sentence), Sources: wire.Each(ev.Sentence.Sources, wire.NewCitation),
		})
	}
	return nil
}

func sendJSON(stream *live.Stream, name string, body any) error {
	e, err := eventOf(name, body)
	if err == nil && !stream.Send(e) {
		return qa.E(qa.Canceled, "canceled")
	}
	return err
}

func closeJSON(stream *live.Stream, name string, body any) error {
	e, err := eventOf(name, body)
	if err == nil {
		stream.Close(e)
	}
	return err
}

func eventOf(name string, body any) (live.Event, error) {
	data, err := encodeJSON(body)
	return live.Event{Name: name, Data: data}, err
}

// events writes a stream to one client. It begins with the first event.
type events struct{ c *gin.Context }

// send writes one event. JSON holds no raw line break, so nothing inside can look like another event.
func (e events) send(id string, ev live.Event) error {
	if !e.c.Writer.Written() {
		h := e.c.Writer.Header()
		h.Set("Content-Type", "text/event-stream; charset=utf-8")
		h.Set("X-Accel-Buffering", "no") // nginx would hold the events back
		e.c.Status(http.StatusOK)
	}
	if _, err := e.c.Writer.WriteString("id: " + id + "\nevent: " + ev.Name + "\ndata: " + string(ev.Data) + "\n\n"); err != nil {
		return err
	}
	e.c.Writer.Flush()
	return nil
}

// encodeJSON is JSON on one line, with < and & as they are: nothing of it is read as HTML.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

func writeJSON(c *gin.Context, status int, v any) {
	body, err := encodeJSON(v)
	if err != nil {
		panic(err) // a number that JSON cannot hold: a defect of ours, logged with its stack
	}
	c.Header("Content-Type", "application/json")
	c.Status(status)
	_, _ = c.Writer.Write(body) // a client that went away cannot be told
}
