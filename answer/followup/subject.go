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

// subjects gives what pronouns may stand for, the likeliest first, from the last turn back.
func (l leaning) subjects(n number, g gender) []subject {
	var out []subject
	for i := len(l.turns) - 1; i >= 0; i-- {
		for _, s := range l.turns[i].subjects(n) {
			same := func(o subject) bool { return o.noun == s.noun }
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
	if asksName.MatchString(analysis.Fold(t.question.text)) {
		if s, ok := t.named(); ok {
			out = append(out, s)
		}
	}
	q := t.question
	for k, p := range q.phrases {
		if p.time || p.source || vague[p.head] {
			continue
		}
		s := subject{article: q.articleOf(k), noun: q.text[p.noun:q.whole(k)], number: p.number, gender: p.gender, language: q.language}
		if q.language == "en" && p.governed && !p.asked && strings.Count(s.noun, " ") == 1 {
			s.noun = withoutVerb(q, k, s.noun)
		}
		switch {
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

// withoutVerb leaves the verb of « did the town plant » out.
func withoutVerb(q question, k int, noun string) string {
	for i, w := range q.words {
		if w.start == q.phrases[k].start && i > 0 && didForms[q.words[i-1].fold] {
			noun, _, _ = strings.Cut(noun, " ")
		}
	}
	return noun
}

var didForms = list("did do does")

// vague are nouns that no pronoun stands for.
var vague = list("question chose temps cas fait moyenne moins plus nombre part sujet total raison valeur")

// asksName finds questions that a name answers.
var asksName = regexp.MustCompile(`\b(?:qui|who|quel (?:adjoint|elu|ministre|maire|directeur|responsable|organisme|ministere|service|logiciel|prestataire|cabinet|portail|outil|site)|quelle (?:personne|elue|directrice|entreprise|association|intercommunalite|societe|licence|ville|commune|structure|direction|region|adjointe)|lequel|laquelle|which (?:company|person|body|city|town|portal|tool)|what company)\b`)

var (
	// personName finds the first and last name of somebody.
	personName = regexp.MustCompile(`\p{Lu}\p{Ll}+(?:-\p{Lu}\p{Ll}+)?(?: (?:de |d['’]|du |Le |La )?\p{Lu}[\pL'’-]+)+`)
	// properNoun finds a noun with its article whose complement is a name: « la communauté d'agglomération du Val d'Ourve ».
	properNoun = regexp.MustCompile(`(?i)\b(la|le|l['’]|the)\s?((?:[\pL-]+ ){0,3}?(?:(?:de la |du |de |d['’]|des |of |of the )?[\pL-]+ ?){0,2}(?:de la |du |de |d['’]|des |of the |of )(?-i:\p{Lu})[\pL-]+(?: (?:de |d['’]|du )?(?-i:\p{Lu})[\pL-]+)*)`)
	// apposition finds what a person is, before the name: « une garante, Fabienne Orsel ».
	apposition = regexp.MustCompile(`(?i)\b(une?|la|le|l['’]|an?|the)\s?([\p{Ll}-]+),? $`)
	// document finds a title that introduces a quote, which is no name that was asked for.
	acronym = regexp.MustCompile(`\b\p{Lu}[\p{Lu}\d-]+\b`)
)

// named finds the first name in the reply that the question does not hold.
func (t turn) named() (subject, bool) {
	asked := analysis.Fold(t.question.text)
	for _, at := range personName.FindAllStringIndex(t.answer, -1) {
		name := t.answer[at[0]:at[1]]
		if strings.Contains(asked, analysis.Fold(name)) || sentenceStart(t.answer, name) {
			continue
		}
		s := subject{noun: name, number: singular, person: true, language: t.question.language}
		if role := apposition.FindStringSubmatch(t.answer[:at[0]]); role != nil {
			s.noun, s.article, s.gender = role[2]+" "+name, articleFor(role[1], role[2]), genderOf(role[2])
			if role[1] == "une" || role[1] == "Une" || role[1] == "la" {
				s.gender = feminine
			}
		}
		return s, true
	}
	if m := properNoun.FindStringSubmatch(t.answer); m != nil && !strings.Contains(asked, analysis.Fold(m[2])) {
		article := strings.ReplaceAll(strings.ToLower(m[1]), "’", "'")
		head, _, _ := strings.Cut(analysis.Fold(m[2]), " ")
		n, g := agreement(article, head, t.question.language)
		return subject{article: article, noun: strings.TrimSpace(m[2]), number: n, gender: g, language: t.question.language}, true
	}
	if name := acronym.FindString(t.answer); name != "" && !strings.Contains(asked, analysis.Fold(name)) {
		return subject{noun: name, number: singular, language: t.question.language}, true
	}
	return subject{}, false
}

// sentenceStart reports whether what looks like a name is the first word of a sentence and a name of one word.
func sentenceStart(answer, name string) bool {
	first, _, _ := strings.Cut(name, " ")
	return french.articles[analysis.Fold(first)] || english.articles[analysis.Fold(first)] || french.prepositions[analysis.Fold(first)]
}

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
