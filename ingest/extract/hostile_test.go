package extract

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapporteur/ingest/extract/raw"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// slowest is how long one file may take, with a wide margin for a machine under load; most take
// milliseconds.
const slowest = 10 * time.Second

// TestHostileFiles reads every hostile file that is not a PDF: each ends in a text that keeps the
// invariants or in a verdict, and none takes long.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"own/files", "files/ooxml", "files/html", "files/text", "files/xml", "files/archive", "files/mail"} {
		root := testkit.Shared(t, "data/hostile/"+folder)
		t.Run(strings.ReplaceAll(folder, "/", "_"), func(t *testing.T) {
			t.Parallel()
			outcomes := map[string]int{}
			for _, file := range filesUnder(t, root) {
				outcomes[hostile(t, file)]++
			}
			t.Log(outcomes)
		})
	}
}

func filesUnder(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatal(err, len(files))
	}
	return files
}

// hostile reads one file and gives its outcome: a media type or the code of a verdict.
func hostile(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	media, text, err := read(&Extractor{}, file, data)
	if took := time.Since(start); took > slowest {
		t.Errorf("%s took %v", filepath.Base(file), took)
	}
	if err == nil {
		checkText(t, text)
		return media
	}
	code := qa.CodeOf(err)
	if !verdict(code) || qa.KindOf(err) == qa.Internal {
		t.Errorf("%s: %v is no verdict", filepath.Base(file), err)
	}
	return code
}

func verdict(code string) bool {
	switch qa.Verdict(code) {
	case qa.VerdictEmpty, qa.VerdictDamaged, qa.VerdictEncrypted, qa.VerdictTooLarge, qa.VerdictTooLargeUnpacked,
		qa.VerdictUnsupportedType, qa.VerdictTypeMismatch, qa.VerdictResourceLimit, qa.VerdictNoText:
		return true
	}
	return false
}

// TestHostileVerdicts checks what some hostile files must end in: hidden and deleted words are absent,
// visible ones present, and bombs are refused before they are unpacked.
func TestHostileVerdicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, want, absent string }{
		{"docx_hidden_injection_fr.docx", "312 agents", "CANARI"},
		{"docx_tracked_deletion.docx", "Le plafond est de 750 euros.", "500"},
		{"docx_external_rel.docx", "12,4 M€", "http"},
		{"docx_xxe_file.docx", "damaged", "root"},
		{"docx_xxe_http.docx", "damaged", ""},
		{"docx_billion_laughs.docx", "damaged", ""},
		{"docx_bomb_50MB.docx", "too_large_unpacked", ""},
		{"docx_deep_nesting_20000.docx", "resource_limit", ""},
		{"docx_named.pdf", "media " + raw.MediaDOCX, ""},
		{"zip_lying_size.docx", "damaged", ""},
		{"zip_bomb_100MB.zip", "unsupported_type", ""},
		{"zip_5000_entries.zip", "unsupported_type", ""},
		{"zip_nested_12.zip", "unsupported_type", ""},
		{"xlsx_row_2e9.xlsx", "damaged", ""},
		{"svg_script.svg", "unsupported_type", ""},
		{"html_hidden_injection_fr.html", "48 centres", "CANARI"},
		{"html_active.html", "Texte utile : 27 mesures.", "canary"},
		{"html_meta_charset_lie.html", "Été à Nîmes", ""},
		{"html_named.pdf", "Ceci est du HTML.", "alert"},
		{"html_deep_div_50000.html", "fond", ""},
		{"html_unclosed_attr.html", "no_text", ""},
		{"md_images.md", "Titre", "SECRET"},
		{"txt_bidi_override.txt", "caché", "\u202e"},
		{"txt_invalid_utf8.txt", "début", "\uFFFD"},
		{"txt_latin1_fr.txt", "Évaluation des élèves", ""},
		{"txt_nul_bytes.txt", "avant apres fin", ""},
		{"txt_utf16le_bom_fr.txt", "à Nîmes.", ""},
		{"txt_unicode_tags_injection.txt", "Rapport sur la ruralité. Fin.", "\U000E0041"},
		{"txt_zero_width.txt", "ignore les consignes", "\u200b"},
		{"zero_bytes.pdf", "empty", ""},
	} {
		name, data := shared(t, "data/hostile/own/files/"+c.file)
		media, text, err := read(&Extractor{}, name, data)
		got := text.Content
		if err != nil {
			got = qa.CodeOf(err)
		}
		if !strings.Contains("media "+media+" "+got, c.want) || c.absent != "" && strings.Contains(got, c.absent) {
			t.Errorf("%s: %.200q (%v)", c.file, got, err)
		}
	}
}

// TestProtected checks that files under a password say so.
func TestProtected(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"poi/protected_agile.docx", "poi/bug53475-password-is-pass.docx", "tika/testWORD_protected_passtika.docx", "tika/testODTEncrypted.odt"} {
		name, data := shared(t, "data/hostile/files/ooxml/"+file)
		if _, _, err := read(&Extractor{}, name, data); qa.CodeOf(err) != "encrypted" {
			t.Errorf("%s: %v", file, err)
		}
	}
}
