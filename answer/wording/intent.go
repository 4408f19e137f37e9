// Package wording knows the words of questions: what they ask for, which of them say little, which stand for others, and
// what a comparison is made of. It looks at words alone, never at documents.
package wording

import (
	"regexp"
	"strings"
	"unicode"

	"rapporteur/analysis"
)

// Want is the kind of thing a question asks for.
type Want int

// The kinds of thing that questions ask for.
const (
	Any    Want = iota
	Number      // combien, quel taux
	Date        // quand, en quelle année
	Name        // qui, où, quel ministère
	List        // quelles sont les
	Sense       // c'est quoi, que veut dire
)

// Intent finds the stem of the thing asked for, "" when the question names none, and the kind of answer.
func Intent(question, language string) (focus string, w Want) {
	tokens := analysis.Analyze(question, language)
	if senseAsked.MatchString(analysis.Fold(question)) {
		return focusOf(question, tokens, Sense)
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
	if len(tokens) > 0 && (measures[tokens[0].Exact] != Any || topic.MatchString(question)) {
		return focusOf(question, tokens, Any)
	}
	return "", Any
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
func focusOf(question string, tokens []analysis.Token, w Want) (string, Want) {
	for _, t := range tokens {
		if m := measures[t.Exact]; m != Any && w != Sense {
			w = m
			continue
		}
		if t.Stop || t.Joined || Light[t.Exact] || qualifiers[t.Exact] || strings.ContainsAny(t.Exact, "0123456789") {
			continue
		}
		if w == List && !strings.HasSuffix(strings.TrimRightFunc(question[t.Start:t.End], unicode.IsSpace), "s") {
			w = Any
		}
		return t.Stem, w
	}
	return "", w
}

// asking is what a question word asks for; named is set when the thing asked for follows it.
type asking struct {
	want  Want
	named bool
}

// askWords are question words in their folded form.
var askWords = map[string]asking{
	"combien": {Number, true}, "quel": {Any, true}, "quelle": {Any, true},
	"quels": {List, true}, "quelles": {List, true}, "lesquels": {List, false}, "lesquelles": {List, false},
	"quand": {Date, false}, "qui": {Name, false}, "ou": {Name, false},
	"comment": {Any, false}, "pourquoi": {Any, false},
	"how many": {Number, true}, "how much": {Number, true}, "which": {Any, true}, "what": {Any, true},
	"when": {Date, false}, "who": {Name, false}, "where": {Name, false}, "why": {Any, false}, "how": {Any, false},
}

// measures are nouns that only say what kind of value is asked for.
var measures = map[string]Want{
	"pourcentage": Number, "part": Number, "proportion": Number, "taux": Number, "nombre": Number,
	"montant": Number, "delai": Number, "duree": Number, "taille": Number, "valeur": Number,
	"seuil": Number, "age": Number, "date": Date, "annee": Date, "jour": Date, "mois": Date,
	"percentage": Number, "share": Number, "proportions": Number, "number": Number, "amount": Number,
	"rate": Number, "size": Number, "year": Date, "day": Date, "month": Date,
	"pays": Name, "ville": Name, "ministere": Name, "organisme": Name, "entreprise": Name,
	"country": Name, "city": Name, "company": Name,
}

// qualifiers are adjectives that stand between a question word and its noun.
var qualifiers = set(`grand grands grande grandes principal principale principaux principales different differents
	differente differentes differente maximal maximale maximum max minimal minimale minimum moyen moyenne annuel annuelle
	total totale global globale autre autres nouveau nouvelle premier premiere deux trois quatre cinq six sept huit neuf
	dix main different total annual maximum minimum average other two three four five`)

// Light are words that say how one asks, or point at the source, and are seldom in the answer.
var Light = set(`faire fait font trouve trouver existe exister compte compter
	contient contenir passe passee utilise utiliser dire dit disent signifie veut vouloir parle parler parlait definition
	definir defini explique expliquer resume resumer liste lister donne donner savoir nombre quantite actuellement
	aujourd hui exactement environ rapport rapports document documents article texte apres annee annees grand grands
	grande grandes different differents differente differentes difference principal principaux principale principales chose
	choses fois type quoi ci lieu designe entend autre autres pays ville suite cours
	france sens comptait comptent contient
	etat sein concerne concernant question propos regroupe travaillent travaille appelle nomme ordre cadre
	report document article according say says said tell about explain summarize list give name called mean means
	country city plan long lasts work works working`)

func set(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// Firm reports a question whose answer must name the thing asked for: how many of them, what it is.
func Firm(question string) bool { return firmAsked.MatchString(analysis.Fold(question)) }
