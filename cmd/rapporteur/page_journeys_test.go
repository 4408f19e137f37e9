package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// reader is one tab of a reader of a service.
type reader struct {
	*testing.T
	ctx  context.Context
	base string
}

// openReader opens a tab of a browser; tabs of one browser share what it keeps.
func openReader(t *testing.T, browser context.Context, base string) reader {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	r := reader{t, ctx, base}
	r.visit("/?lang=fr")
	return r
}

func (r reader) do(actions ...chromedp.Action[chromedp.Void]) {
	r.Helper()
	if err := chromedp.Do(r.ctx, actions...); err != nil {
		r.Fatal(err)
	}
}

func (r reader) visit(path string) {
	r.Helper()
	r.do(chromedp.Navigate(r.base + path))
}

// read gives the text that a script makes.
func (r reader) read(script string) string {
	r.Helper()
	s, err := chromedp.Run(r.ctx, chromedp.Evaluate[string](script))
	if err != nil {
		r.Fatalf("%s: %v", script, err)
	}
	return s
}

// until looks until the script is true; a page that is being replaced is asked again.
func (r reader) until(script string) {
	r.Helper()
	var err error
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var ok bool
		if ok, err = chromedp.Run(r.ctx, chromedp.Evaluate[bool]("!!("+script+")")); ok {
			return
		}
	}
	r.Fatalf("waited in vain for %s (%v) on\n%s", script, err, r.read(`document.querySelector("main").innerText`))
}

// send types a question and sends it; answer waits for what comes.
func (r reader) send(question string) {
	r.Helper()
	r.do(chromedp.SendKeys(chromedp.CSS("#question"), question+"\r"))
}

// answer gives the text of the nth turn once it is whole.
func (r reader) answer(n int) string {
	r.Helper()
	r.until(fmt.Sprintf(`document.querySelectorAll("article.turn").length === %d && !document.querySelector("[aria-busy=true]")`, n))
	return r.read(fmt.Sprintf(`document.querySelectorAll("article.turn")[%d].innerText`, n-1))
}

// drop lets a text file fall on the library, and waits until it can be asked about.
func (r reader) drop(name, content string, replace bool) {
	r.Helper()
	r.visit("/library")
	r.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`{
	  const files = new DataTransfer();
	  files.items.add(new File([%q], %q, {type: "text/markdown"}));
	  document.querySelector(".drop").dispatchEvent(new DragEvent("drop", {dataTransfer: files, cancelable: true, bubbles: true}));
	}`, content, name)))
	if replace {
		r.until(`document.querySelector(".upload-choice:not([hidden])")`)
		r.do(chromedp.Click(chromedp.CSS("[data-do=replace]")))
	}
	r.until(`document.querySelector(".upload-line progress").hidden && !document.querySelector(".upload-choice:not([hidden])") && document.querySelector(".badge.good")`)
}

// proof opens the first citation of the nth turn and gives what the panel says.
func (r reader) proof(n int) string {
	r.Helper()
	r.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector("#proof-body").replaceChildren(), document.querySelectorAll("article.turn")[%d].querySelector("a.chip").click()`, n-1)))
	r.until(`document.querySelector("#proof mark")`)
	return r.read(`document.querySelector("#proof").innerText`)
}

func talkingService(t *testing.T) string {
	t.Helper()
	s := testSettings(t)
	s.Conversations = conversationsOn
	return serveForTest(t, newServiceOf(t, s))
}

// wants fails for each word that a text lacks, and for each that stands after "!" and should not be there.
func wants(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if unwanted, found := strings.CutPrefix(w, "!"); found == strings.Contains(text, unwanted) {
			t.Errorf("%s: %q in\n%s", what, w, text)
		}
	}
}

// TestUploadToFirstAnswer goes from an empty service to a checked answer: a PDF is picked, it says that it was read,
// the question is asked at once, and the citation opens at its page.
func TestUploadToFirstAnswer(t *testing.T) {
	r := openReader(t, browser(t), talkingService(t))
	file := write(t, t.TempDir(), "port.pdf", string(picturesPDF(t,
		pdfPage{text: "Le port de Landrezec compte 48 quais et 12 grues."},
		pdfPage{text: "La capitainerie de Landrezec emploie 137 agents permanents."},
		pdfPage{text: "Le port ouvre en mars."})))
	r.do(chromedp.Click(chromedp.CSS("#nothing-yet a")))
	r.until(`location.pathname === "/library" && document.body.classList.contains("scripted")`)
	start := time.Now()
	r.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	r.until(`document.querySelector(".upload-state")?.textContent.startsWith("Document lu")`)
	r.do(chromedp.Click(chromedp.CSS("a.new")))
	r.until(`document.querySelector("#question")`)
	r.send("Combien d’agents permanents emploie la capitainerie de Landrezec ?")
	wants(t, "answer", r.answer(1), "137", "!Les documents ne le disent pas")
	wants(t, "proof", r.proof(1), "Page 2 sur 3", "137 agents permanents")
	t.Logf("from the file to its marked words in %v", time.Since(start).Round(10*time.Millisecond))
}

// TestReingestInAnOpenConversation replaces a report while a conversation about it is open: what was said stays with
// its words and says that they were replaced, and what is asked from then on is answered from the new version.
func TestReingestInAnOpenConversation(t *testing.T) {
	b, base := browser(t), talkingService(t)
	other, r := openReader(t, b, base), openReader(t, b, base)
	report := func(agents string) string {
		return "# Rapport du port\n\n## Moyens\n\nLa capitainerie de Landrezec emploie " + agents + " agents permanents.\n"
	}
	other.drop("port.md", report("137"), false)
	r.visit("/")
	const question = "Combien d’agents permanents emploie la capitainerie de Landrezec ?"
	r.send(question)
	wants(t, "first", r.answer(1), "137")
	wants(t, "proof", r.proof(1), "137 agents", "!remplacée")
	other.drop("port.md", report("152"), true)

	wants(t, "first, after", r.answer(1), "137", "!152")
	wants(t, "proof, after", r.proof(1), "137 agents", "Cette version a été remplacée depuis")
	shoot(t, r.ctx, "replaced-1280")
	r.send("Et combien d’agents permanents emploie-t-elle ?")
	wants(t, "second", r.answer(2), "152", "!137")
	wants(t, "its proof", r.proof(2), "152 agents", "!remplacée")
	r.do(chromedp.Reload())
	r.until(`document.querySelectorAll("article.turn").length === 2 && document.querySelector(".checks button:not([hidden])")`)
	wants(t, "second, reloaded", r.answer(2), "152")
	wants(t, "first, reloaded", r.read(`document.querySelector("article.turn").innerText`), "137", "Remplacé depuis cette réponse")
	wants(t, "second, its notes", r.read(`document.querySelectorAll("article.turn")[1].innerText`), "152", "!Remplacé depuis")
	wants(t, "proof, reloaded", r.proof(1), "137 agents", "Cette version a été remplacée depuis")
	r.do(chromedp.Click(chromedp.CSS("#proof .callout a")))
	r.until(`document.querySelector("#proof").innerText.includes("152 agents")`)
}

// TestTwoTabs asks in two tabs at once: each gets its own answer in its own conversation; what one tab deletes, the
// other no longer finds, and it goes on in a new conversation when it tries again.
func TestTwoTabs(t *testing.T) {
	b, base := browser(t), talkingService(t)
	one, two := openReader(t, b, base), openReader(t, b, base)
	one.drop("port.md", "# Port\n\nLa capitainerie de Landrezec emploie 137 agents permanents.\n\nLe port de Landrezec compte 48 quais.\n", false)
	one.visit("/")
	two.visit("/")
	one.send("Combien d’agents permanents emploie la capitainerie ?")
	two.send("Combien de quais compte le port de Landrezec ?")
	wants(t, "one", one.answer(1), "137", "!48")
	wants(t, "two", two.answer(1), "48", "!137")
	first, second := one.read(`location.pathname`), two.read(`location.pathname`)
	if first == second || filepath.Dir(first) != "/conversations" || filepath.Dir(second) != "/conversations" {
		t.Fatalf("conversations %s and %s", first, second)
	}
	one.send("Combien de quais ?")
	two.send("Combien d’agents ?")
	wants(t, "one again", one.answer(2), "48")
	wants(t, "two again", two.answer(2), "137")
	one.do(chromedp.Reload())
	one.until(`document.querySelectorAll("article.turn").length === 2`)
	wants(t, "one, reloaded", one.read(`[...document.querySelectorAll("article.turn h2")].map((h) => h.innerText).join("\n")`), "Combien d’agents permanents", "Combien de quais ?", "!quais compte")

	two.visit("/conversations")
	two.until(`document.querySelectorAll(".talk").length === 2`)
	two.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector('.talk form[action="%s/delete"] button').click()`, first)))
	two.until(`document.querySelector(".callout.good") && document.querySelectorAll(".talk").length === 1`)
	one.send("Combien d’agents permanents ?")
	one.until(`document.querySelector(".problem")?.innerText.includes("Cette conversation n’existe pas")`)
	one.do(chromedp.Click(chromedp.CSS(".problem [data-do=again]")))
	wants(t, "one, in a new conversation", one.answer(3), "137")
	if third := one.read(`location.pathname`); third == first || third == second {
		t.Errorf("it goes on in %s", third)
	}
	one.visit(first)
	one.until(`document.querySelector("main p").textContent.startsWith("Cette conversation n’existe pas")`)
	two.visit(second)
	two.until(`document.querySelectorAll("article.turn").length === 2`)
}
