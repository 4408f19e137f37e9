// Command search measures the two indexes of this module beside chromem-go, sqlite-vec, bleve and SQLite FTS5
// on the same vectors and texts, in one process, and prints medians and ratios as Markdown:
//
//	cd bench/search && go run . --data ../../../shared/data/dev --cache FOLDER
//
// It is a module of its own, so that the service does not depend on what it is compared with. The texts are
// pieces of some 160 words of PIAF, of the labour law and of service-public. Their vectors are those of the
// built-in encoder, kept in the cache from one run to the next. To reach --size, vectors are copied with noise
// of their own kind and texts drawn anew from their sentences.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"

	"rapporteur/bench/corpus"
)

// settings are the flags.
type settings struct {
	data, cache string
	real, size  int // chunks of the corpora, and chunks in all
	questions   int
	only        string
	scratch     string
}

func main() {
	var s settings
	flag.StringVar(&s.data, "data", "", "folder of the development sets")
	flag.StringVar(&s.cache, "cache", "", "folder where the vectors are kept")
	flag.IntVar(&s.real, "real", 20_000, "chunks taken from the corpora")
	flag.IntVar(&s.size, "size", 100_000, "chunks in all")
	flag.IntVar(&s.questions, "questions", 300, "questions of each kind")
	flag.StringVar(&s.only, "only", "", "vectors or lexical; both by default")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := s.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (s settings) run(ctx context.Context) error {
	if s.data == "" || s.cache == "" {
		return fmt.Errorf("--data and --cache are needed")
	}
	var err error
	if s.scratch, err = os.MkdirTemp("", "bench-search"); err != nil {
		return err
	}
	defer os.RemoveAll(s.scratch)
	c, err := corpus.Read(s.data, s.real, s.questions)
	if err != nil {
		return err
	}
	fmt.Printf("%d cores, %s/%s; %d chunks of the corpora, %d in all, %d questions\n\n",
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, len(c.Texts), s.size, len(c.Questions))
	if s.only != "lexical" {
		if err := s.vectors(ctx, c); err != nil {
			return err
		}
	}
	if s.only != "vectors" {
		return s.lexical(ctx, c)
	}
	return nil
}
