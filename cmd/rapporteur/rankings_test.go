package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"

	"rapporteur/eval"
	"rapporteur/ingest/source"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

var rankings = flag.Bool("rankings", false, "compare other ways to rank passages")

// TestRankings measures other weights of meaning and of sentences, and a greatest number of passages a document, over
// the reports and over every fourth question of PIAF, everything else as it is; and how much of what answers is cut in
// two by the end of a chunk:
//
//	go test ./cmd/rapporteur -run TestRankings -rankings -chunks.vectors DIR -v -timeout 2h
func TestRankings(t *testing.T) {
	if !*rankings {
		t.Skip("-rankings is not given")
	}
	for _, c := range []struct {
		name   string
		set    eval.Set
		stages []eval.Stage
		fill   func(t *testing.T, svc *service, set eval.Set)
	}{
		{"reports", refitSet(t, "data/dev/reports-qa/questions.jsonl"), []eval.Stage{eval.StageRetrieval, eval.StageAsk}, func(t *testing.T, svc *service, _ eval.Set) {
			ingestAll(t, svc, testkit.Shared(t, "data/reports"), testkit.Shared(t, "data/seed/article-dinum-rapport-2023.txt"))
		}},
		{"PIAF", everyNth(refitSet(t, "data/dev/piaf-v1.1/piaf.json"), 4), []eval.Stage{eval.StageRetrieval}, func(t *testing.T, svc *service, set eval.Set) {
			refitIngest(t, svc, qa.DefaultCollection, source.Records(set.Records), map[string]qa.DocumentID{})
			refitSettle(t, svc)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := testSettings(t)
			s.Encoder, s.vectorCache = encoderBuiltin, *chunkVectors
			svc := newServiceOf(t, s)
			c.fill(t, svc, c.set)
			cutBorders(t, svc, c.set)
			for _, meaning := range []float64{.5, .6, .7, .8} {
				for _, sentence := range []float64{.4, .8} {
					svc.retriever.Options.Fusion.Weight, svc.retriever.Options.Sentence = meaning, sentence
					figures(t, fmt.Sprintf("meaning %.1f, sentence %.1f", meaning, sentence), measured{svc}, c.set, c.stages)
				}
			}
			svc.retriever.Options.Fusion.Weight, svc.retriever.Options.Sentence = 0, 0
			for _, most := range []int{1, 2, 3, 5} {
				capped := capped{measured{svc}, most}
				svc.answerer.Retriever = capped
				figures(t, fmt.Sprintf("%d passages a document", most), capped, c.set, c.stages)
				svc.answerer.Retriever = svc.retriever
			}
		})
	}
}

func everyNth(set eval.Set, n int) eval.Set {
	var kept []eval.Question
	for i := 0; i < len(set.Questions); i += n {
		kept = append(kept, set.Questions[i])
	}
	set.Questions = kept
	return set
}

// capped gives no more than so many passages of one document before those of the others, unless the question is asked
// of one document.
type capped struct {
	measured
	most int
}

func (c capped) Retrieve(ctx context.Context, q qa.Question) (qa.Evidence, error) {
	limit := max(q.Limit, 10)
	q.Limit = 4 * limit
	e, err := c.measured.Retrieve(ctx, q)
	if err != nil || len(q.Scope.Documents) == 1 {
		return e, err
	}
	seen := map[qa.DocumentID]int{}
	var first, rest []qa.Passage
	for _, p := range e.Passages {
		if seen[p.Document.ID]++; seen[p.Document.ID] <= c.most {
			first = append(first, p)
		} else {
			rest = append(rest, p)
		}
	}
	e.Passages = append(first, rest...)
	e.Passages = e.Passages[:min(limit, len(e.Passages))]
	return e, nil
}

// figures prints, on one line, what a system reaches on a set.
func figures(t *testing.T, name string, system eval.System, set eval.Set, stages []eval.Stage) {
	t.Helper()
	line := name
	for _, stage := range stages {
		for _, m := range scored(t, system, set, stage) {
			switch m.Name {
			case "ndcg@10", "recall@5", "document@5", "page@5", "page_cited", "answer_in_quotes", "refusal_balanced_accuracy", "auroc":
				line += fmt.Sprintf("; %s %.1f", m.Name, m.Value)
			}
		}
	}
	t.Log(line)
}

// cutBorders counts the gold quotes of a set that the end of a chunk cuts in two.
func cutBorders(t *testing.T, svc *service, set eval.Set) {
	t.Helper()
	documents := map[string]qa.Document{}
	titled, err := svc.store.Titles(t.Context(), scopeOf(""), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range titled {
		documents[d.Source] = d
	}
	found, cut := 0, 0
	for _, q := range set.Questions {
		for _, e := range q.Evidence {
			d, ok := documents[e.Doc]
			if !ok || e.Quote == "" {
				continue
			}
			text, v, err := svc.store.Text(t.Context(), scopeOf(""), d.ID, "")
			if err != nil {
				t.Fatal(err)
			}
			at := strings.Index(text.Content, e.Quote)
			if at < 0 {
				continue
			}
			chunks, err := svc.store.Chunks(t.Context(), v.ID)
			if err != nil {
				t.Fatal(err)
			}
			found++
			whole := false
			for _, c := range chunks {
				whole = whole || c.Start <= at && at+len(e.Quote) <= c.End
			}
			if !whole {
				cut++
			}
		}
	}
	t.Logf("%d gold quotes found word for word, %d of them cut by the end of a chunk", found, cut)
}
