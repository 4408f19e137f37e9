package postgres

import (
	"net/url"
	"testing"

	"rapporteur/internal/chaos"
)

// Behind gives the DSN of a database as it is reached through a network that a test can disturb.
func Behind(t testing.TB, dsn string) (*chaos.Proxy, string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	network, err := chaos.Start(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(network.Close)
	u.Host = network.Addr()
	return network, u.String()
}
