package lexical

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"sort"
)

// The bounds of the search for near words. Below nearLetters nearly every word has a neighbour of another
// meaning; two slips are only believed in long words, and at their first letter hardly ever.
const (
	nearLetters = 4  // letters from which a word may be mistyped
	twoSlips    = 8  // letters from which it may be so twice
	longestNear = 40 // letters of the longest word that takes part
	nearWords   = 3  // words that stand in for one
	maxMistyped = 5  // words of one question that are looked for
)

// sketches tell of most forms of a field that they are not near without reading them: 8 bytes a form. The
// forms stand in order of their length, so that a search reads those of few lengths.
type sketches struct {
	letters []uint32                // of each form, a bit a letter that it has
	form    []uint32                // its index
	start   [longestNear + 2]uint32 // of each length, the first of its forms
}

func newSketches(forms strs) (s sketches) {
	letters := make([]uint32, forms.len())
	for i := range letters {
		w := forms.at(i)
		if letters[i] = lettersOf(w); letters[i] != 0 {
			s.start[len(w)+1]++
		}
	}
	for n := range longestNear + 1 {
		s.start[n+1] += s.start[n]
	}
	next, held := s.start, s.start[longestNear+1]
	s.letters, s.form = make([]uint32, held), make([]uint32, held)
	for i, l := range letters {
		if l != 0 {
			at := &next[len(forms.at(i))]
			s.letters[*at], s.form[*at] = l, uint32(i)
			*at++
		}
	}
	return s
}

// lettersOf sets a bit for each letter of a word; none for words that take no part: those with digits,
// where a slip makes another number, those that are not Latin, and the very long.
func lettersOf(word string) (letters uint32) {
	if len(word) < nearLetters-1 || len(word) > longestNear {
		return 0
	}
	for i := 0; i < len(word); i++ {
		if word[i] < 'a' || word[i] > 'z' {
			return 0
		}
		letters |= 1 << (word[i] - 'a')
	}
	return letters
}

// lettersApart gives a lower bound of the slips between two words: each makes one letter appear at most,
// and one disappear.
func lettersApart(a, b uint32) int {
	return max(bits.OnesCount32(a&^b), bits.OnesCount32(b&^a))
}

// speller measures how far words are from one word, of at most 64 letters.
type speller struct {
	word  string
	slips int         // that are believed
	own   uint32      // its letters
	at    [256]uint64 // of each byte, the places where word has it
}

func newSpeller(word string) *speller {
	p := &speller{word: word, slips: 1, own: lettersOf(word)}
	if len(word) >= twoSlips {
		p.slips = 2
	}
	for i := 0; i < len(word); i++ {
		p.at[word[i]] |= 1 << i
	}
	return p
}

// near reports whether other is within the slips that are believed.
func (p *speller) near(other string) (distance int, ok bool) {
	distance = p.distance(other)
	return distance, distance <= p.slips && (distance < 2 || other[0] == p.word[0])
}

// distance counts letters put in, left out, mistaken, or swapped with their neighbour, by Hyyrö's
// bit-parallel form of the optimal string alignment ("A bit-vector algorithm for computing Levenshtein
// and Damerau edit distances", 2003): one step a letter, however many letters word has.
func (p *speller) distance(other string) int {
	last := uint64(1) << (len(p.word) - 1)
	up, down := ^uint64(0), uint64(0) // cells that are one more, and one less, than the cell above
	var zero, before uint64           // diagonal steps without cost; the places of the letter before
	distance := len(p.word)
	for i := 0; i < len(other); i++ {
		at := p.at[other[i]]
		swapped := ((^zero & at) << 1) & before
		zero = ((at & up) + up) ^ up | at | down | swapped
		right, left := down|^(zero|up), up&zero
		if right&last != 0 {
			distance++
		} else if left&last != 0 {
			distance--
		}
		right = right<<1 | 1
		left <<= 1
		up, down = left|^(zero|right), right&zero
		before = at
	}
	return distance
}

// neighbour is a word of the library that stands in for one that it does not know.
type neighbour struct {
	stem, exact string
	distance    int
	count       int // places that hold the stem
}

// near gives the words that an unknown word is likely to be a slip of: the least slips first, then the
// most frequent, at most nearWords. It reads the sketches of the
// forms of about its length, and few of the forms.
func (s *snapshot) near(exact string) []neighbour {
	if len(exact) < nearLetters || lettersOf(exact) == 0 {
		return nil
	}
	p := newSpeller(exact)
	found := map[string]neighbour{}
	for _, v := range s.views {
		for i := range fields {
			v.near(i, p, found)
		}
	}
	out := make([]neighbour, 0, len(found))
	for _, n := range found {
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b neighbour) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(b.count, a.count), cmp.Compare(a.stem, b.stem))
	})
	return out[:min(len(out), nearWords)]
}

// near adds the near words of a field to found, by their stem.
func (v view) near(i int, p *speller, found map[string]neighbour) {
	f := &v.field[i]
	s := &f.sketches
	shortest, longest := max(len(p.word)-p.slips, 0), min(len(p.word)+p.slips, longestNear)
	start, end := s.start[shortest], s.start[longest+1]
	for at, letters := range s.letters[start:end] {
		if bits.OnesCount32(p.own^letters) > 2*p.slips || lettersApart(p.own, letters) > p.slips {
			continue
		}
		j := int(s.form[int(start)+at])
		exact := f.forms.at(j)
		distance, ok := p.near(exact)
		if !ok {
			continue
		}
		stem := sort.Search(f.stems.len(), func(k int) bool { return int(f.form[k+1]) > j })
		if !v.holds(i, stem, j-int(f.form[stem])) {
			continue
		}
		n := neighbour{f.stems.at(stem), exact, distance, v.count(i, stem)}
		if old, ok := found[n.stem]; ok {
			n.count += old.count
			if cmp.Or(cmp.Compare(old.distance, n.distance), cmp.Compare(old.exact, n.exact)) < 0 {
				n.distance, n.exact = old.distance, old.exact
			}
		}
		found[n.stem] = n
	}
}

// holds reports whether a version that is not removed holds the form numbered variant of a stem: a word
// that only a removed document had must stand in for nothing.
func (v view) holds(i, stem, variant int) bool {
	if v.Gone == 0 {
		return true
	}
	f, version := &v.field[i], 0
	for p := f.posting[stem]; p < f.posting[stem+1]; p++ {
		if int(f.variant[p]) != min(variant, otherForm) {
			continue
		}
		for _, end := v.span(i, version); int(f.place[p]) >= end; _, end = v.span(i, version) {
			version++
		}
		if !v.States[version].Removed() {
			return true
		}
	}
	return false
}

// mistyped gives each word of the question that the library does not know the words that are near it.
func (s *snapshot) mistyped(terms []term, weight float64) {
	left := maxMistyped
	for i := range terms {
		t := &terms[i]
		if t.Known || t.joined || t.number || left == 0 {
			continue
		}
		left--
		for _, n := range s.near(t.Exact) {
			t.Near = cmp.Or(t.Near, n.exact)
			o := other{words: [][]string{{n.stem}}, exact: n.exact}
			if o.idf, _ = s.idf(o.words[0]); n.distance > 0 {
				o.idf *= math.Pow(weight, float64(n.distance))
			}
			t.others = append(t.others, o)
		}
	}
}
