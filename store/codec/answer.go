package codec

import (
	"cmp"
	"encoding/json"

	"rapporteur/qa"
)

// PackAnswer writes an answer as JSON by the names of its fields, which therefore never change: one that is added
// later reads as zero in what was written before. The question, and where the answer is kept, stand elsewhere.
func PackAnswer(a qa.Answer) (string, error) {
	if a.Standalone == a.Asked {
		a.Standalone = ""
	}
	a.Asked, a.Conversation, a.Turn = "", "", 0
	b, err := json.Marshal(a)
	return string(b), err
}

// UnpackAnswer is the inverse of PackAnswer.
func UnpackAnswer(s, asked string) (a qa.Answer, err error) {
	err = json.Unmarshal([]byte(s), &a)
	a.Asked, a.Standalone = asked, cmp.Or(a.Standalone, asked)
	return a, err
}

// PackScope writes what a question asks about; nothing for all.
func PackScope(n qa.Narrowing) (string, error) {
	b, err := json.Marshal(n)
	return string(b), err
}

// UnpackScope is the inverse of PackScope.
func UnpackScope(s string) (n qa.Narrowing, err error) {
	err = json.Unmarshal([]byte(s), &n)
	return n, err
}
