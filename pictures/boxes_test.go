package pictures

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// quotesWanted is how many quotes are placed, drawn at random from the reports.
const quotesWanted = 300

// TestBoxesAgainstPoppler holds the boxes around quotes of real reports to what another program, pdftotext, reads
// within them.
func TestBoxesAgainstPoppler(t *testing.T) {
	t.Parallel()
	dir := testkit.Shared(t, "data/reports")
	if _, err := exec.LookPath("pdftotext"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("pdftotext is missing, and CI needs it")
		}
		t.Skip("skipped: pdftotext is not on this machine")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.pdf"))
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	a, s, _ := newAlbum(t, Options{})
	var all []sentence
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := pool().Extract(t.Context(), qa.File{ReadSeeker: bytes.NewReader(raw)})
		if err != nil {
			t.Fatal(name, err)
		}
		all = append(all, sentencesOf(text, name, s.put(raw))...)
	}
	random := rand.New(rand.NewPCG(2026, 9))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var words, covered, boxed, foreign, unplaced int
	pages := map[string][]word{}
	for _, q := range all[:quotesWanted] {
		found, err := a.Place(t.Context(), q.hash, q.page, q.Quote)
		if err != nil {
			t.Fatal(err)
		}
		if len(found.Boxes) == 0 {
			unplaced++
			t.Logf("%s page %d: not placed: %q", filepath.Base(q.file), q.page, q.Text)
			continue
		}
		key := q.file + " " + strconv.Itoa(q.page)
		if pages[key] == nil {
			pages[key] = popplerWords(t, q.file, q.page)
		}
		want, got := wordsOf(q.Text), inside(pages[key], found.Boxes)
		missed, strange := compare(want, got)
		words, covered, boxed, foreign = words+len(want), covered+len(want)-len(missed), boxed+len(got), foreign+len(strange)
		if len(missed)+len(strange) > 0 {
			t.Logf("%s page %d: %q misses %q, holds %q", filepath.Base(q.file), q.page, q.Text, missed, strange)
		}
	}
	share := func(n, of int) float64 { return 100 * float64(n) / float64(of) }
	t.Logf("%d quotes of %d reports, %d not placed; %d words, %.2f %% covered; %d words in boxes, %.2f %% foreign",
		quotesWanted, len(files), unplaced, words, share(covered, words), boxed, share(foreign, boxed))
	if share(covered, words) < 99 || share(foreign, boxed) > 1 || share(unplaced, quotesWanted) > 1 {
		t.Error("want at least 99 % covered, at most 1 % foreign, at most 1 % not placed")
	}
}

// sentence is a quote of a report.
type sentence struct {
	qa.Quote
	file, hash string
	page       int
}

// sentencesOf takes every sentence and table row of at least four words that stands on one page.
func sentencesOf(text qa.Text, file, hash string) []sentence {
	var out []sentence
	for _, p := range text.Pages {
		for _, b := range text.Blocks {
			if b.Start < p.Start || b.End > p.End || b.Recognised > 0 {
				continue
			}
			at := b.Start
			for _, s := range strings.SplitAfter(text.Content[b.Start:b.End], ". ") {
				if len(wordsOf(s)) >= 4 {
					before := strings.ToValidUTF8(text.Content[max(p.Start, at-300):at], "")
					out = append(out, sentence{qa.Quote{Before: before, Text: s}, file, hash, p.Number})
				}
				at += len(s)
			}
		}
	}
	return out
}

// word is a word that pdftotext reads on a page, and its middle in points from the upper left corner.
type word struct {
	text string
	x, y float64
}

func popplerWords(t *testing.T, file string, page int) []word {
	t.Helper()
	n := strconv.Itoa(page)
	out, err := exec.CommandContext(t.Context(), "pdftotext", "-bbox", "-f", n, "-l", n, file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	out = bytes.Map(func(r rune) rune { // characters that XML does not allow stand in some reports
		if r < ' ' && r != '\n' {
			return ' '
		}
		return r
	}, out)
	d := xml.NewDecoder(bytes.NewReader(out))
	d.Strict = false
	words := []word{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return words
		}
		if err != nil {
			t.Fatal(err)
		}
		element, ok := token.(xml.StartElement)
		if !ok || element.Name.Local != "word" {
			continue
		}
		var w struct {
			XMin float64 `xml:"xMin,attr"`
			XMax float64 `xml:"xMax,attr"`
			YMin float64 `xml:"yMin,attr"`
			YMax float64 `xml:"yMax,attr"`
			Text string  `xml:",chardata"`
		}
		if err := d.DecodeElement(&w, &element); err != nil {
			t.Fatal(err)
		}
		for _, part := range wordsOf(w.Text) {
			words = append(words, word{part, (w.XMin + w.XMax) / 2, (w.YMin + w.YMax) / 2})
		}
	}
}

// wordsOf cuts a text at all that is no letter and no digit, and folds case, accents and ligatures.
func wordsOf(text string) []string {
	text = strings.NewReplacer("\ufb01", "fi", "\ufb02", "fl", "\ufb00", "ff", "\ufb03", "ffi", "œ", "oe", "Œ", "oe", "\u00ad", "").Replace(text)
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

func inside(words []word, boxes []qa.Box) []string {
	var out []string
	for _, w := range words {
		for _, b := range boxes {
			if w.x >= b.X && w.x <= b.X+b.Width && w.y >= b.Y && w.y <= b.Y+b.Height {
				out = append(out, w.text)
				break
			}
		}
	}
	return out
}

// compare gives the words that are in only one of two lists. A word that one of them divides, as at the end of a
// line, counts as found where its letters follow each other in the other.
func compare(want, got []string) (missed, strange []string) {
	return without(want, got), without(got, want)
}

func without(list, other []string) []string {
	bag := map[string]int{}
	for _, w := range other {
		bag[w]++
	}
	joined := strings.Join(other, "")
	var out []string
	for _, w := range list {
		switch {
		case bag[w] > 0:
			bag[w]--
		case len(w) >= 3 && strings.Contains(joined, w):
		default:
			out = append(out, w)
		}
	}
	return out
}
