package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"rapporteur/internal/testkit/postgres"
	"rapporteur/qa"
	"rapporteur/server/feedback"
	"rapporteur/server/wire"
	pg "rapporteur/store/postgres"
	"rapporteur/store/sqlite"
)

// judging is what a store does for feedback.
type judging interface {
	Conversations
	feedback.Journal
}

// judgedOnBothStores runs a test with conversations and feedback in a real SQLite file and in a real PostgreSQL.
func judgedOnBothStores(t *testing.T, test func(t *testing.T, s *Server, h http.Handler)) {
	t.Parallel()
	run := func(name string, open func(t *testing.T) judging) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(nil)
			store := open(t)
			s.Conversations, s.Feedback = store, store
			test(t, s, handlerOf(t, s))
		})
	}
	run("SQLite", func(t *testing.T) judging { return sqliteJudging(t) })
	run("PostgreSQL", func(t *testing.T) judging {
		store, err := pg.Open(t.Context(), postgres.Database(t), pg.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		return store
	})
}

func sqliteJudging(t testing.TB) judging {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "library.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func as(key string, r *http.Request) *http.Request {
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	return r
}

// opine sends an opinion and gives the response.
func opine(h http.Handler, key, body string) *httptest.ResponseRecorder {
	return serve(h, as(key, request(http.MethodPost, "/feedback", body)))
}

type feedbackPage struct {
	Feedback []wire.Feedback
	Next     *string
}

// TestFeedback says what a reader thinks, changes their mind, withdraws it; keeps the answer that the server made,
// whatever the client says; and shows it to administrators alone.
func TestFeedback(t *testing.T) {
	judgedOnBothStores(t, func(t *testing.T, s *Server, h http.Handler) {
		a := answered(t, serve(h, as("reader", request(http.MethodPost, "/ask", askBody))))
		body := func(rest string) string { return fmt.Sprintf(`{"answer_id":%q,%s}`, a.ID, rest) }
		w := opine(h, "reader", body(`"useful":false,"reasons":["incomplete","wrong_figure"],"note":"\u0007 Il en manque.\r\n","answer":"autre chose"`))
		var sent wire.Feedback
		if err := json.Unmarshal(w.Body.Bytes(), &sent); err != nil || w.Code != http.StatusCreated {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if sent.Useful || strings.Join(sent.Reasons, " ") != "wrong_figure incomplete" || sent.Note == nil || *sent.Note != "Il en manque." ||
			sent.Answer.Text != a.Text || sent.Answer.Question != a.Question || len(sent.Answer.Citations) != len(a.Citations) {
			t.Errorf("kept: %+v", sent)
		}
		if w := opine(h, "reader", body(`"useful":true`)); w.Code != http.StatusCreated {
			t.Fatal(w.Code)
		}
		list := fetch[feedbackPage](t, h, http.MethodGet, "/feedback", "")
		if len(list.Feedback) != 1 || !list.Feedback[0].Useful || list.Feedback[0].Note != nil || list.Feedback[0].Owner == "" || list.Next != nil {
			t.Errorf("after a change of mind: %+v", list)
		}
		id := list.Feedback[0].ID
		for key, want := range map[string]int{"reader": http.StatusForbidden, "writer": http.StatusForbidden} {
			if w := serve(h, as(key, request(http.MethodGet, "/feedback", ""))); w.Code != want {
				t.Errorf("a key that is no administrator's reads the list: %d", w.Code)
			}
		}
		if w := serve(h, as("writer", request(http.MethodDelete, "/feedback/"+id, ""))); w.Code != http.StatusNotFound {
			t.Errorf("another withdraws it: %d", w.Code)
		}
		if w := serve(h, as("reader", request(http.MethodDelete, "/feedback/"+id, ""))); w.Code != http.StatusNoContent {
			t.Errorf("its owner cannot withdraw it: %d %s", w.Code, w.Body)
		}
		if list := fetch[feedbackPage](t, h, http.MethodGet, "/feedback", ""); len(list.Feedback) != 0 {
			t.Errorf("after it was withdrawn: %+v", list)
		}
	})
}

// TestFeedbackRefused holds what is no opinion about an answer that its sender got.
func TestFeedbackRefused(t *testing.T) {
	judgedOnBothStores(t, func(t *testing.T, s *Server, h http.Handler) {
		a := answered(t, serve(h, as("reader", request(http.MethodPost, "/ask", askBody))))
		for _, c := range []struct {
			key, body string
			status    int
			code      string
		}{
			{"reader", `{"answer_id":"inconnue","useful":true}`, 404, "answer_unknown"},
			{"writer", `{"answer_id":"` + a.ID + `","useful":true}`, 404, "answer_unknown"}, // another's
			{"reader", `{"answer_id":"` + a.ID + `"}`, 400, "field_invalid"},
			{"reader", `{"useful":true}`, 400, "field_invalid"},
			{"reader", `{"answer_id":"a\u0000b","useful":true}`, 400, "field_invalid"},
			{"reader", `{"answer_id":"` + a.ID + `","useful":false,"reasons":["ugly"]}`, 400, "field_invalid"},
			{"reader", `{"answer_id":"` + a.ID + `","useful":true,"reasons":["unclear"]}`, 400, "field_invalid"},
			{"reader", `{"answer_id":"` + a.ID + `","useful":false,"note":"` + strings.Repeat("é", qa.MaxNote+1) + `"}`, 400, "note_too_long"},
		} {
			w := opine(h, c.key, c.body)
			if w.Code != c.status || !strings.Contains(w.Body.String(), `"code":"`+c.code+`"`) {
				t.Errorf("%.80s: %d %s, want %d %s", c.body, w.Code, w.Body, c.status, c.code)
			}
		}
		r := as("reader", request(http.MethodPost, "/feedback", `{"answer_id":"`+a.ID+`","useful":true}`))
		r.Header.Set("Origin", "https://elsewhere.example")
		if w := serve(h, r); w.Code < 400 {
			t.Errorf("another site sends an opinion: %d", w.Code)
		}
		if list := fetch[feedbackPage](t, h, http.MethodGet, "/feedback", ""); len(list.Feedback) != 0 {
			t.Errorf("kept all the same: %+v", list)
		}
	})
}

// TestFeedbackPages goes through the list by pages, and by what is wanted of it.
func TestFeedbackPages(t *testing.T) {
	judgedOnBothStores(t, func(t *testing.T, s *Server, h http.Handler) {
		inner, asked := s.Asker, 0
		s.Asker = askerFunc(func(q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
			a, err := inner.Answer(t.Context(), q, emit)
			asked++
			a.ID = fmt.Sprintf("a%d", asked)
			return a, err
		})
		for i := range 5 {
			a := answered(t, serve(h, request(http.MethodPost, "/ask", askBody)))
			if w := opine(h, "", fmt.Sprintf(`{"answer_id":%q,"useful":%v,"note":"%d"}`, a.ID, i%2 == 0, i)); w.Code != http.StatusCreated {
				t.Fatal(w.Body)
			}
		}
		var notes []string
		for after := ""; ; {
			page := fetch[feedbackPage](t, h, http.MethodGet, "/feedback?limit=2&after="+after, "")
			for _, f := range page.Feedback {
				notes = append(notes, *f.Note)
			}
			if page.Next == nil {
				break
			}
			after = *page.Next
		}
		if strings.Join(notes, "") != "43210" {
			t.Errorf("by pages: %v", notes)
		}
		for query, want := range map[string]int{"useful=true": 3, "useful=false": 2, "since=2999-01-01": 0, "since=2000-01-01T00:00:00Z": 5, "collection=autre": 0} {
			if page := fetch[feedbackPage](t, h, http.MethodGet, "/feedback?"+query, ""); len(page.Feedback) != want {
				t.Errorf("%s: %d, want %d", query, len(page.Feedback), want)
			}
		}
		for _, query := range []string{"useful=peut-être", "since=hier", "limit=0", "limit=x", "after=rien"} {
			if w := serve(h, request(http.MethodGet, "/feedback?"+query, "")); w.Code != http.StatusBadRequest {
				t.Errorf("%s: %d", query, w.Code)
			}
		}
	})
}

// TestFeedbackInConversation judges an answer that a conversation keeps, long after: by its place there.
func TestFeedbackInConversation(t *testing.T) {
	judgedOnBothStores(t, func(t *testing.T, s *Server, h http.Handler) {
		a := answered(t, serve(h, request(http.MethodPost, "/ask", `{"question":"Combien d’agents ?","conversation":"new"}`)))
		other := newServer(nil) // that never held the answer
		other.Conversations, other.Feedback = s.Conversations, s.Feedback
		again := handlerOf(t, other)
		if w := opine(again, "", fmt.Sprintf(`{"answer_id":%q,"useful":true}`, a.ID)); w.Code != http.StatusNotFound {
			t.Errorf("without its conversation: %d", w.Code)
		}
		if w := opine(again, "", fmt.Sprintf(`{"answer_id":%q,"conversation":%q,"useful":true}`, a.ID, *a.Conversation)); w.Code != http.StatusCreated {
			t.Errorf("by its conversation: %d %s", w.Code, w.Body)
		}
		w := serve(again, request(http.MethodGet, "/conversations/"+*a.Conversation, ""))
		if w.Code != http.StatusOK {
			t.Fatal(w.Code)
		}
	})
}
