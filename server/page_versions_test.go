package server

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"rapporteur/qa"
)

// restoring puts earlier versions back in force in a sample library.
type restoring struct{ *pageLibrary }

func (r restoring) Rollback(_ context.Context, _ qa.Scope, id qa.DocumentID, version qa.VersionID) (qa.Document, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := &r.docs[r.find(id)]
	for i := range d.versions {
		v := &d.versions[i]
		switch {
		case v.ID == version && v.State != qa.StateSuperseded:
			return d.Document, qa.E(qa.Conflict, "version_not_superseded")
		case v.ID == version:
			v.State, d.Live = qa.StateLive, v.ID
		case v.State == qa.StateLive:
			v.State = qa.StateSuperseded
		}
	}
	return d.Document, nil
}

func (r restoring) Cancel(context.Context, qa.Scope, qa.DocumentID) (qa.VersionID, error) {
	return "", qa.E(qa.Conflict, "nothing_to_cancel")
}

func TestRollbackOnThePage(t *testing.T) {
	t.Parallel()
	library := reportLibrary()
	server := pageServer(t, reportAsker(t), library, func(s *Server) { s.Versions = restoring{library} })
	post := func(version string) (int, string) {
		r, err := server.Client().PostForm(server.URL+"/library/d-rapport/rollback", url.Values{"version": {version}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Body.Close() }()
		return r.StatusCode, r.Request.URL.String()
	}
	_, before := getPage(t, server.Client(), server.URL+"/library/d-rapport")
	if !strings.Contains(before, `name="version" value="v-1"`) || strings.Contains(before, `name="version" value="v-2"`) {
		t.Error("only the earlier version can be put back in force")
	}
	if status, at := post("v-1"); status != 200 || !strings.Contains(at, "notice=restored") {
		t.Errorf("%d %s", status, at)
	}
	_, after := getPage(t, server.Client(), server.URL+"/library/d-rapport?notice=restored")
	if library.now()[3].Live != "v-1" || !strings.Contains(after, `name="version" value="v-2"`) || !strings.Contains(after, "de nouveau en vigueur") {
		t.Error("the earlier version is not in force")
	}
	for version, want := range map[string]int{"v-1": 409, "": 404, strings.Repeat("x", maxID+1): 404} {
		if status, _ := post(version); status != want {
			t.Errorf("version %.10q: %d, want %d", version, status, want)
		}
	}
}

// manyDocuments is a library of n documents, the last of them unreadable.
func manyDocuments(n int) *pageLibrary {
	l := &pageLibrary{}
	day := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		id := qa.DocumentID(fmt.Sprintf("d%05d", i))
		v := qa.Version{ID: qa.VersionID("v" + string(id)), Document: id, State: qa.StateLive, Verdict: qa.VerdictIngested, Embedded: 1, CreatedAt: day.AddDate(0, 0, i)}
		if i == n-1 {
			v.State, v.Verdict = qa.StateFailed, qa.VerdictNoText
		}
		l.docs = append(l.docs, pageDocument{
			Document: qa.Document{ID: id, Collection: qa.DefaultCollection, Title: fmt.Sprintf("Compte rendu n° %05d", (i*7919)%n), Source: string(id) + ".pdf", Live: v.ID},
			versions: []qa.Version{v}, texts: map[qa.VersionID]qa.Text{},
		})
	}
	return l
}

// TestLibraryOfManyDocuments finds its way among 5,000 documents, and logs how long the page takes.
func TestLibraryOfManyDocuments(t *testing.T) {
	t.Parallel()
	const n = 5000
	server := pageServer(t, reportAsker(t), manyDocuments(n))
	for query, want := range map[string][]string{
		"":                         {"Compte rendu n° 00000", "after=d00049"},
		"?sort=title":              {"Compte rendu n° 00000", "Compte rendu n° 00049", "5\u202f000 documents correspondent", "from=50"},
		"?sort=title&from=4950":    {"Compte rendu n° 04999", `rel="prev"`},
		"?sort=attention":          {"Illisible"},
		"?sort=newest":             {"Illisible"},
		"?filter=COMPTE+04321":     {"Compte rendu n° 04321"},
		"?filter=D04321.pdf":       {"1 document correspond"},
		"?filter=introuvable":      {"0 document correspond"},
		"?filter=%3Cscript%3E&x=1": {"0 document correspond", "&lt;script&gt;"},
	} {
		start := time.Now()
		status, body := getPage(t, server.Client(), server.URL+"/library"+query)
		took := time.Since(start)
		if rows := strings.Count(body, `class="document"`); status != 200 || rows > libraryLength {
			t.Errorf("%s: status %d, %d rows", query, status, rows)
		}
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s: %q is missing", query, w)
			}
		}
		t.Logf("/library%s: %d bytes in %v", query, len(body), took)
	}
}

// TestPageKeepsBoth adds a file whose name exists beside the document that is there.
func TestPageKeepsBoth(t *testing.T) {
	library := reportLibrary()
	b := openTab(t, pageServer(t, reportAsker(t), library))
	file := filepath.Join(t.TempDir(), "note.txt")
	if err := os.WriteFile(file, []byte("Une note."), 0o600); err != nil {
		t.Fatal(err)
	}
	b.visit("/library")
	for i := range 3 {
		b.run(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
		b.wait(fmt.Sprintf(`document.querySelectorAll(".upload-line").length === %d`, i+1))
		b.wait(`[...document.querySelectorAll(".upload-state")].every(s => s.textContent.match(/Document lu|existe/))`)
		eval[bool](b, `[...document.querySelectorAll(".upload-choice:not([hidden]) [data-do=both]")].forEach(e => e.click()), true`)
		b.wait(`[...document.querySelectorAll(".upload-state")].every(s => s.textContent.startsWith("Document lu"))`)
	}
	var sources []string
	for _, d := range library.now()[4:] {
		sources = append(sources, d.Source)
	}
	if got := strings.Join(sources, ", "); got != "note.txt, note (2).txt, note (3).txt" {
		t.Errorf("the library holds %s", got)
	}
}
