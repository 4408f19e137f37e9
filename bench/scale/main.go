// Command scale measures what a library costs a server as it grows: the memory of the two indexes, the time from
// the start of a process until they have read the library's change feed, and searches.
//
//	go run ./bench/scale --data ../shared/data/dev --cache FOLDER --library FOLDER --sizes 100000,1000000
//
// The library is a real one, in one file; it is left there, and grows from run to run. Its first chunks are those of
// the French development sets. The others are drawn from their sentences, with invented names among them, so that
// the vocabulary grows as that of real collections does; their vectors are perturbed copies of real ones.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"rapporteur/bench/corpus"
	"rapporteur/encoder/weights"
	"rapporteur/qa"
	"rapporteur/store/sqlite"
)

// settings are the flags.
type settings struct {
	data, cache, library string
	sizes                string
	real, questions      int
}

func main() {
	var s settings
	flag.StringVar(&s.data, "data", "", "folder of the development sets")
	flag.StringVar(&s.cache, "cache", "", "folder where the vectors are kept")
	flag.StringVar(&s.library, "library", "", "folder of the library")
	flag.StringVar(&s.sizes, "sizes", "100000,1000000", "chunks to measure at, growing")
	flag.IntVar(&s.real, "real", 20_000, "chunks taken from the corpora")
	flag.IntVar(&s.questions, "questions", 300, "questions of each kind")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := s.run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (s settings) run(ctx context.Context, out io.Writer) error {
	if s.data == "" || s.cache == "" || s.library == "" {
		return fmt.Errorf("--data, --cache and --library are needed")
	}
	source, err := s.source(ctx)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.library, 0o700); err != nil {
		return err
	}
	store, err := sqlite.Open(ctx, filepath.Join(s.library, "library.db"))
	if err != nil {
		return err
	}
	defer store.Close()
	vectors, err := store.UseEncoder(ctx, qa.Encoder{Fingerprint: weights.Fingerprint, Dimensions: len(source.vectors[0])})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d cores, %s/%s; %d questions of each kind\n\n", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, s.questions)
	l := library{Store: store, vectors: vectors}
	for field := range strings.SplitSeq(s.sizes, ",") {
		size, err := strconv.Atoi(field)
		if err != nil {
			return err
		}
		if err := fill(ctx, l, source, size); err != nil {
			return err
		}
		if err := measure(ctx, out, l, source, size); err != nil {
			return err
		}
	}
	return nil
}

// library is what is measured, as both indexes follow it.
type library struct {
	*sqlite.Store
	vectors *sqlite.Vectors
}

// Vectors gives the vectors of a version.
func (l library) Vectors(ctx context.Context, id qa.VersionID) ([]qa.ChunkVector, error) {
	return l.vectors.Vectors(ctx, id)
}

// fill adds documents until the library has so many chunks.
func fill(ctx context.Context, l library, s *source, chunks int) error {
	collections, err := l.Collections(ctx, qa.Scope{Everything: true})
	if err != nil {
		return err
	}
	have := 0
	for _, c := range collections {
		have += c.Documents
	}
	if have*perDocument > chunks {
		return fmt.Errorf("the library has %d chunks already, more than %d", have*perDocument, chunks)
	}
	begun, told := time.Now(), time.Now()
	for n := have; n < chunks/perDocument; n++ {
		if _, err := corpus.Put(ctx, l.Store, l.vectors, s.document(n)); err != nil {
			return err
		}
		if time.Since(told) > 10*time.Second {
			told = time.Now()
			fmt.Fprintf(os.Stderr, "%d chunks stored, %.0f a second\n", (n+1)*perDocument, float64((n+1-have)*perDocument)/time.Since(begun).Seconds())
		}
	}
	return nil
}
