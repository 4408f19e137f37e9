package main

import (
	"fmt"
	"reflect"
	"testing"

	"rapporteur/internal/testkit/postgres"
	"rapporteur/qa"
)

// TestVectorIndex: wherever the vectors of PostgreSQL are compared, a few of them give the same passages, also of a
// document that comes later.
func TestVectorIndex(t *testing.T) {
	s := testSettings(t)
	s.Encoder, s.Database = encoderBuiltin, postgres.Database(t)
	writer := newServiceOf(t, s)
	dir := t.TempDir()
	for i, text := range []string{"La mine ferme.", "Le gaz brûle.", "Un oiseau chante.", "Le budget baisse.", "La route est coupée.", "L'école ouvre."} {
		write(t, dir, fmt.Sprintf("%d.md", i), "# Rapport\n\n"+text+"\n")
	}
	ingestAll(t, writer, dir)
	ask := func(svc *service) []qa.Passage {
		t.Helper()
		if err := svc.sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		e, err := svc.retriever.Retrieve(t.Context(), qa.Question{Text: "Que dit-on du canari dans la mine ?", Arm: qa.ArmSemantic,
			Scope: qa.Scope{Everything: true}, Limit: 5})
		if err != nil {
			t.Fatal(err)
		}
		return e.Passages
	}
	kinds := map[string]bool{indexAuto: true, indexMemory: true, indexDatabase: false, "": true}
	services := map[string]*service{}
	for index := range kinds {
		own := *s
		own.vectorIndex = index
		services[index] = newServiceOf(t, &own)
	}
	for range 2 {
		want := ask(writer)
		for index, here := range kinds {
			if _, ok := services[index].retriever.Semantic.(follower); ok != here {
				t.Errorf("index %q: in memory %t, want %t", index, ok, here)
			}
			if got := ask(services[index]); len(got) != 5 || !reflect.DeepEqual(places(got), places(want)) {
				t.Errorf("index %q gives %v, want %v", index, places(got), places(want))
			}
		}
		ingestAll(t, writer, write(t, t.TempDir(), "canari.md", "# Le canari\n\nLe canari avertit les mineurs du gaz de la mine.\n"))
	}
}

func places(list []qa.Passage) (out []qa.ChunkID) {
	for _, p := range list {
		out = append(out, p.Chunk.ID)
	}
	return out
}
