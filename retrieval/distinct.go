package retrieval

import (
	"strings"
	"unicode"

	"rapporteur/qa"
)

// sameShare is the share of words in common from which two passages say the same.
const sameShare = 0.9

// distinct keeps the first of passages that say the same: copies of a document, or an annex printed twice.
type distinct struct {
	passages []qa.Passage
	words    []bag
}

func (d *distinct) add(p qa.Passage) {
	words := bagOf(p.Text)
	for _, other := range d.words {
		if words.same(other) {
			return
		}
	}
	d.passages = append(d.passages, p)
	d.words = append(d.words, words)
}

// bag counts the words of a text, in lower case and without punctuation.
type bag struct {
	count   map[string]int
	total   int
	figures string // the words with a digit, in order
}

func bagOf(text string) bag {
	b := bag{count: map[string]int{}}
	var figures strings.Builder
	for w := range strings.FieldsFuncSeq(strings.ToLower(text), isGap) {
		b.count[w]++
		b.total++
		if strings.ContainsFunc(w, unicode.IsDigit) {
			figures.WriteString(w)
			figures.WriteByte(' ')
		}
	}
	b.figures = figures.String()
	return b
}

func isGap(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// same reports nearly the same words and exactly the same figures: the reports of two years differ by
// little else than their figures, and both must be read.
func (b bag) same(o bag) bool {
	larger := max(b.total, o.total)
	if b.figures != o.figures || float64(min(b.total, o.total)) < sameShare*float64(larger) {
		return false
	}
	common := 0
	for w, n := range b.count {
		common += min(n, o.count[w])
	}
	return float64(common) >= sameShare*float64(larger)
}
