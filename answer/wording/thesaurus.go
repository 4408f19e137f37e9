package wording

import (
	"strings"

	"rapporteur/analysis"
)

// groups are words of administrative French that stand for each other in questions and reports. The
// list is short on purpose: it only knows what stems cannot join, and never joins sums of money
// (budget, crédits, dépenses), where a near word makes a wrong answer.
var groups = []string{
	"coopérer coopère coopération collaborer collabore collaboration collaborations partenariat partenaire",
	"critiquer critique reprocher reproche dénoncer",
	"devenir devenu devient transformer transformé",
	"créer création fonder fondation lancer lancement",
	"augmenter augmentation hausse progression croissance",
	"diminuer diminution baisse réduire réduction",
	"coûter coûte coût prix tarif",
	"payer payant redevance redevances",
	"but objectif finalité ambition",
	"axe priorité",
	"débuter début commencer démarrer démarrage ouverture ouvrir",
	"acheter achat acquisition acquérir",
	"vendre vente cession céder",
	"ordinateur ordi",
	"appli application",
	"diriger dirige directeur directrice dirigeant",
	"mourir décès mort décédé",
	"naître naissance né née",
	"obligatoire obligation obligé tenu",
	"interdire interdiction interdit",
	"réclamation plainte signalement",
	"répondre répond réponse",
	"recruter recrutement embaucher embauche",
	"voiture véhicule automobile",
	"déchet ordure",
	"librairie bibliothèque",
	"habiter habitant habitants population",
	"avantage intérêt bénéfice",
}

// kinds are words that a question uses for a thing that the answer names: « quel pays » is answered by
// « l'Allemagne ».
var kinds = map[string]string{
	"pays": `Allemagne Autriche Belgique Bulgarie Canada Chine Croatie Danemark Espagne Estonie Finlande Grèce
		Hongrie Inde Irlande Italie Japon Lettonie Lituanie Luxembourg Maroc Norvège Pologne Portugal Roumanie
		Royaume-Uni Slovaquie Slovénie Suède Suisse Tchéquie Tunisie Ukraine États-Unis Pays-Bas`,
	"country": `Germany Austria Belgium Canada China Denmark Spain Estonia Finland Greece Ireland Italy Japan
		Norway Poland Portugal Sweden Switzerland Ukraine Allemagne Espagne Italie Belgique Suisse`,
}

// thesaurus gives the words of its group for each stem that stands in one.
var thesaurus = byStem(groups)

func byStem(groups []string) map[string][]string {
	table := map[string][]string{}
	for _, group := range groups {
		words := strings.Fields(group)
		for _, w := range words {
			table[Stem(w)] = words
		}
	}
	return table
}

// Near gives the words that may stand in an answer where the question has word, in French.
func Near(word string) []string {
	if named, ok := kinds[analysis.Fold(word)]; ok {
		return strings.Fields(named)
	}
	return thesaurus[Stem(word)]
}

// Stem is the French stem of a word, "" when it is none.
func Stem(word string) string { return stemIn("fr", word) }

// Stems gives the stems of a word in the languages that passages are analysed in.
func Stems(word string) (stems []string) {
	for _, language := range []string{"fr", "en"} {
		if stem := stemIn(language, word); stem != "" {
			stems = append(stems, stem)
		}
	}
	return stems
}

func stemIn(language, word string) string {
	if tokens := analysis.Analyze(word, language); len(tokens) > 0 {
		return tokens[0].Stem
	}
	return ""
}

// endings are what French nouns, verbs and adjectives of one root end with, folded.
var endings = set(`e es er ent ant ants age ages ation ations ement ements eur eurs euse ee ees
	ise ises isee isees iser isent isation isations ure ures ateur ateurs atrice atrices able ables
	if ive ifs ives ion ions ite ites ait aient era eront ique iques`)

// Related reports whether two folded words share a root of five letters or more that stems do not
// join: géocoder and géocodage, réutiliser and réutilisation.
func Related(a, b string) bool {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n >= 5 && endings[a[n:]] && endings[b[n:]]
}
