package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rapporteur/qa"
	"rapporteur/server/wire"
)

func refusedAnswer() qa.Answer {
	nearest := sampleCitation()
	nearest.Page, nearest.PageLabel, nearest.Section, nearest.Document = 0, "", nil, "d 1/é"
	return qa.Answer{
		ID: "answer-2", Text: "Les documents ne le disent pas.", Language: "fr",
		Degraded: true, DegradedReason: "encoder_down",
		Refusal: &qa.Refusal{Reason: qa.NotInDocuments, Nearest: []qa.Citation{nearest}},
		Asked:   "Budget ?", Standalone: "Budget ?",
	}
}

func indented(t *testing.T, raw []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		t.Fatal(err)
	}
	b.WriteByte('\n')
	return b.Bytes()
}

func TestAnswerJSON(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]qa.Answer{"answered": sampleAnswer(), "refused": refusedAnswer()} {
		p := &parts{answer: func(context.Context, qa.Question, func(qa.Event) error) (qa.Answer, error) { return a, nil }}
		w := serve(handlerOf(t, newServer(p)), request(http.MethodPost, "/ask", askBody))
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" {
			t.Fatal(w.Code, w.Header())
		}
		golden(t, "testdata/ask_"+name+".json", indented(t, w.Body.Bytes()))
	}
}

func TestSearchJSON(t *testing.T) {
	t.Parallel()
	evidence := qa.Evidence{Query: "agents", Documents: 2, Passages: []qa.Passage{{
		Chunk: qa.Chunk{
			ID: 7, Version: "v1", Span: qa.Span{Start: 10, End: 16}, Text: "agents", Section: []string{"Moyens"},
			Pages: []qa.Page{{Span: qa.Span{Start: 0, End: 12}, Number: 3}, {Span: qa.Span{Start: 12, End: 40}, Number: 4}},
		},
		Document: qa.Document{ID: "d1", Title: "Rapport", Source: "rapport.pdf"}, Score: 1.5, Lexical: 12.25,
	}, {Chunk: qa.Chunk{ID: 8, Version: "v2", Span: qa.Span{Start: 0, End: 2}, Text: "ok"}, Document: qa.Document{ID: "d2"}}}}
	p := &parts{retrieve: func(context.Context, qa.Question) (qa.Evidence, error) { return evidence, nil }}
	w := serve(handlerOf(t, newServer(p)), request(http.MethodPost, "/search", searchBody))
	var got wire.SearchResult
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := wire.NewSearchResult("request-1", evidence, 5*time.Millisecond)
	got.Timings = want.Timings // the only part that differs from one run to the next
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	raw, err := encodeJSON(want)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/ask_search.json", indented(t, raw))
}

// steps is an Asker's progress with a sentence that tries to look like other events.
func steps(_ context.Context, _ qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
	hostile := "fin.\n\ndata: {}\r\n\nevent: done\u2028\u2029\x00id: 1"
	for _, e := range []qa.Event{
		{Step: &qa.Step{Code: "searching", Count: 2}},
		{Sentence: &qa.SentenceEvent{
			Sentence: qa.Sentence{Text: hostile, Citations: []int{1}, Verdict: qa.SentenceSupported},
			Sources:  []qa.Citation{sampleCitation()},
		}},
		{},
	} {
		if err := emit(e); err != nil {
			return qa.Answer{}, err
		}
	}
	a := sampleAnswer()
	a.Text += hostile
	return a, nil
}

func streamRequest() *http.Request {
	r := request(http.MethodPost, "/ask", askBody)
	r.Header.Set("Accept", "text/event-stream, application/json;q=0.1")
	return r
}

// event is one event as a browser reads it.
type event struct{ name, data string }

var eventID = regexp.MustCompile(`^id: [A-Z0-9]{26}\.[0-9]+$`)

// readEvents reads a stream by the rules of the HTML standard, and refuses what we never send.
func readEvents(t *testing.T, stream string) []event {
	t.Helper()
	var out []event
	for block := range strings.SplitSeq(strings.TrimSuffix(stream, "\n\n"), "\n\n") {
		lines := strings.FieldsFunc(block, func(r rune) bool { return r == '\n' || r == '\r' })
		if len(lines) != 3 || !eventID.MatchString(lines[0]) || !strings.HasPrefix(lines[1], "event: ") || !strings.HasPrefix(lines[2], "data: ") {
			t.Fatalf("not an event of ours: %q", block)
		}
		e := event{strings.TrimPrefix(lines[1], "event: "), strings.TrimPrefix(lines[2], "data: ")}
		if !json.Valid([]byte(e.data)) {
			t.Fatalf("data of %s: %s", e.name, e.data)
		}
		out = append(out, e)
	}
	return out
}

func TestStream(t *testing.T) {
	t.Parallel()
	w := serve(handlerOf(t, newServer(&parts{answer: steps})), streamRequest())
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/event-stream; charset=utf-8" || !w.Flushed {
		t.Fatal(w.Code, w.Header(), w.Flushed)
	}
	golden(t, "testdata/ask_stream.txt", regexp.MustCompile(`id: [A-Z0-9]{26}`).ReplaceAll(w.Body.Bytes(), []byte("id: STREAM")))
	events := readEvents(t, w.Body.String())
	var names []string
	for _, e := range events {
		names = append(names, e.name)
	}
	if got := strings.Join(names, " "); got != "step sentence done" {
		t.Errorf("events %s", got)
	}
	var done wire.Answer
	if err := json.Unmarshal([]byte(events[2].data), &done); err != nil || !strings.HasSuffix(done.Text, "\x00id: 1") {
		t.Errorf("the text did not survive: %q (%v)", done.Text, err)
	}
}

func TestStreamErrors(t *testing.T) {
	t.Parallel()
	fail := func(before int) *parts {
		return &parts{answer: func(ctx context.Context, q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
			for range before {
				if err := emit(qa.Event{Step: &qa.Step{Code: "searching"}}); err != nil {
					return qa.Answer{}, err
				}
			}
			return qa.Answer{}, qa.E(qa.Unavailable, "store_down").Because(errors.New("/secret"))
		}}
	}
	w := serve(handlerOf(t, newServer(fail(0))), streamRequest())
	wantProblem(t, w, http.StatusServiceUnavailable, "store_down")

	w = serve(handlerOf(t, newServer(fail(1))), streamRequest())
	events := readEvents(t, w.Body.String())
	if len(events) != 2 || events[1].name != "error" || !strings.Contains(events[1].data, `"code":"store_down"`) || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("events %+v", events)
	}
	r := streamRequest()
	r.Body = http.NoBody
	wantProblem(t, serve(handlerOf(t, newServer(fail(0))), r), http.StatusBadRequest, "json_invalid")
}

// TestStreamResumes cuts a client off in the middle of an answer: it goes on from the last event that it got, and
// nobody else reads the stream.
func TestStreamResumes(t *testing.T) {
	t.Parallel()
	first, second := make(chan struct{}), make(chan struct{})
	asked := atomic.Int64{}
	p := &parts{answer: func(ctx context.Context, _ qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
		asked.Add(1)
		_ = emit(qa.Event{Step: &qa.Step{Code: "searching", Count: 1}})
		close(first)
		select {
		case <-second:
		case <-ctx.Done():
			return qa.Answer{}, ctx.Err()
		}
		_ = emit(qa.Event{Step: &qa.Step{Code: "checking", Count: 1}})
		return sampleAnswer(), nil
	}}
	ours := newServer(p)
	ours.PublicHosts = []string{"127.0.0.1"}
	server := httptest.NewServer(handlerOf(t, ours))
	defer server.Close()
	ask := func(ctx context.Context, lastID string) *http.Response {
		r := streamRequest().WithContext(ctx)
		r.URL, r.RequestURI = must(url.Parse(server.URL+"/ask")), ""
		r.Host = r.URL.Host
		r.Header.Set("Authorization", "Bearer reader")
		if lastID != "" {
			r.Header.Set("Last-Event-ID", lastID)
		}
		resp, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	ctx, cut := context.WithCancel(t.Context())
	resp := ask(ctx, "")
	if resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status)
	}
	<-first
	head := make([]byte, 40)
	if _, err := io.ReadFull(resp.Body, head); err != nil {
		t.Fatal(err, resp.Status)
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(string(head), "id: "), "\n")
	cut()
	resp.Body.Close()
	go func() { time.Sleep(100 * time.Millisecond); close(second) }()
	resp = ask(t.Context(), id)
	rest, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range readEvents(t, string(rest)) {
		names = append(names, e.name)
	}
	if got := strings.Join(names, " "); got != "step done" || asked.Load() != 1 || strings.Contains(string(rest), "searching") {
		t.Errorf("after the cut: %s, asked %d times", got, asked.Load())
	}
}

// TestStreamLeft holds that an answer is stopped within a second of its reader leaving.
func TestStreamLeft(t *testing.T) {
	t.Parallel()
	stopped := make(chan time.Time, 1)
	begun := make(chan struct{})
	p := &parts{answer: func(ctx context.Context, _ qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
		_ = emit(qa.Event{Step: &qa.Step{Code: "searching"}})
		close(begun)
		<-ctx.Done()
		stopped <- time.Now()
		return qa.Answer{}, ctx.Err()
	}}
	ctx, leave := context.WithCancel(t.Context())
	go func() { <-begun; leave() }()
	serve(handlerOf(t, newServer(p)), streamRequest().WithContext(ctx))
	left := time.Now()
	if took := (<-stopped).Sub(left); took > time.Second {
		t.Errorf("stopped after %v", took)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func FuzzStreamText(f *testing.F) {
	f.Add("x\n\ndata: {}\n\n")
	f.Add("\r\revent: done\u2028\x00\xff")
	f.Fuzz(func(t *testing.T, text string) {
		p := &parts{answer: func(_ context.Context, _ qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
			c := sampleCitation()
			c.Quote, c.Title, c.Source, c.Document = text, text, text, qa.DocumentID(text)
			err := emit(qa.Event{Sentence: &qa.SentenceEvent{Sentence: qa.Sentence{Text: text}, Sources: []qa.Citation{c}}})
			return qa.Answer{Text: text, Citations: []qa.Citation{c}}, err
		}}
		w := serve(handlerOf(t, newServer(p)), streamRequest())
		if events := readEvents(t, w.Body.String()); len(events) != 2 || events[0].name != "sentence" || events[1].name != "done" {
			t.Fatalf("events %+v", events)
		}
	})
}

func TestAskTimesOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &parts{answer: func(ctx context.Context, _ qa.Question, _ func(qa.Event) error) (qa.Answer, error) {
			<-ctx.Done()
			return qa.Answer{}, qa.E(qa.Internal, "internal").Because(ctx.Err())
		}}
		start := time.Now()
		w := serve(handlerOf(t, newServer(p)), request(http.MethodPost, "/ask", askBody))
		wantProblem(t, w, http.StatusServiceUnavailable, "timeout")
		if took := time.Since(start); took != 30*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// blocker is an Asker that holds its place until released.
func blocker(release <-chan struct{}) *parts {
	return &parts{answer: func(ctx context.Context, _ qa.Question, _ func(qa.Event) error) (qa.Answer, error) {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return sampleAnswer(), ctx.Err()
	}}
}

func TestOneKeyCannotTakeAllPlaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := newServer(blocker(release))
		s.MaxQuestions, s.MaxPerKey = 5, 4
		h := handlerOf(t, s)
		ask := func(key string) *statusCount {
			return countStatuses(h, key)
		}
		first := ask("reader")
		first.start(20)
		synctest.Wait()
		time.Sleep(3 * time.Second) // past the wait for a place
		if got := first.count(http.StatusTooManyRequests); got != 16 {
			t.Errorf("%d refused of one key, want 16", got)
		}
		second := ask("writer")
		second.start(2)
		synctest.Wait()
		time.Sleep(3 * time.Second)
		if got := second.count(http.StatusServiceUnavailable); got != 1 {
			t.Errorf("%d of the other key found no place, want 1", got)
		}
		close(release)
		synctest.Wait()
		if first.count(http.StatusOK) != 4 || second.count(http.StatusOK) != 1 {
			t.Errorf("answered %d and %d, want 4 and 1", first.count(http.StatusOK), second.count(http.StatusOK))
		}
		third := ask("reader")
		third.start(1)
		synctest.Wait()
		if third.count(http.StatusOK) != 1 {
			t.Error("no place after all left")
		}
	})
}

// statusCount asks many questions at once with one key and counts the statuses.
type statusCount struct {
	h   http.Handler
	key string
	mu  sync.Mutex
	by  map[int]int
}

func countStatuses(h http.Handler, key string) *statusCount {
	return &statusCount{h: h, key: key, by: map[int]int{}}
}

func (c *statusCount) start(n int) {
	for range n {
		go func() {
			r := request(http.MethodPost, "/ask", askBody)
			r.Header.Set("Authorization", "Bearer "+c.key)
			w := serve(c.h, r)
			c.mu.Lock()
			defer c.mu.Unlock()
			c.by[w.Code]++
		}()
	}
}

func (c *statusCount) count(status int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.by[status]
}
