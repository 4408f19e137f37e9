package extract

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// workbook makes a small XLSX file.
func workbook(t testing.TB) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, row := range [][]any{{"Service", "Montant"}, {"Voirie", 12500}} {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestExchangeFormats checks that tables of values, messages and rich text are told by content and read.
func TestExchangeFormats(t *testing.T) {
	t.Parallel()
	const message = "From: a@b.example\nSubject: Budget\nDate: Tue, 5 Mar 2024 14:14:32 +0100\n\nLe budget est voté."
	for _, c := range []struct{ name, data, media, want string }{
		{"a.xlsx", string(workbook(t)), raw.MediaXLSX, "Voirie | 12500"},
		{"a.bin", string(workbook(t)), raw.MediaXLSX, "Voirie | 12500"},
		{"a.csv", "Service;Montant\nVoirie;12 500\n", raw.MediaCSV, "Voirie | 12 500"},
		{"prose.csv", "Un texte\nen une colonne\n", raw.MediaCSV, "Un texte\n\nen une colonne"},
		{"a.eml", message, raw.MediaEML, "Le budget est voté."},
		{"message", message, raw.MediaEML, "Le budget est voté."},
		{"odd.eml", "X-Notes-Item: " + strings.Repeat("x", 5000) + "\nSubject: Budget\n\nVoté.", raw.MediaEML, "Voté."},
		{"a.mbox", "From x Mon Jun 01 10:00:00 2009\r\n\r\nPremier message", raw.MediaEML, "Premier message"},
		{"a.rtf", `{\rtf1\ansi Vot\'e9.}`, raw.MediaRTF, "Voté."},
		{"a.doc", `{\rtf1\ansi Vot\'e9.}`, raw.MediaRTF, "Voté."},
	} {
		media, text, err := read(&Extractor{}, c.name, []byte(c.data))
		if err != nil || media != c.media || !strings.Contains(text.Content, c.want) {
			t.Errorf("%s: %s %v %q", c.name, media, err, text.Content)
			continue
		}
		checkText(t, text)
	}
}

// TestPassword opens Office files under a password, by type and text.
func TestPassword(t *testing.T) {
	t.Parallel()
	const password = "mot de passe secret"
	lock := func(data []byte) []byte {
		locked, err := excelize.Encrypt(data, &excelize.Options{Password: password})
		if err != nil {
			t.Fatal(err)
		}
		return locked
	}
	for name, c := range map[string]struct {
		data        []byte
		media, want string
	}{
		"a.docx":   {lock(sampleDOCX(t)), raw.MediaDOCX, "effectifs"},
		"a.xlsx":   {lock(workbook(t)), raw.MediaXLSX, "Voirie | 12500"},
		"note.txt": {[]byte("Sans mot de passe."), raw.MediaText, "Sans mot de passe."},
	} {
		x := &Extractor{}
		for _, given := range []string{"", "un autre", password} {
			f := qa.File{ReadSeeker: bytes.NewReader(c.data), Name: name, Password: given}
			want := map[string]string{"": "encrypted", "un autre": "bad_password"}[given]
			if name == "note.txt" {
				want = ""
			}
			media, err := x.Sniff(f)
			if err == nil {
				f.MediaType = media
			} else {
				f.MediaType = c.media
			}
			text, readErr := x.Extract(context.Background(), f)
			if want != "" && (qa.CodeOf(err) != want || qa.CodeOf(readErr) != want) {
				t.Errorf("%s with %q: %v, %v, want %s", name, given, err, readErr, want)
			}
			if want == "" && (err != nil || readErr != nil || media != c.media || !strings.Contains(text.Content, c.want)) {
				t.Errorf("%s with %q: %v, %v, %s, %.200q", name, given, err, readErr, media, text.Content)
			}
			if given != "" && strings.Contains(fmt.Sprint(err, readErr), given) {
				t.Errorf("%s: an error holds the password: %v, %v", name, err, readErr)
			}
		}
	}
}
