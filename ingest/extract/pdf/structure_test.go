package pdf

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"rapporteur/ingest/extract/pdf/layout"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// scanned reads a report through PDFium, in this process: what a child lays out.
func scanned(t *testing.T, e *engine, name string) layout.Document {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testkit.Shared(t, "data/reports"), name))
	if err != nil {
		t.Fatal(err)
	}
	r, err := e.read(context.Background(), data, "", func(int, int) error { return nil })
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return r.Document
}

func testEngine(t *testing.T) *engine {
	t.Helper()
	e, err := newEngine(context.Background(), cacheDir(t), defaultMemoryMiB)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestHeadings hides the outline of reports from the reader, and compares the headings it finds
// with the titles of the outline.
//
// An outline that stops at chapters says nothing of the headings below them. So precision is
// counted down to the level that holds nine of ten of the outline's titles: a title read deeper is
// a miss, any other heading down to there is a fault. The plain figure, which takes each heading
// that the outline leaves out for a fault, is printed too.
func TestHeadings(t *testing.T) {
	e := testEngine(t)
	var sum headingScore
	for _, c := range []struct {
		file  string
		floor float64 // of F1
	}{
		{"rgaa-4.1.pdf", 0.80},
		{"rgesn-1.0.1.pdf", 0.80},
		{"guide-achats-numeriques-responsables-2021.pdf", 0.80},
		{"politique-open-source-2018.pdf", 0.80},
		{"cr-garagethon-bluehats-2024.pdf", 0.80},
	} {
		s := scanned(t, e, c.file)
		titles := joinNumbers(s.Outline)
		s.Outline = nil
		score := compareHeadings(layout.Arrange(s), titles)
		t.Logf("%-46s %s", c.file, score)
		if f := score.f1(); f < c.floor {
			t.Errorf("%s: F1 %.3f, want at least %.2f", c.file, f, c.floor)
		}
		if strings.HasPrefix(c.file, "rg") || strings.HasPrefix(c.file, "guide") {
			sum = sum.plus(score)
		}
	}
	t.Logf("%-46s %s", "the first three together", sum)
	if f := sum.f1(); f < 0.80 {
		t.Errorf("together: F1 %.3f, want at least 0.80", f)
	}
}

// TestWordsOnTheirPages compares each page with poppler's view of it. Poppler's default mode is the
// yardstick: like PDFium it takes words printed twice at one place, as in the ribbon of fiche-ia,
// for one; "pdftotext -raw" counts both.
func TestWordsOnTheirPages(t *testing.T) {
	needPoppler(t)
	e := testEngine(t)
	files, err := filepath.Glob(filepath.Join(testkit.Shared(t, "data/reports"), "*.pdf"))
	if err != nil || len(files) < 8 {
		t.Fatalf("%d PDF files, error %v", len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		text := layout.Arrange(scanned(t, e, name))
		pages := strings.Split(poppler(t, "pdftotext", file, "-"), "\f")
		all, found := 0, 0.0
		for i, p := range text.Pages {
			words := plainWords(pages[i])
			share, _ := wordsFound(qa.Text{Content: text.Content[p.Start:p.End]}, pages[i])
			all += len(words)
			found += share * float64(len(words))
		}
		if all == 0 {
			continue // a scan
		}
		t.Logf("%-46s %.2f %% of %d words on their pages", name, 100*found/float64(all), all)
		if found < 0.995*float64(all) {
			t.Errorf("%s: %.2f %% of the words of pdftotext on their pages, want 99.5", name, 100*found/float64(all))
		}
	}
}

// joinNumbers puts an entry that is only a number before the next one of its page: they are one
// heading, « 1.5 » and its words.
func joinNumbers(entries []layout.OutlineEntry) []layout.OutlineEntry {
	var out []layout.OutlineEntry
	for i := 0; i < len(entries); i++ {
		e := entries[i]
		if bareTitle(e.Title) == "" && i+1 < len(entries) && entries[i+1].Page == e.Page {
			i++
			e.Title += " " + entries[i].Title
		}
		out = append(out, e)
	}
	return out
}

// headingScore counts the headings of a document; the second of each pair is down to the depth of the outline.
type headingScore struct {
	asked, unprinted   int
	hits, hitsInDepth  int
	found, foundInside int
}

func (s headingScore) plus(o headingScore) headingScore {
	return headingScore{s.asked + o.asked, s.unprinted + o.unprinted, s.hits + o.hits, s.hitsInDepth + o.hitsInDepth,
		s.found + o.found, s.foundInside + o.foundInside}
}

func (s headingScore) f1() float64 { return f1(s.hitsInDepth, s.foundInside, s.asked) }

// f1 is the harmonic mean of hits/found and hits/asked.
func f1(hits, found, asked int) float64 {
	if found+asked == 0 {
		return 0
	}
	return 2 * float64(hits) / float64(found+asked)
}

func (s headingScore) String() string {
	part := func(n, of int) float64 { return float64(n) / float64(max(of, 1)) }
	return fmt.Sprintf("P %.3f R %.3f F1 %.3f (%d of %d titles, %d headings; %d titles printed nowhere); without regard to depth P %.3f R %.3f F1 %.3f (%d headings)",
		part(s.hitsInDepth, s.foundInside), part(s.hitsInDepth, s.asked), s.f1(), s.hitsInDepth, s.asked, s.foundInside, s.unprinted,
		part(s.hits, s.found), part(s.hits, s.asked), f1(s.hits, s.found, s.asked), s.found)
}

// compareHeadings matches titles with the headings of their page, with or without their numbers.
func compareHeadings(text qa.Text, titles []layout.OutlineEntry) headingScore {
	headings := headingsByPage(text)
	var s headingScore
	var levels [10]int // of the titles found
	for _, e := range titles {
		if e.Page < 0 || e.Page >= len(text.Pages) || !strings.Contains(foldTitle(pageText(text, e.Page)), bareTitle(e.Title)) {
			s.unprinted++
			continue
		}
		s.asked++
		for i := range headings[e.Page] {
			h := &headings[e.Page][i]
			if !h.used && (h.text == foldTitle(e.Title) || bareTitle(h.text) == bareTitle(e.Title)) {
				h.used = true
				s.hits++
				levels[h.level]++
				break
			}
		}
	}
	depth := 0
	for n := 0; 10*n < 9*s.hits; n += levels[depth] {
		depth++
	}
	for _, page := range headings {
		for _, h := range page {
			s.found++
			if h.level <= depth {
				s.foundInside++
				if h.used {
					s.hitsInDepth++
				}
			}
		}
	}
	return s
}

type pageHeading struct {
	text  string
	level int
	used  bool
}

func headingsByPage(text qa.Text) [][]pageHeading {
	out := make([][]pageHeading, len(text.Pages))
	for i, p := range text.Pages {
		for _, b := range text.Blocks {
			if b.Kind == qa.BlockHeading && b.Start >= p.Start && b.End <= p.End {
				out[i] = append(out[i], pageHeading{text: foldTitle(text.Content[b.Start:b.End]), level: b.Level})
			}
		}
	}
	return out
}

func pageText(text qa.Text, page int) string {
	return text.Content[text.Pages[page].Start:text.Pages[page].End]
}

var notWord = regexp.MustCompile(`[^\p{L}\p{N}]+`)

// foldTitle keeps the letters and digits, in lower case.
func foldTitle(s string) string {
	return strings.ToLower(notWord.ReplaceAllString(norm.NFKC.String(s), ""))
}

// bareTitle is the folded title without its number.
func bareTitle(s string) string { return strings.TrimLeftFunc(foldTitle(s), unicode.IsDigit) }
