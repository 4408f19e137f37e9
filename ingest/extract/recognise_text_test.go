package extract

import (
	"strconv"
	"strings"
	"testing"

	"rapporteur/ingest/extract/ocr"
)

// pageOf makes a recognised page: paragraphs parted by empty lines, words of confidence 95 unless they
// end in "<n>".
func pageOf(text string) ocr.Page {
	var page ocr.Page
	for _, paragraph := range strings.Split(text, "\n\n") {
		var p ocr.Paragraph
		for _, line := range strings.Split(paragraph, "\n") {
			var l ocr.Line
			for _, word := range strings.Fields(line) {
				w := ocr.Word{Text: word, Confidence: 0.95}
				if head, n, ok := strings.Cut(word, "<"); ok {
					c, err := strconv.ParseFloat(strings.TrimSuffix(n, ">"), 64)
					if err != nil {
						panic(err)
					}
					w = ocr.Word{Text: head, Confidence: c / 100}
				}
				l.Words = append(l.Words, w)
			}
			p.Lines = append(p.Lines, l)
		}
		page.Paragraphs = append(page.Paragraphs, p)
	}
	return page
}

// TestParagraphsOf: lines are joined, cut words mended, bullets given back, stains left out.
func TestParagraphsOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, page, want string }{
		{"lines of a paragraph", "Le plan prévoit\ntrois mesures.\n\nUn autre.", "paragraph: Le plan prévoit trois mesures.\nparagraph: Un autre."},
		{"a cut word", "un environ-\nnement sain", "paragraph: un environnement sain"},
		{"a compound", "le plan sera peut-\nêtre revu", "paragraph: le plan sera peut-être revu"},
		{"a second hyphen", "vis-à-\nvis du public", "paragraph: vis-à-vis du public"},
		{"a name", "la ville de Saint-\nDenis", "paragraph: la ville de Saint- Denis"},
		{"a dash alone", "de 2022 -\net après", "paragraph: de 2022 - et après"},
		{"bullets read as letters", "Elle s'engage :\n\ne à<40> aider ;\n\ne à fournir\ndes outils.", "paragraph: Elle s'engage :\nlist_item: • à aider ;\nlist_item: • à fournir des outils."},
		{"bullets in one paragraph", "Voici :\ne un ;\ne deux.", "paragraph: Voici :\nlist_item: • un ;\nlist_item: • deux."},
		{"one such letter is left alone", "e à fournir", "paragraph: e à fournir"},
		{"dashes", "- un ;\n- deux.", "list_item: - un ;\nlist_item: - deux."},
		{"a stain", "Fait à Paris.\n\nEs<49> 7<36>\n\n|<10> Nom", "paragraph: Fait à Paris.\nparagraph: Nom"},
		{"low words in a good line stay", "L'ADULLACT s'engage<15> à", "paragraph: L'ADULLACT s'engage à"},
		{"a page number", "Le texte de 2023.\n\np4", "paragraph: Le texte de 2023.\nfurniture: p4"},
		{"a number that is no page number", "Total\n\n12 000", "paragraph: Total\nparagraph: 12 000"},
		{"nothing", "", ""},
	} {
		var got []string
		for _, b := range paragraphsOf(pageOf(c.page)) {
			got = append(got, string(b.kind)+": "+b.text)
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
