package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"rapporteur/qa"
)

func testScopes(t *testing.T, f *fixture) {
	a := f.add(qa.Upload{Collection: "x", Source: "a"}, "a1\na2")
	b := f.add(qa.Upload{Collection: "y", Source: "b"}, "b1")
	hits := f.hits(b.Version.ID, a.Version.ID)
	slices.Reverse(hits)
	hits = append(hits, qa.Hit{Chunk: 99999}, qa.Hit{Chunk: -1})
	for _, c := range []struct {
		what  string
		scope qa.Scope
		want  []string
	}{
		{"nothing", qa.Scope{}, []string{}},
		{"all, in the order of the hits", everything(), []string{"a2", "a1", "b1"}},
		{"one collection", qa.Scope{Collections: []qa.CollectionID{"y"}}, []string{"b1"}},
		{"two collections", qa.Scope{Collections: []qa.CollectionID{"y", "x"}}, []string{"a2", "a1", "b1"}},
		{"a collection that is not there", qa.Scope{Collections: []qa.CollectionID{"z"}}, []string{}},
		{"one document", qa.Scope{Everything: true, Documents: []qa.DocumentID{a.Document.ID}}, []string{"a2", "a1"}},
		{"a document of another collection", qa.Scope{Collections: []qa.CollectionID{"y"}, Documents: []qa.DocumentID{a.Document.ID}}, []string{}},
		{"a document without a collection", qa.Scope{Documents: []qa.DocumentID{a.Document.ID}}, []string{}},
		{"one version", qa.Scope{Everything: true, Versions: []qa.VersionID{b.Version.ID}}, []string{"b1"}},
		{"a version of another collection", qa.Scope{Collections: []qa.CollectionID{"x"}, Versions: []qa.VersionID{b.Version.ID}}, []string{}},
	} {
		f.wantTexts(c.what, c.scope, hits, c.want...)
	}
	passages, err := f.Passages(t.Context(), everything(), hits)
	if err != nil {
		t.Fatal(err)
	}
	p := passages[0]
	if p.Score != hits[0].Score || p.Document.ID != a.Document.ID || p.Document.Source != "a" || p.Version != a.Version.ID || p.Pages[0].Label != "p1" || p.Section[1] != "Été" {
		t.Errorf("passage %+v", p)
	}
	// What one may not read does not exist, in every call.
	y := qa.Scope{Collections: []qa.CollectionID{"y"}}
	_, _, err = f.Document(t.Context(), y, a.Document.ID)
	wantCode(t, "document outside", err, qa.NotFound, "document_unknown")
	_, _, err = f.Text(t.Context(), y, a.Document.ID, "")
	wantCode(t, "text outside", err, qa.NotFound, "document_unknown")
	_, _, err = f.Text(t.Context(), everything(), a.Document.ID, b.Version.ID)
	wantCode(t, "text of another document's version", err, qa.NotFound, "version_unknown")
	_, err = f.DeleteDocument(t.Context(), y, a.Document.ID)
	wantCode(t, "delete outside", err, qa.NotFound, "document_unknown")
	_, err = f.Rollback(t.Context(), y, a.Document.ID, a.Version.ID)
	wantCode(t, "rollback outside", err, qa.NotFound, "version_unknown")
	if empty, err := f.Passages(t.Context(), everything(), nil); err != nil || len(empty) != 0 {
		t.Errorf("passages of no hits: %v, %v", empty, err)
	}
}

func testTimes(t *testing.T, f *fixture) {
	before := f.now().Add(-time.Second)
	one := f.add(qa.Upload{Source: "a"}, "un")
	first := f.now()
	f.pass(time.Hour)
	two := f.add(qa.Upload{Source: "a", Replace: true}, "deux")
	second := f.now()
	hits := f.hits(one.Version.ID, two.Version.ID)
	// Indexes lag a moment behind: what they found in the old version must still answer.
	f.wantTexts("just replaced", everything(), f.hits(one.Version.ID), "un")
	f.pass(time.Hour)
	at := func(at time.Time) qa.Scope { return qa.Scope{Everything: true, AsOf: at} }
	f.wantTexts("live", everything(), hits, "deux")
	f.wantTexts("before all", at(before), hits)
	f.wantTexts("at the first publication", at(first), hits, "un")
	f.wantTexts("just before the second", at(second.Add(-time.Microsecond)), hits, "un")
	f.wantTexts("at the second", at(second), hits, "deux")
	f.wantTexts("now", at(f.now()), hits, "deux")
	f.wantTexts("the old version by name", qa.Scope{Everything: true, Versions: []qa.VersionID{one.Version.ID}}, hits, "un")
	_, versions, err := f.Document(t.Context(), everything(), one.Document.ID)
	if err != nil || len(versions) != 2 || versions[0].ID != two.Version.ID || !versions[1].SupersededAt.Equal(second) || !versions[1].PublishedAt.Equal(first) {
		t.Errorf("versions %+v, %v; want the newest first with their times", versions, err)
	}
	if text, _, err := f.Text(t.Context(), everything(), one.Document.ID, one.Version.ID); err != nil || text.Content != "un" {
		t.Errorf("text of the old version %q, %v", text.Content, err)
	}
}

func testRollback(t *testing.T, f *fixture) {
	one := f.add(qa.Upload{Source: "a", Title: "un"}, "un")
	f.pass(time.Hour)
	two := f.add(qa.Upload{Source: "a", Replace: true, Title: "deux"}, "deux")
	during := f.now()
	f.pass(time.Hour)
	waits := f.mustUpload(qa.Upload{Source: "a", Replace: true}, "trois")
	_, err := f.Rollback(t.Context(), everything(), one.Document.ID, waits.Version.ID)
	wantCode(t, "rollback to what was never live", err, qa.Conflict, "version_not_superseded")
	_, err = f.Rollback(t.Context(), everything(), one.Document.ID, "none")
	wantCode(t, "rollback to nothing", err, qa.NotFound, "version_unknown")
	for range 2 { // the second time changes nothing
		d, err := f.Rollback(t.Context(), everything(), one.Document.ID, one.Version.ID)
		if err != nil || d.Live != one.Version.ID || d.Title != "UN" {
			t.Fatalf("rollback: %+v, %v", d, err)
		}
	}
	back := f.now()
	f.pass(time.Hour)
	hits := f.hits(one.Version.ID, two.Version.ID)
	f.wantTexts("rolled back", everything(), hits, "un")
	f.wantTexts("while the second was live", qa.Scope{Everything: true, AsOf: during}, hits, "deux")
	f.wantTexts("after the rollback", qa.Scope{Everything: true, AsOf: back}, hits, "un")
	if f.state(two.Version.ID) != qa.StateSuperseded {
		t.Errorf("the second is %s", f.state(two.Version.ID))
	}
	f.extract(waits.Version.ID, "trois")
	if state := f.publish(waits.Version.ID); state != qa.StateLive {
		t.Errorf("an upload made after the versions rolled back and forth became %s", state)
	}
}

func testLists(t *testing.T, f *fixture) {
	for i := range 7 {
		f.add(qa.Upload{Collection: qa.CollectionID([]string{"pair", "impair"}[i%2]), Source: fmt.Sprint("s", i)}, fmt.Sprint("contenu ", i))
	}
	waiting := f.mustUpload(qa.Upload{Collection: "vide", Source: "attend"}, "attend")
	replaced := f.mustUpload(qa.Upload{Collection: "pair", Source: "s0", Replace: true}, "plus récent")
	var sources []string
	after := qa.DocumentID("")
	for {
		page, err := f.Documents(t.Context(), everything(), after, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range page {
			sources = append(sources, l.Source)
			if l.Newest.Document != l.ID {
				t.Errorf("newest version %+v of %s", l.Newest, l.ID)
			}
			if l.ID == replaced.Document.ID && (l.Newest.ID != replaced.Version.ID || l.Newest.State != qa.StateQueued || l.Live == "") {
				t.Errorf("document with a waiting version: %+v", l)
			}
		}
		if len(page) < 3 {
			break
		}
		after = page[len(page)-1].ID
	}
	if want := []string{"s0", "s1", "s2", "s3", "s4", "s5", "s6", "attend"}; !slices.Equal(sources, want) {
		t.Errorf("listed %v, want %v", sources, want)
	}
	got, err := f.Collections(t.Context(), everything())
	if want := []qa.Collection{{ID: "impair", Documents: 3}, {ID: "pair", Documents: 4}, {ID: "vide", Documents: 0}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("collections %v, %v; want %v", got, err, want)
	}
	got, err = f.Collections(t.Context(), qa.Scope{Collections: []qa.CollectionID{"pair", "none"}})
	if want := []qa.Collection{{ID: "pair", Documents: 4}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("collections in the scope %v, %v; want %v", got, err, want)
	}
	if list, err := f.Documents(t.Context(), qa.Scope{}, "", 10); err != nil || len(list) != 0 {
		t.Errorf("the empty scope lists %v, %v", list, err)
	}
	_, _, err = f.Text(t.Context(), everything(), waiting.Document.ID, "")
	wantCode(t, "live text of a waiting document", err, qa.NotFound, "version_unknown")
}

func testUnreadable(t *testing.T, f *fixture) {
	f.add(qa.Upload{Collection: "c", Source: "lu"}, "lu")
	failed := f.mustUpload(qa.Upload{Collection: "c", Source: "scan"}, "scan")
	f.fail(failed.Version.ID)
	partly := f.mustUpload(qa.Upload{Collection: "c", Source: "en partie"}, "un\n")
	text, chunks := read("un\n")
	v := partly.Version
	v.Pages, v.PagesWithoutText = 2, []int{2}
	if err := f.SaveChunks(t.Context(), v, text, chunks[:1]); err != nil {
		t.Fatal(err)
	}
	f.publish(v.ID)
	mended := f.mustUpload(qa.Upload{Collection: "c", Source: "réparé"}, "cassé")
	f.fail(mended.Version.ID)
	f.add(qa.Upload{Collection: "c", Source: "réparé"}, "réparé")
	other := f.mustUpload(qa.Upload{Collection: "autre", Source: "autre"}, "autre")
	f.fail(other.Version.ID)
	for _, c := range []struct {
		what  string
		scope qa.Scope
		n     int
		want  []string
	}{
		{"all", everything(), 10, []string{"scan", "en partie", "autre"}},
		{"the first", everything(), 1, []string{"scan"}},
		{"one collection", qa.Scope{Collections: []qa.CollectionID{"c"}}, 10, []string{"scan", "en partie"}},
		{"one document", qa.Scope{Everything: true, Documents: []qa.DocumentID{partly.Document.ID}}, 10, []string{"en partie"}},
		{"nothing", qa.Scope{}, 10, nil},
	} {
		list, err := f.Unreadable(t.Context(), c.scope, c.n)
		var got []string
		for _, l := range list {
			got = append(got, l.Source)
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v; want %v", c.what, got, err, c.want)
		}
	}
}

func testListedTitles(t *testing.T, f *fixture) {
	f.add(qa.Upload{Collection: "c", Source: "a", Title: "Bilan 2023"}, "un")
	f.pass(time.Second)
	second := f.add(qa.Upload{Collection: "autre", Source: "b", Title: "Bilan 2024"}, "deux")
	f.pass(time.Second)
	f.mustUpload(qa.Upload{Collection: "c", Source: "attend", Title: "Bilan 2025"}, "trois")
	for _, c := range []struct {
		what  string
		scope qa.Scope
		n     int
		want  []string
	}{
		{"all", everything(), 10, []string{"BILAN 2024", "BILAN 2023"}},
		{"the last", everything(), 1, []string{"BILAN 2024"}},
		{"one collection", qa.Scope{Collections: []qa.CollectionID{"c"}}, 10, []string{"BILAN 2023"}},
		{"one document", qa.Scope{Everything: true, Documents: []qa.DocumentID{second.Document.ID}}, 10, []string{"BILAN 2024"}},
		{"nothing", qa.Scope{}, 10, nil},
	} {
		list, err := f.Titles(t.Context(), c.scope, c.n)
		var got []string
		for _, d := range list {
			got = append(got, d.Title)
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v; want %v", c.what, got, err, c.want)
		}
	}
}
