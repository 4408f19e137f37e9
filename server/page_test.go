package server

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"

	"rapporteur/qa"
)

// hostile strings must come out as text wherever they are shown.
var hostile = [...]string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `javascript:alert(1)`,
	`{{.}}`, `</textarea><script>`, "a\u202eb\u2066c", `<!--`, `&lt;b&gt;`,
}

func TestPagesEscapeHostileText(t *testing.T) {
	t.Parallel()
	for _, h := range hostile {
		library := reportLibrary()
		d := &library.docs[0]
		d.Title, d.Source = h, h
		text := qa.Text{Content: h + " " + h, Blocks: []qa.Block{{Span: qa.Span{End: len(h)}, Kind: qa.BlockHeading, Level: 1}}}
		d.texts["v-b"] = text
		asker := askerFunc(func(q qa.Question, _ func(qa.Event) error) (qa.Answer, error) {
			c := qa.Citation{Number: 1, Document: "d-bilan", Version: "v-b", Title: h, Quote: h, Section: []string{h}, Span: qa.Span{End: len(h)}}
			return qa.Answer{Answered: true, Text: h + " [1]", Language: h, Citations: []qa.Citation{c}, Standalone: h,
				Sentences: []qa.Sentence{{Text: h, Verdict: qa.SentenceVerdict(h)}}}, nil
		})
		server := pageServer(t, asker, library)
		for _, path := range []string{
			"/?" + "q=" + escaped(h) + "&collection=" + escaped(h) + "&previous=" + escaped(h), "/library",
			"/library?notice=" + escaped(h), "/library?after=" + escaped(h),
			fmt.Sprintf("/documents/d-bilan/pages/1?version=v-b&start=0&end=%d", len(h)),
		} {
			_, body := getPage(t, server.Client(), server.URL+path)
			rest := strings.ReplaceAll(body, `<script type="module" src="/static/`, "")
			rest = strings.ReplaceAll(rest, `<script type="application/json" id="texts">`, "")
			for _, bad := range []string{"<script", "<img", "onmouseover='", `href="javascript:`, " style=", "<!--"} {
				if strings.Contains(rest, bad) {
					t.Errorf("%s with %q holds %s", path, h, bad)
				}
			}
		}
	}
}

func escaped(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

func TestPageOfDocument(t *testing.T) {
	t.Parallel()
	server := pageServer(t, reportAsker(t), reportLibrary())
	mark := spanOf(t, reportText(), quoteAgents)
	span := fmt.Sprintf("&start=%d&end=%d", mark.Start, mark.End)
	for name, c := range map[string]struct {
		path   string
		status int
		has    []string
		hasNot []string
	}{
		"marked": {
			"/documents/d-rapport/pages/2?version=v-2" + span, 200,
			[]string{`<mark id="mark" tabindex="-1">` + quoteAgents + `</mark>`, "Page 2 sur 3 (imprimée 10)", "Version du 12\u00a0mai\u00a02025", `lang="fr" dir="auto"`, `rel="prev"`, `rel="next"`, "<td>180</td>", `<th scope="col">Agents</th>`},
			[]string{"rien n’est surligné"},
		},
		"span of another page":  {"/documents/d-rapport/pages/1?version=v-2" + span, 200, []string{"rien n’est surligné"}, []string{"<mark"}},
		"span beyond the text":  {"/documents/d-rapport/pages/2?start=99999&end=999999", 200, []string{"rien n’est surligné"}, []string{"<mark"}},
		"span that is no span":  {"/documents/d-rapport/pages/2?start=x&end=", 200, []string{"rien n’est surligné"}, []string{"<mark"}},
		"span across pages":     {fmt.Sprintf("/documents/d-rapport/pages/1?start=0&end=%d", mark.End), 200, []string{"<mark", fmt.Sprintf("pages/2?end=%d&amp;start=0", mark.End)}, nil},
		"page without text":     {"/documents/d-rapport/pages/3", 200, []string{"pas de texte lisible"}, []string{"<mark", `rel="next"`}},
		"old version":           {"/documents/d-rapport/pages/2?version=v-1" + span, 200, []string{"remplacée", `href="/documents/d-rapport/pages/2"`, quoteAgents}, nil},
		"format without pages":  {"/documents/d-long/pages/1", 200, []string{quoteAgents}, []string{"Page 1"}},
		"unknown page":          {"/documents/d-rapport/pages/4", 404, []string{"n’existe pas"}, nil},
		"page that is no page":  {"/documents/d-rapport/pages/x", 404, nil, nil},
		"unknown document":      {"/documents/d-nothing/pages/1", 404, nil, []string{"Aucun document pour l’instant"}},
		"unknown version":       {"/documents/d-rapport/pages/1?version=v-9", 404, nil, nil},
		"second page of no one": {"/documents/d-long/pages/2", 404, nil, nil},
		"fragment":              {"/documents/d-rapport/pages/2?fragment=1" + span, 200, []string{`<article class="evidence">`, quoteAgents + "</mark>"}, []string{"<html", "class=\"rail\""}},
	} {
		status, body := getPage(t, server.Client(), server.URL+c.path)
		if status != c.status {
			t.Errorf("%s: status %d, want %d", name, status, c.status)
		}
		for _, want := range c.has {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %q is missing", name, want)
			}
		}
		for _, unwanted := range c.hasNot {
			if strings.Contains(body, unwanted) {
				t.Errorf("%s: %q should not be there", name, unwanted)
			}
		}
	}
}

func TestLongTextIsShownInParts(t *testing.T) {
	t.Parallel()
	library := reportLibrary()
	var b pageText
	for i := range 3000 {
		b.Add(qa.BlockParagraph, 0, fmt.Sprintf("Le paragraphe numéro %d parle de peu.", i))
	}
	library.docs[2].texts["v-l"] = b.Text
	server := pageServer(t, reportAsker(t), library)
	mark := spanOf(t, b.Text, "Le paragraphe numéro 1500 parle de peu.")
	_, body := getPage(t, server.Client(), fmt.Sprintf("%s/documents/d-long/pages/1?start=%d&end=%d", server.URL, mark.Start, mark.End))
	if !strings.Contains(body, ">Le paragraphe numéro 1500 parle de peu.</mark>") || len(body) > 90_000 {
		t.Errorf("the part around the mark has %d bytes", len(body))
	}
	seen := map[int]bool{}
	path, parts := "/documents/d-long/pages/1", 0
	for path != "" && parts < 10 {
		_, body = getPage(t, server.Client(), server.URL+path)
		for i := range 3000 {
			if strings.Contains(body, fmt.Sprintf("numéro %d parle", i)) {
				seen[i] = true
			}
		}
		parts++
		_, rest, found := strings.Cut(body, `rel="next" href="`)
		path = ""
		if found {
			path, _, _ = strings.Cut(strings.ReplaceAll(rest, "&amp;", "&"), `"`)
		}
	}
	if len(seen) != 3000 || parts < 3 {
		t.Errorf("turning %d parts shows %d of 3000 paragraphs", parts, len(seen))
	}
}

func TestPageAnswersWithoutScripts(t *testing.T) {
	t.Parallel()
	asked := make(chan qa.Question, 8)
	asker := askerFunc(func(q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
		asked <- q
		return reportAsker(t)(q, emit)
	})
	server := pageServer(t, asker, reportLibrary())
	status, body := getPage(t, server.Client(), server.URL+"/?q=Et+son+budget+%3F&previous=Quel+est+le+budget+%3F&collection=default")
	for _, want := range []string{
		"Les documents ne le disent pas.", "Aucun des 14 documents cherchés", "Passages les plus proches", quoteBudget,
		"Comprise comme", `name="previous" value="Quel est le budget de la Dinum en 2023 ?"`, `<title>Et son budget ? – Rapporteur</title>`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing", want)
		}
	}
	got := <-asked
	if status != 200 || len(got.History) != 1 || got.History[0].Content != "Quel est le budget ?" || !got.Scope.Holds("default") || got.Scope.Everything {
		t.Errorf("status %d, question %+v", status, got)
	}
	status, body = getPage(t, server.Client(), server.URL+"/?q=une+panne")
	if status != http.StatusServiceUnavailable || !strings.Contains(body, "Réessayer") {
		t.Errorf("a busy service gives %d", status)
	}
	status, body = getPage(t, server.Client(), server.URL+"/?q="+strings.Repeat("a", 5000))
	if status != http.StatusBadRequest || strings.Contains(body, "Réessayer</a>") {
		t.Errorf("too long a question gives %d", status)
	}
}

func TestLanguageIsRemembered(t *testing.T) {
	t.Parallel()
	server := pageServer(t, reportAsker(t), reportLibrary())
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	if _, body := getPage(t, client, server.URL+"/"); !strings.Contains(body, `<html lang="fr">`) {
		t.Error("the page is not in French by default")
	}
	r, err := client.Get(server.URL + "/library?lang=en")
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if r.Request.URL.RawQuery != "" {
		t.Errorf("the address keeps %q", r.Request.URL.RawQuery)
	}
	sent := r.Request.Response.Header.Get("Set-Cookie")
	if !strings.Contains(sent, "SameSite=Strict") || !strings.Contains(sent, "HttpOnly") {
		t.Errorf("cookie: %q", sent)
	}
	if _, body := getPage(t, client, server.URL+"/"); !strings.Contains(body, `<html lang="en">`) || !strings.Contains(body, "Ask your reports a question") {
		t.Error("the choice of English is forgotten")
	}
}

func TestLibraryPageStates(t *testing.T) {
	t.Parallel()
	server := pageServer(t, reportAsker(t), reportLibrary())
	_, body := getPage(t, server.Client(), server.URL+"/library")
	for _, want := range []string{
		"Lu en partie", "2 pages sans texte", "3, 4", "Illisible", "c’est sans doute une numérisation",
		"Prêt, index en cours (40\u00a0%)", "Collection archives", "2 versions", longTitle, `data-pending`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

func TestPostsFromElsewhereAreRefused(t *testing.T) {
	t.Parallel()
	library := reportLibrary()
	server := pageServer(t, reportAsker(t), library)
	for _, header := range []struct{ name, value string }{{"Origin", "https://mechant.example"}, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}} {
		r, err := http.NewRequest(http.MethodPost, server.URL+"/library/d-bilan/remove", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(header.name, header.value)
		answer, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusForbidden || !library.holds("d-bilan") {
			t.Errorf("%s %s: status %d", header.name, header.value, answer.StatusCode)
		}
	}
}
