package lexical

import (
	"rapporteur/qa"
)

// The fields of a segment. A place is a chunk in body and heading, a version in title.
const (
	body = iota
	heading
	title
	fields
)

// segment holds the words of some versions. It never changes.
type segment struct {
	chunks []qa.ChunkID // by place
	first  []uint32     // of each version, its first chunk's place; one more at the end
	field  [fields]field

	acronyms acronyms // that the versions define
}

// field is an inverted list of one field: for each stem, the places that hold one of its forms.
// The postings take 6 bytes each. All forms of a stem stand in one list, those of a place together,
// so that a query reads one run of memory a word, and exact forms can still weigh more.
type field struct {
	stems   strs     // sorted
	count   []uint32 // places that hold the stem
	posting []uint32 // of each stem, its first posting; one more at the end
	forms   strs     // grouped by stem, sorted within
	form    []uint32 // of each stem, its first form; one more at the end

	sketches sketches // of the forms

	place   []uint32 // of each posting, rising within a stem
	variant []uint8  // of each posting, which form of the stem; at most otherForm
	times   []uint8  // of each posting, occurrences, at most 255

	length []uint16 // of each place, its words, at most 65,535
	words  int      // sum of length
}

// otherForm stands for all forms of a stem past the first 255.
const otherForm = 255

// find gives the index of a stem, and false when the field does not hold it.
func (f *field) find(stem string) (int, bool) { return f.stems.find(stem, 0, f.stems.len()) }

// formOf gives the number that postings of stem i carry for the exact form; -1 when there is none.
func (f *field) formOf(i int, exact string) int {
	first := int(f.form[i])
	if j, ok := f.forms.find(exact, first, int(f.form[i+1])); ok && j-first < otherForm {
		return j - first
	}
	return -1
}

// strs is a list of strings in one piece of memory.
type strs struct {
	text string
	end  []uint32
}

func (s strs) len() int { return len(s.end) }

func (s strs) at(i int) string {
	start := uint32(0)
	if i > 0 {
		start = s.end[i-1]
	}
	return s.text[start:s.end[i]]
}

// find looks for v among the sorted strings [lo, hi).
func (s strs) find(v string, lo, hi int) (int, bool) {
	for end := hi; lo < end; {
		mid := int(uint(lo+end) >> 1)
		switch w := s.at(mid); {
		case w == v:
			return mid, true
		case w < v:
			lo = mid + 1
		default:
			end = mid
		}
	}
	return 0, false
}
