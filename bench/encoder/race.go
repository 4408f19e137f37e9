package main

import (
	"fmt"
	"os"
	"slices"
	"time"
)

// entrant is a peer with what was measured of it.
type entrant struct {
	command
	peer     peer
	child    *child // nil for ours, which runs in this process
	version  string
	rate     []float64 // tokens a second, one a round
	latency  []float64 // milliseconds, one a query
	vectors  [][]float32
	agreeing []float64 // cosines with our vectors
}

// startAll starts the peers; the first is ours and runs here.
func startAll(commands []command) ([]*entrant, error) {
	var out []*entrant
	for i, c := range commands {
		e := &entrant{command: c, version: "this module"}
		if i > 0 {
			p, err := start(c.env, c.args...)
			if err != nil {
				return nil, err
			}
			e.peer, e.child, e.version = p, p, p.version
		}
		out = append(out, e)
	}
	return out, nil
}

// queriesAtOnce are asked of a peer before it is another's turn; the first, which finds its caches cold, is
// not counted.
const queriesAtOnce = 21

// race lets the peers work in turn, one batch and some queries a round; the first round is not counted.
func (s settings) race(entrants []*entrant, w work) error {
	for round := -1; round < s.rounds; round++ {
		for _, e := range entrants {
			time.Sleep(s.pause)
			if err := e.batch(w.passages[(round+len(w.passages))%len(w.passages)], round >= 0); err != nil {
				return err
			}
		}
		for _, e := range entrants {
			time.Sleep(s.pause)
			if err := e.questions(w.queries, max(round, 0), round >= 0); err != nil {
				return err
			}
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, s.rounds)
	}
	for _, e := range entrants {
		for i, v := range e.vectors {
			e.agreeing = append(e.agreeing, cosine(v, entrants[0].vectors[i]))
		}
	}
	return nil
}

func (e *entrant) batch(r request, counted bool) error {
	a, err := e.peer.embed(r)
	if err != nil {
		return err
	}
	if counted {
		e.rate = append(e.rate, float64(len(r.Texts)*passageTokens)/a.Seconds)
		e.vectors = append(e.vectors, a.Vectors...)
	}
	return nil
}

func (e *entrant) questions(all []request, round int, counted bool) error {
	for i := range queriesAtOnce {
		a, err := e.peer.embed(all[(round*queriesAtOnce+i)%len(all)])
		if err != nil {
			return err
		}
		if counted && i > 0 {
			e.latency = append(e.latency, 1000*a.Seconds)
			e.vectors = append(e.vectors, a.Vectors...)
		}
	}
	return nil
}

func report(entrants []*entrant) error {
	own := entrants[0]
	rows := [][]string{{"", "tokens/s in 256-token passages", "ours against it", "query of 16 tokens, p50 ms", "ours against it", "cosine with ours, least / median"}}
	for _, e := range entrants {
		rows = append(rows, []string{
			e.name + " (" + e.version + ")",
			fmt.Sprintf("%.0f", median(e.rate)),
			fmt.Sprintf("%.2fx", median(ratios(own.rate, e.rate))),
			fmt.Sprintf("%.2f", median(e.latency)),
			fmt.Sprintf("%.2fx the time", median(own.latency)/median(e.latency)),
			fmt.Sprintf("%.5f / %.5f", slices.Min(e.agreeing), median(e.agreeing)),
		})
	}
	if err := table(os.Stdout, rows); err != nil {
		return err
	}
	fmt.Printf("\n%d rounds of %d passages, %d queries; the ratio of passages is the median of those of the rounds\n\n",
		len(own.rate), batch, len(own.latency))
	return nil
}
