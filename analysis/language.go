package analysis

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/abadojack/whatlanggo"
)

// Bounds of Language. Function words decide what they can: in running French and English they are
// 40 to 50 % of all words. The trigrams of whatlanggo decide the rest, and only where there is
// enough text for them: on titles of two or three words they are right by chance.
const (
	languageSample   = 4096 // bytes looked at; trigrams gain nothing beyond
	functionShare    = 0.12 // of words, for function words to name the language at all
	functionSure     = 0.35 // of words, for them to name it without trigrams; Spanish reaches 0.2 of French ones
	trigramLetters   = 60   // letters below which trigrams are not asked about other languages
	shortConfidence  = 0.5  // of whatlanggo between French and English alone, for short texts
	shortWords       = 4    // words below which a short text without function words stays unsure
	functionMargin   = 1.5  // how much more evidence the winner needs than the other
	accentEvidence   = 1.0  // a letter that English has not
	elisionEvidence  = 1.0  // l', d', qu'…
	documentLettersN = 400  // letters from which a text is a document rather than a question
)

// frenchWords and englishWords are function words and question words of one language only.
var (
	frenchWords = wordSet(`le la les un une des du de au aux ce cet cette ces et ou où est sont était étaient
		sera seront qui que quoi quel quelle quels quelles combien comment pourquoi quand dans par pour sur
		sous avec sans entre chez il elle ils elles nous vous leur leurs son sa ses notre votre mon ma mes
		ne pas plus ont avoir être fait faire peut doit doivent faut selon lors depuis vers dont en y se
		c'est qu'est-ce est-ce a-t-il a-t-elle lequel laquelle lesquels lesquelles quelqu'un donc alors mais
		très aussi comme si bonjour merci ça explique résume`)
	englishWords = wordSet(`the of and to is are was were be been being what which who whom whose how when where
		why many much does did do has have had in on at by for with from into about between that this these
		those there it its they them their we our you your he she his her not can could should would will
		must may any some than then as or an if whether hello thanks please`)
)

// Language names the language of a question or of a document as a BCP 47 tag: "fr", "en" or another,
// and "" when the text does not say.
func Language(text string) string {
	text = sample(text)
	words, letters := languageWords(text)
	if len(words) == 0 {
		return otherScript(text)
	}
	french, english := evidence(words)
	enough, sure := max(2, functionShare*float64(len(words))), functionSure*float64(len(words))
	switch {
	case french >= enough && french >= sure && french >= 4*english:
		return "fr"
	case english >= enough && english >= sure && english >= 4*french:
		return "en"
	case french >= enough && french >= functionMargin*english:
		return confirmed(text, letters, "fr")
	case english >= enough && english >= functionMargin*french:
		return confirmed(text, letters, "en")
	case letters >= documentLettersN || letters >= trigramLetters && french+english == 0:
		return byTrigrams(text)
	}
	return short(text, french-english, len(words))
}

// Uncapped gives a text that is typed all in capitals in lower case, since there they tell no name from another word, and
// encoders know few words in capitals. Acronyms alone, without a word of grammar between them, stay as they are.
func Uncapped(text string) string {
	if strings.ToUpper(text) != text || !slices.ContainsFunc(Both(text), func(t Token) bool { return t.Stop }) {
		return text
	}
	return strings.ToLower(text)
}

// sample is the start of text, cut between two runes.
func sample(text string) string {
	if len(text) <= languageSample {
		return text
	}
	end := languageSample
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// languageWords are the lower-case words of text, apostrophes and hyphens kept inside, and the number
// of its letters.
func languageWords(text string) (words []string, letters int) {
	text = strings.ReplaceAll(strings.ToLower(text), "’", "'")
	words = strings.FieldsFunc(text, func(r rune) bool {
		if unicode.IsLetter(r) {
			letters++
			return false
		}
		return r != '\'' && r != '-'
	})
	return words, letters
}

// evidence counts what speaks for French and for English. A word of both (on, a, plus) counts for none.
func evidence(words []string) (french, english float64) {
	for _, w := range words {
		if head, tail, ok := strings.Cut(w, "'"); ok && elides(head) && tail != "" {
			french += elisionEvidence
			w = tail
		}
		switch {
		case frenchWords[w]:
			french++
		case englishWords[w]:
			english++
		case strings.ContainsAny(w, "éèêàùçœîôûë"):
			french += accentEvidence
		}
	}
	return french, english
}

func elides(s string) bool {
	switch s {
	case "l", "d", "qu", "j", "n", "s", "c", "m", "t", "jusqu", "lorsqu", "puisqu", "aujourd":
		return true
	}
	return false
}

// confirmed lets trigrams of a long text overrule function words that other languages share
// (Italian and Spanish have la, un, que; Dutch has in, is, we).
func confirmed(text string, letters int, language string) string {
	if letters < trigramLetters {
		return language
	}
	info := whatlanggo.Detect(text)
	if info.IsReliable() && info.Lang != whatlanggo.Fra && info.Lang != whatlanggo.Eng {
		return info.Lang.Iso6391()
	}
	return language
}

func byTrigrams(text string) string {
	info := whatlanggo.Detect(text)
	if !info.IsReliable() {
		return ""
	}
	return info.Lang.Iso6391()
}

// otherScript names the language of a text without words of letters, which only its script can tell.
func otherScript(text string) string {
	if strings.IndexFunc(text, unicode.IsLetter) < 0 {
		return ""
	}
	return byTrigrams(text)
}

// short decides between French and English for a question of a few words; balance is the evidence
// for French less that for English.
func short(text string, balance float64, words int) string {
	switch {
	case balance >= 1:
		return "fr"
	case balance <= -1:
		return "en"
	case words < shortWords:
		return ""
	}
	info := whatlanggo.DetectWithOptions(text, whatlanggo.Options{
		Whitelist: map[whatlanggo.Lang]bool{whatlanggo.Fra: true, whatlanggo.Eng: true},
	})
	if info.Confidence < shortConfidence {
		return ""
	}
	return info.Lang.Iso6391()
}
