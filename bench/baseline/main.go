// Command baseline is what others build: retrieval-augmented answers with langchaingo as it comes. It asks it the
// questions of a set and writes a run that « rapporteur eval score » scores as it scores ours:
//
//	go run ./bench/baseline --dsn postgres://… --cache FOLDER --set SET [--reports FOLDER] --out run.jsonl
//
// README.md says what it is, what favours it, and what it measured.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"

	"rapporteur/bench/corpus"
	"rapporteur/eval"
	"rapporteur/qa"
)

// settings are the flags.
type settings struct {
	dsn, cache   string
	compiled     string // folder of the compiled reader of PDF files; "" is one in cache
	set, corpora string
	reports      string
	stage, out   string
	traps        string
	withhold     string
	language     string
	sample       int
	limit, top   int
	cutOff       float64
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) > 2 && os.Args[1] == readerTask {
		exit(serveReader(ctx, os.Args[2]))
		return
	}
	var s settings
	flag.StringVar(&s.dsn, "dsn", "", "a database with pgvector; the program makes two tables of its own there, and drops them")
	flag.StringVar(&s.cache, "cache", "", "folder where the vectors are kept")
	flag.StringVar(&s.set, "set", "", "the question set")
	flag.StringVar(&s.corpora, "corpus", "", "further files of records, with commas between")
	flag.StringVar(&s.traps, "traps", "", "sets whose questions nothing here answers, with commas between")
	flag.StringVar(&s.withhold, "withhold", "", "even or odd: records of these groups are left out, and their questions have no answer")
	flag.StringVar(&s.language, "set-language", "fr", "fr or en, of a set that asks each question in both")
	flag.StringVar(&s.reports, "reports", "", "files or folders of documents, with commas between, for a set that brings none")
	flag.StringVar(&s.stage, "stage", string(eval.StageRetrieval), "retrieval or ask")
	flag.StringVar(&s.out, "out", "run.jsonl", "the run")
	flag.IntVar(&s.sample, "sample", 0, "questions, evenly spread over the set; 0 is all")
	flag.IntVar(&s.limit, "limit", 0, "chunks of the stage retrieval; 0 is 100 for a set with graded documents, and --top for others")
	flag.IntVar(&s.top, "top", 4, "chunks of an answer")
	flag.Float64Var(&s.cutOff, "cut-off", bestCutOff, "an answer whose best chunk has a lower score is a refusal; -1 takes the best one for this set, 0 never refuses")
	flag.Parse()
	exit(s.run(ctx, os.Stderr))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run loads the documents into langchaingo's store, asks, and writes the run; what it does goes to log.
func (s settings) run(ctx context.Context, log io.Writer) (err error) {
	if s.dsn == "" || s.cache == "" || s.set == "" {
		return errors.New("--dsn, --cache and --set are needed")
	}
	header, set, err := s.questions()
	if err != nil {
		return err
	}
	texts, err := s.texts(ctx, set, log)
	if err != nil {
		return err
	}
	encoder, err := corpus.Encoder()
	if err != nil {
		return err
	}
	vectors, err := eval.OpenVectorCache(s.cache, encoder.Fingerprint(), encoder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, vectors.Close()) }()
	l, err := open(ctx, s.dsn, vectors)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close(ctx)) }()
	l.top = s.top
	if err := l.add(ctx, texts, log); err != nil {
		return err
	}
	return s.ask(ctx, l, header, set, log)
}

// questions reads the set, and says of what the run is.
func (s settings) questions() (eval.Header, eval.Set, error) {
	paths := append([]string{s.set}, append(split(s.corpora), split(s.traps)...)...)
	for i, p := range paths {
		var err error
		if paths[i], err = filepath.Abs(p); err != nil {
			return eval.Header{}, eval.Set{}, err
		}
	}
	corpora := len(split(s.corpora))
	chosen := eval.Selection{Set: paths[0], Corpora: paths[1 : 1+corpora], Traps: paths[1+corpora:], Withhold: s.withhold,
		Language: s.language, Sample: s.sample}
	set, err := chosen.Load()
	return eval.Header{Selection: chosen, Stage: eval.Stage(s.stage), NoRefusal: s.cutOff == 0, Version: "langchaingo " + version()}, set, err
}

// ask chooses the cut-off, by a run that refuses nothing, and writes the run.
func (s settings) ask(ctx context.Context, l *library, h eval.Header, set eval.Set, log io.Writer) error {
	documents := map[string]qa.DocumentID{}
	for source := range l.chunks {
		documents[source] = qa.DocumentID(source)
	}
	r := eval.Runner{System: l, Scope: qa.Scope{Everything: true}, Documents: documents, Limit: cmp.Or(s.limit, s.usualLimit(set)),
		Progress: func(done, all int) {
			if done%500 == 0 || done == all {
				fmt.Fprintf(log, "%d of %d questions\n", done, all)
			}
		}}
	if l.cutOff = s.cutOff; h.Stage == eval.StageAsk && s.cutOff == bestCutOff {
		var trial bytes.Buffer
		if err := r.Run(ctx, h, set, &trial); err != nil {
			return err
		}
		_, results, err := eval.ReadRun(&trial)
		if err != nil {
			return err
		}
		l.cutOff = favourable(scores(results, set.Questions))
		fmt.Fprintf(log, "cut-off %.4f\n", l.cutOff)
	}
	f, err := os.Create(s.out)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	if err := r.Run(ctx, h, set, w); err != nil {
		return err
	}
	return errors.Join(w.Flush(), f.Close())
}

// usualLimit is as deep as our own retrieval is measured where documents are ranked, and else what an answer is made of.
func (s settings) usualLimit(set eval.Set) int {
	if set.Questions[0].Grades != nil {
		return 100
	}
	return s.top
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// version is that of langchaingo in this program.
func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, d := range info.Deps {
		if d.Path == "github.com/tmc/langchaingo" {
			return d.Version
		}
	}
	return ""
}
