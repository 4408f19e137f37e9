package sqlite_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapporteur/qa"
)

// TestErasureLeavesNothing adds documents of many sizes in mixed order, removes some, and searches
// every byte of every file for words of the removed ones. Rows of other documents that SQLite moves
// between pages when it balances its trees are part of the trap: they leave copies behind.
func TestErasureLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "library.db"))
	r := rand.New(rand.NewPCG(1, 2))
	const documents = 120
	add := func(i int) {
		word := canary(i)
		v := qa.Version{ID: qa.VersionID(fmt.Sprintf("v%d", i)), Document: qa.DocumentID(fmt.Sprintf("d%d", i)), Hash: word, CreatedAt: time.Now()}
		receipt, err := s.CreateVersion(t.Context(), qa.Upload{Collection: "c", Source: word + ".txt", Title: word}, v, func() error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		var text qa.Text
		var chunks []qa.Chunk
		for n := range 1 + r.IntN(12) {
			part := strings.Repeat(word+" ", 1+r.IntN(150))
			start := len(text.Content)
			text.Content += part
			chunks = append(chunks, qa.Chunk{Ordinal: n, Span: qa.Span{Start: start, End: len(text.Content)}, Section: []string{word}, Text: part})
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
	}
	for i := range documents {
		add(i)
	}
	removed := map[int]bool{}
	for _, i := range r.Perm(documents)[:documents*9/10] {
		if _, err := s.DeleteDocument(t.Context(), qa.Scope{Everything: true}, qa.DocumentID(fmt.Sprintf("d%d", i))); err != nil {
			t.Fatal(err)
		}
		removed[i] = true
		// One in ten times something is added in between, into the room that was freed.
		if r.IntN(10) == 0 {
			add(documents + i)
		}
		if words := found(t, dir, removed); len(words) > 0 {
			t.Fatalf("after %d removals, %d words of removed documents are still in the files: %v", len(removed), len(words), words)
		}
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
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for i := range removed {
			if bytes.Contains(raw, []byte(canary(i))) {
				out = append(out, e.Name()+": "+canary(i))
			}
		}
	}
	return out
}
