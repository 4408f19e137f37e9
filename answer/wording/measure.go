package wording

import (
	"regexp"
	"strings"
	"unicode"

	"rapporteur/analysis"
)

// Measure is what the value that a question asks for is counted in.
type Measure int

// The measures that are known by their words.
const (
	NoMeasure Measure = iota
	Money             // combien coûte, quel montant
	Duration          // combien de temps, quel délai
	Share             // quelle part, quel pourcentage
)

// measureNouns are nouns that name a value by its measure, folded. Sums of a known kind are among them: what is said of
// a fine without an amount does not say how much it is.
var measureNouns = map[string]Measure{
	"montant": Money, "prix": Money, "tarif": Money, "cout": Money, "coute": Money, "coutent": Money, "budget": Money, "salaire": Money,
	"amende": Money, "loyer": Money, "subvention": Money, "cost": Money, "costs": Money, "price": Money, "amount": Money, "salary": Money,
	"temps": Duration, "duree": Duration, "delai": Duration, "age": Duration,
	"secondes": Duration, "minutes": Duration, "heures": Duration, "jours": Duration, "semaines": Duration, "mois": Duration, "ans": Duration, "annees": Duration,
	"long": Duration, "seconds": Duration, "hours": Duration, "days": Duration, "weeks": Duration, "months": Duration, "years": Duration,
	"part": Share, "proportion": Share, "pourcentage": Share, "taux": Share, "percentage": Share, "share": Share, "rate": Share,
}

// opensMeasure are the words that may stand before such a noun where its value is asked for; other question words
// before it ask for another thing.
var opensMeasure = set("combien quel quelle est etait sera fut le la l les d de du des how much many does do did is was what a an the after apres pendant sous dans maximum maximal maximale minimum minimal minimale moyen moyenne total annuel annuelle")

// MeasureOf finds what the asked value is counted in, NoMeasure where no value is asked for or its measure is not
// known: « combien d'agents ».
func MeasureOf(question string) Measure {
	for w := range strings.FieldsFuncSeq(analysis.Fold(question), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if m := measureNouns[w]; m != NoMeasure {
			return m
		}
		if !opensMeasure[w] {
			return NoMeasure
		}
	}
	return NoMeasure
}

// inMeasure finds the units of each measure, and what stands for a value without one, in folded text.
var inMeasure = map[Measure]*regexp.Regexp{
	Money:    regexp.MustCompile(`€|\$|£|\b(?:euros?|eur|[km]eur|dollars?|francs?|sterling|yens?|roubles?|ecus|florins?|ducats?|lires|pesetas?|centimes?|gratuit(?:e|s|es|ement)?|free)\b`),
	Duration: regexp.MustCompile(`\b(?:ms|millisecondes?|secondes?|s|min|minutes?|heures?|h|jours?|journees?|semaines?|quinzaine|mois|trimestres?|semestres?|ans?|annees?|decennies?|siecles?|seconds?|hours?|days?|weeks?|months?|years?|decades?|centur(?:y|ies))\b|\b[0-9]+\s?(?:s|h|j|ms)\b`),
	Share:    regexp.MustCompile(`%|\b(?:pour ?cent|pourcents?|points?|tiers|quarts?|moitie|dixiemes?|cinquiemes?|centiemes?|sur (?:dix|cent|deux|trois|quatre|cinq|1000?|10|[2-9])|percent|per cent|half|third|quarter|majorite|totalite|[0-9]+[.,][0-9]+)\b`),
}

// In reports whether a text holds a value of that measure, as far as its units show.
func (m Measure) In(text string) bool {
	in := inMeasure[m]
	return in == nil || in.MatchString(analysis.Fold(text))
}

// Holder is what a question says whose figure it asks for: « ministère » and « Armées » of « le ministère des Armées »,
// « en » and « Allemagne » of « en Allemagne », « critère » and « 3.2 ».
type Holder struct {
	Name string // as it is typed
	kind string // folded
}

// held finds a word with the name or number that it is followed by.
var held = regexp.MustCompile(`(\pL+)[\s\x{a0}]+(?:(?:de la|de l['’]|du|des|de|d['’]|of the|of)[\s\x{a0}]*)?(\p{Lu}[\pL-]{2,}|[0-9]+(?:\.[0-9]+)*)`)

// places are the words before the name of a place.
var places = set("en au aux a in from")

// HoldersOf finds them in a text, numbers only after a noun and years nowhere.
func HoldersOf(text string) (found []Holder) {
	for _, m := range held.FindAllStringSubmatch(text, -1) {
		kind, numeric := analysis.Fold(m[1]), unicode.IsDigit(rune(m[2][0]))
		if IsYear(m[2]) || !places[kind] && len(kind) < 4 || numeric && (places[kind] || !numbered[kind]) {
			continue
		}
		found = append(found, Holder{m[2], kind})
	}
	return found
}

// numbered are things that reports call by a number.
var numbered = set("article articles critere criteres annexe chapitre section titre engagement mesure axe objectif action fiche tableau figure regle recommandation lot phase version criterion chapter annex measure table rule")

// Another reports whether a text names another one of the same kind, and not this one.
func (h Holder) Another(text string) bool {
	other := false
	for _, o := range HoldersOf(text) {
		same := analysis.Fold(o.Name) == analysis.Fold(h.Name)
		if same {
			return false
		}
		other = other || o.kind == h.kind
	}
	return other && !strings.Contains(analysis.Fold(text), analysis.Fold(h.Name))
}
