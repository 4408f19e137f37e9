package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"

	"rapporteur/bench/corpus"
)

// asked is how many questions are put to the service.
const asked = 200

// ask runs the service on the database that holds ours, and puts questions to it one after the other, as one user
// does.
func (s settings) ask(ctx context.Context, out io.Writer, r rows) error {
	if s.binary == "" {
		return fmt.Errorf("--binary is needed for the part ask")
	}
	dsn, err := s.address("ours")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench-postgres")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	address, err := freeAddress()
	if err != nil {
		return err
	}
	service := exec.CommandContext(ctx, s.binary, "serve", "--database", dsn, "--data", dir, "--listen", address)
	service.Stderr = os.Stderr
	service.Cancel = func() error { return service.Process.Signal(os.Interrupt) }
	service.WaitDelay = 10 * time.Second
	begun := time.Now()
	if err := service.Start(); err != nil {
		return err
	}
	defer func() { _ = service.Process.Kill(); _ = service.Wait() }()
	if err := ready(ctx, "http://"+address); err != nil {
		return err
	}
	fmt.Fprintf(out, "Ready to answer %.1f s after its start\n\n", time.Since(begun).Seconds())
	return put(ctx, out, "http://"+address, r.questions)
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// ready waits until the service says that it can answer.
func ready(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the service is not ready: %w", ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// put searches for the questions, then asks them, and prints how long that took.
func put(ctx context.Context, out io.Writer, url string, questions []string) error {
	lines := [][]string{{"one at a time", "questions", "answered", "p50 ms", "p95 ms", "max ms"}}
	for _, path := range []string{"/search", "/ask"} {
		var times []float64
		answered := 0
		for i := range warmUps + asked {
			begun := time.Now()
			yes, err := question(ctx, url+path, questions[i%len(questions)])
			if err != nil {
				return err
			}
			if i < warmUps {
				continue
			}
			times = append(times, float64(time.Since(begun).Nanoseconds())/1e6)
			if yes {
				answered++
			}
		}
		lines = append(lines, []string{"POST " + path, fmt.Sprint(len(times)), fmt.Sprint(answered), fmt.Sprintf("%.1f", corpus.Quantile(times, .5)),
			fmt.Sprintf("%.1f", corpus.Quantile(times, .95)), fmt.Sprintf("%.1f", corpus.Quantile(times, 1))})
	}
	return table(out, lines)
}

// question reports whether the documents answer, or have passages for a search.
func question(ctx context.Context, url, text string) (answered bool, err error) {
	body, err := json.Marshal(map[string]string{"query": text, "question": text, "mode": "extractive"}) // each takes its own
	if err != nil {
		return false, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return false, err
	}
	var answer struct {
		Answered bool
		Degraded bool
		Hits     []json.RawMessage
	}
	if err := json.Unmarshal(data, &answer); err != nil || response.StatusCode != http.StatusOK {
		return false, fmt.Errorf("status %d: %.300s", response.StatusCode, data)
	}
	if answer.Degraded {
		return false, fmt.Errorf("a degraded answer: %.300s", data)
	}
	return answer.Answered || len(answer.Hits) > 0, nil
}
