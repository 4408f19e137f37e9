package answer_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"rapporteur/answer"
	"rapporteur/answer/wording"
	"rapporteur/examples"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// asked is a line of a set of questions.
type asked struct {
	ID, Question string
	History      []struct{ Role, Content string }
}

// questionsOf reads a set.
func questionsOf(t *testing.T, set []byte) []asked {
	t.Helper()
	var all []asked
	for line := range bytes.Lines(set) {
		var q asked
		if err := json.Unmarshal(line, &q); err != nil {
			t.Fatal(err)
		}
		all = append(all, q)
	}
	return all
}

// TestSetsStandAlone asks every question of the sets after the one before it in its set: those that people
// asked first stay as they are, and those that they asked in a conversation do not.
func TestSetsStandAlone(t *testing.T) {
	t.Parallel()
	reports, err := os.ReadFile(testkit.Shared(t, "data/dev/reports-qa/questions.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	whole := "ex-090" // another subject, in a conversation
	for _, set := range [][]byte{examples.Questions(), examples.Development(), reports} {
		before := "Combien d'agents à la Dinum ?"
		for _, q := range questionsOf(t, set) {
			history := []qa.Message{{Role: qa.RoleUser, Content: before}}
			if len(q.History) > 0 {
				history = nil
			}
			for _, m := range q.History {
				history = append(history, qa.Message{Role: qa.Role(m.Role), Content: m.Content})
			}
			got := answer.Standalone(qa.Question{Text: q.Question, History: history})
			if stays := len(q.History) == 0 || q.ID == whole; stays != (got == wording.Asked(q.Question)) {
				t.Errorf("%s: %s | %s: got %s", q.ID, before, q.Question, got)
			}
			before = q.Question
		}
	}
}
