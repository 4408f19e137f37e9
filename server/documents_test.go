package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rapporteur/qa"
	"rapporteur/server/wire"
)

func TestDocumentJSON(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 3, 4, 5, 6, 7, 0, time.FixedZone("", 7200))
	p := &parts{document: func(context.Context, qa.Scope, qa.DocumentID) (qa.Document, []qa.Version, error) {
		return qa.Document{ID: "d1", Collection: "default", Title: "Bilan", Source: "a/bilan.pdf", Live: "v1", CreatedAt: at, UpdatedAt: at},
			[]qa.Version{
				{ID: "v2", State: qa.StateFailed, Verdict: qa.VerdictEncrypted, Failure: "encrypted", CreatedAt: at},
				{ID: "v1", State: qa.StateLive, Verdict: qa.VerdictPartlyNoText, Hash: "00ff", Size: 1234, MediaType: "application/pdf",
					Language: "fr", Pages: 4, PagesWithoutText: []int{2}, Chunks: 9, Embedded: 0.5, CreatedAt: at, PublishedAt: at},
			}, nil
	}}
	w := serve(handlerOf(t, newServer(p)), request(http.MethodGet, "/documents/d1", ""))
	if w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	golden(t, "testdata/documents_one.json", indented(t, w.Body.Bytes()))
}

func TestDocumentsAreListedByPages(t *testing.T) {
	t.Parallel()
	var scope qa.Scope
	p := &parts{documents: func(_ context.Context, s qa.Scope, after qa.DocumentID, n int) ([]qa.Listed, error) {
		scope = s
		var out []qa.Listed
		for i := range 5 {
			if id := qa.DocumentID(fmt.Sprint("d", i)); id > after && len(out) < n {
				out = append(out, qa.Listed{Document: qa.Document{ID: id}, Newest: qa.Version{ID: "v", State: qa.StateQueued}})
			}
		}
		return out, nil
	}}
	h := handlerOf(t, newServer(p))
	var seen []string
	after := ""
	for range 4 {
		w := serve(h, request(http.MethodGet, "/documents?collection=default&limit=2&after="+after, ""))
		var page struct {
			Documents []wire.Document
			Next      *string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
			t.Fatal(err, w.Body)
		}
		for _, d := range page.Documents {
			seen = append(seen, d.ID)
		}
		if page.Next == nil {
			break
		}
		after = *page.Next
	}
	if got := strings.Join(seen, " "); got != "d0 d1 d2 d3 d4" {
		t.Errorf("listed %s", got)
	}
	if scope.Everything || !scope.Holds("default") {
		t.Errorf("scope %+v", scope)
	}
	if w := serve(h, request(http.MethodGet, "/documents?after=d4", "")); strings.TrimSpace(w.Body.String()) != `{"documents":[],"next":null}` {
		t.Errorf("empty page: %s", w.Body)
	}
}

func TestCollectionsOfTheKey(t *testing.T) {
	t.Parallel()
	h := handlerOf(t, newServer(nil))
	for key, want := range map[string]string{
		"reader": `{"collections":[{"id":"default","documents":2},{"id":"secret","documents":1}]}`,
		"writer": `{"collections":[{"id":"default","documents":2}]}`,
		"other":  `{"collections":[]}`,
	} {
		r := request(http.MethodGet, "/collections", "")
		r.Header.Set("Authorization", "Bearer "+key)
		if got := strings.TrimSpace(serve(h, r).Body.String()); got != want {
			t.Errorf("%s: %s", key, got)
		}
	}
}

func TestTextIsExact(t *testing.T) {
	t.Parallel()
	h := handlerOf(t, newServer(nil))
	for _, target := range []string{"/documents/d1/text", "/documents/d1/text?version=v1"} {
		w := serve(h, request(http.MethodGet, target, ""))
		if w.Code != http.StatusOK || w.Body.String() != "La Dinum regroupe\nenviron 200 agents. Déjà." {
			t.Errorf("%s: %d %q", target, w.Code, w.Body)
		}
		if got := w.Header().Get("Content-Type"); got != "text/plain; charset=utf-8" {
			t.Error(got)
		}
		if got := w.Header().Get("Content-Location"); got != "/documents/d1/text?version=v1" {
			t.Error(got)
		}
	}
	wantProblem(t, serve(h, request(http.MethodGet, "/documents/d1/text?version=v9", "")), http.StatusNotFound, "version_unknown")
	wantProblem(t, serve(h, request(http.MethodGet, "/documents/zz/text?version=v1", "")), http.StatusNotFound, "document_unknown")
}

func TestOriginalsAreDownloads(t *testing.T) {
	t.Parallel()
	h := handlerOf(t, newServer(nil))
	r := request(http.MethodGet, "/documents/d1/original", "")
	w := serve(h, r)
	for name, want := range map[string]string{
		"Content-Type":            "application/octet-stream", // the sample is an HTML file
		"Content-Disposition":     `attachment; filename="rapport d_activit_.pdf"; filename*=UTF-8''rapport%20d%E2%80%99activit%C3%A9.pdf`,
		"X-Content-Type-Options":  "nosniff",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
		"ETag":                    `"abc"`,
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if w.Code != http.StatusOK || w.Body.String() != "<script>1</script>" {
		t.Error(w.Code, w.Body)
	}
	r.Header.Set("Range", "bytes=1-6")
	if w := serve(h, r); w.Code != http.StatusPartialContent || w.Body.String() != "script" {
		t.Error(w.Code, w.Body)
	}
	wantProblem(t, serve(h, request(http.MethodGet, "/documents/d1/original?version=v9", "")), http.StatusNotFound, "version_unknown")
}

func TestChooseVersion(t *testing.T) {
	t.Parallel()
	versions := []qa.Version{{ID: "v3"}, {ID: "v2"}, {ID: "v1"}}
	for _, c := range []struct {
		live, want, got qa.VersionID
	}{{"v2", "", "v2"}, {"", "", "v3"}, {"v2", "v1", "v1"}, {"v2", "v9", ""}} {
		v, ok := qa.Document{Live: c.live}.Choose(versions, c.want)
		if v.ID != c.got || ok != (c.got != "") {
			t.Errorf("%+v: %s %v", c, v.ID, ok)
		}
	}
	if _, ok := (qa.Document{}).Choose(nil, ""); ok {
		t.Error("a version of nothing")
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	var removed qa.DocumentID
	p := &parts{remove: func(_ context.Context, s qa.Scope, id qa.DocumentID) error {
		if !s.Holds("default") || s.Everything {
			t.Errorf("scope %+v", s)
		}
		removed = id
		return nil
	}}
	r := request(http.MethodDelete, "/documents/d1", "")
	r.Header.Set("Authorization", "Bearer writer")
	w := serve(handlerOf(t, newServer(p)), r)
	if w.Code != http.StatusNoContent || w.Body.Len() != 0 || removed != "d1" {
		t.Errorf("status %d, body %q, removed %q", w.Code, w.Body, removed)
	}
}

// TestChangesOfVersions: who may write rolls back and cancels, within what the key may write; what cannot be done
// is said.
func TestChangesOfVersions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, target, body string
		err                error // of the library
		status             int
		code               string
		called             string
	}{
		{"rollback", "rollback", `{"version":"v0"}`, nil, 200, "", "d1 v0"},
		{"no version", "rollback", `{}`, nil, 400, "field_invalid", ""},
		{"no body", "rollback", "", nil, 415, "content_type_unsupported", ""},
		{"a long version", "rollback", `{"version":"` + strings.Repeat("v", 300) + `"}`, nil, 404, "version_unknown", ""},
		{"an unknown version", "rollback", `{"version":"v9"}`, qa.E(qa.NotFound, "version_unknown"), 404, "version_unknown", "d1 v9"},
		{"a version that was never in force", "rollback", `{"version":"v2"}`, qa.E(qa.Conflict, "version_not_superseded"), 409, "version_not_superseded", "d1 v2"},
		{"cancel", "cancel", "", nil, 200, "", "d1"},
		{"nothing to cancel", "cancel", "", qa.E(qa.Conflict, "nothing_to_cancel"), 409, "nothing_to_cancel", "d1"},
		{"gone meanwhile", "cancel", "", qa.E(qa.NotFound, "row_gone"), 404, "document_unknown", "d1"},
	} {
		called := ""
		within := func(s qa.Scope) {
			if !s.Holds("default") || s.Everything {
				t.Errorf("%s: scope %+v", c.what, s)
			}
		}
		p := &parts{
			rollback: func(_ context.Context, s qa.Scope, id qa.DocumentID, v qa.VersionID) (qa.Document, error) {
				within(s)
				called = string(id) + " " + string(v)
				return qa.Document{}, c.err
			},
			cancel: func(_ context.Context, s qa.Scope, id qa.DocumentID) (qa.VersionID, error) {
				within(s)
				called = string(id)
				return "", c.err
			},
		}
		r := request(http.MethodPost, "/documents/d1/"+c.target, c.body)
		r.Header.Set("Authorization", "Bearer writer")
		w := serve(handlerOf(t, newServer(p)), r)
		var got struct {
			Code string `json:"code"`
			ID   string `json:"id"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v: %s", c.what, err, w.Body)
		}
		if w.Code != c.status || got.Code != c.code || called != c.called || (c.status == 200) != (got.ID == "d1") {
			t.Errorf("%s: status %d, called %q: %s", c.what, w.Code, called, w.Body)
		}
	}
}

// A document that goes away between the check and the act is not found, whatever the store calls it.
func TestNotFoundHasOneBody(t *testing.T) {
	t.Parallel()
	p := &parts{remove: func(context.Context, qa.Scope, qa.DocumentID) error {
		return qa.E(qa.NotFound, "row_gone").Because(errors.New("secret"))
	}}
	h := handlerOf(t, newServer(p))
	gone := serve(h, request(http.MethodDelete, "/documents/d1", ""))
	never := serve(h, request(http.MethodDelete, "/documents/zz", ""))
	if gone.Body.String() != never.Body.String() || gone.Code != http.StatusNotFound {
		t.Errorf("%s\n%s", gone.Body, never.Body)
	}
}
