package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rapporteur/ingest"
	"rapporteur/ingest/chunk"
	"rapporteur/ingest/extract"
	"rapporteur/internal/safehttp"
	"rapporteur/qa"
	"rapporteur/server/wire"
	"rapporteur/store/files"
	"rapporteur/store/sqlite"
)

// TestAddressFields takes an address as JSON and as a field of a form, with what goes with it.
func TestAddressFields(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*http.Request{
		"json": request("POST", "/documents", `{"url":" https://example.org/a ","collection":"rapports","title":"Bilan\n2024","replace":true,"more":1}`),
		"form": formRequest(t, "POST", "/documents", formPart{name: "collection", value: "rapports"}, formPart{name: "title", value: "Bilan\n2024"},
			formPart{name: "url", value: " https://example.org/a "}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got qa.Upload
			var address string
			p := &parts{acceptURL: func(_ context.Context, u qa.Upload, a string) (qa.Receipt, error) {
				got, address = u, a
				return qa.Receipt{Document: qa.Document{ID: "d1"}, Version: qa.Version{ID: "v1", State: qa.StateQueued}, Outcome: qa.VerdictIngested}, nil
			}}
			w := serve(handlerOf(t, newServer(p)), r)
			want := qa.Upload{Collection: "rapports", Title: "Bilan 2024"}
			if w.Code != http.StatusAccepted || got != want || address != "https://example.org/a" || w.Header().Get("Location") != "/documents/d1" {
				t.Errorf("status %d %s\ngot  %+v of %q\nwant %+v", w.Code, w.Body, got, address, want)
			}
		})
	}
}

// TestAddressProblems gives what became of a fetch the status that HTTP has for it.
func TestAddressProblems(t *testing.T) {
	t.Parallel()
	for _, k := range []struct {
		err    *qa.Error
		status int
		says   string
	}{
		{qa.E(qa.Invalid, "url_invalid"), 400, "https://"},
		{qa.E(qa.Unprocessable, "url_refused"), 422, "publiques"},
		{qa.E(qa.Unprocessable, "url_port", 6379), 422, "6379"},
		{qa.E(qa.Unprocessable, "url_status", 404), 422, "404"},
		{qa.E(qa.Unavailable, "url_unreachable"), 502, "répond"},
		{qa.E(qa.Unavailable, "url_timeout"), 504, "lentement"},
		{qa.E(qa.TooLarge, "too_large"), 413, "taille"},
	} {
		p := &parts{acceptURL: func(context.Context, qa.Upload, string) (qa.Receipt, error) {
			return qa.Receipt{}, k.err.Because(fmt.Errorf("dial tcp 10.1.2.3:80"))
		}}
		w := serve(handlerOf(t, newServer(p)), request("POST", "/documents", `{"url":"https://example.org/"}`))
		problem := problemOf(t, w)
		if w.Code != k.status || problem.Code != k.err.Code || !strings.Contains(problem.Detail, k.says) || strings.Contains(w.Body.String(), "10.1.2.3") {
			t.Errorf("%s: %d %s", k.err.Code, w.Code, w.Body)
		}
	}
}

// TestAddressesPassTheGate lets no more fetches run than uploads, and none for a key that may not write.
func TestAddressesPassTheGate(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	begun := make(chan struct{}, 1)
	s := newServer(&parts{acceptURL: func(ctx context.Context, _ qa.Upload, _ string) (qa.Receipt, error) {
		begun <- struct{}{}
		<-release
		return qa.Receipt{}, ctx.Err()
	}})
	s.MaxUploads, s.Wait = 1, 10*time.Millisecond
	h := handlerOf(t, s)
	done := make(chan int)
	go func() { done <- serve(h, request("POST", "/documents", `{"url":"https://example.org/"}`)).Code }()
	<-begun
	if w := serve(h, request("POST", "/documents", `{"url":"https://example.org/"}`)); w.Code != http.StatusTooManyRequests && w.Code != http.StatusServiceUnavailable {
		t.Errorf("a second fetch: %d %s", w.Code, w.Body)
	}
	close(release)
	if code := <-done; code != http.StatusAccepted {
		t.Errorf("the first fetch: %d", code)
	}
	s = newServer(nil)
	s.Ingester = forbiddenIngester{t}
	r := request("POST", "/documents", `{"url":"https://example.org/","collection":"elsewhere"}`)
	r.Header.Set("Authorization", "Bearer reader")
	if w := serve(handlerOf(t, s), r); w.Code != http.StatusForbidden {
		t.Errorf("a key that only reads: %d %s", w.Code, w.Body)
	}
}

// TestAddressOnThePage adds an address by the form of the page, which needs no script.
func TestAddressOnThePage(t *testing.T) {
	t.Parallel()
	library := reportLibrary()
	s := newServer(nil)
	s.Library, s.Ingester = library, library
	h := handlerOf(t, s)
	w := serve(h, formRequest(t, "POST", "/library", formPart{name: "url", value: "https://example.org/a.pdf"}))
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/library?notice=added" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = serve(h, formRequest(t, "POST", "/library", formPart{name: "url", value: "http://127.0.0.1/"}))
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "adresses web publiques") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	page := serve(h, request("GET", "/library", "")).Body.String()
	for _, want := range []string{`<label for="url">Adresse web d’un document</label>`, `<input id="url" type="url" name="url" required`, "https://example.org/a.pdf"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
}

// TestAddressThroughEverything fetches from a web server on this machine, through the API, the pipeline and
// the stores: what is not allowed is refused, what is unchanged is not downloaded again.
func TestAddressThroughEverything(t *testing.T) {
	t.Parallel()
	var content, etag atomic.Value
	var given atomic.Int64
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag.Load().(string))
		if r.Header.Get("If-None-Match") == etag.Load() {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		given.Add(1)
		_, _ = fmt.Fprint(w, content.Load())
	}))
	t.Cleanup(site.Close)
	pipeline, store := realPipeline(t, strings.TrimPrefix(site.URL, "http://"))
	s := newServer(nil)
	s.Ingester, s.Library = pipeline, store
	h := handlerOf(t, s)
	add := func(address string) (int, wire.Receipt) {
		w := serve(h, request("POST", "/documents", `{"url":"`+address+`"}`))
		var r wire.Receipt
		if w.Code < 400 {
			if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
				t.Fatal(err)
			}
		} else {
			r.State = problemOf(t, w).Code
		}
		return w.Code, r
	}
	content.Store("<!doctype html><title>Bilan</title><p>La direction compte 200 agents.")
	etag.Store(`"v1"`)
	status, first := add(site.URL + "/bilan")
	if status != http.StatusAccepted || first.State != "queued" {
		t.Fatal(status, first)
	}
	for more := true; more; {
		var err error
		if more, err = pipeline.Advance(t.Context(), qa.VersionID(first.Version)); err != nil {
			t.Fatal(err)
		}
	}
	if status, again := add(site.URL + "/bilan#agents"); status != http.StatusOK || again.Version != first.Version || given.Load() != 1 {
		t.Errorf("unchanged: %d %+v, downloaded %d times", status, again, given.Load())
	}
	content.Store("<!doctype html><title>Bilan</title><p>La direction compte 210 agents.")
	etag.Store(`"v2"`)
	if status, next := add(site.URL + "/bilan"); status != http.StatusAccepted || next.Document != first.Document || next.Version == first.Version {
		t.Errorf("changed: %d %+v", status, next)
	}
	for _, address := range []string{"http://127.0.0.1:80/", "http://localhost/", "http://169.254.169.254/"} {
		if status, r := add(address); status != http.StatusUnprocessableEntity || r.State != "url_refused" {
			t.Errorf("%s: %d %s", address, status, r.State)
		}
	}
}

// realPipeline is ingestion with its real parts, which may fetch from one host.
func realPipeline(t *testing.T, allow string) (*ingest.Pipeline, *sqlite.Store) {
	t.Helper()
	dir := t.TempDir()
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "library.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	originals, err := files.Open(filepath.Join(dir, "originals"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := safehttp.New(safehttp.Options{Allow: []string{allow}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return &ingest.Pipeline{Library: store, Originals: originals, Extractor: &extract.Extractor{}, Splitter: chunk.Splitter{},
		Fetcher: client, Earlier: store}, store
}
