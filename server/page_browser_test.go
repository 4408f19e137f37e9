package server

import (
	"context"
	"flag"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"

	"rapporteur/qa"
)

var shots = flag.String("shots", os.Getenv("RAPPORTEUR_SCREENSHOTS"), "folder that receives a screenshot of each state")

// browsers starts Chromium once for all tests of the page.
var browsers = sync.OnceValues(func() (context.Context, error) {
	program, err := exec.LookPath("chromium")
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.WindowSize(1280, 900))
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	browser, _ := chromedp.NewContext(allocator)
	return browser, chromedp.Do(browser)
})

// tab is one page in its own browser profile, with all that it asked for and complained about.
type tab struct {
	testing.TB
	ctx  context.Context
	base string

	mu         sync.Mutex
	requests   []string
	complaints []string
	traced     []tracing.EventDataCollected
	traceEnded bool
}

// openTab gives a fresh tab on the server; at its end the test fails when the page asked another
// host for something, or when the console held an error or a violation of the policy.
func openTab(t testing.TB, server *httptest.Server) *tab {
	t.Helper()
	browser, err := browsers()
	if err != nil && os.Getenv("CI") != "" {
		t.Fatalf("chromium is missing, and CI needs it: %v", err)
	}
	if err != nil {
		t.Skipf("skipped: chromium is not on this machine: %v", err)
	}
	b := &tab{TB: t, base: server.URL}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.listen))
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	within, stop := context.WithTimeout(ctx, 2*time.Minute)
	b.ctx = within
	call(b, network.Enable, network.EnableParams{})
	call(b, log.Enable, cdp.Empty{})
	call(b, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": "fr"}})
	t.Cleanup(func() {
		stop()
		cancel()
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, r := range b.requests {
			if !strings.HasPrefix(r, b.base+"/") {
				t.Errorf("the page asked another host: %s", r)
			}
		}
		for _, c := range b.complaints {
			if !strings.HasPrefix(c, "Autofocus processing was blocked") { // the test was faster than the page
				t.Errorf("console: %s", c)
			}
		}
	})
	return b
}

func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *tracing.EventDataCollected:
		b.traced = append(b.traced, *e)
	case *tracing.EventTracingComplete:
		b.traceEnded = true
	case *page.EventJavascriptDialogOpening:
		b.complaints = append(b.complaints, "a dialog: "+e.Message)
	case *runtime.EventExceptionThrown:
		complaint := fmt.Sprintf("%+v", e.ExceptionDetails)
		if x := e.ExceptionDetails.Exception; x != nil {
			complaint += " " + x.Description
		}
		b.complaints = append(b.complaints, complaint)
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, fmt.Sprint(e.Type, e.Args))
	case *log.EventEntryAdded:
		// A refused request is logged by the browser as an error: those that tests provoke are theirs.
		if e.Entry.Source != log.EntrySourceNetwork {
			b.complaints = append(b.complaints, e.Entry.Text)
		}
	}
}

func (b *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.Fatal(err)
	}
}

// call sends a command of the protocol to the tab.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) {
	b.Helper()
	if _, err := chromedp.Call(b.ctx, command, params); err != nil {
		b.Fatal(err)
	}
}

func click(css string) chromedp.Action[chromedp.Void] { return chromedp.Click(chromedp.CSS(css)) }

func visible(css string) chromedp.Action[chromedp.Void] {
	return chromedp.WaitVisible(chromedp.CSS(css))
}

func (b *tab) disableScripts() {
	b.Helper()
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

func (b *tab) visit(path string) {
	b.Helper()
	b.run(chromedp.Navigate(b.base + path))
}

// eval runs a script in the page and reads its value.
func eval[T any](b *tab, script string) T {
	b.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script))
	if err != nil {
		b.Fatalf("%s: %v", script, err)
	}
	return v
}

// wait looks until the script is true; a page that is being replaced cannot answer, and is asked again.
func (b *tab) wait(script string) {
	b.Helper()
	var err error
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var ok bool
		if ok, err = chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+script+")")); ok {
			return
		}
	}
	b.Fatalf("waited in vain for %s (%v)", script, err)
}

func (b *tab) size(width, height int64) {
	b.Helper()
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600,
	})
}

func (b *tab) theme(name string) {
	b.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: name},
			{Name: "prefers-reduced-motion", Value: "reduce"}, // a colour in transition is of no theme yet
		},
	})
}

// ask types a question and sends it with Enter.
func (b *tab) ask(question string) {
	b.Helper()
	n := eval[int](b, `document.querySelectorAll(".turn").length`)
	b.run(chromedp.SendKeys(chromedp.CSS("#question"), question+"\r"))
	b.wait(fmt.Sprintf(`document.querySelectorAll(".turn").length > %d && !document.querySelector("[aria-busy=true]")`, n))
}

// shot keeps a picture of the state when a folder was given.
func (b *tab) shot(name string) {
	b.Helper()
	if *shots == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.Fatal(err)
	}
	if err := os.MkdirAll(*shots, 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*shots, slug(name)+".png"), picture, 0o644); err != nil {
		b.Fatal(err)
	}
}

// slug is the name of a state as the name of a file.
func slug(name string) string {
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), "-")
}

// shotAll keeps the state in both themes, wide and narrow.
func (b *tab) shotAll(name string) {
	b.Helper()
	if *shots == "" {
		return
	}
	for _, theme := range []string{"light", "dark"} {
		b.theme(theme)
		for _, width := range []int64{1280, 360} {
			b.size(width, map[int64]int64{1280: 900, 360: 740}[width])
			b.shot(fmt.Sprintf("%s-%d-%s", name, width, theme))
		}
	}
	b.theme("light")
	b.size(1280, 900)
}

func TestPageAskToMarkedPassage(t *testing.T) {
	b := openTab(t, pageServer(t, reportAsker(t), reportLibrary()))
	b.visit("/")
	b.shotAll("home")
	b.ask("Combien d’agents compte la Dinum, et combien travaillent dans le numérique pour l’État ?")
	if got, want := eval[int](b, `document.querySelectorAll(".answer .chip").length`), 3; got != want {
		t.Errorf("chips: %d, want %d", got, want)
	}
	if got := eval[string](b, `document.querySelector(".badge").textContent`); got != "2 phrases sur 2 vérifiées" {
		t.Errorf("badge: %q", got)
	}
	b.shotAll("answer")
	for i, quote := range []string{quoteAgents, quotePublic} {
		b.run(click(fmt.Sprintf(`.chip[data-n="%d"]`, i+1)))
		b.wait(fmt.Sprintf(`document.querySelector("#proof mark")?.textContent === %q`, quote))
	}
	if eval[bool](b, `(r => r.top < 0 || r.bottom > innerHeight)(document.querySelector("#proof mark").getBoundingClientRect())`) {
		t.Error("the marked words are out of sight")
	}
	b.shotAll("proof")
	b.ask("Et quel est son budget en 2023 ?")
	b.wait(`document.querySelector(".refusal h3")?.textContent === "Les documents ne le disent pas."`)
	if got := eval[string](b, `[...document.querySelectorAll(".asof")].at(-1).textContent`); !strings.Contains(got, "Quel est le budget de la Dinum en 2023") {
		t.Errorf("the follow-up was sent without what was said before: %q", got)
	}
	b.run(click(".near a"))
	b.wait(fmt.Sprintf(`document.querySelector("#proof mark")?.textContent === %q`, quoteBudget))
	b.shotAll("refusal")
}

func TestPageWithoutScripts(t *testing.T) {
	b := openTab(t, pageServer(t, reportAsker(t), reportLibrary()))
	b.disableScripts()
	b.visit("/")
	b.run(chromedp.SendKeys(chromedp.CSS("#question"), "Combien d’agents ?"), click(".ask .btn"),
		visible(".answer .chip"))
	b.shot("plain-answer")
	b.run(click(".chip"), visible("mark"))
	marked := eval[string](b, `document.querySelector("mark").textContent`)
	if marked != quoteAgents {
		t.Errorf("marked %q, want %q", marked, quoteAgents)
	}
	b.shotAll("document")
}

func TestPageUpload(t *testing.T) {
	library := reportLibrary()
	b := openTab(t, pageServer(t, reportAsker(t), library))
	file := filepath.Join(t.TempDir(), "note-de-service.txt")
	if err := os.WriteFile(file, []byte("La note de service dit que tout va bien."), 0o600); err != nil {
		t.Fatal(err)
	}
	b.visit("/library")
	b.shotAll("library")
	b.run(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	b.wait(`document.querySelector(".upload-state")?.textContent.startsWith("Document lu")`)
	b.wait(`[...document.querySelectorAll(".document")].some(d => d.textContent.includes("note-de-service.txt") && d.textContent.includes("Prêt"))`)
	b.run(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	b.wait(`document.querySelector(".upload-choice")?.checkVisibility()`)
	b.shotAll("upload")
	b.run(click(`[data-do=replace]`))
	b.wait(`document.querySelector(".upload-state")?.textContent.startsWith("Document lu")`)
	b.wait(`[...document.querySelectorAll(".document")].some(d => d.textContent.includes("note-de-service.txt") && d.textContent.includes("2 versions"))`)
	row := `[...document.querySelectorAll(".document")].find(d => d.textContent.includes("note-de-service.txt"))`
	eval[bool](b, row+`.querySelector("summary").click(), `+row+`.scrollIntoView({block: "center"}), true`)
	b.shotAll("remove")
	eval[bool](b, row+`.querySelector(".remove button").click(), true`)
	b.wait(`!` + row)
	if n := len(library.now()); n != 4 {
		t.Errorf("documents after removal: %d, want 4", n)
	}
}

func TestPageUploadAndRemoveWithoutScripts(t *testing.T) {
	library := reportLibrary()
	b := openTab(t, pageServer(t, reportAsker(t), library))
	file := filepath.Join(t.TempDir(), "note.txt")
	if err := os.WriteFile(file, []byte("Une note."), 0o600); err != nil {
		t.Fatal(err)
	}
	b.disableScripts()
	send := chromedp.Steps(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}), click("#upload .btn"))
	b.visit("/library")
	b.run(send, visible(".callout.good"))
	b.run(send, visible(`form[action="/library?replace=true"]`))
	b.shot("plain-replace")
	b.run(send, visible(".callout.good"))
	if n := len(library.now()[4].versions); n != 2 {
		t.Errorf("versions after replacing: %d, want 2", n)
	}
	b.run(click(".document:first-child summary"), click(".document:first-child .danger"))
	b.wait(`document.querySelector(".callout.good")?.textContent.includes("effacé")`)
	if library.holds("d-bilan") {
		t.Error("the document is still there")
	}
}

func TestPageByKeyboard(t *testing.T) {
	b := openTab(t, pageServer(t, reportAsker(t), reportLibrary()))
	b.visit("/")
	b.wait(`document.activeElement.id === "question"`)
	b.run(chromedp.KeyEvent("Combien d’agents ?\r"))
	b.wait(`document.querySelectorAll(".answer .chip").length === 3`)
	if got := eval[string](b, `document.activeElement.id`); got != "question" {
		t.Errorf("focus after the answer is on %q, want the field", got)
	}
	focusWith(b, "\t", `document.activeElement.matches(".answer .chip")`, true)
	if eval[string](b, `getComputedStyle(document.activeElement).outlineStyle`) == "none" {
		t.Error("the focus is not visible on a chip")
	}
	b.run(chromedp.KeyEvent("\r"))
	b.wait(`document.querySelector("#proof mark") && document.activeElement.id === "proof"`)
	b.run(chromedp.KeyEvent("\x1b"))
	b.wait(`document.querySelector("#proof").hidden && document.activeElement.matches(".answer .chip")`)
	b.visit("/")
	eval[bool](b, `document.activeElement.blur(), true`)
	focusWith(b, "\t", `document.activeElement.matches(".skip")`, false)
	b.run(chromedp.KeyEvent("\r"))
	b.wait(`document.activeElement.id === "main"`)
}

// focusWith presses a key until the script is true, at most forty times; backwards holds Shift.
func focusWith(b *tab, key, script string, backwards bool) {
	b.Helper()
	for range 40 {
		var options []chromedp.KeyOption
		if backwards {
			options = append(options, chromedp.KeyModifiers(chromedp.ModifierShift))
		}
		b.run(chromedp.KeyEvent(key, options...))
		if eval[bool](b, script) {
			return
		}
	}
	b.Fatalf("the keyboard does not reach %s", script)
}

func TestPageFitsNarrowScreens(t *testing.T) {
	library := reportLibrary()
	b := openTab(t, pageServer(t, reportAsker(t), library))
	long := url.QueryEscape("Combien d’agents dans " + strings.Repeat("anticonstitutionnellement", 12) + " ?")
	mark := spanOf(t, reportText(), quoteAgents)
	for _, path := range []string{
		"/", "/?q=" + long, "/?q=budget", "/library", "/library/d-rapport", "/library/d-long", "/documents/d-long/pages/1",
		fmt.Sprintf("/documents/%s/pages/2?version=%s&start=%d&end=%d", reportID, reportVersion, mark.Start, mark.End),
	} {
		for _, width := range []int64{320, 768} {
			b.size(width, 640)
			b.visit(path)
			if got := eval[int64](b, `document.documentElement.scrollWidth`); got > width {
				t.Errorf("%s at %d px is %d px wide", path, width, got)
			}
			small := eval[[]string](b, `[...document.querySelectorAll("a, button, summary, input, select")].filter(e => e.checkVisibility() && !e.closest("p, .skip, .drop"))
				.filter(e => { const r = e.getBoundingClientRect(); return r.width && (r.width < 24 || r.height < 24) }).map(e => e.outerHTML.slice(0, 120))`)
			if len(small) > 0 {
				t.Errorf("%s at %d px: targets under 24 px: %q", path, width, small)
			}
		}
	}
}

// TestPageReport visits the ingestion report: it fits a telephone, its table alone scrolls, it is
// reached from the library and leads to the pages, and every word can be read in both themes.
func TestPageReport(t *testing.T) {
	b := openTab(t, pageServer(t, reportAsker(t), reportLibrary()))
	b.visit("/library")
	b.run(click(`a[href^="/library/d-rapport"]`), visible("table.counts"))
	b.shotAll("report")
	b.size(360, 740)
	if got := eval[int64](b, `document.documentElement.scrollWidth`); got > 360 {
		t.Errorf("at 360 px the report is %d px wide", got)
	}
	if !eval[bool](b, `(e => e.tabIndex === 0 && e.getAttribute("aria-label") !== "" && e.scrollWidth > e.clientWidth)(document.querySelector("main .table"))`) {
		t.Error("the table is no named region that the keyboard can scroll")
	}
	b.size(1280, 900)
	for _, theme := range []string{"light", "dark"} {
		b.theme(theme)
		if faint := eval[[]string](b, faintWords); len(faint) > 0 {
			t.Errorf("%s: too faint to be read: %q", theme, faint)
		}
	}
	b.run(click(`tr.bad th a`))
	b.wait(`location.pathname === "/documents/d-rapport/pages/2" && document.querySelectorAll(".table th[scope=col]").length === 3`)
}

// faintWords gives the words of the page whose contrast is under the 4.5 of WCAG 2.2.
const faintWords = `(() => {
  const context = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return context.getImageData(0, 0, 1, 1).data;
  };
  const light = (c) => [...c].slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = rgba(getComputedStyle(e).backgroundColor);
      if (c[3] === 255) return c;
    }
    return rgba("Canvas");
  };
  return [...document.querySelectorAll("main *")]
    .filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .filter(e => {
      const [a, b] = [light(rgba(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
      return (a + 0.05) / (b + 0.05) < 4.5;
    }).map(e => e.outerHTML.slice(0, 120));
})()`

// TestPageScriptAndServerSayTheSame: an answer that the script draws holds the words of the same answer
// that the server draws, where it stands in a sheet, a slide or a scan, and where documents are unread.
func TestPageScriptAndServerSayTheSame(t *testing.T) {
	for name, asker := range map[string]askerFunc{"answer": placedAsker(t), "refusal": reportAsker(t)} {
		t.Run(name, func(t *testing.T) {
			unread := append(unreadableSample(), qa.Listed{
				Document: qa.Document{ID: "d-x", Title: "Illisible.pdf"}, Newest: qa.Version{ID: "v-x", State: qa.StateFailed},
			})
			b := openTab(t, pageServer(t, withUnread(asker, unread), reportLibrary()))
			const words = `[...document.querySelectorAll(".turn .sources li, .turn .refusal")].map(e => e.textContent.replace(/\s+/g, " ").replaceAll(" ", "")).join("\n")`
			const links = `[...document.querySelectorAll(".turn .sources a, .turn .refusal a")].map(e => e.getAttribute("href")).join("\n")`
			b.visit("/?q=budget")
			wantWords, wantLinks := eval[string](b, words), eval[string](b, links)
			b.visit("/")
			b.ask("budget")
			if got := eval[string](b, words); got != wantWords || got == "" {
				t.Errorf("the script says\n%s\nthe server\n%s", got, wantWords)
			}
			if got := eval[string](b, links); got != wantLinks || got == "" {
				t.Errorf("the script leads to\n%s\nthe server\n%s", got, wantLinks)
			}
			b.shotAll("unread-" + name)
		})
	}
}

func TestPageFailures(t *testing.T) {
	var works atomic.Bool
	asker := askerFunc(func(q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
		if !works.Load() {
			return qa.Answer{}, qa.E(qa.Unavailable, "busy")
		}
		return reportAsker(t)(q, emit)
	})
	server := pageServer(t, asker, reportLibrary())
	b := openTab(t, server)
	b.visit("/")
	b.ask("Combien d’agents ?")
	b.wait(`document.querySelector(".problem p").textContent.length > 10`)
	b.shotAll("problem")
	works.Store(true)
	b.run(click(".problem .btn"))
	b.wait(`document.querySelectorAll(".turn").length === 1 && document.querySelectorAll(".answer .chip").length === 3`)
	call(b, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: true}},
	})
	b.ask("Combien d’agents encore ?")
	b.wait(`document.querySelector(".problem p")?.textContent.startsWith("Le service ne répond pas")`)
}

func TestPageEmptyLibrary(t *testing.T) {
	b := openTab(t, pageServer(t, reportAsker(t), &pageLibrary{}))
	b.visit("/")
	if !eval[bool](b, `!!document.querySelector("#nothing-yet a[href='/library#add']") && !document.querySelector(".suggestions")`) {
		t.Error("an empty library must offer to add documents, and suggest no question")
	}
	b.shotAll("empty")
	b.visit("/library")
	b.shotAll("empty-library")
}

func TestPageFirstViewIsLight(t *testing.T) {
	b := openTab(t, pageServer(t, reportAsker(t), reportLibrary()))
	b.visit("/")
	b.wait(`document.readyState === "complete"`)
	if got := eval[int](b, `performance.getEntriesByType("resource").length + 1`); got > 8 {
		t.Errorf("the first view takes %d requests, want at most 8", got)
	}
	sum := eval[int](b, `[...performance.getEntriesByType("resource"), ...performance.getEntriesByType("navigation")].reduce((n, e) => n + e.encodedBodySize, 0)`)
	if sum > 120_000 || sum < 10_000 {
		t.Errorf("the first view weighs %d bytes, want at most 120,000", sum)
	}
	t.Logf("first view: %d bytes", sum)
}

func TestPageSpeaksTwoLanguages(t *testing.T) {
	b := openTab(t, pageServer(t, reportAsker(t), reportLibrary()))
	b.visit("/?q=Combien+d%E2%80%99agents")
	b.run(click(`.menu-link[lang=en]`))
	b.wait(`document.documentElement.lang === "en" && document.querySelector(".badge")?.textContent === "Sentences verified: 2 of 2"`)
	if got := eval[string](b, `location.search`); strings.Contains(got, "lang=") || !strings.Contains(got, "q=") {
		t.Errorf("the address after the switch is %q", got)
	}
	b.visit("/library")
	if got := eval[string](b, `document.documentElement.lang + document.cookie`); got != "en" {
		t.Errorf("language and cookie readable by scripts: %q", got)
	}
}
