package server

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"rapporteur/qa"
)

// TestPageScope asks one document alone, with and without scripts, sees it named, and takes it away again.
func TestPageScope(t *testing.T) {
	var mu sync.Mutex
	var asked []qa.Scope
	asker := askerFunc(func(q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
		mu.Lock()
		asked = append(asked, q.Scope)
		mu.Unlock()
		return reportAsker(t)(q, emit)
	})
	server := pageServer(t, asker, reportLibrary())
	_, body := getPage(t, server.Client(), server.URL+"/?q=agents&document=d-bilan&document=d-none&as_of=2024-12-31")
	for _, want := range []string{"Bilan MiNumEco 2024</span>", "versions en vigueur le 2024-12-31", `name="document" value="d-none"`, "/?as_of=2024-12-31&amp;document=d-none&amp;q=agents"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing", want)
		}
	}
	b := openTab(t, server)
	b.visit("/documents/d-bilan/pages/1")
	b.run(click(`a[href="/?document=d-bilan"]`))
	b.wait(`document.querySelector(".tag")?.textContent.includes("Bilan MiNumEco 2024")`)
	b.ask("Combien d’agents ?")
	b.shotAll("scope")
	if got := eval[string](b, `new URLSearchParams(location.search).get("document")`); got != "d-bilan" {
		t.Errorf("the address of the answer names the document %q", got)
	}
	b.visit("/?document=d-bilan")
	b.run(click(".tag a"))
	b.wait(`location.pathname + location.search === "/" && !document.querySelector(".tag")`)
	b.ask("Combien d’agents ?")
	mu.Lock()
	defer mu.Unlock()
	if len(asked) != 3 || !slices.Equal(asked[1].Documents, []qa.DocumentID{"d-bilan"}) || asked[0].AsOf.IsZero() || len(asked[2].Documents) != 0 {
		t.Errorf("the scopes asked are %+v", asked)
	}
}

// TestPageOffersReports: where two years of a report answer, the page offers each of them alone, the same with and
// without scripts, and asks the one that is chosen.
func TestPageOffersReports(t *testing.T) {
	var mu sync.Mutex
	var asked []qa.Scope
	asker := askerFunc(func(q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
		mu.Lock()
		asked = append(asked, q.Scope)
		mu.Unlock()
		a := qa.Answer{Answered: true, Language: "fr", Asked: q.Text, Standalone: q.Text, Text: "L’un [1], l’autre [2].", Citations: []qa.Citation{
			cite(t, 1, reportID, "Rapport <img src=x onerror=alert(1)> 2023", quoteAgents), cite(t, 2, "d-bilan", "Rapport <img src=x onerror=alert(1)> 2024", quoteAgents)}}
		a.Sentences = []qa.Sentence{{Text: a.Text, Citations: []int{1, 2}, Verdict: qa.SentenceSupported}}
		return a, nil
	})
	b := openTab(t, pageServer(t, asker, reportLibrary()))
	const choices = `document.querySelector(".choices").outerHTML.replace(/\s+/g, " ")`
	b.visit("/?q=budget+%26+agents")
	want := eval[string](b, choices)
	b.visit("/")
	b.ask("budget & agents")
	if got := eval[string](b, choices); got != want {
		t.Errorf("the script offers\n%s\nthe server\n%s", got, want)
	}
	b.shotAll("choices")
	b.run(click(".choices a"))
	b.wait(`document.querySelector(".tag")?.textContent.includes("Bilan MiNumEco 2024") && document.querySelector(".q")?.textContent === "budget & agents"`)
	mu.Lock()
	defer mu.Unlock()
	if last := asked[len(asked)-1]; !slices.Equal(last.Documents, []qa.DocumentID{"d-bilan"}) {
		t.Errorf("asked of %+v", last)
	}
}
