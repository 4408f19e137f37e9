package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rapporteur/analysis"
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

// TestGeneratedSilence holds that a model which never says a word costs the first-token limit of the defaults, 10 s, and
// little more.
func TestGeneratedSilence(t *testing.T) {
	t.Parallel()
	m := modelserver.New(t)
	m.Silent()
	a, took := askFor(t, newWritingService(t, m.URL, nil), whoRuns)
	if !a.Answered || a.Mode != "extractive" || a.DegradedReason == nil || *a.DegradedReason != "model_slow" {
		t.Errorf("%+v", a)
	}
	t.Logf("answered after %v", took)
	if took > 11*time.Second && !raceDetector {
		t.Errorf("answered after %v, at most 11 s", took)
	}
}

// TestGeneratedTitle holds that the model names a conversation that has just begun.
func TestGeneratedTitle(t *testing.T) {
	t.Parallel()
	m := modelserver.New(t)
	m.Reply(func(r modelserver.Request) string {
		if strings.Contains(r.System(), "Donnez un titre") {
			return "Direction des services de la mairie"
		}
		return runsThem
	})
	base := newWritingService(t, m.URL, func(s *settings) { s.Conversations = conversationsOn })
	resp, err := http.Post(base+"/ask", "application/json", strings.NewReader(`{"question":"`+whoRuns+`","conversation":"new"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	var title string
	for until := time.Now().Add(20 * time.Second); time.Now().Before(until) && title != "Direction des services de la mairie"; time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get(base + "/conversations")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(body), "Direction des services de la mairie") {
			title = "Direction des services de la mairie"
		}
	}
	if title == "" {
		t.Error("the conversation has not the title that the model gave")
	}
}

// TestGeneratedEvaluation measures answers that a sloppy model writes over the example reports: sentences of the
// passages, every second one with another figure, and one from nowhere. All that is shown is proved.
func TestGeneratedEvaluation(t *testing.T) {
	m := modelserver.New(t)
	digit := regexp.MustCompile(`[0-9]`)
	m.Reply(func(r modelserver.Request) string {
		var out []string
		number := ""
		for line := range strings.Lines(r.User()) {
			if n := regexp.MustCompile(`passage ([0-9]+) \|`).FindStringSubmatch(line); n != nil {
				number = n[1]
				continue
			}
			if line = strings.TrimSpace(line); number != "" && len(line) > 60 && strings.HasSuffix(line, ".") {
				s := analysis.Sentences(line)[0]
				text := strings.TrimSuffix(line[s.Start:s.End], ".")
				if len(out)%2 == 1 {
					text = digit.ReplaceAllStringFunc(text, func(d string) string { return string('0' + (d[0]-'0'+3)%10) })
				}
				out = append(out, text+" ["+number+"].")
			}
		}
		return strings.Join(out[:min(len(out), 8)], " ") + " Le conseil a par ailleurs voté la construction d’un aéroport [1]."
	})
	data, run := filepath.Join(t.TempDir(), "library"), filepath.Join(t.TempDir(), "run.jsonl")
	t.Setenv("RAPPORTEUR_DATA", data)
	t.Setenv("RAPPORTEUR_MODEL_BASE_URL", m.URL+"/v1")
	t.Setenv("RAPPORTEUR_MODEL_NAME", modelserver.Name)
	typed(t, 0, "ingest", "../../examples/reports")
	typed(t, 0, "eval", "run", "../../examples/questions.jsonl", "--stage", "ask", "--mode", "generated", "--out", run)
	got := scoreOf(t, run)
	for _, name := range []string{"quotes_valid", "quote_pages_valid", "number_fidelity", "citation_recall", "citation_precision", "generated", "sentences_dropped", "sentences_unsupported"} {
		t.Logf("%-24s n %3d  %.1f", name, got[name].N, got[name].Value)
	}
	for _, name := range []string{"quotes_valid", "quote_pages_valid", "number_fidelity", "citation_recall"} {
		if got[name].Value != 100 || got[name].N == 0 {
			t.Errorf("%s is %.1f of %d, want 100", name, got[name].Value, got[name].N)
		}
	}
	if got["generated"].Value < 60 || got["sentences_dropped"].Value < 1 {
		t.Errorf("%.1f %% were written, %.1f sentences dropped of each", got["generated"].Value, got["sentences_dropped"].Value)
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
