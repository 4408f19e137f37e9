package extract

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGolden reads a sample of each format, written by us, and compares every block.
func TestGolden(t *testing.T) {
	t.Parallel()
	file := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for name, data := range map[string][]byte{
		"report.docx": sampleDOCX(t),
		"report.odt":  sampleODT(t),
		"page.html":   file("page.html"),
		"note.md":     file("note.md"),
		"wrapped.txt": file("wrapped.txt"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := dump(mustRead(t, name, data))
			for _, hidden := range []string{"CACHÉ", "PARTI", "500", "SUPPRIMÉ", "COMMENTAIRE", "SCRIPT", "EN-TÊTE", "127.0.0.1", "CODE PERDU"} {
				if strings.Contains(got, hidden) {
					t.Errorf("%q is not for readers, yet it is in the text", hidden)
				}
			}
			golden(t, name, got)
		})
	}
}
