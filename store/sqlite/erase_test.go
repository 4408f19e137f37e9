package sqlite

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"rapporteur/qa"
	"rapporteur/store/codec"
)

// TestErasureLeavesNothing adds documents of many sizes in mixed order, removes some, and searches
// every byte of every file for words of the removed ones, and for their vectors. Rows of other documents that SQLite moves
// between pages when it balances its trees are part of the trap: they leave copies behind.
func TestErasureLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(t.Context(), filepath.Join(dir, "library.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := rand.New(rand.NewPCG(1, 2))
	const documents = 80
	for i := range documents {
		add(t, s, r, i)
	}
	removed := map[int]bool{}
	for _, i := range r.Perm(documents)[:documents*9/10] {
		if _, err := s.DeleteDocument(t.Context(), qa.Scope{Everything: true}, qa.DocumentID(fmt.Sprintf("d%d", i))); err != nil {
			t.Fatal(err)
		}
		removed[i] = true
		// One in ten times something is added in between, into the room that was freed.
		if r.IntN(10) == 0 {
			add(t, s, r, documents+i)
		}
		// Compaction comes far more often here than in real life.
		if err := s.compact(t.Context(), 60); err != nil {
			t.Fatal(err)
		}
		if words := found(t, dir, removed); len(words) > 0 {
			t.Fatalf("after %d removals, %d words of removed documents are still in the files: %v", len(removed), len(words), words)
		}
	}
}

// add puts a document into the library whose every word is its canary.
func add(t *testing.T, s *Store, r *rand.Rand, i int) {
	t.Helper()
	word := canary(i)
	v := qa.Version{ID: qa.VersionID(fmt.Sprintf("v%d", i)), Document: qa.DocumentID(fmt.Sprintf("d%d", i)), Hash: word, CreatedAt: time.Now()}
	receipt, err := s.CreateVersion(t.Context(), qa.Upload{Collection: "c", Source: word + ".txt", Title: word}, v, func() error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	text := qa.Text{Reading: qa.Reading{Attachments: []string{word}}}
	var chunks []qa.Chunk
	for n := range 1 + r.IntN(12) {
		part := strings.Repeat(word+" ", 1+r.IntN(150))
		start := len(text.Content)
		text.Content += part
		row := qa.Block{Span: qa.Span{Start: start, End: len(text.Content)}, Kind: qa.BlockTableRow, Place: word + "!A1"}
		text.Blocks = append(text.Blocks, row)
		chunks = append(chunks, qa.Chunk{Ordinal: n, Span: row.Span, Section: []string{word}, Text: part, Blocks: []qa.Block{row}, Header: word})
	}
	v = receipt.Version
	v.Title = word
	if err := s.SaveChunks(t.Context(), v, text, chunks); err != nil {
		t.Fatal(err)
	}
	v.Rev++
	if _, err := s.Publish(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	vectors, err := s.UseEncoder(t.Context(), qa.Encoder{Fingerprint: "first", Dimensions: canaryDimensions})
	if err != nil {
		t.Fatal(err)
	}
	embedAll(t, vectors, r, v.ID, word)
	keepTurn(t, s, r, qa.ConversationID(fmt.Sprintf("c%d", i%5)), "Que dit le rapport ?", i, i-1)
}

// keepTurn keeps an answer that quotes documents by their canaries, in a conversation that it begins if it must, with a
// feedback on it that repeats it, sent once or twice.
func keepTurn(t *testing.T, s *Store, r *rand.Rand, id qa.ConversationID, asked string, documents ...int) {
	t.Helper()
	a := qa.Answer{Answered: true, Asked: asked, Standalone: asked}
	for n, i := range documents {
		quote := strings.Repeat(canary(max(i, 0))+" ", 2+r.IntN(200))
		sentence := fmt.Sprintf("Le rapport dit « %s » [%d].", quote, n+1)
		a.Text += sentence + "\n"
		a.Standalone += " " + canary(max(i, 0))
		a.Sentences = append(a.Sentences, qa.Sentence{Text: sentence, Citations: []int{n + 1}})
		a.Citations = append(a.Citations, qa.Citation{Number: n + 1, Document: qa.DocumentID(fmt.Sprintf("d%d", max(i, 0))), Quote: quote, Title: canary(max(i, 0))})
	}
	turn := qa.Turn{At: time.Now(), Answer: a}
	_, err := s.AppendTurn(t.Context(), "moi", id, qa.Narrowing{}, turn)
	if qa.CodeOf(err) == "conversation_unknown" {
		_, err = s.StartConversation(t.Context(), qa.Conversation{ID: id, Owner: "moi", Title: asked}, turn)
	}
	if err != nil {
		t.Fatal(err)
	}
	a.ID, a.Conversation = fmt.Sprintf("%s-%d", id, r.Uint64()), id
	for range 1 + r.IntN(2) {
		_, err := s.SaveFeedback(t.Context(), qa.Feedback{ID: qa.FeedbackID(a.ID), Owner: "moi", At: time.Now(), Answer: a, Note: "Non : " + a.Text})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestForgottenLeavesNothing searches every file for words of conversations that were deleted, and of titles that
// were changed.
func TestForgottenLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(t.Context(), filepath.Join(dir, "library.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := rand.New(rand.NewPCG(3, 4))
	const conversations = 60
	id := func(i int) qa.ConversationID { return qa.ConversationID(fmt.Sprintf("c%d", i)) }
	keep := func(i int) {
		for range 1 + r.IntN(4) {
			keepTurn(t, s, r, id(i), strings.Repeat(canary(i)+" ", 1+r.IntN(60)), i)
		}
	}
	for i := range conversations {
		keep(i)
	}
	if len(found(t, dir, map[int]bool{7: true})) == 0 {
		t.Fatal("no file holds the words before they are deleted: the test sees nothing")
	}
	gone := map[int]bool{}
	for n, i := range r.Perm(conversations)[:conversations*9/10] {
		if n%3 == 0 {
			keep(i)
		}
		if err := s.RenameConversation(t.Context(), "moi", id(i), strings.Repeat(canary(i), 9)); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteConversation(t.Context(), "moi", id(i)); err != nil {
			t.Fatal(err)
		}
		gone[i] = true
		if err := s.compact(t.Context(), 20); err != nil {
			t.Fatal(err)
		}
		if words := found(t, dir, gone); len(words) > 0 {
			t.Fatalf("after %d deletions, %d of their words are still in the files: %v", len(gone), len(words), words)
		}
	}
	var blank, left int
	if err := s.writer.QueryRowContext(t.Context(), "SELECT (SELECT turns FROM room), (SELECT count(*) FROM turns WHERE answer = '') + (SELECT count(*) FROM feedback_words WHERE words = '')").Scan(&blank, &left); err != nil || blank != left {
		t.Errorf("%d blank turns are counted, %d are there, %v", blank, left, err)
	}
}

// canaryDimensions are those of e5-small: rows of 768 bytes lie in the leaves of the tree, those of
// several sentences run over into pages of their own.
const canaryDimensions = 384

// embedAll saves vectors for all chunks of a version whose bytes, as they are stored, are its canary.
func embedAll(t *testing.T, vectors *Vectors, r *rand.Rand, id qa.VersionID, word string) {
	t.Helper()
	raw := []byte(strings.Repeat(word, 1+2*canaryDimensions/len(word)))
	vector, err := codec.UnpackVector(raw[:2*canaryDimensions], canaryDimensions)
	if err != nil || !bytes.Equal(codec.PackVector(vector), raw[:2*canaryDimensions]) {
		t.Fatalf("the canary is no vector: %v", err)
	}
	codes := make([]int8, canaryDimensions)
	for i := range codes {
		codes[i] = int8(raw[i])
	}
	chunks, err := vectors.PendingChunks(t.Context(), id, 1000)
	if err != nil || len(chunks) == 0 {
		t.Fatalf("%d chunks to embed, %v", len(chunks), err)
	}
	var list []qa.ChunkVector
	var sentences []qa.ChunkSentences
	for _, c := range chunks {
		list = append(list, qa.ChunkVector{Chunk: c.ID, Vector: vector})
		of := qa.ChunkSentences{Chunk: c.ID}
		for range r.IntN(15) {
			of.Sentences = append(of.Sentences, qa.SentenceVector{Span: qa.Span{End: 9}, Scale: 0.5, Codes: codes})
		}
		sentences = append(sentences, of)
	}
	if err := vectors.SaveVectors(t.Context(), id, list); err != nil {
		t.Fatal(err)
	}
	if err := vectors.SaveSentences(t.Context(), id, sentences); err != nil {
		t.Fatal(err)
	}
}

func canary(i int) string { return fmt.Sprintf("canari%04dx", i) }

// found lists the canaries of removed documents that stand in any file of the folder.
func found(t *testing.T, dir string, removed map[int]bool) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	mark := []byte("canari")
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for at := bytes.Index(raw, mark); at >= 0; at = bytes.Index(raw, mark) {
			raw = raw[at+len(mark):]
			n, err := strconv.Atoi(string(raw[:min(4, len(raw))]))
			if err == nil && removed[n] { // an error: the end of a page cuts the word
				out = append(out, fmt.Sprintf("%s: %d", e.Name(), n))
			}
		}
	}
	return out
}

// TestErasureOfEncoders puts the vectors of another encoder in the place of those there are, and searches
// every byte of every file for the vectors that were replaced or given up.
func TestErasureOfEncoders(t *testing.T) {
	t.Parallel()
	for _, from := range []int{compactFrom, 10} { // without and with compaction
		t.Run(fmt.Sprint(from), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s, err := Open(t.Context(), filepath.Join(dir, "library.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			r := rand.New(rand.NewPCG(5, uint64(from)))
			const documents = 20
			for i := range documents {
				add(t, s, r, i)
			}
			for generation, name := range []string{"given up", "second", "third"} {
				rebuilt, err := s.Rebuild(t.Context(), qa.Encoder{Fingerprint: name, Dimensions: canaryDimensions})
				if err != nil {
					t.Fatal(err)
				}
				for i := range documents {
					embedAll(t, rebuilt, r, qa.VersionID(fmt.Sprintf("v%d", i)), canary(1000*(generation+1)+i))
				}
				if name == "given up" {
					continue
				}
				if err := rebuilt.Flip(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := s.compact(t.Context(), from); err != nil {
					t.Fatal(err)
				}
				erased := map[int]bool{}
				for i := range 1000 * (generation + 1) {
					erased[i] = i >= documents // the words of the documents stay
				}
				if left := found(t, dir, erased); len(left) > 0 {
					t.Fatalf("after the flip to %s, %d vectors of others are in the files: %v", name, len(left), left[0])
				}
			}
		})
	}
}

// TestCompaction checks that the file shrinks, that what stays keeps its numbers, and that a rewrite
// that was cut short is made up for by the next Open.
func TestCompaction(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "library.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 60 {
		add(t, s, r, i)
	}
	before, err := s.Chunks(t.Context(), "v59")
	if err != nil || len(before) == 0 {
		t.Fatal(len(before), err)
	}
	for i := range 59 {
		if _, err := s.DeleteDocument(t.Context(), qa.Scope{Everything: true}, qa.DocumentID(fmt.Sprintf("d%d", i))); err != nil {
			t.Fatal(err)
		}
	}
	large := size(t, path)
	if err := s.compact(t.Context(), 1_000_000); err != nil || size(t, path) != large {
		t.Errorf("compacted for less than was asked, or %v", err)
	}
	if _, err := s.writer.ExecContext(t.Context(), "UPDATE room SET rewrite = 1"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.truncate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if small := size(t, path); small >= large/2 {
		t.Errorf("file of %d bytes, %d before", small, large)
	}
	var blank, vectors, rewrite, chunks, sentences int
	if err := s.readers.QueryRowContext(t.Context(), `SELECT blank, room.vectors, rewrite, (SELECT count(*) FROM chunks),
		(SELECT count(*) FROM sentence_vectors) FROM room`).Scan(&blank, &vectors, &rewrite, &chunks, &sentences); err != nil {
		t.Fatal(err)
	}
	if blank != 0 || vectors != 0 || rewrite != 0 || chunks != len(before) || sentences != len(before) {
		t.Errorf("blank %d and %d, rewrite %d, %d chunks, %d with sentences; want 0, 0, 0, %d, %d", blank, vectors, rewrite, chunks, sentences, len(before), len(before))
	}
	if after, err := s.Chunks(t.Context(), "v59"); err != nil || !reflect.DeepEqual(after, before) {
		t.Errorf("what stays has changed: %v, %v", after, err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
