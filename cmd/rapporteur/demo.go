package main

import (
	"context"
	"os"
	"sync"

	"rapporteur/examples"
	"rapporteur/ingest/source"
	"rapporteur/qa"
	"rapporteur/server"
)

type demoCommand struct{ listening }

// Run serves the example reports from a temporary library. The page is up at once; the reports can
// be asked about as soon as each is read.
func (c *demoCommand) Run(ctx context.Context, s *settings, term terminal) error {
	keys := 0 // the library is new
	if err := server.CheckListen(c.Listen, keys); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "rapporteur-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	own := *s
	own.Data = dir
	svc, err := open(ctx, &own, logger(s, term))
	if err != nil {
		return err
	}
	defer svc.Close()
	o := c.options(&own)
	o.Suggestions = examples.Suggestions()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var reading sync.WaitGroup
	var readErr error
	err = svc.serve(ctx, o, func(url string) {
		reading.Go(func() { readErr = svc.readExamples(ctx, url, term) })
	})
	cancel()
	reading.Wait() // at once when the address could not be opened
	if err == nil && qa.KindOf(readErr) != qa.Canceled {
		err = readErr
	}
	return err
}

func (s *service) readExamples(ctx context.Context, url string, term terminal) error {
	items, err := source.Files(examples.Reports())
	if err != nil {
		return err
	}
	term.say("demo_reading", len(items))
	bar := newProgress(term, "progress_reading", len(items))
	err = s.ingest(ctx, qa.DefaultCollection, items, func(outcome) error { bar.add(1); return nil })
	bar.done()
	if err != nil {
		return err
	}
	term.say("demo_read")
	term.say("serving", url)
	return nil
}
