package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"rapporteur/bench/corpus"
)

// lexical measures the indexes of words, with questions that people asked and with words drawn from the texts.
func (s settings) lexical(ctx context.Context, c corpus.Corpus) error {
	r := rand.New(rand.NewPCG(3, 4))
	docs := corpus.Grown(c.Texts, s.size, r)
	var words []string
	for range len(c.Questions) {
		words = append(words, corpus.Question(docs[r.IntN(len(docs))], r))
	}
	ours, fts, bl := &ourWords{}, &fts5{file: filepath.Join(s.scratch, "fts.db")}, &bleveIndex{folder: filepath.Join(s.scratch, "bleve")}
	defer closeAll(named(ours, fts, bl))
	var built []*entrant[string]
	for _, set := range []struct {
		name    string
		queries []string
	}{{"questions that people asked", c.Questions}, {"3 to 6 words drawn from a text", words}} {
		entrants := named(ours, fts, bl)
		if built == nil {
			if err := build(ctx, entrants, docs); err != nil {
				return err
			}
			built = entrants
		}
		for i, e := range entrants {
			e.build = built[i].build
		}
		if err := ask(ctx, entrants, set.queries); err != nil {
			return err
		}
		fmt.Printf("### Words, any of them, best 10 by BM25: %d chunks; %d %s\n\n", len(docs), len(set.queries), set.name)
		err := report(os.Stdout, entrants, len(docs), []string{"hits a query"}, func(e *entrant[string]) []string {
			n := 0
			for _, f := range e.found {
				n += len(f)
			}
			return []string{fmt.Sprintf("%.2f", float64(n)/float64(len(e.found)))}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func named(ours *ourWords, f *fts5, b *bleveIndex) []*entrant[string] {
	return []*entrant[string]{
		{name: "ours", engine: ours},
		{name: "SQLite FTS5 in modernc.org/sqlite " + version("modernc.org/sqlite"), engine: f},
		{name: "bleve " + version("github.com/blevesearch/bleve/v2"), engine: b},
	}
}
