package ocr

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// needTesseract skips where the program or its French is missing, and fails in CI.
func needTesseract(t *testing.T) *Tesseract {
	t.Helper()
	x := New(Options{})
	languages, err := x.Languages(t.Context())
	if err == nil && languages[0] == "fra" {
		return x
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("tesseract or its French is missing, and CI needs it: %v %v", languages, err)
	}
	t.Skipf("skipped: tesseract or its French is not on this machine: %v %v", languages, err)
	return nil
}

// drawn makes a PNG of lines of text with poppler, at 200 dpi.
func drawn(t *testing.T, lines ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("pdftoppm"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("pdftoppm is missing, and CI needs it")
		}
		t.Skip("skipped: pdftoppm is not on this machine")
	}
	var text strings.Builder
	text.WriteString("BT /F 16 Tf 24 TL 60 700 Td ")
	for _, l := range lines {
		fmt.Fprintf(&text, "(%s) Tj T* ", l)
	}
	text.WriteString("ET")
	pdf := "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n" +
		fmt.Sprintf("4 0 obj<</Length %d>>stream\n%s\nendstream endobj\n", text.Len(), text.String()) +
		"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>endobj trailer<</Root 1 0 R>>\n"
	cmd := exec.Command("pdftoppm", "-r", "200", "-png", "-")
	cmd.Stdin = strings.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func white(t *testing.T, width, height int) []byte {
	t.Helper()
	picture := image.NewGray(image.Rect(0, 0, width, height))
	for i := range picture.Pix {
		picture.Pix[i] = 255
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRecognise(t *testing.T) {
	t.Parallel()
	x := needTesseract(t)
	page, err := x.Recognise(t.Context(), drawn(t, "Le budget de la ville s'\\351l\\350ve \\340 312 millions d'euros.", "Ce plan a \\351t\\351 vot\\351 par le conseil."))
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	least := 1.0
	for _, p := range page.Paragraphs {
		for _, l := range p.Lines {
			for _, w := range l.Words {
				words = append(words, w.Text)
				least = min(least, w.Confidence)
				if !w.Box.In(image.Rectangle{Max: page.Size}) || w.Box.Empty() {
					t.Errorf("%q stands at %v of %v", w.Text, w.Box, page.Size)
				}
			}
		}
	}
	if want := "Le budget de la ville s'élève à 312 millions d'euros. Ce plan a été voté par le conseil."; strings.Join(words, " ") != want || least < 0.5 {
		t.Errorf("read %q, least confidence %.2f", words, least)
	}
}

// TestNothing: a blank page gives no words, which is no error.
func TestNothing(t *testing.T) {
	t.Parallel()
	x := needTesseract(t)
	if page, err := x.Recognise(t.Context(), white(t, 800, 600)); err != nil || page.Words() != 0 {
		t.Errorf("a blank page gives %d words, error %v", page.Words(), err)
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	x := New(Options{Command: "no-such-program-anywhere"})
	if err := x.Ready(t.Context()); !errors.Is(err, ErrMissing) {
		t.Errorf("a missing program: %v", err)
	}
	if _, err := x.Recognise(t.Context(), white(t, 10, 10)); !errors.Is(err, ErrMissing) {
		t.Errorf("a missing program: %v", err)
	}
	if _, err := x.Recognise(t.Context(), white(t, 20_001, 1000)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a huge picture: %v", err)
	}
	if _, err := x.Recognise(t.Context(), []byte("GIF89a")); err == nil {
		t.Error("a picture that is no PNG was accepted")
	}
}

// script makes a program that lists the languages and otherwise does what body says.
func script(t *testing.T, languages, body string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("skipped: needs a shell")
	}
	path := filepath.Join(t.TempDir(), "tesseract")
	text := "#!/bin/sh\nif [ \"$1\" = --list-langs ]; then echo 'List of available languages (1):'; echo " + languages + "; exit; fi\n" + body + "\n"
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	for installed, want := range map[string]string{"eng": "[eng]", "eng osd fra": "[fra eng]", "osd deu": "[]"} {
		x := New(Options{Command: script(t, installed, "")})
		got, err := x.Languages(t.Context())
		if fmt.Sprint(got) != want || (want == "[]") != errors.Is(err, ErrLanguages) {
			t.Errorf("with %s: %v, %v", installed, got, err)
		}
	}
}

// TestMisbehaving: a program that hangs, fails or babbles costs its page and no more; what it started
// ends with it.
func TestMisbehaving(t *testing.T) {
	t.Parallel()
	alive := filepath.Join(t.TempDir(), "alive")
	for name, c := range map[string]struct{ body, want string }{
		"hangs":   {"(sleep 3; touch " + alive + ") & sleep 60", "more than"},
		"fails":   {"echo 'no room' >&2; exit 3", "no room"},
		"babbles": {"yes", "too much output"},
		"mute":    {"cat >/dev/null", "unknown head"},
	} {
		x := New(Options{Command: script(t, "fra", c.body), PageLimit: time.Second})
		start := time.Now()
		_, err := x.Recognise(t.Context(), white(t, 10, 10))
		if err == nil || !strings.Contains(err.Error(), c.want) && name != "babbles" {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
	time.Sleep(3 * time.Second)
	if _, err := os.Stat(alive); err == nil {
		t.Error("what the program started outlived it")
	}
}

func TestCanceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	x := New(Options{Command: script(t, "fra", "sleep 60")})
	if _, err := x.Recognise(ctx, white(t, 10, 10)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
