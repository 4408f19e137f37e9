package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"rapporteur/examples"
	"rapporteur/ingest/source"
	"rapporteur/qa"
	"rapporteur/server"
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

var shots = flag.String("shots", os.Getenv("RAPPORTEUR_SCREENSHOTS"), "folder for screenshots of the page")

// shoot keeps a picture of the page when -shots names a folder.
func shoot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if *shots == "" {
		return
	}
	time.Sleep(400 * time.Millisecond) // transitions end
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(*shots, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

// showPrinted turns the proof to the page as it was printed: its picture is there, and the box is dark where words
// are printed and nowhere else than on the picture. The original opens in the browser, at the page.
func showPrinted(t *testing.T, ctx context.Context, marked string) {
	t.Helper()
	err := chromedp.Do(ctx,
		chromedp.Evaluate[chromedp.Void](`document.querySelector('#proof [data-view=picture]').click()`),
		wait(`(i => i !== null && i.complete && i.naturalWidth > 800)(document.querySelector('#proof .printed img'))`),
		wait(`document.querySelector('#proof .printed #mark') !== null`))
	if err != nil {
		t.Fatalf("the printed page of %q: %v", marked, err)
	}
	ink, err := chromedp.Run(ctx, chromedp.Evaluate[float64](`(() => {
	  const i = document.querySelector('#proof .printed img'), m = document.querySelector('#mark'), s = document.querySelector('#proof .printed svg').viewBox.baseVal;
	  const c = document.createElement('canvas'), f = i.naturalWidth / s.width, g = c.getContext('2d');
	  [c.width, c.height] = [i.naturalWidth, i.naturalHeight];
	  g.drawImage(i, 0, 0);
	  const d = g.getImageData(m.x.baseVal.value * f, m.y.baseVal.value * f, m.width.baseVal.value * f, m.height.baseVal.value * f).data;
	  let dark = 0;
	  for (let p = 0; p < d.length; p += 4) if (d[p] < 128) dark++;
	  return dark / (d.length / 4);
	})()`))
	if err != nil || ink < 0.03 || ink > 0.6 {
		t.Errorf("%.0f %% of the box is ink (%v)", 100*ink, err)
	}
	shoot(t, ctx, "picture-1280")
	head, err := chromedp.Run(ctx, chromedp.Evaluate[string](`fetch(document.querySelector('#proof a[data-leave]').href).then(r => [r.status, r.headers.get('Content-Type'), r.headers.get('Content-Disposition')].join(' '))`, chromedp.EvalAwaitPromise))
	if err != nil || head != "200 application/pdf inline" {
		t.Errorf("the original: %q, %v", head, err)
	}
	err = chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](`document.querySelector('#proof [data-view=text]').click()`), wait(`document.querySelector('#proof mark') !== null`))
	if err != nil {
		t.Fatal(err)
	}
}

// TestDemoOnThePage goes from a suggestion to the marked words on the page of a PDF report, wide and narrow.
func TestDemoOnThePage(t *testing.T) {
	ctx := browser(t)
	svc := newService(t)
	items, err := source.Files(examples.Reports())
	if err != nil {
		t.Fatal(err)
	}
	if err := svc.ingest(t.Context(), qa.DefaultCollection, items, func(outcome) error { return nil }); err != nil {
		t.Fatal(err)
	}
	url := serveWith(t, svc, server.Options{Listen: "127.0.0.1:0", Suggestions: examples.Suggestions()})
	suggestion := "Combien d’habitants à Fontbrelle-sur-Ourve en 2023\u202f?"
	err = chromedp.Do(ctx,
		chromedp.Navigate(url+"/?lang=fr"),
		chromedp.WaitVisible(chromedp.CSS(".suggestions")))
	if err != nil {
		t.Fatal(err)
	}
	shoot(t, ctx, "start-1280")
	err = chromedp.Do(ctx,
		chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`[...document.querySelectorAll('.suggestions a')].find(a => a.textContent === %q).click()`, suggestion)),
		wait(`document.querySelectorAll('article.turn .done').length === 1`),
		chromedp.Evaluate[chromedp.Void](`document.querySelector('a.chip').click()`),
		wait(`document.querySelector('#proof mark') !== null`))
	if err != nil {
		t.Fatal(err)
	}
	marked, err := chromedp.Run(ctx, chromedp.Evaluate[string](`[...document.querySelectorAll('#proof mark')].map(m => m.textContent).join('')`))
	if err != nil {
		t.Fatal(err)
	}
	a, err := chromedp.Run(ctx, chromedp.Evaluate[asked](lastTurn))
	if err != nil || len(a.Quotes) == 0 || squeeze(a.Quotes[0]) != squeeze(marked) {
		t.Errorf("the proof marks %q, the answer is %+v (%v)", marked, a, err)
	}
	shoot(t, ctx, "proof-1280")
	showPrinted(t, ctx, marked)
	err = chromedp.Do(ctx, chromedp.EmulateViewport(360, 800))
	if err != nil {
		t.Fatal(err)
	}
	overflow, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
	if err != nil || overflow > 0 {
		t.Errorf("at 360 pixels the page is %d pixels too wide (%v)", overflow, err)
	}
	shoot(t, ctx, "proof-360")
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](`document.querySelector('[data-do=close]').click()`)); err != nil {
		t.Fatal(err)
	}
	shoot(t, ctx, "answer-360")
	refused := askOnPage(t, ctx, 2, "Quel est le budget de la Dinum en 2023 ?")
	if !refused.Refused {
		t.Errorf("the budget: %s", refused.Text)
	}
	shoot(t, ctx, "refusal-360")
}
