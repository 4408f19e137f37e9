// Package access knows who asks: it makes API keys, ends them, and turns a key into a Principal.
package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"rapporteur/qa"
)

const (
	secretBits = 160
	mark       = "rap_" // lets people and secret scanners recognise a key
	prefixSize = len(mark) + 4
	maxToken   = 200 // bytes; longer ones are refused unread
	maxName    = 100 // bytes
	minGiven   = 24  // characters of a key that was made elsewhere: 96 bits even in hexadecimal
)

// Keys keeps API keys by the hash of their secret; the stores implement it.
type Keys interface {
	AddKey(ctx context.Context, k qa.Key, hash []byte) error
	Keys(ctx context.Context) ([]qa.Key, error)
	// KeyByHash finds a key, also a revoked one; NotFound key_unknown.
	KeyByHash(ctx context.Context, hash []byte) (qa.Key, error)
	// RevokeKey ends a key at a time; NotFound key_unknown.
	RevokeKey(ctx context.Context, id string, at time.Time) error
}

// Guard makes and checks keys. It remembers none: a revoked key is refused from the next request on.
type Guard struct {
	Keys Keys
	Now  func() time.Time // nil means time.Now
}

// Authenticate tells who holds the token. Unauthenticated bad_key or key_revoked; other errors mean
// that it could not be told, and let nobody in.
func (g *Guard) Authenticate(ctx context.Context, token string) (qa.Principal, error) {
	if len(token) > maxToken || !strings.HasPrefix(token, mark) {
		return qa.Principal{}, qa.E(qa.Unauthenticated, "bad_key")
	}
	// The secret is found by its hash, so that the time of the search tells nothing about it.
	hash := sha256.Sum256([]byte(token))
	k, err := g.Keys.KeyByHash(ctx, hash[:])
	if qa.KindOf(err) == qa.NotFound {
		return qa.Principal{}, qa.E(qa.Unauthenticated, "bad_key")
	}
	if err != nil {
		return qa.Principal{}, err
	}
	if !k.RevokedAt.IsZero() {
		return qa.Principal{}, qa.E(qa.Unauthenticated, "key_revoked")
	}
	scope := qa.Scope{Everything: len(k.Collections) == 0, Collections: k.Collections}
	p := qa.Principal{ID: "key:" + k.ID, Read: scope, Admin: k.Admin && scope.Everything}
	if k.Write {
		p.Write = scope
	}
	return p, nil
}

// Create makes a key of 160 random bits and returns its secret, which is stored nowhere and cannot be
// shown again. Without collections it covers all of them. Invalid bad_key_name for a name that is
// empty or too long.
func (g *Guard) Create(ctx context.Context, name string, write bool, collections []qa.CollectionID) (secret string, k qa.Key, err error) {
	return g.create(ctx, qa.Key{Name: name, Write: write, Collections: slices.Clone(collections)})
}

// CreateAdmin is Create for a key of an administrator, which covers all collections and may read what all readers think
// of answers.
func (g *Guard) CreateAdmin(ctx context.Context, name string, write bool) (secret string, k qa.Key, err error) {
	return g.create(ctx, qa.Key{Name: name, Write: write, Admin: true})
}

func (g *Guard) create(ctx context.Context, k qa.Key) (secret string, _ qa.Key, err error) {
	k.Name = strings.TrimSpace(k.Name)
	if k.Name == "" || len(k.Name) > maxName {
		return "", qa.Key{}, qa.E(qa.Invalid, "bad_key_name")
	}
	secret = mark + random(secretBits)
	k.ID, k.Prefix, k.CreatedAt = random(40), secret[:prefixSize], g.now()
	hash := sha256.Sum256([]byte(secret))
	if err := g.Keys.AddKey(ctx, k, hash[:]); err != nil {
		return "", qa.Key{}, err
	}
	return secret, k, nil
}

// Admit makes sure that the secret, which the administrator made, is a key that may write, and reports
// whether it is new. Invalid key_weak for one that is too short, or does not begin as keys do; Unauthenticated
// key_revoked for one that was ended.
func (g *Guard) Admit(ctx context.Context, name, secret string) (created bool, err error) {
	if len(secret) < len(mark)+minGiven || len(secret) > maxToken || !strings.HasPrefix(secret, mark) {
		return false, qa.E(qa.Invalid, "key_weak", mark, minGiven)
	}
	if _, err := g.Authenticate(ctx, secret); qa.CodeOf(err) != "bad_key" {
		return false, err
	}
	hash := sha256.Sum256([]byte(secret))
	err = g.Keys.AddKey(ctx, qa.Key{ID: random(40), Name: name, Prefix: secret[:len(mark)], Write: true, CreatedAt: g.now()}, hash[:])
	if err == nil {
		return true, nil
	}
	// Another server may have been first.
	if _, known := g.Authenticate(ctx, secret); known == nil {
		return false, nil
	}
	return false, err
}

// List gives all keys, revoked ones too, oldest first.
func (g *Guard) List(ctx context.Context) ([]qa.Key, error) { return g.Keys.Keys(ctx) }

// Revoke ends a key by its id; NotFound key_unknown.
func (g *Guard) Revoke(ctx context.Context, id string) error {
	return g.Keys.RevokeKey(ctx, id, g.now())
}

func (g *Guard) now() time.Time {
	if g.Now != nil {
		return g.Now()
	}
	return time.Now()
}

// random gives bits, a multiple of 40, as lower-case letters and digits.
func random(bits int) string {
	b := make([]byte, bits/8)
	rand.Read(b)
	return strings.ToLower(base32.StdEncoding.EncodeToString(b))
}
