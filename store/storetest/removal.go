package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapporteur/qa"
)

func testDelete(t *testing.T, f *fixture) {
	one := f.add(qa.Upload{Source: "a"}, "un\ndeux")
	f.add(qa.Upload{Source: "a", Replace: true}, "trois")
	other := f.add(qa.Upload{Source: "b", Collection: "autre"}, "un\ndeux")
	hits := f.hits(one.Version.ID, other.Version.ID)
	hashes, err := f.DeleteDocument(t.Context(), everything(), one.Document.ID)
	slices.Sort(hashes)
	want := []string{hashOf("un\ndeux"), hashOf("trois")}
	slices.Sort(want)
	if err != nil || !slices.Equal(hashes, want) {
		t.Fatalf("deleted %v, %v; want %v", hashes, err, want)
	}
	f.wantTexts("the other stays", everything(), hits, "un", "deux")
	_, _, err = f.Document(t.Context(), everything(), one.Document.ID)
	wantCode(t, "the document", err, qa.NotFound, "document_unknown")
	_, _, err = f.Version(t.Context(), one.Version.ID)
	wantCode(t, "its version", err, qa.NotFound, "version_unknown")
	if chunks, err := f.Chunks(t.Context(), one.Version.ID); err != nil || len(chunks) != 0 {
		t.Errorf("chunks left: %v, %v", chunks, err)
	}
	_, err = f.DeleteDocument(t.Context(), everything(), one.Document.ID)
	wantCode(t, "deleting twice", err, qa.NotFound, "document_unknown")

	last := f.hits(other.Version.ID)[1].Chunk
	if _, err := f.DeleteDocument(t.Context(), everything(), other.Document.ID); err != nil {
		t.Fatal(err)
	}
	again := f.add(qa.Upload{Source: "a"}, "un\ndeux")
	if id := f.hits(again.Version.ID)[0].Chunk; id <= last {
		t.Errorf("chunk id %d is used again (last was %d)", id, last)
	}
}

func testUnreferenced(t *testing.T, f *fixture) {
	r := f.add(qa.Upload{Source: "a"}, "un")
	ran := false
	mark := func() error { ran = true; return nil }
	if err := f.Unreferenced(t.Context(), hashOf("un"), mark); err != nil || ran {
		t.Errorf("ran %v for a hash in use, %v", ran, err)
	}
	if _, err := f.DeleteDocument(t.Context(), everything(), r.Document.ID); err != nil {
		t.Fatal(err)
	}
	if err := f.Unreferenced(t.Context(), hashOf("un"), mark); err != nil || !ran {
		t.Errorf("ran %v for a hash out of use, %v", ran, err)
	}
	boom := errors.New("boom")
	if err := f.Unreferenced(t.Context(), hashOf("un"), func() error { return boom }); !errors.Is(err, boom) {
		t.Errorf("error %v, want boom", err)
	}
	// An upload of the same bytes is kept out until the removal is over.
	inside, done := make(chan struct{}), make(chan struct{})
	var order atomic.Value
	order.Store("")
	go func() {
		defer close(done)
		<-inside
		if _, err := f.upload(qa.Upload{Source: "b"}, "un"); err != nil {
			t.Error(err)
		}
		order.Store(order.Load().(string) + "upload")
	}()
	err := f.Unreferenced(t.Context(), hashOf("un"), func() error {
		close(inside)
		time.Sleep(50 * time.Millisecond)
		order.Store(order.Load().(string) + "removal ")
		return nil
	})
	<-done
	if got := order.Load(); err != nil || got != "removal upload" {
		t.Errorf("order %q, %v", got, err)
	}
}

func testFeed(t *testing.T, f *fixture) {
	signal := f.Subscribe()
	one := f.add(qa.Upload{Collection: "c", Source: "a", Title: "titre"}, "un")
	select {
	case <-signal:
	case <-time.After(5 * time.Second):
		t.Error("no signal after a publication")
	}
	two := f.add(qa.Upload{Collection: "c", Source: "a", Replace: true}, "deux")
	b := f.add(qa.Upload{Collection: "c", Source: "b"}, "trois")
	all, err := f.Changes(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	wantFeed(t, all,
		qa.Change{Kind: qa.ChangePublished, Version: one.Version.ID, Document: one.Document.ID, Title: "TITRE"},
		qa.Change{Kind: qa.ChangeSuperseded, Version: one.Version.ID, Document: one.Document.ID, Title: "TITRE"},
		qa.Change{Kind: qa.ChangePublished, Version: two.Version.ID, Document: one.Document.ID, Title: "TITRE"},
		qa.Change{Kind: qa.ChangePublished, Version: b.Version.ID, Document: b.Document.ID})
	if all[0].Collection != "c" || all[0].Language != "fr" || !all[0].At.Equal(f.now()) {
		t.Errorf("change %+v", all[0])
	}
	rest, err := f.Changes(t.Context(), all[1].Revision, 1)
	if err != nil || len(rest) != 1 || rest[0] != all[2] {
		t.Errorf("one change after the second: %v, %v", rest, err)
	}
	if _, err := f.DeleteDocument(t.Context(), everything(), one.Document.ID); err != nil {
		t.Fatal(err)
	}
	after, err := f.Changes(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	wantFeed(t, after,
		qa.Change{Kind: qa.ChangePublished, Version: b.Version.ID, Document: b.Document.ID},
		qa.Change{Kind: qa.ChangeRemoved, Document: one.Document.ID})
	if after[1].Revision <= all[3].Revision {
		t.Errorf("revision %d after %d", after[1].Revision, all[3].Revision)
	}
}

func wantFeed(t testing.TB, got []qa.Change, want ...qa.Change) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("feed %+v\nwant %+v", got, want)
	}
	for i, w := range want {
		g := got[i]
		if g.Kind != w.Kind || g.Version != w.Version || g.Document != w.Document || g.Title != w.Title {
			t.Errorf("change %d is %+v, want %+v", i, g, w)
		}
		if i > 0 && g.Revision <= got[i-1].Revision {
			t.Errorf("revision %d after %d", g.Revision, got[i-1].Revision)
		}
	}
}

// testReadersDuringReplacement replaces a document again and again while readers search it by an
// index that follows the feed: no answer may be empty or mix versions.
func testReadersDuringReplacement(t *testing.T, f *fixture) {
	const paragraphs, replacements = 12, 25
	content := func(n int) string {
		s := fmt.Sprintf("version %d", n)
		for i := 1; i < paragraphs; i++ {
			s += fmt.Sprintf("\nversion %d paragraphe %d", n, i)
		}
		return s
	}
	r := f.add(qa.Upload{Source: "a"}, content(0))
	x := &follower{f: f}
	x.catchUp()
	stop, reads := make(chan struct{}), atomic.Int64{}
	var wg sync.WaitGroup
	signal := f.Subscribe()
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-signal:
				x.catchUp()
			}
		}
	})
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				got, err := f.Passages(t.Context(), everything(), *x.live.Load())
				if err != nil || len(got) != paragraphs {
					t.Errorf("answer of %d passages, %v; want %d", len(got), err, paragraphs)
					return
				}
				for _, p := range got {
					if p.Version != got[0].Version {
						t.Errorf("answer mixes %s and %s", p.Version, got[0].Version)
						return
					}
				}
				reads.Add(1)
			}
		})
	}
	for n := 1; n <= replacements; n++ {
		f.add(qa.Upload{Document: r.Document.ID}, content(n))
	}
	close(stop)
	wg.Wait()
	if reads.Load() < replacements {
		t.Errorf("only %d answers during %d replacements", reads.Load(), replacements)
	}
}

// follower is the smallest index: all chunks of what is live, swapped by one pointer.
type follower struct {
	f     *fixture
	since qa.Revision
	live  atomic.Pointer[[]qa.Hit]
}

func (x *follower) catchUp() {
	changes, err := x.f.Changes(x.f.t.Context(), x.since, 1000)
	if err != nil {
		x.f.t.Error(err)
		return
	}
	for _, c := range changes {
		x.since = c.Revision
		if c.Kind == qa.ChangePublished {
			hits := x.f.hits(c.Version)
			x.live.Store(&hits)
		}
	}
}

func testKeys(t *testing.T, f *fixture) {
	k := qa.Key{ID: "k1", Name: "script", Prefix: "rap_abcd", Write: true, Collections: []qa.CollectionID{"a", "b"}, CreatedAt: f.now()}
	hash := bytes.Repeat([]byte{7}, 32)
	if err := f.AddKey(t.Context(), k, hash); err != nil {
		t.Fatal(err)
	}
	f.pass(time.Second)
	if err := f.AddKey(t.Context(), qa.Key{ID: "k2", Name: "lecteur", CreatedAt: f.now()}, []byte{1}); err != nil {
		t.Fatal(err)
	}
	if err := f.AddKey(t.Context(), qa.Key{ID: "k3", CreatedAt: f.now()}, hash); err == nil {
		t.Error("two keys with one secret")
	}
	got, err := f.KeyByHash(t.Context(), hash)
	if err != nil || got.ID != "k1" || !got.Write || !slices.Equal(got.Collections, k.Collections) || !got.CreatedAt.Equal(k.CreatedAt) || !got.RevokedAt.IsZero() {
		t.Errorf("key %+v, %v", got, err)
	}
	_, err = f.KeyByHash(t.Context(), []byte{9})
	wantCode(t, "unknown secret", err, qa.NotFound, "key_unknown")
	at := f.now()
	for range 2 { // the second time changes nothing
		if err := f.RevokeKey(t.Context(), "k1", at); err != nil {
			t.Fatal(err)
		}
		f.pass(time.Hour)
	}
	wantCode(t, "revoke nothing", f.RevokeKey(t.Context(), "none", f.now()), qa.NotFound, "key_unknown")
	keys, err := f.Keys(t.Context())
	if err != nil || len(keys) != 2 || keys[0].ID != "k1" || !keys[0].RevokedAt.Equal(at) || keys[1].Collections != nil {
		t.Errorf("keys %+v, %v", keys, err)
	}
	// revoke again must not move the time
	if err := f.RevokeKey(t.Context(), "k1", f.now()); err != nil {
		t.Fatal(err)
	}
	if again, err := f.KeyByHash(t.Context(), hash); err != nil || !again.RevokedAt.Equal(at) {
		t.Errorf("revoked at %v, %v; want %v", again.RevokedAt, err, at)
	}
}
