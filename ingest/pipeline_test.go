package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rapporteur/ingest"
	"rapporteur/ingest/extract"
	"rapporteur/qa"
)

func TestUploadBecomesSearchable(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, nil, true)
	const content = "# Rapport d’activité\n\nLa direction compte environ 200 agents.\n\n## Budget\n\nLe budget est de 12 millions d’euros.\n"
	r := l.accept(t, qa.Upload{Source: "dossier/rapport.md"}, content)
	if r.Outcome != qa.VerdictIngested || r.Document.Collection != qa.DefaultCollection || r.Version.State != qa.StateQueued {
		t.Errorf("receipt %+v", r)
	}
	v := l.wait(t, r.Version.ID)
	if v.State != qa.StateLive || v.Verdict != qa.VerdictIngested || v.Chunks == 0 || v.Language != "fr" || v.MediaType != "text/markdown" {
		t.Errorf("version %+v", v)
	}
	text, _, err := l.store.Text(t.Context(), everything(), r.Document.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	chunks, err := l.store.Chunks(t.Context(), v.ID)
	if err != nil || len(chunks) != v.Chunks {
		t.Fatalf("%d chunks, %v; want %d", len(chunks), err, v.Chunks)
	}
	for _, c := range chunks {
		if text.Content[c.Start:c.End] != c.Text {
			t.Errorf("chunk %d is not its span", c.Ordinal)
		}
	}
	d, _, err := l.store.Document(t.Context(), everything(), r.Document.ID)
	if err != nil || d.Title != "Rapport d’activité" {
		t.Errorf("title %q, %v", d.Title, err)
	}
	again := l.accept(t, qa.Upload{Source: "dossier/rapport.md"}, content)
	if again.Outcome != qa.VerdictUnchanged || again.Version.ID != v.ID {
		t.Errorf("the same bytes again: %+v", again)
	}
	next := l.accept(t, qa.Upload{Document: r.Document.ID}, content+"\nFin.\n")
	if v := l.wait(t, next.Version.ID); next.Outcome != qa.VerdictNewVersion || v.Verdict != qa.VerdictNewVersion || v.State != qa.StateLive {
		t.Errorf("new version %+v, %+v", next, v)
	}
	if old := l.wait(t, r.Version.ID); old.State != qa.StateSuperseded {
		t.Errorf("old version is %s", old.State)
	}
}

func TestRefusedUploadsLeaveNothing(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, nil, false)
	for _, c := range []struct {
		what   string
		upload qa.Upload
		body   io.Reader
		kind   qa.Kind
		code   string
	}{
		{"empty", qa.Upload{Source: "a.txt"}, strings.NewReader(""), qa.Unprocessable, "empty"},
		{"too large", qa.Upload{Source: "a.txt"}, io.LimitReader(endless{}, 1<<30), qa.TooLarge, "too_large"},
		{"not a document", qa.Upload{Source: "a.bin"}, strings.NewReader("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00"), qa.Unsupported, "unsupported_type"},
		{"interrupted", qa.Upload{Source: "a.txt"}, io.MultiReader(strings.NewReader("début"), cut{}), qa.Invalid, "upload_interrupted"},
		{"unknown document", qa.Upload{Document: "none"}, strings.NewReader("bonjour"), qa.NotFound, "document_unknown"},
		{"no source", qa.Upload{Source: " \x00"}, strings.NewReader("bonjour"), qa.Invalid, "bad_source"},
		{"long source", qa.Upload{Source: strings.Repeat("é", 600)}, strings.NewReader("bonjour"), qa.Invalid, "bad_source"},
		{"bad collection", qa.Upload{Source: "a", Collection: "a\nb"}, strings.NewReader("bonjour"), qa.Invalid, "bad_collection"},
		{"long collection", qa.Upload{Source: "a", Collection: qa.CollectionID(strings.Repeat("a", 101))}, strings.NewReader("bonjour"), qa.Invalid, "bad_collection"},
	} {
		_, err := l.pipeline.Accept(t.Context(), c.upload, c.body)
		if qa.KindOf(err) != c.kind || qa.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.what, err, c.code)
		}
		if files := l.kept(t); len(files) > 0 {
			t.Errorf("%s left %v", c.what, files)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.pipeline.Accept(ctx, qa.Upload{Source: "a"}, strings.NewReader("bonjour")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if list, err := l.store.Documents(t.Context(), everything(), "", 10); err != nil || len(list) > 0 || len(l.kept(t)) > 0 {
		t.Errorf("documents %v, %v, files %v; want nothing", list, err, l.kept(t))
	}
}

// endless is a body that never ends; reading far past the limit would be seen as a slow test.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'a'
	}
	return len(b), nil
}

// cut is a connection that breaks.
type cut struct{}

func (cut) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestReadsLittlePastTheLimit(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, nil, false)
	body := &counter{r: endless{}}
	if _, err := l.pipeline.Accept(t.Context(), qa.Upload{Source: "a"}, body); qa.CodeOf(err) != "too_large" {
		t.Errorf("endless body: %v", err)
	}
	if past := body.n - 1<<20; past > 1<<20 {
		t.Errorf("read %d bytes past the limit, want at most 1 MiB", past)
	}
}

type counter struct {
	r io.Reader
	n int
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += n
	return n, err
}

// scripted reads like extract.Extractor, except that read decides what Extract says.
type scripted struct {
	extract.Extractor
	read func(content string) (qa.Text, error)
}

func (s *scripted) Extract(_ context.Context, f qa.File) (qa.Text, error) {
	b, err := io.ReadAll(f)
	if err != nil {
		return qa.Text{}, err
	}
	return s.read(string(b))
}

// reported is text with a report: pages that gave none are said to be so for the reason given, and the
// last page holds recognised and hidden text.
func reported(t qa.Text, unread string) qa.Text {
	for _, p := range t.Pages {
		page := qa.PageReading{Number: p.Number, Characters: p.Len()}
		if p.Len() == 0 {
			page.Unread = unread
		}
		t.Reading.Pages = append(t.Reading.Pages, page)
	}
	last := &t.Reading.Pages[len(t.Pages)-1]
	last.Recognised, last.Confidence = 3, 0.5
	last.Hide(qa.HiddenTiny, 4)
	return t
}

// paged is a text of one paragraph a page.
func paged(pages ...string) qa.Text {
	var t qa.Text
	for i, p := range pages {
		if p != "" && t.Content != "" {
			t.Content += "\n"
		}
		span := qa.Span{Start: len(t.Content), End: len(t.Content) + len(p)}
		t.Content += p
		t.Pages = append(t.Pages, qa.Page{Span: span, Number: i + 1})
		if p != "" {
			t.Blocks = append(t.Blocks, qa.Block{Span: span, Kind: qa.BlockParagraph})
		}
	}
	return t
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what    string
		read    func(string) (qa.Text, error)
		state   qa.State
		verdict qa.Verdict
		pages   int
		without []int
	}{
		{"all read", func(string) (qa.Text, error) { return paged("Une phrase.", "Une autre."), nil }, qa.StateLive, qa.VerdictIngested, 2, nil},
		{"some pages without text", func(string) (qa.Text, error) { return paged("Une phrase.", "", "Une autre.", ""), nil }, qa.StateLive, qa.VerdictPartlyNoText, 4, []int{2, 4}},
		{"a blank page", func(string) (qa.Text, error) { return reported(paged("Une phrase.", "", "Une autre."), "blank"), nil }, qa.StateLive, qa.VerdictIngested, 3, nil},
		{"a page not recognised", func(string) (qa.Text, error) {
			return reported(paged("Une phrase.", "", "Une autre."), "not_recognised"), nil
		}, qa.StateLive, qa.VerdictPartlyNoText, 3, []int{2}},
		{"nothing but blank pages", func(string) (qa.Text, error) {
			return reported(paged("", ""), "blank"), qa.E(qa.Unprocessable, "no_text")
		}, qa.StateFailed, qa.VerdictNoText, 2, []int{1, 2}},
		{"no text, said by the reader", func(string) (qa.Text, error) { return paged("", ""), qa.E(qa.Unprocessable, "no_text") }, qa.StateFailed, qa.VerdictNoText, 2, []int{1, 2}},
		{"no text, not said", func(string) (qa.Text, error) { return paged("", ""), nil }, qa.StateFailed, qa.VerdictNoText, 2, []int{1, 2}},
		{"encrypted", func(string) (qa.Text, error) { return qa.Text{}, qa.E(qa.Unprocessable, "encrypted") }, qa.StateFailed, qa.VerdictEncrypted, 0, nil},
		{"too large unpacked", func(string) (qa.Text, error) { return qa.Text{}, qa.E(qa.TooLarge, "too_large_unpacked") }, qa.StateFailed, qa.VerdictTooLargeUnpacked, 0, nil},
		{"panic", func(string) (qa.Text, error) { panic("hostile file") }, qa.StateFailed, qa.VerdictDamaged, 0, nil},
		{"pages that lie", func(string) (qa.Text, error) {
			return qa.Text{Pages: []qa.Page{{Number: 1, Span: qa.Span{Start: 5, End: 99}}}}, qa.E(qa.Unprocessable, "damaged")
		}, qa.StateFailed, qa.VerdictDamaged, 1, []int{1}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			l := newLibrary(t, &scripted{read: c.read}, false)
			r := l.accept(t, qa.Upload{Source: "a.txt"}, "contenu")
			v := l.finish(t, r.Version.ID)
			if v.State != c.state || v.Verdict != c.verdict || v.Pages != c.pages || !slices.Equal(v.PagesWithoutText, c.without) {
				t.Errorf("version %+v, want %s %s, %d pages, %v without", v, c.state, c.verdict, c.pages, c.without)
			}
			wantReport := reportOf(c.read)
			if got, err := l.store.Reading(t.Context(), everything(), v.ID); err != nil || len(wantReport.Pages) > 0 && !reflect.DeepEqual(got, wantReport) {
				t.Errorf("report %+v, %v; want %+v", got, err, wantReport)
			}
			if total := wantReport.Total(); v.Recognised != total.Recognised || v.Hidden != total.HiddenTotal() {
				t.Errorf("%d recognised, %d hidden; want %d, %d", v.Recognised, v.Hidden, total.Recognised, total.HiddenTotal())
			}
			if (v.Failure != "") != (c.state == qa.StateFailed) {
				t.Errorf("failure %q of a version that is %s", v.Failure, v.State)
			}
			if len(l.kept(t)) != 1 {
				t.Errorf("originals %v, want the one", l.kept(t))
			}
		})
	}
}

// reportOf is the report that read gives, empty when it panics.
func reportOf(read func(string) (qa.Text, error)) qa.Reading {
	defer func() { _ = recover() }()
	text, _ := read("")
	return text.Reading
}

// wrong cuts chunks that are not their spans.
type wrong struct{}

func (wrong) Split(qa.Text) []qa.Chunk {
	return []qa.Chunk{{Span: qa.Span{Start: 0, End: 3}, Text: "abc"}}
}

// invented repeats a header row that stands nowhere.
type invented struct{}

func (invented) Split(t qa.Text) []qa.Chunk {
	row := qa.Block{Span: qa.Span{Start: 4, End: 7}, Kind: qa.BlockTableRow, Header: qa.Span{Start: 0, End: 3}}
	return []qa.Chunk{{Span: row.Span, Text: t.Content[4:7], Blocks: []qa.Block{row}, Header: "abc"}}
}

// bad panics.
type bad struct{}

func (bad) Split(qa.Text) []qa.Chunk { panic("bug") }

func TestWrongChunksAreNeverSaved(t *testing.T) {
	t.Parallel()
	for _, s := range []ingest.Splitter{wrong{}, invented{}, bad{}} {
		l := newLibrary(t, nil, false)
		l.pipeline.Splitter = s
		r := l.accept(t, qa.Upload{Source: "a.txt"}, "xyz xyz")
		if _, err := l.pipeline.Advance(t.Context(), r.Version.ID); qa.KindOf(err) != qa.Internal {
			t.Errorf("%T: %v, want an internal error", s, err)
		}
		if err := l.pipeline.GiveUp(t.Context(), r.Version.ID, errors.New("x")); err != nil {
			t.Fatal(err)
		}
		if v := l.finish(t, r.Version.ID); v.State != qa.StateFailed || v.Failure != "gave_up" {
			t.Errorf("%T: version %+v, want it failed", s, v)
		}
	}
}

func TestMissingOriginalFails(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, nil, false)
	r := l.accept(t, qa.Upload{Source: "a.txt"}, "contenu perdu")
	if err := l.originals.Delete(t.Context(), r.Version.Hash); err != nil {
		t.Fatal(err)
	}
	if v := l.finish(t, r.Version.ID); v.State != qa.StateFailed || v.Failure != "original_missing" {
		t.Errorf("version %+v, want original_missing", v)
	}
	// The same bytes again bring it back, as a version that is read.
	again := l.accept(t, qa.Upload{Source: "a.txt"}, "contenu perdu")
	if v := l.finish(t, again.Version.ID); v.State != qa.StateLive {
		t.Errorf("version %+v, want it live", v)
	}
}

func TestRemoveLeavesNoByte(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, nil, true)
	const word = "Zyxwvut"
	content := strings.Repeat("# "+word+"\n\nLe mot "+word+" est secret, "+strings.ToUpper(word)+" aussi.\n\n", 200)
	r := l.accept(t, qa.Upload{Source: word + ".md", Title: "Titre " + word}, content)
	l.wait(t, r.Version.ID)
	stays := l.accept(t, qa.Upload{Source: "reste.md"}, "Ce document reste.")
	next := l.accept(t, qa.Upload{Document: r.Document.ID}, content+"encore "+word)
	l.wait(t, next.Version.ID)
	l.wait(t, stays.Version.ID)
	seen := 0
	l.everyByte(t, func(_ string, raw []byte) { seen += bytes.Count(bytes.ToLower(raw), []byte(strings.ToLower(word))) })
	if seen == 0 {
		t.Fatal("the word is nowhere before the removal: the test sees nothing")
	}
	if err := l.pipeline.Remove(t.Context(), qa.Scope{Collections: []qa.CollectionID{"autre"}}, r.Document.ID); qa.CodeOf(err) != "document_unknown" {
		t.Errorf("removed outside the scope: %v", err)
	}
	if err := l.pipeline.Remove(t.Context(), everything(), r.Document.ID); err != nil {
		t.Fatal(err)
	}
	l.everyByte(t, func(name string, raw []byte) {
		if n := bytes.Count(bytes.ToLower(raw), []byte(strings.ToLower(word))); n > 0 {
			t.Errorf("%s holds the word %d times after the removal", name, n)
		}
	})
	if files := l.kept(t); len(files) != 1 || !strings.HasSuffix(files[0], stays.Version.Hash) {
		t.Errorf("originals %v, want only that of the document that stays", files)
	}
}

func TestSharedOriginalGoesWithTheLast(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, nil, false)
	a := l.accept(t, qa.Upload{Collection: "a", Source: "x"}, "mêmes octets")
	b := l.accept(t, qa.Upload{Collection: "b", Source: "x"}, "mêmes octets")
	if a.Version.ID == b.Version.ID || len(l.kept(t)) != 1 {
		t.Fatalf("versions %s, %s; originals %v", a.Version.ID, b.Version.ID, l.kept(t))
	}
	for _, c := range []struct {
		document qa.DocumentID
		left     int
	}{{a.Document.ID, 1}, {b.Document.ID, 0}} {
		if err := l.pipeline.Remove(t.Context(), everything(), c.document); err != nil {
			t.Fatal(err)
		}
		if n := len(l.kept(t)); n != c.left {
			t.Errorf("%d originals, want %d", n, c.left)
		}
		buried, err := l.originals.Buried(t.Context())
		if err != nil || !slices.ContainsFunc(buried, func(s qa.Tombstone) bool { return s.Document == c.document }) {
			t.Errorf("buried %v, %v; want %s among them", buried, err, c.document)
		}
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, nil, false)
	r := l.accept(t, qa.Upload{Source: "a"}, "référencé")
	// An orphan: placed, but its upload never committed.
	stage, hash, _, err := l.originals.Stage(t.Context(), strings.NewReader("orphelin"), 1000)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.originals.Keep(t.Context(), stage, hash); err != nil {
		t.Fatal(err)
	}
	tmp := filepath.Join(l.dir, "originals", "tmp")
	write := func(name string, age time.Duration) string {
		path := filepath.Join(tmp, name)
		at := time.Now().Add(-age)
		if err := errors.Join(os.WriteFile(path, []byte("x"), 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
		return "tmp/" + name
	}
	write("dead", time.Hour)
	growing := write("other-process", time.Second)
	own, _, _, err := l.originals.Stage(t.Context(), strings.NewReader("en cours"), 1000)
	if err != nil {
		t.Fatal(err)
	}
	write(own, time.Hour) // slow, but ours
	if err := l.pipeline.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{r.Version.Hash[:2] + "/" + r.Version.Hash[2:4] + "/" + r.Version.Hash, "tmp/" + own, growing}
	got := l.kept(t)
	slices.Sort(want)
	for i := range got {
		got[i] = filepath.ToSlash(got[i])
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("kept %v, want %v", got, want)
	}
}

// TestUploadsRaceRemovals uploads the same bytes again while they are removed and swept: no
// acknowledged version may lose its original.
func TestUploadsRaceRemovals(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, nil, false)
	stop := make(chan struct{})
	var sweeps sync.WaitGroup
	sweeps.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := l.pipeline.Sweep(t.Context()); err != nil {
				t.Error(err)
				return
			}
		}
	})
	var uploads sync.WaitGroup
	for i := range 3 {
		uploads.Go(func() {
			for range 40 {
				r, err := l.pipeline.Accept(t.Context(), qa.Upload{Collection: qa.CollectionID(rune('a' + i)), Source: "x"}, strings.NewReader("mêmes octets"))
				if err != nil {
					t.Error(err)
					return
				}
				f, err := l.originals.Open(t.Context(), r.Version.Hash)
				if err != nil {
					t.Errorf("acknowledged, but %v", err)
					return
				}
				f.Close()
				if err := l.pipeline.Remove(t.Context(), everything(), r.Document.ID); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	uploads.Wait()
	close(stop)
	sweeps.Wait()
	if files := l.kept(t); len(files) > 0 {
		t.Errorf("left %v", files)
	}
}
