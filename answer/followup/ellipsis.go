package followup

import (
	"regexp"
	"strings"

	"rapporteur/analysis"
)

// replaced puts a phrase without a question of its own into the question before: a year in the place of
// its year, a place in that of its place, a thing in that of the thing.
func (l leaning) replaced() []string {
	phrase, _ := body(l.text)
	before, mark := body(l.previous.text)
	if mark == "" {
		mark = " ?"
	}
	if phrase == "" || before == "" {
		return nil
	}
	e := ellipsis{leaning: l, phrase: phrase, before: before, mark: mark}
	if at := parse(phrase, l.language); len(at.phrases) > 0 {
		e.question = at
	}
	folded := strings.ReplaceAll(analysis.Fold(phrase), "’", "'")
	if first := e.phrases; len(first) > 0 && l.opens && first[0].noun == 0 && capital(phrase, e.words[0]) {
		first[0].named = true // « et Lyon ? »
	}
	switch delta := shift(folded); {
	case delta != 0:
		return e.shifted(delta)
	case strings.HasPrefix(folded, "si ") || strings.HasPrefix(folded, "s'") || strings.HasPrefix(folded, "if "):
		return e.conditioned()
	case neighbour(folded, before) != "":
		return []string{neighbour(folded, before) + mark}
	case codeArticle.MatchString(phrase) && codeArticle.MatchString(before):
		at := codeArticle.FindStringIndex(before)
		return []string{spliced(before, at[0], at[1], codeArticle.FindString(phrase)) + mark}
	case onlyYear.MatchString(folded):
		return []string{e.dated(yearIn(phrase))}
	case len(e.phrases) == 0 && strings.HasPrefix(folded, "pour ") && strings.Contains(before, " pour "):
		return []string{before[:strings.LastIndex(before, " pour ")+1] + lowered(e.question, phrase) + mark}
	case len(e.phrases) == 0:
		return []string{before + " " + lowered(e.question, phrase) + mark}
	}
	if at := demonstrative.FindString(phrase); at != "" {
		e.question = parse(phrase[len(at):], l.language)
		e.phrase, e.attached = phrase[len(at):], true
	}
	if len(e.phrases) == 0 {
		return []string{before + " " + e.phrase + mark}
	}
	if at := e.alike(); at != nil {
		return []string{spliced(before, at[0], at[1], e.phrase) + mark}
	}
	return e.exchanged()
}

// alike finds the adjective of the question before that a lone adjective takes the place of: « annuel » for « mensuel ».
func (e ellipsis) alike() []int {
	p := e.phrases[0]
	if len(e.words) != 1 || p.named || len(p.head) < 5 {
		return nil
	}
	for _, w := range e.previous.words {
		if w.kind == content && len(w.fold) >= 5 && w.fold[len(w.fold)-3:] == p.head[len(p.head)-3:] {
			return []int{w.start, w.end}
		}
	}
	return nil
}

// ellipsis is a follow-up that only changes a part of the question before.
type ellipsis struct {
	leaning
	phrase   string // what changes, without mark
	before   string // the question before, without mark
	mark     string
	attached bool // « celui de… »: what changes hangs on a noun of the question before
}

var (
	demonstrative = regexp.MustCompile(`(?i)^(?:(?:à|a|de|pour|dans|for|of|in|at) )?(?:celui|celle|ceux|celles|the ones?) `)
)

// conditioned adds a condition; one with a year of its own leaves the year of the question before out.
func (e ellipsis) conditioned() []string {
	before := e.before
	if isYear(e.phrase) {
		before = e.withoutTime(before)
	}
	out := []string{before + " " + lowered(e.question, e.phrase) + e.mark}
	if context := e.context(); context != "" {
		out = append(out, e.phrase+context+e.mark)
	}
	return out
}

// withoutTime leaves the last phrase that says when out of the question before.
func (e ellipsis) withoutTime(before string) string {
	for k := len(e.previous.phrases) - 1; k >= 0; k-- {
		p := e.previous.phrases[k]
		if p.time && p.preposition != "" && p.end <= len(before) {
			return strings.TrimRight(before[:p.start], " ,") + before[p.end:]
		}
	}
	return before
}

// exchanged gives the readings of a phrase that changes a phrase of the question before, the likeliest first.
func (e ellipsis) exchanged() []string {
	var out []string
	if p := e.phrases[0]; lone(e.phrase[p.noun:p.end]) && p.end == len(e.phrase) {
		if at := label.FindStringSubmatchIndex(e.before); at != nil {
			return []string{spliced(e.before, at[4], at[5], e.phrase[p.noun:p.end]) + e.mark}
		}
	}
	candidates := e.candidates()
	for _, k := range candidates {
		out = append(out, e.exchange(k))
	}
	p := e.phrases[0]
	if p.time && len(out) > 0 {
		return out
	}
	if e.attached && len(candidates) == 0 {
		for _, old := range e.previous.phrases {
			if !old.asked && !old.time && known(old.article) && old.end <= len(e.before) {
				return []string{spliced(e.before, old.end, old.end, " "+e.phrase) + e.mark} // « celui de maintenance »
			}
		}
	}
	but := -1
	if len(candidates) > 0 {
		but = candidates[0]
	}
	return append(out, e.appended(but))
}

// appended puts the phrase at the end, or after it what the question before was about but for the phrase at but.
func (e ellipsis) appended(but int) string {
	p := e.phrases[0]
	if p.preposition == "" && p.article != "" && !p.named && !p.time {
		if parts[p.head] && e.whole(0) == p.end {
			if all := e.agreeing(anyNumber, anyGender); len(all) > 0 {
				of := "de"
				if e.language == "en" {
					of = "of"
				}
				return spliced(e.phrase, p.end, p.end, " "+all[0].behind(of)) + e.mark
			}
		}
		if context := e.contextBut(but); context != "" || but < 0 {
			return e.phrase + context + e.mark
		}
		return ""
	}
	if p.preposition == "" || !e.simple() {
		return e.before + ", " + lowered(e.question, e.phrase) + e.mark
	}
	return e.before + " " + lowered(e.question, e.phrase) + e.mark
}

// simple reports whether the phrase may follow the question before without a comma.
func (e ellipsis) simple() bool {
	p := e.phrases[0]
	return p.time || p.preposition == "par" || p.preposition == "per" || e.language == "en"
}

// exchange puts the phrase in the place of the phrase at k of the question before.
func (e ellipsis) exchange(k int) string {
	old, p := e.previous.phrases[k], e.phrases[0]
	end := e.previous.complements(k)
	own := e.phrase
	rest := ""
	switch {
	case old.action && p.named && old.named:
		// Of « pour obtenir EPEAT Gold » only the last word changes.
		at := strings.LastIndexByte(e.before[:old.end], ' ') + 1
		return spliced(e.before, at, old.end, e.phrase[p.noun:]) + e.mark
	case old.action:
		return spliced(e.before, old.object, end, behind("", p.article, e.phrase[p.noun:])) + e.mark
	case old.article == "" && p.article == "" && old.preposition == "de" && p.preposition == "de":
		end = old.end
	case p.time && p.preposition == "" && old.preposition != "":
		return strings.TrimRight(e.before[:old.start], " ,") + ", " + e.phrase + e.before[end:] + e.mark
	case p.preposition == "" || generic(p) && old.preposition != p.preposition:
		if e.whole(0) == p.end && !p.named && !old.named {
			end = e.bareEnd(k) // « le fonctionnement » stands for « l'aménagement » in « l'aménagement de l'accueil »
		}
		own, rest = behindAs(old, p, e.phrase[:e.whole(0)], e.language), e.phrase[e.whole(0):]
	}
	before := e.before
	if end > len(before) {
		return before + " " + e.phrase + e.mark
	}
	tail := before[end:]
	if isYear(e.phrase) {
		tail = year.ReplaceAllString(tail, "")
		tail = strings.TrimRight(dangling.ReplaceAllString(tail, ""), " ")
	}
	if old.start == 0 {
		return own + tail + rest + e.mark
	}
	return before[:old.start] + own + tail + rest + e.mark
}

// bareEnd is the end of the phrase at k with the complements that only tell its kind: « le nombre de bénévoles ».
func (e ellipsis) bareEnd(k int) int {
	end := e.previous.phrases[k].end
	for _, p := range e.previous.phrases[k+1:] {
		if !p.nested || p.preposition != "de" || p.article != "" || p.named {
			break
		}
		end = p.end
	}
	return end
}

// dangling finds a preposition that lost its year.
var dangling = regexp.MustCompile(`(?i)\s+(?:en|in|fin|début|de|pour)\s*$`)

// generic reports whether the preposition only brings a subject up: « et pour la culture ? ».
func generic(p phrase) bool { return p.preposition == "pour" || p.preposition == "for" }

// behindAs writes the first phrase of s behind the preposition of the phrase that it takes the place of.
func behindAs(old, p phrase, s, language string) string {
	end := len(s)
	if language == "en" {
		own := s[p.noun:end]
		if p.article != "" {
			own = p.article + " " + own
		}
		return strings.TrimSpace(old.preposition + " " + own)
	}
	preposition := old.preposition
	switch preposition {
	case "", "a", "de":
	default:
		return preposition + " " + behind("", p.article, s[p.noun:end])
	}
	return behind(preposition, p.article, s[p.noun:end])
}

// families are prepositions that begin the same kind of phrase.
var families = map[string]int{
	"a": 1, "dans": 1, "chez": 1, "en": 1, "in": 1, "at": 1, "pour": 2, "for": 2, "avec": 3, "with": 3, "selon": 4,
	"par": 5, "by": 5, "de": 6, "of": 6, "sur": 7, "on": 7, "about": 7, "lors": 8, "pendant": 8, "depuis": 9, "since": 9,
	"avant": 10, "before": 10, "apres": 11, "after": 11,
}

// candidates are the phrases of the question before that the phrase may take the place of, the likeliest first.
func (e ellipsis) candidates() []int {
	var at, scores []int
	for k := range e.previous.phrases {
		s := e.likeness(k)
		if s <= 0 {
			continue
		}
		i := 0
		for i < len(at) && scores[i] > s {
			i++
		}
		at = append(at[:i], append([]int{k}, at[i:]...)...)
		scores = append(scores[:i], append([]int{s}, scores[i:]...)...)
	}
	return at[:min(len(at), mostReadings-1)]
}

// likeness says how well the phrase fits into the place of the phrase at k; 0 not at all.
func (e ellipsis) likeness(k int) int {
	old, p := e.previous.phrases[k], e.phrases[0]
	if vague[p.head] {
		return 0
	}
	if old.time != p.time || old.source && p.preposition != "selon" || old.end > len(e.before) || e.attached && old.asked {
		return 0
	}
	score := 1
	if (old.article == "") == (p.article == "") {
		score += 4
	}
	if old.named == p.named {
		score += 2
	}
	same := families[p.preposition] == families[old.preposition]
	switch {
	case p.time:
		return score
	case p.preposition != "" && same && !old.action:
		if old.governed && p.article != "" {
			score += 3
		}
		if p.preposition == "de" && old.asked && p.article != "" {
			return 0
		}
		return score + 10
	case p.preposition != "" && !generic(p):
		return 0
	case old.action:
		switch {
		case p.named && old.named:
			return score + 3
		case (p.preposition == "" || generic(p)) && p.article != "" && old.article != "" && !parts[p.head]:
			return score + 2
		}
		return 0
	}
	return e.thing(old, p, score)
}

// thing weighs a phrase that names a thing without the preposition of the one it takes the place of.
func (e ellipsis) thing(old, p phrase, score int) int {
	if p.preposition == "" && p.article == "" && !p.named || generic(p) && known(old.article) != known(p.article) && !e.asksWhat() {
		return 0
	}
	asked := old.asked || old.governed && e.asksWhat()
	switch {
	case parts[p.head] != asked && (parts[p.head] || asked):
		return 0
	case old.asked && old.preposition == "de", e.language == "en" && p.preposition != "":
		return 0
	case old.preposition != "" && !old.named && old.nested && !(e.asksWhat() && old.article != ""):
		return 0
	case old.preposition != "" && old.named != p.named:
		return 0
	}
	if old.number == p.number {
		score += 3
	}
	if !old.nested {
		score += 2
	}
	return score
}

// known reports whether an article brings up a thing as known.
func known(article string) bool { return article != "un" && article != "une" && article != "" }

// asksWhat reports whether the question before asks what its first thing is: « quel est le budget ».
func (e ellipsis) asksWhat() bool { return whatIs.MatchString(e.before) }

var whatIs = regexp.MustCompile(`(?i)^(?:quel(?:le)?s? (?:est|sont|était|étaient|a été)|what (?:is|are|was|were)|c['’]est quoi)\b`)
