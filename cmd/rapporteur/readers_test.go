package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	testdb "rapporteur/internal/testkit/postgres"
	"rapporteur/qa"
	"rapporteur/server"
	"rapporteur/server/wire"
)

var readersFor = flag.Duration("readers.for", 20*time.Second, "how long each library of TestReadersDuringChange changes")

// Sizes of what TestReadersDuringChange reads.
const (
	readDocuments = 4
	readSections  = 3
	rollbacks     = 6 // between two ingestions: they cost nothing, and change as much
)

// edition is the text of a document in one edition: no sentence of it stands in any other edition or document.
func edition(document, number int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Rapport de la commune %03d, édition %04d\n", document, number)
	for section := range readSections {
		fmt.Fprintf(&b, "\n## Atelier %d de l’édition %04d\n\n", section, number)
		for line := range 7 {
			fmt.Fprintf(&b, "Selon l’édition %04d, l’atelier municipal %d de la commune %03d a accueilli %06d visiteurs pendant le mois %d. ",
				number, section, document, (number*7919+document*104729+section*1299709+line*15485863)%1000000, line+1)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// reading is what one question came to.
type reading struct {
	path        string
	sent, ended time.Time
	document    string // that the scope names; "" for all
	wrong       string
	answered    bool
	passages    int
	versions    map[string][]string // document → versions of its passages or quotes, each once
	quotes      [][2]string         // version, quote
}

// shelf is the library that is read while it changes.
type shelf struct {
	t    *testing.T
	urls []string
	svc  *service

	mu       sync.Mutex
	editions map[string]string    // version → its text
	removed  map[string]time.Time // document → when its removal was asked for
	open     []string             // documents that can be asked about
	readings []reading
	next     int // number of the next document
	number   int // of the next edition
	changes  map[string]int
}

// TestReadersDuringChange asks 50 questions a second, with and without a scope, while documents are ingested again,
// rolled back and removed: every answer is drawn from one version of each document, word for word, and none is
// empty while a version is live. As long as the issue asks: go test ./cmd/rapporteur -run TestReadersDuringChange -readers.for 60s -v
func TestReadersDuringChange(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		s := testSettings(t)
		s.Encoder = encoderBuiltin
		readWhileChanging(t, openToServe(t, s))
	})
	t.Run("PostgreSQL with two servers", func(t *testing.T) {
		dsn, originals := testdb.Database(t), t.TempDir()
		var both []*service
		for range 2 {
			s := testSettings(t)
			s.Encoder, s.Database, s.Originals = encoderBuiltin, dsn, originals
			both = append(both, openToServe(t, s))
		}
		readWhileChanging(t, both...)
	})
}

// openToServe opens the library of the settings and leaves working it to who serves it.
func openToServe(t *testing.T, s *settings) *service {
	t.Helper()
	svc, err := open(context.Background(), s, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(svc.Close)
	return svc
}

func readWhileChanging(t *testing.T, services ...*service) {
	t.Helper()
	h := &shelf{t: t, svc: services[0], editions: map[string]string{}, removed: map[string]time.Time{}, changes: map[string]int{}}
	for _, svc := range services {
		h.urls = append(h.urls, serveWith(t, svc, server.Options{Listen: "127.0.0.1:0", MaxQuestions: 200, MaxPerKey: 200}))
	}
	for range readDocuments {
		h.add()
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var reading sync.WaitGroup
	reading.Go(func() { h.read(ctx) })
	for n, end := 1, time.Now().Add(*readersFor); time.Now().Before(end) && !t.Failed(); n++ {
		id := h.open[n%len(h.open)]
		if n%5 == 4 {
			h.remove(id)
			h.add()
			continue
		}
		h.ingestAgain(id)
		for range rollbacks {
			h.rollback(id)
		}
	}
	stop()
	reading.Wait()
	h.judge()
}

// add ingests a new document, and lets it be asked about once every server finds all of it.
func (h *shelf) add() {
	h.t.Helper()
	h.next++
	receipt := h.put(http.MethodPost, "/documents", fmt.Sprintf("rapport-%03d.md", h.next))
	h.until(receipt, "live")
	for _, url := range h.urls {
		for deadline := time.Now().Add(20 * time.Second); h.question(url, "/search", receipt.Document).passages < readSections; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				h.t.Fatalf("%s is not found whole", receipt.Source)
			}
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open = append(h.open, receipt.Document)
	h.changes["new documents"]++
}

func (h *shelf) ingestAgain(id string) {
	h.t.Helper()
	detail := h.document(id)
	h.until(h.put(http.MethodPut, "/documents/"+id, detail.Source), "live")
	h.changes["new versions"]++
}

// rollback makes the newest version live again that is not, and leaves the readers a moment with it.
func (h *shelf) rollback(id string) {
	h.t.Helper()
	for _, v := range h.document(id).Versions {
		if v.State != "superseded" {
			continue
		}
		if _, err := h.svc.store.Rollback(context.Background(), qa.Scope{Everything: true}, qa.DocumentID(id), qa.VersionID(v.Version)); err != nil {
			h.t.Fatal(err)
		}
		h.changes["rollbacks"]++
		time.Sleep(150 * time.Millisecond)
		return
	}
}

func (h *shelf) remove(id string) {
	h.t.Helper()
	h.mu.Lock()
	h.removed[id] = time.Now()
	h.open = slices.DeleteFunc(slices.Clone(h.open), func(o string) bool { return o == id })
	h.mu.Unlock()
	req, err := http.NewRequest(http.MethodDelete, h.urls[0]+"/documents/"+id, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil || resp.StatusCode != http.StatusNoContent {
		h.t.Fatalf("removing: %v %v", err, resp)
	}
	resp.Body.Close()
	for _, url := range h.urls { // gone at once, everywhere
		if r := h.question(url, "/search", id); r.passages > 0 || r.wrong != "" {
			h.t.Errorf("after its removal %d passages of a document are found: %s", r.passages, r.wrong)
		}
	}
	h.changes["removals"]++
}

// put uploads the next edition of a document.
func (h *shelf) put(method, path, source string) wire.Receipt {
	h.t.Helper()
	h.number++
	var document int
	if _, err := fmt.Sscanf(source, "rapport-%d.md", &document); err != nil {
		h.t.Fatal(err)
	}
	kind, form := uploadForm(h.t, source, edition(document, h.number))
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		req, err := http.NewRequest(method, h.urls[0]+path, bytes.NewReader(form))
		if err != nil {
			h.t.Fatal(err)
		}
		req.Header.Set("Content-Type", kind)
		resp, err := client.Do(req)
		if err != nil {
			h.t.Fatal(err)
		}
		var receipt wire.Receipt
		err = json.NewDecoder(resp.Body).Decode(&receipt)
		resp.Body.Close()
		if err == nil && resp.StatusCode == http.StatusAccepted {
			return receipt
		}
		// A machine that has too much to do says so, and is asked again.
		if resp.StatusCode != http.StatusServiceUnavailable || time.Now().After(deadline) {
			h.t.Fatalf("uploading %s: %d %v", source, resp.StatusCode, err)
		}
	}
}

// remember notes the text of a version that is live, as it was read.
func (h *shelf) remember(id, version string) {
	h.t.Helper()
	resp, err := client.Get(h.urls[0] + "/documents/" + id + "/text?version=" + version)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		h.t.Fatalf("the text of %s: %d %v", version, resp.StatusCode, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.editions[version] = string(raw)
}

func (h *shelf) document(id string) (d wire.DocumentDetail) {
	h.t.Helper()
	resp, err := client.Get(h.urls[0] + "/documents/" + id)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&d); err != nil || resp.StatusCode != http.StatusOK {
		h.t.Fatalf("document %s: %d %v", id, resp.StatusCode, err)
	}
	return d
}

// until waits until the version of a receipt is in a state, vectors included.
func (h *shelf) until(r wire.Receipt, state string) {
	h.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		for _, v := range h.document(r.Document).Versions {
			if v.Version == r.Version && v.State == state && v.Embedded == 1 {
				h.remember(r.Document, r.Version)
				return
			}
		}
	}
	h.t.Fatalf("%s is not %s after a minute", r.Source, state)
}

// read asks at a steady rate until ctx ends, of all servers in turn.
func (h *shelf) read(ctx context.Context) {
	rate, places := 50, make(chan struct{}, 8) // a machine that answers fewer is asked fewer
	if raceDetector {
		rate, places = 10, make(chan struct{}, 2) // encoding a question takes its time under the race detector
	}
	var asked sync.WaitGroup
	defer asked.Wait()
	for n, began := 0, time.Now(); ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(began.Add(time.Duration(n) * time.Second / time.Duration(rate)))):
		}
		h.mu.Lock()
		document := h.open[n%len(h.open)]
		h.mu.Unlock()
		if n%3 == 0 {
			document = ""
		}
		path := []string{"/ask", "/search"}[n/2%2]
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return
		}
		asked.Go(func() {
			defer func() { <-places }()
			r := h.question(h.urls[n%len(h.urls)], path, document)
			h.mu.Lock()
			defer h.mu.Unlock()
			h.readings = append(h.readings, r)
		})
	}
}

// question asks or searches, in one document or in all.
func (h *shelf) question(url, path, document string) (r reading) {
	r = reading{path: path, document: document, sent: time.Now(), versions: map[string][]string{}}
	defer func() { r.ended = time.Now() }()
	asked := map[string]any{"question": "Combien de visiteurs l’atelier municipal de la commune a-t-il accueillis ?", "limit": 10}
	if path == "/search" {
		asked = map[string]any{"query": "visiteurs atelier municipal commune", "limit": 10}
	}
	if document != "" {
		asked["scope"] = map[string]any{"documents": []string{document}}
	}
	body, err := json.Marshal(asked)
	if err != nil {
		r.wrong = err.Error()
		return r
	}
	resp, err := client.Post(url+path, "application/json", bytes.NewReader(body))
	if err != nil {
		r.wrong = err.Error()
		return r
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		r.wrong = fmt.Sprintf("%d %v %s", resp.StatusCode, err, raw)
		return r
	}
	if err := r.note(raw); err != nil {
		r.wrong = err.Error()
	}
	return r
}

// note takes down what an answer or a search shows.
func (r *reading) note(raw []byte) error {
	if r.path == "/search" {
		var result wire.SearchResult
		if err := json.Unmarshal(raw, &result); err != nil {
			return err
		}
		for _, hit := range result.Hits {
			r.cite(hit.Document, hit.Text)
		}
		r.answered = len(result.Hits) > 0
		return nil
	}
	var a wire.Answer
	if err := json.Unmarshal(raw, &a); err != nil {
		return err
	}
	for _, c := range a.Citations {
		r.cite(c.Document, c.Quote)
	}
	r.answered = a.Answered && len(a.Citations) > 0
	return nil
}

func (r *reading) cite(d wire.CitedDocument, text string) {
	r.passages++
	r.quotes = append(r.quotes, [2]string{d.Version, text})
	if !slices.Contains(r.versions[d.ID], d.Version) {
		r.versions[d.ID] = append(r.versions[d.ID], d.Version)
	}
}

// judge looks at all that was read.
func (h *shelf) judge() {
	h.t.Helper()
	first, last := time.Now(), time.Time{}
	errors, mixed, empty, foreign, half := 0, 0, 0, 0, 0
	count := func(n *int, r reading, why string) {
		if *n++; *n <= 3 {
			h.t.Errorf("%s of %q, sent %s: %s", r.path, r.document, r.sent.Format("15:04:05.000"), why)
		}
	}
	var worst time.Duration
	several := 0
	for _, r := range h.readings {
		worst = max(worst, r.ended.Sub(r.sent))
		if first.After(r.sent) {
			first = r.sent
		}
		if last.Before(r.sent) {
			last = r.sent
		}
		if r.wrong != "" {
			count(&errors, r, r.wrong)
			continue
		}
		if r.passages > 1 {
			several++
		}
		removed, gone := h.removed[r.document]
		mayBeGone := gone && r.ended.After(removed)
		if !r.answered && !mayBeGone {
			count(&empty, r, "nothing was found")
		}
		if r.path == "/search" && r.document != "" && r.passages != readSections && !(mayBeGone && r.passages == 0) {
			count(&half, r, fmt.Sprintf("%d passages of %d", r.passages, readSections))
		}
		for document, versions := range r.versions {
			if len(versions) > 1 {
				count(&mixed, r, fmt.Sprintf("document %s in versions %v", document, versions))
			}
		}
		for _, q := range r.quotes {
			if !strings.Contains(h.editions[q[0]], q[1]) {
				count(&foreign, r, fmt.Sprintf("version %s does not say %q", q[0], q[1]))
			}
		}
	}
	h.t.Logf("%d readings (%d with several passages), %.0f a second, the slowest %v, during %v: %d errors, %d mixed, %d empty, %d half, %d quotes that their version does not hold",
		len(h.readings), several, float64(len(h.readings))/last.Sub(first).Seconds(), worst.Round(time.Millisecond), h.changes, errors, mixed, empty, half, foreign)
}
