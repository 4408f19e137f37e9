package answer

import (
	"rapporteur/answer/followup"
	"rapporteur/answer/wording"
	"rapporteur/qa"
)

// Standalone gives the question as it can be searched alone. A question that leans on the ones before
// it (« et en 2023 ? », « combien d'entre elles… ») borrows from them; one that stands by itself is left
// as it is.
func Standalone(q qa.Question) string { return Readings(q)[0] }

// Readings gives the questions that q may be short for, the likeliest first, at most three; it never is
// empty. A question that stands by itself has one reading.
func Readings(q qa.Question) []string {
	var turns []followup.Turn
	asked := false
	for _, m := range q.History {
		if m.Role == qa.RoleUser {
			if asked = wording.Courtesy(m.Content) == ""; asked {
				turns = append(turns, followup.Turn{Question: wording.Asked(m.Content)})
			}
		} else if asked {
			turns[len(turns)-1].Answer = m.Content
		}
	}
	if wording.Courtesy(q.Text) != "" {
		return []string{q.Text}
	}
	return followup.Readings(wording.Asked(q.Text), turns, languageOf(q))
}
