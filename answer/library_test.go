package answer_test

import (
	"context"
	"testing"

	"rapporteur/answer"
	"rapporteur/ingest/chunk"
	"rapporteur/qa"
	"rapporteur/retrieval"
	"rapporteur/retrieval/lexical"
)

// library is a library in memory with the true chunks, ranking and retrieval.
type library struct {
	changes  []qa.Change
	chunks   map[qa.VersionID][]qa.Chunk
	passages map[qa.ChunkID]qa.Passage
	index    *lexical.Index
}

func newLibrary() *library {
	l := &library{chunks: map[qa.VersionID][]qa.Chunk{}, passages: map[qa.ChunkID]qa.Passage{}}
	l.index = lexical.New(l, lexical.Options{})
	return l
}

func (l *library) Changes(_ context.Context, since qa.Revision, n int) ([]qa.Change, error) {
	rest := l.changes[min(int(since), len(l.changes)):]
	return rest[:min(n, len(rest))], nil
}

func (l *library) Chunks(_ context.Context, v qa.VersionID) ([]qa.Chunk, error) {
	return l.chunks[v], nil
}

func (l *library) Passages(_ context.Context, scope qa.Scope, hits []qa.Hit) ([]qa.Passage, error) {
	var found []qa.Passage
	for _, h := range hits {
		found = append(found, l.passages[h.Chunk])
	}
	return found, nil
}

// add publishes a text in a collection of its own name or another.
func (l *library) add(collection qa.CollectionID, id, title string, text qa.Text) {
	version := qa.VersionID(id)
	chunks := chunk.Splitter{}.Split(text)
	for i := range chunks {
		chunks[i].ID, chunks[i].Version = qa.ChunkID(len(l.passages)+1), version
		l.passages[chunks[i].ID] = qa.Passage{Chunk: chunks[i], Document: qa.Document{
			ID: qa.DocumentID(id), Collection: collection, Title: title, Source: id, Live: version,
		}}
	}
	l.chunks[version] = chunks
	l.changes = append(l.changes, qa.Change{
		Revision: qa.Revision(len(l.changes) + 1), Kind: qa.ChangePublished, Collection: collection,
		Document: qa.DocumentID(id), Version: version, Title: title, Language: "fr",
	})
}

// addPage publishes a text of one page.
func (l *library) addPage(id, title, text string) {
	l.add("c", id, title, qa.Text{Content: text, Pages: []qa.Page{{Number: 1, Span: qa.Span{End: len(text)}}}})
}

// answerer reads the library; a citation that fails its check fails the test.
func (l *library) answerer(t *testing.T) *answer.Answerer {
	t.Helper()
	if err := l.index.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &answer.Answerer{
		Retriever: &retrieval.Retriever{Lexical: l.index, Passages: l, Terms: l.index.Terms, Count: l.index.Documents},
		Options:   answer.Options{Report: func(err error) { t.Errorf("a citation failed its check: %v", err) }},
	}
}

var everything = qa.Scope{Everything: true}

func ask(t *testing.T, a *answer.Answerer, q qa.Question) qa.Answer {
	t.Helper()
	if !q.Scope.Everything && q.Scope.Collections == nil {
		q.Scope = everything
	}
	got, err := a.Answer(t.Context(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
