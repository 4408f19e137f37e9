package guard

import "testing"

// BenchmarkSpeaks is the time of one line of a report that orders nothing.
func BenchmarkSpeaks(b *testing.B) {
	line := "Le système d’information de l’assistance aux usagers répond chaque jour aux questions de 12 000 utilisateurs, selon les directives du ministère."
	for b.Loop() {
		Speaks(line)
	}
}
