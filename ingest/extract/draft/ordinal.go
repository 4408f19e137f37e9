package draft

import (
	"strconv"
	"strings"
)

// ListLevel says how the items of one depth are marked.
type ListLevel struct {
	Format string // "bullet", "decimal", "none"…
	Text   string // the mark, with %1 to %9 for the counters of the depths
	Start  int
}

// Mark writes what stands before the text of an item at a depth, counted from 0: "- " or its number.
func Mark(levels map[int]ListLevel, counts *[9]int, depth int) string {
	level := levels[depth]
	if level.Format == "bullet" || !strings.Contains(level.Text, "%") {
		return "- "
	}
	text := level.Text
	for i := range counts {
		text = strings.ReplaceAll(text, "%"+strconv.Itoa(i+1), Ordinal(levels[i].Format, max(counts[i], 1)))
	}
	return text + " "
}

// Ordinal writes the number of a list item in a format, by the names that DOCX or OpenDocument have for
// it; those unknown here are written in digits.
func Ordinal(format string, n int) string {
	switch strings.ToLower(format) {
	case "none":
		return ""
	case "lowerletter", "a":
		if format == "A" {
			return strings.ToUpper(letters(n))
		}
		return letters(n)
	case "upperletter":
		return strings.ToUpper(letters(n))
	case "lowerroman", "i":
		if format == "I" {
			return strings.ToUpper(roman(n))
		}
		return roman(n)
	case "upperroman":
		return strings.ToUpper(roman(n))
	}
	return strconv.Itoa(n)
}

// letters writes 1 as a, 26 as z, 27 as aa, 28 as bb, like word processors.
func letters(n int) string {
	n = max(n, 1)
	return strings.Repeat(string(rune('a'+(n-1)%26)), min(1+(n-1)/26, 9))
}

func roman(n int) string {
	if n > 3999 {
		return strconv.Itoa(n)
	}
	values := []int{1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1}
	signs := []string{"m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i"}
	var b strings.Builder
	for i, v := range values {
		for ; n >= v; n -= v {
			b.WriteString(signs[i])
		}
	}
	return b.String()
}

// AutoNumber writes the number of a list item with its punctuation, as the formats of slides say: "arabicPeriod", "alphaLcParenR"…
func AutoNumber(format string, n int) string {
	text := Ordinal("decimal", n)
	switch {
	case strings.HasPrefix(format, "alphaLc"):
		text = Ordinal("lowerLetter", n)
	case strings.HasPrefix(format, "alphaUc"):
		text = Ordinal("upperLetter", n)
	case strings.HasPrefix(format, "romanLc"):
		text = Ordinal("lowerRoman", n)
	case strings.HasPrefix(format, "romanUc"):
		text = Ordinal("upperRoman", n)
	}
	switch {
	case strings.HasSuffix(format, "ParenBoth"):
		return "(" + text + ")"
	case strings.HasSuffix(format, "ParenR"):
		return text + ")"
	case strings.HasSuffix(format, "Plain"):
		return text
	}
	return text + "."
}
