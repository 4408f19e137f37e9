package encoder_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"rapporteur/encoder"
	"rapporteur/encoder/weights"
)

// passage gives a French text of so many tokens, special ones and prefix included.
func passage(b *testing.B, e *encoder.Encoder, tokens int) string {
	b.Helper()
	const text = "Le préavis de démission d’un salarié en contrat à durée indéterminée est fixé par la loi, la convention collective ou l’usage de la profession. "
	long := strings.Repeat(text, tokens/20+1)
	words := e.Tokens(long)
	most := tokens - 2 - e.Count(weights.DocumentPrefix)
	return long[:words[most-1].End]
}

// BenchmarkPassages prints tokens per second for passages of 256 tokens.
func BenchmarkPassages(b *testing.B) {
	for _, threads := range []int{1, 2} {
		for _, texts := range []int{1, 32} {
			b.Run(fmt.Sprintf("threads=%d/texts=%d", threads, texts), func(b *testing.B) {
				e := built(b, encoder.Options{Threads: threads})
				batch := make([]string, texts)
				for i := range batch {
					batch[i] = passage(b, e, 256)
				}
				b.ReportAllocs()
				cpu := used()
				for b.Loop() {
					if _, err := e.EmbedDocuments(context.Background(), batch); err != nil {
						b.Fatal(err)
					}
				}
				tokens := float64(256 * texts * b.N)
				b.ReportMetric(tokens/b.Elapsed().Seconds(), "tokens/s")
				b.ReportMetric(tokens/(used()-cpu).Seconds(), "tokens/cpu-s")
			})
		}
	}
}

// BenchmarkQuery times one question of 16 tokens, prefix and special tokens included.
func BenchmarkQuery(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			e := built(b, encoder.Options{Threads: threads})
			text := passage(b, e, 16)
			b.ReportAllocs()
			cpu := used()
			for b.Loop() {
				if _, err := e.EmbedQuery(context.Background(), text); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((used()-cpu).Seconds()*1e3/float64(b.N), "cpu-ms/op")
		})
	}
}

// BenchmarkLoad times the preparation of the model in the binary.
func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	cpu := used()
	for b.Loop() {
		built(b, encoder.Options{})
	}
	b.ReportMetric((used()-cpu).Seconds()*1e3/float64(b.N), "cpu-ms/op")
}
