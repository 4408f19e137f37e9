package server

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"rapporteur/qa"
)

// axe reads axe-core from the file that RAPPORTEUR_AXE names: test.sh installs it.
func axe(t *testing.T) string {
	t.Helper()
	path := os.Getenv("RAPPORTEUR_AXE")
	if path == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("RAPPORTEUR_AXE names no axe.min.js, and CI needs it")
		}
		t.Skip("skipped: RAPPORTEUR_AXE names no axe.min.js (npm install axe-core)")
	}
	script, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}

// violation is what axe-core found on a state of the page.
type violation struct {
	ID     string   `json:"id"`
	Impact string   `json:"impact"`
	Nodes  []string `json:"nodes"`
}

const runAxe = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
  .then(r => r.violations.map(v => ({id: v.id, impact: v.impact, nodes: v.nodes.map(n => n.html.slice(0, 200))})))`

// TestPageAccessibility checks every state of the page with axe-core, in both themes and languages, wide and narrow:
// it must find nothing at all, the advice of its best practices included.
func TestPageAccessibility(t *testing.T) {
	script := axe(t)
	library := reportLibrary()
	library.docs = append(library.docs, rightToLeft())
	server := pageServer(t, named(manyAsker(t)), library, func(s *Server) { s.Feedback = sqliteJudging(t) })
	states := 0
	for _, language := range []string{"fr", "en"} {
		for _, theme := range []string{"light", "dark"} {
			for _, width := range []int64{1280, 320} {
				b := openTab(t, server)
				call(b, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": language}})
				b.theme(theme)
				b.size(width, 800)
				states += b.checkStates(script, fmt.Sprintf("%s, %s, %d", language, theme, width))
			}
		}
	}
	t.Logf("%d states checked", states)
}

// checkStates goes through the states of the page and gives how many there were.
func (b *tab) checkStates(script, name string) (states int) {
	check := func(state string) {
		states++
		b.shot("state " + state + " " + name)
		b.run(chromedp.Evaluate[chromedp.Void](script))
		found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]violation](runAxe, chromedp.EvalAwaitPromise))
		if err != nil {
			b.Fatal(err)
		}
		for _, v := range found {
			b.Errorf("%s (%s): %s %s: %s", state, name, v.Impact, v.ID, strings.Join(v.Nodes, "\n"))
		}
		if over := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
			b.Errorf("%s (%s): %d pixels too wide", state, name, over)
		}
	}
	b.visit("/")
	check("home")
	b.run(click("#keys-open"))
	check("keys")
	b.run(chromedp.KeyEvent("\x1b"))
	b.ask("Combien d’agents ?")
	check("answer")
	eval[bool](b, `document.querySelectorAll("details").forEach(d => d.open = true), true`)
	check("answer with all its parts open")
	b.run(click(".vote [value=no]"), visible(".vote .note"))
	check("what is wrong with an answer")
	b.run(click(".vote [value=no]"))
	b.run(click(".answer .chip"))
	b.wait(`document.querySelector("#proof mark")`)
	check("proof")
	eval[bool](b, `document.querySelector("[data-do=close]").click(), true`)
	b.ask("Quel est le budget ?")
	check("refusal")
	b.ask("Doutes ?")
	check("doubts and a weaker mode")
	b.ask("Quarante ?")
	check("forty citations")
	b.ask("Une panne ?")
	check("failure")
	for _, path := range []string{"/library", "/library/" + string(reportID), "/documents/" + string(reportID) + "/pages/2", "/documents/d-rtl/pages/1", "/accessibility", "/legal", "/documents/none/pages/1"} {
		b.visit(path)
		check(path)
	}
	return states
}

// rightToLeft is a document in Arabic.
func rightToLeft() pageDocument {
	text := pageText{}
	text.Add(qa.BlockHeading, 1, "تقرير النشاط السنوي")
	text.Add(qa.BlockParagraph, 0, "بلغ عدد سكان المدينة 24 671 نسمة في عام 2023، أي بزيادة قدرها 353 نسمة عن عام 2022.")
	return pageDocument{
		Document: qa.Document{ID: "d-rtl", Collection: qa.DefaultCollection, Title: "تقرير النشاط 2023", Source: "rapport-ar.docx", Live: "v-rtl"},
		versions: []qa.Version{{ID: "v-rtl", Document: "d-rtl", State: qa.StateLive, Verdict: qa.VerdictIngested, Embedded: 1, Language: "ar"}},
		texts:    map[qa.VersionID]qa.Text{"v-rtl": text.Text},
	}
}

// manyAsker answers as reportAsker does, and knows answers of other kinds: partly proved ones in a weaker mode, and
// one with forty citations.
func manyAsker(t testing.TB) askerFunc {
	plain := reportAsker(t)
	return func(q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
		a := qa.Answer{Answered: true, Language: "fr", Mode: qa.ModeGenerated, Asked: q.Text, Standalone: q.Text, Documents: 14, Passages: 8}
		switch q.Text {
		case "Doutes ?":
			a.Degraded, a.DegradedReason = true, "model_cut"
			a.Citations = []qa.Citation{cite(t, 1, reportID, "Rapport d’activité 2023-2024", quoteAgents)}
			for _, s := range []qa.Sentence{
				{Text: "Une phrase prouvée [1].", Citations: []int{1}, Verdict: qa.SentenceSupported},
				{Text: "Une phrase en partie prouvée [1].", Citations: []int{1}, Verdict: qa.SentencePartly},
				{Text: "Une phrase sans preuve.", Verdict: qa.SentenceUnsupported},
			} {
				a.Sentences, a.Text = append(a.Sentences, s), a.Text+s.Text+" "
			}
			return a, nil
		case "Quarante ?":
			for n := 1; n <= 40; n++ {
				a.Citations = append(a.Citations, cite(t, n, reportID, longTitle, quoteAgents))
				s := fmt.Sprintf("Phrase numéro %d [%d].", n, n)
				a.Sentences = append(a.Sentences, qa.Sentence{Text: s, Citations: []int{n}, Verdict: qa.SentenceSupported})
				a.Text += s + " "
			}
			return a, nil
		}
		return plain(q, emit)
	}
}
