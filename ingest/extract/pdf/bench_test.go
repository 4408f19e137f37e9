package pdf

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// BenchmarkExtract reads a report of 128 tagged pages through a warm child.
func BenchmarkExtract(b *testing.B) {
	f, err := os.Open(filepath.Join(testkit.Shared(b, "data/reports"), "rgaa-4.1.pdf"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	p := newPool(b, Options{})
	if err := p.Warm(context.Background()); err != nil {
		b.Fatal(err)
	}
	pages := 0
	for b.Loop() {
		text, err := p.Extract(context.Background(), qa.File{ReadSeeker: f})
		if err != nil {
			b.Fatal(err)
		}
		pages += len(text.Pages)
	}
	b.ReportMetric(float64(pages)/b.Elapsed().Seconds(), "pages/s")
}
