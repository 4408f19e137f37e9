package main

import (
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"rapporteur/locale"
	"rapporteur/qa"
)

// errNotSaid ends `ask` with the exit code of "not found" after the refusal was printed.
var errNotSaid = qa.E(qa.NotFound, "not_said")

// progress is a bar on a terminal and nothing elsewhere.
type progress struct{ bar *progressbar.ProgressBar }

// newProgress starts a bar; all below zero means that the end is not known.
func newProgress(t terminal, code string, all int) progress {
	f, ok := t.err.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return progress{}
	}
	return progress{bar: progressbar.NewOptions(all,
		progressbar.OptionSetWriter(t.err),
		progressbar.OptionSetDescription(locale.Sentence(t.language, code)),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(100*time.Millisecond))}
}

func (p progress) add(n int) {
	if p.bar != nil {
		_ = p.bar.Add(n) // a bar that cannot be drawn is no reason to stop
	}
}

func (p progress) done() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

// timed runs f and tells how long it took.
func timed[T any](f func() (T, error)) (T, time.Duration, error) {
	start := time.Now()
	v, err := f()
	return v, time.Since(start), err
}
