// Package running knows running headers and footers by their texts and heights on page after page.
package running

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"rapporteur/ingest/extract/pdf/layout/wording"
)

// repeats is on how many pages a line must stand at one height to be furniture, with at most apartPages
// from one to the next: headers of left and right pages differ, and chapters open without one.
// Headings that happen to open pages come back further apart.
const (
	repeats    = 3
	apartPages = 3
)

// partRepeats is the same for a line of which only the start or the end repeats: « Guide | Préface ».
const partRepeats = 5

// spot is the place of a line that may be furniture.
type spot struct {
	page int
	base float64
}

var digits = regexp.MustCompile(`[0-9]+`)

// Spots are the places of lines on pages, by their keys.
type Spots map[string][]spot

// Add notes a line on a page, 0-based, at a height in points. Pages come in order.
func (s Spots) Add(key string, page int, base float64) {
	s[key] = append(s[key], spot{page, base})
}

// Repeat reports a line that stands at that height on page after page around one.
func (s Spots) Repeat(key string, page int, base float64) bool {
	return pagesAt(s[key], page, base) >= repeats
}

// RepeatPart is Repeat for a key of PartKeys.
func (s Spots) RepeatPart(key string, page int, base float64) bool {
	return pagesAt(s[key], page, base) >= partRepeats
}

// pagesAt counts the pages around one that have the line at about that height, one soon after the other.
func pagesAt(spots []spot, page int, base float64) int {
	n, last, within := 0, -1, false
	for _, s := range spots {
		if s.page == last || math.Abs(s.base-base) > 6 {
			continue
		}
		if last >= 0 && s.page-last > apartPages {
			if within {
				return n
			}
			n = 0
		}
		n, last = n+1, s.page
		within = within || s.page == page
	}
	return n
}

// Key is what lines have in common that are one running title: the folded text without its digits, which count pages. A line of digits alone is only
// itself, at its place: else the page numbers of a table of contents would look like one line.
func Key(text, key string, x float64) string {
	key = digits.ReplaceAllString(key, "#")
	if strings.Trim(key, "#") == "" {
		return text + strconv.Itoa(int(x/6))
	}
	return key
}

// PartKeys are the first and the last part of a running title in parts.
func PartKeys(text string) []string {
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("|•·–—", r) })
	if len(parts) == 0 || !strings.ContainsAny(text, "|•·–—") {
		return nil
	}
	var keys []string
	for i, p := range []string{parts[0], parts[len(parts)-1]} {
		if key := digits.ReplaceAllString(wording.Fold(p), "#"); wording.Letters(key) >= minPart {
			keys = append(keys, strconv.Itoa(i)+key)
		}
	}
	return keys
}

// minPart is the shortest part of a running title, in letters.
const minPart = 8

var pageNumber = regexp.MustCompile(`(?i)^(?:page\s*|p\.\s*)?[-–—|·•]?\s*(\d{1,4})\s*[-–—|·•]?(?:\s*(?:/|sur|of|de)\s*\d{1,4})?$`)

// Number reads the page number a line shows: alone on it, or, on furniture, in its first or last word.
func Number(text string, furniture bool) (n int, alone bool) {
	if m := pageNumber.FindStringSubmatch(text); m != nil {
		n, _ = strconv.Atoi(m[1])
		return n, true
	}
	if !furniture {
		return -1, false
	}
	words := strings.Fields(text)
	for _, w := range []string{words[0], words[len(words)-1]} {
		w, _, _ = strings.Cut(w, "/")
		if n, err := strconv.Atoi(w); err == nil && len(w) <= 4 {
			return n, false
		}
	}
	return -1, false
}
