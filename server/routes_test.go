package server

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapporteur/internal/testkit"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares got with a file, or writes it with -update.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run go test ./server -update and read the difference\ngot:\n%s", filepath.Base(path), got)
	}
}

func TestOpenAPI(t *testing.T) {
	t.Parallel()
	w := serve(handlerOf(t, newServer(nil)), request(http.MethodGet, "/openapi.json", ""))
	if w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
	golden(t, filepath.Join(testkit.Root(t), "docs", "openapi.json"), w.Body.Bytes())
	var doc struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]any
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Fatalf("OpenAPI %q: %v", doc.OpenAPI, err)
	}
	for _, a := range accessTable() {
		if a.page || a.route == "GET /openapi.json" {
			continue
		}
		method, path, _ := strings.Cut(a.route, " ")
		path = strings.ReplaceAll(path, ":id", "{id}")
		if doc.Paths[path][strings.ToLower(method)] == nil {
			t.Errorf("%s is not in the OpenAPI document", a.route)
		}
	}
}

// access is what each caller gets from one route: the statuses of who has no key from this
// machine, no key from elsewhere, a bad key, a key that reads all, a key that writes the
// collection default, a key of another collection.
type access struct {
	route                                                 string
	page                                                  bool // of the chat page, which OpenAPI does not describe
	target, body                                          string
	local, remote, bad, reader, writer, other, unknownDoc int
}

const (
	askBody    = `{"question":"Combien d’agents ?"}`
	searchBody = `{"query":"agents"}`

	rollbackBody = `{"version":"v1"}`
	fileBody     = "FORM" // replaced by a form with a file
)

func accessTable() []access {
	return []access{
		{route: "GET /", page: true, target: "/?q=agents", local: 200, remote: 401, bad: 401, reader: 200, writer: 200, other: 200},
		{route: "GET /library", page: true, target: "/library", local: 200, remote: 401, bad: 401, reader: 200, writer: 200, other: 200},
		{route: "POST /library", page: true, target: "/library", body: fileBody, local: 303, remote: 401, bad: 401, reader: 403, writer: 303, other: 403},
		{route: "POST /library/:id/rollback", page: true, target: "/library/{id}/rollback", local: 404, remote: 401, bad: 401, reader: 403, writer: 404, other: 404, unknownDoc: 404}, // no version is named
		{route: "POST /library/:id/remove", page: true, target: "/library/{id}/remove", local: 303, remote: 401, bad: 401, reader: 403, writer: 303, other: 404, unknownDoc: 404},
		{route: "GET /library/:id", page: true, target: "/library/{id}", local: 200, remote: 401, bad: 401, reader: 200, writer: 200, other: 404, unknownDoc: 404},
		{route: "GET /suggestions", page: true, target: "/suggestions", local: 200, remote: 401, bad: 401, reader: 200, writer: 200, other: 200},
		{route: "GET /accessibility", page: true, target: "/accessibility", local: 200, remote: 200, bad: 200, reader: 200, writer: 200, other: 200},
		{route: "GET /legal", page: true, target: "/legal", local: 200, remote: 200, bad: 200, reader: 200, writer: 200, other: 200},
		{route: "GET /documents/:id/pages/:n/picture", page: true, target: "/documents/{id}/pages/1/picture", local: 404, remote: 401, bad: 401, reader: 404, writer: 404, other: 404, unknownDoc: 404}, // no PDF
		{route: "GET /documents/:id/pages/:n", page: true, target: "/documents/{id}/pages/1", local: 200, remote: 401, bad: 401, reader: 200, writer: 200, other: 404, unknownDoc: 404},
		{route: "GET /static/*file", page: true, target: "/static/nothing.js", local: 404, remote: 404, bad: 404, reader: 404, writer: 404, other: 404},
		{route: "POST /conversations", page: true, target: "/conversations", local: 415, remote: 401, bad: 401, reader: 415, writer: 415, other: 415},
		{route: "POST /conversations/:id", page: true, target: "/conversations/c", local: 415, remote: 401, bad: 401, reader: 415, writer: 415, other: 415},
		{route: "POST /conversations/:id/rename", page: true, target: "/conversations/c/rename", local: 415, remote: 401, bad: 401, reader: 415, writer: 415, other: 415},
		{route: "POST /conversations/:id/delete", page: true, target: "/conversations/c/delete", local: 415, remote: 401, bad: 401, reader: 415, writer: 415, other: 415},
		{route: "POST /conversations/delete", page: true, target: "/conversations/delete", local: 415, remote: 401, bad: 401, reader: 415, writer: 415, other: 415},
		{route: "GET /conversations", target: "/conversations", local: 404, remote: 401, bad: 401, reader: 404, writer: 404, other: 404}, // none are kept here
		{route: "DELETE /conversations", target: "/conversations", local: 404, remote: 401, bad: 401, reader: 404, writer: 404, other: 404},
		{route: "GET /conversations/:id", target: "/conversations/c", local: 404, remote: 401, bad: 401, reader: 404, writer: 404, other: 404},
		{route: "PATCH /conversations/:id", target: "/conversations/c", body: `{"title":"x"}`, local: 404, remote: 401, bad: 401, reader: 404, writer: 404, other: 404},
		{route: "DELETE /conversations/:id", target: "/conversations/c", local: 404, remote: 401, bad: 401, reader: 404, writer: 404, other: 404},
		{route: "GET /conversations/:id/export", target: "/conversations/c/export", local: 404, remote: 401, bad: 401, reader: 404, writer: 404, other: 404},
		{route: "POST /feedback/form", page: true, target: "/feedback/form", local: 415, remote: 401, bad: 401, reader: 415, writer: 415, other: 415},
		{route: "POST /feedback", target: "/feedback", body: `{"answer_id":"a","useful":true}`, local: 404, remote: 401, bad: 401, reader: 404, writer: 404, other: 404}, // none is taken here
		{route: "GET /feedback", target: "/feedback", local: 404, remote: 401, bad: 401, reader: 403, writer: 403, other: 403},
		{route: "DELETE /feedback/:id", target: "/feedback/f", local: 404, remote: 401, bad: 401, reader: 404, writer: 404, other: 404},
		{route: "GET /healthz", target: "/healthz", local: 200, remote: 200, bad: 200, reader: 200, writer: 200, other: 200},
		{route: "GET /readyz", target: "/readyz", local: 200, remote: 200, bad: 200, reader: 200, writer: 200, other: 200},
		{route: "GET /openapi.json", target: "/openapi.json", local: 200, remote: 200, bad: 200, reader: 200, writer: 200, other: 200},
		{route: "GET /metrics", target: "/metrics", local: 200, remote: 401, bad: 401, reader: 200, writer: 200, other: 200},
		{route: "POST /ask", target: "/ask", body: askBody, local: 200, remote: 401, bad: 401, reader: 200, writer: 200, other: 200},
		{route: "POST /search", target: "/search", body: searchBody, local: 200, remote: 401, bad: 401, reader: 200, writer: 200, other: 200},
		{route: "GET /collections", target: "/collections", local: 200, remote: 401, bad: 401, reader: 200, writer: 200, other: 200},
		{route: "GET /documents", target: "/documents", local: 200, remote: 401, bad: 401, reader: 200, writer: 200, other: 200},
		{route: "POST /documents", target: "/documents", body: fileBody, local: 202, remote: 401, bad: 401, reader: 403, writer: 202, other: 403},
		{route: "GET /documents/:id", target: "/documents/{id}", local: 200, remote: 401, bad: 401, reader: 200, writer: 200, other: 404, unknownDoc: 404},
		{route: "PUT /documents/:id", target: "/documents/{id}", body: fileBody, local: 202, remote: 401, bad: 401, reader: 403, writer: 202, other: 404, unknownDoc: 404},
		{route: "DELETE /documents/:id", target: "/documents/{id}", local: 204, remote: 401, bad: 401, reader: 403, writer: 204, other: 404, unknownDoc: 404},
		{route: "POST /documents/:id/rollback", target: "/documents/{id}/rollback", body: rollbackBody, local: 200, remote: 401, bad: 401, reader: 403, writer: 200, other: 404, unknownDoc: 404},
		{route: "POST /documents/:id/cancel", target: "/documents/{id}/cancel", local: 200, remote: 401, bad: 401, reader: 403, writer: 200, other: 404, unknownDoc: 404},
		{route: "GET /documents/:id/reading", target: "/documents/{id}/reading", local: 200, remote: 401, bad: 401, reader: 200, writer: 200, other: 404, unknownDoc: 404},
		{route: "GET /documents/:id/text", target: "/documents/{id}/text", local: 200, remote: 401, bad: 401, reader: 200, writer: 200, other: 404, unknownDoc: 404},
		{route: "GET /documents/:id/original", target: "/documents/{id}/original", local: 200, remote: 401, bad: 401, reader: 200, writer: 200, other: 404, unknownDoc: 404},
	}
}

// call asks one route as one caller.
func (a access) call(t *testing.T, h http.Handler, id, key string, elsewhere bool) (status int, body string) {
	t.Helper()
	method, _, _ := strings.Cut(a.route, " ")
	r := request(method, strings.ReplaceAll(a.target, "{id}", id), a.body)
	if a.body == fileBody {
		r = formRequest(t, method, strings.ReplaceAll(a.target, "{id}", id), formPart{name: "file", file: "a.txt", value: "bonjour"})
	}
	if elsewhere {
		r.RemoteAddr = "203.0.113.9:40000"
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	w := serve(h, r)
	return w.Code, w.Body.String()
}

func TestAccessMatrix(t *testing.T) {
	t.Parallel()
	s := newServer(nil)
	engine, err := s.router()
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, a := range accessTable() {
		listed[a.route] = true
	}
	for _, r := range engine.Routes() {
		if !listed[r.Method+" "+r.Path] {
			t.Errorf("%s %s has no line in the table", r.Method, r.Path)
		}
	}
	for _, a := range accessTable() {
		t.Run(a.route, func(t *testing.T) {
			for _, c := range []struct {
				name, id, key string
				elsewhere     bool
				want          int
			}{
				{"local", "d1", "", false, a.local},
				{"remote", "d1", "", true, a.remote},
				{"bad key", "d1", "wrong", false, a.bad},
				{"reader", "d1", "reader", true, a.reader},
				{"writer", "d1", "writer", true, a.writer},
				{"other collection", "d1", "other", true, a.other},
			} {
				if got, body := a.call(t, engine, c.id, c.key, c.elsewhere); got != c.want {
					t.Errorf("%s: status %d, want %d: %s", c.name, got, c.want, body)
				}
			}
			if a.unknownDoc == 0 {
				return
			}
			unknown, unknownBody := a.call(t, engine, "none", "writer", true)
			hidden, hiddenBody := a.call(t, engine, "s1", "writer", true)
			if unknown != a.unknownDoc || hidden != unknown || hiddenBody != unknownBody {
				t.Errorf("unknown %d %s, hidden %d %s", unknown, unknownBody, hidden, hiddenBody)
			}
		})
	}
}

// What is refused must not have happened.
func TestRefusedRequestsHaveNoEffect(t *testing.T) {
	t.Parallel()
	p := &parts{}
	s := newServer(p)
	s.Ingester = forbiddenIngester{t}
	h := handlerOf(t, s)
	for _, a := range accessTable() {
		if strings.HasPrefix(a.route, "GET") {
			continue
		}
		for _, key := range []string{"reader", "other", "wrong"} {
			a.call(t, h, "d1", key, true)
		}
		r := request(strings.Fields(a.route)[0], strings.ReplaceAll(a.target, "{id}", "d1"), "")
		r.Header.Set("Origin", "http://evil.example")
		if w := serve(h, r); w.Code != http.StatusForbidden {
			t.Errorf("%s from another site: %d", a.route, w.Code)
		}
	}
}

func TestUnknownRoutesAndSpellings(t *testing.T) {
	t.Parallel()
	h := handlerOf(t, newServer(nil))
	for _, c := range []struct {
		method, target, code string
		status               int
	}{
		{"GET", "/nothing", "route_unknown", 404},
		{"GET", "//documents", "route_unknown", 404},
		{"GET", "/Documents", "route_unknown", 404},
		{"GET", "/documents/", "route_unknown", 404},
		{"GET", "/documents/d1%2ftext", "", 200}, // a slash is a slash: the route and its checks are those of /documents/d1/text
		{"GET", "/documents/" + strings.Repeat("x", 201), "document_unknown", 404},
		{"GET", "/docs", "route_unknown", 404},
		{"GET", "/schemas/Answer.json", "route_unknown", 404},
		{"GET", "/debug/pprof/", "route_unknown", 404},
		{"PATCH", "/documents/d1", "method_not_allowed", 405},
		{"GET", "/ask", "method_not_allowed", 405},
		{"OPTIONS", "/ask", "method_not_allowed", 405},
		{"TRACE", "/ask", "method_not_allowed", 405},
	} {
		w := serve(h, request(c.method, c.target, ""))
		if c.code == "" {
			if w.Code != c.status {
				t.Errorf("%s %s: %d %s", c.method, c.target, w.Code, w.Body)
			}
			continue
		}
		p := problemOf(t, w)
		if w.Code != c.status || p.Code != c.code {
			t.Errorf("%s %s: got %d %s, want %d %s", c.method, c.target, w.Code, p.Code, c.status, c.code)
		}
		if w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s %s: CORS header", c.method, c.target)
		}
	}
}
