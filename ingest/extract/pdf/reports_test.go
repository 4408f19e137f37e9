package pdf

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"rapporteur/ingest/extract/draft"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// TestReports reads every PDF of the reports, once, and prints what was found beside poppler's view.
func TestReports(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testkit.Shared(t, "data/reports"), "*.pdf"))
	if err != nil || len(files) < 8 {
		t.Fatalf("%d PDF files, error %v", len(files), err)
	}
	needPoppler(t)
	p := newPool(t, Options{})
	if err := p.Warm(context.Background()); err != nil {
		t.Fatal(err)
	}
	texts := map[string]qa.Text{}
	for _, file := range files {
		name := filepath.Base(file)
		start := time.Now()
		text, err := extractFile(t, p, file)
		took := time.Since(start)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		texts[name] = text
		if err := draft.Check(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if want := pageCount(t, file); len(text.Pages) != want {
			t.Errorf("%s: %d pages, pdfinfo says %d", name, len(text.Pages), want)
		}
		share, missing := wordsFound(text, poppler(t, "pdftotext", "-raw", file, "-"))
		t.Logf("%-52s %3d pages, %6.2f %% of pdftotext's words, %4d ms, %3.0f pages/s, title %q",
			name, len(text.Pages), 100*share, took.Milliseconds(), float64(len(text.Pages))/took.Seconds(), text.Title)
		if share < 0.99 {
			t.Errorf("%s: %.2f %% of the words of pdftotext -raw, missing %v", name, 100*share, missing)
		}
		for _, page := range text.Pages {
			if empty := page.Len() == 0; empty != strings.HasPrefix(name, "scan-") && (empty || page.Number == 1) {
				t.Errorf("%s: page %d has %d bytes of text", name, page.Number, page.Len())
			}
		}
	}
	t.Logf("peak memory of the child: %s", peakMemory(p))
	t.Run("two columns", func(t *testing.T) { twoColumnsInReadingOrder(t, texts["minumeco-bilan-2024.pdf"]) })
	t.Run("blocks", func(t *testing.T) { blocksOfReports(t, texts) })
}

// needPoppler skips where the yardstick is not installed, and fails in CI.
func needPoppler(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("poppler-utils is missing, and CI needs it")
	}
	t.Skip("skipped: poppler-utils is not on this machine")
}

func poppler(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command(args[0], args[1:]...).Output()
	if err != nil {
		t.Fatalf("%s: %v", args[0], err)
	}
	return string(out)
}

func pageCount(t *testing.T, file string) int {
	t.Helper()
	m := regexp.MustCompile(`(?m)^Pages:\s+(\d+)`).FindStringSubmatch(poppler(t, "pdfinfo", file))
	if m == nil {
		t.Fatalf("pdfinfo gives no pages for %s", file)
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// wordsFound gives the part of the words of other that text holds, counted with repeats, and some
// that it does not. Hyphens are left out on both sides, so that words cut at line ends compare.
func wordsFound(text qa.Text, other string) (float64, []string) {
	have := map[string]int{}
	for _, w := range plainWords(text.Content) {
		have[w]++
	}
	all, found := 0, 0
	var missing []string
	for _, w := range plainWords(other) {
		all++
		if have[w] > 0 {
			have[w]--
			found++
		} else {
			missing = append(missing, w)
		}
	}
	if all == 0 {
		return 1, nil
	}
	return float64(found) / float64(all), missing[:min(len(missing), 40)]
}

var endHyphen = regexp.MustCompile(`[-\x{ad}]\s*[\n\f]+\s*`)

func plainWords(s string) []string {
	s = norm.NFKC.String(endHyphen.ReplaceAllString(s, ""))
	s = strings.NewReplacer("-", "", "\u2010", "", "\u00ad", "").Replace(s)
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// twoColumnsInReadingOrder looks at a page of two columns beside a narrow one: each column whole,
// its sentences unbroken over line ends and hyphens.
func twoColumnsInReadingOrder(t *testing.T, text qa.Text) {
	if len(text.Pages) < 4 {
		t.Fatalf("%d pages", len(text.Pages))
	}
	page := text.Pages[3]
	if page.Label != "4" {
		t.Errorf("label %q, want the printed 4", page.Label)
	}
	content := text.Content[page.Start:page.End]
	at := 0
	for _, want := range []string{
		"L’administration se transforme\n\n",
		"4,4 % des émissions de gaz à effet de serre",
		"\n\nDes objectifs basés sur la législation française et européenne\n\n",
		"l’ensemble des opérateurs ainsi que des collectivités de plus de 50 000 habitants",
		"meilleure information et protection des consommateurs",
		"critères de durabilité environnementale plus larges",
		"\n\nVers des services publics Écoresponsables (SPE)\n\n",
		"un plan de transformation vers des services publics",
		"visant à réduire leur empreinte environnementale de 22 %.\n\n",
		"\n→ Se doter de 20 % de matériel informatique issu du réemploi,\n→ Donner 50 %",
		"la Direction Nationale d’Interventions Domaniales (DNID),",
		"4 MiNumEco Bilan d’activité 2024",
	} {
		i := strings.Index(content[at:], want)
		if i < 0 {
			t.Errorf("%q is not on the page after byte %d", want, at)
			continue
		}
		at += i
	}
}

// blocksOfReports checks the kind and level of blocks that a reader names without doubt.
func blocksOfReports(t *testing.T, texts map[string]qa.Text) {
	for _, c := range []struct {
		file  string
		page  int
		kind  qa.BlockKind
		level int
		start string
	}{
		{"minumeco-bilan-2024.pdf", 4, qa.BlockFurniture, 0, "4 MiNumEco Bilan"},
		{"minumeco-bilan-2024.pdf", 3, qa.BlockParagraph, 0, "L’administration doit être exemplaire, voire pionnière"},
		{"politique-open-source-2018.pdf", 3, qa.BlockHeading, 2, "Périmètre"},
		{"politique-open-source-2018.pdf", 5, qa.BlockListItem, 1, "• OSI : https"},
		{"rgaa-4.1.pdf", 20, qa.BlockHeading, 4, "Critère 1.1 Chaque image porteuse"},
		{"rgaa-4.1.pdf", 20, qa.BlockFurniture, 0, "RGAA 4.1. Décembre 2020 20/128"},
		{"guide-achats-numeriques-responsables-2021.pdf", 33, qa.BlockHeading, 3, "→ UNE DÉMARCHE ACCESSIBLE"},
		{"fiche-ia-frugale-2025.pdf", 6, qa.BlockFurniture, 0, "Pour aller plus loin"},
	} {
		if b, ok := blockAt(texts[c.file], c.page, c.start); !ok {
			t.Errorf("%s page %d: no block starts with %q", c.file, c.page, c.start)
		} else if b.Kind != c.kind || b.Level != c.level {
			t.Errorf("%s page %d: %q is a %s of level %d, want %s %d", c.file, c.page, c.start, b.Kind, b.Level, c.kind, c.level)
		}
	}
}

// blockAt finds the first block of a page that starts so.
func blockAt(t qa.Text, page int, start string) (qa.Block, bool) {
	if len(t.Pages) < page {
		return qa.Block{}, false
	}
	p := t.Pages[page-1]
	for _, b := range t.Blocks {
		if b.Start >= p.Start && b.End <= p.End && strings.HasPrefix(t.Content[b.Start:], start) {
			return b, true
		}
	}
	return qa.Block{}, false
}

// peakMemory is the largest resident set of the pool's child so far.
func peakMemory(p *Pool) string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", childPID(p)))
	if errors.Is(err, os.ErrNotExist) {
		return "not measured here"
	}
	m := regexp.MustCompile(`VmHWM:\s+(.*)`).FindSubmatch(b)
	if m == nil {
		return "not measured here"
	}
	return string(m[1])
}
