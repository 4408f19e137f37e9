package retrieval

import (
	"slices"
	"testing"

	"rapporteur/qa"
)

func TestOneVersionOfEachDocument(t *testing.T) {
	t.Parallel()
	passage := func(document, version string, lexical float64) qa.Passage {
		return qa.Passage{Chunk: qa.Chunk{Version: qa.VersionID(version)}, Document: qa.Document{ID: qa.DocumentID(document)}, Lexical: lexical}
	}
	for _, c := range []struct {
		name  string
		scope qa.Scope
		steps [][]qa.Passage
		want  [][]string
	}{
		{"the version that words find", qa.Scope{}, [][]qa.Passage{{passage("a", "new", 0), passage("a", "old", 3), passage("b", "b1", 1)}},
			[][]string{{"old", "b1"}}},
		{"the first where words find none", qa.Scope{}, [][]qa.Passage{{passage("a", "new", 0), passage("a", "old", 0)}}, [][]string{{"new"}}},
		{"the one chosen before", qa.Scope{}, [][]qa.Passage{{passage("a", "old", 1)}, {passage("a", "new", 9), passage("a", "old", 0)}},
			[][]string{{"old"}, {"old"}}},
		{"all that are asked for by name", qa.Scope{Versions: []qa.VersionID{"old", "new"}},
			[][]qa.Passage{{passage("a", "new", 1), passage("a", "old", 2)}}, [][]string{{"new", "old"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := versionsIn(c.scope)
			for i, step := range c.steps {
				var got []string
				for _, p := range v.one(step) {
					got = append(got, string(p.Version))
				}
				if !slices.Equal(got, c.want[i]) {
					t.Errorf("step %d: %v, want %v", i+1, got, c.want[i])
				}
			}
		})
	}
}
