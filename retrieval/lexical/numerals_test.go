package lexical

import (
	"slices"
	"strings"
	"testing"
)

func TestNumbersAreFoundHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.publish(source{"c", "a", "a1", "", nil, []string{
		"roman Au XIXe, sous Louis XVIII.", "suffix Au XIXᵉ.", "figures Au 19e, article 4.", "spelled Au dix-neuvième, article IV.",
		"many Il y a 300 agents et 23 villes.", "words Il y a trois cents agents et vingt-trois villes.", "year En 2024.",
		"first Le 1er mai.", "premier Le premier mai.", "second La deuxième édition.", "sixteenth Au XVIe.", "vie La vie.",
	}})
	x := synced(t, l, Options{})
	for _, tt := range []struct{ question, want, near string }{
		{"XIXe", "figures roman spelled suffix", ""},
		{"19ème", "figures roman spelled suffix", "19e"},
		{"dix-neuvième", "figures roman spelled suffix", ""},
		{"article 4", "figures spelled", ""},
		{"article quatre", "figures spelled", "4"},
		{"Louis 18", "roman", "xviii"},
		{"300", "many words", ""},
		{"trois cents", "many words", ""},
		{"vingt-trois", "many words", ""},
		{"23", "many words", ""},
		{"deux mille vingt-quatre", "year", "2024"},
		{"1er", "first premier", ""},
		{"première", "first premier", "1er"},
		{"2nde", "second", "second"},
		{"sixième siècle", "", ""},
		{"XVIIIe", "", ""},
	} {
		got := strings.Fields(ask(t, x, l, everything, tt.question))
		want := strings.Fields(tt.want)
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("%q found %q, want %q", tt.question, got, want)
			}
		}
		if slices.Contains(got, "vie") || slices.Contains(got, "sixteenth") {
			t.Errorf("%q found %q", tt.question, got)
		}
		for _, term := range x.Terms(tt.question, "fr") {
			if term.Near != "" && (term.Known || term.Near != tt.near) {
				t.Errorf("%q: term %+v, want near %q", tt.question, term, tt.near)
			}
		}
	}
}

// The spelling asked for comes before the others.
func TestOtherSpellingsWeighLess(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.publish(source{"c", "a", "a1", "", nil, []string{"roman tome II ici", "figure tome 2 ici", "word tome deux ici"}})
	x := synced(t, l, Options{})
	for question, first := range map[string]string{"tome 2": "figure", "tome II": "roman", "tome deux": "word"} {
		if got := ask(t, x, l, everything, question); !strings.HasPrefix(got, first) || len(strings.Fields(got)) != 3 {
			t.Errorf("%q found %q, want %s first", question, got, first)
		}
	}
}
