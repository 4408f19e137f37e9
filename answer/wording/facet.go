package wording

import (
	"regexp"
	"slices"
	"strings"

	"rapporteur/analysis"
)

var (
	// comparison opens a question that compares, folded.
	comparison = regexp.MustCompile(`\b(?:compare[rz]?|comparaison|difference|evolue|evolution|par rapport|compared?|comparison|versus|vs)\b`)
	// asksComparison is what such a question says beside its subject.
	asksComparison = regexp.MustCompile(`(?i)^(?:(?:pouvez|peux|pourriez|pourrais)[- ](?:vous|tu)\s+)?(?:compare[rz]?|(?:quelle est |quelles sont )?(?:la |les )?(?:comparaison|différences?|évolution)s?(?: entre| de| du| des| d['’])?|comment (?:a|ont) évolué|compare|what (?:is|are) the differences? between|how (?:did|has|have))\s*`)
	// yearly is a year with the words that tie it to the sentence.
	yearly = regexp.MustCompile(`(?i)\s*,?\s*(?:\b(?:entre|de|du|en|et|à|depuis|pour|vers|contre|avec|celui de|celle de|ceux de|celles de|par rapport à|between|and|in|from|to|of|versus|vs)\s+)*\b((?:19|20)[0-9]{2})\b`)
	// sides are two things that are compared.
	sides = regexp.MustCompile(`(?i)^(.{3,80}?)\s+(?:et|avec|à|and|with|to|versus|vs)\s+(.{3,80}?)\s*\??$`)
	// overall asks for the whole of a report, folded.
	overall = regexp.MustCompile(`\b(?:resume[rz]?|resumes|synthese|synthetise[rz]?|points? cles|faits marquants|grandes lignes|grandes realisations|principales realisations|de quoi parle|que dit|que contient|summar(?:y|ise|ize)|key points|highlights)\b`)
)

// Facets gives the questions that a comparison is made of, none when it compares nothing.
func Facets(question string) []string {
	folded := analysis.Fold(question)
	if !comparison.MatchString(folded) {
		return nil
	}
	var years []string
	for _, m := range yearly.FindAllStringSubmatch(question, -1) {
		if !slices.Contains(years, m[1]) {
			years = append(years, m[1])
		}
	}
	subject := strings.TrimSpace(asksComparison.ReplaceAllString(strings.TrimRight(question, " ?.!\u00a0\u202f"), ""))
	if len(years) > 1 && len(years) <= mostFacets {
		rest := strings.TrimSpace(yearly.ReplaceAllString(subject, ""))
		if len(analysis.Analyze(rest, "fr")) == 0 || onlyStops(rest) {
			rest = "principaux résultats et chiffres clés"
		}
		var out []string
		for _, y := range years {
			out = append(out, rest+" en "+y+" ?")
		}
		return out
	}
	if m := sides.FindStringSubmatch(subject); m != nil && len(years) == 0 {
		return []string{"Qu’est-ce que " + m[1] + " ?", "Qu’est-ce que " + m[2] + " ?"}
	}
	return nil
}

func onlyStops(text string) bool {
	return !slices.ContainsFunc(analysis.Analyze(text, "fr"), func(t analysis.Token) bool { return !t.Stop && !Light[t.Exact] })
}

// Overall reports a question about the whole of a report.
func Overall(question string) bool { return overall.MatchString(analysis.Fold(question)) }

// mostFacets is how many things are compared at most.
const mostFacets = 4

// SpansYears reports whether a question that names one year asks for the way from or to others: « depuis 2021 »,
// « par rapport à 2022 ».
func SpansYears(question string) bool {
	text := " " + analysis.Fold(question)
	return slices.ContainsFunc(spanning, func(w string) bool { return strings.Contains(text, w) })
}

// spanning are words, or how they begin: a « centre » and an « échange » compare nothing.
var spanning = []string{" depuis", " par rapport", "evolu", "compar", "difference", " entre ", "plus que", "moins que", " since ", " versus", " vs ", " change"}
