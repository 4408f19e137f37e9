package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"rapporteur/qa"
)

// watchful is run before anything of a page: it takes down what a payload that runs would do, and what the policy refused.
const watchful = `window.ran = [];
for (const f of ["alert", "confirm", "prompt", "open", "eval"]) window[f] = () => window.ran.push(f);
document.addEventListener("securitypolicyviolation", (e) => window.ran.push(e.violatedDirective + " " + e.blockedURI));`

// strangers lists what ran, and the elements and attributes that no page of ours has.
const strangers = `window.ran.concat([...document.querySelectorAll("*")].filter(e =>
  ["IFRAME", "OBJECT", "EMBED", "IMG", "VIDEO", "AUDIO", "STYLE", "BASE", "MARQUEE", "image", "script", "foreignObject", "animate", "math"].includes(e.tagName)
  || e.tagName === "SCRIPT" && !e.src.startsWith(location.origin + "/static/") && e.type !== "application/json"
  || e.tagName === "LINK" && !e.href.startsWith(location.origin + "/static/")
  || [...e.attributes].some(a => a.name.startsWith("on") || a.name === "srcdoc" || a.name === "formaction" || a.name === "style" && e.id !== "preview")
  || e.tagName === "A" && e.origin !== location.origin).map(e => e.outerHTML.slice(0, 120)))`

// watch makes the tab take down from now on what runs on its pages.
func (b *tab) watch() {
	b.Helper()
	call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchful})
}

// clean fails when something ran on the page, or when it holds what is not ours.
func (b *tab) clean(state string) {
	b.Helper()
	if found := eval[[]string](b, strangers); len(found) > 0 {
		b.Errorf("%s: %q", state, found)
	}
}

// put asks a question at once, without typing it.
func (b *tab) put(question string) {
	b.Helper()
	text, err := json.Marshal(question)
	if err != nil {
		b.Fatal(err)
	}
	n := eval[int](b, fmt.Sprintf(`(n => (document.querySelector("#question").value = %s, document.querySelector("#ask").requestSubmit(), n))(document.querySelectorAll(".turn").length)`, text))
	b.wait(fmt.Sprintf(`document.querySelectorAll(".turn").length > %d && !document.querySelector("[aria-busy=true]")`, n))
}

// refusing knows every file name already.
type refusing struct{ *pageLibrary }

func (refusing) Accept(_ context.Context, u qa.Upload, file io.Reader) (qa.Receipt, error) {
	_, err := io.Copy(io.Discard, file)
	if err != nil {
		return qa.Receipt{}, err
	}
	return qa.Receipt{}, qa.E(qa.Conflict, "source_exists", u.Source)
}

// TestPageRunsNoPayload shows 2,000 payloads of cross-site scripting to a browser, in every place where words of
// documents, models and users stand: not one runs, nothing is asked of another host, and nothing is left for the
// policy of the page to refuse.
func TestPageRunsNoPayload(t *testing.T) {
	const n = 2000
	lines := payloadLines(t, n)
	server := payloadServer(t, lines)
	b := openTab(t, server)
	b.watch()
	for i := range n / lot {
		b.visit("/")
		b.put(fmt.Sprintf("Lot %d", i))
		if got := eval[int](b, `document.querySelectorAll(".answer .chip").length`); got != lot {
			t.Errorf("lot %d shows %d citations", i, got)
		}
		eval[bool](b, `document.querySelectorAll("details").forEach(d => d.open = true), document.querySelector(".answer .chip").focus(), true`)
		b.wait(`document.querySelector("#preview")?.checkVisibility()`)
		b.clean(fmt.Sprintf("answer of lot %d", i))
		for _, path := range []string{
			fmt.Sprintf("/?q=Lot+%d", i), fmt.Sprintf("/documents/z-all/pages/%d", i+1), fmt.Sprintf("/conversations/c%05d", lot*i/20*20), fmt.Sprintf("/library/d%05d", lot*i),
		} {
			b.visit(path)
			b.clean(path)
		}
	}
	for i := 0; i < n; i += libraryLength {
		b.visit(fmt.Sprintf("/library?after=d%05d", i))
		b.clean("library")
	}
	pages := 0
	for b.visit("/conversations"); ; pages++ {
		b.clean("conversations")
		if !eval[bool](b, `!!document.querySelector("a[rel=next]")`) {
			break
		}
		b.visit(eval[string](b, `(a => a.pathname + a.search)(document.querySelector("a[rel=next]"))`))
	}
	if pages == 0 {
		t.Error("the conversations stand on one page")
	}
}

// TestPageShowsPayloadFileNames picks 200 files that are named after payloads.
func TestPageShowsPayloadFileNames(t *testing.T) {
	lines := payloadLines(t, 200)
	library := refusing{reportLibrary()}
	h, err := (&Server{Asker: reportAsker(t), Library: library, Ingester: library, Log: slog.New(slog.DiscardHandler)}).Handler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	b := openTab(t, server)
	b.watch()
	b.visit("/library")
	names, err := json.Marshal(lines)
	if err != nil {
		t.Fatal(err)
	}
	b.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`{
	  const files = new DataTransfer();
	  for (const name of %s) files.items.add(new File(["x"], name));
	  document.querySelector("#file").files = files.files;
	  document.querySelector("#file").dispatchEvent(new Event("change"));
	}`, names)))
	b.wait(fmt.Sprintf(`document.querySelectorAll(".upload-line").length === %d && [...document.querySelectorAll(".upload-line")].every(l => l.querySelector("progress").hidden)`, len(lines)))
	b.clean("upload")
	shown := eval[[]string](b, `[...document.querySelectorAll(".upload-name")].map(e => e.textContent).reverse()`)
	for i, line := range lines {
		if shown[i] != line {
			t.Errorf("%q is shown as %q", line, shown[i])
		}
	}
}
