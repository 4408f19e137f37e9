package wording

import "testing"

func TestClean(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"  deux   espaces ", "deux espaces"},
		{"22\u00a0% ou 22\u202f%", "22 % ou 22 %"},
		{"e\u0301te\u0301", "été"},
		{"e\ufb03cace, \ufb02eur, \ufb05", "efficace, fleur, st"},
		{"in\u00advi\u200bsible\u202e", "invisible"},
		{"caché \U000e0041\U000e0042", "caché"},
		{"\uf0b7 puce", "• puce"},
		{"\uf123\uf124", ""},
		{"a\xffb", "ab"},
	} {
		if got := Clean(c.in); got != c.want {
			t.Errorf("Clean(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestHyphens(t *testing.T) {
	t.Parallel()
	w := NewWords()
	w.Add("le sous-préfet et le contre-projet du département existent")
	for _, c := range []struct {
		before, after string
		keeps         bool
	}{
		{"toute l’infor", "mation", false},
		{"il viendra peut", "être", true},
		{"vis-à", "vis", true},
		{"un e", "learning", true},
		{"le sous", "préfet du", true},
		{"du dépar", "tement existent", false},
		{"Île-de", "France", true},
		{"ENVIRONNE", "MENTAL", false},
		{"entre 2023", "2024", true},
		{"celui", "ci est", true},
		{"mer", "ci à tous", false},
		{"eux", "mêmes", true},
	} {
		if got := w.Keeps(c.before, c.after); got != c.keeps {
			t.Errorf("%s-|%s: keeps %v, want %v", c.before, c.after, got, c.keeps)
		}
	}
}
