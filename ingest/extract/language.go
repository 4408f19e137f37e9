package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/abadojack/whatlanggo"
)

const (
	// minLetters is the fewest letters from which a language is told; below, "" is more honest.
	minLetters = 40
	// windowSize is how much text one opinion is based on, in bytes. The trigrams of whatlanggo get
	// surer up to about this size and less sure above: 17 of the 58 French Markdown files of
	// data/reports are not told reliably whole, all are by windows.
	windowSize = 1000
	// maxWindows is how many opinions are asked for, evenly over the text.
	maxWindows = 24
	// majority is the share of the confidence that the language of a text must gather.
	majority = 0.6
)

// languageOf tells the language of a text as a BCP 47 tag of two letters, "" when it is not sure.
func languageOf(content string) string {
	if !hasLetters(content, minLetters) {
		return ""
	}
	windows := min(max(len(content)/windowSize, 1), maxWindows)
	if windows == 1 {
		if found := whatlanggo.Detect(content); found.IsReliable() {
			return found.Lang.Iso6391()
		}
		return ""
	}
	votes := map[whatlanggo.Lang]float64{}
	all := 0.0
	step := len(content) / windows
	for i := range windows {
		found := whatlanggo.Detect(window(content, i*step))
		votes[found.Lang] += found.Confidence
		all += found.Confidence
	}
	for lang, confidence := range votes {
		if lang >= 0 && confidence > majority*all && all > 0 {
			return lang.Iso6391()
		}
	}
	return ""
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
