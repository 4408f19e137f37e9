package main

import (
	"context"
	"net"
	"net/http"
	"time"

	"rapporteur/qa"
)

// healthCommand asks the service of this machine how it is: containers without a shell watch it so.
type healthCommand struct {
	Listen string `group:"settings" default:"127.0.0.1:8080" env:"RAPPORTEUR_LISTEN" help:"${help_listen}"`
}

// healthTimeout is more than readyTimeout, after which the service says itself that it is not ready.
const healthTimeout = 5 * time.Second

// Run ends well when the service says that it is ready.
func (c *healthCommand) Run(ctx context.Context) error {
	_, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return qa.E(qa.Invalid, "address_in_use", c.Listen).Because(err)
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort("127.0.0.1", port)+"/readyz", nil)
	if err != nil {
		return err
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		return qa.E(qa.Unavailable, "not_ready").Because(err)
	}
	defer w.Body.Close()
	if w.StatusCode != http.StatusOK {
		return qa.E(qa.Unavailable, "not_ready")
	}
	return nil
}
