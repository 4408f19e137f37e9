package postgres_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rapporteur/internal/chaos"
	testdb "rapporteur/internal/testkit/postgres"
	"rapporteur/qa"
	"rapporteur/store/postgres"
)

// throughProxy opens a store that reaches its database through a network that a test can disturb.
func throughProxy(t *testing.T, dsn string, o postgres.Options) (*postgres.Store, *chaos.Proxy) {
	t.Helper()
	network, dsn := testdb.Behind(t, dsn)
	s, err := postgres.Open(t.Context(), dsn, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, network
}

func add(ctx context.Context, s *postgres.Store, source string) error {
	hash := strings.Repeat("0", 64-len(source)) + source
	_, err := s.CreateVersion(ctx, qa.Upload{Collection: "c", Source: source},
		qa.Version{ID: qa.VersionID("v" + source), Document: qa.DocumentID("d" + source), Hash: hash, Size: 1, CreatedAt: time.Now()},
		func() error { return nil })
	return err
}

// TestNobodyWaitsForADatabaseThatIsGone: reads and uploads end with store_down in their time, and work again soon.
func TestNobodyWaitsForADatabaseThatIsGone(t *testing.T) {
	t.Parallel()
	const most = 2 * time.Second // the half second of the options, and what a busy machine adds
	s, network := throughProxy(t, testdb.Database(t), postgres.Options{MaxConns: 3, ReadTimeout: 400 * time.Millisecond, AskedTimeout: 500 * time.Millisecond})
	pass := func() {
		if err := network.Pass(); err != nil {
			t.Error(err)
		}
	}
	var taken []*pgxpool.Conn
	for _, fault := range []struct {
		name       string
		start, end func()
	}{
		{"black hole", network.Hold, pass},
		{"black hole and cut", network.Hold, func() { network.Cut(); pass() }},
		{"refused", network.Refuse, pass},
		{"no connection is free", func() {
			for range 3 {
				c, err := s.Pool().Acquire(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				taken = append(taken, c)
			}
		}, func() {
			for _, c := range taken {
				c.Release()
			}
		}},
	} {
		fault.start()
		for what, do := range map[string]func() error{
			"read":   func() error { _, err := s.Collections(t.Context(), qa.Scope{Everything: true}); return err },
			"upload": func() error { return add(t.Context(), s, "lost") },
		} {
			began := time.Now()
			if err := do(); qa.CodeOf(err) != "store_down" || qa.KindOf(err) != qa.Unavailable || time.Since(began) > most {
				t.Errorf("%s: %s after %v: %v, want store_down", fault.name, what, time.Since(began), err)
			}
		}
		fault.end()
		ended := time.Now()
		for add(t.Context(), s, "kept") != nil {
			if time.Since(ended) > 10*time.Second {
				t.Fatalf("%s: nothing works 10 s after its end", fault.name)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	all, err := s.Documents(t.Context(), qa.Scope{Everything: true}, "", 10)
	if err != nil || len(all) != 1 || all[0].Document.Source != "kept" {
		t.Errorf("%v, %v: what was refused must not be there, what was taken must", all, err)
	}
}

// TestListensAgain: who follows the feed hears of changes again after the connection that listens was lost.
func TestListensAgain(t *testing.T) {
	t.Parallel()
	dsn := testdb.Database(t)
	s, network := throughProxy(t, dsn, postgres.Options{})
	other := open(t, dsn)
	heard := s.Subscribe()
	hears := func(what string) {
		t.Helper()
		select {
		case <-heard:
		case <-time.After(15 * time.Second):
			t.Fatalf("nothing is heard %s", what)
		}
	}
	hears("once it listens")
	network.Cut()
	hears("once it listens again")
	if err := add(t.Context(), other, "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := other.DeleteDocument(t.Context(), qa.Scope{Everything: true}, "da"); err != nil {
		t.Fatal(err)
	}
	hears("of a removal by another process")
}
