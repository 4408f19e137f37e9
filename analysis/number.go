package analysis

import "unicode/utf8"

// number reads a figure at the scanner's place: groups of thousands and decimals make one token in one
// spelling. It leaves plain digits that are stuck to letters or hyphens (1er, 2020-11-12) to compound.
func (s *scanner) number() bool {
	start := s.pos
	end := digits(s.text, start)
	s.buf = append(s.buf[:0], s.text[start:end]...)
	if end-start <= 3 {
		end = s.groups(end)
	}
	plain := end - start
	end = s.decimals(end)
	r, _ := s.runeAt(end)
	if plain == len(s.buf) && (isWord(r) || isHyphen(r)) {
		return false
	}
	s.emit(start, end, s.built(), false)
	s.pos = end
	return true
}

// groups reads the groups of three digits that follow, all with the same kind of separator.
func (s *scanner) groups(end int) int {
	kind := separator(0)
	for {
		r, size := s.runeAt(end)
		k := s.separatorOf(r)
		i := end + size
		if k == 0 || kind != 0 && k != kind || digits(s.text, i) != i+3 {
			return end
		}
		if k == dotGroup && (s.buf[0] == '0' || s.decimalFollows(i+3)) {
			return end
		}
		s.buf = append(s.buf, s.text[i:i+3]...)
		end, kind = i+3, k
	}
}

// separator is a kind of mark between groups of thousands; 0 is none.
type separator int

const (
	spaceGroup separator = 1 + iota
	dotGroup
	commaGroup
)

// separatorOf takes the spaces of French typography; 1.500 counts as a group where the comma is the
// decimal mark, 1,500 where the dot is.
func (s *scanner) separatorOf(r rune) separator {
	switch r {
	case ' ', '\u00A0', '\u202F', '\u2009', '\u2007', '\u2008':
		return spaceGroup
	case '.':
		if s.language.elides {
			return dotGroup
		}
	case ',':
		if s.language.commaGroup {
			return commaGroup
		}
	}
	return 0
}

// decimalFollows reports a dot or a comma and a digit at i: 1.500.2 is no number.
func (s *scanner) decimalFollows(i int) bool {
	return i+1 < len(s.text) && (s.text[i] == '.' && digits(s.text, i+1) != i+4) && isDigit(s.text[i+1])
}

// decimals reads a decimal mark and digits; 1,2,3 and 12.11.2020 are lists and dates, not decimals.
// Zeros that end the decimals after a comma are dropped: 1500,00 is 1500.
func (s *scanner) decimals(end int) int {
	if end >= len(s.text) || s.text[end] != ',' && s.text[end] != '.' {
		return end
	}
	mark := s.text[end]
	last := digits(s.text, end+1)
	if last == end+1 || last+1 < len(s.text) && (s.text[last] == ',' || s.text[last] == '.') && isDigit(s.text[last+1]) {
		return end
	}
	whole := len(s.buf)
	s.buf = append(append(s.buf, '.'), s.text[end+1:last]...)
	for mark == ',' && s.buf[len(s.buf)-1] == '0' {
		s.buf = s.buf[:len(s.buf)-1]
	}
	if len(s.buf) == whole+1 {
		s.buf = s.buf[:whole]
	}
	return last
}

// article reads the number of an article of law with its letter: L. 1234-9, L.1234-9, L 1234-9, L1234-9.
func (s *scanner) article() bool {
	letter := s.text[s.pos]
	if !s.language.elides || !isArticleLetter(letter) {
		return false
	}
	i := s.pos + 1
	dot := i < len(s.text) && s.text[i] == '.'
	if dot {
		i++
	}
	r, size := s.runeAt(i)
	spaced := s.separatorOf(r) == spaceGroup
	if spaced {
		i += size
	}
	end, hyphens := s.hyphenated(i)
	if r, _ := s.runeAt(end); end == i || isWord(r) {
		return false
	}
	// Without its dot the letter is often a word (il y a 20-30 ans), and a short number is no article.
	if spaced && !dot && (hyphens == 0 || letter != 'L' && letter != 'R' && letter != 'D' && letter != 'l') {
		return false
	}
	if hyphens == 0 && end-i < 3 {
		return false
	}
	s.articleTokens(i, end)
	return true
}

// hyphenated gives the end of the digits at i held together by hyphens, and how many hyphens.
func (s *scanner) hyphenated(i int) (end, hyphens int) {
	end = digits(s.text, i)
	if end == i {
		return end, 0
	}
	for {
		r, size := s.runeAt(end)
		last := digits(s.text, end+size)
		if !isHyphen(r) || last == end+size {
			return end, hyphens
		}
		end = last
		hyphens++
	}
}

// articleTokens gives l1234-9, then 1234-9, then each of its parts. The number is [start, end).
func (s *scanner) articleTokens(start, end int) {
	s.parts = s.parts[:0]
	for i := start; i < end; {
		last := digits(s.text, i)
		s.parts = append(s.parts, piece{i, last})
		_, size := s.runeAt(last)
		i = last + size
	}
	number := s.join(s.parts)
	s.buf = append(append(s.buf[:0], s.text[s.pos]|0x20), number.exact...)
	s.emit(s.pos, end, s.built(), true)
	if len(s.parts) > 1 {
		s.emit(start, end, number, true)
	}
	s.emitParts()
	s.pos = end
}

// isArticleLetter knows the letters that open the articles of French codes: L, R, D, A and C.
func isArticleLetter(c byte) bool {
	switch c | 0x20 {
	case 'l', 'r', 'd', 'a', 'c':
		return c < utf8.RuneSelf
	}
	return false
}

// digits gives the end of the run of ASCII digits that starts at i.
func digits(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}
