package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"rapporteur/qa"
	"rapporteur/server"
)

// listening are the settings of what listens: serve and demo.
type listening struct {
	Listen       string   `group:"settings" default:"127.0.0.1:8080" env:"RAPPORTEUR_LISTEN" help:"${help_listen}"`
	PublicHosts  []string `group:"settings" env:"RAPPORTEUR_PUBLIC_HOSTS" help:"${help_public_hosts}"`
	OpenLoopback bool     `group:"settings" default:"true" negatable:"" env:"RAPPORTEUR_OPEN_LOOPBACK" help:"${help_open_loopback}"`
	Concurrency  int      `group:"settings" default:"32" env:"RAPPORTEUR_CONCURRENCY" help:"${help_concurrency}"`
	ServiceName  string   `group:"settings" env:"RAPPORTEUR_SERVICE_NAME" help:"${help_service_name}"`
	ThemeFile    []byte   `group:"settings" env:"RAPPORTEUR_THEME_FILE" placeholder:"FILE" type:"filecontent" help:"${help_theme_file}"`
	LegalFile    []byte   `group:"settings" env:"RAPPORTEUR_LEGAL_FILE" placeholder:"FILE" type:"filecontent" help:"${help_legal_file}"`
}

type serveCommand struct {
	listening
	Key         string `group:"settings" env:"RAPPORTEUR_KEY" help:"${help_first_key}"`
	Role        string `group:"settings" enum:"all,web,worker" default:"all" env:"RAPPORTEUR_ROLE" help:"${help_role}"`
	VectorIndex string `group:"settings" enum:"auto,memory,database" default:"auto" env:"RAPPORTEUR_VECTOR_INDEX" help:"${help_vector_index}"`
}

// The values of the setting role. Several processes share a library only on PostgreSQL, but a second one
// may answer from an SQLite file too.
const (
	roleAll    = "all"
	roleWeb    = "web"    // answers, and leaves documents to the workers
	roleWorker = "worker" // reads documents, and answers nobody
)

// Run serves the library until it is told to stop.
func (c *serveCommand) Run(ctx context.Context, s *settings, term terminal) error {
	own := *s
	own.vectorIndex = c.VectorIndex
	if c.Role == roleWorker { // answers nobody
		own.vectorIndex = indexDatabase
	}
	svc, err := open(ctx, &own, serverLogger(s, term))
	if err != nil {
		return err
	}
	defer svc.Close()
	if c.Key != "" {
		if _, err := svc.guard.Admit(ctx, "RAPPORTEUR_KEY", c.Key); err != nil {
			return err
		}
	}
	keys, err := svc.activeKeys(ctx)
	if err != nil {
		return err
	}
	if err := server.CheckListen(c.Listen, keys); err != nil {
		return err
	}
	svc.role = c.Role
	said := "serving"
	if c.Role == roleWorker {
		said = "working"
	}
	return svc.serve(ctx, c.options(s), func(url string) { term.say(said, url) })
}

func (c *listening) options(s *settings) server.Options {
	return server.Options{
		Listen: c.Listen, PublicHosts: c.PublicHosts, KeyOnLoopback: !c.OpenLoopback, LogQuestions: s.LogQuestions,
		MaxQuestion: s.MaxQuestion, MaxUpload: s.MaxUpload << 20, MaxQuestions: c.Concurrency, AskTimeout: s.AskTimeout,
		Name: c.ServiceName, Legal: string(c.LegalFile), Theme: c.ThemeFile,
	}
}

func (s *service) activeKeys(ctx context.Context) (int, error) {
	keys, err := s.guard.List(ctx)
	n := 0
	for _, k := range keys {
		if k.RevokedAt.IsZero() {
			n++
		}
	}
	return n, err
}

// drain is how long running requests may go on after the service was told to stop.
const drain = 10 * time.Second

// readyTimeout is how long the library may take to say that it is there.
const readyTimeout = 3 * time.Second

// ready asks the library whether it answers.
func (s *service) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	_, err := s.store.Encoder(ctx)
	return err
}

// serve runs what the role of this process asks for until ctx ends, then lets running requests end.
func (s *service) serve(ctx context.Context, o server.Options, ready func(url string)) error {
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return qa.E(qa.Unavailable, "address_in_use", o.Listen).Because(err)
	}
	o.Listen = listener.Addr().String() // a port of 0 was chosen by the system
	o.Ready, o.HealthOnly = s.ready, s.role == roleWorker
	if s.writer != nil {
		o.Model, o.AskTimeout = s.writer.State, o.AskTimeout+s.writerTimeout
	}
	if s.role == roleWorker {
		s.follows = nil // who answers nobody needs no index
	}
	if err := s.sync(ctx); err != nil {
		listener.Close()
		return err
	}
	srv, err := s.server(o).HTTPServer(o.Listen)
	if err != nil {
		listener.Close()
		return err
	}
	following, stopFollowing := context.WithCancel(ctx)
	followed := s.follow(following)
	stopWork := func() {}
	if s.role != roleWeb {
		stopWork = s.work(ctx)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(listener) }()
	ready("http://" + o.Listen)
	select {
	case <-ctx.Done():
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
		defer cancel()
		err = srv.Shutdown(stopping)
		<-served
	case err = <-served:
	}
	stopWork()
	stopFollowing()
	<-followed
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
