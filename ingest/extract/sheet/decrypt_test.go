package sheet

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"rapporteur/ingest/extract/raw"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

const password = "mot-de-passe-très-secret"

// TestDecrypt opens files under a password, in both ways of encrypting, with the right password, a wrong
// one and none.
func TestDecrypt(t *testing.T) {
	t.Parallel()
	own, err := excelize.Encrypt(pack(t, budget(t)), &excelize.Options{Password: password})
	must(t, err)
	shared := func(name string) []byte {
		data, err := os.ReadFile(testkit.Shared(t, "data/hostile/files/ooxml/"+name))
		must(t, err)
		return data
	}
	for _, c := range []struct {
		name     string
		data     []byte
		password string
	}{
		{"own", own, password},
		{"agile", shared("poi/protected_agile.docx"), "VelvetSweatshop"},
		{"docx", shared("poi/bug53475-password-is-pass.docx"), "pass"},
		{"xlsx", shared("poi/protected_passtika.xlsx"), "tika"},
		{"tika", shared("tika/testWORD_protected_passtika.docx"), "tika"},
		{"sha512", shared("poi/protected_sha512.xlsx"), "this is a test"},
	} {
		o := raw.Limits{}.WithDefaults()
		for given, want := range map[string]string{"": "encrypted", "wrong-" + c.password: "bad_password", c.password: ""} {
			archive, err := Decrypt(o, bytes.NewReader(c.data), given)
			if got := code(err); got != want || err == nil && !bytes.HasPrefix(archive, []byte("PK")) {
				t.Errorf("%s with %q: %q, want %q", c.name, given, got, want)
			}
			if err != nil && given != "" && strings.Contains(fmt.Sprintf("%v %+v", err, err), given) {
				t.Errorf("%s: the error holds the password: %v", c.name, err)
			}
		}
	}
	archive, err := Decrypt(raw.Limits{}.WithDefaults(), bytes.NewReader(own), password)
	must(t, err)
	text, err := xlsx(archive)
	must(t, err)
	if !strings.Contains(text.Content, "Voirie | 12\u202F500,00") {
		t.Errorf("the text is not there: %s", text.Content)
	}
}

// TestNotEncrypted checks files that are no Office file under a password, or too large for one.
func TestNotEncrypted(t *testing.T) {
	t.Parallel()
	for want, data := range map[string]string{
		"unsupported_type": "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 a document of 1997",
		"damaged":          "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + encryptedStream,
		"too_large":        "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + encryptedStream + strings.Repeat("x", 1000),
	} {
		o := raw.Limits{MaxInput: 500}.WithDefaults()
		if _, err := Decrypt(o, strings.NewReader(data), password); code(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return qa.CodeOf(err)
}
