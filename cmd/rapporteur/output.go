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

// share shows how much of a long work is done, in hundredths: as a bar on a terminal, elsewhere as a line
// for every tenth.
type share struct {
	progress
	term terminal
	code string
	last int
}

func newShare(t terminal, code string) *share {
	return &share{progress: newProgress(t, code, 100), term: t, code: code}
}

// at tells that percent hundredths are done; it never goes back.
func (s *share) at(percent int) {
	if s.bar == nil {
		if percent/10 > s.last/10 {
			s.term.say("progress_share", locale.Sentence(s.term.language, s.code), percent)
			s.last = percent
		}
		return
	}
	s.add(max(0, percent-s.last))
	s.last = max(percent, s.last)
}

// timed runs f and tells how long it took.
func timed[T any](f func() (T, error)) (T, time.Duration, error) {
	start := time.Now()
	v, err := f()
	return v, time.Since(start), err
}
