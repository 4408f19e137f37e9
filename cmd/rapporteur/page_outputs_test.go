package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"rapporteur/internal/config"
	"rapporteur/internal/testkit"
	"rapporteur/internal/testkit/modelserver"
)

// writtenOutputs is what a hostile model may write.
func writtenOutputs(t *testing.T) (out []string) {
	t.Helper()
	f, err := os.Open(testkit.Shared(t, "data/hostile/own/model_outputs.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var o struct{ Markdown string }
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		out = append(out, o.Markdown)
	}
	if err := lines.Err(); err != nil || len(out) < 50 {
		t.Fatal(err, len(out))
	}
	return out
}

// cutModel is a model that says one text, in two pieces that end at a letter, sent in two parts that end at a byte.
type cutModel struct {
	mu         sync.Mutex
	text       string
	letter, at int
}

func (m *cutModel) script(text string, letter, at int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.text, m.letter, m.at = text, letter, at
}

func (m *cutModel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		fmt.Fprintf(w, `{"object":"list","data":[{"id":%q}]}`, modelserver.Name)
		return
	}
	m.mu.Lock()
	text, letter, at := m.text, m.letter, m.at
	m.mu.Unlock()
	var body strings.Builder
	for _, piece := range []string{text[:letter], text[letter:]} {
		data, _ := json.Marshal(map[string]any{"choices": []any{map[string]any{"index": 0, "delta": map[string]string{"content": piece}}}})
		fmt.Fprintf(&body, "data: %s\n\n", data)
	}
	body.WriteString("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
	w.Header().Set("Content-Type", "text/event-stream")
	all := body.String()
	fmt.Fprint(w, all[:at%len(all)])
	w.(http.Flusher).Flush()
	fmt.Fprint(w, all[at%len(all):])
}

// strayed takes down, of a tab, dialogs and the requests that leave the server.
type strayed struct {
	base string

	mu    sync.Mutex
	found []string
}

// openWatched opens a tab that is watched from its first page on; the page notes in window.ran what runs on it and
// what its policy refused.
func openWatched(t *testing.T, base string) (context.Context, *strayed) {
	t.Helper()
	s := &strayed{base: base}
	ctx, cancel := chromedp.NewContext(browser(t), chromedp.WithListener(func(event any) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, base+"/") {
				s.found = append(s.found, e.Request.URL)
			}
		case *page.EventJavascriptDialogOpening:
			s.found = append(s.found, "a dialog: "+e.Message)
		}
	}))
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	script := `window.ran = []; for (const f of ["alert", "confirm", "prompt", "open", "eval"]) window[f] = () => window.ran.push(f);
	  document.addEventListener("securitypolicyviolation", (e) => window.ran.push(e.violatedDirective + " " + e.blockedURI));`
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		t.Fatal(err)
	}
	return ctx, s
}

// TestPageOfCutOutputs lets a model write what a hostile one may, after a sentence that is proved, cut at 300 places of
// the text and of the bytes that bring it. In the browser the same answer stands as when it comes whole, nothing runs,
// and nothing is asked of another host. The library holds the same words, so that some of them are proved and shown.
func TestPageOfCutOutputs(t *testing.T) {
	outputs := writtenOutputs(t)
	model := &cutModel{}
	server := httptest.NewServer(model)
	t.Cleanup(server.Close)
	s := testSettings(t)
	s.Model = config.Model{Kind: "openai", BaseURL: server.URL + "/v1", Name: modelserver.Name, FirstToken: 10 * time.Second, Timeout: 60 * time.Second,
		Concurrency: 4, MaxTokens: 512, Context: 8192}
	svc := newServiceOf(t, s)
	files := t.TempDir()
	said, whole, quoted := make([]string, len(outputs)), make([]string, len(outputs)), 0
	for i, o := range outputs {
		message := fmt.Sprintf("Le message numéro %d affiché par la mairie dit « %s » depuis mardi.", i, o)
		said[i] = runsThem + " " + message
		if len(o) < 1000 {
			write(t, files, fmt.Sprintf("message-%02d.txt", i), "Messages de la mairie\n\n"+strings.ReplaceAll(message, "\n", " ")+"\n")
		}
	}
	ingestAll(t, svc, "../../examples/reports", files)
	base := serveForTest(t, svc)
	for i := range outputs {
		model.script(said[i], 0, 0)
		a, _ := askFor(t, base, whoRuns)
		if whole[i] = a.Text; len(a.Sentences) > 1 {
			quoted++
		}
	}
	ctx, strays := openWatched(t, base)
	random := rand.New(rand.NewPCG(9, 300))
	const cuts = 300
	for n := range cuts {
		if n%50 == 0 {
			if err := chromedp.Do(ctx, chromedp.Navigate(base+"/")); err != nil {
				t.Fatal(err)
			}
		}
		i := n % len(outputs)
		letter := random.IntN(len(said[i]))
		for !utf8.RuneStart(said[i][letter]) {
			letter--
		}
		model.script(said[i], letter, random.Int())
		shown, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(`(async (n) => {
		  document.querySelector("#question").value = %q;
		  document.querySelector("#ask").requestSubmit();
		  while (document.querySelectorAll("article.turn .done").length <= n) await new Promise((r) => setTimeout(r, 5));
		  return [...document.querySelectorAll("article.turn")].at(-1).dataset.answer;
		})(document.querySelectorAll("article.turn .done").length)`, whoRuns), chromedp.EvalAwaitPromise))
		if err != nil || shown != whole[i] {
			t.Fatalf("output %d cut at letter %d: %v, shown %q, whole %q", i, letter, err, shown, whole[i])
		}
		bad, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`window.ran.concat([...document.querySelectorAll("#conversation *")].filter((e) =>
		  !["ARTICLE", "H2", "DIV", "P", "SPAN", "A", "BUTTON", "DETAILS", "SUMMARY", "OL", "LI", "Q", "svg", "path", "circle"].includes(e.tagName)
		  || [...e.attributes].some((a) => a.name.startsWith("on")) || e.tagName === "A" && e.origin !== location.origin).map((e) => e.outerHTML.slice(0, 120)))`))
		if err != nil || len(bad) > 0 {
			t.Fatalf("output %d cut at letter %d: %v %q", i, letter, err, bad)
		}
	}
	strays.mu.Lock()
	defer strays.mu.Unlock()
	if len(strays.found) > 0 || quoted == 0 {
		t.Errorf("%q; %d outputs were quoted", strays.found, quoted)
	}
	t.Logf("%d cuts of %d outputs, of which %d were proved and shown", cuts, len(outputs), quoted)
}
