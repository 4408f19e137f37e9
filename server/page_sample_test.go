package server

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rapporteur/internal/testkit/report"
	"rapporteur/qa"
)

// pageLibrary is a small library in memory that follows the contract of Library and Ingester:
// an upload is queued, and live at the next look but one.
type pageLibrary struct {
	mu    sync.Mutex
	docs  []pageDocument
	looks int
}

type pageDocument struct {
	qa.Document
	versions []qa.Version // newest first
	texts    map[qa.VersionID]qa.Text
}

func (l *pageLibrary) Collections(context.Context, qa.Scope) ([]qa.Collection, error) {
	return []qa.Collection{{ID: qa.DefaultCollection, Documents: len(l.docs)}}, nil
}

func (l *pageLibrary) Documents(_ context.Context, scope qa.Scope, after qa.DocumentID, n int) ([]qa.Listed, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.advance()
	var out []qa.Listed
	for _, d := range l.docs {
		if d.ID > after && len(out) < n && scope.Holds(d.Collection) {
			out = append(out, qa.Listed{Document: d.Document, Newest: d.versions[0]})
		}
	}
	return out, nil
}

// advance lets what is queued become live after a few looks.
func (l *pageLibrary) advance() {
	l.looks++
	for i := range l.docs {
		v := &l.docs[i].versions[0]
		if v.State == qa.StateQueued && l.looks%4 == 0 {
			v.State, v.Verdict, v.Embedded = qa.StateLive, qa.VerdictIngested, 1
			l.docs[i].Live = v.ID
		}
	}
}

func (l *pageLibrary) find(id qa.DocumentID) int {
	return slices.IndexFunc(l.docs, func(d pageDocument) bool { return d.ID == id })
}

// now gives the documents as they are, for tests.
func (l *pageLibrary) now() []pageDocument {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.docs)
}

// holds reports whether the document is there.
func (l *pageLibrary) holds(id qa.DocumentID) bool {
	return slices.ContainsFunc(l.now(), func(d pageDocument) bool { return d.ID == id })
}

func (l *pageLibrary) Titles(_ context.Context, scope qa.Scope, n int) ([]qa.Document, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []qa.Document
	for _, d := range l.docs {
		if d.Live != "" && scope.Holds(d.Collection) && len(out) < n {
			out = append(out, d.Document)
		}
	}
	return out, nil
}

func (l *pageLibrary) Document(_ context.Context, _ qa.Scope, id qa.DocumentID) (qa.Document, []qa.Version, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.advance()
	i := l.find(id)
	if i < 0 {
		return qa.Document{}, nil, qa.E(qa.NotFound, "document_unknown")
	}
	return l.docs[i].Document, slices.Clone(l.docs[i].versions), nil
}

func (l *pageLibrary) Reading(_ context.Context, _ qa.Scope, version qa.VersionID) (qa.Reading, error) {
	return qa.Reading{Pages: []qa.PageReading{
		{Number: 1, Characters: 2400, Tables: 1, Repeated: 2, Hidden: map[qa.HiddenMeans]int{qa.HiddenColour: 40}},
		{Number: 2, Images: 1, Unread: "no_text"},
		{Number: 3, Characters: 900, Recognised: 900, Confidence: 0.93},
	}}, nil
}

func (l *pageLibrary) Text(_ context.Context, _ qa.Scope, id qa.DocumentID, version qa.VersionID) (qa.Text, qa.Version, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := l.find(id)
	if i < 0 {
		return qa.Text{}, qa.Version{}, qa.E(qa.NotFound, "document_unknown")
	}
	if version == "" {
		version = l.docs[i].Live
	}
	for _, v := range l.docs[i].versions {
		if v.ID == version {
			return l.docs[i].texts[version], v, nil
		}
	}
	return qa.Text{}, qa.Version{}, qa.E(qa.NotFound, "document_unknown")
}

func (l *pageLibrary) Accept(_ context.Context, u qa.Upload, file io.Reader) (qa.Receipt, error) {
	raw, err := io.ReadAll(file)
	if err != nil {
		return qa.Receipt{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	known := slices.IndexFunc(l.docs, func(d pageDocument) bool { return d.Source == u.Source })
	if known >= 0 && !u.Replace {
		return qa.Receipt{}, qa.E(qa.Conflict, "source_exists", u.Source)
	}
	text := qa.Text{Content: string(raw), Blocks: []qa.Block{{Span: qa.Span{End: len(raw)}, Kind: qa.BlockParagraph}}}
	v := qa.Version{ID: qa.VersionID(fmt.Sprintf("v%d", time.Now().UnixNano())), State: qa.StateQueued, CreatedAt: time.Now()}
	if known < 0 {
		d := qa.Document{ID: qa.DocumentID("new-" + string(v.ID)), Collection: u.Collection, Title: u.Source, Source: u.Source}
		l.docs = append(l.docs, pageDocument{Document: d, texts: map[qa.VersionID]qa.Text{}})
		known = len(l.docs) - 1
	}
	d := &l.docs[known]
	v.Document = d.ID
	d.versions = append([]qa.Version{v}, d.versions...)
	d.texts[v.ID] = text
	return qa.Receipt{Document: d.Document, Version: v, Outcome: qa.VerdictIngested}, nil
}

// AcceptURL knows every address but those of this machine.
func (l *pageLibrary) AcceptURL(ctx context.Context, u qa.Upload, address string) (qa.Receipt, error) {
	if strings.Contains(address, "127.0.0.1") {
		return qa.Receipt{}, qa.E(qa.Unprocessable, "url_refused")
	}
	u.Source, u.Replace = address, true
	return l.Accept(ctx, u, strings.NewReader("Texte de "+address))
}

func (l *pageLibrary) Remove(_ context.Context, _ qa.Scope, id qa.DocumentID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := l.find(id)
	if i < 0 {
		return qa.E(qa.NotFound, "document_unknown")
	}
	l.docs = slices.Delete(l.docs, i, i+1)
	return nil
}

// askerFunc makes an Asker of a function.
type askerFunc func(q qa.Question, emit func(qa.Event) error) (qa.Answer, error)

func (f askerFunc) Answer(_ context.Context, q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
	return f(q, emit)
}

// The sample report under the names that the tests of this package know it by.
const (
	quoteAgents = report.QuoteAgents
	quotePublic = report.QuotePublic
	quoteBudget = report.QuoteBudget
	longTitle   = "Rapport annuel d’activité de la direction interministérielle du numérique pour l’exercice 2023-2024, comprenant le bilan des programmes, les perspectives pluriannuelles et les annexes statistiques complètes"
)

type pageText = report.Builder

var (
	spanOf     = report.SpanOf
	reportText = report.Text
)

const reportID, reportVersion = qa.DocumentID("d-rapport"), qa.VersionID("v-2")

func reportLibrary() *pageLibrary {
	report := reportText()
	day := time.Date(2025, 5, 12, 9, 0, 0, 0, time.UTC)
	old := report
	return &pageLibrary{docs: []pageDocument{
		{
			Document: qa.Document{ID: "d-bilan", Collection: qa.DefaultCollection, Title: "Bilan MiNumEco 2024", Source: "bilan-minumeco-2024.pdf", Live: "v-b"},
			versions: []qa.Version{{ID: "v-b", Document: "d-bilan", State: qa.StateLive, Verdict: qa.VerdictPartlyNoText, Pages: 16, PagesWithoutText: []int{3, 4}, Embedded: 1, CreatedAt: day.AddDate(0, 1, 0), Language: "fr"}},
			texts:    map[qa.VersionID]qa.Text{"v-b": report},
		},
		{
			Document: qa.Document{ID: "d-convention", Collection: qa.DefaultCollection, Title: "Convention 2023", Source: "convention.pdf"},
			versions: []qa.Version{{ID: "v-c", Document: "d-convention", State: qa.StateFailed, Verdict: qa.VerdictNoText, Pages: 6, CreatedAt: day, Failure: "no_text"}},
			texts:    map[qa.VersionID]qa.Text{},
		},
		{
			Document: qa.Document{ID: "d-long", Collection: "archives", Title: longTitle, Source: strings.Repeat("dossier/", 20) + "rapport.docx", Live: "v-l"},
			versions: []qa.Version{{ID: "v-l", Document: "d-long", State: qa.StateLive, Verdict: qa.VerdictIngested, Embedded: 0.4, CreatedAt: day, Language: "fr"}},
			texts:    map[qa.VersionID]qa.Text{"v-l": {Content: report.Content, Blocks: report.Blocks}},
		},
		{
			Document: qa.Document{ID: reportID, Collection: qa.DefaultCollection, Title: "Rapport d’activité 2023-2024", Source: "rapport-2023-2024.pdf", Live: reportVersion},
			versions: []qa.Version{
				{ID: reportVersion, Document: reportID, State: qa.StateLive, Verdict: qa.VerdictNewVersion, Pages: 3, Embedded: 1, CreatedAt: day, Language: "fr"},
				{ID: "v-1", Document: reportID, State: qa.StateSuperseded, Verdict: qa.VerdictIngested, Pages: 3, Embedded: 1, CreatedAt: day.AddDate(-1, 0, 0), Language: "fr"},
			},
			texts: map[qa.VersionID]qa.Text{reportVersion: report, "v-1": old},
		},
	}}
}

// cite makes a citation of the sample report.
func cite(t testing.TB, number int, document qa.DocumentID, title, quote string) qa.Citation {
	t.Helper()
	version := reportVersion
	if document == "d-bilan" {
		version = "v-b"
	}
	return qa.Citation{
		Number: number, Document: document, Version: version, Title: title, Source: "rapport.pdf",
		Page: 2, PageLabel: "10", Section: []string{"Chapitre 2. Organisation", "Moyens"},
		Span: spanOf(t, reportText(), quote), Quote: quote,
	}
}

// reportAsker answers about agents and refuses all else.
func reportAsker(t testing.TB) askerFunc {
	return func(q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
		for _, code := range []string{"understanding", "searching", "reading", "checking"} {
			if err := emit(qa.Event{Step: &qa.Step{Code: code, Count: 14}}); err != nil {
				return qa.Answer{}, err
			}
		}
		a := qa.Answer{
			Language: "fr", Mode: qa.ModeExtractive, Asked: q.Text, Standalone: q.Text, Documents: 14, Passages: 8,
			Timings: qa.Timings{Total: 84 * time.Millisecond},
		}
		switch {
		case strings.Contains(q.Text, "panne"):
			return qa.Answer{}, qa.E(qa.Unavailable, "busy")
		case strings.Contains(q.Text, "agents"):
			first := "La direction interministérielle du numérique (Dinum) regroupe environ 200 agents [1]."
			second := "Le numérique est l’activité principale de près de 50 000 agents publics [2] [3]."
			a.Answered, a.Text = true, first+" "+second
			a.Citations = []qa.Citation{
				cite(t, 1, reportID, "Rapport d’activité 2023-2024", quoteAgents),
				cite(t, 2, reportID, "Rapport d’activité 2023-2024", quotePublic),
				cite(t, 3, "d-bilan", "Bilan MiNumEco 2024", quotePublic),
			}
			a.Sentences = []qa.Sentence{
				{Text: first, Citations: []int{1}, Verdict: qa.SentenceSupported},
				{Text: second, Citations: []int{2, 3}, Verdict: qa.SentenceSupported},
			}
			return a, nil
		}
		if len(q.History) > 0 {
			a.Standalone = "Quel est le budget de la Dinum en 2023 ?"
		}
		a.Text = "Les documents ne le disent pas. Aucun des 14 documents cherchés ne donne cette information."
		a.Refusal = &qa.Refusal{Reason: qa.NotInDocuments, Nearest: []qa.Citation{
			cite(t, 1, reportID, "Rapport d’activité 2023-2024", quoteBudget),
			cite(t, 2, "d-bilan", longTitle, quotePublic),
		}}
		return a, nil
	}
}

// pageServer serves the sample with the real handlers on a port of this machine.
func pageServer(t testing.TB, asker Asker, library *pageLibrary, adjust ...func(*Server)) *httptest.Server {
	t.Helper()
	s := &Server{
		Asker: asker, Library: library, Ingester: library, Log: slog.New(slog.DiscardHandler),
		Options: Options{Suggestions: []string{"Combien d’agents compte la Dinum ?", "Quel est le budget de la Dinum en 2023 ?"}},
	}
	for _, f := range adjust {
		f(s)
	}
	h, err := s.Handler()
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(h)
	t.Cleanup(web.Close)
	return web
}

// getPage reads a page as a browser without scripts does.
func getPage(t testing.TB, client *http.Client, address string) (int, string) {
	t.Helper()
	r, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(body)
}
