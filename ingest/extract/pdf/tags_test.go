package pdf

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rapporteur/ingest/extract/pdf/layout"
	"rapporteur/qa"
)

// taggedPDF is a page whose title, paragraph and running header are marked. The two arguments are
// added to the Document element and to the paragraph.
func taggedPDF(document, paragraph string) string {
	content := "/Titre << /MCID 0 >> BDC " + show(700, "Bilan annuel") + " EMC /P << /MCID 1 >> BDC " +
		show(650, "Les travaux avancent.") + " EMC /Artifact BMC " + show(800, "Rapport") + " EMC"
	var b strings.Builder
	b.WriteString("%PDF-1.5\n")
	for i, object := range []string{
		"<< /Type /Catalog /Pages 2 0 R /StructTreeRoot 6 0 R /MarkInfo << /Marked true >> >>",
		"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /StructParents 0 /Contents 5 0 R /Resources << /Font << /F1 3 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content),
		"<< /Type /StructTreeRoot /K [7 0 R] /RoleMap << /Titre /H1 >> /ParentTree << /Nums [0 [8 0 R 9 0 R]] >> >>",
		"<< /Type /StructElem /S /Document /P 6 0 R /K [8 0 R 9 0 R] " + document + " >>",
		"<< /Type /StructElem /S /Titre /P 7 0 R /Pg 4 0 R /K 0 >>",
		"<< /Type /StructElem /S /P /P 7 0 R /Pg 4 0 R /K [1] " + paragraph + " >>",
	} {
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	b.WriteString("trailer << /Root 1 0 R /Size 10 >>\n%%EOF\n") // PDFium finds the objects itself
	return b.String()
}

// rolesOf gives the roles from the element of a word up to the root.
func rolesOf(s layout.Sheet, text string) []string {
	for _, l := range s.Lines {
		for _, w := range l.Words {
			if w.Text != text {
				continue
			}
			var roles []string
			for i := w.Tag; i >= 0; i = s.Tags[i].Parent {
				roles = append(roles, s.Tags[i].Role)
			}
			return roles
		}
	}
	return nil
}

func TestTags(t *testing.T) {
	t.Parallel()
	r, err := testEngine(t).read(context.Background(), []byte(taggedPDF("", "")), "", func(int, int) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string][]string{
		"annuel": {"H1", "Document"}, "avancent.": {"P", "Document"}, "Rapport": {"Artifact"},
	} {
		if got := rolesOf(r.Pages[0], word); !slices.Equal(got, want) {
			t.Errorf("%q is tagged %v, want %v", word, got, want)
		}
	}
}

// TestCircularTags reads a structure whose elements hold each other.
func TestCircularTags(t *testing.T) {
	t.Parallel()
	p := newPool(t, Options{})
	for _, data := range []string{
		taggedPDF("/P 9 0 R", "/K [1 7 0 R]"),
		taggedPDF("/K [7 0 R 7 0 R 8 0 R 9 0 R]", "/K [9 0 R 9 0 R 1]"),
		strings.Replace(taggedPDF("", ""), "/Titre /H1", "/Titre /Titre /P /Q /Q /P", 1),
	} {
		text, err := p.Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader(data)})
		if err != nil || !strings.Contains(text.Content, "Les travaux avancent.") {
			t.Errorf("text %q, error %v", text.Content, err)
		}
	}
}

// TestTagsOfReport counts the headings that a tagged report declares, and the words they tag.
func TestTagsOfReport(t *testing.T) {
	t.Parallel()
	s := scanned(t, testEngine(t), "rgaa-4.1.pdf")
	headings, words, tagged := 0, 0, 0
	for _, p := range s.Pages {
		for i, tag := range p.Tags {
			if tag.Parent >= i || tag.Parent < -1 {
				t.Fatalf("tag %d has the parent %d", i, tag.Parent)
			}
			if len(tag.Role) == 2 && tag.Role[0] == 'H' {
				headings++
			}
		}
		for _, l := range p.Lines {
			for _, w := range l.Words {
				if words++; w.Tag >= 0 && w.Tag < len(p.Tags) {
					tagged++
				}
			}
		}
	}
	// 2 H1, 14 H2, 52 H3, 231 H4, 159 H5 and 1 H6; one that two pages share counts twice.
	if headings < 459 || headings > 475 || tagged < words*99/100 {
		t.Errorf("%d headings, %d of %d words tagged", headings, tagged, words)
	}
}
