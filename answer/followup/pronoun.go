package followup

import (
	"slices"
	"strings"
)

// pronounOf says what number and gender a pronoun stands for.
var pronounOf = map[string]struct {
	number number
	gender gender
}{
	"il": {singular, masculine}, "elle": {singular, feminine}, "ils": {plural, masculine}, "elles": {plural, feminine},
	"celui": {singular, masculine}, "celle": {singular, feminine}, "ceux": {plural, masculine}, "celles": {plural, feminine},
	"le": {singular, masculine}, "la": {singular, feminine}, "les": {plural, anyGender}, "l'": {singular, anyGender},
	"lui": {singular, anyGender}, "leur": {plural, anyGender}, "leurs": {plural, anyGender}, "eux": {plural, masculine},
	"son": {singular, anyGender}, "sa": {singular, anyGender}, "ses": {singular, anyGender},
	"ce": {singular, masculine}, "cet": {singular, masculine}, "cette": {singular, feminine}, "ces": {plural, anyGender},
	"ca": {}, "cela": {}, "y": {}, "en": {}, "it": {singular, anyGender}, "they": {plural, anyGender}, "them": {plural, anyGender},
	"its": {singular, anyGender}, "their": {plural, anyGender}, "he": {singular, anyGender}, "she": {singular, anyGender},
	"his": {singular, anyGender}, "her": {singular, anyGender}, "him": {singular, anyGender},
}

// pointer is the word that stands for something said before; -1 when there is none. A pronoun that
// repeats the subject of its own question (« la Dinum coopère-t-elle ») or that stands for nothing
// (« il y a », « faut-il ») is none.
func (l leaning) pointer() int {
	for i, w := range l.words {
		if _, ok := pronounOf[w.fold]; ok && l.pointsBack(i) {
			return i
		}
	}
	return -1
}

func (l leaning) pointsBack(i int) bool {
	w := l.words[i]
	next, before := l.at(i+1), l.at(i-1)
	switch w.fold {
	case "il", "elle", "ils", "elles", "it", "they", "he", "she":
		if (before.fold == "entre" || before.fold == "parmi") && !w.inverted {
			return true
		}
		return !l.impersonal(i) && !l.antecedent(i) && !l.repeats(i)
	case "y":
		if strings.HasPrefix(next.fold, "a") && auxiliary(next.fold) && !subjects[before.fold] && before.fold != "qui" || before.fold == "il" {
			return false // « il y a »
		}
		return w.kind == pronoun && !w.inverted && l.content <= 4
	case "en":
		return w.kind == pronoun && l.words[0].kind == ask && (before.fold != "ou" || next.fold != "est") // « où en est »
	case "ca", "cela":
		return !l.antecedent(i) && l.content <= 3
	case "them", "him":
		return !l.antecedent(i) && (i < 5 || len(l.phrases) == 0 || l.phrases[0].start > w.start)
	case "le", "la", "les", "l'", "lui", "eux":
		return w.kind == pronoun && !l.antecedent(i)
	case "celui", "celle", "ceux", "celles":
		return strings.Contains(l.text[w.start:w.end], "-")
	case "son", "sa", "ses", "leur", "leurs", "its", "their", "his", "her":
		return (w.kind == article || w.fold == "leur") && !l.owner(i)
	case "ce", "cet", "cette", "ces":
		return w.kind == article && next.kind == content && !times[next.fold] && !l.antecedent(i)
	}
	return false
}

// at gives the word at i, an empty one past the ends.
func (l leaning) at(i int) word {
	if i < 0 || i >= len(l.words) {
		return word{kind: other}
	}
	return l.words[i]
}

// nobody are verbs whose il stands for nothing.
var nobody = list("faut faudra faudrait agit existe reste fait passe y take cost")

// impersonal reports whether the pronoun at i stands for nothing.
func (l leaning) impersonal(i int) bool {
	w, before, next := l.words[i], l.at(i-1), l.at(i+1)
	near := next
	if w.inverted {
		near = before
	}
	after := l.at(i + 2)
	switch {
	case w.fold != "il" && w.fold != "it" && w.fold != "ils":
		return false
	case w.fold == "ils": // « ils sont combien à annoter » counts whoever does
		return near.fold == "sont" && after.fold == "combien" && l.names > 0
	case nobody[near.fold], near.fold == "s'" && l.at(i+2).fold == "agit", near.fold == "a" && w.inverted && l.at(i-2).fold == "y", near.fold == "t" && l.at(i-3).fold == "y":
		return true
	case w.fold == "it" && (before.fold == "is" || before.fold == "was"):
		return after.fold == "to" || after.fold == "that"
	case near.fold == "est" || near.fold == "is":
		adjective, behind := next, after
		if near.fold == "est" && !w.inverted && behind.fold == "" {
			return false
		}
		if !w.inverted && near.fold == "est" {
			adjective, behind = after, l.at(i+3)
		}
		if behind.fold == "" {
			return false
		}
		return strings.HasSuffix(adjective.fold, "ble") || strings.HasSuffix(adjective.fold, "oire") || strings.HasSuffix(adjective.fold, "ory") ||
			adjective.fold == "interdit" || adjective.kind == content && (behind.fold == "de" || behind.fold == "d'" || behind.fold == "que" || behind.fold == "to")
	}
	return false
}

// antecedent reports whether the question itself names, before the word at i, what that stands for.
func (l leaning) antecedent(i int) bool {
	for _, p := range l.phrases {
		if p.end > l.words[i].start {
			return p.article != "" && p.preposition == "" && l.apart(p.start) // « ça s'est passé où, le salon ? »
		}
		if !p.asked && !p.time && p.preposition == "" && (p.article != "" || p.named) {
			return true
		}
	}
	return false
}

// apart reports whether the word at that byte stands behind a comma.
func (l leaning) apart(start int) bool {
	return slices.ContainsFunc(l.words, func(w word) bool { return w.start == start && w.apart })
}

// repeats reports whether the pronoun at i repeats the subject of its own question: a name before the
// verb, a noun without article, or the thing asked for where it is that which does something.
func (l leaning) repeats(i int) bool {
	at := l.words[i].start
	drawn := l.words[i].inverted || l.at(i-1).kind == verb
	for k, w := range l.words[:i] {
		if (drawn || l.language == "en") && w.kind == content && (capital(l.text, w) && k > 0) {
			return true
		}
	}
	for k, p := range l.phrases {
		switch {
		case p.end > at || p.time && !p.asked:
		case drawn && !p.asked && p.preposition == "" && p.article == "":
			return true
		case p.asked && drawn && k+1 < len(l.phrases):
			next := l.phrases[k+1]
			return next.start > at && next.preposition == "" && next.article != ""
		case p.asked && !drawn && slices.ContainsFunc(l.words[:i], func(w word) bool { return w.kind == verb && w.start > p.end }):
			return true
		}
	}
	return false
}

// owner reports whether the question names, before the word at i, whose something is.
func (l leaning) owner(i int) bool {
	if first := l.words[0].fold; first == "qui" && l.at(1).fold != "est" && l.at(1).fold != "sont" && i > 2 {
		return true // « qui modernise ses locaux »
	}
	for k, w := range l.words[:i] {
		if k > 0 && w.kind == content && capital(l.text, w) {
			return true
		}
	}
	for _, p := range l.phrases {
		if p.end <= l.words[i].start && !p.time && (p.article != "" || p.named) {
			return true
		}
	}
	return false
}

// substituted puts what the pronoun at i may stand for into its place, or behind a comma at the end
// where French puts it when the pronoun stays: « Où se trouve-t-elle, l'épicerie solidaire ? ».
func (l leaning) substituted(i int) []string {
	of := pronounOf[l.words[i].fold]
	if l.words[i].fold == "en" && l.words[0].fold == "combien" {
		of.number = plural
	}
	var out []string
	for _, s := range l.agreeing(of.number, of.gender) {
		if s.person && (l.words[i].kind == pronoun && len(l.words[i].fold) <= 3 && l.drawn() && !subjects[l.words[i].fold] || nothuman[l.words[i].fold] || of.number == plural || l.impersonates(i)) {
			continue
		}
		if l.language == "en" {
			out = append(out, l.replacedEnglish(i, s))
		} else {
			out = append(out, l.replacedFrench(i, s))
		}
	}
	if len(out) == 0 {
		return []string{with(l.text, l.context())}
	}
	return out
}

// nothuman are pronouns that never stand for somebody.
var nothuman = list("y ca cela it its")

// inanimate are verbs that have no person for a subject.
var inanimate = list(`reunit reunissent compte comptent comprend contient prevoit coute coutait dure couvre ouvre ouvert ferme date
	entre situe trouve appelle mesure rapporte concerne appartient`)

// impersonates reports whether the verb beside the pronoun at i says that it stands for a thing.
func (l leaning) impersonates(i int) bool {
	next := l.at(i + 1)
	if next.kind == pronoun {
		next = l.at(i + 2)
	}
	return inanimate[next.fold] && next.fold != "appelle" || l.words[i].inverted && inanimate[l.at(i-1).fold]
}

// drawn reports whether a verb of the question draws its subject along.
func (l leaning) drawn() bool {
	return slices.ContainsFunc(l.words, func(w word) bool { return w.inverted && w.fold != "on" })
}

func (l leaning) replacedEnglish(i int, s subject) string {
	w := l.words[i]
	name := s.behind("")
	switch w.fold {
	case "its", "their", "his":
		if strings.HasSuffix(name, "s") {
			return spliced(l.text, w.start, w.end, name+"’")
		}
		return spliced(l.text, w.start, w.end, name+"’s")
	case "her":
		if l.at(i+1).kind == content {
			name += "’s"
		}
	}
	return spliced(l.text, w.start, w.end, name)
}

func (l leaning) replacedFrench(i int, s subject) string {
	w := l.words[i]
	before := l.at(i - 1)
	switch w.fold {
	case "il", "elle", "ils", "elles", "ca", "cela", "eux":
		if before.fold == "entre" && i > 1 {
			of := s.behind("de")
			if l.at(i-3).fold == "combien" {
				of = s.bare()
			}
			return spliced(l.text, l.words[i-2].start, w.end, of)
		}
		if before.kind == preposition {
			return spliced(l.text, w.start, w.end, s.behind(""))
		}
		if i == 0 {
			return spliced(l.text, w.start, w.end, s.behind(""))
		}
	case "celui", "celle", "ceux", "celles":
		if before.kind == preposition && (before.fold == "de" || before.fold == "a") {
			return spliced(l.text, before.start, w.end, s.behind(before.fold))
		}
		return spliced(l.text, w.start, w.end, s.behind(""))
	case "y", "lui":
		return with(l.text, ", "+s.behind("a"))
	case "en":
		return with(l.text, ", "+s.behind("de"))
	case "son", "sa", "ses", "leur", "leurs":
		if text, ok := l.owned(i, s); ok {
			return text
		}
		if w.kind == pronoun {
			return with(l.text, ", "+s.behind("a"))
		}
	case "ce", "cet", "cette", "ces":
		return l.shown(i, s)
	}
	return with(l.text, ", "+s.behind(""))
}

// owned writes « son budget » as « le budget de la ville ».
func (l leaning) owned(i int, s subject) (string, bool) {
	for _, p := range l.phrases {
		if p.start > l.words[i].start || p.noun < l.words[i].end || p.end < p.noun {
			continue
		}
		article := map[string]string{"son": "le", "sa": "la", "ses": "les", "leurs": "les", "leur": ""}[l.words[i].fold]
		switch {
		case article != "les" && vowelFirst(l.text[p.noun:]):
			article = "l'"
		case article == "":
			article = map[gender]string{masculine: "le", feminine: "la"}[genderOf(p.head)]
		}
		if article == "" {
			return "", false
		}
		start, preposition := l.words[i].start, ""
		if p.preposition == "de" || p.preposition == "a" {
			start, preposition = p.start, p.preposition
		}
		return spliced(l.text, start, p.end, behind(preposition, article, l.text[p.noun:p.end])+" "+s.behind("de")), true
	}
	return "", false
}

// shown writes « ce plan » as « le plan de sobriété » where that is what it shows; another word for it
// stays, and what it shows goes to the end.
func (l leaning) shown(i int, s subject) string {
	for _, p := range l.phrases {
		if p.noun < l.words[i].end {
			continue
		}
		head, _, _ := strings.Cut(s.noun, " ")
		if p.stem != stem(head, l.language) {
			break
		}
		if p.preposition == "de" || p.preposition == "a" {
			return spliced(l.text, p.start, p.end, s.behind(p.preposition))
		}
		return spliced(l.text, l.words[i].start, p.end, s.behind(""))
	}
	return with(l.text, ", "+s.behind(""))
}
