package server

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// talkServer is pageServer with conversations that are kept.
func talkServer(t testing.TB) *httptest.Server {
	t.Helper()
	library := reportLibrary()
	s := &Server{
		Asker: reportAsker(t), Library: library, Ingester: library, Conversations: sqliteConversations(t), Log: slog.New(slog.DiscardHandler),
	}
	h, err := s.Handler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

// TestPageConversation asks, follows up, reloads, finds the conversation again, renames it, goes on and erases it.
func TestPageConversation(t *testing.T) {
	b := openTab(t, talkServer(t))
	b.visit("/")
	b.ask("Combien d’agents compte la Dinum ?")
	address := eval[string](b, `location.pathname`)
	if !strings.HasPrefix(address, "/conversations/") {
		t.Fatalf("the answer is not kept: %s", address)
	}
	b.ask("Et quel est son budget en 2023 ?")
	understood := `[...document.querySelectorAll(".turn")].at(-1).querySelector(".asof")?.textContent.includes("Quel est le budget de la Dinum en 2023")`
	b.wait(understood)
	b.run(chromedp.Reload())
	b.wait(`document.querySelectorAll("article.turn").length === 2 && document.querySelector("#turn-2")`)
	b.wait(understood)
	b.wait(`document.querySelector(".checks button:not([hidden])")`) // the script is there
	b.run(click(`#turn-1 .chip[data-n="1"]`))
	b.wait(fmt.Sprintf(`document.querySelector("#proof mark")?.textContent === %q`, quoteAgents))
	b.shotAll("conversation")
	b.visit(address)

	b.run(click(`.menu a[href="/conversations"]`), visible(".talk"))
	if got := eval[string](b, `document.querySelector(".talk h3").textContent`); got != "Combien d’agents compte la Dinum ?" {
		t.Errorf("title %q", got)
	}
	b.shotAll("conversations")
	b.run(click(".talk-rename summary"), visible(".talk-rename input[name=title]"))
	eval[bool](b, `(document.querySelector(".talk-rename input[name=title]").value = "", true)`)
	b.run(chromedp.SendKeys(chromedp.CSS(".talk-rename input[name=title]"), "Effectifs\r"))
	b.wait(`document.querySelector(".talk h3")?.textContent === "Effectifs" && document.querySelector(".callout.good")`)
	b.run(chromedp.SendKeys(chromedp.CSS("#words"), "BUDGET\r"))
	b.wait(`location.search.includes("BUDGET") && document.querySelectorAll(".talk").length === 1`)
	b.run(click(".talk h3 a"), visible("#turn-2"))
	b.wait(`document.querySelector(".checks button:not([hidden])")`)
	b.ask("Combien d’agents encore ?")
	if got := eval[string](b, `location.pathname`); got != address {
		t.Errorf("the conversation went on at %s, not %s", got, address)
	}
	b.run(chromedp.Reload())
	b.wait(`document.querySelectorAll("article.turn").length === 3`)

	b.visit("/conversations")
	b.run(click(".talk .talk-delete summary"), visible(".talk .btn.danger"))
	b.shotAll("conversations-delete")
	b.size(320, 640)
	if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > 320 {
		t.Errorf("the list is %d pixels wide on a screen of 320", wide)
	}
	small := eval[[]string](b, `[...document.querySelectorAll("main a, main button, main summary, main input")].filter(e => e.checkVisibility())
		.filter(e => { const r = e.getBoundingClientRect(); return r.width < 24 || r.height < 24 }).map(e => e.outerHTML.slice(0, 120))`)
	if len(small) > 0 {
		t.Errorf("targets under 24 px: %q", small)
	}
	b.size(1280, 900)
	b.run(click(".talk .btn.danger"))
	b.wait(`document.querySelector(".callout.good") && !document.querySelector(".talk")`)
	b.shotAll("conversations-empty")
	b.visit(address)
	if got := eval[string](b, `document.querySelector("main p").textContent`); !strings.HasPrefix(got, "Cette conversation n’existe pas") {
		t.Errorf("the erased conversation says %q", got)
	}
}

// TestPageConversationWithoutScripts does the same by forms and links alone.
func TestPageConversationWithoutScripts(t *testing.T) {
	b := openTab(t, talkServer(t))
	b.disableScripts()
	b.visit("/")
	for i, question := range []string{"Combien d’agents ?", "Et quel est son budget ?"} {
		b.run(chromedp.SendKeys(chromedp.CSS("#question"), question), click(".ask .btn"), visible(fmt.Sprintf("#turn-%d", i+1)))
	}
	b.run(chromedp.Reload(), visible("#turn-2"))
	if n := eval[int](b, `document.querySelectorAll("article.turn").length`); n != 2 {
		t.Errorf("%d turns after a reload", n)
	}
	b.run(click(`.menu a[href="/conversations"]`), click(".talk-rename summary"), visible(".talk-rename input[name=title]"),
		chromedp.SendKeys(chromedp.CSS(".talk-rename input[name=title]"), "Bis : "), click(".talk-rename .btn:not(summary)"), visible(".callout.good"))
	if got := eval[string](b, `document.querySelector(".talk h3").textContent`); got != "Bis : Combien d’agents ?" {
		t.Errorf("title %q", got)
	}
	b.run(click(".talk-delete.all summary"), click(".talk-delete.all .btn.danger"), visible(".note"))
	if got := eval[int](b, `document.querySelectorAll(".talk").length`); got != 0 {
		t.Errorf("%d conversations after all were erased", got)
	}
}
