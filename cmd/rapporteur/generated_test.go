package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"rapporteur/internal/config"
	"rapporteur/internal/testkit/modelserver"
	"rapporteur/server/wire"
)

const (
	whoRuns   = "Qui dirige les services de la mairie de Fontbrelle ?"
	runsThem  = "L’administration est dirigée par Bruno Kessaci, directeur général des services [1]."
	runsOther = "L’administration est dirigée par Odile Marchenoir, directrice générale des services [1]."
)

// newWritingService is a library of the example reports whose answers the model at an address writes.
func newWritingService(t *testing.T, modelURL string, change func(*settings)) string {
	t.Helper()
	s := testSettings(t)
	s.Model = config.Model{Kind: "openai", BaseURL: modelURL + "/v1", Name: modelserver.Name, FirstToken: 10 * time.Second, Timeout: 60 * time.Second,
		Concurrency: 4, MaxTokens: 512, Context: 8192}
	if change != nil {
		change(s)
	}
	svc := newServiceOf(t, s)
	ingestAll(t, svc, "../../examples/reports")
	return serveForTest(t, svc)
}

func askFor(t *testing.T, base, question string) (wire.Answer, time.Duration) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"question": question})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	resp, err := http.Post(base+"/ask", "application/json", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var a wire.Answer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status, err)
	}
	return a, time.Since(start)
}

// TestGenerated lets a scripted model write over the example reports: what is proved is shown with its quotes, and
// whatever fails, the same question gets an extractive answer in the same shape, in time.
func TestGenerated(t *testing.T) {
	t.Parallel()
	m := modelserver.New(t)
	base := newWritingService(t, m.URL, func(s *settings) { s.Model.FirstToken = 2 * time.Second })
	unavailable := func(status int) func() {
		return func() { m.Refuse(status, "no") }
	}
	for _, c := range []struct {
		name   string
		script func()
		mode   string
		reason string
	}{
		{"proved", func() { m.Reply(func(modelserver.Request) string { return runsThem }) }, "generated", ""},
		{"one invented sentence", func() {
			m.Reply(func(modelserver.Request) string { return runsThem + " Il gagne 91 000 euros par an [1]." })
		}, "generated", ""},
		{"another name", func() { m.Reply(func(modelserver.Request) string { return runsOther }) }, "extractive", "not_proved"},
		{"key refused", unavailable(401), "extractive", "model_refused"},
		{"a page in place of JSON", m.HTML, "extractive", "model_broken"},
		{"cut before the first sentence", func() { m.Reply(func(modelserver.Request) string { return runsThem }); m.Cut(300) }, "extractive", "model_broken"},
		{"silent", m.Silent, "extractive", "model_slow"},
		{"length reached", func() {
			m.Reply(func(modelserver.Request) string { return runsThem + " Elle compte" })
			m.Finish("length")
		}, "generated", "model_cut"},
	} {
		c.script()
		a, took := askFor(t, base, whoRuns)
		reason := ""
		if a.DegradedReason != nil {
			reason = *a.DegradedReason
		}
		if !a.Answered || a.Mode != c.mode || reason != c.reason || a.Degraded != (c.reason != "") || took > 3*time.Second {
			t.Errorf("%s: answered %v, %s, %q after %v: %s", c.name, a.Answered, a.Mode, reason, took, a.Text)
		}
		if a.Mode == "generated" && !slices.ContainsFunc(a.Citations, func(x wire.Citation) bool { return strings.Contains(x.Quote, "Bruno Kessaci") }) {
			t.Errorf("%s: no quote names him: %+v", c.name, a.Citations)
		}
		if strings.Contains(a.Text, "Marchenoir") || strings.Contains(a.Text, "91 000") {
			t.Errorf("%s: an invention is shown: %s", c.name, a.Text)
		}
	}
}

// TestGeneratedInTime holds the limits of the issue on a real stream: 30 ms at most from the end of the model's sentence
// to ours on the wire, and the model is left within a second of the reader leaving.
func TestGeneratedInTime(t *testing.T) {
	t.Parallel()
	wrote, left := make(chan time.Time, 64), make(chan time.Time, 64)
	m := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		time.Sleep(50 * time.Millisecond)
		for _, word := range strings.SplitAfter(runsThem, " ") {
			data, _ := json.Marshal(map[string]any{"choices": []any{map[string]any{"index": 0, "delta": map[string]string{"content": word}}}})
			fmt.Fprintf(w, "data: %s\n\n", data)
			w.(http.Flusher).Flush()
			time.Sleep(5 * time.Millisecond)
		}
		wrote <- time.Now()
		select {
		case <-r.Context().Done():
			left <- time.Now()
		case <-time.After(20 * time.Second):
		}
	}))
	defer m.Close()
	base := newWritingService(t, m.URL, nil)
	var waits []time.Duration
	for range 11 {
		ctx, leave := context.WithCancel(t.Context())
		body := strings.NewReader(`{"question":"` + whoRuns + `"}`)
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/ask", body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "text/event-stream")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() && lines.Text() != "event: sentence" {
		}
		got := time.Now()
		waits = append(waits, got.Sub((<-wrote).Add(-5*time.Millisecond)))
		gone := time.Now()
		leave()
		resp.Body.Close()
		if took := (<-left).Sub(gone); took > time.Second {
			t.Errorf("the model was left after %v", took)
		}
	}
	slices.Sort(waits)
	t.Logf("from the model's end of sentence to ours on the wire: median %v, most %v", waits[len(waits)/2], waits[len(waits)-1])
	if waits[len(waits)/2] > 30*time.Millisecond && !raceDetector {
		t.Errorf("median %v, at most 30 ms", waits[len(waits)/2])
	}
}
