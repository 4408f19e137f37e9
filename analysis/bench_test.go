package analysis

import (
	"os"
	"testing"

	"rapporteur/internal/testkit"
)

// BenchmarkAppend reads two megabytes of French prose as the index does.
func BenchmarkAppend(b *testing.B) {
	raw, err := os.ReadFile(testkit.Shared(b, "data/dev/service-public-fr-2020/corpus.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	text := string(raw[:2<<20])
	a := New("fr")
	var tokens []Token
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		tokens = a.Append(tokens[:0], text)
	}
	b.ReportMetric(float64(len(tokens))/float64(len(text)), "tokens/B")
}
