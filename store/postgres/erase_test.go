package postgres

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	testdb "rapporteur/internal/testkit/postgres"
	"rapporteur/qa"
	"rapporteur/store/codec"
	"rapporteur/store/postgres/purge"
)

const canaryDimensions = 384

// canaries is what a document leaves on disk if it is not erased: words, and pieces of its vectors.
type canaries map[string][]byte

// plant fills a library with documents of every state whose words all begin with word, and gives their ids.
func plant(t *testing.T, s *Store, word string, marks canaries) []qa.DocumentID {
	t.Helper()
	v, err := s.UseEncoder(t.Context(), qa.Encoder{Fingerprint: "canaries", Dimensions: canaryDimensions})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, uint64(len(word))))
	marks[word] = []byte(word)
	var out []qa.DocumentID
	for n := range 12 {
		d := qa.DocumentID(fmt.Sprintf("%s-doc-%d", marks.public(word), n))
		out = append(out, d)
		for version := range 2 {
			id := plantVersion(t, s, word, d, n, version)
			switch {
			case n == 10 && version == 1: // stays queued
			case n == 11 && version == 1:
				if _, err := s.Cancel(t.Context(), qa.Scope{Everything: true}, d); err != nil {
					t.Fatal(err)
				}
			default:
				plantText(t, s, v, word, id, n != 9 || version == 0, r, marks)
			}
		}
	}
	return out
}

// public is a name of a canary that may stay: ids outlive documents, as tombstones.
func (canaries) public(word string) string { return fmt.Sprintf("p%d", len(word)) }

func plantVersion(t *testing.T, s *Store, word string, d qa.DocumentID, n, version int) qa.VersionID {
	t.Helper()
	v := qa.Version{ID: qa.VersionID(fmt.Sprintf("%s-v%d", d, version)), Document: d, Hash: fmt.Sprintf("%064x", n*100+version+len(word)*10000),
		Size: 9, MediaType: "text/plain", CreatedAt: time.Now()}
	u := qa.Upload{Collection: "c", Source: fmt.Sprintf("%s/fichier %d.txt", word, n), Title: word + " titre",
		Validator: qa.Validator{ETag: word + "-etag"}}
	if version > 0 {
		u.Document = d
	}
	if _, err := s.CreateVersion(t.Context(), u, v, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	return v.ID
}

func plantText(t *testing.T, s *Store, vectors *Vectors, word string, id qa.VersionID, good bool, r *rand.Rand, marks canaries) {
	t.Helper()
	_, v, err := s.Version(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	text := qa.Text{Title: word, Language: "fr", Reading: qa.Reading{Attachments: []string{word + " annexe.xlsx"}}}
	var chunks []qa.Chunk
	for n := range 8 {
		span := qa.Span{Start: len(text.Content)}
		for range 20 + n {
			text.Content += fmt.Sprintf("%s écrit %d. ", word, r.Uint64())
		}
		span.End = len(text.Content)
		block := qa.Block{Span: span, Kind: qa.BlockTableRow, Place: word + "!A1"}
		text.Blocks = append(text.Blocks, block)
		chunks = append(chunks, qa.Chunk{Ordinal: n, Span: span, Section: []string{word}, Text: text.Content[span.Start:span.End],
			Blocks: []qa.Block{block}, Header: word + " | colonne"})
	}
	v.Title, v.Chunks = word, len(chunks)
	if err := s.SaveChunks(t.Context(), v, text, chunks); err != nil {
		t.Fatal(err)
	}
	pending, err := vectors.PendingChunks(t.Context(), id, 100)
	if err != nil || len(pending) != len(chunks) {
		t.Fatalf("%d pending, %v", len(pending), err)
	}
	for _, c := range pending {
		vector, codes := make([]float32, canaryDimensions), make([]int8, canaryDimensions)
		for i := range vector {
			vector[i], codes[i] = r.Float32()-.5, int8(r.IntN(255)-127)
		}
		if err := vectors.SaveVectors(t.Context(), id, []qa.ChunkVector{{Chunk: c.ID, Vector: vector}}); err != nil {
			t.Fatal(err)
		}
		err := vectors.SaveSentences(t.Context(), id, []qa.ChunkSentences{{Chunk: c.ID, Sentences: []qa.SentenceVector{{Span: qa.Span{End: 9}, Scale: .5, Codes: codes}}}})
		if err != nil {
			t.Fatal(err)
		}
		raw := make([]byte, canaryDimensions)
		for i, x := range codes {
			raw[i] = byte(x)
		}
		marks[fmt.Sprintf("%s vector %s/%d", word, id, c.Ordinal)] = codec.PackVector(vector)[128:192]
		marks[fmt.Sprintf("%s sentence %s/%d", word, id, c.Ordinal)] = raw[128:192]
	}
	if v.Rev++; !good {
		v.Verdict, v.Failure = "damaged", "damaged"
		if err := s.Fail(t.Context(), v, text.Reading); err != nil {
			t.Fatal(err)
		}
		return
	}
	if _, err := s.Publish(t.Context(), v); err != nil {
		t.Fatal(err)
	}
}

// search counts the canaries that stand in each file below dir.
func search(t *testing.T, dir string, marks canaries) (found map[string]int) {
	t.Helper()
	found = map[string]int{}
	byStart := map[string][]string{} // by their first four bytes: one pass over each file serves all
	for name, mark := range marks {
		byStart[string(mark[:4])] = append(byStart[string(mark[:4])], name)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil
		}
		for i := 0; i+4 <= len(raw); i++ {
			for _, name := range byStart[string(raw[i:i+4])] {
				if bytes.HasPrefix(raw[i:], marks[name]) {
					found[name+" in "+strings.TrimPrefix(path, dir)]++
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestErasureLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, setting := range []string{"wal_recycle=off", "wal_recycle=on"} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			server := testdb.Start(t, setting, "fsync=off", "autovacuum_naptime=1s", "min_wal_size=80MB")
			s, err := Open(t.Context(), server.DSN, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			marks, kept := canaries{}, canaries{}
			removed := plant(t, s, "Zébulonissime", marks)
			others := plant(t, s, "Gardénissime", kept)
			quote(t, s, "Zébulonissime", removed[0])
			quote(t, s, "Gardénissime", others[0])
			v, err := s.UseEncoder(t.Context(), qa.Encoder{Fingerprint: "canaries", Dimensions: canaryDimensions})
			if err != nil {
				t.Fatal(err)
			}
			exec(t, s, "CREATE INDEX "+v.index()+" ON "+v.chunks()+" USING hnsw (embedding halfvec_cosine_ops) WHERE current")
			// Older files of the log come up for new use with words in them.
			exec(t, s, "CHECKPOINT", "SELECT pg_switch_wal()", "ANALYZE")
			if before := search(t, server.Dir, marks); len(before) < len(marks) {
				t.Fatalf("%d of %d canaries are found before they are removed: the search is blind", len(before), len(marks))
			}
			for _, d := range removed {
				if _, err := s.DeleteDocument(t.Context(), qa.Scope{Everything: true}, d); err != nil {
					t.Fatal(err)
				}
			}
			if left := search(t, server.Dir, marks); len(left) == 0 {
				t.Fatal("nothing is left before the purge: the test could not fail")
			}
			if due, err := s.PurgeDue(t.Context()); err != nil || !due {
				t.Fatalf("due %v, %v", due, err)
			}
			report, err := s.Purge(t.Context(), false)
			if err != nil || report.Log != purge.LogPurged || len(report.Waiting) > 0 || len(report.Rewritten) != 9 {
				t.Fatalf("purge: %+v, %v", report, err)
			}
			if left := search(t, server.Dir, marks); len(left) > 0 {
				t.Errorf("left after the purge: %v", left)
			}
			if whole := search(t, server.Dir, kept); len(whole) < len(kept)/2 {
				t.Errorf("only %d of %d canaries of the documents kept are found", len(whole), len(kept))
			}
			if due, err := s.PurgeDue(t.Context()); err != nil || due {
				t.Errorf("due after the purge: %v, %v", due, err)
			}
			if again, err := s.Purge(t.Context(), false); err != nil || len(again.Rewritten) > 0 {
				t.Errorf("purged twice: %+v, %v", again, err)
			}
		})
	}
}

// quote keeps a conversation whose answer quotes a document by its word, and searched the question with it. It is so
// short that the database does not pack it: the search reads what is plain.
func quote(t *testing.T, s *Store, word string, id qa.DocumentID) {
	t.Helper()
	sentence := "Le rapport dit « " + strings.Repeat(word+" ", 3) + " » [1]."
	a := qa.Answer{Answered: true, Asked: "Que dit-il ?", Standalone: word, Text: sentence, Sentences: []qa.Sentence{{Text: sentence, Citations: []int{1}}},
		Citations: []qa.Citation{{Number: 1, Document: id, Title: word + " titre", Quote: strings.Repeat(word+" ", 3)}}}
	c := qa.Conversation{ID: qa.ConversationID("c-" + string(id)), Owner: "moi", Title: "Que dit-il ?"}
	if _, err := s.StartConversation(t.Context(), c, qa.Turn{At: time.Now(), Answer: a}); err != nil {
		t.Fatal(err)
	}
	a.ID, a.Conversation = "a-"+string(id), c.ID
	for _, note := range []string{word + " au début", "Et " + word} {
		if _, err := s.SaveFeedback(t.Context(), qa.Feedback{ID: "f-" + qa.FeedbackID(id), Owner: "moi", At: time.Now(), Answer: a, Note: note}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestForgottenLeavesNothing searches every file for words of conversations that were deleted, and of titles that
// were changed, in a library of which no document was ever removed.
func TestForgottenLeavesNothing(t *testing.T) {
	t.Parallel()
	server := testdb.Start(t, "wal_recycle=off", "fsync=off")
	s, err := Open(t.Context(), server.DSN, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	marks, kept := canaries{"w": []byte("Oublionissime")}, canaries{"w": []byte("Gardénissime")}
	quote(t, s, "Oublionissime", "d1")
	quote(t, s, "Gardénissime", "d2")
	for _, title := range []string{"Oublionissime", "Un autre titre"} {
		if err := s.RenameConversation(t.Context(), "moi", "c-d2", title); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.DeleteConversation(t.Context(), "moi", "c-d1"); err != nil {
		t.Fatal(err)
	}
	exec(t, s, "CHECKPOINT")
	if len(search(t, server.Dir, marks)) == 0 {
		t.Fatal("nothing is left before the purge: the test could not fail")
	}
	due := func(want bool, when string) {
		t.Helper()
		if got, err := s.PurgeDue(t.Context()); err != nil || got != want {
			t.Errorf("%s: due %v, %v", when, got, err)
		}
	}
	due(false, "at once")
	exec(t, s, "UPDATE purges SET at = at - interval '1 hour'")
	due(true, "after an hour")
	report, err := s.Purge(t.Context(), false)
	if err != nil || report.Log != purge.LogPurged || !slices.Equal(report.Rewritten, []string{"feedback", "questions", "turns"}) {
		t.Fatalf("purge: %+v, %v", report, err)
	}
	if left := search(t, server.Dir, marks); len(left) > 0 {
		t.Errorf("left after the purge: %v", left)
	}
	if len(search(t, server.Dir, kept)) == 0 {
		t.Error("the conversation that was kept is gone")
	}
	exec(t, s, "UPDATE purges SET at = at - interval '1 hour'")
	due(false, "after the purge")
	if again, err := s.Purge(t.Context(), true); err != nil || len(again.Rewritten) > 0 || again.Log != purge.LogUntouched {
		t.Errorf("purged twice: %+v, %v", again, err)
	}
}

func exec(t *testing.T, s *Store, statements ...string) {
	t.Helper()
	for _, q := range statements {
		if _, err := s.pool.Exec(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// TestPurgeWaitsForReaders holds a transaction open that can still see what was removed.
func TestPurgeWaitsForReaders(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), testdb.Database(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	removed := plant(t, s, "Zébulonissime", canaries{})
	tx, err := s.pool.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	if _, err := tx.Exec(t.Context(), "SELECT count(*) FROM texts"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DeleteDocument(t.Context(), qa.Scope{Everything: true}, removed[0]); err != nil {
		t.Fatal(err)
	}
	done := make(chan purge.Report, 1)
	go func() {
		r, err := s.Purge(t.Context(), false)
		if err != nil {
			t.Error(err)
		}
		done <- r
	}()
	select {
	case r := <-done:
		t.Fatalf("purged while a reader could see what was removed: %+v", r)
	case <-time.After(time.Second):
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := <-done; r.Readers || !slices.Contains(r.Rewritten, "texts") {
		t.Errorf("after the reader ended: %+v", r)
	}
}
