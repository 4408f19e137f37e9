package edge

import (
	"context"
	"errors"
	"testing"

	"rapporteur/qa"
)

func enter(t *testing.T, g *Gate, key string) (leave func()) {
	t.Helper()
	leave, err := g.Enter(context.Background(), key)
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	return leave
}

// A place is given back also where its caller holds others, and where the second wait fails.
func TestPlacesAreGivenBack(t *testing.T) {
	t.Parallel()
	g := NewGate(2, 2, 1)
	first := enter(t, g, "a")
	enter(t, g, "a")()
	other := enter(t, g, "b")
	if _, err := g.Enter(context.Background(), "a"); qa.CodeOf(err) != "busy" {
		t.Fatalf("a third place of two: %v", err)
	}
	other()
	second := enter(t, g, "a")
	if _, err := g.Enter(context.Background(), "a"); qa.CodeOf(err) != "too_many_requests" {
		t.Fatalf("a third place of a key: %v", err)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	g.wait = 1 << 40
	if _, err := g.Enter(gone, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("a client that went away: %v", err)
	}
	first()
	second()
	if len(g.keys) != 0 || len(g.all) != 0 {
		t.Errorf("%d keys and %d places left", len(g.keys), len(g.all))
	}
}
