// Package server is the HTTP side of Rapporteur: the typed JSON API with its OpenAPI document, the
// event stream of an answer, uploads and downloads, and the chat page. It decodes and limits a
// request, says who sent it, narrows what they may read, calls one of the interfaces below, and
// turns the outcome or the error into HTTP. It holds no knowledge of how answers are made.
package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"rapporteur/qa"
	"rapporteur/server/edge"
	"rapporteur/server/feedback"
	"rapporteur/server/live"
)

// Asker answers questions. emit receives the steps and the checked sentences as they come, one
// call at a time; an error of emit ends the answer. emit may be nil.
type Asker interface {
	Answer(ctx context.Context, q qa.Question, emit func(qa.Event) error) (qa.Answer, error)
}

// Searcher finds passages.
type Searcher interface {
	Retrieve(ctx context.Context, q qa.Question) (qa.Evidence, error)
}

// Ingester takes documents in and out. Accept returns once the bytes are durably stored; a reader
// that gives an error other than io.EOF must leave nothing behind. AcceptURL fetches them first, and
// ends within a minute or so whatever the server there does.
type Ingester interface {
	Accept(ctx context.Context, u qa.Upload, file io.Reader) (qa.Receipt, error)
	AcceptURL(ctx context.Context, u qa.Upload, address string) (qa.Receipt, error)
	Remove(ctx context.Context, scope qa.Scope, id qa.DocumentID) error
}

// Library reads documents inside a scope; what is outside is NotFound like what does not exist.
// Documents lists by growing identifier after the given one. Document gives versions newest first.
// Text takes "" for the live version. Titles gives the n newest documents that have one, with their titles.
type Library interface {
	Collections(ctx context.Context, scope qa.Scope) ([]qa.Collection, error)
	Documents(ctx context.Context, scope qa.Scope, after qa.DocumentID, n int) ([]qa.Listed, error)
	Titles(ctx context.Context, scope qa.Scope, n int) ([]qa.Document, error)
	Document(ctx context.Context, scope qa.Scope, id qa.DocumentID) (qa.Document, []qa.Version, error)
	Text(ctx context.Context, scope qa.Scope, id qa.DocumentID, version qa.VersionID) (qa.Text, qa.Version, error)
	Reading(ctx context.Context, scope qa.Scope, version qa.VersionID) (qa.Reading, error)
}

// Originals opens the bytes of an upload by their hash.
type Originals interface {
	Open(ctx context.Context, hash string) (io.ReadSeekCloser, error)
}

// Guard tells the owner of a key; Unauthenticated when the key is unknown, expired or revoked.
type Guard interface {
	Authenticate(ctx context.Context, token string) (qa.Principal, error)
}

// Server serves HTTP with the parts that wiring gave it. All parts but Guard, Pictures, Conversations and Feedback are needed;
// without Guard there are no keys and only this machine is served, without Conversations none are kept, without Feedback
// nobody is asked what they think of an answer.
type Server struct {
	Asker     Asker
	Searcher  Searcher
	Ingester  Ingester
	Versions  Versions
	Library   Library
	Originals Originals
	Pictures  Pictures // nil: pages are shown as text alone
	Guard     Guard
	Log       *slog.Logger // nil: nothing is logged

	Conversations Conversations
	Titler        Titler // nil: conversations are called by the start of their first question
	Feedback      feedback.Journal
	Options

	metrics   *metrics
	questions *edge.Gate
	uploads   *edge.Gate
	opinions  *edge.Gate
	live      *live.Streams
	desk      *feedback.Desk // nil without Feedback
}

// Options are the settings of a Server. The zero value of each field means its default.
type Options struct {
	Listen        string       // host:port it listens on, its own Host
	PublicHosts   []string     // further names it answers to, "name" (any port) or "name:port", as behind a proxy
	KeyOnLoopback bool         // ask for a key from this machine too; by default the local user needs none
	HealthOnly    bool         // serve /healthz, /readyz and /metrics alone, for a process that answers nobody
	LogQuestions  bool         // write questions into the log; by default their text is never logged
	Ready         func() error // nil error when questions can be answered; a nil Ready is always ready
	Suggestions   []string     // questions that the page proposes before the first one
	Name          string       // of the service on its pages; "" is Rapporteur
	Theme         []byte       // its own style sheet, after that of the pages; nil for none
	Legal         string       // its legal notice, as plain text with empty lines between paragraphs and # before headings

	MaxQuestion  int   // characters of a question; 4,000
	MaxHistory   int   // messages of a history, 100 kB in all; 50
	MaxBody      int64 // bytes of a JSON body; 1 MiB
	MaxUpload    int64 // bytes of an uploaded file; 50 MiB
	MaxQuestions int   // questions and searches answered at once; 32
	MaxPerKey    int   // of these for one key, or for the local user; 4
	MaxUploads   int   // uploads received or fetched at once; 8

	Wait         time.Duration // for a free place among MaxQuestions or MaxUploads, then 429 or 503; 2 s
	AskTimeout   time.Duration // for one answer or search; 30 s
	ReadTimeout  time.Duration // for a JSON body, or for the next bytes of an upload; 10 s
	WriteTimeout time.Duration // for a client to take 64 kB of a response; 10 s

	NewID func() string // request identifiers; random by default

	Model func() qa.ModelState // how the model that writes answers is; nil without one
}

// maxHistoryBytes bounds the text of a history.
const maxHistoryBytes = 100_000

// maxHeaderBytes bounds the headers and the address of a request; net/http adds 4 kB of slack and answers 431.
const maxHeaderBytes = 64 << 10

func (o *Options) setDefaults() {
	o.MaxQuestion = cmp.Or(o.MaxQuestion, 4000)
	o.MaxHistory = cmp.Or(o.MaxHistory, 50)
	o.MaxBody = cmp.Or(o.MaxBody, 1<<20)
	o.MaxUpload = cmp.Or(o.MaxUpload, 50<<20)
	o.MaxQuestions = cmp.Or(o.MaxQuestions, 32)
	o.MaxPerKey = cmp.Or(o.MaxPerKey, 4)
	o.MaxUploads = cmp.Or(o.MaxUploads, 8)
	o.Wait = cmp.Or(o.Wait, 2*time.Second)
	o.AskTimeout = cmp.Or(o.AskTimeout, 30*time.Second)
	o.ReadTimeout = cmp.Or(o.ReadTimeout, 10*time.Second)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, 10*time.Second)
	if o.NewID == nil {
		o.NewID = rand.Text
	}
}

// Handler builds the routes; call it once, before serving. The error is a defect of the build.
func (s *Server) Handler() (http.Handler, error) {
	engine, err := s.router()
	if err != nil {
		return nil, err
	}
	return edge.Timed(engine, s.WriteTimeout), nil
}

func (s *Server) router() (*gin.Engine, error) {
	s.setDefaults()
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	var err error
	if s.metrics, err = newMetrics(s.Library, s.Model); err != nil {
		return nil, err
	}
	s.questions = edge.NewGate(s.MaxQuestions, s.MaxPerKey, s.Wait)
	s.live = live.New(leaveAfter, keepFor, rand.Text)
	s.uploads = edge.NewGate(s.MaxUploads, s.MaxUploads, s.Wait)
	s.opinions = edge.NewGate(s.MaxUploads, s.MaxPerKey, s.Wait)
	s.desk = feedback.New(s.Feedback, s.Conversations, time.Now, rand.Text)

	engine := newEngine()
	engine.Use(s.observe, s.ownRequests)
	engine.NoRoute(func(c *gin.Context) { s.fail(c, qa.E(qa.NotFound, "route_unknown")) })
	engine.NoMethod(func(c *gin.Context) { s.fail(c, qa.E(qa.Invalid, "method_not_allowed")) })
	s.mountHealth(engine)
	if s.HealthOnly {
		return engine, nil
	}
	if err := s.mountPages(engine); err != nil {
		return nil, err
	}
	return engine, s.mountAPI(engine)
}

// newEngine is a gin router that answers exactly the routes it is given: it guesses no other
// spelling of an address and believes no forwarded address.
func newEngine() *gin.Engine {
	gin.SetMode(gin.ReleaseMode) // debug mode prints every route on the standard output
	engine := gin.New()
	engine.RedirectTrailingSlash = false
	engine.RedirectFixedPath = false
	engine.HandleMethodNotAllowed = true
	engine.ForwardedByClientIP = false
	return engine
}

// HTTPServer wraps Handler in an http.Server whose limits stand against slow and oversized
// requests. The body and the response have limits of their own, so that a large upload and a long
// answer can pass.
func (s *Server) HTTPServer(addr string) (*http.Server, error) {
	if s.Listen == "" {
		s.Listen = addr
	}
	h, err := s.Handler()
	if err != nil {
		return nil, err
	}
	return &http.Server{
		Addr: addr, Handler: h,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}, nil
}
