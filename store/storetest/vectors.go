package storetest

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"rapporteur/qa"
)

// dimensions are those of the vectors of these tests: exact in half precision.
const dimensions = 4

func encoder(name string) qa.Encoder { return qa.Encoder{Fingerprint: name, Dimensions: dimensions} }

func (f *fixture) use(name string) Vectors {
	f.t.Helper()
	v, err := f.UseEncoder(f.t.Context(), encoder(name))
	if err != nil {
		f.t.Fatal(err)
	}
	return v
}

func (f *fixture) rebuild(name string) Vectors {
	f.t.Helper()
	v, err := f.Rebuild(f.t.Context(), encoder(name))
	if err != nil {
		f.t.Fatal(err)
	}
	return v
}

// vectorOf is the vector of a chunk, another one for each chunk and each seed.
func vectorOf(id qa.ChunkID, seed int) qa.ChunkVector {
	return qa.ChunkVector{Chunk: id, Vector: []float32{float32(id%64) / 64, -float32(seed), 0.5, 0}}
}

// sentencesOf are the sentences of a chunk: none for every third.
func sentencesOf(id qa.ChunkID, seed int) qa.ChunkSentences {
	out := qa.ChunkSentences{Chunk: id, Sentences: []qa.SentenceVector{}}
	for i := range int(id % 3) {
		out.Sentences = append(out.Sentences, qa.SentenceVector{
			Span: qa.Span{Start: 300 * i, End: 300*i + 299}, Scale: float32(seed) / 127, Codes: []int8{int8(id), -128, 127, int8(i)},
		})
	}
	return out
}

// save makes up to n vectors of each kind for a version.
func (f *fixture) save(v Vectors, id qa.VersionID, n, seed int) {
	f.t.Helper()
	chunks, err := v.PendingChunks(f.t.Context(), id, n)
	if err != nil {
		f.t.Fatal(err)
	}
	var vectors []qa.ChunkVector
	for _, c := range chunks {
		vectors = append(vectors, vectorOf(c.ID, seed))
	}
	if len(vectors) > 0 {
		if err := v.SaveVectors(f.t.Context(), id, vectors); err != nil {
			f.t.Fatal(err)
		}
	}
	if chunks, err = v.PendingSentences(f.t.Context(), id, n); err != nil {
		f.t.Fatal(err)
	}
	var sentences []qa.ChunkSentences
	for _, c := range chunks {
		sentences = append(sentences, sentencesOf(c.ID, seed))
	}
	if len(sentences) > 0 {
		if err := v.SaveSentences(f.t.Context(), id, sentences); err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f *fixture) embedded(id qa.VersionID) float64 {
	f.t.Helper()
	_, v, err := f.Version(f.t.Context(), id)
	if err != nil {
		f.t.Fatal(err)
	}
	return v.Embedded
}

// kinds are those of the feed, in order.
func (f *fixture) kinds() (out []qa.ChangeKind) {
	f.t.Helper()
	changes, err := f.Changes(f.t.Context(), 0, 10_000)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, c := range changes {
		out = append(out, c.Kind)
	}
	return out
}

func testVectors(t *testing.T, f *fixture) {
	r := f.add(qa.Upload{Source: "a"}, "un\ndeux\ntrois")
	id := r.Version.ID
	if got := f.embedded(id); got != 1 {
		t.Errorf("%v embedded without an encoder, want 1: none are wanted", got)
	}
	v := f.use("e")
	if ids, err := v.Unfinished(t.Context()); err != nil || !slices.Equal(ids, []qa.VersionID{id}) || f.embedded(id) != 0 {
		t.Errorf("unfinished %v at %v, %v", ids, f.embedded(id), err)
	}
	chunks, err := f.Chunks(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	pending, err := v.PendingChunks(t.Context(), id, 2)
	if err != nil || !reflect.DeepEqual(pending, chunks[:2]) {
		t.Errorf("pending %+v, %v; want the first two chunks, whole", pending, err)
	}
	middle := []qa.ChunkVector{vectorOf(chunks[1].ID, 1)}
	for range 2 { // the second time changes nothing
		if err := v.SaveVectors(t.Context(), id, middle); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.embedded(id); got != 1.0/6 {
		t.Errorf("%v embedded, want a sixth", got)
	}
	if slices.Contains(f.kinds(), qa.ChangeEmbedded) {
		t.Error("the feed says embedded too early")
	}
	f.save(v, id, 10, 1)
	if err := v.SaveVectors(t.Context(), id, []qa.ChunkVector{vectorOf(chunks[1].ID, 2)}); err != nil {
		t.Fatal(err)
	}
	wantFeedKinds(t, f, qa.ChangePublished, qa.ChangeEmbedded)
	got, err := v.Vectors(t.Context(), id)
	if want := []qa.ChunkVector{vectorOf(chunks[0].ID, 1), middle[0], vectorOf(chunks[2].ID, 1)}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("vectors %v, %v; want %v", got, err, want)
	}
	asked := []qa.ChunkID{chunks[2].ID, 99_999, chunks[0].ID, chunks[1].ID}
	sentences, err := v.Sentences(t.Context(), asked)
	if want := []qa.ChunkSentences{sentencesOf(asked[0], 1), sentencesOf(asked[2], 1), sentencesOf(asked[3], 1)}; err != nil || !reflect.DeepEqual(sentences, want) {
		t.Errorf("sentences %v, %v; want %v", sentences, err, want)
	}
	if ids, err := v.Unfinished(t.Context()); err != nil || len(ids) != 0 || f.embedded(id) != 1 {
		t.Errorf("unfinished %v at %v, %v; want none", ids, f.embedded(id), err)
	}
	testVectorsRefused(t, f, v, chunks)
}

// testVectorsRefused saves what must not be, for a version whose vectors are whole.
// testManyVectors saves at once as many as a bulk load does, and a second time in part.
func testManyVectors(t *testing.T, f *fixture) {
	const n = 600
	v := f.use("e")
	for round := range 2 { // the second time on the same connections
		var content strings.Builder
		for i := range n {
			fmt.Fprintf(&content, "ligne %d du document %d\n", i, round)
		}
		id := f.add(qa.Upload{Source: fmt.Sprint("source ", round)}, strings.TrimSpace(content.String())).Version.ID
		chunks, err := f.Chunks(t.Context(), id)
		if err != nil || len(chunks) != n {
			t.Fatalf("%d chunks, %v", len(chunks), err)
		}
		var vectors []qa.ChunkVector
		var sentences []qa.ChunkSentences
		var ids []qa.ChunkID
		for i, c := range chunks {
			ids = append(ids, c.ID)
			vectors, sentences = append(vectors, vectorOf(c.ID, i)), append(sentences, sentencesOf(c.ID, i))
		}
		for _, some := range [][2]int{{100, n - 100}, {0, n}} {
			if err := v.SaveVectors(t.Context(), id, vectors[some[0]:some[1]]); err != nil {
				t.Fatal(err)
			}
			if err := v.SaveSentences(t.Context(), id, sentences[some[0]:some[1]]); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := v.Vectors(t.Context(), id); err != nil || !reflect.DeepEqual(got, vectors) {
			t.Errorf("%d vectors, %v; want those saved", len(got), err)
		}
		if got, err := v.Sentences(t.Context(), ids); err != nil || !reflect.DeepEqual(got, sentences) {
			t.Errorf("sentences of %d chunks, %v; want those saved", len(got), err)
		}
		if f.embedded(id) != 1 {
			t.Errorf("embedded %v, want 1", f.embedded(id))
		}
	}
}

func testVectorsRefused(t *testing.T, f *fixture, v Vectors, chunks []qa.Chunk) {
	t.Helper()
	id := chunks[0].Version
	other := f.add(qa.Upload{Source: "b"}, "autre\ntexte")
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for _, vector := range [][]float32{nil, {1, 2, 3}, {1, 2, 3, 4, 5}, {1, nan, 3, 4}, {inf, 2, 3, 4}, {1, 1e6, 3, 4}} {
		err := v.SaveVectors(t.Context(), other.Version.ID, []qa.ChunkVector{{Chunk: f.hits(other.Version.ID)[0].Chunk, Vector: vector}})
		wantCode(t, fmt.Sprint("vector ", vector), err, qa.Internal, "internal")
	}
	for _, s := range []qa.SentenceVector{{Codes: []int8{1}}, {Codes: make([]int8, dimensions), Scale: nan}, {Codes: make([]int8, dimensions), Span: qa.Span{Start: 2, End: 1}}} {
		err := v.SaveSentences(t.Context(), other.Version.ID, []qa.ChunkSentences{{Chunk: f.hits(other.Version.ID)[0].Chunk, Sentences: []qa.SentenceVector{s}}})
		wantCode(t, fmt.Sprint("sentence ", s), err, qa.Internal, "internal")
	}
	third := f.add(qa.Upload{Source: "d"}, "encore")
	mixed := []qa.ChunkVector{vectorOf(f.hits(other.Version.ID)[0].Chunk, 1), vectorOf(f.hits(third.Version.ID)[0].Chunk, 1)}
	wantCode(t, "chunk of another version", v.SaveVectors(t.Context(), other.Version.ID, mixed), qa.Internal, "internal")
	if got := f.embedded(other.Version.ID); got != 0 {
		t.Errorf("%v embedded of a version for which all was refused", got)
	}
	wantCode(t, "version that is not there", v.SaveVectors(t.Context(), "none", mixed[1:]), qa.NotFound, "version_unknown")
	failed := f.mustUpload(qa.Upload{Source: "c"}, "raté")
	f.extract(failed.Version.ID, "raté")
	f.save(v, failed.Version.ID, 10, 1)
	lost := f.hits(failed.Version.ID)[0].Chunk
	f.fail(failed.Version.ID)
	wantCode(t, "failed version", v.SaveVectors(t.Context(), failed.Version.ID, []qa.ChunkVector{vectorOf(lost, 1)}), qa.NotFound, "version_unknown")
	if got, err := v.Sentences(t.Context(), []qa.ChunkID{lost}); err != nil || len(got) != 0 {
		t.Errorf("sentences of a failed version: %v, %v", got, err)
	}
	d, _, err := f.Version(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.DeleteDocument(t.Context(), everything(), d.ID); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "removed version", v.SaveVectors(t.Context(), id, []qa.ChunkVector{vectorOf(chunks[0].ID, 1)}), qa.NotFound, "version_unknown")
	wantCode(t, "sentences of a removed version", v.SaveSentences(t.Context(), id, []qa.ChunkSentences{sentencesOf(chunks[0].ID, 1)}), qa.NotFound, "version_unknown")
	vectors, err := v.Vectors(t.Context(), id)
	sentences, err2 := v.Sentences(t.Context(), []qa.ChunkID{chunks[1].ID})
	if err != nil || err2 != nil || len(vectors)+len(sentences) > 0 {
		t.Errorf("of a removed version: %v, %v; %v, %v", vectors, err, sentences, err2)
	}
}

func wantFeedKinds(t *testing.T, f *fixture, want ...qa.ChangeKind) {
	t.Helper()
	if got := f.kinds(); !slices.Equal(got, want) {
		t.Errorf("feed %v, want %v", got, want)
	}
}

// testVectorsBeforePublication: what is whole when it is published has its vectors then.
func testVectorsBeforePublication(t *testing.T, f *fixture) {
	v := f.use("e")
	r := f.mustUpload(qa.Upload{Source: "a"}, "un\ndeux")
	f.extract(r.Version.ID, "un\ndeux")
	f.save(v, r.Version.ID, 10, 1)
	f.publish(r.Version.ID)
	wantFeedKinds(t, f, qa.ChangePublished)
	if got, err := v.Vectors(t.Context(), r.Version.ID); err != nil || len(got) != 2 {
		t.Errorf("vectors at publication: %v, %v", got, err)
	}
	atOnce, err := f.readAtOnce(qa.Upload{Source: "b"}, "trois", func() error { return nil })
	if err != nil || atOnce.Version.Embedded != 0 {
		t.Errorf("read at once: %v embedded, %v; want 0", atOnce.Version.Embedded, err)
	}
	// A version that was live gets the rest of its vectors, and the feed is told.
	one := f.add(qa.Upload{Source: "c"}, "quatre")
	f.add(qa.Upload{Source: "c", Replace: true}, "cinq")
	f.save(v, one.Version.ID, 10, 1)
	kinds := f.kinds()
	if kinds[len(kinds)-1] != qa.ChangeEmbedded {
		t.Errorf("feed %v, want embedded last", kinds)
	}
}

func testEncoders(t *testing.T, f *fixture) {
	a := f.use("a")
	r := f.add(qa.Upload{Source: "a"}, "un\ndeux\ntrois")
	id := r.Version.ID
	f.save(a, id, 10, 1)
	f.use("a")
	_, err := f.UseEncoder(t.Context(), encoder("b"))
	wantCode(t, "another encoder", err, qa.Conflict, "encoder_mismatch")
	_, err = f.UseEncoder(t.Context(), qa.Encoder{Fingerprint: "a", Dimensions: dimensions + 1})
	wantCode(t, "other dimensions", err, qa.Conflict, "encoder_mismatch")

	b := f.rebuild("b")
	f.save(b, id, 1, 2)
	wantCode(t, "flip too early", b.Flip(t.Context()), qa.Conflict, "reindex_unfinished")
	if got, err := b.Vectors(t.Context(), id); err != nil || len(got) != 0 || f.embedded(id) != 1 {
		t.Errorf("read before the flip: %v, %v, %v embedded", got, err, f.embedded(id))
	}
	again := f.rebuild("b") // goes on
	if left, err := again.PendingChunks(t.Context(), id, 10); err != nil || len(left) != 2 {
		t.Errorf("left after it was begun: %v, %v; want 2 chunks", left, err)
	}
	c := f.rebuild("c") // ends what was begun for b
	wantCode(t, "saving what was given up", b.SaveVectors(t.Context(), id, []qa.ChunkVector{vectorOf(f.hits(id)[1].Chunk, 2)}), qa.Conflict, "encoder_mismatch")
	_, err = b.PendingSentences(t.Context(), id, 1)
	wantCode(t, "asking what was given up", err, qa.Conflict, "encoder_mismatch")
	f.save(c, id, 10, 3)
	added := f.add(qa.Upload{Source: "b"}, "quatre") // while the vectors are made anew
	wantCode(t, "flip without what was added", c.Flip(t.Context()), qa.Conflict, "reindex_unfinished")
	if ids, err := c.Unfinished(t.Context()); err != nil || !slices.Equal(ids, []qa.VersionID{added.Version.ID}) {
		t.Errorf("unfinished %v, %v; want the one added", ids, err)
	}
	f.save(c, added.Version.ID, 10, 3)
	for range 2 { // the second time changes nothing
		if err := c.Flip(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantFeedKinds(t, f, qa.ChangePublished, qa.ChangeEmbedded, qa.ChangePublished, qa.ChangeReindexed)
	wantCode(t, "saving by the old encoder", a.SaveVectors(t.Context(), added.Version.ID, []qa.ChunkVector{vectorOf(f.hits(added.Version.ID)[0].Chunk, 1)}), qa.Conflict, "encoder_mismatch")
	wantCode(t, "flipping back", a.Flip(t.Context()), qa.Conflict, "encoder_mismatch")
	_, err = f.UseEncoder(t.Context(), encoder("a"))
	wantCode(t, "the old encoder", err, qa.Conflict, "encoder_mismatch")
	if got, err := a.Vectors(t.Context(), id); err != nil || len(got) != 0 {
		t.Errorf("the old vectors are still read: %v, %v", got, err)
	}
	if got, err := f.use("c").Vectors(t.Context(), id); err != nil || len(got) != 3 || got[0].Vector[1] != -3 || f.embedded(added.Version.ID) != 1 {
		t.Errorf("the new vectors %v, %v", got, err)
	}
	if got, err := a.Sentences(t.Context(), []qa.ChunkID{f.hits(id)[0].Chunk}); err != nil || len(got) != 0 {
		t.Errorf("the old sentences are still read: %v, %v", got, err)
	}
}

// embeddedVersion is what the model knows of a version: which chunks have what, for each encoder.
type embeddedVersion struct {
	document qa.DocumentID
	chunks   []qa.ChunkID
	vectors  map[string]map[qa.ChunkID]bool
}

// testRandomVectors does what comes by lot, and compares with a model after each step.
func testRandomVectors(t *testing.T, f *fixture) {
	r := rand.New(rand.NewPCG(7, 8))
	live, beside := "e0", ""
	f.use(live)
	model := map[qa.VersionID]*embeddedVersion{}
	for step := range 300 {
		ids := slices.Sorted(maps.Keys(model))
		pick := qa.VersionID("")
		if len(ids) > 0 {
			pick = ids[r.IntN(len(ids))]
		}
		switch n := r.IntN(20); {
		case n < 4 || pick == "":
			content := fmt.Sprint("texte ", step)
			for i := range r.IntN(6) {
				content += fmt.Sprintf("\nparagraphe %d", i)
			}
			added := f.add(qa.Upload{Source: fmt.Sprint(step)}, content)
			m := &embeddedVersion{document: added.Document.ID, vectors: map[string]map[qa.ChunkID]bool{}}
			for _, h := range f.hits(added.Version.ID) {
				m.chunks = append(m.chunks, h.Chunk)
			}
			model[added.Version.ID] = m
		case n < 6:
			if _, err := f.DeleteDocument(t.Context(), everything(), model[pick].document); err != nil {
				t.Fatal(err)
			}
			delete(model, pick)
		case n < 7:
			beside = fmt.Sprint("e", r.IntN(3))
			for _, m := range model {
				maps.DeleteFunc(m.vectors, func(name string, _ map[qa.ChunkID]bool) bool { return name != live && name != beside })
			}
			f.rebuild(beside)
		case n < 9 && beside != "" && beside != live:
			flipModel(t, f, model, &live, &beside)
		default:
			name := live
			if beside != "" && r.IntN(2) == 0 {
				name = beside
			}
			saveByLot(f, model[pick], name, pick, 1+r.IntN(4))
		}
		compareVectors(t, f, model, live)
		if t.Failed() {
			t.Fatalf("after step %d", step)
		}
	}
}

// saveByLot saves the next vectors of a version, here and in the model.
func saveByLot(f *fixture, m *embeddedVersion, name string, id qa.VersionID, n int) {
	f.t.Helper()
	f.save(f.rebuildOrLive(name), id, n, 1)
	if m.vectors[name] == nil {
		m.vectors[name] = map[qa.ChunkID]bool{}
	}
	for _, c := range m.chunks {
		if n > 0 && !m.vectors[name][c] {
			m.vectors[name][c] = true
			n--
		}
	}
}

func (f *fixture) rebuildOrLive(name string) Vectors {
	f.t.Helper()
	if v, err := f.UseEncoder(f.t.Context(), encoder(name)); err == nil {
		return v
	}
	return f.rebuild(name)
}

func flipModel(t *testing.T, f *fixture, model map[qa.VersionID]*embeddedVersion, live, beside *string) {
	t.Helper()
	whole := true
	for _, m := range model {
		whole = whole && len(m.vectors[*beside]) == len(m.chunks)
	}
	v := f.rebuild(*beside)
	if !whole {
		wantCode(t, "flip", v.Flip(t.Context()), qa.Conflict, "reindex_unfinished")
		for id, m := range model { // so that flips are seen
			saveByLot(f, m, *beside, id, 100)
		}
	}
	if err := v.Flip(t.Context()); err != nil {
		t.Fatal(err)
	}
	*live, *beside = *beside, ""
	for _, m := range model {
		maps.DeleteFunc(m.vectors, func(name string, _ map[qa.ChunkID]bool) bool { return name != *live })
	}
}

func compareVectors(t *testing.T, f *fixture, model map[qa.VersionID]*embeddedVersion, live string) {
	t.Helper()
	v := f.use(live)
	var lacking []qa.VersionID
	for id, m := range model {
		has := m.vectors[live]
		got, err := v.Vectors(t.Context(), id)
		if err != nil || len(got) != len(has) {
			t.Errorf("%s has %d vectors, %v; want %d", id, len(got), err, len(has))
		}
		for _, c := range got {
			if !has[c.Chunk] || !reflect.DeepEqual(c, vectorOf(c.Chunk, 1)) {
				t.Errorf("%s: vector %v", id, c)
			}
		}
		sentences, err := v.Sentences(t.Context(), m.chunks)
		if err != nil || len(sentences) != len(has) {
			t.Errorf("%s has sentences of %d chunks, %v; want %d", id, len(sentences), err, len(has))
		}
		if want := float64(len(has)) / float64(len(m.chunks)); f.embedded(id) != want {
			t.Errorf("%s: %v embedded, want %v", id, f.embedded(id), want)
		}
		if len(has) < len(m.chunks) {
			lacking = append(lacking, id)
		}
	}
	ids, err := v.Unfinished(t.Context())
	slices.Sort(ids)
	slices.Sort(lacking)
	if err != nil || !slices.Equal(ids, lacking) {
		t.Errorf("unfinished %v, %v; want %v", ids, err, lacking)
	}
}
