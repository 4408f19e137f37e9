package storetest

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"rapporteur/qa"
)

// BenchmarkConversations measures a store with 10,000 conversations of one owner, of 5 turns with 3 quotes each.
func BenchmarkConversations(b *testing.B, open Opener) {
	f := newFixture(b, open)
	const conversations, turns = 10_000, 5
	answer := manyWords(f)
	n := 0
	next := func() (qa.ConversationRecord, error) {
		if n == conversations {
			return qa.ConversationRecord{}, io.EOF
		}
		n++
		f.pass(time.Second)
		c := qa.ConversationRecord{Conversation: qa.Conversation{ID: qa.ConversationID(fmt.Sprintf("c%05d", n)), Owner: "moi",
			Title: fmt.Sprintf("Combien d’écoles la commune numéro %d compte-t-elle ?", n), Turns: turns, CreatedAt: f.now(), UpdatedAt: f.now()}}
		for k := range turns {
			t := qa.Turn{Number: k + 1, At: f.now(), Answer: answer}
			t.Answer.Asked = fmt.Sprintf("Et la question %d, que devient-elle en %d ?", k, 1990+n%50)
			c.History = append(c.History, t)
		}
		return c, nil
	}
	none := func() (qa.DocumentRecord, error) { return qa.DocumentRecord{}, io.EOF }
	if err := f.Import(b.Context(), qa.LibraryRecord{}, qa.RecordReader{Document: none, Conversation: next}); err != nil {
		b.Fatal(err)
	}
	list := func(s qa.ConversationSearch, want int) func(b *testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				if found, err := f.Conversations(b.Context(), "moi", s); err != nil || len(found) != want {
					b.Fatalf("%d conversations, %v", len(found), err)
				}
			}
		}
	}
	b.Run("list 50", list(qa.ConversationSearch{Limit: 50}, 50))
	b.Run("list 10000", list(qa.ConversationSearch{Limit: conversations}, conversations))
	b.Run("find 1", list(qa.ConversationSearch{Words: "ECOLES 9876", Limit: 50}, 1))
	b.Run("find 10000", list(qa.ConversationSearch{Words: "devient", Limit: 50}, 50))
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			if _, turns, err := f.Conversation(b.Context(), "moi", "c05000"); err != nil || len(turns) != 5 {
				b.Fatalf("%d turns, %v", len(turns), err)
			}
		}
	})
	b.Run("append", func(b *testing.B) {
		for b.Loop() {
			if _, err := f.AppendTurn(b.Context(), "moi", "c05001", qa.Narrowing{}, qa.Turn{At: f.now(), Answer: answer}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// manyWords is an answer of three sentences with a quote of 150 characters each.
func manyWords(f *fixture) qa.Answer {
	var of []qa.Receipt
	for i := range 3 {
		of = append(of, qa.Receipt{Document: qa.Document{ID: qa.DocumentID(fmt.Sprintf("ABCDEFGHIJKLMNOPQRSTUVWX%02d", i)), Source: "rapports/2024/bilan.pdf"},
			Version: qa.Version{ID: qa.VersionID(fmt.Sprintf("ZBCDEFGHIJKLMNOPQRSTUVWX%02d", i))}})
	}
	a := f.turn("Combien ?", of...).Answer
	for i := range a.Citations {
		a.Citations[i].Quote = strings.Repeat("La commune compte douze écoles et trois lycées. ", 3)
		a.Sentences[i].Text = "« " + a.Citations[i].Quote + " » [1]"
	}
	a.Text = a.Sentences[0].Text + a.Sentences[1].Text + a.Sentences[2].Text
	return a
}
