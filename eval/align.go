package eval

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// Alignment of a record with what was stored of it: reading text leaves marks out, joins lines and composes
// accents, so that the places of the two differ.
const (
	alignAhead = 200 // characters looked ahead for where the two texts agree again
	alignSure  = 12  // characters that must agree there
)

// letters are the characters of a text that are not white space, with their places in it: in bytes or, for a
// record, in characters.
type letters struct {
	runes  []rune
	places []int
	end    int // of the text, in the same unit
}

func lettersOf(text string, characters bool) letters {
	var l letters
	count := 0
	for at, r := range text {
		if !unicode.IsSpace(r) {
			l.runes = append(l.runes, r)
			if characters {
				l.places = append(l.places, count)
			} else {
				l.places = append(l.places, at)
			}
		}
		count++
	}
	l.end = len(text)
	if characters {
		l.end = count
	}
	return l
}

// alignment tells for every letter of a stored text where it stands in the record, in characters; -1 for one that
// is not there.
type alignment struct {
	stored letters
	place  []int
}

// align goes through both texts at once. Where they part, the nearest place where they agree again is taken; one
// letter of each is passed over where there is none near.
func align(stored, record string) alignment {
	a := alignment{stored: lettersOf(stored, false)}
	to := lettersOf(record, true)
	a.place = make([]int, len(a.stored.runes))
	for i, j := 0, 0; i < len(a.place); {
		if j < len(to.runes) && a.stored.runes[i] == to.runes[j] {
			a.place[i] = to.places[j]
			i, j = i+1, j+1
			continue
		}
		skipA, skipB := resume(a.stored.runes[i:], to.runes[min(j, len(to.runes)):])
		for k := range skipA {
			a.place[i+k] = -1
		}
		i, j = i+skipA, j+skipB
	}
	return a
}

// resume gives how many letters of each text to pass over until they agree, fewest together first.
func resume(a, b []rune) (int, int) {
	for sum := 1; sum <= alignAhead; sum++ {
		for i := range sum + 1 {
			if agree(a, b, i, sum-i) {
				return i, sum - i
			}
		}
	}
	return 1, 1
}

func agree(a, b []rune, i, j int) bool {
	if i >= len(a) || j >= len(b) {
		return false
	}
	n := min(alignSure, len(a)-i, len(b)-j)
	return slices.Equal(a[i:i+n], b[j:j+n])
}

// span gives the characters of the record from the first to the last letter of the bytes [start, end) of the
// stored text; false where none of them is in the record.
func (a alignment) span(start, end int) (from, to int, ok bool) {
	first := a.index(start)
	for i := first; i < len(a.place) && a.stored.places[i] < end; i++ {
		if a.place[i] < 0 {
			continue
		}
		if !ok {
			from, ok = a.place[i], true
		}
		to = a.place[i] + 1
	}
	return from, to, ok
}

// index is the first letter at or after a byte.
func (a alignment) index(at int) int {
	low, high := 0, len(a.stored.places)
	for low < high {
		if mid := (low + high) / 2; a.stored.places[mid] < at {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// truncated is the beginning of a text of at most n characters, cut at white space.
func truncated(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	runes := []rune(text)
	for n > 0 && !unicode.IsSpace(runes[n]) {
		n--
	}
	return string(runes[:n])
}
