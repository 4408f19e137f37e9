package modelserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// script is how the server answers a call.
type script struct {
	reply   func(Request) string
	raw     []byte
	hasRaw  bool
	status  int // other than 0: a refusal with header and body
	header  http.Header
	body    string
	echo    bool
	first   time.Duration
	pace    time.Duration
	drip    time.Duration
	cut     int
	cuts    bool
	hold    bool
	silent  bool
	whole   bool
	noUsage bool
	finish  string
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		s.list(w, r)
		return
	}
	call, p := s.enter(r)
	early := true
	defer func() { s.leave(early) }()
	o := &out{server: s, w: w, r: r, script: p, left: p.cut}
	switch {
	case p.silent:
		o.wait(24 * time.Hour)
	case p.cuts && p.cut == 0:
		o.reset()
	case p.status != 0:
		s.refuse(o, call)
	case p.hasRaw:
		o.head(contentType(p.raw))
		o.piece(p.raw)
	case call.Path == "/v1/embeddings", call.Path == "/api/embed":
		s.vectors(o, call)
	case call.Path != "/v1/chat/completions" && call.Path != "/api/chat":
		http.NotFound(w, r)
	case !slices.Contains(s.offered(), call.Model):
		o.script.status, o.script.body = http.StatusNotFound, errorBody("model "+call.Model+" not found")
		s.refuse(o, call)
	case call.Path == "/api/chat":
		o.chat(call, ollama{})
	default:
		o.chat(call, openAI{})
	}
	if p.hold {
		o.wait(24 * time.Hour)
	}
	early = r.Context().Err() != nil
}

func (s *Server) offered() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.models
}

// list answers GET /v1/models and GET /api/tags.
func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	p := s.script
	s.mu.Unlock()
	if p.hasRaw {
		w.Header().Set("Content-Type", contentType(p.raw))
		_, _ = w.Write(p.raw)
		return
	}
	if p.status == http.StatusUnauthorized {
		s.refuse(&out{server: s, w: w, r: r, script: p}, Request{Header: r.Header})
		return
	}
	type entry struct {
		ID   string `json:"id,omitempty"`
		Name string `json:"name,omitempty"`
	}
	var list []entry
	for _, name := range s.offered() {
		if r.URL.Path == "/api/tags" {
			list = append(list, entry{Name: name})
		} else {
			list = append(list, entry{ID: name})
		}
	}
	switch r.URL.Path {
	case "/v1/models":
		writeJSON(w, map[string]any{"object": "list", "data": list})
	case "/api/tags":
		writeJSON(w, map[string]any{"models": list})
	default:
		http.NotFound(w, r)
	}
}

// refuse answers with the status of the script, and with the caller's key where the script says so.
func (s *Server) refuse(o *out, call Request) {
	for name, values := range o.script.header {
		o.w.Header()[name] = values
	}
	body := o.script.body
	if o.script.echo {
		key := call.Header.Get("Authorization")
		o.w.Header().Set("X-Key", key)
		o.w.Header().Set("WWW-Authenticate", key)
		body = errorBody("Incorrect key: " + strings.TrimPrefix(key, "Bearer "))
	}
	o.w.Header().Set("Content-Type", contentType([]byte(body)))
	o.w.WriteHeader(o.script.status)
	o.piece([]byte(body))
}

func (s *Server) vectors(o *out, call Request) {
	s.mu.Lock()
	embed := s.embed
	s.mu.Unlock()
	type row struct {
		Object    string    `json:"object"`
		Index     int       `json:"index"`
		Embedding []float32 `json:"embedding"`
	}
	var rows []row
	var plain [][]float32
	for i, text := range call.Input {
		v := embed(text)
		rows = append(rows, row{"embedding", i, v})
		plain = append(plain, v)
	}
	var answer any = map[string]any{"object": "list", "model": call.Model, "data": rows, "usage": usage(call.Input, "")}
	if call.Path == "/api/embed" {
		answer = map[string]any{"model": call.Model, "embeddings": plain}
	}
	o.head("application/json")
	o.piece(mustJSON(answer))
}

// dialect is the wire format of a chat.
type dialect interface {
	contentType() string
	piece(model, text string) []byte
	end(model, finish string, u counts, counted bool) []byte
	whole(model, text, finish string, u counts) []byte
}

// chat sends the reply in pieces of a few letters, so that words, tags and characters are divided.
func (o *out) chat(call Request, d dialect) {
	reply := o.script.reply
	if reply == nil {
		reply = func(Request) string { return "Bonjour." }
	}
	text, finish := reply(call), o.script.finish
	if finish == "" {
		finish = "stop"
	}
	var input []string
	for _, m := range call.Messages {
		input = append(input, m.Content)
	}
	u := usage(input, text)
	if o.script.whole || !call.Stream {
		o.head("application/json")
		o.wait(o.script.first)
		o.piece(d.whole(call.Model, text, finish, u))
		return
	}
	o.head(d.contentType())
	o.wait(o.script.first)
	letters := []rune(text)
	for i := 0; i < len(letters) && !o.gone; i += 5 {
		if i > 0 {
			o.wait(o.script.pace)
		}
		o.piece(d.piece(call.Model, string(letters[i:min(i+5, len(letters))])))
	}
	o.piece(d.end(call.Model, finish, u, !o.script.noUsage))
}

// out is an answer on its way.
type out struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	script script
	left   int // bytes until the cut
	gone   bool
}

func (o *out) head(contentType string) {
	o.w.Header().Set("Content-Type", contentType)
	o.w.WriteHeader(http.StatusOK)
	o.flush()
}

func (o *out) flush() { o.gone = http.NewResponseController(o.w).Flush() != nil || o.gone }

// piece sends bytes as the script wants them.
func (o *out) piece(b []byte) {
	switch {
	case o.gone:
	case o.script.cuts && len(b) >= o.left:
		o.write(b[:o.left])
		o.reset()
	case o.script.drip > 0:
		for i := range b {
			o.wait(o.script.drip)
			if o.gone {
				return
			}
			o.write(b[i : i+1])
		}
	default:
		o.left -= len(b)
		o.write(b)
	}
}

func (o *out) write(b []byte) {
	if _, err := o.w.Write(b); err != nil {
		o.gone = true
	}
	o.flush()
}

// wait ends early when the client leaves or the server stops.
func (o *out) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-o.r.Context().Done():
		o.gone = true
	case <-o.server.done:
		o.gone = true
	}
}

// reset ends the connection as a crashed server does.
func (o *out) reset() {
	o.gone = true
	conn, _, err := http.NewResponseController(o.w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// counts are tokens as the server counts them: one a word.
type counts struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
}

func usage(input []string, text string) counts {
	u := counts{Prompt: len(strings.Fields(strings.Join(input, " "))), Completion: len(strings.Fields(text))}
	u.Total = u.Prompt + u.Completion
	return u
}

func contentType(body []byte) string {
	switch body = bytes.TrimSpace(body); {
	case bytes.HasPrefix(body, []byte("data:")), bytes.HasPrefix(body, []byte(":")):
		return "text/event-stream"
	case bytes.HasPrefix(body, []byte("<")):
		return "text/html; charset=utf-8"
	}
	return "application/json"
}

func errorBody(message string) string {
	return string(mustJSON(map[string]any{"error": map[string]string{"message": message, "type": "error"}}))
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(mustJSON(v))
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("modelserver: %v", err)) // a script of a test that cannot be sent
	}
	return b
}
