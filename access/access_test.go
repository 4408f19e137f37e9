package access_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapporteur/access"
	"rapporteur/qa"
	"rapporteur/store/sqlite"
)

func guard(t *testing.T) *access.Guard {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "library.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return &access.Guard{Keys: s}
}

func TestKeyIsWorthWhatItWasGiven(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		write       bool
		collections []qa.CollectionID
		reads       map[qa.CollectionID]bool
	}{
		{"reader of all", false, nil, map[qa.CollectionID]bool{"a": true, "b": true}},
		{"writer of all", true, nil, map[qa.CollectionID]bool{"a": true, "b": true}},
		{"reader of a", false, []qa.CollectionID{"a"}, map[qa.CollectionID]bool{"a": true, "b": false}},
		{"writer of a", true, []qa.CollectionID{"a"}, map[qa.CollectionID]bool{"a": true, "b": false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := guard(t)
			secret, key, err := g.Create(t.Context(), c.name, c.write, c.collections)
			if err != nil {
				t.Fatal(err)
			}
			p, err := g.Authenticate(t.Context(), secret)
			if err != nil {
				t.Fatal(err)
			}
			for collection, want := range c.reads {
				if got := p.Read.Holds(collection); got != want {
					t.Errorf("reads %s: %v, want %v", collection, got, want)
				}
				if got := p.Write.Holds(collection); got != (want && c.write) {
					t.Errorf("writes %s: %v, want %v", collection, got, want && c.write)
				}
			}
			if p.Admin {
				t.Error("a key made an administrator")
			}
			if !strings.HasPrefix(secret, key.Prefix) || len(key.Prefix) > 8 {
				t.Errorf("prefix %q of a secret of %d characters", key.Prefix, len(secret))
			}
			if n := len(secret) - len("rap_"); n*5 < 160 {
				t.Errorf("secret has %d bits, want 160", n*5)
			}
		})
	}
}

func TestAdmittedKey(t *testing.T) {
	t.Parallel()
	g := guard(t)
	secret := "rap_0123456789abcdef0123456789abcdef"
	for i, want := range []bool{true, false} {
		created, err := g.Admit(t.Context(), "environment", secret)
		if err != nil || created != want {
			t.Fatalf("time %d: created %v, %v", i+1, created, err)
		}
	}
	p, err := g.Authenticate(t.Context(), secret)
	if err != nil || !p.Write.Everything || p.Admin {
		t.Errorf("%+v, %v", p, err)
	}
	keys, err := g.List(t.Context())
	if err != nil || len(keys) != 1 || strings.Contains(keys[0].Prefix, "0") {
		t.Fatalf("%+v, %v: want one key that tells nothing of its secret", keys, err)
	}
	if err := g.Revoke(t.Context(), keys[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Admit(t.Context(), "environment", secret); qa.CodeOf(err) != "key_revoked" {
		t.Errorf("a revoked key is admitted again: %v", err)
	}
	for _, weak := range []string{"rap_", "rap_short", strings.Repeat("x", 40), "rap_" + strings.Repeat("x", 400)} {
		if _, err := g.Admit(t.Context(), "environment", weak); qa.CodeOf(err) != "key_weak" {
			t.Errorf("%.10q: %v", weak, err)
		}
	}
}

func TestRefusedTokens(t *testing.T) {
	t.Parallel()
	g := guard(t)
	secret, key, err := g.Create(t.Context(), "script", true, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"", "rap_", key.Prefix, secret[:len(secret)-1], secret + "a", strings.ToUpper(secret), secret + strings.Repeat("a", 1<<20), "x" + secret} {
		_, err := g.Authenticate(t.Context(), token)
		if qa.KindOf(err) != qa.Unauthenticated || qa.CodeOf(err) != "bad_key" {
			t.Errorf("token of %d bytes: %v, want bad_key", len(token), err)
		}
	}
	if err := g.Revoke(t.Context(), key.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Authenticate(t.Context(), secret); qa.KindOf(err) != qa.Unauthenticated || qa.CodeOf(err) != "key_revoked" {
		t.Errorf("revoked key: %v, want key_revoked", err)
	}
	if err := g.Revoke(t.Context(), "none"); qa.CodeOf(err) != "key_unknown" {
		t.Errorf("revoking no key: %v, want key_unknown", err)
	}
	keys, err := g.List(t.Context())
	if err != nil || len(keys) != 1 || keys[0].RevokedAt.IsZero() {
		t.Errorf("list: %v, %v; want the one revoked key", keys, err)
	}
	if _, _, err := g.Create(t.Context(), "  ", false, nil); qa.CodeOf(err) != "bad_key_name" {
		t.Errorf("no name: %v, want bad_key_name", err)
	}
}

// broken is a key store that cannot be asked.
type broken struct{ keys }

type keys = access.Keys

func (broken) KeyByHash(context.Context, []byte) (qa.Key, error) {
	return qa.Key{}, qa.E(qa.Unavailable, "store_down").Because(errors.New("no disk"))
}

func TestNobodyEntersWhenTheStoreIsDown(t *testing.T) {
	t.Parallel()
	g := &access.Guard{Keys: broken{}, Now: time.Now}
	if p, err := g.Authenticate(t.Context(), "rap_"+strings.Repeat("a", 32)); qa.KindOf(err) != qa.Unavailable || p.Read.Everything {
		t.Errorf("got %+v, %v; want store_down and nobody", p, err)
	}
}
