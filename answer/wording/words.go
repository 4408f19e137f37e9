package wording

import "strings"

// Leaning are words that point at the sentence before, folded.
var Leaning = set(`elle elles il ils ce cela ceci celui celle ceux celles ces cet cette lui leur leurs en y son sa ses
	ainsi cependant toutefois neanmoins pourtant enfin ensuite puis egalement aussi donc or car mais de
	it they this these that those he she its their however moreover also then therefore thus`)

// Words that are numbers, and words of dates, folded.
var (
	Numbers = set(`deux trois quatre cinq six sept huit neuf dix onze douze quinze vingt trente quarante cinquante
		soixante cent cents mille million millions milliard milliards dizaine douzaine quinzaine vingtaine trentaine
		cinquantaine centaine centaines millier milliers moitie tiers quart double triple aucun aucune nul nulle fois semaine mois
		two three four five six seven eight nine ten twelve hundred thousand million billion half third quarter dozen`)
	Dates = set(`janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre lundi mardi
		mercredi jeudi vendredi samedi dimanche trimestre semestre printemps ete automne hiver
		january february march april may june july august september october november december
		monday tuesday wednesday thursday friday saturday sunday`)
)

// IsYear reports a year of this century or the last.
func IsYear(s string) bool {
	return len(s) == 4 && (strings.HasPrefix(s, "19") || strings.HasPrefix(s, "20")) && strings.Trim(s, "0123456789") == ""
}
