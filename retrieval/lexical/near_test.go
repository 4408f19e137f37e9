package lexical

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"rapporteur/qa"
)

// slips is the definition that the bit-parallel form must agree with, cell by cell.
func slips(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range b {
		rows[0][j+1] = j + 1
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

func TestDistanceCountsSlips(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"accessiblite", "accessibilite", 1}, {"budegt", "budget", 1}, {"budjet", "budget", 1},
		{"buddget", "budget", 1}, {"numerqiue", "numerique", 1}, {"nmeriqeu", "numerique", 2}, {"chat", "budget", 5},
	} {
		if got := newSpeller(tt.a).distance(tt.b); got != tt.want {
			t.Errorf("%s, %s: %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
	r := rand.New(rand.NewPCG(3, 4))
	word := func() string {
		b := make([]byte, 1+r.IntN(14))
		for i := range b {
			b[i] = 'a' + byte(r.IntN(3))
		}
		return string(b)
	}
	for range 20_000 {
		a, b := word(), word()
		if got, want := newSpeller(a).distance(b), slips(a, b); got != want {
			t.Fatalf("%s, %s: %d, want %d", a, b, got, want)
		}
		if s, o := lettersOf(a), lettersOf(b); s != 0 && o != 0 && lettersApart(s, o) > slips(a, b) {
			t.Fatalf("%s, %s: the letters are %d apart, the words %d", a, b, lettersApart(s, o), slips(a, b))
		}
	}
}

func TestMistypedWordsFindTheirNeighbours(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.publish(source{"c", "a", "a1", "Référentiel général", nil, []string{
		"accessibilité L'accessibilité numérique des services.",
		"budget Le budget de 2024.",
		"troisième Le troisième comité, financière et première.",
		"comités Les comités, les comités.",
	}})
	l.publish(source{"c", "b", "b1", "", nil, []string{"supprimé Les saumons."}})
	shelf(l)
	x := synced(t, l, Options{})
	l.remove("c", "b")
	if err := x.Sync(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ question, near, found string }{
		{"accessiblité", "accessibilite", "accessibilité"},
		{"axcesiblité", "", ""},                             // three slips
		{"xccessibiltié", "", ""},                           // two, the first letter among them
		{"xccessibilité", "accessibilite", "accessibilité"}, // one
		{"BUGDET", "budget", "budget"},                      // swapped
		{"bdgte", "", ""},                                   // two slips in a short word
		{"2025", "", ""},                                    // a slip makes another number
		{"saumont", "", ""},                                 // only a removed document had it
		{"budget", "", "budget"},                            // known words are left alone
		{"référenciel", "referentiel", "accessibilité budget troisième comités"}, // a title's word
		{"conité", "comite", "comités troisième"},
	} {
		terms := x.Terms(tt.question, "fr")
		if len(terms) != 1 || terms[0].Near != tt.near || terms[0].Known != (tt.question == "budget") {
			t.Errorf("%q: terms %+v, want near %q", tt.question, terms, tt.near)
		}
		if got := ask(t, x, l, everything, tt.question); got != tt.found {
			t.Errorf("%q found %q, want %q", tt.question, got, tt.found)
		}
	}
}

// shelf adds documents, so that the segment of one that is removed is not written anew at once.
func shelf(l *library) {
	for i := range 9 {
		l.publish(source{"c", qa.DocumentID(fmt.Sprint("s", i)), qa.VersionID(fmt.Sprint("s", i)), "", nil, []string{"rien"}})
	}
}

func TestNearWordsWeighLess(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.publish(source{"c", "a", "a1", "", nil, []string{"budget voici un texte", "fleuve voici un texte"}})
	x := synced(t, l, Options{})
	if got, want := ask(t, x, l, everything, "bugdet fleuve"), "fleuve budget"; got != want {
		t.Errorf("found %q, want %q", got, want)
	}
}

// BenchmarkNear looks for words in vocabularies made of the words of labour law, and of pairs of them:
//
//	go test ./retrieval/lexical -run - -bench Near -cpu 1
func BenchmarkNear(b *testing.B) {
	real := strings.Fields(vocabulary(b))
	for _, n := range []int{300_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			x := synced(b, invented(real, n), Options{})
			s := x.current.Load()
			forms := 0
			for _, v := range s.views {
				forms += v.field[body].forms.len()
			}
			words := []string{"accessiblite", "licenciment", "indemnte", "prevaloirr", "conjontctures", "salaie"}
			began := processorTime(b)
			for b.Loop() {
				for _, w := range words {
					s.near(w)
				}
			}
			b.ReportMetric(float64((processorTime(b)-began).Microseconds())/float64(b.N*len(words)), "µs/word")
			b.ReportMetric(float64(forms), "forms")
		})
	}
}

// processorTime is what the process has used: other programs do not count.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// vocabulary gives the words of labour law that may be mistyped, each once.
func vocabulary(b *testing.B) string {
	x := synced(b, labour(b).lib, Options{})
	var out strings.Builder
	seen := map[string]bool{}
	for _, v := range x.current.Load().views {
		f := &v.field[body]
		for i := range f.forms.len() {
			if w := f.forms.at(i); lettersOf(w) != 0 && !seen[w] {
				seen[w] = true
				out.WriteString(w + " ")
			}
		}
	}
	return out.String()
}

// invented makes a library of n words: the real ones, then the start of one with the end of another,
// which keeps the lengths and letters of French.
func invented(real []string, n int) *library {
	r := rand.New(rand.NewPCG(5, 6))
	seen := make(map[string]bool, n)
	var texts []string
	var text strings.Builder
	for i := 0; len(seen) < n; i++ {
		w := real[i%len(real)]
		if i >= len(real) {
			v := real[r.IntN(len(real))]
			w = w[:1+r.IntN(len(w)-1)] + v[r.IntN(len(v)-1):]
		}
		if seen[w] || lettersOf(w) == 0 {
			continue
		}
		seen[w] = true
		text.WriteString(w + " ")
		if text.Len() > 2000 {
			texts = append(texts, text.String())
			text.Reset()
		}
	}
	l := newLibrary()
	l.publish(source{collection: "c", document: "a", version: "a1", texts: append(texts, text.String())})
	return l
}

func TestNearIsTheSameHoweverTheIndexCameToBe(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	x := New(l, Options{})
	for _, s := range []source{
		{"c", "a", "a1", "", nil, []string{"un comité", "des comités"}},
		{"c", "b", "b1", "Le comite", nil, []string{"la comète et les comètes"}},
		{"c", "d", "d1", "", nil, []string{"un comité", "Comines"}},
	} {
		l.publish(s)
		if err := x.Sync(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	once := synced(t, l, Options{}).current.Load()
	for _, w := range []string{"comitte", "comine", "comette"} {
		if got, want := fmt.Sprint(x.current.Load().near(w)), fmt.Sprint(once.near(w)); got != want || want == "[]" {
			t.Errorf("%s: %s, and %s built at once", w, got, want)
		}
	}
}
