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
}

type serveCommand struct{ listening }

// Run serves the library until it is told to stop.
func (c *serveCommand) Run(ctx context.Context, s *settings, term terminal) error {
	svc, err := open(ctx, s, serverLogger(s, term))
	if err != nil {
		return err
	}
	defer svc.Close()
	keys, err := svc.activeKeys(ctx)
	if err != nil {
		return err
	}
	if err := server.CheckListen(c.Listen, keys); err != nil {
		return err
	}
	return svc.serve(ctx, c.options(s), func(url string) { term.say("serving", url) })
}

func (c *listening) options(s *settings) server.Options {
	return server.Options{
		Listen: c.Listen, PublicHosts: c.PublicHosts, KeyOnLoopback: !c.OpenLoopback, LogQuestions: s.LogQuestions,
		MaxQuestion: s.MaxQuestion, MaxUpload: s.MaxUpload << 20, MaxQuestions: c.Concurrency, AskTimeout: s.AskTimeout,
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

// serve runs page, API, index and workers until ctx ends, then lets running requests end.
func (s *service) serve(ctx context.Context, o server.Options, ready func(url string)) error {
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return qa.E(qa.Unavailable, "address_in_use", o.Listen).Because(err)
	}
	o.Listen = listener.Addr().String() // a port of 0 was chosen by the system
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
	stopWork := s.work(ctx)
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
