package lexical

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"

	"rapporteur/analysis"
)

// The bounds of what is learned of acronyms.
const (
	acronymLetters = 10      // of the longest acronym
	longFormWords  = 12      // content words of the longest name that an acronym stands for
	longFormTokens = 30      // words of it, with those that count for nothing
	syllable       = 4       // letters that one word may give (the num of DINUM)
	chunkAcronyms  = 16      // learned in one chunk
	heldAcronyms   = 1 << 15 // kept in one segment
	bestAcronyms   = 3       // names that stand in for an acronym, and acronyms for a name
)

// acronym is what a version says in brackets: that exact stands for the words of long.
type acronym struct {
	exact, stem string // of the acronym
	long        string // stems of its content words, with a space between
	version     uint32 // number in the segment
}

func (a acronym) compare(b acronym) int {
	return cmp.Or(cmp.Compare(a.exact, b.exact), cmp.Compare(a.long, b.long), cmp.Compare(a.version, b.version))
}

// acronyms are those of a segment.
type acronyms struct {
	byShort []acronym
	byLong  []uint32 // places in byShort, in order of long
}

func newAcronyms(learned []acronym) (a acronyms) {
	slices.SortFunc(learned, acronym.compare)
	learned = slices.Compact(learned)
	a.byShort = slices.Clip(learned[:min(len(learned), heldAcronyms)])
	a.byLong = make([]uint32, len(a.byShort))
	for i := range a.byLong {
		a.byLong[i] = uint32(i)
	}
	slices.SortStableFunc(a.byLong, func(i, j uint32) int { return cmp.Compare(a.byShort[i].long, a.byShort[j].long) })
	return a
}

// defined finds the acronyms that a text defines, « direction interministérielle du numérique (DINUM) » or
// « DINUM (direction interministérielle du numérique) »: those whose letters the words give in order.
// tokens are the words of text.
func defined(text string, tokens []analysis.Token) (out []acronym) {
	if !strings.Contains(text, "(") {
		return nil
	}
	d := definitions{text: text}
	for _, t := range tokens {
		if !t.Joined {
			d.tokens = append(d.tokens, t)
		}
	}
	for i := 1; i < len(d.tokens) && len(out) < chunkAcronyms; i++ {
		if !d.opens(i) {
			continue
		}
		if a, ok := d.inBrackets(i); ok {
			out = append(out, a)
		} else if a, ok := d.beforeBrackets(i); ok {
			out = append(out, a)
		}
	}
	return out
}

// definitions reads one text.
type definitions struct {
	text   string
	tokens []analysis.Token
}

// between is the text before token i, back to the one before it.
func (d definitions) between(i int) string {
	if i >= len(d.tokens) {
		return d.text[d.tokens[i-1].End:]
	}
	return d.text[d.tokens[i-1].End:d.tokens[i].Start]
}

func (d definitions) opens(i int) bool {
	s := strings.TrimSpace(d.between(i))
	head, ok := strings.CutSuffix(strings.TrimRightFunc(s, isQuote), "(")
	return ok && strings.TrimFunc(head, func(r rune) bool { return isQuote(r) || unicode.IsSpace(r) }) == ""
}

func isQuote(r rune) bool { return strings.ContainsRune("«»“”\"*_\u00a0\u202f ", r) }

// inBrackets reads « name (ACRONYM) », where the acronym is token i.
func (d definitions) inBrackets(i int) (acronym, bool) {
	end := strings.TrimLeftFunc(d.between(i+1), isQuote)
	if !d.isAcronym(i) || end == "" || strings.IndexByte("),;", end[0]) < 0 {
		return acronym{}, false
	}
	for first, content := i-1, 0; first >= max(0, i-longFormTokens) && content < longFormWords; first-- {
		if !d.tokens[first].Stop {
			if content++; content > 1 && d.tokens[first].Exact[0] == d.tokens[i].Exact[0] && fits(d.tokens[i].Exact, d.tokens[first:i]) {
				return d.acronym(i, first, i), true
			}
		}
		if first > 0 && !together(d.between(first)) {
			break
		}
	}
	return acronym{}, false
}

// beforeBrackets reads « ACRONYM (name) », where the name starts with token i.
func (d definitions) beforeBrackets(i int) (acronym, bool) {
	if !d.isAcronym(i - 1) {
		return acronym{}, false
	}
	end, content := i, 0
	for end < min(len(d.tokens), i+longFormTokens) && content <= longFormWords {
		if !d.tokens[end].Stop {
			content++
		}
		if end++; !together(d.between(end)) {
			break
		}
	}
	if content < 2 || !fits(d.tokens[i-1].Exact, d.tokens[i:end]) {
		return acronym{}, false
	}
	return d.acronym(i-1, i, end), true
}

// together reports whether what stands between two words holds them in one name.
func together(between string) bool { return !strings.ContainsAny(between, "().;:!?/[]\n") }

func (d definitions) acronym(short, first, end int) acronym {
	var stems []string
	for _, t := range d.tokens[first:end] {
		if !t.Stop {
			stems = append(stems, t.Stem)
		}
	}
	t := d.tokens[short]
	return acronym{exact: t.Exact, stem: t.Stem, long: strings.Join(stems, " ")}
}

// isAcronym takes DINUM, R.G.P.D. and Dinum: that the letters fit is what tells.
func (d definitions) isAcronym(i int) bool {
	t := d.tokens[i]
	word := d.text[t.Start:t.End]
	if len(t.Exact) < 2 || len(t.Exact) > acronymLetters {
		return false
	}
	for j := 0; j < len(t.Exact); j++ {
		if t.Exact[j] < 'a' || t.Exact[j] > 'z' {
			return false
		}
	}
	first, second := rune(word[0]), rune(word[1])
	return unicode.IsUpper(first) && (len(t.Exact) > 2 || unicode.IsUpper(second) || second == '.')
}

// fits reports whether the words give the letters in order: each content word its first, or some of its
// first; stopwords their first, or none.
func fits(letters string, words []analysis.Token) bool {
	given := uint(1) // bit j: the words so far can give the first j letters
	for _, w := range words {
		next := uint(0)
		if w.Stop {
			next = given
		}
		for j := range len(letters) {
			if given&(1<<j) == 0 {
				continue
			}
			for n := 1; n <= longestPart(w) && n <= len(w.Exact) && j+n <= len(letters) && w.Exact[n-1] == letters[j+n-1]; n++ {
				next |= 1 << (j + n)
			}
		}
		given = next
	}
	return given&(1<<len(letters)) != 0
}

func longestPart(t analysis.Token) int {
	if t.Stop {
		return 1
	}
	return syllable
}

// short gives what an acronym stands for.
func (a acronyms) short(exact string) []acronym {
	start, _ := slices.BinarySearchFunc(a.byShort, exact, func(a acronym, exact string) int { return cmp.Compare(a.exact, exact) })
	end := start
	for end < len(a.byShort) && a.byShort[end].exact == exact {
		end++
	}
	return a.byShort[start:end]
}

// long gives the acronyms of names whose stems start with some.
func (a acronyms) long(start string) (out []acronym) {
	i, _ := slices.BinarySearchFunc(a.byLong, start, func(i uint32, start string) int { return cmp.Compare(a.byShort[i].long, start) })
	for ; i < len(a.byLong) && strings.HasPrefix(a.byShort[a.byLong[i]].long, start); i++ {
		out = append(out, a.byShort[a.byLong[i]])
	}
	return out
}

// defining gives those of the acronyms found in each segment that most versions define, of the ones held,
// at most bestAcronyms.
func (s *snapshot) defining(find func(acronyms) []acronym) []acronym {
	count := map[acronym]int{}
	for _, v := range s.views {
		for _, a := range find(v.acronyms) {
			if !v.States[a.version].Removed() {
				a.version = 0
				count[a]++
			}
		}
	}
	out := slices.SortedFunc(maps.Keys(count), func(a, b acronym) int { return cmp.Or(cmp.Compare(count[b], count[a]), a.compare(b)) })
	return out[:min(len(out), bestAcronyms)]
}

// acronyms lets an acronym that a document defines find the passages that hold the words of its name, all
// of them, and a name in the question those that hold its acronym.
func (s *snapshot) acronyms(terms []term, weight float64) {
	for i := range terms {
		t := &terms[i]
		if t.joined || t.number {
			continue
		}
		for _, a := range s.defining(func(l acronyms) []acronym { return l.short(t.Exact) }) {
			o := other{idf: weight * t.IDF}
			for _, stem := range strings.Fields(a.long) {
				o.words = append(o.words, []string{stem})
			}
			t.others = append(t.others, o)
		}
		s.named(terms, i, weight)
	}
}

// named lets acronyms of names that start with term i stand in for the rarest word of the name.
func (s *snapshot) named(terms []term, i int, weight float64) {
	for _, start := range starts(terms[i:]) {
		for _, a := range s.defining(func(l acronyms) []acronym {
			return slices.DeleteFunc(l.long(start), func(a acronym) bool {
				_, ok := spelledOut(terms, i, strings.Fields(a.long))
				return !ok
			})
		}) {
			rarest, _ := spelledOut(terms, i, strings.Fields(a.long))
			o := other{words: [][]string{{a.stem}}, exact: a.exact}
			o.idf, _ = s.idf(o.words[0])
			o.idf = weight * min(o.idf, terms[rarest].IDF)
			terms[rarest].others = append(terms[rarest].others, o)
		}
	}
}

// starts gives the first two stems of the terms, in each language: no name has fewer, and few names share them.
func starts(terms []term) (out []string) {
	next := slices.IndexFunc(terms[1:], func(t term) bool { return !t.joined })
	if next < 0 {
		return nil
	}
	for _, first := range terms[0].stems {
		for _, second := range terms[1+next].stems {
			out = append(out, first+" "+second)
		}
	}
	return out
}

// spelledOut reports whether the terms from i on are the words of a name, and gives the rarest of them.
func spelledOut(terms []term, i int, stems []string) (rarest int, ok bool) {
	rarest = i
	for _, stem := range stems {
		for i < len(terms) && terms[i].joined {
			i++
		}
		if i >= len(terms) || !slices.Contains(terms[i].stems, stem) {
			return 0, false
		}
		if terms[i].IDF > terms[rarest].IDF {
			rarest = i
		}
		i++
	}
	return rarest, true
}
