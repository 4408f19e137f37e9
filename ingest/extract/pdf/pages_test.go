package pdf

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// openFile opens a file that closes with the test.
func openFile(t *testing.T, path string) qa.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return qa.File{ReadSeeker: f}
}

// TestPasswords opens files that need a password, with none, a wrong one and the right one.
func TestPasswords(t *testing.T) {
	t.Parallel()
	dir := testkit.Shared(t, "data/hostile/files/pdf")
	p := newPool(t, Options{})
	for _, c := range []struct{ file, password, code string }{
		{"pypdf/r6-user-password.pdf", "", codeEncrypted},
		{"pypdf/r6-user-password.pdf", "faux", codeBadPassword},
		{"pypdf/r6-user-password.pdf", "asdfzxcv", ""},
		{"pypdf/libreoffice-writer-password.pdf", "openpassword", ""},
		{"pdfium/encrypted_hello_world_r2.pdf", "hôtel", ""},
		{"pdfium/encrypted_hello_world_r6.pdf", "hôtel", ""},
		{"pdfium/encrypted_hello_world_r6.pdf", "hotel", codeBadPassword},
	} {
		f := openFile(t, filepath.Join(dir, c.file))
		f.Password = c.password
		text, err := p.Extract(context.Background(), f)
		if got := qa.CodeOf(err); err != nil && got != c.code || err == nil && c.code != "" {
			t.Errorf("%s with %q: %v, want code %q", c.file, c.password, err, c.code)
		}
		if err == nil && text.Content == "" {
			t.Errorf("%s with %q: no text", c.file, c.password)
		}
		if err != nil && c.password != "" && strings.Contains(err.Error(), c.password) {
			t.Errorf("%s: the error says the password: %v", c.file, err)
		}
	}
}

// TestOwnerPasswordOpens reads a file that only its owner's password protects from changes.
func TestOwnerPasswordOpens(t *testing.T) {
	t.Parallel()
	f := openFile(t, testkit.Shared(t, "data/hostile/files/pdf/horrors/encryption_noprinting.pdf"))
	if text, err := newPool(t, Options{}).Extract(context.Background(), f); err != nil || text.Content == "" {
		t.Errorf("text %q, error %v", text.Content, err)
	}
}

// TestPrefix reads a PDF after 2 KiB of junk, and one after a megabyte, which is none.
func TestPrefix(t *testing.T) {
	t.Parallel()
	p := newPool(t, Options{})
	for _, c := range []struct {
		junk int
		code string
	}{{2 << 10, ""}, {1 << 20, codeDamaged}} {
		text, err := p.Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader(strings.Repeat("x", c.junk) + samplePDF("Bonjour"))})
		if err == nil && (c.code != "" || text.Content != "Bonjour") || err != nil && qa.CodeOf(err) != c.code {
			t.Errorf("after %d bytes: text %q, error %v", c.junk, text.Content, err)
		}
	}
	if text, err := extractFile(t, p, testkit.Shared(t, "data/hostile/own/files/pdf_garbage_prefix_2KB.pdf")); err != nil || text.Content == "" {
		t.Errorf("pdf_garbage_prefix_2KB.pdf: text %q, error %v", text.Content, err)
	}
}

// rendered draws a page through the pool.
func rendered(t *testing.T, p *Pool, f qa.File, page, dpi int) image.Image {
	t.Helper()
	b, err := p.Render(context.Background(), f, page, dpi)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

func TestRender(t *testing.T) {
	t.Parallel()
	p := newPool(t, Options{})
	f := qa.File{ReadSeeker: strings.NewReader(contentPDF("1 0 0 rg 0 0 298 421 re f", "0 0 1 rg 298 421 298 421 re f"))}
	picture := rendered(t, p, f, 1, 144)
	if size := picture.Bounds().Size(); size != image.Pt(1190, 1684) {
		t.Errorf("size %v", size)
	}
	for at, want := range map[image.Point][3]uint32{{X: 100, Y: 1600}: {0xffff, 0, 0}, {X: 1100, Y: 100}: {0xffff, 0xffff, 0xffff}} {
		if r, g, b, _ := picture.At(at.X, at.Y).RGBA(); [3]uint32{r, g, b} != want {
			t.Errorf("colour %x %x %x at %v, want %x", r, g, b, at, want)
		}
	}
	if r, _, b, _ := rendered(t, p, f, 2, 72).At(500, 100).RGBA(); r != 0 || b != 0xffff {
		t.Errorf("the second page is not blue at its upper right")
	}
	if _, err := p.Render(context.Background(), f, 3, 72); !errors.Is(err, ErrNoPage) {
		t.Errorf("page 3: %v", err)
	}
}

// TestRenderHuge draws a page of five metres: its dots stay within the limit.
func TestRenderHuge(t *testing.T) {
	t.Parallel()
	huge := strings.Replace(contentPDF("0 0 9000 9000 re f"), "[0 0 595 842]", "[0 0 14400 14400]", 1)
	p := newPool(t, Options{})
	picture := rendered(t, p, qa.File{ReadSeeker: strings.NewReader(huge)}, 1, 300)
	t.Logf("peak memory of the child: %s", peakMemory(p))
	size := picture.Bounds().Size()
	if dots := size.X * size.Y; dots > maxDots || dots < maxDots/2 {
		t.Errorf("%v is %d dots", size, dots)
	}
	if _, gray := picture.(*image.Gray); !gray {
		t.Errorf("the picture is %T", picture)
	}
}

// TestPagesAreSentOnce draws several pages of a document, which is sent to the child only once.
func TestPagesAreSentOnce(t *testing.T) {
	t.Parallel()
	p := newPool(t, Options{})
	data := samplePDF("Un", "Deux")
	for page := range 2 {
		rendered(t, p, qa.File{ReadSeeker: strings.NewReader(data)}, page+1, 72)
	}
	if text, err := p.Extract(context.Background(), qa.File{ReadSeeker: strings.NewReader(samplePDF("Trois"))}); err != nil || text.Content != "Trois" {
		t.Errorf("another document: text %q, error %v", text.Content, err)
	}
	sent := &countingReader{Reader: strings.NewReader(data)}
	for range 2 {
		if _, err := p.Extract(context.Background(), qa.File{ReadSeeker: sent}); err != nil {
			t.Fatal(err)
		}
	}
	// Each time it is read once to know it, and the first time once more to send it.
	if want := 3 * len(data); sent.bytes != want {
		t.Errorf("%d bytes were read, want %d", sent.bytes, want)
	}
}

// countingReader counts the bytes read.
type countingReader struct {
	*strings.Reader
	bytes int
}

func (r *countingReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.bytes += n
	return n, err
}

// WriteTo hides the Reader's own, so that all is counted.
func (r *countingReader) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{r})
}
