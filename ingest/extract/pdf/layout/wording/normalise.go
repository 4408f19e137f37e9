package wording

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Clean makes the characters of one line plain: NFC, ligatures opened, every kind of space a
// plain one and never two in a row, and nothing that cannot be seen. PDF files draw no-break
// spaces like others, so the kind of a space says nothing and one kind serves quotes best.
func Clean(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			space = true
			continue
		case invisible(r):
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		if r >= '\ufb00' && r <= '\ufb06' { // ligatures, from « ff » to « st »
			b.WriteString(norm.NFKC.String(string(r)))
		} else {
			b.WriteRune(plain(r))
		}
	}
	return norm.NFC.String(b.String())
}

// invisible reports control, zero-width, direction and tag characters, and what has no Unicode
// meaning: they hide text from readers or instructions from people.
func invisible(r rune) bool {
	switch {
	case r == '\u00ad', r == '\u034f', r == '\u061c', r == '\u180e', r == unicode.ReplacementChar:
		return true
	case r >= '\ufe00' && r <= '\ufe0f', r >= 0xe0000 && r <= 0xe0fff:
		return true
	case unicode.Is(unicode.Co, r):
		return plain(r) == r
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r&0xfffe == 0xfffe
}

// plain turns the bullets of symbol fonts, which PDF files give as private characters, into real ones.
func plain(r rune) rune {
	switch r {
	case 0xf0b7, 0xf0a7, 0xf06e, 0xf0a8, 0xf071:
		return '•'
	case 0xf0d8:
		return '➢'
	case 0xf0e0, 0xf0e8:
		return '→'
	case 0xf0fc:
		return '✓'
	case 0xf02d:
		return '-'
	}
	return r
}

// Fold keeps letters and digits only, in lower case: for comparing titles, headers and duplicates.
func Fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKC.String(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}
