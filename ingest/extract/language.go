package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/abadojack/whatlanggo"
)

const (
	// minLetters is the fewest letters from which trigrams alone tell a language; from fewLetters on,
	// small words must agree; below, "" is more honest.
	minLetters = 40
	fewLetters = 20
	// windowSize is how much text one opinion is based on, in bytes. The trigrams of whatlanggo get
	// surer up to about this size and less sure above: 17 of the 58 French Markdown files of
	// data/reports are not told reliably whole, all are by windows.
	windowSize = 1000
	// maxWindows is how many opinions are asked for, evenly over the text.
	maxWindows = 24
	// majority is the share of the confidence that the language of a text must gather.
	majority = 0.6
)

// languageOf tells the language of a text as a BCP 47 tag of two letters, "" when it is not sure. Trigrams
// take a French page full of English titles for English; between these two, small words decide.
func languageOf(content string) string {
	if !hasLetters(content, fewLetters) {
		return ""
	}
	votes, all := opinions(content)
	if !hasLetters(content, minLetters) {
		return ofFew(content, votes)
	}
	if votes[whatlanggo.Fra]+votes[whatlanggo.Eng] > majority*all {
		switch french, english := smallWords(content); {
		case french > english:
			return "fr"
		case english > french:
			return "en"
		}
	}
	for lang, confidence := range votes {
		if lang >= 0 && confidence > majority*all {
			return lang.Iso6391()
		}
	}
	return ""
}

// ofFew tells French or English of a line or two, where trigrams and small words agree.
func ofFew(content string, votes map[whatlanggo.Lang]float64) string {
	french, english := smallWords(content)
	switch {
	case french >= 2 && english == 0 && votes[whatlanggo.Fra] > 0:
		return "fr"
	case english >= 2 && french == 0 && votes[whatlanggo.Eng] > 0:
		return "en"
	}
	return ""
}

// opinions gives the confidence that each language gathers over the text, and the sum of all; of a short
// text there is one opinion, which counts when it is reliable.
func opinions(content string) (votes map[whatlanggo.Lang]float64, all float64) {
	votes = map[whatlanggo.Lang]float64{}
	windows := min(max(len(content)/windowSize, 1), maxWindows)
	if windows == 1 {
		if found := whatlanggo.Detect(content); found.IsReliable() {
			votes[found.Lang], all = 1, 1
		}
		return votes, all
	}
	step := len(content) / windows
	for i := range windows {
		found := whatlanggo.Detect(window(content, i*step))
		votes[found.Lang] += found.Confidence
		all += found.Confidence
	}
	return votes, all
}

// maxCounted is how much of a text small words are counted in, in bytes.
const maxCounted = 1 << 20

// smallWords counts the words that French and English each use all the time and the other never.
func smallWords(content string) (french, english int) {
	content = content[:min(len(content), maxCounted)]
	for word := range strings.FieldsFuncSeq(content, func(r rune) bool { return !unicode.IsLetter(r) }) {
		switch strings.ToLower(word) {
		case "le", "la", "les", "un", "une", "des", "du", "de", "au", "aux", "et", "est", "sont", "dans", "pour", "par", "sur", "avec",
			"qui", "que", "ce", "cette", "ces", "il", "elle", "nous", "vous", "leur", "leurs", "pas", "ou", "été", "être", "ont", "à", "d", "l":
			french++
		case "the", "of", "and", "to", "in", "is", "are", "was", "were", "for", "by", "with", "that", "this", "these", "it", "they", "we",
			"you", "his", "her", "its", "their", "not", "but", "be", "been", "has", "have", "had", "from", "at", "which":
			english++
		}
	}
	return french, english
}

// window gives windowSize bytes of whole characters.
func window(content string, from int) string {
	for from < len(content) && !utf8.RuneStart(content[from]) {
		from++
	}
	return strings.ToValidUTF8(content[from:min(from+windowSize, len(content))], "")
}

func hasLetters(s string, wanted int) bool {
	for _, r := range s {
		if unicode.IsLetter(r) {
			if wanted--; wanted == 0 {
				return true
			}
		}
	}
	return false
}
