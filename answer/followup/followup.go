// Package followup makes the questions of a conversation stand alone, by rules: what a question leaves
// out or points at is taken from the turns before it. It knows no documents; where more than one reading
// is likely it gives them all, and who searches may choose.
package followup

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/analysis"
)

// Turn is a question of the user and what was replied to it.
type Turn struct{ Question, Answer string }

// mostReadings is how many readings a question has at most, and mostTurns how many turns back one looks.
const (
	mostReadings = 3
	mostTurns    = 8
)

// Readings gives text as a question that can be understood alone, the likeliest reading first and at most
// three. turns came before it, oldest first; language is that of text, "fr" or "en". A question that leans
// on nothing comes back as it is.
func Readings(text string, turns []Turn, language string) []string {
	var told []turn
	for _, t := range turns[max(0, len(turns)-mostTurns):] {
		t.Question, t.Answer = strings.ToValidUTF8(t.Question, " "), strings.ToValidUTF8(t.Answer, " ")
		language := languageOf(t.Question, language)
		own := readings(strings.TrimSpace(t.Question), told, language)
		told = append(told, turn{question: parse(own[0], language), answer: start(t.Answer, mostAnswer)})
	}
	return readings(strings.TrimSpace(text), told, language)
}

// turn is a question that stands alone and what was replied.
type turn struct {
	question question
	answer   string
}

// mostAnswer is how much of a reply is read for what it names, in bytes.
const mostAnswer = 1000

// start is the start of s, of most bytes or a few more, up to the end of a letter.
func start(s string, most int) string {
	end := min(len(s), most)
	for end < len(s) && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

func languageOf(text, otherwise string) string {
	switch own := analysis.Language(text); own {
	case "fr", "en":
		return own
	}
	return otherwise
}

func readings(text string, turns []turn, language string) []string {
	if len(turns) == 0 || len(text) > mostAnswer || !utf8.ValidString(text) {
		return []string{text}
	}
	var out []string
	for _, s := range understand(text, turns, language) {
		if s = tidy(s); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return []string{text}
	}
	return out[:min(len(out), mostReadings)]
}

// leaning is a question that may lean on the turns before it.
type leaning struct {
	question // without its opening
	turns    []turn
	previous question
	opens    bool // begins as what goes on does: et, and, what about
	content  int  // words that say what it is about
	names    int  // of these, names and labels
}

// understand gives the readings of text, none when it stands alone.
func understand(text string, turns []turn, language string) []string {
	rest, opens := cutOpening(text)
	if rest == "" {
		return nil
	}
	l := leaning{question: parse(rest, language), turns: turns, previous: turns[len(turns)-1].question, opens: opens}
	l.weigh()
	if !l.leans() {
		return nil
	}
	return l.completed(text)
}

// weigh counts the words that say what the question is about, and the names among them.
func (l *leaning) weigh() {
	for i, w := range l.words {
		if w.kind == content || w.kind == verb && !french.auxiliaries[w.fold] && !english.auxiliaries[w.fold] {
			l.content++
			if isName(l.text, w, i) && strings.Trim(w.fold, "0123456789-") != "" {
				l.names++
			}
		}
	}
}

// completed gives the readings of a question that leans on those before it; text is that with its opening.
func (l leaning) completed(text string) []string {
	if k := l.topic(); k >= 0 && !l.labelled() {
		end := l.phrases[k].end
		_, mark := body(l.text)
		l.question = parse(l.text[:end]+mark, l.language)
		return l.replaced()
	}
	if rest, ok := l.onlyCombien(); ok {
		l.question = parse(rest, l.language)
		return l.replaced()
	}
	if i := l.pointer(); !l.asks() && i > 0 && l.words[i-1].kind == preposition && l.words[i].kind == pronoun {
		l.question = parse(l.substituted(i)[0], l.language) // « et avant elle ? »
		return l.replaced()
	}
	if l.asks() || l.pointer() >= 0 {
		return l.resolved()
	}
	if p := l.phrases; !l.opens && len(p) > 0 && p[0].noun == 0 && !p[0].time && !p[0].named && len(l.words) > 1 {
		return []string{with(text, l.context())} // « détaille le deuxième »
	}
	return l.replaced()
}

// leans reports whether the question needs the turns before it.
func (l leaning) leans() bool {
	switch {
	case l.opens, l.content == 0:
		return true
	case l.pointer() >= 0, l.chooses():
		return true
	case sense.MatchString(l.text):
		return false
	case l.asks():
		return l.names == 0 && (l.short() || l.content <= 3 && l.partOf() >= 0 || l.content <= 2 && !l.definite() || l.counts() != "")
	}
	return l.names == 0 && l.content <= 2 || l.content <= 2 && len(l.words) > 0 && l.words[0].kind == preposition
}

// definite reports whether the question names a thing as known, which then needs no other to be known by.
func (l leaning) definite() bool {
	return slices.ContainsFunc(l.phrases, func(p phrase) bool {
		return !p.asked && !p.time && p.article != "" && p.article != "un" && p.article != "une" && p.article != "des" && p.article != "a" && p.article != "an"
	})
}

// sense finds questions about what a word means, which name all that they need.
var sense = regexp.MustCompile(`(?i)^(?:qu['’ ]?est[- ]ce qu|c['’]est quoi |que (?:veut|signifie)|d[ée]finition|what (?:is|are) (?:an? )?\pL+\b)`)

// opening is how a follow-up goes on from what was said.
var opening = regexp.MustCompile(`(?i)^(?:(?:et|and|dont|puis|mais|but|sinon|ou bien|alors|ok|donc|non|no|what about|how about|qu['’]en est-il|qu['’]en est il|(?:la )?m[eê]me (?:question|chose)|same (?:question|thing)|je (?:parle|parlais|voulais dire|veux dire)|i mean|m[eê]me|merci(?: beaucoup)?|d['’]accord|tr[eè]s bien|parfait|thanks|thank you)(?:[\s\x{a0}\x{202f},:.!]+|$))+`)

func cutOpening(text string) (rest string, opens bool) {
	if at := opening.FindStringIndex(text); at != nil {
		rest = text[at[1]:]
		if of := brought.FindString(rest); of != "" && strings.Contains(strings.ToLower(text[:at[1]]), "je ") {
			rest = broughtAs[strings.ToLower(strings.TrimSpace(of))] + rest[len(of):]
		}
		return rest, true
	}
	return text, false
}

// brought finds the article of what one says that one speaks of.
var brought = regexp.MustCompile(`(?i)^(?:du |des |de la |de l['’])`)

var broughtAs = map[string]string{"du": "le ", "des": "les ", "de la": "la ", "de l'": "l'", "de l’": "l’"}

// asks reports whether the question has a question word or a verb of its own, and is not only a place or a
// time to put into the question before.
func (l leaning) asks() bool {
	for i, w := range l.words {
		if w.kind == ask && w.fold != "que" && w.fold != "qu'" || w.kind == ask && i == 0 || w.inverted {
			return true
		}
	}
	w := l.words
	return l.language == "en" && len(w) > 1 && w[0].kind == verb || len(w) > 1 && w[0].kind == pronoun && w[1].kind == verb
}

// onlyCombien gives what follows in « Combien en 2023 ? », which asks what was asked before.
func (l leaning) onlyCombien() (string, bool) {
	if len(l.words) < 2 || l.words[0].fold != "combien" || l.words[1].kind != preposition || len(l.previous.words) == 0 || l.previous.words[0].fold != "combien" {
		return "", false
	}
	if f := l.words[1].fold; f == "de" || f == "d'" || f == "des" {
		return "", false
	}
	return l.text[l.words[1].start:], !slices.ContainsFunc(l.words, func(w word) bool { return w.kind == verb || w.kind == pronoun })
}

// short reports whether the question is only a question word: « pourquoi ? », « pour quelle raison ? ».
func (l leaning) short() bool {
	if len(l.words) > 0 && l.words[0].fold == "c'" {
		return false
	}
	return l.content == 0 || l.content == 1 && reason.MatchString(l.text) && l.bareAsk()
}

var reason = regexp.MustCompile(`(?i)^(?:pour|par) (?:quelles?|quels?) (?:raisons?|motifs?|moyens?)|^for (?:what|which) reasons?|^gr[âa]ce à (?:quoi|qui)|^(?:à|avec|pour|par|dans|de|sur|depuis|en|jusqu['’]à|with|for|to|in|by) (?:combien|quel(?:le)?s?|what|which|how many)\b`)

// tidy makes a reading of a question a sentence: a capital at its start and one mark at its end.
func tidy(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}

// body cuts the mark at the end of a question off.
func body(s string) (text, mark string) {
	text = strings.TrimRightFunc(s, func(r rune) bool { return r == '?' || r == '.' || r == '!' || unicode.IsSpace(r) })
	return text, s[len(text):]
}

// with adds words at the end of a question, before its mark.
func with(question, added string) string {
	if added == "" {
		return question
	}
	text, mark := body(question)
	return text + added + mark
}

// spliced puts new in the place of [start, end) of s.
func spliced(s string, start, end int, new string) string { return s[:start] + new + s[end:] }
