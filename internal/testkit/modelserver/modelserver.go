// Package modelserver is a language model of which tests write what it says and how it fails: a real HTTP server on
// 127.0.0.1 that speaks the chat and embeddings protocols of OpenAI and of Ollama.
package modelserver

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// Name is the model that a new server offers.
const Name = "scripted-model"

// Message is one message of a chat request.
type Message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// Request is one call that the server got.
type Request struct {
	Path     string
	Header   http.Header
	Body     []byte
	At       time.Time
	Model    string
	Stream   bool
	Messages []Message // of a chat
	Input    []string  // texts to embed
}

// System gives the first message of the system, "" without one.
func (r Request) System() string {
	for _, m := range r.Messages {
		if m.Role == "system" {
			return m.Content
		}
	}
	return ""
}

// User gives the last message of the user, "" without one.
func (r Request) User() string {
	for _, m := range slices.Backward(r.Messages) {
		if m.Role == "user" {
			return m.Content
		}
	}
	return ""
}

// Server is a scripted model. Its methods may be called while it answers; they hold for the calls that come after.
type Server struct {
	URL string // of the server's root; OpenAI's protocol is under URL + "/v1"

	server *httptest.Server
	done   chan struct{}

	mu     sync.Mutex
	script script
	once   []script // for the next calls, one each
	calls  []Request
	models []string
	embed  func(text string) []float32
	open   int
	left   int
}

// New starts a server that answers each chat with « Bonjour. » and is stopped when the test ends.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{done: make(chan struct{}), models: []string{Name}, embed: letters}
	s.script.reply = func(Request) string { return "Bonjour." }
	s.server = httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = s.server.URL
	t.Cleanup(s.Stop)
	return s
}

// Stop ends the server: its address refuses connections from then on.
func (s *Server) Stop() {
	s.mu.Lock()
	select {
	case <-s.done:
	default:
		close(s.done)
	}
	s.mu.Unlock()
	s.server.CloseClientConnections()
	s.server.Close()
}

// Reply makes the server answer each chat, well and streamed, with what f says.
func (s *Server) Reply(f func(Request) string) { s.change(func(p *script) { *p = script{reply: f} }) }

// Raw makes the server send body as it is, with status 200, for chats and embeddings. Bodies that begin with "data:"
// or ":" are sent as event streams, with "<" as HTML, others as JSON.
func (s *Server) Raw(body []byte) { s.change(func(p *script) { *p = script{raw: body, hasRaw: true} }) }

// HTML makes the server answer as a web server that is no model.
func (s *Server) HTML() { s.Raw([]byte("<!DOCTYPE html><html><body><h1>It works!</h1></body></html>")) }

// FirstToken delays the first piece of each answer; the head of the answer comes at once.
func (s *Server) FirstToken(d time.Duration) { s.change(func(p *script) { p.first = d }) }

// Pace delays each piece of an answer after the first.
func (s *Server) Pace(d time.Duration) { s.change(func(p *script) { p.pace = d }) }

// Drip makes the server send one byte at a time, each after d.
func (s *Server) Drip(d time.Duration) { s.change(func(p *script) { p.drip = d }) }

// Cut makes the server reset the connection after n bytes of its answer.
func (s *Server) Cut(n int) { s.change(func(p *script) { p.cut, p.cuts = n, true }) }

// Hold makes the server keep the connection open after its answer, without another byte.
func (s *Server) Hold() { s.change(func(p *script) { p.hold = true }) }

// Silent makes the server take each call and never answer.
func (s *Server) Silent() { s.change(func(p *script) { p.silent = true }) }

// EchoKey makes the server refuse each call with status, repeating the key that it was sent in body and headers.
func (s *Server) EchoKey(status int) { s.change(func(p *script) { p.status, p.echo = status, true }) }

// Unstreamed makes the server answer with one JSON object although a stream was asked for.
func (s *Server) Unstreamed() { s.change(func(p *script) { p.whole = true }) }

// NoUsage keeps the count of tokens from the answers.
func (s *Server) NoUsage() { s.change(func(p *script) { p.noUsage = true }) }

// Finish sets the reason that ends the answers, "stop" unless set.
func (s *Server) Finish(reason string) { s.change(func(p *script) { p.finish = reason }) }

// Refuse makes the server answer every call with a status and a body of its protocol that says message.
func (s *Server) Refuse(status int, message string) {
	s.change(func(p *script) { p.status, p.body = status, errorBody(message) })
}

// Status makes the next n calls fail with a status, headers and body; those after them are answered as scripted.
func (s *Server) Status(n, status int, header http.Header, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		s.once = append(s.once, script{status: status, header: header, body: body})
	}
}

// Reset makes the next n calls end with a reset connection before anything is answered.
func (s *Server) Reset(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		s.once = append(s.once, script{cuts: true})
	}
}

// Models sets the models that the server offers; others are unknown to it.
func (s *Server) Models(names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.models = names
}

// Embed sets how texts become vectors; unless set, by their letters.
func (s *Server) Embed(f func(text string) []float32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.embed = f
}

// Calls gives the calls for chats and embeddings in order.
func (s *Server) Calls() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Open counts the calls that are being answered.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// Left counts the calls that the client left before their end.
func (s *Server) Left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left
}

func (s *Server) change(f func(p *script)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.script)
}

// enter records a call and gives the script for it.
func (s *Server) enter(r *http.Request) (Request, script) {
	body, _ := io.ReadAll(r.Body) // a client that leaves while it asks is served nothing
	var asked struct {
		Model    string
		Stream   bool
		Messages []Message
		Input    json.RawMessage
	}
	_ = json.Unmarshal(body, &asked) // what the server of a test cannot read, the test sees in Body
	call := Request{Path: r.URL.Path, Header: r.Header.Clone(), Body: body, At: time.Now(),
		Model: asked.Model, Stream: asked.Stream, Messages: asked.Messages, Input: texts(asked.Input)}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
	s.open++
	if len(s.once) > 0 {
		p := s.once[0]
		s.once = s.once[1:]
		return call, p
	}
	return call, s.script
}

func (s *Server) leave(early bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if early {
		s.left++
	}
}

// texts reads one text or a list of them.
func texts(raw json.RawMessage) []string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}
	}
	var many []string
	_ = json.Unmarshal(raw, &many)
	return many
}

// letters is a vector that is near for texts of the same letters.
func letters(text string) []float32 {
	v := make([]float32, 32)
	v[0] = 1
	for _, r := range text {
		v[r%32]++
	}
	return v
}
