package analysis

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// listNumber is the number of an item or of a title: « 1. », « 2.3. », « IV. », « B. », « Article 4. ».
var listNumber = regexp.MustCompile(`^[-–—•*(« ]*(?:(?i:article|art\.|chapitre|section|titre|partie|annexe|étape|figure|tableau|fiche|chapter|appendix|table|step)\s+)?(?:[0-9]{1,3}(?:\.[0-9]{1,3})*|[IVXLC]{1,6}|[A-Za-z])\.$`)

// isListNumber reports whether before, which a dot ends, only numbers what follows on its line.
func isListNumber(before, earlier string) bool {
	const longest = 40 // bytes; no number of an item is longer, and the expression costs as much as it reads
	return len(before) <= longest && strings.TrimSpace(earlier) == "" && listNumber.MatchString(before)
}

// always holds the abbreviations that never end a sentence: a name, a title or a reference follows.
var always = wordSet(`m mm mme mmes mlle mlles dr drs pr prs mgr me st ste mr mrs ms prof gén cdt
	cf éd coll av bd boul env ex par.ex p.ex approx réf tél téléc c.-à-d c.à.d i.e e.g vs resp adr dép
	jr hon rev gov`)

// beforeNumber holds the abbreviations that a number or the number of an article follows; elsewhere
// they are words of their own (art, sept, no, fig) or may end a sentence.
var beforeNumber = wordSet(`art arts al p pp n no nos nº n° num vol chap fig figs tab t sect ann app
	janv jan févr fév feb mars avr apr juil juill jul aug août sept oct nov déc dec max min ch liv tit
	ord délib alin para § sq ed`)

// starters are words that begin a sentence after an acronym or an initial, and are no part of a name.
var starters = wordSet(`il elle ils elles on ce cet cette ces celui-ci celle-ci ceux-ci c les un une
	dans pour en par sur avec selon ainsi mais or donc car cependant toutefois enfin ensuite puis si
	lorsque quand depuis après avant nous vous je j l d cela ceci son sa ses leur leurs aucun aucune
	tous toutes chaque à au aux plus afin outre parmi pendant entre notre nos
	the it this that these those he she they we in on for with but and however when if as at its there our`)

// nameParticles may begin a sentence or go on with a name (J. Le Goff).
var nameParticles = wordSet(`le la de du des a`)

// labels are words that a letter follows as a number does: « le niveau C. Le code… ».
var labels = wordSet(`annexe niveau classe catégorie plan option vitamine point groupe lot partie type
	section zone phase colonne ligne liste grade échelon axe volet article hépatite ligue appendix level
	annex class category group part section option grade`)

var (
	dottedLetters = regexp.MustCompile(`^(?:\pL\.-?){1,7}\pL$`)
	articleNumber = regexp.MustCompile(`^(?:(?:[(«]\s?)?(?:[LRDAC]{1,2}\*?[. ]{0,2})?[0-9]|[IVXLC]+\b)`)
)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// isAbbreviation reports whether the dot after the last word of before abbreviates, given the text
// that follows, rather than ends a sentence.
func isAbbreviation(before, after string) bool {
	head, word := lastWord(before)
	lower := strings.ToLower(word)
	next := strings.ToLower(firstWord(after))
	switch {
	case word == "":
		return false
	case isInitial(word):
		return initialGoesOn(word, head, after, next)
	case always[lower]:
		return lower != "me" || word == "Me"
	case beforeNumber[lower]:
		return articleNumber.MatchString(after)
	case dottedLetters.MatchString(word):
		return !starters[next] && !nameParticles[next]
	}
	return false
}

// isInitial reports whether word is one letter, or letters joined as in « J.-P ».
func isInitial(word string) bool {
	if utf8.RuneCountInString(word) == 1 {
		r, _ := utf8.DecodeRuneInString(word)
		return unicode.IsUpper(r)
	}
	return dottedLetters.MatchString(word) && strings.Contains(word, "-") && !always[strings.ToLower(word)]
}

// initialGoesOn tells « J. Dupont » and « L. 1234-9 » from « le niveau C. Le code ».
func initialGoesOn(word, head, after, next string) bool {
	if word == "M" {
		return true
	}
	if articleNumber.MatchString(after) && strings.ContainsAny(word, "LRDAC") {
		return true
	}
	_, label := lastWord(strings.TrimRightFunc(head, unicode.IsSpace))
	return !labels[strings.ToLower(label)] && !starters[next] && startsUpper(after)
}

func startsUpper(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r)
}

// lastWord cuts s before its last word: letters, digits and the inner marks of abbreviations.
func lastWord(s string) (head, word string) {
	i := len(s)
	for i > 0 {
		r, size := utf8.DecodeLastRuneInString(s[:i])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != '-' && r != '°' && r != '§' {
			break
		}
		i -= size
	}
	return s[:i], strings.Trim(s[i:], ".-")
}

// firstWord is the word at the start of s, without the quote that opens it nor what an apostrophe joins.
func firstWord(s string) string {
	s = strings.TrimLeftFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	end := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' })
	if end < 0 {
		return s
	}
	return s[:end]
}
