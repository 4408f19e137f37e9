package feedback

import (
	"strconv"
	"testing"
	"time"

	"rapporteur/qa"
)

// TestHeld forgets answers after an hour, the oldest beyond five hundred, and tells owners apart.
func TestHeld(t *testing.T) {
	var h held
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	text := func(s string) holding { return holding{answer: qa.Answer{Text: s}} }
	found := func(owner, answer string, at time.Time) string {
		x, _ := h.find(owner, answer, at)
		return x.answer.Text
	}
	h.add("a", "1", text("de a"), start)
	h.add("b", "1", text("de b"), start.Add(time.Minute))
	h.add("a", "1", text("de a, encore"), start.Add(2*time.Minute))
	if got := found("a", "1", start.Add(keepFor)); got != "de a, encore" {
		t.Errorf("within the hour: %q", got)
	}
	if got := found("b", "1", start.Add(keepFor)); got != "de b" {
		t.Errorf("another's of the same name: %q", got)
	}
	if got := found("c", "1", start); got != "" {
		t.Errorf("what nobody held: %q", got)
	}
	if got := found("a", "1", start.Add(keepFor+time.Second)); got != "" {
		t.Errorf("after an hour: %q", got)
	}
	if got := found("b", "1", start.Add(keepFor+time.Second)); got != "de b" {
		t.Errorf("the younger one went too: %q", got)
	}
	now := start.Add(2 * time.Hour)
	for i := range most + 1 {
		h.add("a", strconv.Itoa(i), text("x"), now)
	}
	if found("a", "0", now) != "" || found("a", "1", now) != "x" || found("a", strconv.Itoa(most), now) != "x" || len(h.all) != most || len(h.order) != most {
		t.Errorf("%d answers are held, want the last %d", len(h.all), most)
	}
}
