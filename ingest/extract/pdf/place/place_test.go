package place

import (
	"strings"
	"testing"
)

// FuzzFold checks that what is searched for and what is searched in are folded alike, and that a
// quote of any text is found in it.
func FuzzFold(f *testing.F) {
	f.Add("Où est l’« œuvre » n° 3 ?", 3, 9)
	f.Add("e\u0301te\u0301 ﬁn 10² \u212b", 0, 8)
	f.Fuzz(func(t *testing.T, text string, start, length int) {
		var chars []Char
		for _, r := range text {
			chars = append(chars, Char{Rune: r})
		}
		if start < 0 || length < 0 || start > len(chars) || length > len(chars)-start {
			return
		}
		var quote strings.Builder
		for _, c := range chars[start : start+length] {
			quote.WriteRune(c.Rune)
		}
		s := newStream(chars)
		if len(s.at) != len(s.text) || len(s.edge) != len(s.text)+1 {
			t.Fatalf("%d bytes, %d chars, %d edges", len(s.text), len(s.at), len(s.edge))
		}
		folded := Fold(quote.String())
		if found := s.find("", quote.String()); folded != "" && strings.Contains(s.text, folded) && len(found) == 0 {
			t.Errorf("%q is not found in %q", quote.String(), text)
		}
	})
}
