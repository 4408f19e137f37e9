package extract

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

// TestSniff tells types by content; the name only chooses between refusals and kinds of plain text.
func TestSniff(t *testing.T) {
	t.Parallel()
	docx, odt := sampleDOCX(t), sampleODT(t)
	ole := "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 600)
	wrapped := strings.Join(strings.Split("EncryptedPackage", ""), "\x00") + "\x00"
	for _, c := range []struct {
		name, content, want string
	}{
		{"a.docx", string(docx), raw.MediaDOCX},
		{"a.pdf", string(docx), raw.MediaDOCX},
		{"a", string(odt), raw.MediaODT},
		{"a.docx", string(odt), raw.MediaODT},
		{"a.txt", "%PDF-1.7\n1 0 obj", raw.MediaPDF},
		{"a.pdf", "\xEF\xBB\xBF\n%PDF-1.7\n", raw.MediaPDF},
		{"a.pdf", "HTTP/1.1 200 OK\n\n%PDF-1.7\n1 0 obj", raw.MediaPDF},
		{"a.md", "# Le format\n\n%PDF-1.7 ouvre un fichier PDF.", raw.MediaMarkdown},
		{"a.pdf", string(docx[:4]) + "\x00\x00", "damaged"},
		{"a.docx", string(docx[:len(docx)/2]), "damaged"},
		{"a.pdf", "<!DOCTYPE html><p>Ceci est du HTML.</p>", raw.MediaHTML},
		{"a.md", "<!-- note --><!doctype HTML>\n<title>x</title>", raw.MediaHTML},
		{"a.xml", "<?xml version='1.0'?>\n<html xmlns='x'><body/></html>", raw.MediaHTML},
		{"a", "<p align=center>Bonjour</p>", raw.MediaHTML},
		{"a.md", "<p align=center>Bonjour</p>\n\n# Titre", raw.MediaMarkdown},
		{"a.txt", "<p> est une balise.", raw.MediaText},
		{"a", "<pourquoi> cette balise ?", raw.MediaText},
		{"a.MD", "# Titre", raw.MediaMarkdown},
		{"a.txt", "# Titre", raw.MediaText},
		{"a.docx", "Du texte.", raw.MediaText},
		{"a.txt", "\xFF\xFEN\x00\xEE\x00m\x00e\x00s\x00", raw.MediaText},
		{"a.bin", "", "empty"},
		{"a.doc", ole, "unsupported_type"},
		{"a.docx", ole, "type_mismatch"},
		{"a.docx", ole + wrapped, "encrypted"},
		{"a.svg", "<svg xmlns='x'/>", "unsupported_type"},
		{"a.html", "<svg xmlns='x'/>", "type_mismatch"},
		{"a.rtf", `{\rtf1 bonjour}`, raw.MediaRTF},
		{"a.xml", "<?xml version='1.0'?><a/>", "unsupported_type"},
		{"a.png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "unsupported_type"},
		{"a.pdf", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "type_mismatch"},
		{"a.zip", string(pack(t, part{"lisez-moi.txt", "bonjour"})), "unsupported_type"},
		{"a.odt", string(pack(t, part{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"}, part{"content.xml", "<a/>"})), "type_mismatch"},
		{"a.xlsx", string(pack(t, part{"_rels/.rels", `<R><Relationship Type="x/officeDocument" Target="xl/workbook.xml"/></R>`}, part{"xl/workbook.xml", "<a/>"})), raw.MediaXLSX},
	} {
		got, err := (&Extractor{}).Sniff(qa.File{ReadSeeker: strings.NewReader(c.content), Name: c.name})
		if err != nil {
			got = qa.CodeOf(err)
		}
		if got != c.want {
			t.Errorf("%s %.30q: %s (%v), want %s", c.name, c.content, got, err, c.want)
		}
	}
}

// fakePDF gives a text as a PDF reader would.
type fakePDF struct {
	text qa.Text
	err  error
}

func (f fakePDF) Extract(context.Context, qa.File) (qa.Text, error) { return f.text, f.err }

// TestPDF checks what is done to the text of a PDF: cleaned with its spans, its language told from
// its words, refused when no page has any.
func TestPDF(t *testing.T) {
	t.Parallel()
	content := "Les effectifs de la commune sont restés stables.\n\nLa commune emploie e\u0301galement des o\uFB03ciers et soixante agents."
	at := strings.Index(content, "La")
	text := qa.Text{Content: content, Language: "en-GB", Title: " Rapport\n2024 ",
		Pages:  []qa.Page{{Span: qa.Span{Start: 0, End: at - 2}, Number: 1}, {Span: qa.Span{Start: at - 2, End: at - 2}, Number: 2}, {Span: qa.Span{Start: at, End: len(content)}, Number: 3, Label: "ii"}},
		Blocks: []qa.Block{{Span: qa.Span{Start: 0, End: at - 2}, Kind: qa.BlockParagraph}, {Span: qa.Span{Start: at, End: len(content)}, Kind: qa.BlockParagraph}}}
	x := &Extractor{PDF: fakePDF{text: text}}
	got, err := x.Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader("%PDF-"), MediaType: raw.MediaPDF})
	if err != nil {
		t.Fatal(err)
	}
	checkText(t, got)
	if got.Language != "fr" || got.Title != "Rapport 2024" {
		t.Errorf("language %q, title %q", got.Language, got.Title)
	}
	last := got.Pages[2]
	if want := "La commune emploie également des officiers et soixante agents."; got.Content[last.Start:last.End] != want || last.Label != "ii" {
		t.Errorf("page 3 is %q", got.Content[last.Start:last.End])
	}
	if p := got.Pages[1]; p.Len() != 0 || p.Number != 2 {
		t.Errorf("page 2 is %v", p)
	}

	x.PDF = fakePDF{text: qa.Text{Pages: make([]qa.Page, 6)}}
	got, err = x.Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader("%PDF-"), MediaType: raw.MediaPDF})
	if qa.CodeOf(err) != "no_text" || qa.KindOf(err) != qa.Unprocessable || len(got.Pages) != 6 {
		t.Errorf("a scan gives %v and %d pages", err, len(got.Pages))
	}
	x.PDF = fakePDF{err: qa.E(qa.Unprocessable, "encrypted")}
	if _, err = x.Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader("%PDF-"), MediaType: raw.MediaPDF}); qa.CodeOf(err) != "encrypted" {
		t.Errorf("an encrypted PDF gives %v", err)
	}
}

// TestEncodings reads « Durée : un an à Nîmes » in the encodings that French files have.
func TestEncodings(t *testing.T) {
	t.Parallel()
	const want = "Durée : un an à Nîmes, œuvre de l’État pour 5 €."
	utf16 := func(high, low int) string {
		var b bytes.Buffer
		for _, r := range want {
			pair := [2]byte{}
			pair[high], pair[low] = byte(r>>8), byte(r)
			b.Write(pair[:])
		}
		return b.String()
	}
	cp1252 := strings.NewReplacer("é", "\xE9", "à", "\xE0", "î", "\xEE", "œ", "\x9C", "’", "\x92", "É", "\xC9", "€", "\x80").Replace(want)
	latin9 := strings.NewReplacer("é", "\xE9", "à", "\xE0", "î", "\xEE", "œ", "\xBD", "’", "'", "É", "\xC9", "€", "\xA4").Replace(want)
	for _, c := range []struct{ name, content, want string }{
		{"utf-8.txt", want, want},
		{"utf-8 with a mark.txt", "\xEF\xBB\xBF" + want, want},
		{"decomposed.txt", strings.NewReplacer("é", "e\u0301", "î", "i\u0302").Replace(want), want},
		{"cp1252.txt", cp1252, want},
		{"utf-16le.txt", "\xFF\xFE" + utf16(1, 0), want},
		{"utf-16be.txt", "\xFE\xFF" + utf16(0, 1), want},
		{"utf-16le without a mark.txt", strings.Repeat(utf16(1, 0), 3), strings.Repeat(want, 3)},
		{"utf-16be without a mark.txt", strings.Repeat(utf16(0, 1), 3), strings.Repeat(want, 3)},
		{"one broken byte.txt", want + " Ao\xFBt à l’État.", want + " Août à l’État."},
		{"latin1.txt", "Dur\xE9e : un an \xE0 N\xEEmes.", "Durée : un an à Nîmes."},
		{"latin9.txt", "Dur\xE9e : un an \xE0 N\xEEmes.", "Durée : un an à Nîmes."},
		{"utf-8.html", "<!doctype html><meta charset=iso-8859-1><p>" + want, want},
		{"cp1252 said utf-8.html", "<!doctype html><meta charset=utf-8><p>" + cp1252, want},
		{"latin9.html", "<!doctype html><meta http-equiv=Content-Type content='text/html; charset=ISO-8859-15'><p>" + latin9, strings.ReplaceAll(want, "’", "'")},
		{"cyrillic.html", "<!doctype html><!--" + strings.Repeat("x", 2000) + "--><meta charset=windows-1251><p>\xCC\xEE\xF1\xEA\xE2\xE0", "Москва"},
		{"utf-16le.html", "\xFF\xFE" + strings.ReplaceAll("<!doctype html><p>N\xEEmes", "", "\x00")[1:], "Nîmes"},
	} {
		if got := mustRead(t, c.name, []byte(c.content)).Content; got != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}
