package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"rapporteur/qa"
)

func TestTheLogHoldsNoQuestion(t *testing.T) {
	t.Parallel()
	for _, allowed := range []bool{false, true} {
		var lines bytes.Buffer
		s := newServer(nil)
		s.Log, s.LogQuestions = logger(&lines), allowed
		h := handlerOf(t, s)
		r := request(http.MethodPost, "/ask?note=Xylophone", `{"question":"Xylophone ?","history":[{"role":"user","content":"Zanzibar"}]}`)
		r.Header.Set("Authorization", "Bearer admin")
		r.Header.Set("User-Agent", "Xylophone\r\nforged")
		serve(h, r)
		serve(h, request("XYLOPHONE", "/documents/Xylophone?q=Xylophone", ""))
		serve(h, request(http.MethodGet, "/documents/Xylophone", ""))
		serve(h, request(http.MethodGet, "/Xylophone", ""))
		if got := strings.Contains(lines.String(), "Xylophone ?"); got != allowed {
			t.Errorf("question in the log: %v, want %v", got, allowed)
		}
		text := strings.ReplaceAll(lines.String(), "Xylophone ?", "")
		for _, word := range []string{"ylophone", "YLOPHONE", "Zanzibar", "Bearer"} {
			if strings.Contains(text, word) {
				t.Errorf("%s is in the log: %s", word, lines.String())
			}
		}
		if got := strings.Count(lines.String(), "\n"); got != 4 {
			t.Errorf("%d lines for 4 requests: %s", got, lines.String())
		}
	}
}

func TestALineOfTheLog(t *testing.T) {
	t.Parallel()
	var lines bytes.Buffer
	p := &parts{answer: func(context.Context, qa.Question, func(qa.Event) error) (qa.Answer, error) {
		return qa.Answer{}, qa.E(qa.Unavailable, "store_down").Because(errors.New("dial tcp 10.0.0.1: refused"))
	}}
	s := newServer(p)
	s.Log = logger(&lines)
	w := serve(handlerOf(t, s), request(http.MethodPost, "/ask", askBody))
	if strings.Contains(w.Body.String(), "10.0.0.1") {
		t.Error("the cause reached the client")
	}
	var line struct {
		Level, Method, Route, Code, Error, Principal string
		RequestID                                    string `json:"request_id"`
		Status, Bytes                                int
	}
	if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
		t.Fatal(err, lines.String())
	}
	if line.Level != "ERROR" || line.Method != "POST" || line.Route != "/ask" || line.Status != 503 || line.Code != "store_down" ||
		line.Principal != "local" || line.RequestID != "request-1" || line.Bytes != w.Body.Len() || !strings.Contains(line.Error, "10.0.0.1") {
		t.Errorf("line %+v", line)
	}
}

func TestPanics(t *testing.T) {
	t.Parallel()
	var lines bytes.Buffer
	p := &parts{
		answer: func(context.Context, qa.Question, func(qa.Event) error) (qa.Answer, error) { panic("secret inside") },
		document: func(context.Context, qa.Scope, qa.DocumentID) (qa.Document, []qa.Version, error) {
			panic(errors.New("secret inside"))
		},
	}
	s := newServer(p)
	s.Log = logger(&lines)
	s.MaxQuestions, s.Wait = 1, time.Millisecond // a panic that kept its place would leave none for the next question
	h := handlerOf(t, s)
	for _, r := range []*http.Request{request(http.MethodPost, "/ask", askBody), request(http.MethodPost, "/ask", askBody), request(http.MethodGet, "/documents/d1/original", ""), request(http.MethodGet, "/documents/d1", "")} {
		lines.Reset()
		w := serve(h, r)
		wantProblem(t, w, http.StatusInternalServerError, "internal")
		if strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), "goroutine") {
			t.Errorf("body %s", w.Body)
		}
		if got := strings.Count(lines.String(), "[running]"); got != 1 || !strings.Contains(lines.String(), "secret inside") {
			t.Errorf("%d stacks in the log: %s", got, lines.String())
		}
	}
}

// TestAPanicInsideAStreamEndsIt holds that it is told as an error, and ends neither the process nor other requests.
func TestAPanicInsideAStreamEndsIt(t *testing.T) {
	t.Parallel()
	p := &parts{answer: func(_ context.Context, _ qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
		if err := emit(qa.Event{Step: &qa.Step{Code: "searching"}}); err != nil {
			return qa.Answer{}, err
		}
		panic("late")
	}}
	w := serve(handlerOf(t, newServer(p)), streamRequest())
	events := readEvents(t, w.Body.String())
	if last := events[len(events)-1]; last.name != "error" || !strings.Contains(last.data, `"code":"internal"`) || strings.Contains(last.data, "late") {
		t.Errorf("the last event is %+v", last)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	h := handlerOf(t, newServer(nil))
	serve(h, request(http.MethodPost, "/ask", askBody))
	serve(h, request(http.MethodPost, "/search", searchBody))
	serve(h, request(http.MethodGet, "/documents/Xylophone", ""))
	serve(h, request("XYLOPHONE", "/Xylophone", ""))
	w := serve(h, request(http.MethodGet, "/metrics", ""))
	text := w.Body.String()
	for _, want := range []string{
		`rapporteur_http_requests_total{method="POST",route="/ask",status="200"} 1`,
		`rapporteur_http_requests_total{method="GET",route="/documents/:id",status="404"} 1`,
		`rapporteur_http_requests_total{method="other",route="none",status="404"} 1`,
		`rapporteur_question_seconds_count{operation="ask",outcome="answered"} 1`,
		`rapporteur_question_seconds_count{operation="search",outcome="found"} 1`,
		"rapporteur_http_in_flight 1",
		"rapporteur_documents 3",
		"go_goroutines ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(text, "ylophone") || strings.Contains(text, "XYLO") {
		t.Error("what a client wrote is in the metrics")
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	s := newServer(nil)
	var err error
	s.Ready = func() error { return err }
	h := handlerOf(t, s)
	if w := serve(h, request(http.MethodGet, "/readyz", "")); w.Code != http.StatusOK {
		t.Error(w.Code)
	}
	err = errors.New("index not loaded: /secret")
	w := serve(h, request(http.MethodGet, "/readyz", ""))
	wantProblem(t, w, http.StatusServiceUnavailable, "not_ready")
	if w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "secret") {
		t.Error(w.Header(), w.Body)
	}
	if w := serve(h, request(http.MethodGet, "/healthz", "")); w.Code != http.StatusOK {
		t.Error("not alive while not ready")
	}
}

// TestModelState: a model that fails shows in the metrics and in the readiness, which stays what it is: questions are
// answered all the same.
func TestModelState(t *testing.T) {
	t.Parallel()
	s := newServer(nil)
	state := qa.ModelState{Breaker: qa.BreakerClosed, Usage: qa.TokenUsage{Prompt: 70, Completion: 7, Estimated: 5}}
	s.Model = func() qa.ModelState { return state }
	h := handlerOf(t, s)
	if w := serve(h, request(http.MethodGet, "/readyz", "")); !strings.Contains(w.Body.String(), `"ready"`) {
		t.Error(w.Body)
	}
	state.Breaker, state.Degraded = qa.BreakerOpen, true
	if w := serve(h, request(http.MethodGet, "/readyz", "")); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"degraded"`) {
		t.Error(w.Code, w.Body)
	}
	text := serve(h, request(http.MethodGet, "/metrics", "")).Body.String()
	for _, want := range []string{
		`rapporteur_model_breaker{state="closed"} 0`,
		`rapporteur_model_breaker{state="open"} 1`,
		`rapporteur_model_breaker{state="half_open"} 0`,
		`rapporteur_model_tokens_today{kind="prompt"} 70`,
		`rapporteur_model_tokens_today{kind="completion"} 7`,
		`rapporteur_model_tokens_today{kind="estimated"} 5`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestHealthOnly(t *testing.T) {
	t.Parallel()
	s := newServer(nil)
	s.HealthOnly = true
	h := handlerOf(t, s)
	for path, want := range map[string]int{
		"/healthz": http.StatusOK, "/readyz": http.StatusOK, "/metrics": http.StatusOK,
		"/": http.StatusNotFound, "/documents": http.StatusNotFound, "/openapi.json": http.StatusNotFound,
	} {
		if w := serve(h, request(http.MethodGet, path, "")); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}
