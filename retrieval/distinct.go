package retrieval

import (
	"slices"
	"strings"
	"unicode"

	"rapporteur/qa"
)

const (
	// sameShare is the share of a passage's runs of words found in another from which it says nothing new.
	sameShare = 0.9
	// runLength is the number of words in a run: two passages on one subject share words, rarely runs of three.
	runLength = 3
)

// distinct keeps the first of passages that say the same: copies of a document, the same report as a
// PDF and as a text file, an annex printed twice.
type distinct struct {
	passages []qa.Passage
	prints   []fingerprint
}

// add keeps p unless a passage kept before says it. Of two copies, the one with page numbers is kept,
// at the better place: its quotes are easier to check.
func (d *distinct) add(p qa.Passage) {
	own := fingerprintOf(p.Text)
	for i, other := range d.prints {
		if !own.same(other) {
			continue
		}
		if kept := d.passages[i]; len(kept.Pages) == 0 && len(p.Pages) > 0 {
			p.Score = kept.Score
			d.passages[i], d.prints[i] = p, own
		}
		return
	}
	d.passages = append(d.passages, p)
	d.prints = append(d.prints, own)
}

// fingerprint is what two passages are compared by, sorted.
type fingerprint struct {
	runs    []uint64 // hashes of each run of words, in lower case and without punctuation
	figures []uint64 // hashes of the words with a digit
}

func fingerprintOf(text string) fingerprint {
	var p fingerprint
	var words []uint64
	for w := range strings.FieldsFuncSeq(strings.ToLower(text), isGap) {
		h := hash(w)
		words = append(words, h)
		if strings.ContainsFunc(w, unicode.IsDigit) {
			p.figures = append(p.figures, h)
		}
	}
	for i := range max(1, len(words)-runLength+1) {
		run := uint64(0)
		for _, h := range words[i:min(i+runLength, len(words))] {
			run = run*prime + h
		}
		p.runs = append(p.runs, run)
	}
	slices.Sort(p.runs)
	slices.Sort(p.figures)
	return p
}

func isGap(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// same reports that one passage holds nearly all runs of the other, and all its figures: the reports of
// two years differ by little else than their figures, and both must be read.
func (p fingerprint) same(o fingerprint) bool {
	small, large := p, o
	if len(small.runs) > len(large.runs) {
		small, large = large, small
	}
	return common(small.figures, large.figures) == len(small.figures) &&
		float64(common(small.runs, large.runs)) >= sameShare*float64(len(small.runs))
}

// common counts what two sorted lists share.
func common(a, b []uint64) (n int) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			a, b, n = a[1:], b[1:], n+1
		}
	}
	return n
}

const prime = 1099511628211 // of FNV-1a, 64 bits

func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * prime
	}
	return h
}
