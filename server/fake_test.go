package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rapporteur/qa"
	"rapporteur/server/edge"
)

// parts are fakes of everything behind the server; a nil field gives the zero value.
type parts struct {
	answer       func(context.Context, qa.Question, func(qa.Event) error) (qa.Answer, error)
	retrieve     func(context.Context, qa.Question) (qa.Evidence, error)
	accept       func(context.Context, qa.Upload, io.Reader) (qa.Receipt, error)
	acceptURL    func(context.Context, qa.Upload, string) (qa.Receipt, error)
	remove       func(context.Context, qa.Scope, qa.DocumentID) error
	rollback     func(context.Context, qa.Scope, qa.DocumentID, qa.VersionID) (qa.Document, error)
	cancel       func(context.Context, qa.Scope, qa.DocumentID) (qa.VersionID, error)
	document     func(context.Context, qa.Scope, qa.DocumentID) (qa.Document, []qa.Version, error)
	documents    func(context.Context, qa.Scope, qa.DocumentID, int) ([]qa.Listed, error)
	authenticate func(context.Context, string) (qa.Principal, error)
	reading      *qa.Reading // a report of two pages when nil
}

func (p *parts) Answer(ctx context.Context, q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
	if p.answer == nil {
		return sampleAnswer(), nil
	}
	return p.answer(ctx, q, emit)
}

func (p *parts) Reading(context.Context, qa.Scope, qa.VersionID) (qa.Reading, error) {
	if p.reading != nil {
		return *p.reading, nil
	}
	return qa.Reading{Pages: []qa.PageReading{{Number: 1, Characters: 120, Tables: 1, Repeated: 2}, {Number: 2, Images: 1, Unread: "no_text"}}}, nil
}

func (p *parts) Retrieve(ctx context.Context, q qa.Question) (qa.Evidence, error) {
	if p.retrieve == nil {
		return qa.Evidence{}, nil
	}
	return p.retrieve(ctx, q)
}

func (p *parts) Accept(ctx context.Context, u qa.Upload, r io.Reader) (qa.Receipt, error) {
	if p.accept != nil {
		return p.accept(ctx, u, r)
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return qa.Receipt{}, err
	}
	return qa.Receipt{
		Document: qa.Document{ID: "d1", Collection: u.Collection, Source: u.Source},
		Version:  qa.Version{ID: "v1", Document: "d1", State: qa.StateQueued},
		Outcome:  qa.VerdictIngested,
	}, nil
}

func (p *parts) AcceptURL(ctx context.Context, u qa.Upload, address string) (qa.Receipt, error) {
	if p.acceptURL != nil {
		return p.acceptURL(ctx, u, address)
	}
	return p.Accept(ctx, u, strings.NewReader(address))
}

func (p *parts) Remove(ctx context.Context, s qa.Scope, id qa.DocumentID) error {
	if p.remove == nil {
		return nil
	}
	return p.remove(ctx, s, id)
}

func (p *parts) Rollback(ctx context.Context, s qa.Scope, id qa.DocumentID, v qa.VersionID) (qa.Document, error) {
	if p.rollback == nil {
		return qa.Document{}, nil
	}
	return p.rollback(ctx, s, id, v)
}

func (p *parts) Cancel(ctx context.Context, s qa.Scope, id qa.DocumentID) (qa.VersionID, error) {
	if p.cancel == nil {
		return "v1", nil
	}
	return p.cancel(ctx, s, id)
}

func (p *parts) Collections(_ context.Context, s qa.Scope) ([]qa.Collection, error) {
	var out []qa.Collection
	for _, c := range []qa.Collection{{ID: "default", Documents: 2}, {ID: "secret", Documents: 1}} {
		if s.Holds(c.ID) {
			out = append(out, c)
		}
	}
	return out, nil
}

func (p *parts) Titles(ctx context.Context, s qa.Scope, n int) (out []qa.Document, err error) {
	list, err := p.Documents(ctx, s, "", n)
	for _, l := range list {
		out = append(out, l.Document)
	}
	return out, err
}

func (p *parts) Documents(ctx context.Context, s qa.Scope, after qa.DocumentID, n int) ([]qa.Listed, error) {
	if p.documents != nil {
		return p.documents(ctx, s, after, n)
	}
	return nil, nil
}

// Document knows d1 in the collection default and s1 in the collection secret.
func (p *parts) Document(ctx context.Context, s qa.Scope, id qa.DocumentID) (qa.Document, []qa.Version, error) {
	if p.document != nil {
		return p.document(ctx, s, id)
	}
	d := qa.Document{ID: id, Collection: "default", Title: "Rapport", Source: "rapport d’activité.pdf", Live: "v1"}
	if id == "s1" {
		d.Collection = "secret"
	}
	if (id != "d1" && id != "s1") || !s.Holds(d.Collection) {
		return qa.Document{}, nil, qa.E(qa.NotFound, "document_unknown")
	}
	return d, []qa.Version{{ID: "v1", Document: id, Hash: "abc", State: qa.StateLive, MediaType: "text/html",
		Verdict: qa.VerdictIngested, Embedded: 1, Pages: 3, Size: 12, CreatedAt: time.Unix(1700000000, 0)}}, nil
}

func (p *parts) Text(ctx context.Context, s qa.Scope, id qa.DocumentID, v qa.VersionID) (qa.Text, qa.Version, error) {
	_, versions, err := p.Document(ctx, s, id)
	if err != nil {
		return qa.Text{}, qa.Version{}, err
	}
	if v != "" && v != "v1" {
		return qa.Text{}, qa.Version{}, qa.E(qa.NotFound, "version_unknown")
	}
	return qa.Text{Content: "La Dinum regroupe\nenviron 200 agents. Déjà.", Title: "Rapport"}, versions[0], nil
}

type memoryFile struct{ *bytes.Reader }

func (memoryFile) Close() error { return nil }

func (p *parts) Open(context.Context, string) (io.ReadSeekCloser, error) {
	return memoryFile{bytes.NewReader([]byte("<script>1</script>"))}, nil
}

// Authenticate knows one key of each sort.
func (p *parts) Authenticate(ctx context.Context, token string) (qa.Principal, error) {
	if p.authenticate != nil {
		return p.authenticate(ctx, token)
	}
	all := qa.Scope{Everything: true}
	mine := qa.Scope{Collections: []qa.CollectionID{"default"}}
	switch token {
	case "reader":
		return qa.Principal{ID: "reader", Read: all}, nil
	case "writer":
		return qa.Principal{ID: "writer", Read: mine, Write: mine}, nil
	case "other":
		other := qa.Scope{Collections: []qa.CollectionID{"other"}}
		return qa.Principal{ID: "other", Read: other, Write: other}, nil
	case "admin":
		return qa.Principal{ID: "admin", Read: all, Write: all, Admin: true}, nil
	}
	return qa.Principal{}, qa.E(qa.Unauthenticated, "bad_key")
}

// newServer is a server on these parts, listening (in name) on 127.0.0.1:8080.
func newServer(p *parts) *Server {
	if p == nil {
		p = &parts{}
	}
	return &Server{
		Asker: p, Searcher: p, Ingester: p, Versions: p, Library: p, Originals: p, Guard: p,
		Options: Options{Listen: "127.0.0.1:8080", NewID: func() string { return "request-1" }},
	}
}

func handlerOf(t testing.TB, s *Server) http.Handler {
	t.Helper()
	h, err := s.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// request is a request of a program on this machine.
func request(method, target, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "127.0.0.1:8080"
	r.RemoteAddr = "127.0.0.1:40000"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// problemOf reads the problem of a response, and fails when the response is not one.
func problemOf(t testing.TB, w *httptest.ResponseRecorder) edge.Problem {
	t.Helper()
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("Content-Type %q, status %d, body %s", got, w.Code, w.Body)
	}
	var p edge.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if p.Status != w.Code || p.Detail == "" || p.RequestID == "" || p.Type == "" || p.Title == "" {
		t.Fatalf("incomplete problem %+v with status %d", p, w.Code)
	}
	return p
}

func wantProblem(t testing.TB, w *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	if p := problemOf(t, w); w.Code != status || p.Code != code {
		t.Fatalf("got %d %s, want %d %s", w.Code, p.Code, status, code)
	}
}

// logger collects the lines of the log.
func logger(b *bytes.Buffer) *slog.Logger { return slog.New(slog.NewJSONHandler(b, nil)) }

func sampleCitation() qa.Citation {
	return qa.Citation{
		Number: 1, Document: "d1", Version: "v1", Title: "Rapport", Source: "rapport.pdf", Page: 12, PageLabel: "10",
		Section: []string{"Chapitre 2", "Moyens"}, Span: qa.Span{Start: 0, End: 40},
		Quote: "La Dinum regroupe\nenviron 200 agents <b>.",
	}
}

func sampleAnswer() qa.Answer {
	return qa.Answer{
		ID: "answer-1", Answered: true, Text: "La Dinum regroupe environ 200 agents [1].", Mode: qa.ModeExtractive,
		Confidence: 0.91, Language: "fr",
		Sentences: []qa.Sentence{{Text: "La Dinum regroupe environ 200 agents [1].", Citations: []int{1}, Verdict: qa.SentenceSupported}},
		Citations: []qa.Citation{sampleCitation()},
		Asked:     "Combien d’agents ?", Standalone: "Combien d’agents à la Dinum ?", Documents: 2, Passages: 8,
		Timings: qa.Timings{Embed: 3 * time.Millisecond, Search: 2 * time.Millisecond, Answer: 4 * time.Millisecond, Total: 9 * time.Millisecond},
	}
}

// stuck is far more than any refusal takes, also on a busy machine: past it something went round in circles.
const stuck = 10 * time.Second
