package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"rapporteur/server/wire"
)

// hearsWithin is how long anybody waits for an answer or a clear refusal, whatever happened to the database.
const hearsWithin = 10 * time.Second

// reply is what one request came to.
type reply struct {
	what     string
	at       time.Time // that it was sent
	took     time.Duration
	status   int
	code     string // of the problem
	answered bool
	wrong    string // what no client should see; "" when all is well
}

// load is a few users of a service: one uploads, two ask, and one asks whether it is ready.
type load struct {
	t   *testing.T
	url string

	stop    context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex
	replies []reply
	acked   map[string]int // source → the number of its upload, of those that were acknowledged
	sent    int
}

// sentText is the text of the n-th upload: first the one that all questions are about, then small ones unlike the others.
func sentText(n int) string {
	if n == 1 {
		return "# Valmont\n\nLa bibliothèque de Valmont a accueilli 41 200 visiteurs en 2023.\n"
	}
	return note(n)
}

func note(n int) string {
	return fmt.Sprintf("# Note %d\n\nLa note %d décrit le dossier %d de la commune.\n", n, n, n*7919)
}

// startLoad puts a service under load until end is called.
func startLoad(t *testing.T, url string) *load {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	l := &load{t: t, url: url, stop: stop, acked: map[string]int{}}
	every := func(pause time.Duration, do func(ctx context.Context) reply) {
		l.running.Go(func() {
			for ctx.Err() == nil {
				began := time.Now()
				r := do(ctx)
				if r.at, r.took = began, time.Since(began); ctx.Err() == nil {
					l.note(r)
				}
				select {
				case <-ctx.Done():
				case <-time.After(pause):
				}
			}
		})
	}
	every(100*time.Millisecond, l.ask)
	every(150*time.Millisecond, l.ask)
	every(250*time.Millisecond, l.ready)
	every(300*time.Millisecond, l.upload)
	t.Cleanup(l.end)
	return l
}

func (l *load) end() {
	l.stop()
	l.running.Wait()
}

func (l *load) note(r reply) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.replies = append(l.replies, r)
}

// since gives the replies to what was sent since a time.
func (l *load) since(at time.Time) (out []reply) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.replies {
		if !r.at.Before(at) {
			out = append(out, r)
		}
	}
	return out
}

// client gives up later than any service may.
var client = &http.Client{Timeout: 2 * hearsWithin}

func (l *load) ask(ctx context.Context) reply {
	r := reply{what: "ask"}
	body := `{"question": "Combien de visiteurs la bibliothèque de Valmont a-t-elle accueillis ?"}`
	raw := l.send(ctx, &r, http.MethodPost, "/ask", "application/json", []byte(body))
	var a wire.Answer
	if r.status == http.StatusOK {
		if err := json.Unmarshal(raw, &a); err != nil {
			r.wrong = err.Error()
		}
		r.answered = a.Answered
	}
	return r
}

func (l *load) ready(ctx context.Context) reply {
	r := reply{what: "ready"}
	l.send(ctx, &r, http.MethodGet, "/readyz", "", nil)
	return r
}

func (l *load) upload(ctx context.Context) reply {
	l.mu.Lock()
	l.sent++
	n := l.sent
	l.mu.Unlock()
	r, source := reply{what: "upload"}, fmt.Sprintf("note-%04d.md", n)
	kind, form := uploadForm(l.t, source, sentText(n))
	l.send(ctx, &r, http.MethodPost, "/documents", kind, form)
	if r.status == http.StatusAccepted {
		l.mu.Lock()
		l.acked[source] = n
		l.mu.Unlock()
	}
	return r
}

// uploadForm is the body of an upload.
func uploadForm(t testing.TB, source, text string) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", source)
	if err == nil {
		_, err = io.WriteString(part, text)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		t.Error(err)
	}
	return form.FormDataContentType(), b.Bytes()
}

// send sends one request, and judges what no client should see.
func (l *load) send(ctx context.Context, r *reply, method, path, contentType string, body []byte) []byte {
	req, err := http.NewRequestWithContext(ctx, method, l.url+path, bytes.NewReader(body))
	if err != nil {
		r.wrong = err.Error()
		return nil
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := client.Do(req)
	if err != nil {
		r.wrong = err.Error()
		return nil
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		r.wrong = err.Error()
	}
	r.status = resp.StatusCode
	if r.status < 300 {
		return raw
	}
	var problem struct{ Code, Detail string }
	err = json.Unmarshal(raw, &problem)
	r.code = problem.Code
	plain := r.status == http.StatusServiceUnavailable || r.status == http.StatusInsufficientStorage
	switch {
	case !plain, err != nil, problem.Code == "", problem.Detail == "",
		!strings.HasPrefix(resp.Header.Get("Content-Type"), "application/problem+json"),
		r.status == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") == "":
		r.wrong = fmt.Sprintf("%d %v %s", r.status, resp.Header, raw)
	}
	return raw
}

// judge fails the test for each request that was not answered or refused clearly in time, and sums up.
func judge(t *testing.T, replies []reply) string {
	t.Helper()
	counts, worst, answered := map[string]int{}, time.Duration(0), 0
	for _, r := range replies {
		if r.wrong != "" || r.took > hearsWithin {
			t.Errorf("%s at %s after %v: %s", r.what, r.at.Format("15:04:05.0"), r.took.Round(time.Millisecond), r.wrong)
		}
		worst = max(worst, r.took)
		if r.status < 300 {
			answered++
		} else {
			counts[r.code]++
		}
	}
	return fmt.Sprintf("%d requests, %d answered, refused %v, the slowest after %v", len(replies), answered, counts, worst.Round(time.Millisecond))
}

// await waits until some reply to what was sent since a time is as wanted, and gives how long after it came.
func (l *load) await(what string, since time.Time, limit time.Duration, wanted func(reply) bool) time.Duration {
	l.t.Helper()
	for {
		for _, r := range l.since(since) {
			if r.what == what && wanted(r) {
				return r.at.Add(r.took).Sub(since)
			}
		}
		if time.Since(since) > limit+hearsWithin {
			l.t.Errorf("%s: not as wanted %v after the change", what, time.Since(since).Round(time.Second))
			return time.Since(since)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// recovers waits until everything is answered again, and gives how long the last of it took.
func (l *load) recovers(since time.Time) time.Duration {
	l.t.Helper()
	fine := func(r reply) bool { return r.status >= 200 && r.status < 300 && (r.answered || r.what != "ask") }
	took := time.Duration(0)
	for _, what := range []string{"ready", "ask", "upload"} {
		took = max(took, l.await(what, since, hearsWithin, fine))
	}
	if took > hearsWithin {
		l.t.Errorf("all is well again only %v after the fault", took.Round(time.Millisecond))
	}
	return took
}

// waiting gives the documents that are not read yet, by source.
func (l *load) waiting() map[string]bool {
	l.t.Helper()
	out := map[string]bool{}
	for _, d := range l.documents() {
		if d.State == "queued" || d.State == "extracted" {
			out[d.Source] = true
		}
	}
	return out
}

// works waits until one of the documents that waited is read, and gives how long that took since a time. How long all
// of them take is a matter of the machine.
func (l *load) works(since time.Time, waited map[string]bool) time.Duration {
	l.t.Helper()
	limit := hearsWithin
	if raceDetector {
		limit *= 3 // reading one document takes seconds of it
	}
	for {
		left, took := l.waiting(), time.Since(since)
		if done := maps.Clone(waited); len(waited) > 0 {
			maps.DeleteFunc(done, func(source string, _ bool) bool { return left[source] })
			if len(done) == 0 && took <= limit {
				time.Sleep(20 * time.Millisecond)
				continue
			}
		}
		if took > limit {
			l.t.Errorf("no document is read %v after the fault, %d wait", took.Round(time.Millisecond), len(waited))
		}
		return took
	}
}

// whole waits until all documents are read, and checks that what was acknowledged is there, once and whole. It
// gives how many documents there are.
func (l *load) whole(within time.Duration) int {
	l.t.Helper()
	for deadline := time.Now().Add(within); ; time.Sleep(100 * time.Millisecond) {
		left, documents := len(l.waiting()), l.documents()
		if left == 0 {
			l.compare(documents)
			return len(documents)
		}
		if time.Now().After(deadline) {
			l.t.Errorf("%d of %d documents are not read after %v", left, len(documents), within)
			return len(documents)
		}
	}
}

func (l *load) compare(documents []wire.Document) {
	l.t.Helper()
	seen := map[string]int{}
	for _, d := range documents {
		seen[d.Source]++
		if d.State != "live" || d.Chunks == 0 {
			l.t.Errorf("%s is not whole: %s", d.Source, facts(d))
		}
		if seen[d.Source] > 1 {
			l.t.Errorf("%s is there twice", d.Source)
		}
	}
	for source := range l.acked {
		if seen[source] == 0 {
			l.t.Errorf("%s was acknowledged and is lost", source)
		}
	}
}

func (l *load) documents() []wire.Document {
	l.t.Helper()
	resp, err := client.Get(l.url + "/documents?limit=1000")
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	var list struct {
		Documents []wire.Document `json:"documents"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil || resp.StatusCode != http.StatusOK {
		l.t.Fatalf("listing the documents: %d, %v", resp.StatusCode, err)
	}
	return list.Documents
}

// figure reads one figure of a service: a line of /metrics that bears no labels.
func figure(t testing.TB, url, name string) float64 {
	t.Helper()
	resp, err := client.Get(url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		var v float64
		if n, _ := fmt.Sscanf(line, name+" %g", &v); n == 1 {
			return v
		}
	}
	t.Fatalf("no figure %s", name)
	return 0
}
