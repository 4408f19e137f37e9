package followup

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/analysis"
)

// kind is what a word does in a question, as far as lists and its neighbours tell.
type kind int

const (
	content     kind = iota
	ask              // combien, quel, where
	preposition      // à, dans, in
	article          // le, une, cette, the
	pronoun          // il, elle, ça, it
	verb             // a verb, or a participle after an auxiliary
	other            // what joins words: et, ne, not
)

// word is one word of a question.
type word struct {
	start, end int // bytes
	fold       string
	kind       kind
	apart      bool // a comma, a bracket or a colon stands before it
	inverted   bool // a pronoun behind its verb: « emploie-t-elle »
}

var (
	// inversion finds the pronoun that a verb draws along.
	inversion = regexp.MustCompile(`(?i)-(?:t-)?(il|elle|on|ils|elles|ce|y|vous|nous|tu)$`)
	// deictic finds what is put behind celui or ce.
	deictic = regexp.MustCompile(`(?i)-(?:ci|là|la)$`)
	// elision finds a word that ends with an apostrophe.
	elision = regexp.MustCompile(`(?i)^(?:[ldscnjmt]|qu|lorsqu|puisqu|jusqu)['’]`)
)

// cutWords gives the words of text; elided articles and the pronouns of inversions are words of their own.
func cutWords(text string) []word {
	var words []word
	apart := false
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			apart = apart || strings.ContainsRune(",;:?!.()", r)
			i += size
			continue
		}
		end := i + wordLength(text[i:])
		n := len(words)
		words = appendWord(words, text, i, end)
		words[n].apart = apart
		apart, i = false, end
	}
	return words
}

// wordLength is how far the word at the start of s goes.
func wordLength(s string) int {
	if at := elision.FindString(s); at != "" {
		return len(at)
	}
	end := 0
	for end < len(s) {
		r, size := utf8.DecodeRuneInString(s[end:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) {
			next, _ := utf8.DecodeRuneInString(s[end+size:])
			if !strings.ContainsRune("-.:/'’", r) || !unicode.IsLetter(next) && !unicode.IsDigit(next) {
				break
			}
		}
		end += size
	}
	return end
}

func appendWord(words []word, text string, start, end int) []word {
	full := text[start:end]
	if at := inversion.FindStringSubmatchIndex(full); at != nil {
		return append(words,
			word{start: start, end: start + at[0], fold: analysis.Fold(full[:at[0]])},
			word{start: start + at[2], end: end, fold: analysis.Fold(full[at[2]:]), inverted: true})
	}
	bare := full
	if at := deictic.FindStringIndex(full); at != nil {
		bare = full[:at[0]]
	}
	return append(words, word{start: start, end: end, fold: strings.ReplaceAll(analysis.Fold(bare), "’", "'")})
}

func list(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// grammar is the closed words of a language, folded.
type grammar struct {
	asks, prepositions, articles, pronouns, auxiliaries, verbs, others map[string]bool
}

var french = grammar{
	asks: list(`combien quel quelle quels quelles quand qui que qu' quoi ou comment pourquoi lequel laquelle lesquels
		lesquelles`),
	prepositions: list(`a de d' en dans chez sur sous pour avec sans par vers entre depuis pendant avant apres selon
		contre parmi lors des hors au aux du fin debut jusqu' jusque`),
	articles: list(`le la les l' un une ce cet cette ces deux trois quatre cinq six sept huit neuf dix mon ma mes notre
		nos votre vos son sa ses leur leurs tout toute tous toutes chaque`),
	pronouns: list(`il elle ils elles on je j' tu nous vous y eux lui celui celle ceux celles ca cela me m' te t' se s' c'`),
	auxiliaries: list(`est sont etait etaient sera seront serait soit ete a as ont avait avaient aura auront aurait eu ai
		avons avez avoir etre peut peuvent pourra pourront pourrait doit doivent devra devront devait va vont fait font faut
		faudra fera`),
	verbs: list(`vient viennent coute coutent coutait coutera appartient prevoit prevoient prevue represente representent
		travaille travaillent emploie dirige preside gere finance recoit touche dure ouvre ferme commence fonctionne existe
		trouve trouvent situe contient concerne propose remplace prend donne observe obtient publie compte comptent eleve
		signifie demande demandait impose occupe exerce exercent recommande tient tiennent veut dit pese
		pesent dire correspond gagne paie paient vise permet`),
	others: list(`et ou mais ne n' pas plus non oui si y'a donc alors comme que qu' tres aussi encore deja`),
}

var english = grammar{
	asks: list(`what which who whom whose when where why how`),
	prepositions: list(`in on at for with by of from during since to about into within under over before after between
		among per according`),
	articles:    list(`the a an this that these those my our your his her its their two three four five six seven eight nine ten`),
	pronouns:    list(`it they them he she him we you i us there`),
	auxiliaries: list(`is are was were be been has have had do does did can could will would shall should may might must`),
	verbs:       list(`known called cost costs employ work works live run runs open start starts lead leads happen get`),
	others:      list(`and or but not if so than then as also many much long old often far`),
}

// classed tells what each word does.
func classed(text, language string) []word {
	words := cutWords(text)
	g := french
	if language == "en" {
		g = english
	}
	inverted := false
	for _, w := range words {
		inverted = inverted || w.inverted
	}
	for i := range words {
		words[i].kind = g.kindOf(text, words, i)
		if capital(text, words[i]) && i > 0 {
			continue
		}
		if words[i].kind == content && (language == "en" && conjugatedEnglish(words, i) || language != "en" && conjugated(words, i, inverted)) {
			words[i].kind = verb
		}
	}
	return words
}

func (g grammar) kindOf(text string, words []word, i int) kind {
	w := words[i]
	surface := strings.ToLower(text[w.start:w.end])
	first := i == 0
	switch {
	case w.inverted:
		return pronoun
	case g.articles[w.fold] && i+2 < len(words) && words[i+2].inverted: // « le préside-t-il »
		return pronoun
	case i > 0 && words[i-1].kind == article && g.verbs[w.fold]: // « le compte »
		return content
	case w.fold == "en" && i > 0 && (objectPlace(words[i-1]) || modals[words[i-1].fold]):
		return pronoun
	case g.articles[w.fold] && surface != "un" && surface != "une" && i+1 < len(words) && (obtaining[words[i+1].fold] ||
		i > 0 && words[i-1].kind == ask && infinitive(words[i+1].fold) && !(i+3 < len(words) && words[i+3].inverted) && (i+2 == len(words) || words[i+2].kind == preposition || g.prepositions[words[i+2].fold])):
		return pronoun
	case i+1 < len(words) && words[i+1].inverted, g.verbs[w.fold], surface == "a" && !first, w.fold != "a" && g.auxiliaries[w.fold]:
		if capital(text, w) && !first && g.verbs[w.fold] {
			return content
		}
		if w.fold == "des" || surface == "été" && i > 0 && words[i-1].kind == article {
			return preposition
		}
		return verb
	case surface == "où", surface == "ou" && first, w.fold != "ou" && g.asks[w.fold]:
		return ask
	case w.fold == "en" && i+1 < len(words) && (g.verbs[words[i+1].fold] || g.auxiliaries[words[i+1].fold]):
		return pronoun
	case w.fold == "fin" || w.fold == "debut":
		if i+1 < len(words) && (isYear(words[i+1].fold) || months[words[i+1].fold]) {
			return preposition
		}
		return content
	case g.articles[w.fold] && i > 0 && objectPlace(words[i-1]) && (i < 2 || words[i-2].kind != preposition):
		return pronoun
	case g.prepositions[w.fold]:
		return preposition
	case g.articles[w.fold]:
		return article
	case g.pronouns[w.fold]:
		return pronoun
	case g.others[w.fold]:
		return other
	}
	return content
}

// objectPlace reports whether an article behind w is a pronoun: « qui la préside », « on les trouve ».
func objectPlace(w word) bool {
	return w.fold == "qui" || w.kind == pronoun && subjects[w.fold] && !w.inverted
}

var modals = list("peut peuvent doit doivent pourra pourront veut faut")

// obtaining are infinitives that often have a pronoun before them: « comment les obtenir ».
var obtaining = list(`obtenir demander faire avoir payer trouver utiliser joindre contacter financer recevoir renouveler remplacer
	consulter lire acheter modifier connaitre savoir telecharger rencontrer visiter appliquer calculer mesurer`)

var subjects = list("il elle ils elles on je j' tu nous vous")

// conjugated reports whether a content word stands where only a verb or a participle can.
func conjugated(words []word, i int, inverted bool) bool {
	if i == 0 || words[i].apart {
		return false
	}
	w, before := words[i].fold, words[i-1]
	switch {
	case before.kind == verb && before.fold != "est" && before.fold != "sont":
		return !isYear(w) && auxiliary(before.fold)
	case before.kind == verb:
		return strings.HasSuffix(w, "e") || strings.HasSuffix(w, "es") || strings.HasSuffix(w, "s")
	case before.kind == pronoun:
		return !before.inverted && before.fold != "celui" && before.fold != "celle" ||
			i > 1 && auxiliary(words[i-2].fold)
	case before.kind == ask:
		return before.fold != "quel" && before.fold != "quelle" && before.fold != "quels" && before.fold != "quelles"
	case before.kind == content && strings.HasSuffix(before.fold, "s") && strings.HasSuffix(w, "ent"):
		return true
	case before.kind == preposition:
		return infinitive(w) && (before.fold == "pour" || strings.HasSuffix(w, "er") && (before.fold == "de" || before.fold == "a" || before.fold == "d'"))
	case before.kind == content && !inverted && i > 1 && (i < 3 || asked(words, i-1)) && i+1 < len(words):
		next := words[i+1].fold
		return next == "le" || next == "la" || next == "les" || next == "l'" || next == "un" || next == "une"
	}
	return false
}

// conjugatedEnglish reports the same of an English word: « who wrote », « were planted ».
func conjugatedEnglish(words []word, i int) bool {
	return i > 0 && (words[i-1].fold == "who" || english.auxiliaries[words[i-1].fold] && strings.HasSuffix(words[i].fold, "ed"))
}

func auxiliary(fold string) bool { return french.auxiliaries[fold] }

func infinitive(w string) bool {
	return strings.HasSuffix(w, "er") || strings.HasSuffix(w, "ir") || strings.HasSuffix(w, "re")
}

// asked reports whether the word at i is the thing that a question word asks for.
func asked(words []word, i int) bool {
	for i--; i >= 0 && words[i].kind == preposition; i-- {
	}
	return i >= 0 && words[i].kind == ask
}

func capital(text string, w word) bool {
	r, _ := utf8.DecodeRuneInString(text[w.start:])
	return unicode.IsUpper(r)
}

var year = regexp.MustCompile(`\b(?:19|20)[0-9]{2}\b`)

func isYear(s string) bool { return year.MatchString(s) }

var months = list(`janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre january february
	march april may june july august september october november december`)
