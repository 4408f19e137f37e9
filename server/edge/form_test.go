package edge

import (
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// FuzzForm reads any bytes as a form: no panic, only errors of the client, and never more of the file
// than its limit.
func FuzzForm(f *testing.F) {
	const limit = 1000
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nBilan\r\n--b\r\n"+
		"Content-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF\r\n--b--\r\n"), "b")
	f.Add([]byte("--b\nContent-Disposition: form-data; name=file\n\nx\n--b--"), "b")
	f.Fuzz(func(t *testing.T, raw []byte, boundary string) {
		r := httptest.NewRequest("POST", "/documents", strings.NewReader(string(raw)))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=\""+boundary+"\"")
		form, err := OpenForm(httptest.NewRecorder(), r, BodyLimits{Bytes: limit, Idle: time.Second})
		var content []byte
		if err == nil {
			u := form.Upload
			if u.Source == "" || u.Collection == "" || len(u.Collection) > maxCollection || !utf8.ValidString(u.Source+u.Title) {
				t.Fatalf("upload %+v", u)
			}
			var file io.Reader
			if file, err = form.File(); err == nil {
				content, err = io.ReadAll(file)
			}
		}
		if len(content) > limit {
			t.Fatalf("%d bytes of a file", len(content))
		}
		if err == nil {
			return
		}
		switch qa.KindOf(err) {
		case qa.Invalid, qa.TooLarge, qa.Unprocessable, qa.Unsupported:
		default:
			t.Fatalf("not an error of the client: %v", err)
		}
	})
}

// The seeds of the fuzzing of Go's own reader are small enough to all run each time.
func TestFormSeedsEnd(t *testing.T) {
	t.Parallel()
	seeds, err := filepath.Glob(filepath.Join(testkit.Shared(t, "data/hostile/payloads/http/go-fuzz-multipart"), "*"))
	if err != nil || len(seeds) < 100 {
		t.Fatalf("%d seeds: %v", len(seeds), err)
	}
	for _, seed := range seeds {
		raw, err := os.ReadFile(seed)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("POST", "/documents", strings.NewReader(string(raw)))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=xxx")
		form, err := OpenForm(httptest.NewRecorder(), r, BodyLimits{Bytes: 1 << 20, Idle: time.Second})
		if err != nil {
			continue
		}
		if file, err := form.File(); err == nil {
			_, err = io.Copy(io.Discard, file)
			if err != nil && form.Err() == nil {
				t.Errorf("%s: %v is not remembered", filepath.Base(seed), err)
			}
		}
	}
}
