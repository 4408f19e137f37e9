package followup

import (
	"regexp"
	"slices"
	"strings"

	"rapporteur/analysis"
)

// subject is what a pronoun may stand for.
type subject struct {
	article, noun string // « la », « rénovation du groupe scolaire »
	number        number
	gender        gender
	person        bool
	language      string
}

// behind gives the subject behind a preposition, "" for none.
func (s subject) behind(preposition string) string {
	if s.language == "en" {
		return strings.TrimSpace(preposition + " " + strings.TrimSpace(s.article+" "+s.noun))
	}
	return behind(preposition, s.article, s.noun)
}

// bare gives the noun alone, behind de: « d'agents ».
func (s subject) bare() string { return behind("de", "", s.noun) }

// agrees reports whether a pronoun of that number and gender may stand for the subject.
func (s subject) agrees(n number, g gender) bool {
	return (n == anyNumber || s.number == anyNumber || n == s.number) && (g == anyGender || s.gender == anyGender || g == s.gender)
}

// mostNaming is how much of a reply is read for a name, in bytes: the first sentence gives it.
const mostNaming = 300

// subjects gives what pronouns may stand for, the likeliest first, from the last turn back.
func (l leaning) subjects(n number, g gender) []subject {
	var out []subject
	for i := len(l.turns) - 1; i >= 0; i-- {
		for _, s := range l.turns[i].subjects(n) {
			if isYear(l.text) {
				s.noun = dangling.ReplaceAllString(year.ReplaceAllString(s.noun, ""), "")
			}
			same := func(o subject) bool { return headOf(o.noun) == headOf(s.noun) }
			if s.agrees(n, g) && !slices.ContainsFunc(out, same) {
				out = append(out, s)
			}
		}
	}
	return out[:min(len(out), mostReadings)]
}

// subjects gives those of one turn: what the reply named when a name was asked for, then what the
// question is about, then what else it speaks of.
func (t turn) subjects(n number) []subject {
	var out, later, last []subject
	if folded := analysis.Fold(t.question.text); asksName.MatchString(folded) {
		if s, ok := t.named(asksPerson.MatchString(folded)); ok {
			out = append(out, s)
		}
	} else if s, ok := t.named(false); ok && t.asksWhich(analysis.Fold(headOf(s.noun))) {
		out = append(out, s)
	}
	q := t.question
	for k, p := range q.phrases {
		if p.time || p.source || vague[p.head] || p.article == "" && p.preposition == "de" && infinitive(p.head) && !p.named && !p.asked {
			continue
		}
		s := subject{article: q.articleOf(k), noun: q.text[p.noun:q.whole(k)], number: p.number, gender: p.gender, language: q.language}
		s.person = p.article == "" && p.preposition == "" && personName.FindString(s.noun) == s.noun
		if q.language == "en" && p.governed && !p.asked && strings.Count(s.noun, " ") == 1 {
			s.noun = withoutVerb(q, k, s.noun)
		}
		whole := k > 0 && p.nested && !p.action && (p.article != "" || p.named) && parts[q.phrases[k-1].head]
		switch {
		case parts[p.head] && q.complements(k) > p.end:
			later = append([]subject{s}, later...)
		case whole:
			out = append(out, s)
		case p.action, p.asked && (n != plural || p.number != plural):
			last = append(last, s)
		case p.nested && p.preposition == "de" && !p.named:
			later = append(later, s)
		case p.nested:
			later = append([]subject{s}, later...)
		default:
			out = append(out, s)
		}
	}
	return slices.Concat(out, later, last)
}

// asksWhich reports whether the question asks which of the things of that noun: « quelle école » and
// « quel est le plus grand parc ».
func (t turn) asksWhich(noun string) bool {
	for _, p := range t.question.phrases {
		asked := p.asked && p.preposition == "" || p.governed && whatIs.MatchString(t.question.text)
		if asked && slices.Contains(strings.Fields(analysis.Fold(t.question.text[p.noun:p.end])), noun) {
			return true
		}
	}
	return false
}

// headOf is the first word of a noun phrase.
func headOf(noun string) string {
	head, _, _ := strings.Cut(noun, " ")
	return head
}

// withoutVerb leaves the verb of « did the town plant » out.
func withoutVerb(q question, k int, noun string) string {
	for i, w := range q.words {
		if w.start == q.phrases[k].start && i > 1 && (didForms[q.words[i-1].fold] || beForms[q.words[i-1].fold] && q.words[i-2].fold != "what") {
			noun, _, _ = strings.Cut(noun, " ")
		}
	}
	return noun
}

var (
	didForms = list("did do does")
	beForms  = list("is are was were")
)

// vague are nouns that no pronoun stands for.
var vague = list("question chose temps cas fait monde moyenne moins plus nombre part sujet total raison valeur")

// asksName finds questions that a name answers.
var asksName = regexp.MustCompile(`\b(?:qui|who|quel (?:adjoint|elu|ministre|maire|directeur|responsable|organisme|ministere|service|logiciel|prestataire|cabinet|portail|outil|site)|quelle (?:personne|elue|directrice|entreprise|association|intercommunalite|societe|licence|ville|commune|structure|direction|region|adjointe)|lequel|laquelle|quel est le nom|which (?:company|person|body|city|town|portal|tool)|what company)\b`)

// asksPerson finds those that the name of somebody answers.
var asksPerson = regexp.MustCompile(`\b(?:qui|who|quel (?:adjoint|elu|ministre|maire|directeur|responsable)|quelle (?:personne|elue|directrice|adjointe)|quel est le nom)\b`)

var (
	// personName finds the first and last name of somebody.
	personName = regexp.MustCompile(`\p{Lu}\p{Ll}+(?:-\p{Lu}\p{Ll}+)?(?: (?:de |d['’]|du |Le |La )?\p{Lu}[\pL'’-]+)+`)
	// apposition finds what a person is, before the name: « une garante, Fabienne Orsel ».
	apposition = regexp.MustCompile(`(?i)\b(une?|la|le|l['’]|an?|the)\s?([\p{Ll}-]+),? $`)
	acronym    = regexp.MustCompile(`\b\p{Lu}[\p{Lu}\d-]+\b`)
)

// named finds the first name in the reply that the question does not hold: somebody's first where one was asked for.
func (t turn) named(person bool) (subject, bool) {
	finders := []func(string) (subject, bool){t.person, t.thing}
	if !person {
		slices.Reverse(finders)
	}
	asked := analysis.Fold(t.question.text)
	for _, find := range finders {
		if s, ok := find(asked); ok {
			s.language = t.question.language
			return s, true
		}
	}
	return subject{}, false
}

// person finds the first and last name of somebody in the reply, with what it says that they are.
func (t turn) person(asked string) (subject, bool) {
	for _, at := range personName.FindAllStringIndex(t.answer, -1) {
		name := t.answer[at[0]:at[1]]
		if strings.Contains(asked, analysis.Fold(name)) || opensWithArticle(name) {
			continue
		}
		s := subject{noun: name, number: singular, person: true}
		if role := apposition.FindStringSubmatch(t.answer[:at[0]]); role != nil {
			s.noun, s.article, s.gender = role[2]+" "+name, articleFor(role[1], role[2]), genderOf(role[2])
			if article := strings.ToLower(role[1]); article == "une" || article == "la" {
				s.gender = feminine
			}
		}
		return s, true
	}
	return subject{}, false
}

// thing finds a noun with a name of its own or of its complement: « le cabinet Transmob ».
func (t turn) thing(asked string) (subject, bool) {
	r := parse(start(t.answer, mostNaming), languageOf(t.answer, t.question.language))
	for k, p := range r.phrases {
		if !p.named || p.time || strings.Contains(asked, analysis.Fold(r.text[p.noun:p.end])) || strings.ContainsAny(r.text[p.noun:p.end], "0123456789") {
			continue
		}
		own := k
		for r.phrases[k].nested && k > 0 {
			k--
		}
		p = r.phrases[k]
		if k == own || k == 0 || !strings.Contains(asked, p.head) {
			return subject{article: r.articleOf(k), noun: r.name(k), number: p.number, gender: p.gender}, true
		}
	}
	if p := r.phrases; len(p) > 0 && p[0].start == 0 && p[0].article != "" && strings.Trim(r.text[r.whole(0):], " .") == "" {
		return subject{article: r.articleOf(0), noun: r.name(0), number: p[0].number, gender: p[0].gender}, true // « Le service de l'urbanisme. »
	}
	if name := acronym.FindString(t.answer); name != "" && !strings.Contains(asked, analysis.Fold(name)) {
		return subject{noun: name, number: singular}, true
	}
	return subject{}, false
}

// opensWithArticle reports whether what looks like a name is the start of a sentence: « La Dinum ».
func opensWithArticle(name string) bool {
	first, _, _ := strings.Cut(name, " ")
	return french.articles[analysis.Fold(first)] || english.articles[analysis.Fold(first)] || french.prepositions[analysis.Fold(first)]
}

// name gives the phrase at k with its complements, without quotation marks; an English one ends with its
// last capital, as a verb may follow.
func (q question) name(k int) string {
	noun := strings.Join(strings.FieldsFunc(q.text[q.phrases[k].noun:q.complements(k)], func(r rune) bool { return strings.ContainsRune("«»“”\" \u00a0\u202f", r) }), " ")
	if q.language != "en" {
		return noun
	}
	words := strings.Fields(noun)
	for len(words) > 1 && strings.ToLower(words[len(words)-1]) == words[len(words)-1] {
		words = words[:len(words)-1]
	}
	return strings.Join(words, " ")
}

// articleFor is the definite article for a noun that had article.
func articleFor(article, noun string) string {
	switch strings.ToLower(article) {
	case "a", "an", "the":
		return "the"
	}
	switch {
	case vowelFirst(noun):
		return "l'"
	case strings.EqualFold(article, "une") || strings.EqualFold(article, "la"):
		return "la"
	}
	return "le"
}
