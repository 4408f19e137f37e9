package chunk

import (
	"fmt"
	"testing"
)

// BenchmarkSplit cuts a report of 400 sections with a table each, about 1 MB.
func BenchmarkSplit(b *testing.B) {
	var lines []string
	for i := range 400 {
		lines = append(lines, fmt.Sprintf("## Partie %d", i))
		for range 8 {
			lines = append(lines, "La direction compte environ deux cents agents. Elle conduit, avec les ministères, la politique de modernisation de l’État ; son budget est de 12,5 millions d’euros en 2023.")
		}
		lines = append(lines, "^ Tableau : dépenses de l’année", "! Poste | 2022 | 2023")
		for row := range 20 {
			lines = append(lines, fmt.Sprintf("| Voirie et réseaux %d | 12 500 | 14 200", row))
		}
	}
	text := build(lines...)
	b.SetBytes(int64(len(text.Content)))
	for b.Loop() {
		Splitter{}.Split(text)
	}
}
