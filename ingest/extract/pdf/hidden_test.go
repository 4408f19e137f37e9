package pdf

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// show draws a text of 12 points at a height of the page.
func show(y int, text string) string {
	return fmt.Sprintf("BT /F1 12 Tf 72 %d Td (%s) Tj ET\n", y, text)
}

// TestHiddenText draws a secret in ways that readers see or do not see, below a line that they see.
func TestHiddenText(t *testing.T) {
	t.Parallel()
	p := newPool(t, Options{})
	secret := show(600, "Secret")
	for _, c := range []struct {
		name, content string
		means         qa.HiddenMeans // "" where the secret is to be read
	}{
		{"black on white", secret, ""},
		{"white on white", "1 1 1 rg " + secret, qa.HiddenColour},
		{"pale grey on white", "0.97 g " + secret, qa.HiddenColour},
		{"light grey on white", "0.8 g " + secret, ""},
		{"white on blue", "0 0 0.6 rg 50 590 300 40 re f 1 g " + secret, ""},
		{"blue on blue", "0 0 0.6 rg 50 590 300 40 re f " + secret, qa.HiddenColour},
		{"white half on blue", "0 0 0.6 rg 50 590 60 40 re f 1 g " + secret, ""},
		{"white on a blue circle", "0 0 0.6 rg 40 600 m 40 700 200 700 200 600 c 200 500 40 500 40 600 c f 1 g " + secret, ""},
		{"white stroke", "1 G 1 Tr " + secret, qa.HiddenColour},
		{"covered in white", secret + "1 g 50 590 300 40 re f", qa.HiddenInvisible},
		{"covered by a frame", secret + "50 590 300 40 re S", ""},
		{"no ink", "BT 3 Tr /F1 12 Tf 72 600 Td (Secret) Tj ET", qa.HiddenInvisible},
		{"clip only", "BT 7 Tr /F1 12 Tf 72 600 Td (Secret) Tj ET", qa.HiddenInvisible},
		{"no ink over a scan", "q 500 0 0 400 20 220 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \xee EI Q 3 Tr " + secret, ""},
		{"transparent", "/Clear gs " + secret, qa.HiddenInvisible},
		{"tiny", "BT /F1 1 Tf 72 600 Td (Secret) Tj ET", qa.HiddenTiny},
		{"tiny by its matrix", "BT /F1 12 Tf 0.1 0 0 0.1 72 600 Tm (Secret) Tj ET", qa.HiddenTiny},
		{"a font of one point, enlarged", "BT /F1 1 Tf 12 0 0 12 72 600 Tm (Secret) Tj ET", ""},
		{"off the page", "BT /F1 12 Tf 900 600 Td (Secret) Tj ET", qa.HiddenOffPage},
		{"far off the page", "BT /F1 12 Tf -5000 -5000 Td (Secret) Tj ET", qa.HiddenOffPage},
		{"clipped away", "q 0 0 10 10 re W n " + secret + "Q", qa.HiddenInvisible},
	} {
		content := show(700, "Le rapport.") + "q " + c.content + " Q"
		text, err := p.Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader(contentPDF(content))})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		want := map[qa.HiddenMeans]int{}
		if c.means != "" {
			want[c.means] = len("Secret")
		}
		if got := text.Reading.Pages[0].Hidden; !maps.Equal(got, want) {
			t.Errorf("%s: hidden %v, want %v", c.name, got, want)
		}
		if !strings.Contains(text.Content, "Le rapport.") || strings.Contains(text.Content, "Secret") != (c.means == "") {
			t.Errorf("%s: text %q", c.name, text.Content)
		}
	}
}

// TestHiddenInjections reads files that hide an order to a language model.
func TestHiddenInjections(t *testing.T) {
	t.Parallel()
	dir := testkit.Shared(t, "data/hostile/own/files")
	p := newPool(t, Options{})
	for _, name := range []string{"pdf_hidden_white_injection_fr.pdf", "pdf_invisible_mode3_injection_fr.pdf", "pdf_offpage_injection_fr.pdf"} {
		text, err := extractFile(t, p, filepath.Join(dir, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if text.Content != "Rapport 2024 : le taux de recours est de 34 %." {
			t.Errorf("%s: text %q", name, text.Content)
		}
		if n := text.Reading.Total().HiddenTotal(); n < 90 || n > 99 {
			t.Errorf("%s: %d characters hidden, want the order's 99, more or less its spaces", name, n)
		}
	}
}

// TestNothingSeenIsHidden holds what was looked at by eye: in fiche-ia a pale copy of the running
// title under the bold one, in rgesn four letters on the screen of a drawing.
func TestNothingSeenIsHidden(t *testing.T) {
	t.Parallel()
	dir := testkit.Shared(t, "data/reports")
	p := newPool(t, Options{})
	for name, want := range map[string]map[qa.HiddenMeans]int{
		"fiche-ia-frugale-2025.pdf":                     {qa.HiddenInvisible: 559},
		"rgesn-1.0.1.pdf":                               {qa.HiddenNotDisplayed: 4},
		"guide-achats-numeriques-responsables-2021.pdf": nil,
		"minumeco-bilan-2024.pdf":                       nil,
		"politique-open-source-2018.pdf":                nil,
		"rgaa-4.1.pdf":                                  nil,
		"cr-garagethon-bluehats-2024.pdf":               nil,
	} {
		text, err := extractFile(t, p, filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := text.Reading.Total().Hidden; !maps.Equal(got, want) {
			t.Errorf("%s: hidden %v, want %v", name, got, want)
		}
	}
}
