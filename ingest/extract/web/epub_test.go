package web

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"rapporteur/qa"
)

// file is a part of an archive.
type file struct{ name, content string }

const (
	containerXML = `<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="Livre/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>`
	opf          = `<?xml version="1.0" encoding="UTF-8"?><package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/" version="3.0"><metadata>
<dc:title>Rapport annuel &amp; annexes</dc:title><dc:title>Autre</dc:title><dc:language>fr-FR</dc:language><dc:date>2023-11-05</dc:date><meta property="dcterms:modified">2024-01-02T10:00:00Z</meta></metadata>
<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/><item id="c1" href="textes/chapitre%201.xhtml" media-type="application/xhtml+xml"/>
<item id="c2" href="textes/c2.xhtml" media-type="application/xhtml+xml"/><item id="img" href="i.svg" media-type="image/svg+xml"/></manifest>
<spine><itemref idref="nav"/><itemref idref="c2"/><itemref idref="c1"/><itemref idref="c2"/><itemref idref="img"/><itemref idref="absent"/></spine></package>`
	nav      = `<html xmlns:epub="http://www.idpf.org/2007/ops"><head><title/></head><body><nav epub:type="toc"><h1>Sommaire</h1><ol><li><a href="c2.xhtml">Premier</a></li></ol></nav></body></html>`
	chapter1 = `<?xml version="1.0" encoding="utf-8"?><html xmlns:epub="http://www.idpf.org/2007/ops"><head><title>C1</title><script src="x.js"/></head><body><section><h2>Le budget</h2><a id="p1"/><p>Il est de 12 M€<a epub:type="noteref" href="#n1">1</a>.</p><img src="http://127.0.0.1:9/x.png" alt="REMPLACEMENT"/><aside epub:type="footnote" id="n1"><p>1. Hors taxes.</p></aside><aside><p>Un encadré.</p></aside><p style="display:none">CACHÉ</p></section></body></html>`
	chapter2 = `<html><head><title/><link rel="stylesheet" href="s.css"/></head><body><h1>Premier chapitre</h1><div/><p>La commune compte 40 agents.</p><table><thead><tr><th>A</th><th>B</th></tr></thead><tr><td>1</td><td>2</td></tr></table></body></html>`
)

func bookWith(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		part, err := w.Create(f.name)
		if err == nil {
			_, err = io.WriteString(part, f.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sampleParts() []file {
	return []file{{"mimetype", "application/epub+zip"}, {"META-INF/container.xml", containerXML}, {"Livre/content.opf", opf},
		{"Livre/nav.xhtml", nav}, {"Livre/textes/chapitre 1.xhtml", chapter1}, {"Livre/textes/c2.xhtml", chapter2}, {"Livre/i.svg", "<svg/>"}}
}

func sampleBook(t testing.TB) []byte { return bookWith(t, sampleParts()...) }

func readEPUB(data []byte) (qa.Text, error) {
	return ReadEPUB(context.Background(), limits(), bytes.NewReader(data))
}

// TestBook reads a book made for the test: chapters in the order of the spine, each once.
func TestBook(t *testing.T) {
	t.Parallel()
	got, err := readEPUB(sampleBook(t))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "book.epub", dump(got))
}

// TestBookVerdicts checks what books end in that lack something.
func TestBookVerdicts(t *testing.T) {
	t.Parallel()
	key := func(algorithm, uri string) file {
		return file{"META-INF/encryption.xml", `<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData><enc:EncryptionMethod Algorithm="` +
			algorithm + `"/><enc:CipherData><enc:CipherReference URI="` + uri + `"/></enc:CipherData></enc:EncryptedData></encryption>`}
	}
	const aes = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
	for name, c := range map[string]struct {
		files []file
		want  string
	}{
		"whole":            {sampleParts(), ""},
		"chapter locked":   {append(sampleParts(), key(aes, "Livre/textes/chapitre%201.xhtml")), "encrypted"},
		"picture locked":   {append(sampleParts(), key(aes, "Livre/photo.jpg")), ""},
		"font scrambled":   {append(sampleParts(), key("http://www.idpf.org/2008/embedding", "Livre/textes/c2.xhtml")), ""},
		"no container":     {sampleParts()[2:], "damaged"},
		"no package":       {sampleParts()[:2], "damaged"},
		"no chapter":       {sampleParts()[:3], "damaged"},
		"external entity":  {[]file{{"META-INF/container.xml", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><container><rootfiles><rootfile full-path="&x;"/></rootfiles></container>`}}, "damaged"},
		"outside":          {[]file{{"META-INF/container.xml", strings.ReplaceAll(containerXML, "Livre/content.opf", "../../etc/passwd")}}, "damaged"},
		"too many entries": {append(sampleParts(), make([]file, 5000)...), "too_large_unpacked"},
	} {
		files := c.files
		for i := range files {
			if files[i].name == "" {
				files[i].name = "f" + strings.Repeat("x", i%50) + string(rune('a'+i/50))
			}
		}
		_, err := readEPUB(bookWith(t, files...))
		if got := qa.CodeOf(err); err == nil && c.want != "" || err != nil && got != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestClosedTags opens what XML closes at once, and leaves the rest as it is.
func TestClosedTags(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`<title/><br/><p/>`:                        `<title></title><br/><p></p>`,
		`<a id="x>y" class='z'/>`:                  `<a id="x>y" class='z'></a>`,
		`<p title="a/>b">c</p>`:                    `<p title="a/>b">c</p>`,
		`<m:mi/> <img src="a"/> 1 </> <a href=b/>`: `<m:mi/> <img src="a"/> 1 </> <a href=b></a>`,
	} {
		if got := closeTags(source); got != want {
			t.Errorf("%s becomes %s, want %s", source, got, want)
		}
	}
}

// FuzzEPUB changes the package document, the keys and a chapter, which a fuzzer of whole archives would
// never reach behind their checksums.
func FuzzEPUB(f *testing.F) {
	f.Add(opf, "", chapter1)
	f.Add(opf, `<encryption><EncryptedData><CipherReference URI="Livre/textes/c2.xhtml"/></EncryptedData></encryption>`, nav)
	f.Fuzz(func(t *testing.T, opf, keys, chapter string) {
		text, err := readEPUB(bookWith(t, file{"META-INF/container.xml", containerXML}, file{"Livre/content.opf", opf}, file{"META-INF/encryption.xml", keys},
			file{"Livre/textes/chapitre 1.xhtml", chapter}, file{"Livre/textes/c2.xhtml", chapter2}))
		var e *qa.Error
		if err != nil && (!errors.As(err, &e) || e.Kind == qa.Internal) {
			t.Fatalf("%v is no verdict", err)
		}
		end := 0
		for _, b := range text.Blocks {
			if b.Start < end || b.End <= b.Start || b.End > len(text.Content) {
				t.Fatalf("block [%d, %d) after %d in %d bytes", b.Start, b.End, end, len(text.Content))
			}
			end = b.End
		}
	})
}
