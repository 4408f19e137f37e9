package ocr

import (
	"fmt"
	"image"
	"strings"
	"testing"
)

const sampleTable = header + "\n" +
	"1\t1\t0\t0\t0\t0\t0\t0\t1654\t2338\t-1\t\n" +
	"2\t1\t1\t0\t0\t0\t197\t202\t486\t41\t-1\t\n" +
	"5\t1\t1\t1\t1\t1\t197\t202\t252\t41\t94.5\tEngagement\n" +
	"5\t1\t1\t1\t1\t2\t462\t202\t71\t32\t0\tdes\n" +
	"5\t1\t1\t1\t2\t1\t197\t250\t71\t32\t96\tparties\n" +
	"5\t1\t2\t1\t1\t1\t214\t290\t207\t23\t95\t \n" +
	"5\t1\t3\t1\t1\t1\t214\t290\t207\t23\t91.2\tL'ADULLACT\n" +
	"5\t1\t3\t2\t1\t1\t214\t390\t207\t23\t91.2\tfin\n"

func TestParse(t *testing.T) {
	t.Parallel()
	page, err := parse([]byte(sampleTable))
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, p := range page.Paragraphs {
		fmt.Fprintf(&got, "[%d", p.Block)
		for _, l := range p.Lines {
			for _, w := range l.Words {
				fmt.Fprintf(&got, " %s", w.Text)
			}
			got.WriteString(" /")
		}
		got.WriteString("]")
	}
	if want := "[1 Engagement des / parties /][3 L'ADULLACT /][3 fin /]"; got.String() != want {
		t.Errorf("got %s, want %s", got.String(), want)
	}
	word := page.Paragraphs[0].Lines[0].Words[0]
	if word.Confidence != 0.945 || word.Box != image.Rect(197, 202, 449, 243) || page.Size != image.Pt(1654, 2338) || page.Words() != 5 {
		t.Errorf("%d words, the first %+v on %v", page.Words(), word, page.Size)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	row := "5\t1\t1\t1\t1\t1\t197\t202\t252\t41\t94.5\tmot\n"
	for name, table := range map[string]string{
		"no head":           row,
		"too few fields":    header + "\n5\t1\t1\n",
		"no number":         header + "\n" + strings.Replace(row, "197", "x", 1),
		"a negative number": header + "\n" + strings.Replace(row, "197", "-1", 1),
		"a huge number":     header + "\n" + strings.Replace(row, "197", "99999999999", 1),
		"a confidence":      header + "\n" + strings.Replace(row, "94.5", "101", 1),
		"NaN":               header + "\n" + strings.Replace(row, "94.5", "NaN", 1),
		"a tab in a word":   header + "\n" + strings.Replace(row, "mot", "mo\tt", 1),
		"not UTF-8":         header + "\n" + strings.Replace(row, "mot", "\xff", 1),
		"a long word":       header + "\n" + strings.Replace(row, "mot", strings.Repeat("m", maxWord+1), 1),
		"too many words":    header + "\n" + strings.Repeat(row, maxWords+1),
	} {
		if page, err := parse([]byte(table)); err == nil {
			t.Errorf("%s: read as %d words", name, page.Words())
		}
	}
}

// FuzzParse: a table is refused, or its words keep their promises.
func FuzzParse(f *testing.F) {
	f.Add([]byte(sampleTable))
	f.Add([]byte(header + "\r\n"))
	f.Fuzz(func(t *testing.T, table []byte) {
		page, err := parse(table)
		if err != nil {
			return
		}
		for _, p := range page.Paragraphs {
			if len(p.Lines) == 0 {
				t.Fatal("a paragraph without lines")
			}
			for _, l := range p.Lines {
				if len(l.Words) == 0 {
					t.Fatal("a line without words")
				}
				for _, w := range l.Words {
					if w.Text == "" || w.Confidence < 0 || w.Confidence > 1 {
						t.Fatalf("the word %+v", w)
					}
				}
			}
		}
	})
}
