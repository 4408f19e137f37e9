package model

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapporteur/internal/testkit/modelserver"
	"rapporteur/qa"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testKey is what must never be seen.
const testKey = "sk-5ecret-0f-the-test"

// direct gives a client of its own, which leaves no connection behind.
func direct(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// generator makes one on the server, with the short times of tests where o has none.
func generator(t *testing.T, s *modelserver.Server, o Options) *Generator {
	t.Helper()
	if o.Kind == "" {
		o.Kind = OpenAI
	}
	if o.BaseURL == "" {
		o.BaseURL = s.URL
	}
	o.Model, o.Key = modelserver.Name, NewSecret(testKey)
	g, err := NewGenerator(o, direct(t))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var question = []qa.Message{{Role: qa.RoleSystem, Content: "Réponds."}, {Role: qa.RoleUser, Content: "Combien d’agents ?"}}

// ask gives the text that came, and the code of the error, "" without one.
func ask(ctx context.Context, t *testing.T, g *Generator) (text, code string) {
	t.Helper()
	var b strings.Builder
	err := g.Generate(ctx, question, func(s string) error { b.WriteString(s); return nil })
	if err == nil {
		return b.String(), ""
	}
	if strings.Contains(err.Error(), testKey) {
		t.Errorf("the key is in the error: %v", err)
	}
	return b.String(), qa.CodeOf(err)
}

// eventually waits for what the server sees a little later than the client.
func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}
