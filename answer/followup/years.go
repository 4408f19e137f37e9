package followup

import (
	"regexp"
	"strconv"
)

var (
	onlyYear = regexp.MustCompile(`^(?:(?:pour|en|de|in|for|fin|debut|sur|l'annee|l'an|pour l'annee) )*(?:19|20)[0-9]{2}$`)
	later    = regexp.MustCompile(`^(?:(?:pour|a|en|de|pendant|in|for) )?(?:l'|la |the )?(?:annee|an|exercice|saison|year|season)s? (?:d'apres|suivante?|after|later|following)$|^(?:un an|a year|one year) (?:plus tard|apres|later|after)$|^(?:l'an prochain|l'annee prochaine)$|^(?:in )?the (?:following|next) (?:year|season)$|^next year$`)
	earlier  = regexp.MustCompile(`^(?:(?:pour|a|en|de|pendant|in|for) )?(?:l'|la |the )?(?:annee|an|exercice|saison|year|season)s? (?:d'avant|precedente?|passee?|derniere?|before|earlier|previous)$|^(?:un an|a year|one year) (?:plus tot|avant|auparavant|earlier|before)$|^(?:in )?the previous (?:year|season)$|^last year$`)
)

// shift is by how many years a phrase moves the question before: « l'année d'après » is 1.
func shift(folded string) int {
	switch {
	case later.MatchString(folded):
		return 1
	case earlier.MatchString(folded):
		return -1
	}
	return 0
}

var span = regexp.MustCompile(`\b(?:19|20)[0-9]{2}(?:[-/](?:19|20)[0-9]{2})?\b`)

// shifted moves the years of the question before, or else that of the reply.
func (e ellipsis) shifted(delta int) []string {
	all := span.FindAllStringIndex(e.before, -1)
	if len(all) == 0 {
		replied := year.FindString(e.turns[len(e.turns)-1].answer)
		if replied == "" {
			return []string{e.before + ", " + e.phrase + e.mark}
		}
		return []string{e.dated(moved(replied, delta))}
	}
	at := all[len(all)-1]
	return []string{spliced(e.before, at[0], at[1], moved(e.before[at[0]:at[1]], delta)) + e.mark}
}

func moved(years string, delta int) string {
	return year.ReplaceAllStringFunc(years, func(y string) string {
		n, _ := strconv.Atoi(y)
		return strconv.Itoa(n + delta)
	})
}

func yearIn(s string) string { return year.FindString(s) }

// dated puts a year into the question before: in the place of its year, else at its end.
func (e ellipsis) dated(y string) string {
	if all := span.FindAllStringIndex(e.before, -1); len(all) > 0 {
		at := all[len(all)-1]
		return spliced(e.before, at[0], at[1], y) + e.mark
	}
	in := " en "
	if e.previous.language == "en" {
		in = " in "
	}
	return e.before + in + y + e.mark
}

// codeArticle finds the number of an article of a code: « L. 121-3 ».
var codeArticle = regexp.MustCompile(`\b[LRD]\.?[ \x{a0}\x{202f}]?\*?\d+(?:-\d+)*`)

var (
	nextOne = regexp.MustCompile(`^(?:le|la|the) (?:suivante?|next(?: one)?)$`)
	lastOne = regexp.MustCompile(`^(?:le|la|the) (?:precedente?|previous(?: one)?)$`)
)

// neighbour gives the question before about the next number, « Que dit l'article 5 » for « et le suivant ? »; "" when
// that is not asked or there is no number.
func neighbour(folded, before string) string {
	delta := 1
	if lastOne.MatchString(folded) {
		delta = -1
	} else if !nextOne.MatchString(folded) {
		return ""
	}
	at := label.FindStringSubmatchIndex(before)
	if at == nil {
		return ""
	}
	n, err := strconv.Atoi(before[at[4]:at[5]])
	if err != nil {
		return ""
	}
	return spliced(before, at[4], at[5], strconv.Itoa(n+delta))
}
