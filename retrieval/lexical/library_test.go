package lexical

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"rapporteur/qa"
)

// library is a feed in memory: what the stores promise, without a disk.
type library struct {
	mu       sync.Mutex
	changes  []qa.Change
	chunks   map[qa.VersionID][]qa.Chunk
	live     map[qa.DocumentID]qa.VersionID
	versions map[qa.DocumentID][]qa.VersionID
	nextID   qa.ChunkID
	clock    time.Time
}

func newLibrary() *library {
	return &library{
		chunks: map[qa.VersionID][]qa.Chunk{}, live: map[qa.DocumentID]qa.VersionID{},
		versions: map[qa.DocumentID][]qa.VersionID{},
		clock:    time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

func (l *library) Changes(_ context.Context, since qa.Revision, n int) ([]qa.Change, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rest := l.changes[min(int(since), len(l.changes)):]
	return append([]qa.Change(nil), rest[:min(n, len(rest))]...), nil
}

func (l *library) Chunks(_ context.Context, id qa.VersionID) ([]qa.Chunk, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c, ok := l.chunks[id]; ok {
		return c, nil
	}
	return nil, qa.E(qa.NotFound, "document_unknown")
}

// source is a version to publish: "collection/document" and "title", sections and texts.
type source struct {
	collection qa.CollectionID
	document   qa.DocumentID
	version    qa.VersionID
	title      string
	section    []string
	texts      []string
}

// publish makes s live, a day after the last change, and supersedes what was live.
func (l *library) publish(s source) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clock = l.clock.AddDate(0, 0, 1)
	if _, ok := l.chunks[s.version]; !ok {
		var chunks []qa.Chunk
		for i, text := range s.texts {
			l.nextID++
			chunks = append(chunks, qa.Chunk{ID: l.nextID, Version: s.version, Ordinal: i, Section: s.section, Text: text})
		}
		l.chunks[s.version] = chunks
		l.versions[s.document] = append(l.versions[s.document], s.version)
	}
	old := l.live[s.document]
	l.live[s.document] = s.version
	l.change(qa.ChangePublished, s.collection, s.document, s.version, s.title)
	if old != "" {
		l.change(qa.ChangeSuperseded, s.collection, s.document, old, s.title)
	}
}

func (l *library) remove(c qa.CollectionID, d qa.DocumentID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clock = l.clock.AddDate(0, 0, 1)
	for _, v := range l.versions[d] {
		delete(l.chunks, v)
	}
	delete(l.versions, d)
	delete(l.live, d)
	l.change(qa.ChangeRemoved, c, d, "", "")
}

func (l *library) change(kind qa.ChangeKind, c qa.CollectionID, d qa.DocumentID, v qa.VersionID, title string) {
	l.changes = append(l.changes, qa.Change{
		Revision: qa.Revision(len(l.changes) + 1), Kind: kind, Collection: c, Document: d, Version: v,
		Title: title, Language: "fr", At: l.clock,
	})
}

// text gives a chunk's text by its id.
func (l *library) text(id qa.ChunkID) string {
	for _, chunks := range l.chunks {
		for _, c := range chunks {
			if c.ID == id {
				return c.Text
			}
		}
	}
	return ""
}

var everything = qa.Scope{Everything: true}

// ask gives the first words of the texts found.
func ask(t *testing.T, x *Index, l *library, scope qa.Scope, text string) string {
	t.Helper()
	hits, err := x.Rank(context.Background(), qa.Query{Text: text, Scope: scope, Language: "fr"}, 10)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, h := range hits {
		first, _, _ := strings.Cut(l.text(h.Chunk), " ")
		out = append(out, first)
	}
	return strings.Join(out, " ")
}

func synced(t testing.TB, feed Feed, o Options) *Index {
	t.Helper()
	x := New(feed, o)
	if err := x.Sync(context.Background()); err != nil {
		t.Fatal(err)
	}
	return x
}
