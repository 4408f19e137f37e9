package office_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapporteur/internal/testkit"
)

// unpackedXML is the size of the XML parts of an archive, in bytes.
func unpackedXML(b *testing.B, data []byte) int64 {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		b.Fatal(err)
	}
	size := int64(0)
	for _, f := range z.File {
		if filepath.Ext(f.Name) == ".xml" && f.Name != "settings.xml" { // settings of an ODT are not read
			size += int64(f.UncompressedSize64)
		}
	}
	return size
}

func bench(b *testing.B, name string, data []byte) {
	b.SetBytes(unpackedXML(b, data))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := read(b, name, data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkODT reads a report of 128 pages; MB/s are of unpacked XML.
func BenchmarkODT(b *testing.B) {
	data, err := os.ReadFile(testkit.Shared(b, "data/reports/rgaa-4.1.odt"))
	if err != nil {
		b.Fatal(err)
	}
	bench(b, "a.odt", data)
}

// BenchmarkDOCX reads a published document, its body repeated to the size of a report of some 200 pages.
func BenchmarkDOCX(b *testing.B) {
	z, err := zip.OpenReader(testkit.Shared(b, "data/reports/declaration-ecoconception.docx"))
	if err != nil {
		b.Fatal(err)
	}
	defer z.Close()
	var parts []part
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			b.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			b.Fatal(err)
		}
		content := string(data)
		if head, rest, found := strings.Cut(content, "<w:body>"); found && f.Name == "word/document.xml" {
			body, tail, _ := strings.Cut(rest, "</w:body>")
			content = head + "<w:body>" + strings.Repeat(body, 25) + "</w:body>" + tail
		}
		parts = append(parts, part{f.Name, content})
	}
	bench(b, "a.docx", pack(b, parts...))
}

// BenchmarkPPTX reads a presentation of 200 slides.
func BenchmarkPPTX(b *testing.B) {
	slides := make([]string, 200)
	for i := range slides {
		slides[i] = box("title", 10, 10, "Titre") + strings.Repeat(box("", 10, 100, "Du texte", "et encore"), 20)
	}
	bench(b, "a.pptx", pptxWith(b, slides))
}
