package ingest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"rapporteur/ingest/extract"
	"rapporteur/qa"
)

// bench opens a library without jobs.
func bench(b *testing.B) *library {
	b.Helper()
	l, err := openLibrary(b.Context(), place{dir: b.TempDir()}, &extract.Extractor{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.close() })
	return l
}

func note(i int) string {
	return fmt.Sprintf("# Note %d\n\n", i) + strings.Repeat(fmt.Sprintf("La note %d dit que le service compte deux cents agents. ", i), 80)
}

// BenchmarkAccept is an upload of 4 kB until it is acknowledged: file and rows on disk.
func BenchmarkAccept(b *testing.B) {
	l := bench(b)
	for i := 0; b.Loop(); i++ {
		u := qa.Upload{Source: fmt.Sprint("note-", i, ".md")}
		if _, err := l.pipeline.Accept(b.Context(), u, strings.NewReader(note(i))); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAdvance is reading, saving and publishing such an upload.
func BenchmarkAdvance(b *testing.B) {
	l := bench(b)
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		r, err := l.pipeline.Accept(b.Context(), qa.Upload{Source: fmt.Sprint("note-", i, ".md")}, strings.NewReader(note(i)))
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		for range 2 {
			if _, err := l.pipeline.Advance(b.Context(), r.Version.ID); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkPassages loads 30 passages by id within one collection of a library of 300 documents.
func BenchmarkPassages(b *testing.B) {
	l := bench(b)
	var hits []qa.Hit
	for i := range 300 {
		r, err := l.pipeline.Accept(context.Background(), qa.Upload{Collection: "notes", Source: fmt.Sprint(i, ".md")}, strings.NewReader(note(i)))
		if err != nil {
			b.Fatal(err)
		}
		for range 2 {
			if _, err := l.pipeline.Advance(context.Background(), r.Version.ID); err != nil {
				b.Fatal(err)
			}
		}
		if i%10 == 0 {
			chunks, err := l.store.Chunks(context.Background(), r.Version.ID)
			if err != nil {
				b.Fatal(err)
			}
			hits = append(hits, qa.Hit{Chunk: chunks[0].ID, Score: 1})
		}
	}
	scope := qa.Scope{Collections: []qa.CollectionID{"notes"}}
	b.ResetTimer()
	for b.Loop() {
		p, err := l.store.Passages(context.Background(), scope, hits)
		if err != nil || len(p) != len(hits) {
			b.Fatal(len(p), err)
		}
	}
}
