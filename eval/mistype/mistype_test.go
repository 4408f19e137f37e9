package mistype

import (
	"testing"
	"unicode/utf8"
)

func TestQuestion(t *testing.T) {
	t.Parallel()
	const q = "Quel est le taux de réemploi des ordinateurs de l'État en 2024 ?"
	seen := map[string]bool{}
	for seed := range uint64(50) {
		got := Question(q, seed)
		if got != Question(q, seed) {
			t.Fatalf("seed %d: not the same twice", seed)
		}
		if d := utf8.RuneCountInString(got) - utf8.RuneCountInString(q); d < -1 || d > 1 {
			t.Errorf("seed %d: %q, which is no slip", seed, got)
		}
		seen[got] = true
	}
	if len(seen) < 20 {
		t.Errorf("50 seeds make %d questions", len(seen))
	}
	for _, short := range []string{"", "En 2024 ?", "le du la"} {
		if got := Question(short, 1); got != short {
			t.Errorf("%q becomes %q", short, got)
		}
	}
}
