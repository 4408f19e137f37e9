package ingest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"rapporteur/internal/safehttp"
	"rapporteur/qa"
)

// website serves one document with a validator, and counts how often it gave the bytes.
type website struct {
	content, etag atomic.Value
	status, given atomic.Int64
}

func (s *website) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	etag := s.etag.Load().(string)
	if etag != "" {
		w.Header().Set("ETag", etag)
	}
	switch {
	case s.status.Load() != 0:
		w.WriteHeader(int(s.status.Load()))
	case etag != "" && r.Header.Get("If-None-Match") == etag:
		w.WriteHeader(http.StatusNotModified)
	default:
		s.given.Add(1)
		_, _ = fmt.Fprint(w, s.content.Load())
	}
}

func (s *website) publish(content, etag string) {
	s.content.Store(content)
	s.etag.Store(etag)
}

// fetching gives a library that may fetch from a web site on this machine.
func fetching(t *testing.T) (*library, *website, string) {
	t.Helper()
	site := &website{}
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	client, err := safehttp.New(safehttp.Options{Allow: []string{strings.TrimPrefix(server.URL, "http://")}, MaxBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	l := newLibrary(t, nil, false)
	l.pipeline.Fetcher = client
	return l, site, server.URL
}

func (l *library) fetch(t *testing.T, address string) qa.Receipt {
	t.Helper()
	r, err := l.pipeline.AcceptURL(t.Context(), qa.Upload{}, address)
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	return r
}

// TestFetchedDocumentFollowsItsServer lives through what becomes of an address: the same by its validator,
// the same by its bytes, changed, unreadable, and readable again.
func TestFetchedDocumentFollowsItsServer(t *testing.T) {
	t.Parallel()
	l, site, server := fetching(t)
	page := func(s string) string { return "<!doctype html><title>Bilan</title><p>" + s + "</p>" }
	site.publish(page("La direction compte 200 agents."), `"v1"`)
	first := l.fetch(t, server+"/docs/../docs/bilan.php?an=2024#fin")
	if v := l.finish(t, first.Version.ID); first.Outcome != qa.VerdictIngested || v.MediaType != "text/html" || v.Validator.ETag != `"v1"` || v.Title != "Bilan" {
		t.Fatalf("first: %+v, %+v", first, v)
	}
	if first.Document.Source != server+"/docs/bilan.php?an=2024" {
		t.Errorf("source %q", first.Document.Source)
	}
	for _, step := range []struct {
		what, content, etag string
		outcome             qa.Verdict
		given               int64 // how often the bytes were downloaded by then
		etagKept            string
	}{
		{"nothing changed", page("La direction compte 200 agents."), `"v1"`, qa.VerdictUnchanged, 1, `"v1"`},
		{"another validator, the same bytes", page("La direction compte 200 agents."), `"v1b"`, qa.VerdictUnchanged, 2, `"v1"`},
		{"changed", page("La direction compte 210 agents."), `"v2"`, qa.VerdictNewVersion, 3, `"v2"`},
		{"unchanged since", page("La direction compte 210 agents."), `"v2"`, qa.VerdictUnchanged, 3, `"v2"`},
		{"no validator", page("La direction compte 220 agents."), "", qa.VerdictNewVersion, 4, ""},
		{"unchanged without one", page("La direction compte 220 agents."), "", qa.VerdictUnchanged, 5, ""},
	} {
		site.publish(step.content, step.etag)
		r := l.fetch(t, server+"/docs/bilan.php?an=2024")
		v := l.finish(t, r.Version.ID)
		if r.Outcome != step.outcome || r.Document.ID != first.Document.ID || site.given.Load() != step.given || v.Validator.ETag != step.etagKept {
			t.Errorf("%s: %+v, downloaded %d times, validator %q", step.what, r.Outcome, site.given.Load(), v.Validator.ETag)
		}
	}
	_, versions, err := l.store.Document(t.Context(), everything(), first.Document.ID)
	if err != nil || len(versions) != 3 {
		t.Fatalf("%d versions, %v", len(versions), err)
	}
	text, _, err := l.store.Text(t.Context(), everything(), first.Document.ID, first.Version.ID)
	if err != nil || !strings.Contains(text.Content, "200 agents") {
		t.Errorf("the old version can no longer be cited: %q, %v", text.Content, err)
	}
	site.publish("%PDF-1.7\nrien de lisible", `"v3"`)
	if r := l.fetch(t, server+"/docs/bilan.php?an=2024"); l.finish(t, r.Version.ID).State != qa.StateFailed {
		t.Error("what is no PDF was read")
	}
	given := site.given.Load()
	if r := l.fetch(t, server+"/docs/bilan.php?an=2024"); r.Outcome == qa.VerdictUnchanged || site.given.Load() != given+1 {
		t.Errorf("a version that failed was not tried again: %+v", r)
	}
}

// TestFetchRefusals keeps nothing of what cannot be fetched, and says why.
func TestFetchRefusals(t *testing.T) {
	t.Parallel()
	l, site, server := fetching(t)
	for _, k := range []struct {
		address, content string
		status           int64
		upload           qa.Upload
		want             string
	}{
		{"http://127.0.0.1/", "", 0, qa.Upload{}, "url_refused"},
		{"http://169.254.169.254/latest/", "", 0, qa.Upload{}, "url_refused"},
		{"file:///etc/passwd", "", 0, qa.Upload{}, "url_invalid"},
		{"rapport.pdf", "", 0, qa.Upload{}, "url_invalid"},
		{server + "/" + strings.Repeat("a", 1100), "", 0, qa.Upload{}, "url_invalid"},
		{server, "secret", 404, qa.Upload{}, "url_status"},
		{server, "secret", 503, qa.Upload{}, "url_status"},
		{server, strings.Repeat("a", 1<<20+1), 0, qa.Upload{}, "too_large"},
		{server, "", 0, qa.Upload{}, "empty"},
		{server + "/a.exe", "MZ\x00\x01\x02", 0, qa.Upload{}, "unsupported_type"},
		{server + "/a.pdf?x=1", "MZ\x00\x01\x02", 0, qa.Upload{}, "type_mismatch"},
		{server, "texte", 0, qa.Upload{Collection: " a"}, "bad_collection"},
	} {
		site.publish(k.content, "")
		site.status.Store(k.status)
		if _, err := l.pipeline.AcceptURL(t.Context(), k.upload, k.address); qa.CodeOf(err) != k.want {
			t.Errorf("%.60s: %v, want %s", k.address, err, k.want)
		}
	}
	if kept := l.kept(t); len(kept) != 0 {
		t.Errorf("kept %v", kept)
	}
}

// TestFetchedNames reads the name of a file from its address where its text has no title.
func TestFetchedNames(t *testing.T) {
	t.Parallel()
	l, site, server := fetching(t)
	for path, want := range map[string]string{
		"/docs/r%C3%A9sum%C3%A9%20final.txt?dl=1": "résumé final.txt",
		"/":     strings.TrimPrefix(server, "http://"),
		"/a/b/": "b",
	} {
		site.publish(strings.Repeat("Une phrase lue ici, à l’adresse "+path+", qui ne finit pas et, ", 20), "")
		r := l.fetch(t, server+path)
		l.finish(t, r.Version.ID)
		if d, _, err := l.store.Document(t.Context(), everything(), r.Document.ID); err != nil || d.Title != want {
			t.Errorf("%s: title %q, %v", path, d.Title, err)
		}
	}
	site.publish("# Titre du texte\n\nUne phrase.", "")
	r, err := l.pipeline.AcceptURL(t.Context(), qa.Upload{Title: "Titre donné"}, server+"/x.md?v=2")
	if err != nil {
		t.Fatal(err)
	}
	v := l.finish(t, r.Version.ID)
	if v.Title != "Titre donné" || v.MediaType != "text/markdown" {
		t.Errorf("%+v", v)
	}
}
