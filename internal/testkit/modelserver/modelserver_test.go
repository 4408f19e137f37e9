package modelserver

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// post sends a chat and gives status and body; a body cut short gives what came.
func post(ctx context.Context, t *testing.T, url, body string) (int, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer secret-of-the-test")
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer w.Body.Close()
	all, err := io.ReadAll(w.Body)
	return w.StatusCode, string(all), err
}

const chat = `{"model":"scripted-model","stream":true,"messages":[{"role":"system","content":"s"},{"role":"user","content":"Qui ?"}]}`

func TestScripts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		script func(s *Server)
		path   string
		status int
		has    string
		broken bool
	}{
		{"reply", func(s *Server) { s.Reply(func(r Request) string { return "À : " + r.User() + r.System() }) }, "/v1/chat/completions", 200, `"content":"À : Q"`, false},
		{"end mark", func(*Server) {}, "/v1/chat/completions", 200, "data: [DONE]", false},
		{"usage", func(*Server) {}, "/v1/chat/completions", 200, `"prompt_tokens":3`, false},
		{"ollama", func(*Server) {}, "/api/chat", 200, `"done":true,"done_reason":"stop"`, false},
		{"embeddings", func(*Server) {}, "/v1/embeddings", 200, `"object":"list"`, false},
		{"raw", func(s *Server) { s.Raw([]byte(": ping\n\n")) }, "/v1/chat/completions", 200, ": ping", false},
		{"html", (*Server).HTML, "/v1/chat/completions", 200, "It works!", false},
		{"status", func(s *Server) { s.Status(1, 429, http.Header{"Retry-After": {"1"}}, "{}") }, "/v1/chat/completions", 429, "{}", false},
		{"unknown model", func(s *Server) { s.Models("other") }, "/v1/chat/completions", 404, "scripted-model not found", false},
		{"echo", func(s *Server) { s.EchoKey(401) }, "/v1/chat/completions", 401, "secret-of-the-test", false},
		{"unstreamed", (*Server).Unstreamed, "/v1/chat/completions", 200, `"message"`, false},
		{"cut", func(s *Server) { s.Cut(30) }, "/v1/chat/completions", 200, "data: ", true},
		{"reset", func(s *Server) { s.Reset(1) }, "/v1/chat/completions", 0, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := New(t)
			c.script(s)
			status, body, err := post(t.Context(), t, s.URL+c.path, chat)
			if status != c.status || !strings.Contains(body, c.has) || (err != nil) != c.broken {
				t.Errorf("status %d, error %v, body %s", status, err, body)
			}
			if calls := s.Calls(); len(calls) != 1 || calls[0].User() != "Qui ?" || !bytes.Equal(calls[0].Body, []byte(chat)) {
				t.Errorf("calls: %+v", calls)
			}
		})
	}
}

// TestLeft: a client that leaves is seen.
func TestLeft(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]func(s *Server){
		"silent": (*Server).Silent,
		"slow":   func(s *Server) { s.FirstToken(time.Hour) },
		"drip":   func(s *Server) { s.Drip(5 * time.Second) },
		"hold":   (*Server).Hold,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := New(t)
			script(s)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if _, _, err := post(ctx, t, s.URL+"/v1/chat/completions", chat); err == nil {
				t.Fatal("the server answered")
			}
			for end := time.Now().Add(5 * time.Second); s.Left() != 1 || s.Open() != 0; time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("left %d, open %d", s.Left(), s.Open())
				}
			}
		})
	}
}
