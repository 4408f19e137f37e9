package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapporteur/internal/testkit"
	"rapporteur/qa"
	"rapporteur/server/wire"
)

// formPart is a field, or a file when file is set.
type formPart struct{ name, file, value string }

func formRequest(t testing.TB, method, target string, fields ...formPart) *http.Request {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for _, f := range fields {
		h := textproto.MIMEHeader{}
		disposition := `form-data; name="` + f.name + `"`
		if f.file != "" {
			disposition += `; filename="` + f.file + `"`
		}
		h.Set("Content-Disposition", disposition)
		w, err := form.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f.value); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r := request(method, target, b.String())
	r.Header.Set("Content-Type", form.FormDataContentType())
	return r
}

// forbiddenIngester fails the test when anything reaches it.
type forbiddenIngester struct{ t *testing.T }

func (f forbiddenIngester) Accept(context.Context, qa.Upload, io.Reader) (qa.Receipt, error) {
	f.t.Error("Accept was called")
	return qa.Receipt{}, errors.New("called")
}

func (f forbiddenIngester) AcceptURL(context.Context, qa.Upload, string) (qa.Receipt, error) {
	f.t.Error("AcceptURL was called")
	return qa.Receipt{}, errors.New("called")
}

func (f forbiddenIngester) Remove(context.Context, qa.Scope, qa.DocumentID) error {
	f.t.Error("Remove was called")
	return errors.New("called")
}

func TestUploadFields(t *testing.T) {
	t.Parallel()
	file := formPart{name: "file", file: "rapport 2024.pdf", value: "%PDF"}
	for _, c := range []struct {
		name, method, target string
		fields               []formPart
		want                 qa.Upload
	}{
		{"defaults", "POST", "/documents", []formPart{file}, qa.Upload{Collection: "default", Source: "rapport 2024.pdf"}},
		{"fields", "POST", "/documents", []formPart{
			{name: "collection", value: " rapports "}, {name: "title", value: "Bilan\u202e\n2024"},
			{name: "source", value: "../a/./b\\rapport.pdf"}, {name: "replace", value: "true"}, {name: "unknown", value: "x"}, file,
		}, qa.Upload{Collection: "rapports", Title: "Bilan 2024", Source: "a/b/rapport.pdf", Replace: true}},
		{"query", "POST", "/documents?collection=q&replace=on&title=T&source=s.pdf", []formPart{file},
			qa.Upload{Collection: "q", Title: "T", Source: "s.pdf", Replace: true}},
		{"form wins", "POST", "/documents?collection=q", []formPart{{name: "collection", value: "f"}, file},
			qa.Upload{Collection: "f", Source: "rapport 2024.pdf"}},
		{"password", "POST", "/documents", []formPart{{name: "password", value: " clé d’été "}, file},
			qa.Upload{Collection: "default", Source: "rapport 2024.pdf", Password: " clé d’été "}},
		{"a password is never read from an address, which is logged", "POST", "/documents?password=x", []formPart{file},
			qa.Upload{Collection: "default", Source: "rapport 2024.pdf"}},
		{"new version", "PUT", "/documents/d1", []formPart{file},
			qa.Upload{Collection: "default", Document: "d1", Source: "rapport 2024.pdf"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got qa.Upload
			var content []byte
			p := &parts{accept: func(_ context.Context, u qa.Upload, r io.Reader) (qa.Receipt, error) {
				got = u
				var err error
				content, err = io.ReadAll(r)
				return qa.Receipt{Document: qa.Document{ID: "d1"}, Version: qa.Version{ID: "v2", State: qa.StateQueued}, Outcome: qa.VerdictIngested}, err
			}}
			w := serve(handlerOf(t, newServer(p)), formRequest(t, c.method, c.target, c.fields...))
			if w.Code != http.StatusAccepted || got != c.want || string(content) != "%PDF" {
				t.Fatalf("status %d %s\ngot  %+v\nwant %+v\ncontent %q", w.Code, w.Body, got, c.want, content)
			}
			var r wire.Receipt
			if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil || r.Document != "d1" || r.Version != "v2" || r.State != "queued" {
				t.Errorf("receipt %s (%v)", w.Body, err)
			}
			if w.Header().Get("Location") != "/documents/d1" {
				t.Error("no Location")
			}
		})
	}
}

func TestUploadOfTheSameBytes(t *testing.T) {
	t.Parallel()
	p := &parts{accept: func(_ context.Context, _ qa.Upload, r io.Reader) (qa.Receipt, error) {
		_, err := io.Copy(io.Discard, r)
		return qa.Receipt{Outcome: qa.VerdictUnchanged, Version: qa.Version{State: qa.StateLive}}, err
	}}
	w := serve(handlerOf(t, newServer(p)), formRequest(t, "POST", "/documents", formPart{name: "file", file: "a", value: "x"}))
	if w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
}

// stored runs an upload against an Ingester that stores what it can read, and tells whether it did.
func stored(t *testing.T, s *Server, r *http.Request) (status int, code string, kept bool) {
	t.Helper()
	s.Ingester = &parts{accept: func(_ context.Context, _ qa.Upload, r io.Reader) (qa.Receipt, error) {
		if _, err := io.Copy(io.Discard, r); err != nil {
			return qa.Receipt{}, qa.E(qa.Internal, "internal").Because(err) // as careless as an Ingester may be
		}
		kept = true
		return qa.Receipt{Outcome: qa.VerdictIngested}, nil
	}}
	w := serve(handlerOf(t, s), r)
	if w.Code >= 400 {
		code = problemOf(t, w).Code
	}
	return w.Code, code, kept
}

func TestUploadRefusals(t *testing.T) {
	t.Parallel()
	file := formPart{name: "file", file: "a.txt", value: "bonjour"}
	whole := func(fields ...formPart) func(*testing.T) *http.Request {
		return func(t *testing.T) *http.Request { return formRequest(t, "POST", "/documents", fields...) }
	}
	cut := func(keep int) func(*testing.T) *http.Request {
		return func(t *testing.T) *http.Request {
			r := formRequest(t, "POST", "/documents", formPart{name: "file", file: "a", value: strings.Repeat("x", 100)})
			raw, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(raw[:len(raw)-keep]))
			return r
		}
	}
	for _, c := range []struct {
		name    string
		request func(*testing.T) *http.Request
		status  int
		code    string
	}{
		{"no file", whole(formPart{name: "title", value: "x"}), 422, "file_missing"},
		{"empty form", whole(), 422, "file_missing"},
		{"wrong field", whole(formPart{name: "upload", file: "a.txt", value: "x"}), 422, "file_missing"},
		{"empty file", whole(formPart{name: "file", file: "a.txt"}), 422, "empty"},
		{"field after the file", whole(file, formPart{name: "collection", value: "late"}), 400, "field_after_file"},
		{"two files", whole(file, file), 400, "field_after_file"},
		{"empty file, then a field", whole(formPart{name: "file", file: "a"}, file), 400, "field_after_file"},
		{"cut in the file", cut(80), 400, "body_incomplete"},
		{"cut in the last boundary", cut(10), 400, "body_incomplete"},
		{"file too large", whole(formPart{name: "file", file: "a", value: strings.Repeat("x", 1001)}), 413, "too_large"},
		{"field too large", whole(formPart{name: "title", value: strings.Repeat("x", 5000)}, file), 400, "form_invalid"},
		{"too many fields", whole(append(make([]formPart, 30), file)...), 400, "form_invalid"},
		{"field not UTF-8", whole(formPart{name: "title", value: "\xff"}, file), 400, "form_invalid"},
		{"replace", whole(formPart{name: "replace", value: "perhaps"}, file), 400, "field_invalid"},
		{"collection name", whole(formPart{name: "collection", value: "a\x00b"}, file), 400, "bad_collection"},
		{"part header", whole(formPart{name: "file", file: strings.Repeat("x", 60_000), value: "x"}), 400, "form_invalid"},
		{"not a form", func(*testing.T) *http.Request {
			r := request("POST", "/documents", "bonjour")
			r.Header.Set("Content-Type", "text/plain")
			return r
		}, 415, "content_type_unsupported"},
		{"no address", func(*testing.T) *http.Request { return request("POST", "/documents", "{}") }, 400, "field_invalid"},
		{"address of another type", func(*testing.T) *http.Request { return request("POST", "/documents", `{"url":["x"]}`) }, 400, "field_invalid"},
		{"address and bad collection", func(*testing.T) *http.Request {
			return request("POST", "/documents", `{"url":"https://example.org/","collection":"a\u0000b"}`)
		}, 400, "bad_collection"},
		{"address and file", whole(formPart{name: "url", value: "https://example.org/"}, file), 400, "url_and_file"},
		{"blank address", whole(formPart{name: "url", value: " "}), 422, "file_missing"},
		{"address for a version", func(t *testing.T) *http.Request {
			return formRequest(t, "PUT", "/documents/d1", formPart{name: "url", value: "https://example.org/"})
		}, 400, "url_version"},
		{"JSON for a version", func(*testing.T) *http.Request {
			return request("PUT", "/documents/d1", `{"url":"https://example.org/"}`)
		}, 415, "content_type_unsupported"},
		{"no boundary", func(*testing.T) *http.Request {
			r := request("POST", "/documents", "x")
			r.Header.Set("Content-Type", "multipart/form-data")
			return r
		}, 400, "form_invalid"},
		{"long boundary", func(*testing.T) *http.Request {
			r := request("POST", "/documents", "x")
			r.Header.Set("Content-Type", "multipart/form-data; boundary="+strings.Repeat("x", 1<<20))
			return r
		}, 400, "form_invalid"},
		{"declared too large", func(t *testing.T) *http.Request {
			r := formRequest(t, "POST", "/documents", file)
			r.ContentLength = 1 << 30
			return r
		}, 413, "too_large"},
		{"compressed", func(t *testing.T) *http.Request {
			r := formRequest(t, "POST", "/documents", file)
			r.Header.Set("Content-Encoding", "gzip")
			return r
		}, 415, "content_encoded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(nil)
			s.MaxUpload = 1000
			status, code, kept := stored(t, s, c.request(t))
			if status != c.status || code != c.code || kept {
				t.Errorf("got %d %s, stored %v; want %d %s", status, code, kept, c.status, c.code)
			}
		})
	}
}

// countingBody gives endless bytes of one file and counts them.
type countingBody struct {
	head io.Reader
	n    int64
}

func (b *countingBody) Read(p []byte) (int, error) {
	if n, err := b.head.Read(p); err == nil {
		return n, nil
	}
	for i := range p {
		p[i] = 'x'
	}
	b.n += int64(len(p))
	return len(p), nil
}

func TestAnEndlessUploadIsReadLittlePastTheLimit(t *testing.T) {
	t.Parallel()
	body := &countingBody{head: strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n")}
	r := request("POST", "/documents", "")
	r.Body, r.ContentLength = io.NopCloser(body), -1
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	s := newServer(nil)
	s.MaxUpload = 3 << 20
	status, code, kept := stored(t, s, r)
	if status != 413 || code != "too_large" || kept {
		t.Errorf("got %d %s, stored %v", status, code, kept)
	}
	if past := body.n - s.MaxUpload; past > 1<<20 {
		t.Errorf("%d bytes read past the limit", past)
	}
}

func TestMultipartSeeds(t *testing.T) {
	t.Parallel()
	seeds, err := filepath.Glob(filepath.Join(testkit.Shared(t, "data/hostile/payloads/http/go-fuzz-multipart"), "*"))
	if err != nil || len(seeds) < 100 {
		t.Fatalf("%d seeds: %v", len(seeds), err)
	}
	s := newServer(nil)
	h := handlerOf(t, s)
	for _, seed := range seeds {
		body, err := os.ReadFile(seed)
		if err != nil {
			t.Fatal(err)
		}
		for _, boundary := range []string{"xxx", firstBoundary(body)} {
			if boundary == "" {
				continue
			}
			r := request("POST", "/documents", string(body))
			r.Header.Set("Content-Type", `multipart/form-data; boundary="`+boundary+`"`)
			start := time.Now()
			if w := serve(h, r); w.Code >= 500 || time.Since(start) > stuck {
				t.Errorf("%s: status %d after %v", filepath.Base(seed), w.Code, time.Since(start))
			}
		}
	}
}

// firstBoundary guesses the boundary that a seed was written for.
func firstBoundary(body []byte) string {
	_, rest, ok := bytes.Cut(body, []byte("--"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	line = bytes.TrimSpace(line)
	if !ok || len(line) == 0 || len(line) > 70 || bytes.ContainsAny(line, `"\`) {
		return ""
	}
	return string(line)
}
