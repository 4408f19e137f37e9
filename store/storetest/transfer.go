package storetest

import (
	"context"
	"io"
	"reflect"
	"testing"
	"time"

	"rapporteur/qa"
)

// transferring is what backups need.
type transferring interface {
	Export(ctx context.Context, to qa.RecordWriter) error
	Import(ctx context.Context, l qa.LibraryRecord, from qa.RecordReader) error
}

// contents are all records of a library.
type contents struct {
	library       qa.LibraryRecord
	documents     []qa.DocumentRecord
	conversations []qa.ConversationRecord
	feedback      []qa.Feedback
}

func contentsOf(t testing.TB, s transferring) contents {
	t.Helper()
	var c contents
	err := s.Export(t.Context(), qa.RecordWriter{
		Library:      func(l qa.LibraryRecord) error { c.library = l; return nil },
		Document:     func(d qa.DocumentRecord) error { c.documents = append(c.documents, d); return nil },
		Conversation: func(x qa.ConversationRecord) error { c.conversations = append(c.conversations, x); return nil },
		Feedback:     func(x qa.Feedback) error { c.feedback = append(c.feedback, x); return nil },
	})
	if err != nil {
		t.Fatalf("export: %v", err)
	}
	return c
}

// records gives the contents one by one.
func (c contents) records() qa.RecordReader {
	return qa.RecordReader{Document: oneByOne(c.documents), Conversation: oneByOne(c.conversations), Feedback: oneByOne(c.feedback)}
}

func oneByOne[T any](list []T) func() (T, error) {
	i := 0
	return func() (x T, err error) {
		if i == len(list) {
			return x, io.EOF
		}
		i++
		return list[i-1], nil
	}
}

// Fill puts a bit of everything into an empty store: versions in every state, a rollback, a removal, keys, a title
// that a user gave, vectors of chunks and of sentences, of one version only some.
func Fill(t *testing.T, open Opener) Store {
	f := newFixture(t, open)
	f.furnish()
	return f.Store
}

func (f *fixture) furnish() {
	f.t.Helper()
	ctx := f.t.Context()
	must := func(err error) {
		f.t.Helper()
		if err != nil {
			f.t.Fatal(err)
		}
	}
	vectors, err := f.UseEncoder(ctx, qa.Encoder{Fingerprint: "essai", Dimensions: 4})
	must(err)
	gone := f.add(qa.Upload{Source: "parti.txt"}, "Ce qui est parti")
	first := f.add(qa.Upload{Source: "a.txt", Validator: qa.Validator{ETag: `"e"`, Modified: "hier"}}, "Premier\nDeuxième\nTroisième")
	f.pass(time.Hour)
	second := f.add(qa.Upload{Source: "a.txt", Replace: true, Title: "Le titre"}, "Premier\nAutre")
	f.pass(time.Hour)
	for i, id := range []qa.VersionID{first.Version.ID, second.Version.ID} {
		chunks, err := f.Chunks(ctx, id)
		must(err)
		var list []qa.ChunkVector
		var sentences []qa.ChunkSentences
		for k, c := range chunks[i:] {
			list = append(list, qa.ChunkVector{Chunk: c.ID, Vector: []float32{float32(k), 0.5, -0.25, 1e-6}})
			sentences = append(sentences, qa.ChunkSentences{Chunk: c.ID, Sentences: []qa.SentenceVector{
				{Span: qa.Span{Start: 0, End: k + 1}, Scale: 0.007, Codes: []int8{-127, 0, 5, int8(k)}}}})
		}
		must(vectors.SaveVectors(ctx, id, list))
		must(vectors.SaveSentences(ctx, id, sentences))
	}
	_, err = f.Rollback(ctx, everything(), first.Document.ID, first.Version.ID)
	must(err)
	f.pass(time.Hour)
	f.mustUpload(qa.Upload{Source: "attend.txt", Collection: "Autre", Origin: "dossier"}, "Pas encore lu")
	f.extract(f.mustUpload(qa.Upload{Source: "lu.txt"}, "Lu seulement").Version.ID, "Lu seulement")
	failed := f.mustUpload(qa.Upload{Source: "perdu.txt"}, "Illisible")
	failed.Version.Verdict, failed.Version.Failure = qa.VerdictDamaged, "damaged"
	must(f.Fail(ctx, failed.Version, qa.Reading{Attachments: []string{"x"}}))
	_, err = f.DeleteDocument(ctx, everything(), gone.Document.ID)
	must(err)
	must(f.AddKey(ctx, qa.Key{ID: "k1", Name: "Une", Prefix: "rap_a", CreatedAt: f.now(), Collections: []qa.CollectionID{"Autre"}}, []byte("hash 1")))
	must(f.AddKey(ctx, qa.Key{ID: "k2", Name: "Deux", Prefix: "rap_b", Write: true, Admin: true, CreatedAt: f.now()}, []byte("hash 2")))
	must(f.RevokeKey(ctx, "k2", f.now()))
	_, err = f.StartConversation(ctx, qa.Conversation{ID: "c1", Owner: "k1", Title: "Le titre", Scope: qa.Narrowing{Collection: "Autre", Year: "2023", AsOf: "2024-01-01"}},
		f.turn("Et le premier ?", first))
	must(err)
	f.pass(time.Hour)
	partial := f.turn("Et l’autre ?", second, gone)
	partial.Partial = true
	_, err = f.AppendTurn(ctx, "k1", "c1", qa.Narrowing{}, partial)
	must(err)
	must(f.RenameConversation(ctx, "k1", "c1", "Un autre titre"))
	judged := f.feedback("k1", "a1", first, second, gone)
	judged.Answer.Conversation, judged.Behind = "c1", []qa.DocumentID{first.Document.ID}
	f.judge(judged)
	useful := f.feedback("k2", "a2", second)
	useful.Useful, useful.Reasons, useful.Note = true, nil, ""
	f.judge(useful)
}

// SameContents fails where two libraries do not hold the same.
func SameContents(t testing.TB, a, b Store) {
	t.Helper()
	x, y := contentsOf(t, a), contentsOf(t, b)
	if !reflect.DeepEqual(x.library, y.library) {
		t.Errorf("library\n%+v\nwant\n%+v", y.library, x.library)
	}
	if len(x.documents) != len(y.documents) {
		t.Fatalf("%d documents, want %d", len(y.documents), len(x.documents))
	}
	for i := range x.documents {
		if !reflect.DeepEqual(x.documents[i], y.documents[i]) {
			t.Errorf("document %d\n%+v\nwant\n%+v", i, y.documents[i], x.documents[i])
		}
	}
	if !reflect.DeepEqual(x.conversations, y.conversations) {
		t.Errorf("conversations\n%+v\nwant\n%+v", y.conversations, x.conversations)
	}
	if !reflect.DeepEqual(x.feedback, y.feedback) {
		t.Errorf("feedback\n%+v\nwant\n%+v", y.feedback, x.feedback)
	}
}

// testTransfer moves a furnished library into an empty one and compares the two by all that can be asked of them.
func testTransfer(t *testing.T, f *fixture, open Opener) {
	f.furnish()
	all := contentsOf(t, f)
	if len(all.documents) != 4 || len(all.library.Keys) != 2 || len(all.library.Removed) != 1 || all.library.Encoder.Dimensions != 4 || len(all.conversations) != 1 || len(all.feedback) != 2 {
		t.Fatalf("exported %d documents, %+v", len(all.documents), all.library)
	}
	if v := all.documents[0].Versions; len(v) != 2 || len(v[0].Vectors) != 3 || len(v[1].Vectors) != 1 || len(v[0].Lives) != 2 || len(v[0].Chunks) != 3 {
		t.Fatalf("exported %+v", v)
	}
	g := newFixture(t, open)
	g.clock.Store(f.clock.Load())
	ctx := t.Context()
	boom := io.ErrUnexpectedEOF
	broken := all.records()
	feedback := broken.Feedback
	broken.Feedback = func() (qa.Feedback, error) {
		c, err := feedback()
		if err == io.EOF {
			err = qa.E(qa.Unprocessable, "backup_damaged").Because(boom)
		}
		return c, err
	}
	err := g.Import(ctx, all.library, broken)
	wantCode(t, "import of what ends early", err, qa.Unprocessable, "backup_damaged")
	if c := contentsOf(t, g); len(c.documents)+len(c.conversations)+len(c.feedback) > 0 || len(c.library.Keys) > 0 {
		t.Errorf("a failed import left %+v", c)
	}
	if err := g.Import(ctx, all.library, all.records()); err != nil {
		t.Fatal(err)
	}
	SameContents(t, f.Store, g.Store)
	wantCode(t, "import into a full library", g.Import(ctx, all.library, all.records()), qa.Conflict, "library_not_empty")
	sameAnswers(t, f, g, all)
	added := g.add(qa.Upload{Source: "nouveau.txt"}, "Après la reprise")
	for _, c := range g.hits(added.Version.ID) {
		for _, d := range all.documents {
			for _, v := range d.Versions {
				for _, old := range v.Chunks {
					if old.ID == c.Chunk {
						t.Errorf("chunk %d is given twice", c.Chunk)
					}
				}
			}
		}
	}
}

// sameAnswers asks two stores the same.
func sameAnswers(t *testing.T, f, g *fixture, all contents) {
	t.Helper()
	ctx := t.Context()
	first, second := all.documents[0].Versions[0], all.documents[0].Versions[1]
	hits := append(f.hits(first.ID), f.hits(second.ID)...)
	for what, s := range map[string]qa.Scope{
		"live":    everything(),
		"earlier": {Everything: true, AsOf: second.PublishedAt.Add(time.Minute)},
		"first":   {Everything: true, AsOf: second.PublishedAt.Add(-time.Minute)},
	} {
		want := f.texts(s, hits)
		if len(want) == 0 {
			t.Errorf("%s: the test finds nothing", what)
		}
		g.wantTexts(what, s, hits, want...)
	}
	changes, err := g.Changes(ctx, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []qa.ChangeKind
	for _, c := range changes {
		kinds = append(kinds, c.Kind)
	}
	want := []qa.ChangeKind{qa.ChangeRemoved, qa.ChangePublished, qa.ChangeSuperseded, qa.ChangePublished, qa.ChangeSuperseded, qa.ChangePublished}
	if !reflect.DeepEqual(kinds, want) {
		t.Errorf("feed %v, want %v", kinds, want)
	}
	pending, err := g.Unfinished(ctx)
	if err != nil || len(pending) != 2 {
		t.Errorf("unfinished %v, %v; want 2", pending, err)
	}
}
