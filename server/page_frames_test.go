package server

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"

	"rapporteur/qa"
)

// task is one task of the thread that runs the scripts of a page and draws it: how long it lasted, and how long of
// that the thread had a processor, which tells a slow page from a busy machine.
type task struct{ Wall, Busy time.Duration }

// trace notes the tasks of the page while do runs, the longest first.
func (b *tab) trace(do func()) (tasks []task) {
	b.Helper()
	b.mu.Lock()
	b.traced, b.traceEnded = nil, false
	b.mu.Unlock()
	call(b, tracing.Start, tracing.StartParams{TraceConfig: &tracing.TraceConfig{
		IncludedCategories: []string{"devtools.timeline", "disabled-by-default-devtools.timeline", "toplevel", "__metadata"}}})
	do()
	call(b, tracing.End, cdp.Empty{})
	ended := func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.traceEnded
	}
	for end := time.Now().Add(20 * time.Second); !ended(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			b.Fatal("the trace does not end")
		}
	}
	type event struct {
		Name      string
		Pid, Tid  int
		Dur, Tdur float64 // µs
		Args      struct{ Name string }
	}
	var all []event
	for _, part := range b.traced {
		for _, raw := range part.Value {
			var e event
			if json.Unmarshal(raw, &e) == nil { // events of other shapes are not ours
				all = append(all, e)
			}
		}
	}
	main := map[[2]int]bool{}
	for _, e := range all {
		if e.Name == "thread_name" && e.Args.Name == "CrRendererMain" {
			main[[2]int{e.Pid, e.Tid}] = true
		}
	}
	for _, e := range all {
		if strings.HasSuffix(e.Name, "RunTask") && main[[2]int{e.Pid, e.Tid}] {
			tasks = append(tasks, task{time.Duration(e.Dur) * time.Microsecond, time.Duration(e.Tdur) * time.Microsecond})
		}
	}
	slices.SortFunc(tasks, func(x, y task) int { return int(y.Busy - x.Busy) })
	return tasks
}

// TestPageStreamsLongAnswers writes an answer of 2,000 words, each sentence with its citation: the focus
// stays where the reader put it. No task of the page should work for more than 50 ms, so that no frame is late by it:
// how long they do is told, and several times as long, as of a page that draws all of the answer anew for each
// sentence, fails.
func TestPageStreamsLongAnswers(t *testing.T) {
	const sentences = 100 // of 20 words
	asker := askerFunc(func(q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
		a := qa.Answer{Answered: true, Language: "fr", Mode: qa.ModeGenerated, Asked: q.Text, Standalone: q.Text}
		a.Citations = []qa.Citation{cite(t, 1, reportID, "Rapport", quoteAgents)}
		for i := range sentences {
			s := qa.Sentence{Text: fmt.Sprintf("Phrase %d %s [1].", i, strings.TrimSpace(strings.Repeat("mot ", 17))), Citations: []int{1}, Verdict: qa.SentenceSupported}
			a.Sentences, a.Text = append(a.Sentences, s), a.Text+s.Text+"\n"
			if err := emit(qa.Event{Sentence: &qa.SentenceEvent{Sentence: s, Sources: a.Citations}}); err != nil {
				return a, err
			}
			time.Sleep(5 * time.Millisecond)
		}
		return a, nil
	})
	b := openTab(t, pageServer(t, asker, reportLibrary()))
	b.visit("/")
	b.run(chromedp.SendKeys(chromedp.CSS("#question"), "Raconte"))
	lost := 0
	tasks := b.trace(func() {
		eval[bool](b, `document.querySelector("#ask").requestSubmit(), window.left = 0, document.addEventListener("focusout", () => window.left++), true`)
		b.wait(`document.querySelectorAll(".answer .chip").length > 5`)
		eval[bool](b, `document.querySelector(".answer .chip").focus({preventScroll: true}), window.left = 0, true`)
		b.wait(fmt.Sprintf(`document.querySelectorAll(".answer .chip").length === %d && !document.querySelector("[aria-busy=true]")`, sentences))
		lost = eval[int](b, `window.left`)
	})
	if lost > 0 || !eval[bool](b, `document.activeElement.matches(".answer .chip")`) {
		t.Errorf("the focus was lost %d times, and went to %s", lost, eval[string](b, `document.activeElement.outerHTML.slice(0, 100)`))
	}
	if len(tasks) < sentences {
		t.Fatalf("%d tasks were traced", len(tasks))
	}
	t.Logf("%d tasks, the five longest: %v", len(tasks), tasks[:5])
	if longest := tasks[0].Busy; longest > 250*time.Millisecond {
		t.Errorf("a task of the page worked for %v", longest)
	}
}
