package server

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// askerContext makes an Asker of a function that also sees when it is to stop.
type askerContext func(ctx context.Context, q qa.Question, emit func(qa.Event) error) (qa.Answer, error)

func (f askerContext) Answer(ctx context.Context, q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
	return f(ctx, q, emit)
}

// TestPageStops stops an answer whose first sentence is there, and asks it again.
func TestPageStops(t *testing.T) {
	stopped := make(chan struct{}, 2)
	slow := true
	asker := askerContext(func(ctx context.Context, q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
		a, err := reportAsker(t)(q, emit)
		if err != nil || !slow {
			return a, err
		}
		if err := emit(qa.Event{Sentence: &qa.SentenceEvent{Sentence: a.Sentences[0], Sources: a.Citations[:1]}}); err != nil {
			return a, err
		}
		slow = false
		<-ctx.Done()
		stopped <- struct{}{}
		return a, ctx.Err()
	})
	b := openTab(t, pageServer(t, asker, reportLibrary()))
	b.visit("/")
	b.run(chromedp.SendKeys(chromedp.CSS("#question"), "Combien d’agents ?\r"))
	b.wait(`document.querySelectorAll(".answer .chip").length === 1`)
	if got := eval[string](b, `document.querySelector(".ask .btn").textContent`); got != "Arrêter" {
		t.Errorf("while an answer is written the button says %q", got)
	}
	b.shotAll("writing")
	b.run(click(".ask .btn"))
	b.wait(`document.querySelector(".problem h3")?.textContent === "Réponse arrêtée" && document.querySelectorAll(".answer .chip").length === 1`)
	select {
	case <-stopped:
	case <-time.After(5 * time.Second):
		t.Error("the server goes on with an answer that was stopped")
	}
	b.shotAll("stopped")
	b.run(click(".problem .btn"))
	b.wait(`document.querySelectorAll(".turn").length === 1 && document.querySelectorAll(".answer .chip").length === 3 && !document.querySelector(".problem")`)
	if got := eval[string](b, `document.querySelector(".ask .btn").textContent`); got != "Demander" {
		t.Errorf("after the answer the button says %q", got)
	}
}

// TestPageKeys uses the keys of one letter, finds them listed, and switches them off for good.
func TestPageKeys(t *testing.T) {
	b := openTab(t, pageServer(t, reportAsker(t), reportLibrary()))
	b.visit("/")
	b.ask("Combien d’agents [/]?")
	if got := eval[int](b, `document.querySelectorAll("dialog[open]").length`); got != 0 {
		t.Error("a key typed into the question did something else")
	}
	eval[bool](b, `document.activeElement.blur(), true`)
	b.run(chromedp.KeyEvent("]"))
	b.wait(fmt.Sprintf(`document.querySelector("#proof mark")?.textContent === %q`, quoteAgents))
	b.run(chromedp.KeyEvent("]"))
	b.wait(fmt.Sprintf(`document.querySelector("#proof mark")?.textContent === %q`, quotePublic))
	b.run(chromedp.KeyEvent("["))
	b.wait(fmt.Sprintf(`document.querySelector("#proof mark")?.textContent === %q`, quoteAgents))
	b.run(chromedp.KeyEvent("/"))
	b.wait(`document.activeElement.id === "question"`)
	eval[bool](b, `document.activeElement.blur(), true`)
	b.run(chromedp.KeyEvent("?"))
	b.wait(`document.querySelector("#keys").open`)
	b.shotAll("keys")
	b.run(click("#keys-on"), click("#keys .btn"))
	b.visit("/")
	eval[bool](b, `document.activeElement.blur(), true`)
	b.run(chromedp.KeyEvent("?"), chromedp.KeyEvent("/"))
	if eval[bool](b, `document.querySelector("#keys").open || document.activeElement.id === "question"`) {
		t.Error("keys that were switched off still work")
	}
}

// TestPagePreviewsQuotes shows the quote of a citation to the pointer and the keyboard, and folds citations in a row.
func TestPagePreviewsQuotes(t *testing.T) {
	b := openTab(t, pageServer(t, reportAsker(t), reportLibrary()))
	for _, path := range []string{"/", "/?q=Combien+d%E2%80%99agents"} { // drawn by the script, drawn by the server
		b.visit(path)
		if path == "/" {
			b.ask("Combien d’agents ?")
		}
		b.wait(`document.querySelector(".more")?.textContent === "+1"`)
		if got := eval[int](b, `[...document.querySelectorAll(".answer .chip")].filter(c => c.checkVisibility()).length`); got != 2 {
			t.Errorf("%s: %d citations are shown, want 2", path, got)
		}
		if got := eval[int](b, `document.querySelectorAll(".answer .sure").length`); got != 2 {
			t.Errorf("%s: %d sentences say that they are proved, want 2", path, got)
		}
		eval[bool](b, `document.querySelector(".answer .chip").focus(), true`)
		b.wait(fmt.Sprintf(`document.querySelector("#preview").checkVisibility() && document.querySelector("#preview q").textContent === %q`, quoteAgents))
		if got := eval[string](b, `document.activeElement.getAttribute("aria-describedby")`); got != "preview" {
			t.Errorf("%s: the quote is not told to who listens: %q", path, got)
		}
		b.shot("preview")
		b.run(chromedp.KeyEvent("\x1b"))
		b.wait(`!document.querySelector("#preview").checkVisibility()`)
		b.run(click(".more"))
		b.wait(`document.activeElement.matches('.chip[data-n="3"]') && !document.querySelector(".more")`)
	}
}

// TestPageCopies copies an answer as text and as Markdown, with its sources.
func TestPageCopies(t *testing.T) {
	b := openTab(t, pageServer(t, reportAsker(t), reportLibrary()))
	b.visit("/")
	eval[bool](b, `Object.defineProperty(navigator, "clipboard", {value: {writeText: async (s) => { window.copied = s; }}}), true`)
	b.ask("Combien d’agents ?")
	for what, want := range map[string][]string{
		"copy":     {"Combien d’agents ?", "environ 200 agents [1].", "[1] Rapport d’activité 2023-2024, p. 2. « " + quoteAgents + " » http"},
		"markdown": {"## Combien d’agents ?", "environ 200 agents [^1].", "[^1]: [Rapport d’activité 2023-2024, p. 2](http", "« " + quoteAgents + " »"},
	} {
		b.run(click(`[data-do=` + what + `]`))
		b.wait(`window.copied`)
		got := strings.ReplaceAll(eval[string](b, `(s => (window.copied = "", s))(window.copied)`), "\u00a0", " ")
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: %q is missing in\n%s", what, w, got)
			}
		}
	}
}

// TestPageShowsHostileAnswers streams what a hostile model may write, whole and in two parts: it is shown as the
// text that it is, nothing runs, and nothing is asked of another host.
func TestPageShowsHostileAnswers(t *testing.T) {
	outputs := hostileOutputs(t)
	const cuts = 6
	current := ""
	asker := askerFunc(func(q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
		for i := 1; i <= cuts; i++ {
			at := len(current) * i / (cuts + 1)
			for _, part := range []string{current[:at], current[at:]} {
				s := qa.Sentence{Text: strings.ToValidUTF8(part, "�"), Citations: []int{1}, Verdict: qa.SentenceSupported}
				if err := emit(qa.Event{Sentence: &qa.SentenceEvent{Sentence: s, Sources: []qa.Citation{cite(t, 1, reportID, current, quoteAgents)}}}); err != nil {
					return qa.Answer{}, err
				}
			}
		}
		return qa.Answer{
			Answered: true, Language: "fr", Mode: qa.ModeGenerated, Asked: current, Standalone: current, Text: current,
			Sentences: []qa.Sentence{{Text: current, Citations: []int{1}, Verdict: qa.SentenceUnsupported}},
			Citations: []qa.Citation{cite(t, 1, reportID, current, quoteAgents)},
		}, nil
	})
	b := openTab(t, pageServer(t, asker, reportLibrary()))
	for i, output := range outputs {
		current = output
		if i%14 == 0 || len(outputs[i-1]) > 4000 { // what was said goes with the next question, and that has a limit
			b.visit("/")
			eval[bool](b, `window.bad = [], window.alert = () => window.bad.push("alert"), new MutationObserver(l => { for (const r of l) for (const n of r.addedNodes)
		  if (n.nodeType === 1) for (const e of [n, ...n.querySelectorAll("*")]) if (!["DIV", "P", "SPAN", "A", "BUTTON", "SVG", "PATH", "svg", "path", "ARTICLE", "H2", "I", "DETAILS", "SUMMARY", "OL", "LI", "Q", "SMALL"].includes(e.tagName) || [...e.attributes].some(a => a.name.startsWith("on") || a.name === "style")) window.bad.push(e.outerHTML.slice(0, 80)); })
		  .observe(document.querySelector("#conversation"), {childList: true, subtree: true}), true`)
		}
		b.put("Écris")
		shown := eval[string](b, `[...document.querySelectorAll(".answer")].at(-1).textContent`)
		if bad := eval[[]string](b, `window.bad`); len(bad) > 0 {
			t.Errorf("%q makes %q", current, bad)
		}
		if want := strings.Join(strings.Fields(current), ""); !strings.Contains(strings.Join(strings.Fields(shown), ""), want) {
			t.Errorf("%q is shown as %q", current, shown)
		}
		if eval[bool](b, `[...document.querySelectorAll("#conversation a")].some(a => a.origin !== location.origin)`) {
			t.Errorf("%q leads elsewhere", current)
		}
	}
	t.Logf("%d outputs, %d parts", len(outputs), 2*cuts*len(outputs))
}

func hostileOutputs(t *testing.T) []string {
	t.Helper()
	f, err := os.Open(testkit.Shared(t, "data/hostile/own/model_outputs.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var out []string
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

// cutter closes the connection of the first answer after its second sentence.
type cutter struct {
	http.ResponseWriter
	sentences int
}

func (c *cutter) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	if c.sentences += strings.Count(string(b), "event: sentence"); c.sentences == 2 {
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		if conn, _, err := http.NewResponseController(c.ResponseWriter).Hijack(); err == nil {
			_ = conn.Close()
		}
		c.sentences++
	}
	return n, err
}

func (c *cutter) WriteString(s string) (int, error) { return c.Write([]byte(s)) }
func (c *cutter) Unwrap() http.ResponseWriter       { return c.ResponseWriter }

// TestPageResumes cuts the connection in the middle of an answer: the page goes on where it was, and the question
// is asked once.
func TestPageResumes(t *testing.T) {
	var asked, requests atomic.Int64
	asker := askerFunc(func(q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
		asked.Add(1)
		a := qa.Answer{Answered: true, Language: "fr", Mode: qa.ModeGenerated, Asked: q.Text, Standalone: q.Text, Citations: []qa.Citation{cite(t, 1, reportID, "Rapport", quoteAgents)}}
		for i := range 4 {
			s := qa.Sentence{Text: fmt.Sprintf("Phrase %d [1].", i), Citations: []int{1}, Verdict: qa.SentenceSupported}
			a.Sentences, a.Text = append(a.Sentences, s), a.Text+s.Text+"\n"
			if err := emit(qa.Event{Sentence: &qa.SentenceEvent{Sentence: s, Sources: a.Citations}}); err != nil {
				return a, err
			}
			time.Sleep(200 * time.Millisecond)
		}
		return a, nil
	})
	web := pageServer(t, asker, reportLibrary())
	ours := web.Config.Handler
	web.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/ask" && requests.Add(1) == 1 {
			w = &cutter{ResponseWriter: w}
		}
		ours.ServeHTTP(w, r)
	})
	b := openTab(t, web)
	b.visit("/")
	b.run(chromedp.SendKeys(chromedp.CSS("#question"), "Raconte\r"))
	b.wait(`document.querySelectorAll(".answer .chip").length === 4 && !document.querySelector("[aria-busy=true]")`)
	if got := eval[string](b, `document.querySelector(".answer").textContent`); strings.Count(got, "Phrase") != 4 {
		t.Errorf("shown: %s", got)
	}
	if asked.Load() != 1 || requests.Load() != 2 {
		t.Errorf("asked %d times, in %d requests", asked.Load(), requests.Load())
	}
}
