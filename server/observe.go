package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"

	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/edge"
)

// exchange is what is known of one request while it is served.
type exchange struct {
	id        string
	language  string        // "fr" or "en", of what the client reads
	principal *qa.Principal // nil until known
	talk      *talk         // the conversation that the answer is kept in, nil for none
	asked     string        // the question, for the log when LogQuestions is set
	err       error         // what the client was told, with its cause
}

type exchangeKey struct{}

// exchangeOf finds the exchange of a request; outside a request it gives a fresh one.
func exchangeOf(ctx context.Context) *exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x
	}
	return &exchange{language: locale.French}
}

// observe wraps every request: its identifier, the security headers, one line of the log, the
// metrics, and a panic turned into an answer.
func (s *Server) observe(c *gin.Context) {
	x := &exchange{id: s.NewID(), language: edge.Language(c.Request)}
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), exchangeKey{}, x))
	edge.SecureHeaders(c.Writer.Header())
	c.Header("X-Request-Id", x.id)
	c.Header("Vary", "Accept-Language, Cookie, Origin")
	start := time.Now()
	s.metrics.inFlight.Inc()
	defer func() {
		s.metrics.inFlight.Dec()
		aborted := s.recovered(c, recover())
		s.metrics.request(c, time.Since(start))
		s.logRequest(c, x, time.Since(start))
		if aborted {
			panic(http.ErrAbortHandler) // net/http closes the connection and says nothing
		}
	}()
	c.Next()
}

// recovered answers after a panic. It reports whether the response cannot be ended properly.
func (s *Server) recovered(c *gin.Context, cause any) (abort bool) {
	if cause == nil {
		return false
	}
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		return true
	}
	s.Log.Error("panic", "request_id", exchangeOf(c.Request.Context()).id, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
	started := c.Writer.Written()
	s.fail(c, qa.E(qa.Internal, "internal"))
	return started
}

// logRequest writes the one line of a request: never its query string, its headers or its body.
func (s *Server) logRequest(c *gin.Context, x *exchange, took time.Duration) {
	status := c.Writer.Status()
	attrs := []slog.Attr{
		slog.String("request_id", x.id), slog.String("method", methodName(c.Request.Method)),
		slog.String("route", routeName(c)), slog.Int("status", status),
		slog.Int64("ms", took.Milliseconds()), slog.Int("bytes", max(c.Writer.Size(), 0)),
	}
	if x.principal != nil {
		attrs = append(attrs, slog.String("principal", x.principal.ID))
	}
	if s.LogQuestions && x.asked != "" {
		attrs = append(attrs, slog.String("question", x.asked))
	}
	level := slog.LevelInfo
	if x.err != nil {
		attrs = append(attrs, slog.String("code", qa.CodeOf(x.err)))
		if edge.StatusOf(x.err) >= http.StatusInternalServerError {
			level = slog.LevelError
			attrs = append(attrs, slog.String("error", x.err.Error()))
		}
	}
	s.Log.LogAttrs(c.Request.Context(), level, "request", attrs...)
}

// routeName is the pattern of the route: an address may hold what a user wrote.
func routeName(c *gin.Context) string {
	if p := c.FullPath(); p != "" {
		return p
	}
	return "none"
}

// methodName keeps the words that clients invent out of the log and the metrics.
func methodName(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete,
		http.MethodOptions, http.MethodPatch:
		return m
	}
	return "other"
}

// languageCookie holds the language chosen on the page.
const languageCookie = edge.LanguageCookie
