package main

import (
	"context"
	"runtime"
	"sync"
	"time"

	"rapporteur/encoder"
	"rapporteur/encoder/weights"
)

// ours is the encoder of this module, in this process. Tokenisation is part of its time.
type ours struct{ encoder *encoder.Encoder }

func load(precision encoder.Precision, threads int) (ours, error) {
	e, err := encoder.Load(weights.Model(), encoder.Options{
		QueryPrefix: "query: ", DocumentPrefix: "passage: ", Precision: precision, Threads: threads,
	})
	return ours{e}, err
}

func (o ours) embed(r request) (answer, error) {
	var a answer
	var err error
	begun := time.Now()
	if r.Kind == passage {
		a.Vectors, err = o.encoder.EmbedDocuments(context.Background(), r.Texts)
		a.Seconds = seconds(begun)
		return a, err
	}
	for _, t := range r.Texts {
		v, err := o.encoder.EmbedQuery(context.Background(), t)
		if err != nil {
			return answer{}, err
		}
		a.Vectors = append(a.Vectors, v)
	}
	a.Seconds = seconds(begun)
	return a, nil
}

// heapWhile gives the largest heap in use while f runs, in bytes, looked at each millisecond.
func heapWhile(f func() error) (uint64, error) {
	done := make(chan struct{})
	var top uint64
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			top = max(top, m.HeapInuse)
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	err := f()
	close(done)
	wg.Wait()
	return top, err
}
