// Command load asks questions of a running service at a steady rate and prints errors and latencies.
//
//	go run ./bench/load --url http://127.0.0.1:8080 --questions examples/questions.jsonl
//
// The rate is open: a slow answer does not slow the next question down, so that waiting is measured.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"rapporteur/eval"
)

// load is what is sent: questions by rate per second, from clients connections, for seconds.
type load struct {
	url              string
	questions        []string
	rate, clients, s int
}

// sample is one answered question.
type sample struct {
	took time.Duration
	err  error
}

func main() {
	l := load{}
	file := ""
	flag.StringVar(&l.url, "url", "http://127.0.0.1:8080", "address of the service")
	flag.StringVar(&file, "questions", "examples/questions.jsonl", "file of JSON lines with a field question")
	flag.IntVar(&l.rate, "rate", 50, "questions a second")
	flag.IntVar(&l.clients, "clients", 4, "clients, one connection each")
	flag.IntVar(&l.s, "seconds", 60, "duration in seconds")
	flag.Parse()
	var err error
	if l.questions, err = readQuestions(file); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if !report(l, l.run()) {
		os.Exit(1)
	}
}

func readQuestions(path string) ([]string, error) {
	set, err := eval.Load(path)
	if err != nil {
		return nil, err
	}
	out := make([]string, 0, len(set.Questions))
	for _, q := range set.Questions {
		out = append(out, q.Text)
	}
	return out, nil
}

// run sends the load. The time of an answer counts from the moment its question was due.
func (l load) run() []sample {
	type due struct {
		at       time.Time
		question string
	}
	total := l.rate * l.s
	queue, samples := make(chan due, total), make([]sample, 0, total)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range l.clients {
		client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{}}
		wg.Go(func() {
			for d := range queue {
				err := ask(client, l.url, d.question)
				mu.Lock()
				samples = append(samples, sample{took: time.Since(d.at), err: err})
				mu.Unlock()
			}
		})
	}
	start, step := time.Now(), time.Second/time.Duration(l.rate)
	for i := range total {
		at := start.Add(time.Duration(i) * step)
		time.Sleep(time.Until(at))
		queue <- due{at: at, question: l.questions[i%len(l.questions)]}
	}
	close(queue)
	wg.Wait()
	return samples
}

func ask(c *http.Client, url, question string) error {
	body, err := json.Marshal(struct {
		Question string `json:"question"`
	}{question})
	if err != nil {
		return err
	}
	resp, err := c.Post(url+"/ask", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var answer struct {
		Answered  bool
		Citations []json.RawMessage
		Answer    string
	}
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 300)) // only for the message
		return fmt.Errorf("status %d: %s", resp.StatusCode, text)
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return err
	}
	if answer.Answer == "" || answer.Answered && len(answer.Citations) == 0 {
		return fmt.Errorf("an answer without text or citation to %q", question)
	}
	return nil
}

func report(l load, samples []sample) bool {
	took, errs := make([]time.Duration, 0, len(samples)), 0
	for _, s := range samples {
		if s.err != nil {
			if errs++; errs <= 5 {
				fmt.Fprintln(os.Stderr, s.err)
			}
		}
		took = append(took, s.took)
	}
	slices.Sort(took)
	at := func(p int) time.Duration { return took[min(len(took)-1, len(took)*p/100)].Round(10 * time.Microsecond) }
	fmt.Printf("%d questions at %d a second from %d clients: %d errors, p50 %v, p95 %v, p99 %v, max %v\n",
		len(samples), l.rate, l.clients, errs, at(50), at(95), at(99), took[len(took)-1].Round(10*time.Microsecond))
	return errs == 0
}
