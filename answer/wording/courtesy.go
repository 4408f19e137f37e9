package wording

import (
	"strings"
	"unicode"

	"rapporteur/analysis"
)

// courtesies are what people say that is no question, folded, by the code of what is replied.
var courtesies = map[string]string{
	"bonjour": "answer_greeting", "bonsoir": "answer_greeting", "salut": "answer_greeting", "coucou": "answer_greeting",
	"hello": "answer_greeting", "hi": "answer_greeting", "good morning": "answer_greeting", "bonjour a tous": "answer_greeting",
	"merci": "answer_thanks", "merci beaucoup": "answer_thanks", "thanks": "answer_thanks", "thank you": "answer_thanks",
	"merci bien": "answer_thanks", "ok merci": "answer_thanks", "au revoir": "answer_thanks", "bonne journee": "answer_thanks",
	"qui es tu": "answer_who", "qui etes vous": "answer_who", "who are you": "answer_who", "que sais tu faire": "answer_who",
	"que peux tu faire": "answer_who", "a quoi sers tu": "answer_who", "what can you do": "answer_who", "aide": "answer_who",
	"pouvez vous m aider": "answer_who", "peux tu m aider": "answer_who", "can you help me": "answer_who",
	"j ai une question": "answer_ask", "j ai besoin d aide": "answer_who", "i have a question": "answer_ask",
	"help": "answer_who", "tu es qui": "answer_who", "vous etes qui": "answer_who", "que pouvez vous faire": "answer_who",
}

// Courtesy is the code of the reply to a text that asks nothing, "" for a question.
func Courtesy(text string) string {
	words := strings.FieldsFunc(analysis.Fold(text), func(r rune) bool { return !isWordRune(r) })
	if len(words) == 0 {
		return "answer_ask"
	}
	if code := courtesies[strings.Join(words, " ")]; code != "" {
		return code
	}
	if _, bare := core(text); strings.IndexFunc(bare, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) < 0 {
		return "answer_greeting"
	}
	return ""
}

func isWordRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 0x7f && r != '’' && r != '\u00a0' && r != '\u202f' && r != '«' && r != '»'
}
