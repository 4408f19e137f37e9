package mail

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"rapporteur/ingest/extract/raw"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

var update = flag.Bool("update", false, "write the golden files anew")

func read(data string) (qa.Text, error) {
	return ReadEML(context.Background(), raw.Limits{}.WithDefaults(), strings.NewReader(data))
}

// dump writes a text block by block, with the report.
func dump(t qa.Text) string {
	var b strings.Builder
	fmt.Fprintf(&b, "title %q created %s attached %q\n", t.Title, t.Reading.Created.UTC().Format(time.RFC3339), t.Reading.Attachments)
	for _, block := range t.Blocks {
		fmt.Fprintf(&b, "%s %d: %q\n", block.Kind, block.Level, t.Content[block.Start:block.End])
	}
	total := t.Reading.Total()
	fmt.Fprintf(&b, "%d images, hidden %v\n", total.Images, total.Hidden)
	return b.String()
}

// TestMessage reads a sample and compares every block.
func TestMessage(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/message.eml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := read(string(data))
	if err != nil {
		t.Fatal(err)
	}
	got := dump(text)
	if strings.Contains(got, "CACHÉ") {
		t.Error("what no mail program shows is in the text")
	}
	path := filepath.Join("testdata", "message.eml.golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || string(want) != got {
		t.Errorf("%v\n%s", err, got)
	}
}

// TestShapes checks bodies, encodings and heads as programs and accidents make them.
func TestShapes(t *testing.T) {
	t.Parallel()
	const head = "From: a@b.example\nSubject: Objet\n"
	multi := func(kind, parts string) string {
		return head + "Content-Type: multipart/" + kind + "; boundary=x\n\n" + strings.ReplaceAll(parts, "|", "\n--x\n") + "\n--x--\n"
	}
	for _, c := range []struct{ name, data, want, absent string }{
		{"no type", head + "\nBonjour à tous", "Bonjour à tous", ""},
		{"windows-1252 undeclared", head + "\nd\xE9j\xE0 vot\xE9", "déjà voté", "\uFFFD"},
		{"a false declaration", head + "Content-Type: text/plain; charset=iso-8859-1\n\ndéjà", "déjà", "Ã"},
		{"base64 with noise", head + "Content-Transfer-Encoding: base64\n\nZMOp\n!asOg", "déjà", ""},
		{"japanese", head + "Content-Type: text/plain; charset=iso-2022-jp\n\n\x1b$B$3$s\x1b(B", "こん", ""},
		{"a head that breaks the rules", "From a@b.example\nSubject: Objet\n\nTexte", "From a@b.example", ""},
		{"raw bytes in the subject", "Subject: d\xE9j\xE0\nFrom: x\n\nTexte", "déjà", ""},
		{"folded subject", "Subject: un\n\tdeux\nFrom: x\n\nTexte", "un deux", ""},
		{"html alone", head + "Content-Type: text/html\n\n<p>Bonjour <b>Paul</b>, le budget est voté.</p>", "Bonjour Paul, le budget est voté.", "<b>"},
		{"next to nothing in plain text", multi("alternative", "|Content-Type: text/plain\n\nHTML.|Content-Type: text/html\n\n<p>Le budget de la voirie est de 12 500 euros en 2024, voté en mars.</p>"), "12 500 euros", "HTML."},
		{"a boundary that never comes", head + "Content-Type: multipart/mixed; boundary=y\n\nTexte sans partie", "Texte sans partie", ""},
		{"no end", strings.TrimSuffix(multi("mixed", "|Content-Type: text/plain\n\nTexte sans fin"), "\n--x--\n"), "Texte sans fin", ""},
		{"broken parameters", multi("mixed", "|Content-Type: text/plain; charset=utf-8; ;;=\n\nTexte"), "Texte", ""},
		{"a mailbox", "From x Mon Jun 01 10:00:00 2009\nSubject: Un\n\nPremier\n\nFrom y Mon Jun 01 11:00:00 2009\nSubject: Deux\n\nSecond\n", "Second", "From y"},
		{"a line that looks like the next message", "From x Mon Jun 01 10:00:00 2009\n\nPremier\nFrom y Mon Jun 01 11:00:00 2009\nsuite", "From y", ""},
	} {
		text, err := read(c.data)
		if err != nil || !strings.Contains(text.Content, c.want) || c.absent != "" && strings.Contains(text.Content, c.absent) {
			t.Errorf("%s: %v %q", c.name, err, text.Content)
		}
	}
}

// TestAttachments checks what is named, and how.
func TestAttachments(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]string{
		"Content-Type: application/pdf; name=a.pdf":                                                             `["a.pdf"]`,
		"Content-Disposition: attachment; filename*=utf-8''%C3%A9t%C3%A9.txt":                                   `["été.txt"]`,
		"Content-Type: text/plain\nContent-Disposition: attachment; filename=\"=?utf-8?Q?=C3=A9t=C3=A9.txt?=\"": `["été.txt"]`,
		"Content-Type: application/octet-stream":                                                                `["application/octet-stream"]`,
		"Content-Type: text/calendar":                                                                           `["text/calendar"]`,
		"Content-Type: image/png\nContent-ID: <a>\nContent-Disposition: inline; filename=logo.png":              `[]`,
		"Content-Type: image/png; name=photo.png":                                                               `["photo.png"]`,
		"Content-Type: application/pdf; name=\"../../etc/passwd\u202e\"":                                        `["../../etc/passwd"]`,
	} {
		text, err := read("Subject: x\nContent-Type: multipart/mixed; boundary=x\n\n--x\n" + fields + "\n\nSECRET\n--x--\n")
		if got := fmt.Sprintf("%q", text.Reading.Attachments); err != nil || got != want || strings.Contains(text.Content, "SECRET") {
			t.Errorf("%s: %v %s, want %s: %q", fields, err, got, want, text.Content)
		}
	}
}

// TestVerdicts checks limits and messages that cannot be read.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("Content-Type: multipart/mixed; boundary=x\n\n--x\n", 30)
	for want, data := range map[string]string{
		"encrypted":      "Subject: x\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nxx",
		"resource_limit": "Subject: x\nContent-Type: multipart/mixed; boundary=x\n\n" + strings.Repeat("--x\n\na\n", 300),
		"empty":          " \n",
	} {
		if _, err := read(data); qa.CodeOf(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := read("Subject: x\n\n" + strings.Repeat("> a\nb\n", 20_000)); qa.CodeOf(err) != "resource_limit" {
		t.Errorf("40,000 changes of voice: %v", err)
	}
	nested := "a"
	for i := range 30 {
		nested = fmt.Sprintf("Content-Type: multipart/mixed; boundary=x%d\n\n--x%d\n%s\n--x%d--\n", i, i, nested, i)
	}
	if _, err := read(nested); qa.CodeOf(err) != "resource_limit" {
		t.Errorf("30 levels: %v", err)
	}
	if _, err := read(deep); err != nil {
		t.Errorf("the same boundary again is no new level: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ReadEML(ctx, raw.Limits{}.WithDefaults(), strings.NewReader("Subject: x\n\ny")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestTika reads the odd messages and mailboxes of another project: all of them are good ones.
func TestTika(t *testing.T) {
	t.Parallel()
	for name, data := range samples(t) {
		text, err := ReadEML(context.Background(), raw.Limits{}.WithDefaults(), bytes.NewReader(data))
		if err != nil || text.Content == "" || strings.Contains(text.Content, "\uFFFD") {
			t.Errorf("%s: %v %.200q", name, err, text.Content)
		}
		t.Logf("%s: %q, %d blocks, attached %q", name, text.Title, len(text.Blocks), text.Reading.Attachments)
	}
}

func samples(t testing.TB) map[string][]byte {
	t.Helper()
	root := testkit.Shared(t, "data/hostile/files/mail/tika")
	entries, err := os.ReadDir(root)
	if err != nil || len(entries) == 0 {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, e := range entries {
		if all[e.Name()], err = os.ReadFile(filepath.Join(root, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func FuzzEML(f *testing.F) {
	for _, data := range samples(f) {
		f.Add(data)
	}
	own, err := os.ReadFile("testdata/message.eml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(own)
	f.Fuzz(func(t *testing.T, data []byte) {
		o := raw.Limits{MaxText: 1 << 20, MaxBlocks: 5000, MaxTags: 5000, MaxInput: 1 << 20}.WithDefaults()
		text, err := ReadEML(context.Background(), o, bytes.NewReader(data))
		var verdict *qa.Error
		switch {
		case err != nil && (!errors.As(err, &verdict) || verdict.Kind == qa.Internal):
			t.Fatalf("%v is no verdict", err)
		case err == nil && !utf8.ValidString(text.Content):
			t.Fatalf("%q is not UTF-8", text.Content)
		}
	})
}
