package typing

import (
	"testing"
	"unicode/utf8"
)

func TestSlip(t *testing.T) {
	t.Parallel()
	const q = "Quel est le taux de réemploi des ordinateurs de l'État en 2024 ?"
	seen := map[string]bool{}
	for seed := range uint64(50) {
		got := Slip(q, seed)
		if got != Slip(q, seed) {
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
		if got := Slip(short, 1); got != short {
			t.Errorf("%q becomes %q", short, got)
		}
	}
}

func TestAs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ way, language, question, want string }{
		{Capitals, "fr", "Où est l'école ?", "OÙ EST L'ÉCOLE ?"},
		{Unaccented, "fr", "Où est l'école ?", "Ou est l'ecole ?"},
		{Polite, "fr", "Où est l'école ?", "Bonjour, pourriez-vous me dire où est l'école ? Merci d'avance."},
		{Polite, "en", "Where is the school?", "Hello, could you please tell me where is the school? Thanks in advance."},
		{"", "fr", "Où est l'école ?", "Où est l'école ?"},
	} {
		if got := As(c.way, c.question, c.language); got != c.want {
			t.Errorf("%s: %q, want %q", c.way, got, c.want)
		}
	}
}
