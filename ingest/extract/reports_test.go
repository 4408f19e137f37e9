package extract

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// shared reads a file of the data beside the repository.
func shared(t *testing.T, path string) (name string, data []byte) {
	t.Helper()
	file := testkit.Shared(t, path)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Base(file), data
}

// TestReports counts what is kept of the real reports. The headings are those that a reader counts in
// the files; of the 482 headings of rgaa-4.1.odt 23 are empty.
func TestReports(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]map[string]int{
		"declaration-ecoconception.docx": {"heading 1": 2, "heading 2": 16, "heading 3": 36, "list_item": 51},
		"declaration-ecoconception.odt":  {"heading 1": 2, "heading 2": 16, "heading 3": 36, "list_item": 51},
		"eig3-fiche-detaillee.docx":      {"heading": 3, "heading 2": 3, "list_item": 18, "table_row": 6},
		"communique-referents.docx":      {"heading": 0, "paragraph": 13},
		"rgaa-4.1.odt":                   {"heading": 459, "heading 1": 2, "heading 2": 14, "heading 3": 52},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			name, data := shared(t, "data/reports/"+name)
			text := mustRead(t, name, data)
			got := kinds(text)
			t.Log(len(text.Content), text.Title, got)
			for kind, n := range want {
				if got[kind] != n {
					t.Errorf("%d %s, want %d", got[kind], kind, n)
				}
			}
			if text.Language != "fr" {
				t.Errorf("language %q", text.Language)
			}
		})
	}
}

// TestSameWordsInBothFormats reads one document in two formats.
func TestSameWordsInBothFormats(t *testing.T) {
	t.Parallel()
	words := func(path string) []string {
		name, data := shared(t, path)
		return strings.FieldsFunc(mustRead(t, name, data).Content, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	}
	docx, odt := words("data/reports/declaration-ecoconception.docx"), words("data/reports/declaration-ecoconception.odt")
	if len(docx) < 1000 || !slices.Equal(docx, odt) {
		t.Errorf("%d words in the DOCX, %d in the ODT", len(docx), len(odt))
	}
}

// TestCellsAndListsOfTheSheet checks that what stands in the tables of a real DOCX is there, in order.
func TestCellsAndListsOfTheSheet(t *testing.T) {
	t.Parallel()
	name, data := shared(t, "data/reports/eig3-fiche-detaillee.docx")
	rest := strings.ReplaceAll(mustRead(t, name, data).Content, "\u00a0", " ")
	for _, want := range []string{"Nom du défi :", "- Problématique à résoudre", "| Mission | Profil et expertises recherchés", "EIG 1", "EIG 3",
		"Nom | Fonction | Statut | Implication (%) | Apport", "Vous attestez :", "Demande de financement PIA", "Contact convention PIA"} {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("%q is missing or out of order", want)
		}
		rest = after
	}
}

// TestMarkdownReports reads every Markdown file of the reports.
func TestMarkdownReports(t *testing.T) {
	t.Parallel()
	files := filesUnder(t, testkit.Shared(t, "data/reports/md"))
	files = append(files, testkit.Shared(t, "data/reports/guide-rgpd-readme.md"))
	if len(files) < 50 {
		t.Fatalf("only %d files", len(files))
	}
	french := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := mustRead(t, file, data)
		if text.Language == "fr" {
			french++
		}
		for _, mark := range []string{"](", "**", ":::", "<img", "<br", "<div"} {
			if strings.Contains(text.Content, mark) && !strings.Contains(string(data), "```") {
				t.Errorf("%s: the mark %q was kept", filepath.Base(file), mark)
			}
		}
	}
	if french < len(files) {
		t.Errorf("%d of %d files are told French", french, len(files))
	}
}

// TestSeedArticle reads the founding document: one paragraph a line, each a block.
func TestSeedArticle(t *testing.T) {
	t.Parallel()
	name, data := shared(t, "data/seed/article-dinum-rapport-2023.txt")
	text := mustRead(t, name, data)
	var lines []string
	for line := range strings.Lines(string(data)) {
		lines = append(lines, strings.TrimSpace(line))
	}
	var blocks []string
	for _, b := range text.Blocks {
		blocks = append(blocks, text.Content[b.Start:b.End])
		if b.Kind != qa.BlockParagraph {
			t.Errorf("a %s: %q", b.Kind, text.Content[b.Start:b.End])
		}
	}
	if !slices.Equal(lines, blocks) {
		t.Errorf("%d lines, %d blocks", len(lines), len(blocks))
	}
	if text.Title != lines[0] || text.Language != "fr" {
		t.Errorf("title %q, language %q", text.Title, text.Language)
	}
}
