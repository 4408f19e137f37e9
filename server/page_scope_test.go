package server

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"rapporteur/qa"
	"rapporteur/server/wire"
)

// scopesOf has an asker remember where it was asked to look; scopes gives that, in order.
func scopesOf(inner askerFunc) (asker askerFunc, scopes func() []qa.Scope) {
	var mu sync.Mutex
	var asked []qa.Scope
	return func(q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
			mu.Lock()
			asked = append(asked, q.Scope)
			mu.Unlock()
			return inner(q, emit)
		}, func() []qa.Scope {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(asked)
		}
}

// TestPageScope asks one document alone, with and without scripts, sees it named, and takes it away again.
func TestPageScope(t *testing.T) {
	asker, scopes := scopesOf(reportAsker(t))
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
	asked := scopes()
	if len(asked) != 3 || !slices.Equal(asked[1].Documents, []qa.DocumentID{"d-bilan"}) || asked[0].AsOf.IsZero() || len(asked[2].Documents) != 0 {
		t.Errorf("the scopes asked are %+v", asked)
	}
}

// TestPageOffersReports: where two years of a report answer, the page offers each of them alone, the same with and
// without scripts, and asks the one that is chosen.
func TestPageOffersReports(t *testing.T) {
	asker, scopes := scopesOf(func(q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
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
	asked := scopes()
	if last := asked[len(asked)-1]; !slices.Equal(last.Documents, []qa.DocumentID{"d-bilan"}) {
		t.Errorf("asked of %+v", last)
	}
}

// TestPageScopeOfYear picks a year, asks the reports of that year, and finds it again in the conversation, where it is
// taken away, by the script and without it.
func TestPageScopeOfYear(t *testing.T) {
	store := sqliteConversations(t)
	asker, scopes := scopesOf(named(reportAsker(t)))
	server := pageServer(t, asker, reportLibrary(), func(s *Server) { s.Conversations = store })
	b := openTab(t, server)
	const years = `[...document.querySelectorAll("select[name=year] option")].map((o) => o.value).join(" ")`
	const tags = `[...document.querySelectorAll(".tag > span")].map((e) => e.textContent).join(", ")`
	b.visit("/")
	if got := eval[string](b, years); got != " 2024 2023" {
		t.Errorf("the years to choose from are %q", got)
	}
	eval[bool](b, `document.querySelector("select[name=year]").value = "2024", true`)
	b.ask("Combien d’agents ?")
	b.wait(`location.pathname.startsWith("/conversations/")`)
	talk := eval[string](b, `location.pathname`)
	b.visit(talk)
	if got := eval[string](b, tags); got != "rapports de 2024" {
		t.Errorf("the conversation is narrowed to %q", got)
	}
	b.shotAll("scope year")
	b.ask("Et le budget ?")
	b.visit(talk)
	b.run(click(".tag a"))
	b.wait(`location.pathname === "` + talk + `" && !document.querySelector(".tag") && document.querySelector(".turn")`)
	b.disableScripts()
	b.visit(talk + "?scope=1&document=d-bilan&version=v-b&year=2024")
	if got := eval[string](b, tags); got != "Bilan MiNumEco 2024, Version du 12\u00a0juin\u00a02025, rapports de 2024" {
		t.Errorf("the address narrows to %q", got)
	}
	b.run(chromedp.SendKeys(chromedp.CSS("#question"), "Et les écoles ?"), click(".ask .btn.primary"))
	b.wait(`document.querySelectorAll(".turn").length === 3`)
	if got := eval[string](b, tags); got != "Bilan MiNumEco 2024, Version du 12\u00a0juin\u00a02025, rapports de 2024" {
		t.Errorf("the conversation then remembers %q", got)
	}
	asked := scopes()
	if len(asked) != 3 || len(asked[2].Versions) != 1 {
		t.Fatalf("asked of %+v", asked)
	}
	for _, s := range asked[:2] {
		if !slices.Contains(s.Documents, "d-bilan") || slices.Contains(s.Documents, "d-long") && !strings.Contains(longTitle, "2024") {
			t.Errorf("reports of 2024 are %v", s.Documents)
		}
	}
}

// TestScopeOfYear narrows a request by the year that titles name.
func TestScopeOfYear(t *testing.T) {
	t.Parallel()
	list := []qa.Listed{
		{Document: qa.Document{ID: "a", Title: "Bilan 2023", Live: "v"}}, {Document: qa.Document{ID: "b", Title: "Bilan 2023-2024", Live: "v"}},
		{Document: qa.Document{ID: "c", Title: "Note 20245", Live: "v"}},
	}
	s := newServer(&parts{documents: func(context.Context, qa.Scope, qa.DocumentID, int) ([]qa.Listed, error) { return list, nil }})
	p := qa.Principal{Read: qa.Scope{Everything: true}}
	for year, want := range map[string][]qa.DocumentID{"2023": {"a", "b"}, "2024": {"b"}} {
		got, err := s.scope(t.Context(), p, "", &wire.ScopeRequest{Year: year})
		if err != nil || !slices.Equal(got.Documents, want) || !got.Everything {
			t.Errorf("%s: %+v, %v; want %v", year, got, err, want)
		}
	}
	if got, err := s.scope(t.Context(), p, "", &wire.ScopeRequest{Year: "2019"}); err != nil || got.Everything {
		t.Errorf("a year that no title names reads %+v, %v", got, err)
	}
	for _, year := range []string{"24", "20245", "hier", "2023 2024", "1850"} {
		if _, err := s.scope(t.Context(), p, "", &wire.ScopeRequest{Year: year}); qa.CodeOf(err) != "field_invalid" {
			t.Errorf("%q: %v", year, err)
		}
	}
}
