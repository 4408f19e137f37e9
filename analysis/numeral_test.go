package analysis

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func numerals(text string) string {
	var out []string
	for _, n := range Numerals(text, Analyze(text, "fr")) {
		s := fmt.Sprintf("%s=%d", text[n.Start:n.End], n.Value)
		if n.Ordinal {
			s += "e"
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func TestNumerals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Qui régna au XIXe siècle ?":                             "XIXe=19e",
		"au XVIIIème, au IIe et au VIe siècle":                   "XVIIIème=18e, IIe=2e, VIe=6e",
		"LE VIE SIÈCLE":                                          "VIE=6e",
		"LA VIE CHÈRE":                                           "",
		"Louis XIV et François Ier":                              "XIV=14, Ier=1e",
		"Charles X, article V, titre I":                          "X=10, V=5, I=1",
		"le plan X et le point V":                                "",
		"le CV, taille XL, LI":                                   "",
		"IIII VX IXX":                                            "",
		"tome 2, 1er mai, 2ème partie, 3e et 2nd":                "2=2, 1er=1e, 2ème=2e, 3e=3e, 2nd=2e",
		"3er 4nd 007 1,5":                                        "",
		"la première et le second":                               "première=1e, second=2e",
		"vingt-trois agents, vingt et un":                        "vingt-trois=23, vingt et un=21",
		"trois cents euros":                                      "trois cents=300",
		"deux mille vingt-quatre":                                "deux mille vingt-quatre=2024",
		"mille neuf cent quatre-vingt-dix-neuf":                  "mille neuf cent quatre-vingt-dix-neuf=1999",
		"soixante et onze, soixante-dix-sept, quatre-vingt-un":   "soixante et onze=71, soixante-dix-sept=77, quatre-vingt-un=81",
		"septante-deux mille":                                    "septante-deux mille=72000",
		"cent, deux cent un, dix-huit, cents":                    "cent=100, deux cent un=201, dix-huit=18, cents=100",
		"vingt-troisième, vingt et unième, dix-neuvième":         "vingt-troisième=23e, vingt et unième=21e, dix-neuvième=19e",
		"quatre-vingtième, deux centième, soixante-dix-septième": "quatre-vingtième=80e, deux centième=200e, soixante-dix-septième=77e",
		"un agent, une ville":                                    "",
		"deux, trois":                                            "deux=2, trois=3",
		"trois. Cents":                                           "trois=3, Cents=100",
		"l'article 4 des DEUX":                                   "4=4, DEUX=2",
	} {
		if got := numerals(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// Each way to write a number is read as that number.
func TestSpellingsAreRead(t *testing.T) {
	t.Parallel()
	for v := 1; v <= 1000; v++ {
		for _, ordinal := range []bool{false, true} {
			for _, s := range (Numeral{Value: v, Ordinal: ordinal}).Spellings() {
				if n := len(s) - len(strings.TrimLeft(s, "ivx")); v <= maxRoman && n > 0 && (n == len(s) || s[n] == 'e' || s[n] == 'r') {
					s = strings.ToUpper(s[:n]) + s[n:]
				}
				if got := Numerals(s, Analyze(s, "fr")); len(got) != 1 || got[0].Value != v || got[0].Ordinal != ordinal || got[0].End != len(s) {
					t.Errorf("%d as %q: %+v", v, s, got)
				}
			}
		}
	}
	if got := (Numeral{Value: 19, Ordinal: true}).Spellings(); !slices.Equal(got, []string{"19e", "19eme", "dix-neuvieme", "xixe", "xixeme"}) {
		t.Errorf("19e: %q", got)
	}
	if got := (Numeral{Value: 23}).Spellings(); !slices.Equal(got, []string{"23", "vingt-trois", "xxiii"}) {
		t.Errorf("23: %q", got)
	}
}

func TestRomanNumeralsKeepTheirForm(t *testing.T) {
	t.Parallel()
	if got, want := words(Analyze("XVIe XVIIIe XVIII siècles 19ᵉ 1ᵉʳ", "fr")), "xvie xviiie xviii siecles/siecl 19e 1er"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Numerals stand in order inside the text, and are numbers.
func FuzzNumerals(f *testing.F) {
	for _, s := range []string{"deux mille vingt-quatre", "XIXe siècle", "Louis XIV", "quatre-vingt-dix-neuvième", "mille mille cent cent", "et un", "999999e", "vingt-\u2011trois"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at := 0
		for _, n := range Numerals(text, Analyze(text, "fr")) {
			if n.Start < at || n.End <= n.Start || n.End > len(text) || n.Value < 1 || n.Value > 999_999 {
				t.Fatalf("%q: %+v", text, n)
			}
			at = n.End
			if len(n.Spellings()) == 0 {
				t.Fatalf("%q: %+v has no spelling", text, n)
			}
		}
	})
}
