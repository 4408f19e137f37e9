package followup

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/analysis"
)

// resolved makes a question with a question word of its own whole: a pronoun gets what it stands for, a
// lone « pourquoi » the question before it, a part the whole that it is a part of.
func (l leaning) resolved() []string {
	if rest := l.counts(); rest != "" {
		return []string{rest}
	}
	if l.short() && l.pointer() < 0 && !l.chooses() {
		return l.reasoned()
	}
	if i := l.pointer(); i >= 0 {
		return l.substituted(i)
	}
	if l.chooses() {
		return l.among()
	}
	if l.words[0].fold == "c'" && l.content <= 1 {
		return l.presented()
	}
	text, grown := l.expanded()
	if k := l.partOf(); k >= 0 && !grown {
		return l.ofWhole(k, text)
	}
	switch {
	case grown:
		return []string{text}
	case !l.opens && !l.bareAsk():
		return []string{text, with(text, l.context())}
	case l.placed() && l.content > 1 && !l.labelled():
		return []string{text, with(text, l.context())}
	}
	return []string{with(text, l.context()), text}
}

// presented says what « c'est » presents: « C'est pour quand, le chantier du tramway ? ».
func (l leaning) presented() []string {
	var out []string
	for _, s := range l.agreeing(anyNumber, anyGender) {
		if !s.person {
			out = append(out, with(l.text, ", "+s.behind("")))
		}
	}
	return out
}

// counts gives « Combien de bornes étaient prévues ? » for « Combien étaient prévues ? ».
func (l leaning) counts() string {
	if len(l.words) < 2 || l.words[0].fold != "combien" || l.words[1].kind != verb || len(l.phrases) > 0 || l.pointer() >= 0 {
		return ""
	}
	for _, s := range l.subjects(plural, anyGender) {
		return spliced(l.text, l.words[0].end, l.words[0].end, " "+s.bare())
	}
	return ""
}

// bareAsk reports whether a question is a question word and a noun at most: « quel budget ? ».
func (l leaning) bareAsk() bool {
	if l.content > 1 {
		return false
	}
	return !slices.ContainsFunc(l.words, func(w word) bool { return w.kind == verb && !modals[w.fold] && w.fold != "est" && w.fold != "sont" })
}

// placed reports whether the question names something besides the thing that it asks for.
func (l leaning) placed() bool {
	asked := 0
	for k, p := range l.phrases {
		if p.asked {
			asked = l.complements(k)
		} else if p.named && !p.time && p.end > asked && !lone(l.text[p.noun:p.end]) {
			return true
		}
	}
	return false
}

// chooser finds questions that choose among things named before.
var (
	chooser = regexp.MustCompile(`(?i)^(?:et |and )?(?:lequel|laquelle|lesquels|lesquelles)(?:\s+(?:[^d\s]|d[^eu']|de[^s\s])|\s*[?.]*$)|^which (?:ones?)\b|^(?:le|la) (?:premi[eè]re?|derni[eè]re?|deuxi[eè]me|seconde?|troisi[eè]me)[\s,]*(?:c['’]est|\?|$)`)
	ordinal = regexp.MustCompile(`(?i)^(?:quelle?s? (?:est|sont|était|étaient)|what (?:is|was)|which (?:is|was)) (?:le|la|les|l['’]|the) ?(?:premi[eè]re?|derni[eè]re?|deuxi[eè]me|troisi[eè]me|second|seconde|autre|plus \pL+|first|last|second|other|\pL+est)s?(?: ones?)?\s*[?.]*$`)
)

// chooses reports whether the question is one of those.
func (l leaning) chooses() bool { return chooser.MatchString(l.text) || ordinal.MatchString(l.text) }

// among says among what one chooses.
func (l leaning) among() []string {
	if l.content == 0 {
		if whole := l.which(); whole != "" {
			return []string{whole}
		}
	}
	var out []string
	for _, s := range l.agreeing(plural, anyGender) {
		preposition := ", parmi "
		if l.language == "en" {
			preposition = ", among "
		}
		out = append(out, with(l.text, preposition+s.behind("")))
	}
	return out
}

// counted finds how a question begins whose things « lesquels ? » asks for.
var counted = regexp.MustCompile(`(?i)^(?:combien (?:y a-t-il )?(?:de |d['’])|(?:est-ce qu(?:e |['’]))?(?:il )?y a-t-il (?:eu )?(?:des |plusieurs )|est-ce qu(?:e |['’])(?:il y a (?:des )?|(?:tou(?:te)?s )?les )|(?:tou(?:te)?s )?les )`)

// inverse finds the pronoun that repeats the subject, which « quels » does without.
var inverse = regexp.MustCompile(`(?i)-(?:t-)?(?:ils|elles)\b`)

// which asks for the things that the question before counted: « Combien de projets… ? », « Lesquels ? » is
// « Quels projets… ? ». It gives "" where the question before counts nothing.
func (l leaning) which() string {
	at := counted.FindString(l.previous.text)
	if at == "" || len(l.words) == 0 || l.previous.language == "en" {
		return ""
	}
	word := map[string]string{"lequel": "Quel ", "laquelle": "Quelle ", "lesquels": "Quels ", "lesquelles": "Quelles "}[l.words[0].fold]
	if word == "" {
		return ""
	}
	return word + inverse.ReplaceAllString(l.previous.text[len(at):], "")
}

// topic is the phrase that a question brings up without asking anything new of it: « les réseaux, ils
// pèsent combien ? »; -1 when there is none.
func (l leaning) topic() int {
	if !l.opens || len(l.phrases) == 0 || l.phrases[0].start != 0 || l.phrases[0].article == "" {
		return -1
	}
	k := 0
	for k+1 < len(l.phrases) && l.phrases[k+1].nested {
		k++
	}
	if trivial.MatchString(l.text[l.phrases[k].end:]) {
		return k
	}
	return -1
}

// trivial is what one says of a thing to ask of it what was asked before.
var trivial = regexp.MustCompile(`(?i)^\s*,\s*(?:c['’](?:est|était) (?:combien|quand|quoi|où|qui)|(?:ils?|elles?|ça|cela) (?:est|sont|pèsen?t?|fai(?:t|sai(?:en)?t)|font|représenten?t?|comptent?|coûten?t?|en (?:est|sont)) (?:combien|quand|où))[\s?.]*$`)

// reasoned puts a lone question word before what was asked: « Pourquoi le portail a-t-il ouvert ? ».
func (l leaning) reasoned() []string {
	word, mark := body(l.text)
	before := l.previous.text
	if at := leading.FindString(before); at != "" {
		before = before[len(at):]
	} else if s, ok := l.turns[len(l.turns)-1].named(true); ok && whoDid.MatchString(before) {
		before = s.behind("") + before[len(whoDid.FindString(before))-1:]
		text, _ := body(before)
		return []string{word + " " + text + mark, with(l.text, l.context())}
	} else if counted := l.previous.told(); counted != "" {
		return []string{word + " " + counted + mark, with(l.text, l.context())}
	} else if !yesNo(l.previous) {
		return []string{with(l.text, l.context())}
	}
	text, _ := body(before)
	return []string{word + " " + lowered(l.previous, text) + mark}
}

// leading finds a question word that another may take the place of.
var leading = regexp.MustCompile(`(?i)^(?:depuis quand|à partir de quand|quand|où|comment|pourquoi|when|where|why|how)\s+(?:(?:est|c['’]est)-ce qu(?:e |['’]))?`)

// told says what a question that counts holds for true: « les bornes ont été installées » of « combien de
// bornes ont été installées ». It gives "" for other questions.
func (q question) told() string {
	if len(q.phrases) == 0 || len(q.words) == 0 || q.words[0].fold != "combien" || !q.phrases[0].asked || q.phrases[0].start != q.words[1].start {
		return ""
	}
	end := q.complements(0)
	for i, w := range q.words {
		if w.start < end {
			continue
		}
		if w.kind != verb || w.apart || i+1 < len(q.words) && q.words[i+1].inverted {
			return ""
		}
		rest, _ := body(q.text[end:])
		return behind("", q.articleOf(0), q.text[q.phrases[0].noun:end]) + rest
	}
	return ""
}

// whoDid finds a question after who did something.
var whoDid = regexp.MustCompile(`(?i)^(?:qui|who) `)

// yesNo reports whether a question has no question word: « y a-t-il… », « est-ce que… ».
func yesNo(q question) bool {
	for _, w := range q.words {
		if w.kind == ask && w.fold != "que" && w.fold != "qu'" {
			return false
		}
	}
	return len(q.words) > 0 && (q.words[0].kind == verb || q.words[0].kind == pronoun || strings.Contains(q.text, "-") || q.language == "en")
}

// lowered writes the first letter of text, which starts as q or not, small unless its first word may be a name.
func lowered(q question, text string) string {
	if len(q.words) > 0 && q.words[0].kind == content && strings.HasPrefix(text, q.text[:q.words[0].end]) {
		return text
	}
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToLower(r)) + text[size:]
}

// agreeing gives the subjects of that number and gender, any others where there is none.
func (l leaning) agreeing(n number, g gender) []subject {
	if s := l.subjects(n, g); len(s) > 0 {
		return s
	}
	if s := l.subjects(n, anyGender); len(s) > 0 {
		return s
	}
	return l.subjects(anyNumber, anyGender)
}

// parts are nouns that always are of something: a question that names one alone asks for that of the
// thing spoken of before.
var parts = list(`saison prix cout couts budget duree date montant directeur directrice responsable responsables objectif
	objectifs resultat resultats travaux auteur auteurs titre version calendrier delai superficie surface adresse horaires tarif
	tarifs effectif effectifs president presidente siege but mission missions role contenu conclusion conclusions recommandation
	recommandations financement subvention inscription inscriptions livraison ouverture fermeture inauguration fin debut suite
	capacite taux total evolution bilan gain economie membres composition source sources nombre hauteur longueur
	avis nom
	price cost budget director goals aims duration deadline purpose author title version schedule address fee results head total number size`)

// partOf is the phrase that names such a part without its whole; -1 when there is none.
func (l leaning) partOf() int {
	for k, p := range l.phrases {
		if !parts[p.head] || p.preposition != "" || l.whole(k) != p.end {
			continue
		}
		if p.article == "le" || p.article == "la" || p.article == "les" || p.article == "l'" || p.article == "the" {
			return k
		}
	}
	return -1
}

// ofWhole says what the part at k is a part of; text, without, is the other reading.
func (l leaning) ofWhole(k int, text string) []string {
	of := "de"
	if l.language == "en" {
		of = "of"
	}
	at := l.phrases[k].end
	for _, s := range l.agreeing(anyNumber, anyGender) {
		if !s.person {
			return []string{spliced(l.text, at, at, " "+s.behind(of)), text}
		}
	}
	return []string{text}
}

// label finds a letter or a number behind the noun that it tells apart: « niveau A ».
var label = regexp.MustCompile(`(\p{Ll}{4,}) (\p{Lu}|\d{1,2})(?:[\s?.,]|$)`)

// labelled reports whether the question names a thing by its letter alone: « le C ».
func (l leaning) labelled() bool {
	for _, p := range l.phrases {
		if lone(l.text[p.noun:p.end]) && label.MatchString(l.previous.text) {
			return true
		}
	}
	return false
}

func lone(s string) bool {
	return len(s) == 1 && s[0] >= 'A' && s[0] <= 'Z' || len(s) <= 2 && s != "" && strings.Trim(s, "0123456789") == ""
}

// expanded says in full what the question names in short: « l'aménagement » is that of the accueil
// unique when it was before, and « le C » is « le niveau C ».
func (l leaning) expanded() (text string, grown bool) {
	text = l.text
	for k := len(l.phrases) - 1; k >= 0; k-- {
		p := l.phrases[k]
		if p.article == "" || p.asked || l.whole(k) != p.end {
			continue
		}
		if lone(text[p.noun:p.end]) {
			if m := label.FindStringSubmatch(l.previous.text); m != nil {
				text = spliced(text, p.noun, p.noun, m[1]+" ")
			}
			continue
		}
		for i := len(l.turns) - 1; i >= 0; i-- {
			if more := l.turns[i].question.complement(p.stem); more != "" {
				text, grown = spliced(text, p.end, p.end, more), true
				break
			}
		}
	}
	return text, grown
}

// complement gives what hangs on the noun with that stem by de, "" when nothing does.
func (q question) complement(stem string) string {
	for k, p := range q.phrases {
		if p.stem != stem || p.article == "" {
			continue
		}
		return q.text[p.end:q.complements(k)]
	}
	return ""
}

// complements is the end of the phrase at k with what hangs on it by de.
func (q question) complements(k int) int {
	end := q.phrases[k].end
	for _, p := range q.phrases[k+1:] {
		if !p.nested || p.time || p.preposition != "de" && p.preposition != "of" {
			break
		}
		end = p.end
	}
	return end
}

// context gives what the question before was about, to be put at the end of one that is not: « , à la Dinum ».
func (l leaning) context() string { return l.contextBut(-1) }

// contextBut is context without the phrase at but.
func (l leaning) contextBut(but int) string {
	held := map[string]bool{}
	for _, t := range analysis.Analyze(l.text, l.language) {
		held[t.Stem] = true
	}
	q := l.previous
	best, score := -1, 0
	for k, p := range q.phrases {
		if but >= 0 && k <= but && q.phrases[but].end <= q.whole(k) || p.time || vague[p.head] || held[p.stem] {
			continue
		}
		s := 1
		switch {
		case p.source:
		case !p.asked && !p.nested:
			s = 4
		case p.nested && p.preposition != "de" && p.preposition != "of":
			s = 3
		case p.asked:
			s = 2
		}
		if parts[p.head] {
			s--
		}
		if s > 1 && p.named {
			s += 2
		}
		if s > score {
			best, score = k, s
		}
	}
	if best < 0 {
		return ""
	}
	p := q.phrases[best]
	if p.preposition != "" && p.preposition != "de" && p.preposition != "of" {
		return ", " + lowered(q, q.text[p.start:q.whole(best)])
	}
	if q.language == "en" {
		return ", for " + strings.TrimSpace(q.articleOf(best)+" "+q.text[p.noun:q.whole(best)])
	}
	return ", pour " + q.definite(best, "")
}
