package analysis

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// scanner walks one text; every step consumes at least one rune.
type scanner struct {
	*Analyzer
	text   string
	pos    int
	tokens []Token
	parts  []piece // of the compound being read, reused
}

// piece is a word inside a compound, [start, end) of the text.
type piece struct{ start, end int }

func (s *scanner) next() {
	r, size := s.runeAt(s.pos)
	switch {
	case r < utf8.RuneSelf && isDigit(byte(r)):
		if !s.number() {
			s.compound()
		}
	case isWord(r):
		if !s.article() && !s.acronym() {
			s.compound()
		}
	default:
		s.pos += size
	}
}

// runeAt decodes the rune at i; past the end it gives a rune that is no part of any word.
func (s *scanner) runeAt(i int) (rune, int) {
	if i >= len(s.text) {
		return utf8.RuneError, 0
	}
	if c := s.text[i]; c < utf8.RuneSelf {
		return rune(c), 1
	}
	return utf8.DecodeRuneInString(s.text[i:])
}

func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return isWordByte(byte(r))
	}
	if r < 0x180 { // Latin-1 and Latin Extended-A, where nearly all French letters are
		return r >= 0xC0 && r != 0xD7 && r != 0xF7 || r == 0xAA || r == 0xBA || r == 0xB5
	}
	return (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)) && !isApostrophe(r)
}

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// isHyphen leaves out the longer dashes, which stand between words and not inside them.
func isHyphen(r rune) bool { return r == '-' || r == '\u2010' || r == '\u2011' }

// emit adds a token for [start, end) of the text; lone combining marks fold to nothing and give none.
func (s *scanner) emit(start, end int, f form, joined bool) {
	if f.exact == "" {
		return
	}
	s.tokens = append(s.tokens, Token{Start: start, End: end, Exact: f.exact, Stem: f.stem, Stop: f.stop, Joined: joined, ID: f.id})
}

// compound reads words held together by hyphens, gives the joined form where that is a word
// of its own, then each part.
func (s *scanner) compound() {
	s.parts = s.parts[:0]
	start := s.pos
	for {
		p := s.word()
		if p.end > p.start {
			s.parts = append(s.parts, p)
		}
		r, size := s.runeAt(s.pos)
		if !isHyphen(r) {
			break
		}
		if after, _ := s.runeAt(s.pos + size); !isWord(after) {
			break
		}
		s.pos += size
	}
	if len(s.parts) > 1 && !s.isClitic(s.parts[len(s.parts)-1]) {
		s.emit(s.parts[0].start, s.pos, s.join(s.parts), true)
	}
	s.emitParts()
	if s.pos == start { // a lone mark that no word owns
		_, size := s.runeAt(s.pos)
		s.pos += size
	}
}

func (s *scanner) emitParts() {
	for _, p := range s.parts {
		s.emit(p.start, p.end, s.form(s.text[p.start:p.end]), false)
	}
}

// word reads letters, digits and the apostrophes between them, and steps over elided articles.
// The piece is empty when the text holds only an elision there.
func (s *scanner) word() piece {
	start, segment := s.pos, s.pos
	eliding := s.language.elides
	for {
		for s.pos < len(s.text) && isWordByte(s.text[s.pos]) {
			s.pos++
		}
		r, size := s.runeAt(s.pos)
		if isWord(r) {
			s.pos += size
			continue
		}
		if !isApostrophe(r) {
			break
		}
		after, _ := s.runeAt(s.pos + size)
		if !isWord(after) {
			break
		}
		eliding = eliding && isElidedWord(s.text[segment:s.pos])
		if end := s.possessive(s.pos + size); end > 0 && !eliding {
			p := piece{start, s.pos}
			s.pos = end
			return p
		}
		s.pos += size
		segment = s.pos
		if eliding {
			start = s.pos
		}
	}
	return piece{start, s.pos}
}

// possessive gives the end of the s of McDonald's when it stands alone at i, else 0.
func (s *scanner) possessive(i int) int {
	if c, _ := s.runeAt(i); c != 's' && c != 'S' {
		return 0
	}
	if r, _ := s.runeAt(i + 1); isWord(r) {
		return 0
	}
	return i + 1
}

// join spells a compound as one word: startups, grandpere, covid19; the hyphen stays only between
// digits, where 1234-9 and 12349 are different numbers.
func (s *scanner) join(parts []piece) form {
	s.buf = s.buf[:0]
	for i, p := range parts {
		spelled := s.text[p.start:p.end]
		if i > 0 && isDigit(spelled[0]) && isDigit(s.text[parts[i-1].end-1]) {
			s.buf = append(s.buf, '-')
		}
		s.buf = append(s.buf, spelled...)
	}
	return s.built()
}

// acronym reads letters each followed by a dot (R.G.P.D., J.-C.) as one word without parts.
func (s *scanner) acronym() bool {
	if s.pos+1 < len(s.text) && isWordByte(s.text[s.pos+1]) {
		return false // most words, at once
	}
	s.buf = s.buf[:0]
	letters, end := 0, s.pos
	for i := s.pos; ; {
		r, size := s.runeAt(i)
		dot, _ := s.runeAt(i + size)
		if !unicode.IsLetter(r) || isWord(dot) || letters == 0 && dot != '.' {
			break
		}
		letters++
		s.buf = append(s.buf, s.text[i:i+size]...)
		i += size
		end = i
		if dot != '.' {
			break
		}
		i++
		end = i
		if h, size := s.runeAt(i); isHyphen(h) {
			i += size
		}
	}
	if letters < 2 {
		return false
	}
	s.emit(s.pos, end, s.built(), false)
	s.pos = end
	return true
}

// isClitic tells the pronoun of an inversion (est-ce, a-t-il, celui-ci) from the end of a compound.
func (s *scanner) isClitic(p piece) bool {
	if !s.language.elides || p.end-p.start > len("elles") {
		return false
	}
	var buf [len("elles")]byte
	return slices.Contains(clitics, string(appendFold(buf[:0], s.text[p.start:p.end])))
}

var clitics = []string{"il", "ils", "elle", "elles", "on", "je", "tu", "nous", "vous", "ce", "ci", "la", "le", "les", "lui", "leur", "moi", "toi"}

// isElidedWord knows the words that lose their vowel before another word.
func isElidedWord(s string) bool {
	if len(s) == 1 {
		switch s[0] | 0x20 {
		case 'l', 'd', 'j', 'm', 't', 's', 'n', 'c':
			return true
		}
		return false
	}
	if len(s) > len("lorsqu") {
		return false
	}
	var buf [2 * len("lorsqu")]byte
	switch string(appendFold(buf[:0], s)) {
	case "qu", "jusqu", "lorsqu", "puisqu", "quoiqu":
		return true
	}
	return false
}
