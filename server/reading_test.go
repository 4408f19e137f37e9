package server

import (
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/wire"
)

func TestReadingJSON(t *testing.T) {
	t.Parallel()
	day := time.Date(2024, 2, 3, 4, 5, 6, 0, time.FixedZone("", 3600))
	p := &parts{reading: &qa.Reading{
		Created: day, Modified: day.AddDate(0, 1, 0), Attachments: []string{"annexe.xlsx"},
		Pages: []qa.PageReading{
			{Number: 1, Characters: 1200, Tables: 1, Images: 2, Repeated: 3, Hidden: map[qa.HiddenMeans]int{qa.HiddenColour: 40, qa.HiddenTiny: 2}},
			{Number: 2, Images: 1, Unread: "no_text"},
			{Number: 3, Unread: "blank"},
			{Number: 4, Characters: 300, Recognised: 300, Confidence: 0.5, Hidden: map[qa.HiddenMeans]int{qa.HiddenTiny: 1}},
			{Number: 5, Characters: 150, Recognised: 100, Confidence: 0.9},
		},
	}}
	h := handlerOf(t, newServer(p))
	w := serve(h, request(http.MethodGet, "/documents/d1/reading", ""))
	if w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	golden(t, "testdata/documents_reading.json", indented(t, w.Body.Bytes()))
	wantProblem(t, serve(h, request(http.MethodGet, "/documents/d1/reading?version=v9", "")), http.StatusNotFound, "version_unknown")
	wantProblem(t, serve(h, request(http.MethodGet, "/documents/zz/reading", "")), http.StatusNotFound, "document_unknown")
	r := request(http.MethodGet, "/documents/s1/reading", "")
	r.Header.Set("Authorization", "Bearer writer") // may not read the collection of s1
	wantProblem(t, serve(h, r), http.StatusNotFound, "document_unknown")
}

// unreadableSample is one document of which two pages could not be read.
func unreadableSample() []qa.Listed {
	return []qa.Listed{{
		Document: qa.Document{ID: "d-scan", Collection: qa.DefaultCollection, Title: "Convention numérisée", Source: "scan.pdf", Live: "v-s"},
		Newest:   qa.Version{ID: "v-s", State: qa.StateLive, Pages: 6, PagesWithoutText: []int{2, 5}},
	}}
}

// withUnread has the refusals of an asker name documents that could not be wholly read.
func withUnread(inner askerFunc, list []qa.Listed) askerFunc {
	return func(q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
		a, err := inner(q, emit)
		if a.Refusal != nil {
			a.Refusal.Unreadable = list
		}
		return a, err
	}
}

func TestRefusalNamesUnreadableDocuments(t *testing.T) {
	t.Parallel()
	server := pageServer(t, withUnread(reportAsker(t), unreadableSample()), reportLibrary())
	w, err := server.Client().Post(server.URL+"/ask", "application/json", strings.NewReader(`{"question":"budget"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	var a wire.Answer
	if err := json.NewDecoder(w.Body).Decode(&a); err != nil || a.Refusal == nil || len(a.Refusal.Unreadable) != 1 {
		t.Fatal(err, a)
	}
	if u := a.Refusal.Unreadable[0]; u.ID != "d-scan" || u.Version != "v-s" || u.Title != "Convention numérisée" || len(u.Pages) != 2 || u.Pages[1] != 5 {
		t.Errorf("named %+v", u)
	}
	_, body := getPage(t, server.Client(), server.URL+"/?q=budget")
	for _, want := range []string{
		"La réponse est peut-être dans un document qui n’a pas pu être lu en entier", "Convention numérisée",
		"2 pages non lues", `href="/library/d-scan?version=v-s"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// placedAsker cites a sheet, a slide and a recognised page.
func placedAsker(t testing.TB) askerFunc {
	return func(q qa.Question, _ func(qa.Event) error) (qa.Answer, error) {
		sheet := cite(t, 1, reportID, "Budget 2024", quoteAgents)
		sheet.PageUnit, sheet.PageLabel, sheet.Place, sheet.Header = qa.UnitSheet, "Dépenses", "Dépenses!A12:E12", "Année | Agents"
		slide := cite(t, 2, "d-bilan", "Diaporama", quotePublic)
		slide.PageUnit, slide.Page = qa.UnitSlide, 7
		scan := cite(t, 3, reportID, "Convention", quoteBudget)
		scan.Recognised = 0.926
		first, second := "La direction regroupe environ 200 agents [1].", "Le reste est dit ailleurs [2] [3]."
		return qa.Answer{
			Answered: true, Text: first + " " + second, Language: "fr", Mode: qa.ModeExtractive, Asked: q.Text, Standalone: q.Text,
			Documents: 3, Passages: 8, Citations: []qa.Citation{sheet, slide, scan},
			Sentences: []qa.Sentence{
				{Text: first, Citations: []int{1}, Verdict: qa.SentenceSupported},
				{Text: second, Citations: []int{2, 3}, Verdict: qa.SentenceSupported},
			},
		}, nil
	}
}

// speaker is a client that has chosen a language on the page.
func speaker(t *testing.T, server *httptest.Server, language string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	if _, body := getPage(t, client, server.URL+"/library?lang="+language); !strings.Contains(body, `<html lang="`+language+`">`) {
		t.Fatalf("the page does not speak %s", language)
	}
	return client
}

func TestAnswerPageSaysWhereAndHowSurely(t *testing.T) {
	t.Parallel()
	server := pageServer(t, placedAsker(t), reportLibrary())
	for language, want := range map[string][]string{
		"fr": {"Dépenses!A12:E12", "diapositive 7", "texte reconnu, confiance 93\u00a0%", "Colonnes\u00a0: Année | Agents"},
		"en": {"Dépenses!A12:E12", "slide 7", "recognised text, confidence 93%", "Columns: Année | Agents"},
	} {
		_, body := getPage(t, speaker(t, server, language), server.URL+"/?q=agents")
		_, sources, found := strings.Cut(body, `<details class="sources">`)
		if !found {
			t.Fatalf("%s: no sources", language)
		}
		for _, w := range want {
			if !strings.Contains(sources, w) {
				t.Errorf("%s: %q is missing", language, w)
			}
		}
	}
}

var (
	reportRow  = regexp.MustCompile(`(?s)<tr[^>]*><th scope="row">.*?</tr>`)
	reportCell = regexp.MustCompile(`<td>([^<]*)</td>`)
)

func TestReportPage(t *testing.T) {
	t.Parallel()
	server := pageServer(t, reportAsker(t), reportLibrary())
	for language, want := range map[string][]string{
		"fr": {"Compte rendu de lecture", "Pages qui n’ont pas pu être lues\u00a0: 2.", "40 de la couleur du fond", "sans texte lisible", "reconnue", "93\u00a0%"},
		"en": {"Ingestion report", "Pages that could not be read: 2.", "40 in the colour of the ground", "no readable text", "recognised", "93%"},
	} {
		status, body := getPage(t, speaker(t, server, language), server.URL+"/library/d-rapport")
		if status != http.StatusOK {
			t.Fatal(language, status)
		}
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s: %q is missing", language, w)
			}
		}
		if strings.Contains(body, "Toutes les pages ont été lues") || strings.Contains(body, "Every page was read") {
			t.Errorf("%s: says that all was read", language)
		}
		checkSums(t, language, body)
		for _, link := range []string{`href="/documents/d-rapport/pages/2?version=v-2"`, `<tr class="bad">`} {
			if !strings.Contains(body, link) {
				t.Errorf("%s: %s is missing", language, link)
			}
		}
	}
	for path, status := range map[string]int{"/library/d-nothing": 404, "/library/d-rapport?version=v-9": 404, "/library/d-rapport?version=v-1": 200} {
		if got, _ := getPage(t, server.Client(), server.URL+path); got != status {
			t.Errorf("%s: status %d, want %d", path, got, status)
		}
	}
}

// checkSums adds up the columns of the report as a reader would. The total stands before the pages.
func checkSums(t *testing.T, language, body string) {
	t.Helper()
	rows := reportRow.FindAllString(body, -1)
	if len(rows) != 4 {
		t.Fatalf("%s: %d rows, want the total and 3 pages", language, len(rows))
	}
	const confidence, counts = 4, 7
	var sums [counts]int
	for i, row := range rows {
		for column, m := range reportCell.FindAllStringSubmatch(row, counts) {
			if column == confidence {
				continue
			}
			n, err := strconv.Atoi(strings.NewReplacer("\u202f", "", "\u00a0", "", ",", "").Replace(m[1]))
			if err != nil {
				t.Fatalf("%s: %q is no number", language, m[1])
			}
			if i == 0 {
				n = -n
			}
			sums[column] += n
		}
	}
	if sums != [counts]int{} {
		t.Errorf("%s: the pages exceed the total by %v", language, sums)
	}
}

// A file without pages that gave no text names no page: there is no page 0.
func TestReportOfAFileWithoutPages(t *testing.T) {
	t.Parallel()
	r := qa.Reading{Pages: []qa.PageReading{{Images: 1, Unread: "no_text"}}}
	v := readingView(locale.French, qa.Document{ID: "d"}, qa.Version{ID: "v", Verdict: qa.VerdictNoText}, r, nil)
	if v.Unread != "" || v.Verdict == "" || v.URL != "" || len(v.Pages) != 0 || v.Total.Images != 1 {
		t.Errorf("view: %+v", v)
	}
}

// Every means of hiding text that a reader of files counts is told, in both languages.
func TestReportTellsEveryMeans(t *testing.T) {
	t.Parallel()
	for _, means := range []qa.HiddenMeans{
		qa.HiddenColour, qa.HiddenTiny, qa.HiddenOffPage, qa.HiddenInvisible, qa.HiddenNotDisplayed,
		qa.HiddenComment, qa.HiddenDeleted, qa.HiddenZeroWidth, qa.HiddenTags,
	} {
		for _, language := range []string{locale.French, locale.English} {
			r := qa.Reading{Pages: []qa.PageReading{{Number: 1, Hidden: map[qa.HiddenMeans]int{means: 5}}}}
			if got := readingView(language, qa.Document{}, qa.Version{}, r, nil).Hidden; !strings.HasPrefix(got, "5 ") {
				t.Errorf("%s in %s: %q", means, language, got)
			}
		}
	}
}
