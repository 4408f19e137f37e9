package followup

import (
	"regexp"
	"strings"

	"rapporteur/analysis"
)

// number and gender of a noun, as its article tells.
type (
	number int
	gender int
)

const (
	anyNumber number = iota
	singular
	plural
)

const (
	anyGender gender = iota
	masculine
	feminine
)

// phrase is a noun with its article, its adjectives and the preposition before it.
type phrase struct {
	start, end  int    // bytes of the question; start is at the preposition
	object      int    // byte where the object of an action starts, with its article
	noun        int    // byte where the noun starts, behind preposition and article
	head        string // the noun, folded
	stem        string
	preposition string // folded, as "a" for à, au and aux; "" when there is none
	article     string // folded; "" when there is none
	number      number
	gender      gender
	asked       bool // what is asked for: « combien d'agents », « quel budget »
	nested      bool // follows another phrase at once: « du groupe scolaire » in « la rénovation du groupe scolaire »
	governed    bool // stands right behind a verb
	time        bool // says when
	named       bool // holds a name or a number
	source      bool // says who says so: « d'après l'Ademe »
	action      bool // an infinitive with its object: « pour publier un logiciel »
}

// question is a question cut into words and phrases.
type question struct {
	text, language string
	words          []word
	phrases        []phrase
}

func parse(text, language string) question {
	q := question{text: text, language: language, words: classed(text, language)}
	for i := 0; i < len(q.words); {
		p, next := q.phraseAt(i)
		if next == i {
			i++
			continue
		}
		q.phrases = append(q.phrases, p)
		i = next
	}
	return q
}

// compounds are prepositions of two words, by what they mean alone.
var compounds = map[string]string{
	"d' apres": "selon", "lors de": "lors", "lors des": "lors", "lors du": "lors", "lors d'": "lors", "according to": "selon",
	"aupres de": "a",
}

// contracted are prepositions that hold an article.
var contracted = map[string][2]string{"au": {"a", "le"}, "aux": {"a", "les"}, "du": {"de", "le"}, "des": {"de", "les"}}

// phraseAt reads the phrase that starts with the word at i, and gives the word behind it; i when there is none.
func (q question) phraseAt(i int) (phrase, int) {
	w := q.words
	p := phrase{start: w[i].start}
	at := i
	if w[at].kind == preposition {
		at = q.readPreposition(&p, at)
		if at >= len(w) {
			return p, i
		}
		if p.preposition != "" && w[at].kind == verb && infinitive(w[at].fold) {
			p.action = true
			at++
			if at < len(w) {
				p.object = w[at].start
			}
		}
	}
	noun := at
	for at < len(w) && (w[at].kind == article || at > i && degrees[w[at].fold]) && (at == i || !w[at].apart) {
		if w[at].kind == article {
			p.article, noun = w[at].fold, at+1
		}
		at++
	}
	first := at
	for at < len(w) && (w[at].kind == content || at > first && p.article != "" && q.nameArticle(at)) && (at == i || !w[at].apart) {
		p.named = p.named || isName(q.text, w[at], at)
		at++
	}
	if at == first {
		return p, i
	}
	p.noun, p.end = w[noun].start, w[at-1].end
	q.describe(&p, i, first)
	return p, at
}

// degrees stand between an article and its adjective.
var degrees = list("plus moins tres")

// nameArticle reports whether the article at i belongs to a name: « l'école La Plaine ».
func (q question) nameArticle(i int) bool {
	w := q.words
	return w[i].kind == article && capital(q.text, w[i]) && i+1 < len(w) && w[i+1].kind == content && capital(q.text, w[i+1])
}

func (q question) readPreposition(p *phrase, at int) int {
	w := q.words
	p.preposition = w[at].fold
	if p.preposition == "d'" {
		p.preposition = "de"
	}
	next := at + 1
	if next < len(w) && !w[next].apart {
		if whole, ok := compounds[w[at].fold+" "+w[next].fold]; ok {
			p.preposition = whole
			if c, ok := contracted[w[next].fold]; ok {
				p.article = c[1]
			}
			next++
		} else if w[next].kind == preposition && (w[at].fold == "depuis" || w[at].fold == "fin" || w[at].fold == "debut") {
			next++
		}
	}
	if c, ok := contracted[w[at].fold]; ok {
		p.preposition, p.article = c[0], c[1]
	}
	return next
}

// describe notes number, gender and place of the phrase that starts with the word at i and whose noun is at first.
func (q question) describe(p *phrase, i, first int) {
	w := q.words
	p.head = w[first].fold
	if q.language == "en" {
		for at := first; at < len(w) && w[at].end <= p.end; at++ {
			if at > first && isName(q.text, w[at], at) {
				break
			}
			p.head = w[at].fold
		}
	}
	if i > 0 && w[i].fold == "des" && (w[i-1].inverted || w[i-1].fold == "a") {
		p.preposition, p.article = "", "des" // « y a-t-il des places »
	}
	p.stem = stem(p.head, q.language)
	p.number, p.gender = agreement(p.article, p.head, q.language)
	if i > 0 && w[i-1].kind == ask && !w[i].apart {
		p.asked = asksNoun[w[i-1].fold] && p.article == ""
		switch w[i-1].fold {
		case "combien":
			if p.asked {
				p.number = plural
			}
		case "quel":
			p.number, p.gender = singular, masculine
		case "quelle":
			p.number, p.gender = singular, feminine
		case "quels", "quelles":
			p.number = plural
		}
	}
	if i > 0 && w[0].fold == "combien" && p.preposition == "de" && p.article == "" && (w[i-1].kind == pronoun || w[i-1].kind == verb) && len(q.phrases) == 0 {
		p.asked, p.number = true, plural // « combien y a-t-il d'agents »
	}
	if q.language == "en" && i > 1 && (w[i-1].fold == "many" || w[i-1].fold == "much") {
		p.asked = true
	}
	p.governed = i > 0 && w[i-1].kind == verb && !w[i].apart
	p.source = p.preposition == "selon"
	p.time = isTime(q.text[p.start:p.end], p.head)
	if n := len(q.phrases); n > 0 && p.preposition != "" && !p.action && !w[i].apart {
		last := q.phrases[n-1]
		p.nested = w[i-1].end == last.end && !(last.time && !p.time)
	}
}

var asksNoun = list("combien quel quelle quels quelles what which whose")

// agreement is what an article or else the ending of a noun says.
func agreement(article, head, language string) (number, gender) {
	if language == "en" {
		if strings.HasSuffix(head, "s") && !strings.HasSuffix(head, "ss") {
			return plural, anyGender
		}
		return singular, anyGender
	}
	g := genderOf(head)
	switch article {
	case "le", "un", "ce", "cet", "mon":
		return singular, masculine
	case "la", "une", "cette", "ma", "sa":
		return singular, feminine
	case "l'", "notre", "votre", "son", "leur":
		return singular, g
	case "":
		if strings.HasSuffix(head, "s") {
			return anyNumber, g
		}
		return singular, g
	}
	return plural, g
}

var (
	feminineEnding  = regexp.MustCompile(`(?:tion|sion|te|tie|rie|nie|gie|ance|ence|ure|ette|esse|euse|trice|ude|ecole|annee|eau de vie)s?$`)
	masculineEnding = regexp.MustCompile(`(?:ment|age|isme|eau|eur|ier|al|aux|oir|teur|budget|agent|impot|etat|hopital)s?$`)
)

func genderOf(head string) gender {
	switch {
	case feminineEnding.MatchString(head):
		return feminine
	case masculineEnding.MatchString(head):
		return masculine
	}
	return anyGender
}

// isTime reports whether a phrase says when.
func isTime(surface, head string) bool {
	return times[head] || months[head] || isYear(head) || isYear(surface) && len(strings.Fields(surface)) <= 2
}

var times = list(`annee annees an ans rentree saison mois trimestre semestre semaine jour nuit matin soir week-end lundi
	mardi mercredi jeudi vendredi samedi dimanche ete hiver printemps automne
	year years season month months week quarter spring summer autumn winter`)

// isName reports whether a word is a name, an acronym, a label or a number.
func isName(text string, w word, i int) bool {
	surface := text[w.start:w.end]
	if strings.ContainsAny(surface, "0123456789") {
		return true
	}
	return capital(text, w) && (i > 0 || len(surface) > 1 && strings.ToUpper(surface) == surface)
}

func stem(fold, language string) string {
	if tokens := analysis.Analyze(fold, language); len(tokens) > 0 {
		return tokens[0].Stem
	}
	return fold
}

// whole is the end of the phrase at k with all that hangs on it.
func (q question) whole(k int) int {
	end := q.phrases[k].end
	for _, p := range q.phrases[k+1:] {
		if !p.nested {
			break
		}
		end = p.end
	}
	return end
}

// definite gives the phrase at k as something known, with what hangs on it: « la rénovation du groupe
// scolaire » for « une rénovation du groupe scolaire », behind the preposition to, which may be "", "a" or "de".
func (q question) definite(k int, to string) string {
	return behind(to, q.articleOf(k), q.text[q.phrases[k].noun:q.whole(k)])
}

func (q question) articleOf(k int) string {
	p := q.phrases[k]
	if q.language == "en" {
		if p.article == "" && p.named {
			return ""
		}
		return "the"
	}
	switch p.article {
	case "le", "la", "les", "l'":
		return p.article
	case "notre", "nos", "votre", "vos", "cette", "ces", "ce", "cet":
		return p.article
	}
	switch {
	case p.article == "" && p.named && !p.asked:
		return ""
	case p.number == plural, p.number == anyNumber && strings.HasSuffix(p.head, "s"):
		return "les"
	case vowelFirst(q.text[p.noun:]):
		return "l'"
	case p.gender == feminine:
		return "la"
	case p.gender == masculine:
		return "le"
	}
	return ""
}

// behind puts a noun behind a preposition and an article, as French contracts them.
func behind(preposition, article, noun string) string {
	switch preposition + " " + article {
	case "a le":
		return "au " + noun
	case "a les":
		return "aux " + noun
	case "de le":
		return "du " + noun
	case "de les":
		return "des " + noun
	}
	switch article {
	case "":
	case "l'":
		noun = "l’" + noun
	default:
		noun = article + " " + noun
	}
	switch {
	case preposition == "a":
		return "à " + noun
	case preposition == "de" && vowelFirst(noun) && (article == "" || article == "un" || article == "une"):
		return "d’" + noun
	case preposition != "":
		return preposition + " " + noun
	}
	return noun
}

// mute are words with an h that is not heard.
var mute = regexp.MustCompile(`^(?:ho[pt]|habi|heur|hist|homm|herb|hiv|honn|hor|hum)`)

func vowelFirst(s string) bool {
	fold := analysis.Fold(s)
	return fold != "" && strings.ContainsRune("aeiouy", rune(fold[0])) && !strings.HasPrefix(fold, "onz") && !strings.HasPrefix(fold, "oui") || mute.MatchString(fold)
}
