package analysis

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold lowers the case, takes the accents off, opens ligatures (œ is oe, æ is ae, ß is ss, the ﬁ of
// printers is fi) and writes all apostrophes as '. Two spellings that a reader takes for the same word fold alike.
func Fold(s string) string {
	if isFolded(s) {
		return s
	}
	return string(appendFold(make([]byte, 0, len(s)), s))
}

func isFolded(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}

func appendFold(dst []byte, s string) []byte {
	for _, r := range s {
		switch {
		case 'A' <= r && r <= 'Z':
			dst = append(dst, byte(r)+'a'-'A')
		case r < utf8.RuneSelf:
			dst = append(dst, byte(r))
		case isApostrophe(r):
			dst = append(dst, '\'')
		default:
			dst = appendFoldRune(dst, unicode.ToLower(r))
		}
	}
	return dst
}

// foldedLatin spells U+00DF to U+017F without accents; "" stands for a rune that stays as it is.
// Letters without a canonical decomposition (ø, đ, ł, œ …) are written as French and English readers type them.
var foldedLatin = func() (t [0x180 - 0xDF]string) {
	for r := rune(0xDF); r < 0x180; r++ {
		base, _ := utf8.DecodeRuneInString(norm.NFD.String(string(unicode.ToLower(r))))
		if base < utf8.RuneSelf {
			t[r-0xDF] = string(base)
		}
	}
	for r, s := range map[rune]string{'æ': "ae", 'œ': "oe", 'ß': "ss", 'ø': "o", 'đ': "d", 'ł': "l", 'ı': "i", 'ħ': "h", 'ð': "d", 'þ': "th"} {
		t[r-0xDF] = s
	}
	return t
}()

// printed are the ligatures of fonts, U+FB00 to U+FB06, which some files keep as characters.
var printed = [...]string{"ff", "fi", "fl", "ffi", "ffl", "st", "st"}

func isPrinted(r rune) bool { return 0xFB00 <= r && r <= 0xFB06 }

// raised are the small letters above the line of 1ᵉʳ, 2ᵈ, XIXᵉ, 3ᵉᵐᵉ and nᵒ.
var raised = map[rune]byte{'ᵉ': 'e', 'ʳ': 'r', 'ᵈ': 'd', 'ᵐ': 'm', 'ᵒ': 'o', 'ˢ': 's', 'º': 'o'}

func appendFoldRune(dst []byte, r rune) []byte {
	if isPrinted(r) {
		return append(dst, printed[r-0xFB00]...)
	}
	if 0xDF <= r && r < 0x180 {
		if s := foldedLatin[r-0xDF]; s != "" {
			return append(dst, s...)
		}
		return utf8.AppendRune(dst, r)
	}
	if unicode.Is(unicode.Mn, r) {
		return dst
	}
	if c, ok := raised[r]; ok {
		return append(dst, c)
	}
	var buf [utf8.UTFMax]byte
	d := norm.NFD.Properties(buf[:utf8.EncodeRune(buf[:], r)]).Decomposition()
	if d == nil {
		return utf8.AppendRune(dst, r)
	}
	for _, b := range string(d) {
		if !unicode.Is(unicode.Mn, b) {
			dst = utf8.AppendRune(dst, b)
		}
	}
	return dst
}

// lowerWord lowers a word, opens its ligatures, and drops the apostrophes inside it, so that prud'hommes and
// prudhommes, aujourd'hui and aujourdhui are one word. Accents stay, composed (NFC), for the stemmer.
func lowerWord(s string) string {
	s = strings.ToLower(s)
	if isFolded(s) {
		return strings.ReplaceAll(s, "'", "")
	}
	if !norm.NFC.IsNormalString(s) {
		s = norm.NFC.String(s)
	}
	out := make([]byte, 0, len(s))
	for _, r := range s {
		switch {
		case r == 'œ':
			out = append(out, "oe"...)
		case r == 'æ':
			out = append(out, "ae"...)
		case isPrinted(r):
			out = append(out, printed[r-0xFB00]...)
		case !isApostrophe(r):
			out = utf8.AppendRune(out, r)
		}
	}
	return string(out)
}

// isApostrophe covers the apostrophes of keyboards, of typography and of copy and paste.
func isApostrophe(r rune) bool {
	switch r {
	case '\'', '’', 'ʼ', '‘', '‛', '′', '＇':
		return true
	}
	return false
}

func hasDigit(s string) bool {
	for i := 0; i < len(s); i++ {
		if isDigit(s[i]) {
			return true
		}
	}
	return false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// Unaccented gives a text in Unicode's form NFD without its accents and other nonspacing marks.
func Unaccented(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(s))
}
