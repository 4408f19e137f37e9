package codec

import (
	"encoding/json"

	"rapporteur/qa"
)

// feedbackWords is what a feedback holds of words: what its sender wrote, and what the answer said. Its names never
// change, as those of PackAnswer.
type feedbackWords struct {
	Note   string
	Answer qa.Answer
	Behind []qa.DocumentID
}

// PackFeedback writes the words of a feedback as JSON; where its answer is kept stands elsewhere.
func PackFeedback(f qa.Feedback) (string, error) {
	w := feedbackWords{Note: f.Note, Answer: f.Answer, Behind: f.Behind}
	w.Answer.Conversation, w.Answer.Turn = "", 0
	b, err := json.Marshal(w)
	return string(b), err
}

// UnpackFeedback reads the words of a feedback into it.
func UnpackFeedback(s string, f *qa.Feedback) error {
	var w feedbackWords
	if err := json.Unmarshal([]byte(s), &w); err != nil {
		return err
	}
	w.Answer.Conversation, w.Answer.Turn = f.Answer.Conversation, f.Answer.Turn
	f.Note, f.Answer, f.Behind = w.Note, w.Answer, w.Behind
	return nil
}
