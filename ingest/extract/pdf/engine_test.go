package pdf

import (
	"bytes"
	"compress/zlib"
	"context"
	"fmt"
	"strings"
	"testing"

	"rapporteur/qa"
)

// TestTurnedPages reads text that runs in each of the four directions.
func TestTurnedPages(t *testing.T) {
	t.Parallel()
	p := newPool(t, Options{})
	for _, m := range []string{"1 0 0 1", "0 1 -1 0", "-1 0 0 -1", "0 -1 1 0"} {
		var content strings.Builder
		for i, text := range []string{"La commune entretient ses chemins et ses", "ponts avec soin.", "", "Elle publie ses comptes chaque automne."} {
			fmt.Fprintf(&content, "q %s 300 400 cm BT /F1 12 Tf 10 %d Td (%s) Tj ET Q\n", m, -14*i, text)
		}
		text, err := p.Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader(contentPDF(content.String()))})
		if err != nil {
			t.Fatal(err)
		}
		want := "La commune entretient ses chemins et ses ponts avec soin.\n\nElle publie ses comptes chaque automne."
		if text.Content != want {
			t.Errorf("matrix %s: %q", m, text.Content)
		}
	}
}

// TestRaisedDigits reads a note mark and an exponent; the digits of words and numbers stay.
func TestRaisedDigits(t *testing.T) {
	t.Parallel()
	content := "BT /F1 12 Tf 72 700 Td (La salle A2 fait 120 m) Tj 5 Ts /F1 7 Tf (2) Tj 0 Ts /F1 12 Tf ( au sol) Tj 5 Ts /F1 7 Tf (14) Tj 0 Ts /F1 12 Tf (, sans la cour.) Tj ET"
	text, err := newPool(t, Options{}).Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader(contentPDF(content))})
	if want := "La salle A2 fait 120 m² au sol¹⁴, sans la cour."; err != nil || text.Content != want {
		t.Errorf("got %q, error %v, want %q", text.Content, err, want)
	}
}

// TestMemoryLimit reads a page whose content unpacks to more than PDFium may use.
func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	z, err := zlib.NewWriterLevel(&packed, zlib.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	blank := bytes.Repeat([]byte(" "), 1<<20)
	for range 300 {
		if _, err := z.Write(blank); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	bomb := strings.Replace(contentPDF(packed.String()), fmt.Sprintf("<< /Length %d", packed.Len()),
		fmt.Sprintf("<< /Filter /FlateDecode /Length %d", packed.Len()), 1)
	p := newPool(t, Options{})
	_, err = p.Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader(bomb)})
	if qa.CodeOf(err) != codeLimit {
		t.Errorf("error %v, want code %s", err, codeLimit)
	}
	if text, err := p.Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader(samplePDF("Bonjour"))}); err != nil || text.Content != "Bonjour" {
		t.Errorf("the next document: text %q, error %v", text.Content, err)
	}
}

// TestFullMemoryIsCleared checks that nothing of a document stays for the next.
func TestFullMemoryIsCleared(t *testing.T) {
	t.Parallel()
	m := &memory{limit: 1 << 20}
	first := m.Allocate(0, 0)
	b := first.Reallocate(1000)
	b[999] = 7
	if first.Reallocate(1<<20+1) != nil || !m.refused {
		t.Error("more than the limit was given")
	}
	first.Free()
	second := m.Allocate(0, 0)
	if b := second.Reallocate(1000); b[999] != 0 {
		t.Error("a byte of the first document is left")
	}
	if other := m.Allocate(0, 0).Reallocate(1000); &other[0] == &second.Reallocate(1000)[0] {
		t.Error("two instances share one memory")
	}
}
