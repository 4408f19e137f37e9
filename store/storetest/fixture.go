package storetest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rapporteur/qa"
)

// fixture is one store with a clock, and short ways to put documents into it.
type fixture struct {
	Store
	t     testing.TB
	clock atomic.Int64 // microseconds since 1970
	ids   atomic.Int64
}

func newFixture(t testing.TB, open Opener) *fixture {
	f := &fixture{t: t}
	f.clock.Store(time.Date(2024, 1, 1, 9, 0, 0, 0, time.UTC).UnixMicro())
	f.Store = open(t, f.now)
	return f
}

// everything is the scope of someone who may read all.
func everything() qa.Scope { return qa.Scope{Everything: true} }

func (f *fixture) now() time.Time { return time.UnixMicro(f.clock.Load()).UTC() }

// pass moves the clock forward.
func (f *fixture) pass(d time.Duration) { f.clock.Add(d.Microseconds()) }

func (f *fixture) id(kind string) string { return fmt.Sprintf("%s-%06d", kind, f.ids.Add(1)) }

func hashOf(content string) string {
	h := sha256.Sum256([]byte(content))
	return hex.EncodeToString(h[:])
}

// upload offers content to the library without reading it.
func (f *fixture) upload(u qa.Upload, content string) (qa.Receipt, error) {
	if u.Collection == "" && u.Document == "" {
		u.Collection = qa.DefaultCollection
	}
	v := qa.Version{
		ID: qa.VersionID(f.id("version")), Document: qa.DocumentID(f.id("document")), Hash: hashOf(content),
		Size: int64(len(content)), MediaType: "text/plain", Title: u.Title, CreatedAt: f.now(),
	}
	return f.CreateVersion(f.t.Context(), u, v, func() error { return nil })
}

func (f *fixture) mustUpload(u qa.Upload, content string) qa.Receipt {
	f.t.Helper()
	r, err := f.upload(u, content)
	if err != nil {
		f.t.Fatalf("upload %s: %v", u.Source, err)
	}
	return r
}

// extract saves a text of paragraphs, one page and one chunk each.
func (f *fixture) extract(id qa.VersionID, content string) {
	f.t.Helper()
	_, v, err := f.Version(f.t.Context(), id)
	if err != nil {
		f.t.Fatal(err)
	}
	text, chunks := read(content)
	v.Title, v.Language, v.Pages, v.Chunks = strings.ToUpper(v.Title), "fr", len(text.Pages), len(chunks)
	v.Recognised, v.Hidden = 6, 9
	if err := f.SaveChunks(f.t.Context(), v, text, chunks); err != nil {
		f.t.Fatalf("save chunks: %v", err)
	}
}

func read(content string) (qa.Text, []qa.Chunk) {
	t := qa.Text{Content: content, Title: "Titre lu", Language: "fr", Reading: report()}
	var chunks []qa.Chunk
	start := 0
	for i, paragraph := range strings.Split(content, "\n") {
		span := qa.Span{Start: start, End: start + len(paragraph)}
		page := qa.Page{Span: span, Number: i + 1, Label: fmt.Sprintf("p%d", i), Unit: qa.UnitSheet}
		t.Pages = append(t.Pages, page)
		row := qa.Block{Span: span, Kind: qa.BlockTableRow, Header: qa.Span{Start: 0, End: i}, Place: fmt.Sprintf("Feuille!A%d", i), Recognised: 0.5}
		t.Blocks = append(t.Blocks, qa.Block{Span: span, Kind: qa.BlockHeading, Level: i % 3}, row)
		chunks = append(chunks, qa.Chunk{
			Ordinal: i, Span: span, Pages: []qa.Page{page}, Section: []string{"Chapitre 1", "Été"}, Text: paragraph,
			Blocks: []qa.Block{row}, Header: "Poste | " + paragraph,
		})
		start = span.End + 1
	}
	return t, chunks
}

// report is one with something in every field.
func report() qa.Reading {
	return qa.Reading{
		Pages: []qa.PageReading{
			{Number: 1, Characters: 12, Tables: 1, Images: 2, Repeated: 3, Hidden: map[qa.HiddenMeans]int{qa.HiddenTiny: 4, qa.HiddenComment: 5}},
			{Number: 2, Characters: 20, Recognised: 6, Confidence: 0.75},
			{Number: 3, Unread: "not_recognised"},
		},
		Created:     time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC),
		Modified:    time.Date(2023, 5, 6, 7, 8, 9, 0, time.UTC),
		Attachments: []string{"annexe été.xlsx"},
	}
}

func (f *fixture) publish(id qa.VersionID) qa.State {
	f.t.Helper()
	_, v, err := f.Version(f.t.Context(), id)
	if err != nil {
		f.t.Fatal(err)
	}
	v.Verdict = qa.VerdictIngested
	state, err := f.Publish(f.t.Context(), v)
	if err != nil {
		f.t.Fatalf("publish: %v", err)
	}
	return state
}

// add uploads, reads and publishes.
func (f *fixture) add(u qa.Upload, content string) qa.Receipt {
	f.t.Helper()
	r := f.mustUpload(u, content)
	if r.Outcome == qa.VerdictUnchanged {
		f.t.Fatalf("%s is unchanged", u.Source)
	}
	f.extract(r.Version.ID, content)
	f.publish(r.Version.ID)
	return r
}

// hits are all chunks of the versions, best first as given.
func (f *fixture) hits(versions ...qa.VersionID) []qa.Hit {
	f.t.Helper()
	var out []qa.Hit
	for _, v := range versions {
		chunks, err := f.Chunks(f.t.Context(), v)
		if err != nil {
			f.t.Fatal(err)
		}
		for _, c := range chunks {
			out = append(out, qa.Hit{Chunk: c.ID, Score: float64(1000 - len(out))})
		}
	}
	return out
}

// texts are the passages' texts of the hits within the scope.
func (f *fixture) texts(s qa.Scope, hits []qa.Hit) []string {
	f.t.Helper()
	passages, err := f.Passages(f.t.Context(), s, hits)
	if err != nil {
		f.t.Fatal(err)
	}
	out := []string{}
	for _, p := range passages {
		out = append(out, p.Text)
	}
	return out
}

func (f *fixture) wantTexts(what string, s qa.Scope, hits []qa.Hit, want ...string) {
	f.t.Helper()
	if got := f.texts(s, hits); !slices.Equal(got, want) {
		f.t.Errorf("%s: passages %q, want %q", what, got, want)
	}
}

func (f *fixture) state(id qa.VersionID) qa.State {
	f.t.Helper()
	_, v, err := f.Version(f.t.Context(), id)
	if err != nil {
		f.t.Fatal(err)
	}
	return v.State
}

func wantCode(t testing.TB, what string, err error, kind qa.Kind, code string) {
	t.Helper()
	if qa.KindOf(err) != kind || qa.CodeOf(err) != code {
		t.Errorf("%s: %v (kind %d), want %s (kind %d)", what, err, qa.KindOf(err), code, kind)
	}
}
