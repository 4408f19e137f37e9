package answer

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/analysis"
	"rapporteur/qa"
)

// Standalone gives the question as it can be searched alone. A question that leans on the one before
// it (« et en 2023 ? », « combien d'entre elles… ») borrows from the last question of the user; one that
// stands by itself is left as it is.
func Standalone(q qa.Question) string {
	text := strings.TrimSpace(q.Text)
	previous := lastQuestion(q.History)
	if previous == "" {
		return text
	}
	language := languageOf(q)
	words := analysis.Analyze(text, language)
	rest, opens := cutOpening(text)
	content, named := contentWords(words, text)
	points := pointsBack(words, text, content)
	asks := asksItself(words, rest, opens)
	bare := content == 0 || content == 1 && !named
	switch {
	case !opens && !points && !bare && (asks || content > 2):
		return text
	case asks, topic.MatchString(rest) && !named:
		return withContext(capitalise(rest), borrowed(rest, previous, language, points))
	}
	return replaced(previous, rest, language)
}

// lastQuestion is what the user asked last, as it stood alone: an earlier follow-up is made whole too.
func lastQuestion(history []qa.Message) string {
	for i := len(history) - 1; i >= 0; i-- {
		if history[i].Role == qa.RoleUser && courtesy(history[i].Content) == "" {
			return Standalone(qa.Question{Text: history[i].Content, History: history[:i]})
		}
	}
	return ""
}

// opening is how a follow-up goes on from what was said.
var opening = regexp.MustCompile(`(?i)^(?:et|and|puis|mais|sinon|ou bien|what about|how about|qu['’]en est-il (?:de |du |des |pour )?)[\s\x{a0}\x{202f},:]+`)

func cutOpening(text string) (rest string, opens bool) {
	if at := opening.FindStringIndex(text); at != nil {
		return text[at[1]:], true
	}
	return text, false
}

// pointers are pronouns that stand for something said before. « Il » is left out: « il y a combien »
// points at nothing.
var pointers = wordSet(`elle elles ils eux celui celle ceux celles leur leurs lui dernier derniere derniers dernieres
	they them their it its those these`)

// pointsBack finds such a pronoun. After a hyphen (« la Dinum coopère-t-elle ») it most often repeats the
// subject of its own question, so there it counts only where little else is said; so do ça and cela.
func pointsBack(words []analysis.Token, text string, content int) bool {
	return slices.ContainsFunc(words, func(t analysis.Token) bool {
		switch {
		case t.Exact == "ca", t.Exact == "cela":
			return content <= 2
		case strings.HasSuffix(text[:t.Start], "-"):
			return pointers[t.Exact] && content <= 1
		}
		return pointers[t.Exact]
	})
}

// asksItself reports whether a question has a question word of its own, not only a place or a time to
// put into the question before.
func asksItself(words []analysis.Token, text string, opens bool) bool {
	if ownStart.MatchString(text) || !opens && len(words) > 0 && measures[words[0].Exact] != wantAny {
		return true
	}
	return slices.ContainsFunc(words, func(t analysis.Token) bool {
		_, ok := askWords[t.Exact]
		return ok && t.Exact != "ou" || ownQuestion[t.Exact]
	})
}

// ownQuestion are question words that say nothing of the answer's kind.
var ownQuestion = wordSet(`quoi lequel laquelle do does did whose`)

// ownStart are those that begin a question and leave no word of their own, or one that has other uses.
var ownStart = regexp.MustCompile(`^(?i:où|que|est-ce|qu['’]\pL+|is|are|can)(?:\s|-)`)

// contentWords counts the words that say what a question is about, and reports whether one is a name.
func contentWords(words []analysis.Token, text string) (n int, named bool) {
	for _, t := range words {
		if !t.Stop && !t.Joined && t.Exact != "quoi" {
			n++
			named = named || isName(text[t.Start:t.End], text)
		}
	}
	return n, named
}

// withContext puts the borrowed words in brackets before the question mark.
func withContext(question, context string) string {
	if context == "" {
		return question
	}
	body := strings.TrimRightFunc(question, func(r rune) bool { return r == '?' || unicode.IsSpace(r) })
	return body + " (" + context + ")" + question[len(body):]
}

// borrowed are the content words of the previous question that the new one lacks. The thing asked for
// is left behind when the new question asks for another, unless a pronoun stands for it.
func borrowed(text, previous, language string, points bool) string {
	focus, _ := intent(previous, language)
	own, _ := intent(text, language)
	held := map[string]bool{}
	year := false
	for _, t := range analysis.Analyze(text, language) {
		held[t.Stem] = true
		year = year || isYear(t.Exact)
	}
	var words []string
	end := 0
	for _, t := range analysis.Analyze(previous, language) {
		skip := t.Stop || lightWords[t.Exact] || held[t.Stem] || t.Start < end && !t.Joined
		skip = skip || year && isYear(t.Exact) || !points && own != "" && t.Stem == focus
		if skip {
			continue
		}
		end = max(end, t.End)
		held[t.Stem] = true
		words = append(words, previous[t.Start:t.End])
	}
	return strings.Join(words, " ")
}

// places are groups of prepositions that begin the same kind of phrase.
var places = map[string]int{
	"dans": 1, "chez": 1, "au": 1, "aux": 1, "à": 1, "en": 1, "sur": 1, "in": 1, "at": 1, "on": 1,
	"pour": 2, "for": 2, "avec": 3, "with": 3, "selon": 4, "avant": 5, "after": 5, "après": 5, "before": 5,
	"par": 6, "by": 6, "de": 7, "du": 7, "des": 7, "of": 7,
}

// replaced puts a phrase without a question word into the previous question: a year in the place of its
// year, a last phrase after a preposition in the place of one of the same kind, else at its end.
func replaced(previous, phrase, language string) string {
	phrase = strings.TrimRightFunc(phrase, func(r rune) bool { return r == '?' || r == '.' || unicode.IsSpace(r) })
	body := strings.TrimRightFunc(previous, func(r rune) bool { return r == '?' || unicode.IsSpace(r) })
	mark := previous[len(body):]
	if at := yearIn(body); at != nil {
		if own := yearIn(phrase); own != nil && len(strings.Fields(phrase)) <= 2 {
			return body[:at[0]] + phrase[own[0]:own[1]] + body[at[1]:] + mark
		}
	}
	word, _, _ := strings.Cut(phrase, " ")
	group := places[strings.ToLower(word)]
	if at := lastPhrase(body, group); at > 0 && group != 0 {
		return body[:at] + phrase + mark
	}
	if intentFocus, _ := intent(previous, language); group == 0 && intentFocus == "" {
		return body + ", " + phrase + mark
	}
	return body + " " + phrase + mark
}

var year = regexp.MustCompile(`\b(?:19|20)[0-9]{2}\b`)

func yearIn(s string) []int { return year.FindStringIndex(s) }

// lastPhrase finds where the last phrase of s that begins with a preposition of the group starts, past
// the first three words, which ask; 0 when there is none.
func lastPhrase(s string, group int) int {
	at, n := 0, 0
	for i := 0; i < len(s); {
		end := strings.IndexByte(s[i:]+" ", ' ') + i
		if n++; n > 3 && places[strings.ToLower(s[i:end])] == group {
			at = i
		}
		i = end + 1
	}
	return at
}

func capitalise(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}
