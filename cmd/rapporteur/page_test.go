package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browser opens a tab of a real Chromium; without one the test fails in CI and is skipped elsewhere.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is missing, and CI needs it")
		}
		t.Skip("skipped: chromium is not on this machine")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("lang", "fr-FR"), chromedp.WindowSize(1280, 900))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancelTime := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancelTime)
	return ctx
}

// asked is what a user sees of one answer: its text, the quotes of its sources, and the marked words
// of the proof that its first citation opens.
type asked struct {
	Text    string   `json:"text"`
	Refused bool     `json:"refused"`
	Quotes  []string `json:"quotes"`
	Marked  string   `json:"-"`
}

// lastTurn reads the newest turn of the conversation once its answer is whole.
const lastTurn = `(() => {
  const turn = [...document.querySelectorAll('article.turn')].at(-1);
  const refusal = turn.querySelector('.refusal');
  return {text: (turn.querySelector('.answer') ?? refusal).innerText, refused: refusal !== null,
    quotes: [...turn.querySelectorAll('.sources q')].map(q => q.textContent)};
})()`

func askOnPage(t *testing.T, ctx context.Context, n int, question string) asked {
	t.Helper()
	fail := func(err error) {
		if err != nil {
			t.Fatalf("%s: %v", question, err)
		}
	}
	fail(chromedp.Do(ctx,
		chromedp.WaitVisible(chromedp.CSS("#question")),
		chromedp.SendKeys(chromedp.CSS("#question"), question+"\r"),
		wait(fmt.Sprintf(`document.querySelectorAll('article.turn .done').length === %d`, n)),
	))
	a, err := chromedp.Run(ctx, chromedp.Evaluate[asked](lastTurn))
	fail(err)
	if a.Refused || len(a.Quotes) == 0 {
		return a
	}
	fail(chromedp.Do(ctx,
		chromedp.Evaluate[chromedp.Void](`document.querySelector('#proof-body').replaceChildren(); [...document.querySelectorAll('article.turn')].at(-1).querySelector('a.chip').click()`),
		wait(`document.querySelector('#proof mark') !== null`),
	))
	a.Marked, err = chromedp.Run(ctx, chromedp.Evaluate[string](`[...document.querySelectorAll('#proof mark')].map(m => m.textContent).join('')`))
	fail(err)
	return a
}

// wait polls until the expression is true.
func wait(expression string) chromedp.Action[chromedp.Void] {
	return chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingTimeout(20*time.Second))
}

// TestSeedGateOnThePage asks the founding questions in a real browser, in one conversation.
func TestSeedGateOnThePage(t *testing.T) {
	ctx := browser(t)
	url := serveForTest(t, seedService(t))
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	for i, c := range gate {
		a := askOnPage(t, ctx, i+1, c.question)
		if a.Refused != (c.words == nil) {
			t.Errorf("%s: refused %v: %s", c.question, a.Refused, a.Text)
			continue
		}
		for _, w := range c.words {
			if !strings.Contains(strings.Join(a.Quotes, "\n"), w) {
				t.Errorf("%s: %q is not in the quotes %q", c.question, w, a.Quotes)
			}
		}
		if c.words != nil && squeeze(a.Marked) != squeeze(a.Quotes[0]) {
			t.Errorf("%s: the proof marks %q, the quote is %q", c.question, a.Marked, a.Quotes[0])
		}
	}
}

// squeeze drops white space: the page sets blocks apart where the text has line ends.
func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }
