// Command postgres measures the store of this module on PostgreSQL beside langchaingo's pgvector store and bare
// pgx, on the same rows, server and machine, and prints medians and ratios as Markdown:
//
//	go run ./bench/postgres --dsn postgres://… --data ../shared/data/dev --cache FOLDER
//
// It makes databases of its own on that server, whose names begin with rapporteur_bench_. README.md says what is
// compared, and how.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"

	"rapporteur/bench/corpus"
)

// settings are the flags.
type settings struct {
	dsn, data, cache string
	real, size       int // chunks of the corpora, and chunks in all
	questions, slow  int // questions in all, and those that langchaingo's store is asked
	only             string
	m, construction  int // of the index
	shuffled         bool
	binary           string
}

func main() {
	var s settings
	flag.StringVar(&s.dsn, "dsn", "", "a database of the server; its user may make databases")
	flag.StringVar(&s.data, "data", "", "folder of the development sets")
	flag.StringVar(&s.cache, "cache", "", "folder where the vectors are kept")
	flag.IntVar(&s.real, "real", 20_000, "chunks taken from the corpora")
	flag.IntVar(&s.size, "size", 100_000, "chunks in all")
	flag.IntVar(&s.questions, "questions", 300, "questions")
	flag.IntVar(&s.slow, "slow", 30, "of these, questions put to langchaingo's store")
	flag.StringVar(&s.only, "only", "load,search,ask", "parts to run: load, search and ask, which use what load left; ours, which loads ours alone, for ask; growth, the index alone")
	flag.IntVar(&s.m, "m", 16, "links of a row in the index, of all but ours")
	flag.IntVar(&s.construction, "ef-construction", 200, "breadth of the search that links a row, of all but ours")
	flag.BoolVar(&s.shuffled, "shuffled", false, "growth: store the vectors in an order of no meaning")
	flag.StringVar(&s.binary, "binary", "", "the program rapporteur, for the part ask")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := s.run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (s settings) run(ctx context.Context, out io.Writer) error {
	if s.dsn == "" || s.data == "" || s.cache == "" {
		return fmt.Errorf("--dsn, --data and --cache are needed")
	}
	r, err := s.rows(ctx)
	if err != nil {
		return err
	}
	server, err := s.server(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d cores, %s/%s; %s; %d chunks of the corpora, %d in all, %d questions\n\n",
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, server, s.real, len(r.vectors), len(r.questions))
	for _, part := range []struct {
		name string
		run  func(context.Context, io.Writer, rows) error
	}{{"load", s.loads}, {"ours", s.loadAlone}, {"search", s.search}, {"ask", s.ask}, {"growth", s.growth}} {
		if !slices.Contains(strings.Split(s.only, ","), part.name) {
			continue
		}
		if err := part.run(ctx, out, r); err != nil {
			return err
		}
	}
	return nil
}

// rows reads and makes what is stored and asked.
func (s settings) rows(ctx context.Context) (rows, error) {
	c, err := corpus.Read(s.data, s.real, s.questions)
	if err != nil {
		return rows{}, err
	}
	docs, queries, err := c.Vectors(ctx, s.cache, os.Stderr)
	if err != nil {
		return rows{}, err
	}
	r := rand.New(rand.NewPCG(1, 2))
	out := rows{vectors: corpus.Copies(docs, s.size, r), questions: c.Questions, queries: queries}
	if s.only != "growth" {
		out.texts = corpus.Grown(c.Texts, s.size, r)
	}
	return out, nil
}
