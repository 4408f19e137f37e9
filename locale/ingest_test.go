package locale

import "testing"

// TestVerdict checks that counts and page numbers are in the sentence when they are known.
func TestVerdict(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		language, code string
		pages          int
		without        []int
		want           string
	}{
		{French, "empty", 0, nil, "Ce fichier est vide. Vérifiez-le, puis déposez-le à nouveau."},
		{French, "no_text", 0, nil, ingestSentences["no_text"].fr},
		{French, "no_text", 1, []int{1}, "Ce fichier ne contient pas de texte lisible (1 page)\u00a0: c’est sans doute une numérisation. Pour qu’elle soit lue, installez tesseract-ocr et tesseract-ocr-fra sur la machine qui fait tourner Rapporteur, puis déposez-la à nouveau\u202f; s’ils y sont déjà, c’est que rien n’a pu être reconnu."},
		{English, "no_text", 6, nil, "This file holds no readable text (6 pages): it is probably a scan. To have it read, install tesseract-ocr and tesseract-ocr-fra on the machine that runs Rapporteur, then add it again; if they are there already, nothing could be recognised."},
		{English, "partly_no_text", 9, []int{3, 7}, "Document read, but 2 pages without text: 3, 7. They are probably images and will not be found; character recognition (OCR) would make them readable."},
	} {
		if got := Verdict(c.language, c.code, c.pages, c.without); got != c.want {
			t.Errorf("%s in %s: %q", c.code, c.language, got)
		}
	}
	many := make([]int, 30)
	if got := pageList(many); len(got) > 70 {
		t.Errorf("30 pages are all named: %q", got)
	}
}
