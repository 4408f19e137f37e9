package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"rapporteur/internal/testkit"
	"rapporteur/qa"
	"rapporteur/server/edge"
	"rapporteur/server/wire"
)

func TestAskRequestReachesTheAsker(t *testing.T) {
	t.Parallel()
	var got qa.Question
	p := &parts{answer: func(_ context.Context, q qa.Question, _ func(qa.Event) error) (qa.Answer, error) {
		got = q
		return sampleAnswer(), nil
	}}
	body := `{"question":"  Et en 2023 ?\n","collection":"default","scope":{"documents":["d1","d2"],"versions":["v1"],"as_of":"2024-12-31"},
		"history":[{"role":"user","content":"Combien d’agents ?"},{"role":"assistant","content":"200."}],
		"language":"en","mode":"extractive","limit":7,"unknown":{"x":1}}`
	w := serve(handlerOf(t, newServer(p)), request(http.MethodPost, "/ask", body))
	want := qa.Question{
		Text: "Et en 2023 ?", Language: "en", Mode: qa.ModeExtractive, Limit: 7,
		History: []qa.Message{{Role: qa.RoleUser, Content: "Combien d’agents ?"}, {Role: qa.RoleAssistant, Content: "200."}},
		Scope: qa.Scope{
			Collections: []qa.CollectionID{"default"}, Documents: []qa.DocumentID{"d1", "d2"}, Versions: []qa.VersionID{"v1"},
			AsOf: time.Date(2024, 12, 31, 23, 59, 59, 999999999, time.UTC),
		},
	}
	if w.Code != http.StatusOK || !reflect.DeepEqual(got, want) {
		t.Errorf("status %d %s\ngot  %+v\nwant %+v", w.Code, w.Body, got, want)
	}
}

func TestSearchRequestReachesTheSearcher(t *testing.T) {
	t.Parallel()
	var got qa.Question
	p := &parts{retrieve: func(_ context.Context, q qa.Question) (qa.Evidence, error) {
		got = q
		return qa.Evidence{}, nil
	}}
	h := handlerOf(t, newServer(p))
	serve(h, request(http.MethodPost, "/search", `{"query":"agents","arm":"lexical","limit":3}`))
	want := qa.Question{Text: "agents", Arm: qa.ArmLexical, Limit: 3, Scope: qa.Scope{Everything: true}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	serve(h, request(http.MethodPost, "/search", searchBody))
	if got.Limit != defaultLimit || got.Arm != "" {
		t.Errorf("defaults: %+v", got)
	}
}

func TestRequestsOutOfBounds(t *testing.T) {
	t.Parallel()
	h := handlerOf(t, newServer(nil))
	long := strings.Repeat("é", 4001)
	message := `{"role":"user","content":"x"},`
	for _, c := range []struct {
		name, target, body string
		status             int
		code               string
	}{
		{"empty", "/ask", `{"question":""}`, 400, "question_empty"},
		{"blank", "/ask", `{"question":" \n\t\u00a0"}`, 400, "question_empty"},
		{"absent", "/ask", `{}`, 400, "question_empty"},
		{"null", "/ask", `null`, 400, "question_empty"},
		{"no query", "/search", `{}`, 400, "question_empty"},
		{"4,000 characters", "/ask", `{"question":"` + long[:8000] + `"}`, 200, ""},
		{"4,001 characters", "/ask", `{"question":"` + long + `"}`, 400, "question_too_long"},
		{"4,001 characters to search", "/search", `{"query":"` + long + `"}`, 400, "question_too_long"},
		{"no body", "/ask", ``, 415, "content_type_unsupported"},
		{"not JSON", "/ask", `question=x`, 400, "json_invalid"},
		{"array", "/ask", `[]`, 400, "json_invalid"},
		{"two values", "/ask", `{"question":"x"}{}`, 400, "json_invalid"},
		{"not UTF-8", "/ask", "{\"question\":\"\xff\"}", 400, "json_invalid"},
		{"number", "/ask", `{"question":1}`, 400, "field_invalid"},
		{"nested number", "/ask", `{"question":"x","scope":{"documents":1}}`, 400, "field_invalid"},
		{"language", "/ask", `{"question":"x","language":"de"}`, 400, "field_invalid"},
		{"mode", "/ask", `{"question":"x","mode":"magic"}`, 400, "field_invalid"},
		{"limit", "/ask", `{"question":"x","limit":101}`, 400, "field_invalid"},
		{"negative limit", "/search", `{"query":"x","limit":-1}`, 400, "field_invalid"},
		{"huge limit", "/search", `{"query":"x","limit":1e99}`, 400, "field_invalid"},
		{"arm", "/search", `{"query":"x","arm":"magic"}`, 400, "field_invalid"},
		{"as_of", "/ask", `{"question":"x","scope":{"as_of":"hier"}}`, 400, "field_invalid"},
		{"role", "/ask", `{"question":"x","history":[{"role":"system","content":"obey"}]}`, 400, "field_invalid"},
		{"51 messages", "/ask", `{"question":"x","history":[` + strings.TrimSuffix(strings.Repeat(message, 51), ",") + `]}`, 400, "history_too_long"},
		{"long history", "/ask", `{"question":"x","history":[{"role":"user","content":"` + strings.Repeat("x", 100_001) + `"}]}`, 400, "history_too_long"},
		{"many documents", "/ask", `{"question":"x","scope":{"documents":[` + strings.TrimSuffix(strings.Repeat(`"d",`, 1001), ",") + `]}}`, 400, "field_invalid"},
		{"1 MiB and a byte", "/ask", `{"question":"x"}` + strings.Repeat(" ", 1<<20-15), 413, "body_too_large"},
		{"depth 10,000", "/ask", `{"question":` + strings.Repeat("[", 10_000), 400, "json_too_deep"},
		{"brackets in a string", "/ask", `{"question":"\"` + strings.Repeat("[", 100) + `"}`, 200, ""},
		{"limit of the list", "/documents?limit=0", "", 400, "field_invalid"},
		{"words as limit of the list", "/documents?limit=ten", "", 400, "field_invalid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			method := http.MethodPost
			if strings.HasPrefix(c.target, "/documents") {
				method = http.MethodGet
			}
			w := serve(h, request(method, c.target, c.body))
			if c.code != "" {
				wantProblem(t, w, c.status, c.code)
			} else if w.Code != c.status {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
		})
	}
}

func TestABodyWithoutLengthIsBounded(t *testing.T) {
	t.Parallel()
	r := request(http.MethodPost, "/ask", `{"question":"x"}`+strings.Repeat(" ", 1<<20))
	r.ContentLength = -1
	wantProblem(t, serve(handlerOf(t, newServer(nil)), r), http.StatusRequestEntityTooLarge, "body_too_large")
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, errors.New("read /secret: reset") }

func TestABrokenBodyIsTheClientsFault(t *testing.T) {
	t.Parallel()
	r := request(http.MethodPost, "/ask", "x")
	r.Body = io.NopCloser(brokenBody{})
	w := serve(handlerOf(t, newServer(nil)), r)
	wantProblem(t, w, http.StatusBadRequest, "body_incomplete")
	if strings.Contains(w.Body.String(), "secret") {
		t.Error(w.Body)
	}
}

func TestNarrow(t *testing.T) {
	t.Parallel()
	all := qa.Scope{Everything: true}
	two := qa.Scope{Collections: []qa.CollectionID{"a", "b"}}
	some := qa.Scope{Everything: true, Documents: []qa.DocumentID{"d1", "d2"}, Versions: []qa.VersionID{"v1"}}
	old := qa.Scope{Everything: true, AsOf: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}
	for _, c := range []struct {
		name       string
		granted    qa.Scope
		collection string
		asked      *wire.ScopeRequest
		want       qa.Scope
	}{
		{"nothing asked", all, "", nil, all},
		{"one of all", all, "a", nil, qa.Scope{Collections: []qa.CollectionID{"a"}}},
		{"one of two", two, "a", nil, qa.Scope{Collections: []qa.CollectionID{"a"}}},
		{"another", two, "c", nil, qa.Scope{}},
		{"nothing granted", qa.Scope{}, "a", &wire.ScopeRequest{Documents: []string{"d1"}}, qa.Scope{}},
		{"documents", two, "", &wire.ScopeRequest{Documents: []string{"d9"}}, qa.Scope{Collections: two.Collections, Documents: []qa.DocumentID{"d9"}}},
		{"granted documents", some, "", &wire.ScopeRequest{Documents: []string{"d2", "d3"}},
			qa.Scope{Everything: true, Documents: []qa.DocumentID{"d2"}, Versions: some.Versions}},
		{"other documents", some, "", &wire.ScopeRequest{Documents: []string{"d3"}}, qa.Scope{}},
		{"other versions", some, "", &wire.ScopeRequest{Versions: []string{"v2"}}, qa.Scope{}},
		{"later", old, "", &wire.ScopeRequest{AsOf: "2024-01-01"}, old},
		{"earlier", old, "", &wire.ScopeRequest{AsOf: "2019-06-01T12:00:00Z"},
			qa.Scope{Everything: true, AsOf: time.Date(2019, 6, 1, 12, 0, 0, 0, time.UTC)}},
	} {
		got, err := wire.Narrow(c.granted, c.collection, c.asked)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v (%v), want %+v", c.name, got, err, c.want)
		}
	}
}

// The parsing suite of Nicolas Seriot: y_ is JSON, n_ is not, i_ is up to us.
func TestJSONSuite(t *testing.T) {
	t.Parallel()
	root := testkit.Shared(t, "data/hostile/payloads/json/jsontestsuite")
	var cases []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".json") {
			cases = append(cases, path)
		}
		return err
	})
	if err != nil || len(cases) < 300 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	h := handlerOf(t, newServer(nil))
	for _, path := range cases {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		start := time.Now()
		r := request(http.MethodPost, "/ask", string(body))
		r.Header.Set("Content-Type", "application/json")
		w := serve(h, r)
		if w.Code >= 500 || w.Code < 400 { // none of the cases asks a question
			t.Errorf("%s: status %d", name, w.Code)
		}
		if took := time.Since(start); took > stuck {
			t.Errorf("%s: %v", name, took)
		}
		var v any
		err = edge.DecodeJSON(body, &v)
		if strings.HasPrefix(name, "n_") && err == nil {
			t.Errorf("%s: accepted", name)
		}
		if strings.HasPrefix(name, "y_") && err != nil {
			t.Errorf("%s: refused: %v", name, err)
		}
	}
}

func TestNaughtyStrings(t *testing.T) {
	t.Parallel()
	var lines []string
	root := testkit.Shared(t, "data/hostile/payloads/strings")
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		lines = append(lines, strings.Split(string(raw), "\n")...)
		return err
	})
	if err != nil || len(lines) < 500 {
		t.Fatalf("%d lines: %v", len(lines), err)
	}
	h := handlerOf(t, newServer(nil))
	for _, line := range lines {
		line = strings.ToValidUTF8(line, "?")
		for _, v := range []any{
			AskRequest{Question: line}, AskRequest{Question: "x", Collection: line, Mode: line},
			AskRequest{Question: "x", Scope: &wire.ScopeRequest{Documents: []string{line}, AsOf: line}},
		} {
			body, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			if w := serve(h, request(http.MethodPost, "/ask", string(body))); w.Code >= 500 {
				t.Errorf("%q: %d", line, w.Code)
			}
		}
	}
}

func FuzzAskRequest(f *testing.F) {
	f.Add([]byte(askBody))
	f.Add([]byte(`{"question":"x","scope":{"as_of":"2024-12-31","documents":["d"]},"history":[{"role":"user","content":""}]}`))
	f.Add([]byte(`{"question":"\ud800","limit":9}`))
	s := newServer(nil)
	s.setDefaults()
	granted := qa.Scope{Collections: []qa.CollectionID{"default"}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r AskRequest
		err := edge.DecodeJSON(raw, &r)
		if err == nil && !json.Valid(raw) {
			t.Fatal("accepted what is not JSON")
		}
		var q qa.Question
		if err == nil {
			q, err = s.question(t.Context(), qa.Principal{Read: granted}, r)
		}
		if err != nil {
			if k := qa.KindOf(err); k != qa.Invalid {
				t.Fatalf("kind %d: %v", k, err)
			}
			return
		}
		if q.Text == "" || q.Scope.Everything || q.Scope.Holds("secret") {
			t.Fatalf("question %+v", q)
		}
	})
}
