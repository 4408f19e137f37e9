package storetest

import (
	"slices"
	"testing"
	"time"

	"rapporteur/qa"
)

// testSources: what came from where is found again, with what its web server said of it.
func testSources(t *testing.T, f *fixture) {
	ctx := t.Context()
	first := qa.Validator{ETag: `"v1"`, Modified: "Mon, 05 Jan 2026 10:00:00 GMT"}
	r := f.mustUpload(qa.Upload{Source: "https://example.org/bilan.pdf", Collection: "a", Validator: first}, "un")
	f.mustUpload(qa.Upload{Source: "https://example.org/bilan.pdf", Collection: "b"}, "deux")
	if r.Version.Validator != first {
		t.Errorf("receipt: %+v", r.Version.Validator)
	}
	f.mustUpload(qa.Upload{Source: "https://example.org/bilan.pdf", Collection: "a", Replace: true, Validator: qa.Validator{ETag: `"v2"`}}, "trois")
	d, versions, err := f.FindSource(ctx, everything(), "a", "https://example.org/bilan.pdf")
	if err != nil || d.ID != r.Document.ID || len(versions) != 2 {
		t.Fatalf("%+v with %d versions, %v", d, len(versions), err)
	}
	if versions[0].Validator != (qa.Validator{ETag: `"v2"`}) || versions[1].Validator != first {
		t.Errorf("validators %+v, %+v", versions[0].Validator, versions[1].Validator)
	}
	for _, c := range []struct {
		scope      qa.Scope
		collection qa.CollectionID
		source     string
	}{
		{everything(), "a", "https://example.org/autre.pdf"},
		{everything(), "c", "https://example.org/bilan.pdf"},
		{qa.Scope{Collections: []qa.CollectionID{"b"}}, "a", "https://example.org/bilan.pdf"},
		{qa.Scope{}, "a", "https://example.org/bilan.pdf"},
	} {
		if _, _, err := f.FindSource(ctx, c.scope, c.collection, c.source); qa.CodeOf(err) != "document_unknown" {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// testTombstones: what was removed is known for ever, and nothing of it but its id and the time.
func testTombstones(t *testing.T, f *fixture) {
	var want []qa.Tombstone
	for _, source := range []string{"a.md", "b.md", "c.md"} {
		r := f.mustUpload(qa.Upload{Source: source}, "Texte de "+source)
		if source == "b.md" {
			continue
		}
		f.pass(time.Minute)
		if _, err := f.DeleteDocument(t.Context(), everything(), r.Document.ID); err != nil {
			t.Fatal(err)
		}
		want = append(want, qa.Tombstone{Document: r.Document.ID, At: f.now()})
	}
	got, err := f.Tombstones(t.Context())
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
}

// testCancel: work on a version ends when its user says so, and a version in force stays in force.
func testCancel(t *testing.T, f *fixture) {
	ctx := t.Context()
	one := f.mustUpload(qa.Upload{Source: "a.md"}, "Un.")
	for _, c := range []struct {
		scope    qa.Scope
		document qa.DocumentID
	}{{everything(), "other"}, {qa.Scope{Collections: []qa.CollectionID{"other"}}, one.Document.ID}} {
		if _, err := f.Cancel(ctx, c.scope, c.document); qa.CodeOf(err) != "document_unknown" {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if id, err := f.Cancel(ctx, everything(), one.Document.ID); err != nil || id != one.Version.ID {
		t.Fatalf("%s, %v", id, err)
	}
	_, v, err := f.Version(ctx, one.Version.ID)
	if err != nil || v.State != qa.StateFailed || v.Verdict != qa.VerdictCanceled || v.Failure != "canceled" || v.Rev != one.Version.Rev+1 {
		t.Errorf("%+v, %v", v, err)
	}
	if err := f.SaveChunks(ctx, one.Version, qa.Text{Content: "Un."}, nil); qa.CodeOf(err) != "stale_version" {
		t.Errorf("who read it meanwhile: %v", err)
	}
	if _, err := f.Cancel(ctx, everything(), one.Document.ID); qa.CodeOf(err) != "nothing_to_cancel" {
		t.Errorf("a second time: %v", err)
	}
	two := f.add(qa.Upload{Source: "a.md", Replace: true}, "Deux, qui répond.")
	three := f.mustUpload(qa.Upload{Source: "a.md", Replace: true}, "Trois, arrêtée.")
	f.extract(three.Version.ID, "Trois, arrêtée.")
	if id, err := f.Cancel(ctx, everything(), one.Document.ID); err != nil || id != three.Version.ID {
		t.Fatalf("%s, %v", id, err)
	}
	d, _, err := f.Document(ctx, everything(), one.Document.ID)
	if err != nil || d.Live != two.Version.ID {
		t.Errorf("in force: %+v, %v", d, err)
	}
	if chunks, err := f.Chunks(ctx, three.Version.ID); err != nil || len(chunks) != 0 {
		t.Errorf("%d chunks of what was canceled, %v", len(chunks), err)
	}
}

// testOrigins: a document is a folder's own as long as it came from that folder alone.
func testOrigins(t *testing.T, f *fixture) {
	ctx := t.Context()
	from := func(origin, source, content string) qa.Receipt {
		t.Helper()
		return f.mustUpload(qa.Upload{Source: source, Origin: origin, Replace: true}, content)
	}
	wantOwn := func(what, origin string, want ...string) {
		t.Helper()
		list, err := f.OnlyFrom(ctx, qa.DefaultCollection, origin)
		got := []string{}
		for _, l := range list {
			got = append(got, l.Source)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", what, got, err, want)
		}
	}
	for _, source := range []string{"own", "uploaded", "shared", "same bytes", "known by id"} {
		from("A", source, "Texte de "+source)
	}
	from("B", "other", "Texte de l’autre")
	from("", "upload", "Texte déposé")
	f.mustUpload(qa.Upload{Source: "own", Collection: "ailleurs", Origin: "A"}, "Une autre collection")
	wantOwn("at first", "A", "own", "uploaded", "shared", "same bytes", "known by id")
	from("A", "own", "Texte changé")
	from("", "uploaded", "Déposé depuis")
	from("B", "shared", "Texte de shared")
	if r := f.mustUpload(qa.Upload{Source: "copie"}, "Texte de same bytes"); r.Document.Source != "same bytes" || r.Outcome != qa.VerdictUnchanged {
		t.Errorf("an upload of bytes that are there: %+v", r)
	}
	if known, _, err := f.FindSource(ctx, everything(), qa.DefaultCollection, "known by id"); err != nil {
		t.Error(err)
	} else {
		f.mustUpload(qa.Upload{Document: known.ID}, "Une version déposée")
	}
	wantOwn("what also came otherwise is nobody's", "A", "own")
	wantOwn("another folder", "B", "other")
	wantOwn("no folder", "", "upload")
	wantOwn("an unknown folder", "C")
	if r := from("A", "moved", "Texte changé"); r.Outcome != qa.VerdictIngested || r.Document.Source != "moved" {
		t.Errorf("the path is the identity of what a folder holds, not its bytes: %+v", r)
	}
	wantOwn("moved", "A", "own", "moved")
	d, _, err := f.FindSource(ctx, everything(), qa.DefaultCollection, "own")
	if err == nil {
		_, err = f.DeleteDocument(ctx, everything(), d.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	wantOwn("removed", "A", "moved")
}

// testRecall: what changes nothing is known without being written.
func testRecall(t *testing.T, f *fixture) {
	ctx := t.Context()
	a := f.mustUpload(qa.Upload{Source: "a", Origin: "A", Replace: true}, "un")
	f.pass(time.Minute)
	newest := f.mustUpload(qa.Upload{Source: "a", Origin: "A", Replace: true}, "deux")
	broken := f.mustUpload(qa.Upload{Source: "cassé", Origin: "A", Replace: true}, "cassé")
	f.fail(broken.Version.ID)
	for _, c := range []struct {
		what    string
		upload  qa.Upload
		content string
		known   bool
	}{
		{"the same again", qa.Upload{Source: "a", Origin: "A", Replace: true}, "deux", true},
		{"the version before", qa.Upload{Source: "a", Origin: "A", Replace: true}, "un", false},
		{"other bytes", qa.Upload{Source: "a", Origin: "A", Replace: true}, "trois", false},
		{"another source", qa.Upload{Source: "b", Origin: "A", Replace: true}, "deux", false},
		{"another collection", qa.Upload{Source: "a", Collection: "autre", Origin: "A", Replace: true}, "deux", false},
		{"another folder, which is to be noted", qa.Upload{Source: "a", Origin: "B", Replace: true}, "deux", false},
		{"an upload, which is to be noted", qa.Upload{Source: "a", Replace: true}, "deux", false},
		{"one that would be refused", qa.Upload{Source: "a", Origin: "A"}, "deux", false},
		{"by id", qa.Upload{Document: a.Document.ID, Origin: "A", Replace: true}, "deux", false},
		{"one that could not be read", qa.Upload{Source: "cassé", Origin: "A", Replace: true}, "cassé", false},
	} {
		if c.upload.Collection == "" {
			c.upload.Collection = qa.DefaultCollection
		}
		r, ok, err := f.Recall(ctx, c.upload, hashOf(c.content))
		if err != nil || ok != c.known {
			t.Errorf("%s: %v, %v; want %v", c.what, ok, err, c.known)
		}
		if ok && (r.Outcome != qa.VerdictUnchanged || r.Version.ID != newest.Version.ID || r.Document.ID != a.Document.ID) {
			t.Errorf("%s: %+v", c.what, r)
		}
	}
}
