package main

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"rapporteur/ingest/chunk"
	"rapporteur/ingest/source"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

var (
	chunkSizes   = flag.String("chunks", "", "compare chunks of these sizes in tokens, as 150-220,250-350")
	chunkVectors = flag.String("chunks.vectors", "", "folder that keeps the vectors for the next time")
)

// TestChunkSizes measures retrieval and quotes over the reports and the long documents of Chroma's set with chunks of
// several sizes, everything else as it is:
//
//	go test ./cmd/rapporteur -run TestChunkSizes -chunks 150-220,250-350,350-480 -chunks.vectors DIR -v -timeout 2h
func TestChunkSizes(t *testing.T) {
	if *chunkSizes == "" {
		t.Skip("-chunks is not given")
	}
	for size := range strings.SplitSeq(*chunkSizes, ",") {
		var sizes chunk.Splitter
		if _, err := fmt.Sscanf(size, "%d-%d", &sizes.Min, &sizes.Max); err != nil {
			t.Fatalf("%q: %v", size, err)
		}
		service := func(t *testing.T) *service {
			s := testSettings(t)
			s.Encoder, s.vectorCache, s.chunks = encoderBuiltin, *chunkVectors, sizes
			return newServiceOf(t, s)
		}
		t.Run(size+"/reports", func(t *testing.T) {
			svc := service(t)
			ingestAll(t, svc, testkit.Shared(t, "data/reports"), testkit.Shared(t, "data/seed/article-dinum-rapport-2023.txt"))
			measure(t, svc, refitSet(t, "data/dev/reports-qa/questions.jsonl"))
		})
		t.Run(size+"/chroma", func(t *testing.T) {
			svc, set := service(t), refitSet(t, "data/dev/chroma-chunking-eval-en")
			refitIngest(t, svc, qa.DefaultCollection, source.Records(set.Records), map[string]qa.DocumentID{})
			refitSettle(t, svc)
			measure(t, svc, set)
		})
	}
}
