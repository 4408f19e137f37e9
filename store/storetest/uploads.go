package storetest

import (
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"rapporteur/qa"
)

func testLife(t *testing.T, f *fixture) {
	const content = "Premier paragraphe.\nDeuxième paragraphe."
	r := f.mustUpload(qa.Upload{Source: "dossier/rapport.txt"}, content)
	if r.Outcome != qa.VerdictIngested || r.Version.State != qa.StateQueued || r.Document.Title != "rapport.txt" || r.Version.Document != r.Document.ID {
		t.Errorf("receipt %+v", r)
	}
	d, v, err := f.Version(t.Context(), r.Version.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(d, r.Document) || !reflect.DeepEqual(v, r.Version) {
		t.Errorf("stored %+v\n%+v\nacknowledged %+v\n%+v", d, v, r.Document, r.Version)
	}
	if ids, err := f.Unfinished(t.Context()); err != nil || len(ids) != 1 || ids[0] != v.ID {
		t.Errorf("unfinished %v, %v; want the one", ids, err)
	}
	f.wantTexts("before it is read", everything(), f.hits(v.ID))
	f.extract(v.ID, content)
	f.wantTexts("before it is published", everything(), f.hits(v.ID))
	f.pass(time.Minute)
	if state := f.publish(v.ID); state != qa.StateLive {
		t.Errorf("published to %s", state)
	}
	f.wantTexts("live", everything(), f.hits(v.ID), "Premier paragraphe.", "Deuxième paragraphe.")
	text, tv, err := f.Text(t.Context(), everything(), d.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	wantText, wantChunks := read(content)
	if !reflect.DeepEqual(text, wantText) {
		t.Errorf("text %+v\nwant %+v", text, wantText)
	}
	if tv.State != qa.StateLive || tv.Pages != 2 || tv.Chunks != 2 || tv.Language != "fr" || !tv.PublishedAt.Equal(f.now()) || !tv.SupersededAt.IsZero() || tv.Embedded != 1 {
		t.Errorf("live version %+v", tv)
	}
	chunks, err := f.Chunks(t.Context(), v.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range chunks {
		want := wantChunks[i]
		want.ID, want.Version = c.ID, v.ID
		if c.ID == 0 || !reflect.DeepEqual(c, want) {
			t.Errorf("chunk %+v\nwant %+v", c, want)
		}
	}
	if ids, err := f.Unfinished(t.Context()); err != nil || len(ids) != 0 {
		t.Errorf("unfinished %v, %v; want none", ids, err)
	}
	if _, _, err := f.Version(t.Context(), "none"); true {
		wantCode(t, "no such version", err, qa.NotFound, "version_unknown")
	}
}

func testUploads(t *testing.T, f *fixture) {
	a := f.add(qa.Upload{Source: "a"}, "un")
	f.mustUpload(qa.Upload{Source: "attend"}, "attend")
	broken := f.mustUpload(qa.Upload{Source: "cassé"}, "cassé")
	f.fail(broken.Version.ID)
	for _, c := range []struct {
		what    string
		upload  qa.Upload
		content string
		outcome qa.Verdict
		code    string
		same    qa.DocumentID // the document it belongs to, "" when new
	}{
		{"same bytes, same source", qa.Upload{Source: "a"}, "un", qa.VerdictUnchanged, "", a.Document.ID},
		{"same bytes, other source", qa.Upload{Source: "z"}, "un", qa.VerdictUnchanged, "", a.Document.ID},
		{"same bytes, waiting", qa.Upload{Source: "attend"}, "attend", qa.VerdictUnchanged, "", ""},
		{"same bytes, other collection", qa.Upload{Source: "a", Collection: "autre"}, "un", qa.VerdictIngested, "", ""},
		{"other bytes, same source", qa.Upload{Source: "a"}, "deux", "", "source_exists", ""},
		{"failed before, same bytes", qa.Upload{Source: "cassé"}, "cassé", qa.VerdictIngested, "", broken.Document.ID},
		{"waits again, other bytes", qa.Upload{Source: "cassé"}, "réparé", "", "source_exists", ""},
		{"replace", qa.Upload{Source: "a", Replace: true}, "deux", qa.VerdictNewVersion, "", a.Document.ID},
		{"replace by what waits", qa.Upload{Source: "a", Replace: true}, "deux", qa.VerdictUnchanged, "", a.Document.ID},
		{"replace by the earlier bytes", qa.Upload{Source: "a", Replace: true}, "un", qa.VerdictNewVersion, "", a.Document.ID},
		{"replace by bytes of another document", qa.Upload{Source: "a", Replace: true}, "attend", qa.VerdictNewVersion, "", a.Document.ID},
		{"by id", qa.Upload{Document: a.Document.ID}, "trois", qa.VerdictNewVersion, "", a.Document.ID},
		{"by id, other collection", qa.Upload{Document: a.Document.ID, Collection: "autre"}, "quatre", "", "document_unknown", ""},
		{"by an id that is not there", qa.Upload{Document: "none"}, "quatre", "", "document_unknown", ""},
		{"replace what is not there", qa.Upload{Source: "nouveau", Replace: true}, "nouveau", qa.VerdictIngested, "", ""},
	} {
		r, err := f.upload(c.upload, c.content)
		if c.code != "" {
			if qa.CodeOf(err) != c.code {
				t.Errorf("%s: %v, want %s", c.what, err, c.code)
			}
			continue
		}
		if err != nil || r.Outcome != c.outcome {
			t.Errorf("%s: %s, %v; want %s", c.what, r.Outcome, err, c.outcome)
			continue
		}
		if c.same != "" && r.Document.ID != c.same {
			t.Errorf("%s: document %s, want %s", c.what, r.Document.ID, c.same)
		}
		if r.Version.Hash != hashOf(c.content) {
			t.Errorf("%s: another version was returned", c.what)
		}
	}
	_, err := f.upload(qa.Upload{Source: "a"}, "cinq")
	var e *qa.Error
	if !errors.As(err, &e) || len(e.Args) != 2 || e.Args[0] != "a" || e.Args[1] != string(a.Document.ID) {
		t.Errorf("conflict %v does not name the source and the document", err)
	}
}

func (f *fixture) fail(id qa.VersionID) {
	f.t.Helper()
	_, v, err := f.Version(f.t.Context(), id)
	if err != nil {
		f.t.Fatal(err)
	}
	v.Verdict, v.Failure, v.Pages, v.PagesWithoutText = qa.VerdictNoText, "no_text", 3, []int{1, 2, 3}
	if err := f.Fail(f.t.Context(), v, qa.Reading{}); err != nil {
		f.t.Fatal(err)
	}
}

func testUploadsAtOnce(t *testing.T, f *fixture) {
	var wg sync.WaitGroup
	receipts := make([]qa.Receipt, 20)
	for i := range receipts {
		wg.Go(func() {
			r, err := f.upload(qa.Upload{Source: "a"}, "même contenu")
			if err != nil {
				t.Errorf("upload %d: %v", i, err)
			}
			receipts[i] = r
		})
	}
	wg.Wait()
	created := 0
	for _, r := range receipts {
		if r.Outcome == qa.VerdictIngested {
			created++
		}
		if r.Version.ID != receipts[0].Version.ID || r.Document.ID != receipts[0].Document.ID {
			t.Errorf("two versions of the same bytes: %s, %s", r.Version.ID, receipts[0].Version.ID)
		}
	}
	if created != 1 {
		t.Errorf("%d documents made, want 1", created)
	}
}

func testNothingKept(t *testing.T, f *fixture) {
	boom := errors.New("boom")
	v := qa.Version{ID: "v", Document: "d", Hash: hashOf("x"), CreatedAt: f.now()}
	u := qa.Upload{Collection: "c", Source: "s"}
	if _, err := f.CreateVersion(t.Context(), u, v, func() error { return boom }); !errors.Is(err, boom) {
		t.Errorf("keep failed: %v", err)
	}
	if list, err := f.Documents(t.Context(), everything(), "", 10); err != nil || len(list) != 0 {
		t.Errorf("after a failed upload: %v, %v; want nothing", list, err)
	}
	kept := 0
	for range 2 {
		if _, err := f.CreateVersion(t.Context(), u, v, func() error { kept++; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if kept != 2 {
		t.Errorf("keep called %d times, want for the new and for the unchanged upload", kept)
	}
}

func testStale(t *testing.T, f *fixture) {
	r := f.mustUpload(qa.Upload{Source: "a"}, "un\ndeux")
	text, chunks := read("un\ndeux")
	f.extract(r.Version.ID, "un\ndeux")
	wantCode(t, "save twice", f.SaveChunks(t.Context(), r.Version, text, chunks), qa.Conflict, "stale_version")
	wantCode(t, "fail late", f.Fail(t.Context(), r.Version, qa.Reading{}), qa.Conflict, "stale_version")
	_, v, err := f.Version(t.Context(), r.Version.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, "save an extracted version", f.SaveChunks(t.Context(), v, text, chunks), qa.Conflict, "stale_version")
	f.publish(v.ID)
	_, err = f.Publish(t.Context(), v)
	wantCode(t, "publish twice", err, qa.Conflict, "stale_version")
	wantCode(t, "fail what is live", f.Fail(t.Context(), v, qa.Reading{}), qa.Conflict, "stale_version")
	f.wantTexts("after all that", everything(), f.hits(v.ID), "un", "deux")
}

func testLate(t *testing.T, f *fixture) {
	one := f.mustUpload(qa.Upload{Source: "a"}, "un")
	two := f.mustUpload(qa.Upload{Source: "a", Replace: true}, "deux")
	f.extract(one.Version.ID, "un")
	f.extract(two.Version.ID, "deux")
	f.publish(two.Version.ID)
	if state := f.publish(one.Version.ID); state != qa.StateSuperseded {
		t.Errorf("a version older than the live one became %s", state)
	}
	f.wantTexts("the newer stays", everything(), f.hits(two.Version.ID), "deux")
	if s := f.state(two.Version.ID); s != qa.StateLive {
		t.Errorf("the newer is %s", s)
	}
}

func testFailed(t *testing.T, f *fixture) {
	one := f.add(qa.Upload{Source: "a"}, "un")
	two := f.mustUpload(qa.Upload{Source: "a", Replace: true}, "deux")
	f.extract(two.Version.ID, "deux")
	f.fail(two.Version.ID)
	d, versions, err := f.Document(t.Context(), everything(), one.Document.ID)
	if err != nil || len(versions) != 2 || d.Live != one.Version.ID {
		t.Fatalf("document %+v, %v, %v", d, versions, err)
	}
	v := versions[0]
	if v.ID != two.Version.ID || v.State != qa.StateFailed || v.Failure != "no_text" || v.Verdict != qa.VerdictNoText || v.Pages != 3 || len(v.PagesWithoutText) != 3 || v.Chunks != 0 {
		t.Errorf("failed version %+v", v)
	}
	if chunks, err := f.Chunks(t.Context(), v.ID); err != nil || len(chunks) != 0 {
		t.Errorf("chunks of a failed version: %v, %v", chunks, err)
	}
	_, _, err = f.Text(t.Context(), everything(), d.ID, v.ID)
	wantCode(t, "text of a failed version", err, qa.NotFound, "version_unknown")
	f.wantTexts("the old one goes on", everything(), f.hits(one.Version.ID), "un")
}

func testTitles(t *testing.T, f *fixture) {
	given := f.add(qa.Upload{Source: "a.txt", Title: "donné"}, "un")
	f.add(qa.Upload{Source: "a.txt", Replace: true}, "deux")
	d, _, err := f.Document(t.Context(), everything(), given.Document.ID)
	if err != nil || d.Title != "DONNÉ" {
		t.Errorf("title %q, %v; want the one given first (upper case by this test's reader)", d.Title, err)
	}
	r := f.mustUpload(qa.Upload{Source: "a.txt", Replace: true, Title: "autre"}, "trois")
	if d, _, _ := f.Document(t.Context(), everything(), given.Document.ID); d.Title != "DONNÉ" {
		t.Errorf("title %q before the version that brings another is live", d.Title)
	}
	f.extract(r.Version.ID, "trois")
	f.publish(r.Version.ID)
	if d, _, _ := f.Document(t.Context(), everything(), given.Document.ID); d.Title != "AUTRE" {
		t.Errorf("title %q, want that of the live version", d.Title)
	}
}

func testReadings(t *testing.T, f *fixture) {
	r := f.mustUpload(qa.Upload{Source: "a", Collection: "c"}, "un\ndeux")
	want := func(what string, id qa.VersionID, want qa.Reading) {
		t.Helper()
		if got, err := f.Reading(t.Context(), everything(), id); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: report %+v, %v\nwant %+v", what, got, err, want)
		}
	}
	want("not yet read", r.Version.ID, qa.Reading{})
	f.extract(r.Version.ID, "un\ndeux")
	want("read", r.Version.ID, report())
	if _, v, err := f.Version(t.Context(), r.Version.ID); err != nil || v.Recognised != 6 || v.Hidden != 9 {
		t.Errorf("version %+v, %v; want 6 recognised and 9 hidden characters", v, err)
	}

	scan := f.mustUpload(qa.Upload{Source: "scan", Collection: "c"}, "image")
	pages := qa.Reading{Pages: []qa.PageReading{{Number: 1, Images: 1, Unread: "no_text"}}}
	v := scan.Version
	v.Verdict, v.Failure, v.Pages, v.PagesWithoutText, v.Hidden = qa.VerdictNoText, "no_text", 1, []int{1}, 7
	if err := f.Fail(t.Context(), v, pages); err != nil {
		t.Fatal(err)
	}
	want("failed", v.ID, pages)
	if _, got, err := f.Version(t.Context(), v.ID); err != nil || got.Hidden != 7 {
		t.Errorf("failed version %+v, %v; want 7 hidden characters", got, err)
	}
	f.fail(r.Version.ID) // after it was read, with nothing new to report
	want("failed later", r.Version.ID, report())

	_, err := f.Reading(t.Context(), qa.Scope{Collections: []qa.CollectionID{"autre"}}, v.ID)
	wantCode(t, "report outside", err, qa.NotFound, "version_unknown")
	_, err = f.Reading(t.Context(), everything(), "none")
	wantCode(t, "report of nothing", err, qa.NotFound, "version_unknown")
	if _, err := f.DeleteDocument(t.Context(), everything(), scan.Document.ID); err != nil {
		t.Fatal(err)
	}
	_, err = f.Reading(t.Context(), everything(), v.ID)
	wantCode(t, "report of a removed document", err, qa.NotFound, "version_unknown")
}

// readAtOnce offers content that was read before it is stored.
func (f *fixture) readAtOnce(u qa.Upload, content string, keep func() error) (qa.Receipt, error) {
	text, chunks := read(content)
	v := qa.Version{
		ID: qa.VersionID(f.id("version")), Document: qa.DocumentID(f.id("document")), Hash: hashOf(content),
		Size: int64(len(content)), MediaType: "application/pdf", Title: u.Title, CreatedAt: f.now(),
		Language: "fr", Pages: len(text.Pages), Chunks: len(chunks), Recognised: 6, Hidden: 9,
	}
	return f.CreateExtracted(f.t.Context(), u, v, text, chunks, keep)
}

func testExtracted(t *testing.T, f *fixture) {
	boom := errors.New("boom")
	u := qa.Upload{Collection: "c", Source: "secret.pdf"}
	if _, err := f.readAtOnce(u, "un\ndeux", func() error { return boom }); !errors.Is(err, boom) {
		t.Errorf("keep failed: %v", err)
	}
	if list, err := f.Documents(t.Context(), everything(), "", 10); err != nil || len(list) != 0 {
		t.Errorf("after a failed upload: %v, %v; want nothing", list, err)
	}
	kept := 0
	keep := func() error { kept++; return nil }
	r, err := f.readAtOnce(u, "un\ndeux", keep)
	if err != nil || r.Outcome != qa.VerdictIngested || r.Version.State != qa.StateExtracted || r.Version.Title != "Titre lu" {
		t.Fatalf("receipt %+v, %v", r, err)
	}
	if _, v, err := f.Version(t.Context(), r.Version.ID); err != nil || !reflect.DeepEqual(v, r.Version) || v.Recognised != 6 || v.Chunks != 2 {
		t.Errorf("stored %+v, %v\nacknowledged %+v", v, err, r.Version)
	}
	if got, err := f.Reading(t.Context(), everything(), r.Version.ID); err != nil || !reflect.DeepEqual(got, report()) {
		t.Errorf("report %+v, %v", got, err)
	}
	if ids, err := f.Unfinished(t.Context()); err != nil || len(ids) != 1 || ids[0] != r.Version.ID {
		t.Errorf("unfinished %v, %v; want the one", ids, err)
	}
	f.publish(r.Version.ID)
	f.wantTexts("published", everything(), f.hits(r.Version.ID), "un", "deux")
	again, err := f.readAtOnce(u, "un\ndeux", keep)
	if err != nil || again.Outcome != qa.VerdictUnchanged || again.Version.ID != r.Version.ID || again.Version.State != qa.StateLive || kept != 2 {
		t.Errorf("the same again: %+v, %v, kept %d times", again, err, kept)
	}

	waits := f.mustUpload(qa.Upload{Collection: "c", Source: "attend.pdf", Title: "Donné"}, "trois")
	now, err := f.readAtOnce(qa.Upload{Collection: "c", Source: "attend.pdf"}, "trois", keep)
	if err != nil || now.Outcome != qa.VerdictIngested || now.Version.ID != waits.Version.ID || now.Version.State != qa.StateExtracted || now.Version.Title != "Donné" {
		t.Errorf("read while it waited to be: %+v, %v", now, err)
	}
	wantCode(t, "the reader that comes late", f.Fail(t.Context(), waits.Version, qa.Reading{}), qa.Conflict, "stale_version")

	locked := f.mustUpload(qa.Upload{Collection: "c", Source: "fermé.pdf"}, "quatre")
	f.fail(locked.Version.ID)
	opened, err := f.readAtOnce(qa.Upload{Collection: "c", Source: "fermé.pdf"}, "quatre", keep)
	if err != nil || opened.Outcome != qa.VerdictIngested || opened.Document.ID != locked.Document.ID || opened.Version.State != qa.StateExtracted {
		t.Errorf("read after it failed: %+v, %v", opened, err)
	}
}
