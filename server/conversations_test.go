package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rapporteur/internal/testkit/postgres"
	"rapporteur/qa"
	"rapporteur/server/wire"
	pg "rapporteur/store/postgres"
	"rapporteur/store/sqlite"
)

// onBothStores runs a test with conversations in a real SQLite file and in a real PostgreSQL.
func onBothStores(t *testing.T, test func(t *testing.T, s *Server, p *parts)) {
	t.Parallel()
	run := func(name string, open func(t *testing.T) Conversations) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &parts{}
			s := newServer(p)
			s.Conversations = open(t)
			test(t, s, p)
		})
	}
	run("SQLite", func(t *testing.T) Conversations { return sqliteConversations(t) })
	run("PostgreSQL", func(t *testing.T) Conversations {
		store, err := pg.Open(t.Context(), postgres.Database(t), pg.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		return store
	})
}

func sqliteConversations(t testing.TB) Conversations {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "library.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// answered reads the answer of a response.
func answered(t testing.TB, w *httptest.ResponseRecorder) (a wire.Answer) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return a
}

// askIn asks in a conversation and gives its identifier; fields are further fields of the request.
func askIn(t testing.TB, h http.Handler, conversation, question, fields, key string) string {
	t.Helper()
	text, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	r := request(http.MethodPost, "/ask", fmt.Sprintf(`{"question":%s,"conversation":%q%s}`, text, conversation, fields))
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	a := answered(t, serve(h, r))
	if a.Conversation == nil || a.Turn == nil {
		t.Fatalf("the answer is not kept: %+v", a)
	}
	return *a.Conversation
}

func fetch[T any](t testing.TB, h http.Handler, method, target, body string) (v T) {
	t.Helper()
	w := serve(h, request(method, target, body))
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s %s: %d %s: %v", method, target, w.Code, w.Body, err)
	}
	return v
}

type conversationList struct {
	Conversations []wire.Conversation
	Next          *string
}

func TestConversation(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *Server, p *parts) {
		var asked []qa.Question
		p.answer = func(_ context.Context, q qa.Question, _ func(qa.Event) error) (qa.Answer, error) {
			asked = append(asked, q)
			a := sampleAnswer()
			a.Asked, a.Standalone = q.Text, q.Text+" (seule)"
			return a, nil
		}
		h := handlerOf(t, s)
		id := askIn(t, h, "new", "Combien d’agents compte la direction interministérielle du numérique en tout ?", `,"collection":"default"`, "")
		if again := askIn(t, h, id, "Et en 2023 ?", "", ""); again != id {
			t.Errorf("the follow-up is in %s", again)
		}
		history := []qa.Message{{Role: qa.RoleUser, Content: asked[0].Text + " (seule)"}, {Role: qa.RoleAssistant, Content: sampleAnswer().Text}}
		if len(asked) != 2 || len(asked[0].History) > 0 || !slices.Equal(asked[1].History, history) {
			t.Errorf("asked %+v", asked)
		}
		for i, q := range asked {
			if q.Scope.Everything || !slices.Equal(q.Scope.Collections, []qa.CollectionID{"default"}) {
				t.Errorf("question %d is searched in %+v", i, q.Scope)
			}
		}
		askIn(t, h, id, "Et partout ?", `,"scope":{}`, "")
		if !asked[2].Scope.Everything {
			t.Errorf("an empty scope is searched in %+v", asked[2].Scope)
		}

		whole := fetch[wire.ConversationDetail](t, h, "GET", "/conversations/"+id, "")
		if whole.Questions != 3 || len(whole.Turns) != 3 || whole.Title != "Combien d’agents compte la direction interministérielle du…" {
			t.Errorf("conversation %+v", whole.Conversation)
		}
		first := whole.Turns[0]
		if first.Number != 1 || first.Answer.Question.Asked != asked[0].Text || len(first.Answer.Citations) != 1 || first.Answer.Citations[0].Quote != sampleCitation().Quote ||
			first.Answer.Timings.Total != 9 || *first.Answer.Conversation != id || *first.Answer.Turn != 1 {
			t.Errorf("turn %+v", first)
		}
		renamed := fetch[wire.ConversationDetail](t, h, "PATCH", "/conversations/"+id, `{"title":"  Effectifs\n de la Dinum "}`)
		if renamed.Title != "Effectifs de la Dinum" {
			t.Errorf("renamed %q", renamed.Title)
		}
		for _, title := range []string{`""`, `" \n"`, `"` + strings.Repeat("x", 201) + `"`, `"a\u0000b"`, "3"} {
			wantProblem(t, serve(h, request("PATCH", "/conversations/"+id, `{"title":`+title+`}`)), http.StatusBadRequest, "field_invalid")
		}
		wantProblem(t, serve(h, request("POST", "/ask", `{"question":"x","conversation":"`+id+`","history":[{"role":"user","content":"y"}]}`)), http.StatusBadRequest, "conversation_and_history")
		wantProblem(t, serve(h, request("POST", "/ask", `{"question":"x","conversation":"none"}`)), http.StatusNotFound, "conversation_unknown")
		if a := answered(t, serve(h, request("POST", "/ask", askBody))); a.Conversation != nil || a.Turn != nil {
			t.Errorf("a question that names no conversation is kept in %s", *a.Conversation)
		}
		if d := fetch[struct{ Deleted int }](t, h, "DELETE", "/conversations/"+id, ""); d.Deleted != 1 {
			t.Errorf("deleted %+v", d)
		}
		wantProblem(t, serve(h, request("GET", "/conversations/"+id, "")), http.StatusNotFound, "conversation_unknown")
	})
}

func TestConversationList(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *Server, _ *parts) {
		h := handlerOf(t, s)
		var want []string
		for i := range 5 {
			want = append([]string{askIn(t, h, "new", fmt.Sprintf("Où est l’école numéro %d ?", i), "", "")}, want...)
		}
		var got []string
		for after := ""; ; {
			page := fetch[conversationList](t, h, "GET", "/conversations?limit=2&after="+url.QueryEscape(after), "")
			for _, c := range page.Conversations {
				got = append(got, c.ID)
			}
			if page.Next == nil {
				break
			}
			after = *page.Next
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages %q, want %q", got, want)
		}
		if found := fetch[conversationList](t, h, "GET", "/conversations?q="+url.QueryEscape("ECOLE 3"), ""); len(found.Conversations) != 1 || found.Conversations[0].ID != want[1] {
			t.Errorf("found %+v", found)
		}
		for _, query := range []string{"limit=0", "limit=1001", "limit=x", "after=x", "after=1.", "q=" + strings.Repeat("x", 201)} {
			wantProblem(t, serve(h, request("GET", "/conversations?"+query, "")), http.StatusBadRequest, "field_invalid")
		}
		if d := fetch[struct{ Deleted int }](t, h, "DELETE", "/conversations", ""); d.Deleted != 5 {
			t.Errorf("deleted %+v", d)
		}
		if w := serve(h, request("GET", "/conversations", "")); !strings.Contains(w.Body.String(), `"conversations":[]`) {
			t.Errorf("list after all are deleted: %s", w.Body)
		}
	})
}

// TestConversationOwner asks every route for another's conversation: it looks like one that does not exist.
func TestConversationOwner(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *Server, _ *parts) {
		h := handlerOf(t, s)
		id := askIn(t, h, "new", "À qui est ceci ?", "", "reader")
		call := func(method, target, body, kind, id, key string) (int, string) {
			r := request(method, strings.ReplaceAll(target, "{id}", id), strings.ReplaceAll(body, "{id}", id))
			r.Header.Set("Authorization", "Bearer "+key)
			if kind == "page" {
				r.Header.Set("Accept", "text/html")
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			w := serve(h, r)
			return w.Code, strings.ReplaceAll(w.Body.String(), id, "{id}")
		}
		routes := []struct{ method, target, body, kind string }{
			{"POST", "/ask", `{"question":"Et moi ?","conversation":"{id}"}`, ""},
			{"GET", "/conversations/{id}", "", ""},
			{"GET", "/conversations/{id}/export?format=md", "", ""},
			{"GET", "/conversations/{id}/export?format=html", "", ""},
			{"GET", "/conversations/{id}/export?format=json", "", ""},
			{"PATCH", "/conversations/{id}", `{"title":"Pris"}`, ""},
			{"DELETE", "/conversations/{id}", "", ""},
			{"GET", "/conversations/{id}", "", "page"},
			{"POST", "/conversations/{id}", "q=Et+moi", "page"},
			{"POST", "/conversations/{id}/rename", "title=Pris", "page"},
			{"POST", "/conversations/{id}/delete", "yes=1", "page"},
		}
		for _, r := range routes {
			for _, other := range []string{"writer", "other", "admin"} {
				status, body := call(r.method, r.target, r.body, r.kind, id, other)
				unknown, unknownBody := call(r.method, r.target, r.body, r.kind, "NOBODYSCONVERSATIONATALL26", other)
				if status != http.StatusNotFound || unknown != status || body != unknownBody {
					t.Errorf("%s %s as %s: %d %s, unknown %d %s", r.method, r.target, other, status, body, unknown, unknownBody)
				}
			}
		}
		for _, other := range []string{"writer", "admin"} {
			if _, body := call("GET", "/conversations?q=ceci", "", "", id, other); !strings.Contains(body, `"conversations":[]`) {
				t.Errorf("%s lists %s", other, body)
			}
			if _, body := call("DELETE", "/conversations", "", "", id, other); !strings.Contains(body, `"deleted":0`) {
				t.Errorf("%s deletes %s", other, body)
			}
			if status, _ := call("POST", "/conversations/delete", "yes=1", "page", id, other); status != http.StatusSeeOther {
				t.Errorf("%s deletes all: %d", other, status)
			}
		}
		if status, body := call("GET", "/conversations/{id}", "", "", id, "reader"); status != http.StatusOK || !strings.Contains(body, "À qui est ceci ?") {
			t.Errorf("its owner gets %d %s", status, body)
		}
	})
}

// TestConversationCutOff leaves in the middle of an answer: what was shown of it is kept, and said to be a part.
func TestConversationCutOff(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *Server, p *parts) {
		began := make(chan struct{})
		p.answer = func(ctx context.Context, _ qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
			sentence := qa.SentenceEvent{Sentence: sampleAnswer().Sentences[0], Sources: []qa.Citation{sampleCitation()}}
			if err := emit(qa.Event{Sentence: &sentence}); err != nil {
				return qa.Answer{}, err
			}
			close(began)
			<-ctx.Done()
			return qa.Answer{}, ctx.Err()
		}
		server := httptest.NewUnstartedServer(nil)
		s.Listen = server.Listener.Addr().String()
		server.Config.Handler = handlerOf(t, s)
		server.Start()
		t.Cleanup(server.Close)
		ctx, leave := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, "POST", server.URL+"/ask", strings.NewReader(`{"question":"Combien ?","conversation":"new"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "text/event-stream")
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		<-began
		leave()
		_ = response.Body.Close()
		var list []qa.Conversation
		for end := time.Now().Add(stuck); len(list) == 0 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			if list, err = s.Conversations.Conversations(t.Context(), "local", qa.ConversationSearch{Limit: 9}); err != nil {
				t.Fatal(err)
			}
		}
		if len(list) != 1 || list[0].Title != "Combien ?" {
			t.Fatalf("kept %+v", list)
		}
		_, turns, err := s.Conversations.Conversation(t.Context(), "local", list[0].ID)
		if err != nil || len(turns) != 1 || !turns[0].Partial || turns[0].Answer.Text != sampleAnswer().Text || len(turns[0].Answer.Citations) != 1 || turns[0].Answer.Asked != "Combien ?" {
			t.Errorf("kept %+v, %v", turns, err)
		}
	})
}

// TestConversationNotKept: what fails before anything was shown leaves no trace, and what cannot be kept is answered.
func TestConversationNotKept(t *testing.T) {
	t.Parallel()
	p := &parts{answer: func(context.Context, qa.Question, func(qa.Event) error) (qa.Answer, error) {
		return qa.Answer{}, qa.E(qa.Unavailable, "store_down")
	}}
	s := newServer(p)
	kept := sqliteConversations(t)
	s.Conversations = kept
	var log bytes.Buffer
	s.Log = logger(&log)
	h := handlerOf(t, s)
	wantProblem(t, serve(h, request("POST", "/ask", `{"question":"x","conversation":"new"}`)), http.StatusServiceUnavailable, "store_down")
	wantProblem(t, serve(h, request("POST", "/ask", `{"question":" ","conversation":"new"}`)), http.StatusBadRequest, "question_empty")
	if list, err := kept.Conversations(t.Context(), "local", qa.ConversationSearch{Limit: 9}); err != nil || len(list) > 0 {
		t.Errorf("kept %+v, %v", list, err)
	}
	id := ""
	p.answer = nil
	id = askIn(t, h, "new", "Avec un zéro\x00 ?", "", "")
	p.answer = func(context.Context, qa.Question, func(qa.Event) error) (qa.Answer, error) {
		return sampleAnswer(), kept.DeleteConversation(t.Context(), "local", qa.ConversationID(id))
	}
	if a := answered(t, serve(h, request("POST", "/ask", `{"question":"secret","conversation":"`+id+`"}`))); a.Conversation != nil || a.Text == "" {
		t.Errorf("an answer whose conversation was deleted meanwhile: %+v", a)
	}
	if !strings.Contains(log.String(), "answer not kept") || strings.Contains(log.String(), "secret") {
		t.Errorf("log: %s", log.String())
	}
}

func TestConversationsOff(t *testing.T) {
	t.Parallel()
	h := handlerOf(t, newServer(nil))
	wantProblem(t, serve(h, request("POST", "/ask", `{"question":"x","conversation":"new"}`)), http.StatusNotFound, "conversations_off")
	wantProblem(t, serve(h, request("GET", "/conversations", "")), http.StatusNotFound, "conversations_off")
	if w := serve(h, request("GET", "/", "")); strings.Contains(w.Body.String(), "/conversations") || strings.Contains(w.Body.String(), `name="conversation"`) {
		t.Error("the page offers conversations")
	}
}

// TestConversationExport: each format holds the quote, the title and the page, and nothing of it is markup.
func TestConversationExport(t *testing.T) {
	t.Parallel()
	s := newServer(nil)
	s.Conversations = sqliteConversations(t)
	h := handlerOf(t, s)
	id := askIn(t, h, "new", "Combien d’<b>agents</b> *vraiment* ?", "", "")
	for format, wanted := range map[string][]string{
		"": {"# Combien d’\\<b\\>agents\\</b\\> \\*vraiment\\* ?\n", "La Dinum regroupe environ 200 agents[^1-1].", "[^1-1]: « La Dinum regroupe environ 200 agents \\<b\\>. » Rapport, p. 12\n",
			"*Comprise comme : « Combien d’agents à la Dinum ? »*"},
		"html": {"<h1 dir=\"auto\">Combien d’&lt;b&gt;agents&lt;/b&gt; *vraiment* ?</h1>", `environ 200 agents<sup><a href="#s-1-1">[1]</a></sup>.`, "agents &lt;b&gt;.</q> Rapport, p. 12</li>"},
		"json": {`"quote":"La Dinum regroupe\nenviron 200 agents <b>."`, `"title":"Combien d’<b>agents</b> *vraiment* ?"`},
	} {
		w := serve(h, request("GET", "/conversations/"+id+"/export?format="+format, ""))
		if format == "" {
			w = serve(h, request("GET", "/conversations/"+id+"/export", ""))
		}
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
			t.Errorf("%q: %d, %q", format, w.Code, w.Header().Get("Content-Disposition"))
		}
		body := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(w.Body.String())
		for _, want := range wanted {
			if !strings.Contains(body, want) {
				t.Errorf("%q: %q is missing in\n%s", format, want, body)
			}
		}
	}
	wantProblem(t, serve(h, request("GET", "/conversations/"+id+"/export?format=pdf", "")), http.StatusBadRequest, "field_invalid")
}

// TestConversationPages walks the pages without scripts: each form leads on.
func TestConversationPages(t *testing.T) {
	t.Parallel()
	s := newServer(nil)
	s.Conversations = sqliteConversations(t)
	h := handlerOf(t, s)
	page := func(method, target, form string) *httptest.ResponseRecorder {
		r := request(method, target, form)
		r.Header.Set("Accept", "text/html,application/xhtml+xml")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return serve(h, r)
	}
	w := page("POST", "/conversations", "q="+url.QueryEscape("Combien d’agents ?"))
	address, ok := strings.CutSuffix(w.Header().Get("Location"), "#turn-1")
	if w.Code != http.StatusSeeOther || !ok {
		t.Fatalf("%d, %q: %s", w.Code, w.Header().Get("Location"), w.Body)
	}
	if w = page("POST", address, "q=Encore+%3F"); w.Header().Get("Location") != address+"#turn-2" {
		t.Fatalf("%d, %q: %s", w.Code, w.Header().Get("Location"), w.Body)
	}
	for target, wanted := range map[string][]string{
		address:                     {`id="turn-1"`, `id="turn-2"`, `action="` + address + `"`, `class="chip"`},
		"/":                         {`action="/conversations"`, `name="conversation" value="new"`, `href="/conversations"`},
		"/conversations":            {"Combien d’agents ?", "2 questions", address + "/delete", address + "/export?format=md", `action="/conversations/delete"`},
		"/conversations?q=AGENTS":   {address},
		"/conversations?q=personne": {"Aucune conversation ne contient « personne »."},
	} {
		w := page("GET", target, "")
		for _, want := range wanted {
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: %d, %q is missing", target, w.Code, want)
			}
		}
	}
	if w := page("GET", "/?q=agents", ""); strings.Contains(w.Body.String(), `name="conversation"`) {
		t.Error("what an address asks offers to be kept")
	}
	if w := page("POST", address, "q="); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "Posez une question.") || !strings.Contains(w.Body.String(), `id="turn-2"`) {
		t.Errorf("an empty question: %d %s", w.Code, w.Body)
	}
	for _, c := range []struct{ target, form, notice string }{
		{address + "/rename", "title=" + url.QueryEscape("Effectifs <b>"), "renamed"}, {address + "/delete", "", "deleted"}, {"/conversations/delete", "", "all_deleted"},
	} {
		w := page("POST", c.target, c.form)
		if w.Header().Get("Location") != "/conversations?notice="+c.notice {
			t.Errorf("%s: %d, %q", c.target, w.Code, w.Header().Get("Location"))
		}
		list := page("GET", w.Header().Get("Location"), "")
		if !strings.Contains(list.Body.String(), `class="callout good"`) || c.notice == "renamed" && !strings.Contains(list.Body.String(), "Effectifs &lt;b&gt;") {
			t.Errorf("%s: the list says %s", c.target, list.Body)
		}
	}
	for _, r := range []*http.Request{request("POST", address+"/delete", "{}"), request("POST", "/conversations", "{}")} {
		if w := serve(h, r); w.Code != http.StatusUnsupportedMediaType {
			t.Errorf("JSON for a form: %d", w.Code)
		}
	}
}
