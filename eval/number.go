package eval

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// citationMark is what an answer names a citation by: « [2] ».
var citationMark = regexp.MustCompile(`\[\d+\]`)

// pageNumber is how an answer says where a quote stands.
var pageNumber = regexp.MustCompile(`(?i)(?:\bp\.|\bpages?|\bdiapositive|\bslide)[\s\x{a0}\x{202f}]*([0-9]+)`)

// numbersBacked tells for each number that an answer states whether it stands in its quotes, or in the header rows
// and titles shown with them. Marks of citations and the numbers of the pages cited state nothing.
func numbersBacked(res Result) []bool {
	answer := citationMark.ReplaceAllString(res.Answer, " ")
	var sources, pages, names []string
	for _, c := range res.Citations {
		sources = append(sources, c.Quote, c.Header)
		pages = append(pages, c.Label, strconv.Itoa(c.Page))
		names = append(names, c.Title, c.Doc)
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) }) // one title may begin another
	for _, name := range names {
		if name != "" { // its numbers are the document's own words, not the answer's
			answer = strings.ReplaceAll(answer, name, " ")
		}
	}
	answer = pageNumber.ReplaceAllStringFunc(answer, func(m string) string {
		if slices.Contains(pages, pageNumber.FindStringSubmatch(m)[1]) {
			return " "
		}
		return m
	})
	known := map[string]bool{}
	for _, s := range sources {
		for _, n := range numbers(s) {
			known[n] = true
		}
	}
	var out []bool
	for _, n := range numbers(answer) {
		out = append(out, known[n])
	}
	return out
}

// numbers gives the numeric tokens of a text by their values: « 1 500,00 » and « 1500 » are one. Groups of three
// digits after a space belong together.
func numbers(text string) []string {
	var out []string
	r := []rune(text)
	for i := 0; i < len(r); {
		if !isDigit(r, i) {
			i++
			continue
		}
		digits, next := digitRun(r, i)
		for first := len(digits); first <= 3; {
			group, end, ok := threeAfterSpace(r, next)
			if !ok {
				break
			}
			digits, next = digits+group, end
		}
		if next+1 < len(r) && (r[next] == ',' || r[next] == '.') && isDigit(r, next+1) {
			decimals, end := digitRun(r, next+1)
			if decimals = strings.TrimRight(decimals, "0"); decimals != "" {
				decimals = "." + decimals
			}
			digits, next = digits+decimals, end
		}
		if digits = strings.TrimLeft(digits, "0"); digits == "" || digits[0] == '.' {
			digits = "0" + digits
		}
		out, i = append(out, digits), next
	}
	return out
}

func isDigit(r []rune, i int) bool { return i < len(r) && r[i] >= '0' && r[i] <= '9' }

func digitRun(r []rune, i int) (digits string, next int) {
	next = i
	for isDigit(r, next) {
		next++
	}
	return string(r[i:next]), next
}

// threeAfterSpace gives the group of exactly three digits that follows one space of any kind.
func threeAfterSpace(r []rune, i int) (digits string, next int, ok bool) {
	if i >= len(r) || r[i] != ' ' && r[i] != '\u00a0' && r[i] != '\u202f' && r[i] != '\u2009' {
		return "", i, false
	}
	digits, next = digitRun(r, i+1)
	return digits, next, len(digits) == 3
}
