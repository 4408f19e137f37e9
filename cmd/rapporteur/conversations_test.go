package main

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"rapporteur/qa"
)

// TestConversationRetention runs the work that a service does beside its queue on conversations of several ages.
func TestConversationRetention(t *testing.T) {
	for _, c := range []struct {
		days int
		left []string
	}{{365, []string{"neuve", "ancienne"}}, {30, []string{"neuve"}}, {0, []string{"neuve", "ancienne", "oubliée"}}} {
		s := settings{Data: t.TempDir(), Encoder: encoderNone, OCR: ocrOff, MaxUpload: 50, Workers: 1, Conversations: conversationsOn, ConversationRetention: c.days}
		svc, err := open(t.Context(), &s, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		for id, days := range map[string]int{"neuve": 0, "ancienne": 100, "oubliée": 366} {
			turn := qa.Turn{At: time.Now().AddDate(0, 0, -days), Answer: qa.Answer{Asked: "?"}}
			if _, err := svc.talks.StartConversation(t.Context(), qa.Conversation{ID: qa.ConversationID(id), Owner: "local", Title: id}, turn); err != nil {
				t.Fatal(err)
			}
		}
		stop := svc.work(t.Context())
		var got []string
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			list, err := svc.talks.Conversations(t.Context(), "local", qa.ConversationSearch{Limit: 9})
			if err != nil {
				t.Fatal(err)
			}
			got = nil
			for _, x := range list {
				got = append(got, string(x.ID))
			}
			if slices.Equal(got, c.left) {
				break
			}
		}
		stop()
		svc.Close()
		if !slices.Equal(got, c.left) {
			t.Errorf("%d days: left %q, want %q", c.days, got, c.left)
		}
	}
}
