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

// want is the kind of thing a question asks for.
type want int

const (
	wantAny    want = iota
	wantNumber      // combien, quel taux
	wantDate        // quand, en quelle année
	wantName        // qui, où, quel ministère
	wantList        // quelles sont les
	wantSense       // c'est quoi, que veut dire
)

// Weights of the words of a question, as factors of their idf.
const (
	lightWeight    = 0.25 // a word that says how one asks rather than about what
	unknownWeight  = 0.5  // a word that no document holds: more often another way to say it than another thing
	nameWeight     = 1.3  // a name, an acronym, a number or a year: an answer about another one is wrong
	partWeight     = 0.3  // a part of a compound that counts whole already
	borrowedWeight = 0.4  // a word that a follow-up took over from the question before it
)

// maxTerms is how many words of a question are weighed: they are bits of one machine word.
const maxTerms = 64

// inquiry is a question as the answerer understands it.
type inquiry struct {
	text     string // standalone
	language string // of the answer, "fr" or "en"
	want     want
	firm     bool // the thing asked for must be named by an answer: how many of them, what it is
	terms    []term
	mass     float64 // sum of the weights
	idf      float64 // sum of the plain idf
	exact    map[string]bool
	years    []string
	// wordsOnly says that cosines do not tell whether there is an answer.
	wordsOnly bool
}

// term is a content word of the question.
type term struct {
	stems   []string // in every language that passages are read in
	near    []string // stems of other words for it
	exact   string
	surface string // as it is typed
	weight  float64
	focus   bool // the thing that is asked for: « budget » in « Quel est le budget de… »
	name    bool // a proper name, an acronym or a number
	known   bool // some document holds it
}

// understand weighs the words of a standalone question with the idf that retrieval found. own is what
// the user typed: words that stand only in the standalone form were borrowed.
func understand(own, standalone, language string, terms []qa.Term) inquiry {
	q := inquiry{text: standalone, language: language, exact: map[string]bool{}}
	for _, t := range analysis.Analyze(standalone, language) {
		q.exact[t.Exact] = true
		if isYear(t.Exact) {
			q.years = append(q.years, t.Exact)
		}
	}
	focus, w := intent(standalone, language)
	q.want, q.firm = w, firmAsked.MatchString(analysis.Fold(standalone))
	typed := map[string]bool{}
	for _, t := range analysis.Analyze(own, language) {
		typed[t.Stem] = true
	}
	for _, t := range terms[:min(len(terms), maxTerms)] {
		x := term{stems: stemsOf(t), exact: t.Exact, surface: t.Surface, near: nearStems(t.Surface), weight: t.IDF, focus: focus != "" && t.Stem == focus, name: isName(t.Surface, standalone), known: t.Known}
		switch {
		case lightWords[t.Exact]:
			x.weight *= lightWeight
		case x.name:
			x.weight *= nameWeight
		case !t.Known && !x.focus:
			x.weight *= unknownWeight
		}
		if !typed[t.Stem] {
			x.weight *= borrowedWeight
		}
		if partOf(t, terms) {
			x.weight *= partWeight
		}
		q.terms = append(q.terms, x)
		q.mass += x.weight
		q.idf += t.IDF
	}
	return q
}

// partOf reports whether t is a part of a compound among the terms that the documents know whole:
// « Ourve » of « Fontbrelle-sur-Ourve ».
func partOf(t qa.Term, terms []qa.Term) bool {
	return slices.ContainsFunc(terms, func(o qa.Term) bool {
		return o.Known && len(o.Surface) > len(t.Surface) && strings.Contains(o.Surface, t.Surface)
	})
}

// stemsOf gives the stems of a word in the languages that passages are analysed in, its own first.
func stemsOf(t qa.Term) []string {
	stems := []string{t.Stem}
	for _, language := range []string{"fr", "en"} {
		if tokens := analysis.Analyze(t.Surface, language); len(tokens) > 0 {
			stems = append(stems, tokens[0].Stem)
		}
	}
	return stems
}

func nearStems(word string) []string {
	var stems []string
	for _, w := range nearWords(word) {
		stems = append(stems, stemOf(w))
	}
	return stems
}

// otherWords are the words that may stand for those of the question, for a second search.
func (q inquiry) otherWords() string {
	var words []string
	for _, t := range q.terms {
		words = append(words, nearWords(t.exact)...)
	}
	return strings.Join(words, " ")
}

// isName reports whether a word of the question is a number, an acronym or, after its first word,
// begins with a capital.
func isName(surface, question string) bool {
	if strings.IndexFunc(surface, unicode.IsDigit) >= 0 {
		return true
	}
	first, _ := utf8.DecodeRuneInString(surface)
	if !unicode.IsUpper(first) || lightWords[analysis.Fold(surface)] {
		return false
	}
	allCapitals := utf8.RuneCountInString(surface) > 1 && strings.ToUpper(surface) == surface
	return allCapitals || !strings.HasPrefix(strings.TrimSpace(question), surface)
}

// intent finds the stem of the thing asked for, "" when the question names none, and the kind of answer.
func intent(question, language string) (focus string, w want) {
	tokens := analysis.Analyze(question, language)
	if senseAsked.MatchString(analysis.Fold(question)) {
		return focusOf(question, tokens, wantSense)
	}
	for i, t := range tokens {
		ask, ok := askWords[t.Exact]
		if !ok {
			continue
		}
		if (t.Exact == "how" || t.Exact == "what") && i+1 < len(tokens) {
			if next, ok := askWords["how "+tokens[i+1].Exact]; ok && t.Exact == "how" {
				ask = next
			}
		}
		if !ask.named {
			return "", ask.want
		}
		return focusOf(question, tokens[i+1:], ask.want)
	}
	if len(tokens) > 0 && (measures[tokens[0].Exact] != wantAny || topic.MatchString(question)) {
		return focusOf(question, tokens, wantAny)
	}
	return "", wantAny
}

// topic finds questions that only name their subject: « le budget ? ».
var topic = regexp.MustCompile(`^(?i:le|la|les|l['’])(?:\s|\pL)`)

// firmAsked finds questions that an answer must take the noun of: « combien d'agents », « quel est le
// budget », « le budget ? ». In « quel sport pratique-t-il » the noun is only the kind of thing that the answer names.
var firmAsked = regexp.MustCompile(`^(?:le|la|les|l)\b|\b(?:combien|how many|how much|(?:quel|quelle|quels|quelles) (?:est|sont|etait|etaient|sera|seront|fut)|what (?:is|are|was|were))\b`)

// senseAsked finds questions about what a word means.
var senseAsked = regexp.MustCompile(`c.?est quoi|qu.?est[- ]ce que? |qu.?est[- ]ce qu.un|que (?:veut|veulent) dire|que signifie|qu.?entend|definition|definir|designe|what is an? |what (?:does|do) .* mean|define `)

// focusOf finds the noun after a question word. A measure (« quel montant », « quelle part ») says
// what kind of answer is asked for, and the noun is what comes after it.
func focusOf(question string, tokens []analysis.Token, w want) (string, want) {
	for _, t := range tokens {
		if m := measures[t.Exact]; m != wantAny && w != wantSense {
			w = m
			continue
		}
		if t.Stop || t.Joined || lightWords[t.Exact] || qualifiers[t.Exact] || strings.ContainsAny(t.Exact, "0123456789") {
			continue
		}
		if w == wantList && !strings.HasSuffix(strings.TrimRightFunc(question[t.Start:t.End], unicode.IsSpace), "s") {
			w = wantAny
		}
		return t.Stem, w
	}
	return "", w
}

// asking is what a question word asks for; named is set when the thing asked for follows it.
type asking struct {
	want  want
	named bool
}

// askWords are question words in their folded form.
var askWords = map[string]asking{
	"combien": {wantNumber, true}, "quel": {wantAny, true}, "quelle": {wantAny, true},
	"quels": {wantList, true}, "quelles": {wantList, true}, "lesquels": {wantList, false}, "lesquelles": {wantList, false},
	"quand": {wantDate, false}, "qui": {wantName, false}, "ou": {wantName, false},
	"comment": {wantAny, false}, "pourquoi": {wantAny, false},
	"how many": {wantNumber, true}, "how much": {wantNumber, true}, "which": {wantAny, true}, "what": {wantAny, true},
	"when": {wantDate, false}, "who": {wantName, false}, "where": {wantName, false}, "why": {wantAny, false}, "how": {wantAny, false},
}

// measures are nouns that only say what kind of value is asked for.
var measures = map[string]want{
	"pourcentage": wantNumber, "part": wantNumber, "proportion": wantNumber, "taux": wantNumber, "nombre": wantNumber,
	"montant": wantNumber, "delai": wantNumber, "duree": wantNumber, "taille": wantNumber, "valeur": wantNumber,
	"seuil": wantNumber, "age": wantNumber, "date": wantDate, "annee": wantDate, "jour": wantDate, "mois": wantDate,
	"percentage": wantNumber, "share": wantNumber, "proportions": wantNumber, "number": wantNumber, "amount": wantNumber,
	"rate": wantNumber, "size": wantNumber, "year": wantDate, "day": wantDate, "month": wantDate,
	"pays": wantName, "ville": wantName, "ministere": wantName, "organisme": wantName, "entreprise": wantName,
	"country": wantName, "city": wantName, "company": wantName,
}

// qualifiers are adjectives that stand between a question word and its noun.
var qualifiers = wordSet(`grand grands grande grandes principal principale principaux principales different differents
	differente differentes differente maximal maximale maximum max minimal minimale minimum moyen moyenne annuel annuelle
	total totale global globale autre autres nouveau nouvelle premier premiere deux trois quatre cinq six sept huit neuf
	dix main different total annual maximum minimum average other two three four five`)

// lightWords say how one asks, or point at the source, and are seldom in the answer.
var lightWords = wordSet(`faire fait font trouve trouver existe exister compte compter
	contient contenir passe passee utilise utiliser dire dit disent signifie veut vouloir parle parler parlait definition
	definir defini explique expliquer resume resumer liste lister donne donner savoir nombre quantite actuellement
	aujourd hui exactement environ rapport rapports document documents article texte apres annee annees grand grands
	grande grandes different differents differente differentes difference principal principaux principale principales chose
	choses fois type quoi ci lieu designe entend autre autres pays ville suite cours
	france sens comptait comptent contient
	etat sein concerne concernant question propos regroupe travaillent travaille appelle nomme ordre cadre
	report document article according say says said tell about explain summarize list give name called mean means
	country city plan long lasts work works working`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}
